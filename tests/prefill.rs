//! Prefill: forms filled for people of the demonstration, under the project's own policies, over the graph.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]

#[path = "harness/house.rs"]
mod house;
#[path = "harness/ledger.rs"]
#[expect(dead_code, reason = "specs show one operation")]
mod ledger;

use headwaters::demo::agencies::Mood;
use headwaters::demo::systems::System;
use house::House;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FIELDS: &str = "summary { fields prefilled confirm type notPermitted unavailable conflict }
    blocks { title inRows rows fields { id row value code state others { value provenance { source mode } } provenance { source owner asOf mode } } }";

impl House {
    async fn ask(&self, persona: &str, query: &str, variables: Value) -> Value {
        self.ask_with(self.headers(persona), query, variables).await
    }

    async fn ask_with(&self, headers: HeaderMap, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = self.client.post(format!("{}/graphql", self.url)).headers(headers);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// The form filled for the stay of the sample.
    async fn filled(&self, persona: &str, form: &str) -> Value {
        self.filled_for(&self.demo.samples["number"], self.headers(persona), form).await
    }

    async fn filled_for(&self, number: &str, headers: HeaderMap, form: &str) -> Value {
        let booking = json!({ "facility": self.demo.samples["facility"], "number": number });
        let query =
            format!("query($form: ID!, $b: BookingRef!) {{ prefill(form: $form, booking: $b) {{ {FIELDS} }} }}");
        let answer = self.ask_with(headers, &query, json!({ "form": form, "b": booking })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["prefill"].clone()
    }
}

fn fields(filled: &Value) -> Vec<&Value> {
    let blocks = filled["blocks"].as_array().unwrap().iter();
    blocks.flat_map(|block| block["fields"].as_array().unwrap()).collect()
}

fn field<'a>(filled: &'a Value, id: &str) -> &'a Value {
    fields(filled).into_iter().find(|field| field["id"] == id).unwrap_or_else(|| panic!("no field {id}: {filled}"))
}

fn sources(filled: &Value) -> BTreeSet<&str> {
    let all = fields(filled).into_iter().flat_map(|field| field["provenance"].as_array().unwrap());
    all.map(|origin| origin["source"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intake_fills_the_application_for_counsel_in_one_request() {
    let house = House::open(60).await;
    let filled = house.filled("defender-intake", "opd-application").await;
    let of = |id: &str| field(&filled, id);
    assert_eq!((&of("name")["value"], &of("name")["state"]), (&json!("Elias Farbergard"), &json!("PREFILLED")));
    assert_eq!((&of("sex")["value"], &of("sex")["code"]), (&json!("M"), &json!("2")));
    assert_eq!(of("birth-date")["value"], "1984-03-09");
    assert_eq!(of("in-custody")["code"], "Y");
    assert_eq!(of("booking-number")["value"], house.demo.samples["number"]);
    assert_eq!(of("case-number")["value"], house.demo.samples["case"]);
    assert_eq!((&of("street")["value"], &of("street")["state"]), (&json!("East Fork Road"), &json!("CONFIRM")));
    assert_eq!((&of("wages")["value"], &of("wages")["state"]), (&Value::Null, &json!("TYPE")));
    // Times are as the clocks of Montana have them.
    assert!(of("booked-at")["value"].as_str().unwrap().ends_with("-07:00"), "{filled}");
    // The jail, the court and the golden record are each credited.
    let credited = sources(&filled);
    assert!(["yellowstone-jail", "state-courts", "golden"].iter().all(|one| credited.contains(one)), "{credited:?}");
    let with_value = fields(&filled).into_iter().filter(|field| !field["value"].is_null());
    for field in with_value {
        let origin = &field["provenance"][0];
        assert!(origin["mode"].is_string() && origin["asOf"].is_string(), "{field}");
    }
    let summary = &filled["summary"];
    assert!(summary["prefilled"].as_u64().unwrap() >= 24 && summary["confirm"] == 4, "{summary}");
    assert_eq!(summary["fields"].as_u64(), Some(fields(&filled).len() as u64));

    // One operation, on record as one, with what stands in the form.
    let operations = ledger::operations(&house.folder);
    let [operation] = operations.as_slice() else { panic!("{} operations", operations.len()) };
    assert_eq!(
        (&operation["operation"], &operation["outcome"]),
        (&json!("prefill_opd_application"), &json!("ANSWERED"))
    );
    let disclosed: BTreeSet<&str> =
        operation["disclosed"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert!(["Person", "Booking", "CourtCase"].iter().all(|one| disclosed.contains(one)), "{disclosed:?}");
}

/// Of somebody booked before the courts opened: this morning's arrest has no case yet, last month's has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intake_fills_the_application_of_somebody_booked_this_morning() {
    let house = House::open(60).await;
    let (mut headers, number) = (house.headers("defender-intake"), &house.demo.samples["arrival"]);
    headers.insert("case-reference", number.parse().unwrap());
    let filled = house.filled_for(number, headers, "opd-application").await;
    let of = |id: &str| field(&filled, id);
    assert_eq!((&of("name")["value"], &of("name")["state"]), (&json!("Arlo Arrivane"), &json!("PREFILLED")));
    let booked = of("booked-at")["value"].as_str().unwrap();
    assert!(booked.starts_with(&house.demo.world.today.to_string()) && booked.contains("T04:10:"), "{booked}");
    assert_eq!(of("booking-number")["value"], **number);
    assert_eq!(of("case-number")["state"], "PREFILLED", "{filled}");
    for (id, source) in [("booked-at", "yellowstone-jail"), ("case-number", "state-courts"), ("birth-date", "golden")] {
        assert_eq!(of(id)["provenance"][0]["source"], source, "{filled}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_read_a_field_types_it() {
    let house = House::open(60).await;
    // To the public confidential numbers are nothing that there is; that an address may not be had of anybody is no secret.
    let filled = house.filled("public", "booking-sheet").await;
    assert_eq!(field(&filled, "sid")["state"], "TYPE", "{filled}");
    assert_eq!(field(&filled, "surname")["state"], "PREFILLED");
    for field in fields(&filled) {
        assert!(
            ["PREFILLED", "CONFIRM", "TYPE", "NOT_PERMITTED"].contains(&field["state"].as_str().unwrap()),
            "{field}"
        );
    }
    // The jail itself has them.
    let filled = house.filled("booking-officer", "booking-sheet").await;
    assert_eq!(field(&filled, "sid")["state"], "PREFILLED", "{filled}");
    assert_eq!(field(&filled, "street")["state"], "CONFIRM", "{filled}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_source_that_is_down_would_have_said_is_unavailable() {
    for (agency, gone) in [("state-courts", "case-number"), ("corrections", "supervision"), ("warrants", "warrants")] {
        // Anew each time: one that has asked before still knows.
        let house = House::open(60).await;
        house.demo.agencies.named(agency).unwrap().feel(Mood::Failing { status: 503 });
        let filled = house.filled("defender-intake", "opd-application").await;
        house.demo.agencies.named(agency).unwrap().feel(Mood::Well);
        assert_eq!(field(&filled, gone)["state"], "UNAVAILABLE", "{agency}: {filled}");
        assert_eq!(field(&filled, "name")["state"], "PREFILLED", "{agency}");
    }
}

/// The golden record and the jail have another year of birth: whoever fills the form chooses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_sources_say_otherwise_is_a_conflict() {
    let house = House::open(1_500).await;
    let world = &house.demo.world;
    let held = world.yellowstone.stays.iter().find_map(|stay| {
        let place = *world.owner.get(&(System::JmsYellowstone, stay.inmate))?;
        let (person, said) = (world.person(place)?, world.registered(System::JmsYellowstone, stay.inmate)?.birth?);
        let adult = !stay.youth() && person.birth.year() < 2000;
        let open = world
            .arrest(stay.arrest)?
            .case
            .and_then(|case| world.case(case))
            .is_none_or(|case| !case.sealed() && !case.confidential());
        (adult && open && said.year() != 1900 && said.year() != person.birth.year()).then_some((stay, person, said))
    });
    let (stay, person, said) = held.unwrap();
    let query = format!("query($b: BookingRef!) {{ prefill(form: \"booking-sheet\", booking: $b) {{ {FIELDS} }} }}");
    let booking = json!({ "facility": "MT0560000", "number": stay.number });
    let answer = house.ask("booking-officer", &query, json!({ "b": booking })).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let filled = &answer["data"]["prefill"];
    let of = field(filled, "birth-date");
    assert_eq!((&of["state"], &of["value"]), (&json!("CONFLICT"), &json!(person.birth.to_string())), "{of}");
    assert_eq!(of["provenance"][0]["source"], "golden");
    let others = of["others"].as_array().unwrap();
    let [other] = others.as_slice() else { panic!("{of}") };
    assert!(other["value"].as_str().unwrap().contains(&said.year().to_string()), "{of}");
    assert_eq!(
        (&other["provenance"][0]["source"], &other["provenance"][0]["mode"]),
        (&json!("yellowstone-jail"), &json!("LIVE")),
        "{of}"
    );
    assert_eq!(filled["summary"]["conflict"], 1, "{filled}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_has_a_row_for_each_charge() {
    let house = House::open(60).await;
    let query = format!("query($case: ID!) {{ prefill(form: \"psi-criminal-history\", case: $case) {{ {FIELDS} }} }}");
    let answer = house.ask("judge", &query, json!({ "case": house.demo.samples["case"] })).await;
    let filled = &answer["data"]["prefill"];
    let history = filled["blocks"].as_array().unwrap().iter().find(|block| block["inRows"] == true).unwrap();
    let rows = history["rows"].as_u64().unwrap();
    assert!(rows >= 3, "{answer}");
    assert_eq!(history["fields"].as_array().unwrap().len() as u64, rows * 10);
    let of_row = |row: u64, id: &str| {
        let found = history["fields"].as_array().unwrap().iter().find(|one| one["row"] == row && one["id"] == id);
        found.unwrap().clone()
    };
    let ended = (1..=rows).find(|row| of_row(*row, "disposition")["state"] == "PREFILLED").unwrap();
    assert!(of_row(ended, "disposition")["code"].is_string(), "{history}");
    assert_eq!(of_row(ended, "prior-court")["provenance"][0]["source"], "state-courts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_wrongly_is_told() {
    let house = House::open(60).await;
    let told = async |query: &str| {
        let answer = house.ask("defender-intake", query, json!({})).await;
        assert_eq!(answer.get("data"), None, "{answer}");
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "INVALID", "{answer}");
        format!("{}; {}", error["message"].as_str().unwrap(), error["extensions"]["hint"].as_str().unwrap())
    };
    let told_of = [
        (
            "{ prefill(form: \"opd\", person: \"x\") { id } }",
            "there is no such form; there are booking-sheet, opd-application, psi-criminal-history",
        ),
        (
            "{ prefill(form: \"opd-aplication\", person: \"x\") { id } }",
            "there is no such form; did you mean `opd-application`?",
        ),
        (
            "{ prefill(form: \"opd-application\") { id } }",
            "a form is filled for one thing, and 0 are given; give one of `booking`, `person`, `case`",
        ),
        (
            "{ prefill(form: \"opd-application\", person: \"x\", case: \"y\") { id } }",
            "a form is filled for one thing, and 2 are given; give one of `booking`, `person`, `case`",
        ),
        (
            "{ prefill(form: \"opd-application\", person: \"x\") { id } viewer { name } }",
            "`prefill` is asked for alone: nothing may stand beside it; ask for the rest in another operation",
        ),
        (
            "{ a: prefill(form: \"opd-application\", person: \"x\") { id } b: prefill(form: \"opd-application\", person: \"x\") { id } }",
            "`prefill` is asked for alone: nothing may stand beside it; ask for the rest in another operation",
        ),
    ];
    for (query, expect) in told_of {
        assert_eq!(told(query).await, expect, "{query}");
    }
    // Somebody whom there is not is a form with nothing in it.
    let nobody = "{ __typename f: prefill(form: \"opd-application\", person: \"nobody\") { __typename t: title summary { prefilled unavailable } } }";
    let answer = house.ask("defender-intake", nobody, json!({})).await;
    let expect = json!({ "__typename": "Query", "f": { "__typename": "FilledForm", "t": "Application for counsel", "summary": { "prefilled": 0, "unavailable": 0 } } });
    assert_eq!(answer["data"], expect, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_saved_is_counted_without_a_person() {
    let house = House::open(60).await;
    let filled = house.filled("defender-intake", "opd-application").await;
    house.filled("booking-officer", "booking-sheet").await;
    let query = "{ savings(from: \"2020-01\", to: \"2100-01\", by: FORM) { of forms fields prefilled confirm saved }
        byAgency: savings(from: \"2020-01\", to: \"2100-01\", by: AGENCY) { of forms } }";
    let answer = house.ask("bocc-analyst", query, json!({})).await;
    let of_form = answer["data"]["savings"].as_array().unwrap().iter().find(|one| one["of"] == "opd-application");
    let of_form = of_form.unwrap_or_else(|| panic!("{answer}"));
    assert_eq!((&of_form["forms"], &of_form["prefilled"]), (&json!(1), &filled["summary"]["prefilled"]));
    let saved = filled["summary"]["prefilled"].as_u64().unwrap() + filled["summary"]["confirm"].as_u64().unwrap();
    assert_eq!(of_form["saved"], saved);
    let agencies: Vec<&str> =
        answer["data"]["byAgency"].as_array().unwrap().iter().map(|one| one["of"].as_str().unwrap()).collect();
    assert_eq!(agencies, ["MT0560000", "MT056021D"], "{answer}");
    assert!(!answer.to_string().contains(&house.demo.sample_person));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_tools_ask_over_rest() {
    let house = House::open(60).await;
    let described: Value = serde_json::from_slice(&std::fs::read("src/http/openapi.json").unwrap()).unwrap();
    let served = house.client.get(format!("{}/openapi.json", house.url)).send().await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&served.bytes().await.unwrap()).unwrap(), described);
    let get = async |persona: &str, path: &str| {
        let answer =
            house.client.get(format!("{}{path}", house.url)).headers(house.headers(persona)).send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()["content-type"], "application/json", "{path}");
        (status, serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap())
    };
    let holds = |path: &str, status: u16, answer: &Value| {
        let responses = &described["paths"][path]["get"]["responses"];
        let response = resolved(&described, &responses[status.to_string()]);
        fits(&described, &response["content"]["application/json"]["schema"], answer, path);
    };
    let booking = format!("{}/{}", house.demo.samples["facility"], house.demo.samples["number"]);

    let (status, forms) = get("defender-intake", "/forms").await;
    holds("/forms", status, &forms);
    assert_eq!((status, forms["forms"].as_array().unwrap().len()), (200, 3));
    let (status, form) = get("defender-intake", "/forms/opd-application").await;
    holds("/forms/{id}", status, &form);
    assert_eq!((status, &form["owner"]), (200, &json!("Office of State Public Defender")));
    let (status, filled) = get("defender-intake", &format!("/forms/opd-application/prefill?booking={booking}")).await;
    holds("/forms/{id}/prefill", status, &filled);
    assert_eq!(status, 200);

    // The same as over the graph, in as many operations, and counted.
    let over_graph = house.filled("defender-intake", "opd-application").await;
    assert_eq!(filled["summary"], over_graph["summary"]);
    assert_eq!(field(&filled, "name")["value"], "Elias Farbergard");
    let operations = ledger::operations(&house.folder);
    let named: Vec<&str> = operations.iter().map(|one| one["operation"].as_str().unwrap_or("-")).collect();
    assert_eq!(named, ["Forms", "Forms", "prefill_opd_application", "prefill_opd_application"]);
    assert_eq!(operations[2]["caseReference"], house.demo.samples["number"]);

    for (path, expect) in [
        ("/forms/no-such", 404),
        ("/forms/no-such/prefill?person=x", 404),
        ("/forms/opd-application/prefill", 400),
        ("/forms/opd-application/prefill?booking=26-1", 400),
        ("/forms/opd-application/prefill?person=x&case=y", 400),
        ("/forms/opd-application/prefill?jail=x", 400),
    ] {
        let (status, refused) = get("defender-intake", path).await;
        assert_eq!(status, expect, "{path}: {refused}");
        let known = if path.contains("prefill") { "/forms/{id}/prefill" } else { "/forms/{id}" };
        holds(known, status, &refused);
    }
    let mut headers = house.headers("defender-intake");
    headers.insert("authorization", "Bearer nonsense".parse().unwrap());
    let answer = house.client.get(format!("{}/forms", house.url)).headers(headers).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers().contains_key("www-authenticate"));
    let mut headers = house.headers("defender-intake");
    headers.remove("purpose-of-use");
    let answer = house.client.get(format!("{}/forms", house.url)).headers(headers).send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

/// What a `$ref` leads to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(at) => document.pointer(at.trim_start_matches('#')).unwrap_or_else(|| panic!("nothing at {at}")),
        None => schema,
    }
}

/// Whether a value is as the description says: of JSON Schema, what the description uses.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolved(document, schema);
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{at}: the description says no type: {schema}"),
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&found), "{at}: {found} where the description has {types:?}");
    if let Some(all) = schema["enum"].as_array() {
        assert!(all.contains(value), "{at}: {value} is not among {all:?}");
    }
    for (n, element) in value.as_array().into_iter().flatten().enumerate() {
        fits(document, &schema["items"], element, &format!("{at}/{n}"));
    }
    let Some(object) = value.as_object() else { return };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(object.contains_key(required), "{at}: no {required}");
    }
    for (name, member) in object {
        match schema["properties"].get(name) {
            Some(schema) => fits(document, schema, member, &format!("{at}/{name}")),
            None => assert_ne!(schema["additionalProperties"], false, "{at}: {name} is not described"),
        }
    }
}

impl House {
    /// One step of the page, as a browser sends it.
    async fn step(&self, said: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
        let body = said.iter().fold(url::form_urlencoded::Serializer::new(String::new()), |mut all, (name, value)| {
            all.append_pair(name, value);
            all
        });
        let request = self.client.post(format!("{}/prefill", self.url)).header("origin", &self.url);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request
            .body({
                let mut body = body;
                body.finish()
            })
            .send()
            .await
            .unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind, answer.bytes().await.unwrap().to_vec())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_fill_a_form_on_a_page() {
    let house = House::open(60).await;
    let page = house.client.get(format!("{}/prefill", house.url)).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(page.contains("Application for counsel") && page.contains("Public defender, intake"), "{page}");
    assert!(!page.contains("<script"));

    let intake = ("persona", "defender-intake");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (status, _, found) = house
        .step(&[("step", "find"), ("form", "opd-application"), intake, ("surname", "Farber"), ("given", "El")])
        .await;
    let (found, number) = (text(found), &house.demo.samples["number"]);
    assert!(status == 200 && found.contains("Elias Farbergard") && found.contains(number.as_str()), "{status} {found}");

    let key = format!("{}/{number}", house.demo.samples["facility"]);
    let fill = [("form", "opd-application"), intake, ("target", "booking"), ("key", key.as_str())];
    let with = |step: &'static str| [&[("step", step)], &fill[..]].concat();
    let (status, kind, sheet) = house.step(&with("fill")).await;
    let sheet = text(sheet);
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    for expect in [
        "Elias Farbergard",
        "Yellowstone County Detention Facility, 2026-",
        "East Fork Road",
        ">confirm<",
        "by the client",
    ] {
        assert!(sheet.contains(expect), "{expect}: {sheet}");
    }
    assert!(sheet.contains("This form has saved"), "{sheet}");

    let (status, kind, bytes) = house.step(&with("json")).await;
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    let filled: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(field(&filled, "name")["value"], "Elias Farbergard");

    let (status, kind, bytes) = house.step(&with("pdf")).await;
    assert_eq!((status, kind.as_str()), (200, "application/pdf"));
    let path = house.folder.join("form.pdf");
    std::fs::write(&path, bytes).unwrap();
    let read = std::process::Command::new("pdftotext").args(["-layout"]).arg(&path).arg("-").output();
    let read = read.expect("pdftotext: tests/run installs it");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read = text(read.stdout);
    for expect in ["Application for counsel", "Elias Farbergard", "1984-03-09", number.as_str(), "Household and money"]
    {
        assert!(read.contains(expect), "{expect}: {read}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_asked_by_itself_alone() {
    let house = House::open(60).await;
    let said = "step=find&form=opd-application&persona=defender-intake&surname=Farber&given=El";
    let post = async |name: &'static str, value: &str, body: &str| {
        let request = house.client.post(format!("{}/prefill", house.url)).header(name, value);
        request.body(body.to_owned()).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post("origin", "http://evil.example", said).await, 403);
    assert_eq!(post("sec-fetch-site", "cross-site", said).await, 403);
    assert_eq!(post("origin", &house.url, said).await, 200);
    assert_eq!(post("origin", &house.url, &format!("{said}&form=x")).await, 400, "a member that stands twice");
    assert_eq!(post("origin", &house.url, &format!("{said}&admin=1")).await, 400, "a member that there is not");
    assert_eq!(post("origin", &house.url, &"x".repeat(20_000)).await, 413);
    // Whoever may not look by names reads why, in words; what they typed is no markup.
    let (status, _, page) =
        house.step(&[("step", "fill"), ("form", "opd-application"), ("target", "<b>"), ("key", "x")]).await;
    assert_eq!(status, 400);
    assert!(!String::from_utf8(page).unwrap().contains("<b>"));
    let (_, _, page) = house
        .step(&[("step", "find"), ("form", "opd-application"), ("surname", "\"><script>x"), ("given", "El")])
        .await;
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
}
