//! What stands in `headwaters.toml`, and what is wrong with it.

use super::*;
use std::path::PathBuf;

const GOOD: &str = r#"
[listen]
address = "127.0.0.1:9443"

[[issuer]]
url        = "https://login.courts.example.gov"
audience   = "headwaters"
algorithms = ["ES256"]
agencies   = ["MT056*", "MT016015J"]

[issuer.claims]
user = "sub"

[issuer.roles]
"Deputy Clerk II" = "clerk"

[[issuer]]
url        = "https://login.opd.example.gov/realms/opd"
audience   = ["headwaters", "https://gateway.example.gov"]
algorithms = ["RS256", "PS256"]
agencies   = ["*"]
kinds      = ["DEFENSE"]
claims     = { kind = "/justice/kind" }

[public]
allowed = true

[ledger]
folder   = "/var/lib/headwaters/ledger"
instance = "gateway-1"
witness  = "https://witness.example.gov/checkpoints"

[agency.MT0560000]
kind = "DETENTION"
"#;

fn file(text: &str) -> Arc<File> {
    Arc::new(File { path: PathBuf::from("headwaters.toml"), text: text.to_owned() })
}

/// What is said of a file, without the last line's count.
fn check(text: &str, expect: &str) {
    let said = read(&file(text)).map_or_else(|problems| problems.to_string(), |config| format!("{config:?}"));
    assert!(said.contains(expect.trim()), "expected\n{expect}\ncame\n{said}");
}

#[test]
fn a_file_is_meant_as_it_reads() {
    let config = read(&file(GOOD)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.listen.to_string(), "127.0.0.1:9443");
    let [courts, opd] = &config.callers.issuers[..] else { panic!("two issuers") };
    assert_eq!(&*courts.url, "https://login.courts.example.gov");
    assert_eq!((&*courts.claims.user, &*courts.claims.agency), ("sub", "EmployerORI"));
    assert_eq!(courts.roles.get("Deputy Clerk II").map(|role| &**role), Some("clerk"));
    assert!(courts.agencies[0].covers(&Ori::new("MT0560000").unwrap()));
    assert_eq!(opd.audiences.len(), 2);
    assert_eq!(opd.kinds, [AgencyKind::Defense]);
    assert_eq!(opd.claims.kind.as_deref(), Some("/justice/kind"));
    assert!(config.callers.public);
    assert_eq!(config.callers.agencies.get(&Ori::new("MT0560000").unwrap()), Some(&AgencyKind::Detention));
}

#[test]
fn nobody_is_the_public_unless_it_is_said() {
    let text = GOOD.replace("[public]\nallowed = true", "");
    assert!(!read(&file(&text)).unwrap().callers.public);
}

#[test]
fn without_an_issuer_or_an_audience_nothing_is_served() {
    check(
        "[public]\nallowed = true",
        "headwaters.toml\n  there is no `[[issuer]]`: nobody could prove who they are\n  hint: docs/callers.md says how",
    );
    check(
        "[[issuer]]\nurl = \"https://a.example\"\nalgorithms = [\"ES256\"]\nagencies = [\"*\"]",
        "headwaters.toml:1:1\n  1 | [[issuer]]\n    | ^^^^^^^^^^ an issuer needs `audience`",
    );
    check(&GOOD.replace("\"headwaters\"\nalg", "[]\nalg"), "an issuer needs `audience`");
    check(&GOOD.replace("\"headwaters\"\nalg", "\"\"\nalg"), "`audience` is empty");
}

#[test]
fn a_slip_is_shown_where_it_stands() {
    check(
        &GOOD.replace("algorithms = [\"ES256\"]", "algoritms = [\"ES256\"]"),
        "headwaters.toml:8:1\n  8 | algoritms = [\"ES256\"]\n    | ^^^^^^^^^ unknown key `algoritms`\n  hint: did you mean `algorithms`?",
    );
    check(&GOOD.replace("DETENTION", "DETENTON"), "`DETENTON` is no kind of agency\n  hint: did you mean `DETENTION`?");
    check(&GOOD.replace("MT0560000", "MT056"), "`MT056` is no ORI");
    check(&GOOD.replace("127.0.0.1:9443", "everywhere"), "this is no address and port");
    check(&GOOD.replace("user = \"sub\"", "usr = \"sub\""), "did you mean `user`?");
    check(&GOOD.replace("allowed", "alowed"), "did you mean `allowed`?");
    check(&GOOD.replace("[public]", "[public"), "headwaters.toml:25");
    check(&format!("purposes = []\n{GOOD}"), "who may state which purpose is policy");
}

#[test]
fn an_issuer_is_believed_no_further_than_it_should_be() {
    check(
        &GOOD.replace("\"ES256\"", "\"HS256\""),
        "`HS256` proves nothing: whoever can check such a token can make one",
    );
    check(&GOOD.replace("\"ES256\"", "\"none\""), "`none` proves nothing");
    check(&GOOD.replace("\"ES256\"", "\"ES25\""), "did you mean `ES256`?");
    check(&GOOD.replace("https://login.courts", "http://login.courts"), "an issuer's address is one of https");
    check(&GOOD.replace("https://login.courts", "http://127.0.0.1"), "an issuer's address is one of https");
    check(&GOOD.replace("https://login.courts", "https://me:pw@login.courts"), "an issuer's address is one of https");
    check(&GOOD.replace("\"MT056*\"", "\"MT05*6\""), "`MT05*6` is no ORI, nor the beginning of some");
    check(&GOOD.replace("kinds      = [\"DEFENSE\"]\n", ""), "the claim `kind` needs `kinds`");
    check(&GOOD.replace("claims     = { kind = \"/justice/kind\" }\n", ""), "`kinds` needs the claim that tells them");
    check(
        &GOOD.replace("https://login.opd.example.gov/realms/opd", "https://login.courts.example.gov"),
        "two issuers have this address",
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = GOOD.replace("\"ES256\"", "\"HS256\"").replace("DETENTION", "JAIL").replace("MT056*", "mt");
    let problems = read(&file(&text)).unwrap_err();
    assert_eq!(problems.errors(), 3, "{problems}");
}

#[test]
fn the_ledger_says_where_its_index_is_and_by_which_token_its_witness_lets_in() {
    let with = |more: &str| GOOD.replace("instance = \"gateway-1\"", &format!("instance = \"gateway-1\"\n{more}"));
    let config = read(&file(GOOD)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((config.ledger.index, config.ledger.witness_bearer), (IndexIn::Store, None));
    let text = with("index = \"env:INDEX_URL\"\nwitness_bearer = \"env:WITNESS_TOKEN\"");
    let ledger = read(&file(&text)).unwrap_or_else(|problems| panic!("{problems}")).ledger;
    assert_eq!(ledger.index, IndexIn::Variable("INDEX_URL".into()));
    let limits = crate::limits::Limits::default();
    assert_eq!(ledger.settings(&limits, |_| None), Err("WITNESS_TOKEN".into()));
    let settings = ledger.settings(&limits, |name| (name == "WITNESS_TOKEN").then(|| "hunter2".to_owned())).unwrap();
    assert!(matches!(&settings.witness, Some(crate::ledger::Witness::Http(_, Some(_)))));
    assert!(!format!("{settings:?}").contains("hunter2"));
    check(
        &with("index = \"postgres://me:hunter2@db/x\""),
        "an index is in the `store`, in the `folder`, or where `env:NAME` leads",
    );
    check(&with("witness_bearer = \"hunter2\""), "a token stands in a variable of the environment");
    let path = with("witness_bearer = \"env:T\"").replace("https://witness.example.gov/checkpoints", "/mnt/audit");
    check(&path, "only a witness that is a server takes a token");
}

#[test]
fn the_public_has_a_rate() {
    let with = |more: &str| GOOD.replace("allowed = true", &format!("allowed = true\n{more}"));
    let rate = |text: &str| read(&file(text)).unwrap_or_else(|problems| panic!("{problems}")).public;
    assert_eq!(rate(GOOD), PublicRate::default());
    let expect = PublicRate { address_m_max: Some(6_000), all_s_max: Some(100) };
    assert_eq!(rate(&with("address_m_max = 6000\nall_s_max = 100")), expect);
    check(&with("all_s_max = 0"), "`all_s_max` must be a whole number, 1 or more");
    check(&with("all_s_max = 2000000"), "`all_s_max` is a number from 1 to 1000000");
}

#[test]
fn a_collector_is_told_where_somebody_says_so() {
    let exports = |text: &str| read(&file(text)).unwrap_or_else(|problems| panic!("{problems}")).exports;
    let nothing = Exports { otlp: None, traced_percent: 100, instance: "gateway-1".to_owned() };
    assert_eq!(exports(GOOD), nothing);
    let with = |more: &str| format!("{GOOD}\n[observe]\n{more}");
    let told = Exports { otlp: Some("http://127.0.0.1:4318".to_owned()), traced_percent: 0, ..nothing };
    assert_eq!(exports(&with("otlp = \"http://127.0.0.1:4318\"\ntraced_percent = 0")), told);
    check(&with("otlp = \"127.0.0.1:4318\""), "`otlp` is the address of a collector");
    check(&with("traced_percent = 101"), "`traced_percent` is a number from 0 to 100");
    check(&with("otpl = \"http://127.0.0.1:4318\""), "otlp");
    check(
        &GOOD.replacen("\n[listen]", "otlp = \"http://127.0.0.1:4318\"\n[listen]", 1),
        "`otlp` belongs into `[observe]`",
    );
}

#[test]
fn a_shared_cache_is_named_by_variables() {
    assert_eq!(read(&file(GOOD)).unwrap().cache, None);
    let with = |text: &str| format!("{GOOD}\n[cache]\n{text}");
    let good = "shared = \"env:REDIS\"\nkey = \"env:KEY\"\n";
    let cache = read(&file(&with(good))).unwrap().cache.unwrap();
    assert_eq!((&*cache.shared, &*cache.key, cache.wait_ms), ("REDIS", "KEY", 25));
    assert_eq!(read(&file(&with(&format!("{good}wait_ms = 5")))).unwrap().cache.unwrap().wait_ms, 5);
    check(&with(&format!("{good}wait_ms = 0")), "`wait_ms` must be a whole number, 1 or more");
    check(&with(&format!("{good}wait_ms = 1001")), "`wait_ms` is a number from 1 to 1000");
    check(&with("shared = \"env:REDIS\""), "`key`");
    check(
        &with("shared = \"redis://:secret@host\"\nkey = \"env:KEY\""),
        "`shared` stands in a variable of the environment\n  hint: write `shared = \"env:NAME\"`",
    );
    check(&format!("wait_ms = 5\n{GOOD}"), "`wait_ms` belongs into `[cache]`");
}
