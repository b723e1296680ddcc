//! Side: the gateway's end of a benchmark, put together in process as `headwaters demo` does it.

use crate::remote;
use crate::roster::{Roster, SCHEMA};
use axum::Router;
use headwaters::caller::Callers;
use headwaters::gateway::{Gateway, World};
use headwaters::graph::{Audience, link};
use headwaters::http::{self, Personas, Shared};
use headwaters::ledger::Ledger;
use headwaters::limits::Limits;
use headwaters::policy::{Loopback, Policies};
use headwaters::source::{Environment, Sources};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the records of a roster are.
#[derive(Debug)]
pub enum Backing {
    Memory,
    Sqlite,
    /// By the URL of an empty database.
    Postgres(String),
    /// At an agency of this address, whose records are kept.
    Agency(String),
}

/// One file a type, read at the start.
const FILES: [(&str, &str, &str, &str); 3] = [
    (
        "persons",
        "Person",
        r#"same = ["id", "given", "middle", "surname", "suffix", "sex", "birthDate", "heightCm", "weightKg", "city", "phone", "veteran"]"#,
        "[entity.Person.by.id]\nmatch = \"/id\"",
    ),
    (
        "cases",
        "Case",
        r#"same = ["number", "person", "court", "kind", "status", "filed", "judge", "counts", "sealed"]"#,
        "[entity.Case.by.person]\nmatch = \"/person\"\nmany = true",
    ),
    (
        "custodies",
        "Custody",
        r#"same = ["booking", "person", "facility", "status", "bookedAt", "cell", "bail"]"#,
        "[entity.Custody.by.person]\nmatch = \"/person\"",
    ),
];

const STORE: &str = r#"
title  = "Store"
kind   = "sql"
golden = true

[reach]
url = "env:STORE_URL"

[entity.Person]
table = "person"
same  = ["id", "given", "middle", "surname", "suffix", "sex", "city", "phone", "veteran"]

[entity.Person.fields]
birthDate = "birth_date"
heightCm  = "height_cm"
weightKg  = "weight_kg"

[entity.Person.by.id]

[entity.Case]
table = "court_case"
same  = ["number", "person", "court", "kind", "status", "filed", "judge", "counts", "sealed"]

[entity.Case.by.person]
columns = ["person"]
many    = true
order   = ["number"]

[entity.Custody]
table = "custody"
same  = ["booking", "person", "facility", "status", "cell", "bail"]

[entity.Custody.fields]
bookedAt = { column = "booked_at", datetime = "rfc3339" }

[entity.Custody.by.person]
columns = ["person"]
"#;

/// The resolver files for a roster that is kept so. `folder` holds its files.
pub fn resolvers(backing: &Backing, folder: &Path) -> Vec<(PathBuf, String)> {
    match backing {
        Backing::Memory => FILES.iter().map(|file| of_file(folder, *file)).collect(),
        Backing::Sqlite | Backing::Postgres(_) => vec![(folder.join("store.toml"), STORE.to_owned())],
        Backing::Agency(_) => vec![remote::resolver(folder)],
    }
}

fn of_file(folder: &Path, (name, entity, same, by): (&str, &str, &str, &str)) -> (PathBuf, String) {
    let datetime = if entity == "Custody" {
        "\n[entity.Custody.fields]\nbookedAt = { at = \"/bookedAt\", datetime = \"rfc3339\" }\n"
    } else {
        ""
    };
    let same = if entity == "Custody" { same.replace("\"bookedAt\", ", "") } else { same.to_owned() };
    let path = folder.join(format!("{name}.json"));
    let text = format!(
        "title = \"{name}\"\nkind = \"file\"\ngolden = true\n[reach]\npath = \"{}\"\n[entity.{entity}]\n{same}\n{datetime}\n{by}\n",
        path.display()
    );
    (folder.join(format!("{name}.toml")), text)
}

/// A world out of these texts.
pub async fn world(schema: &str, resolvers: &[(PathBuf, String)], environment: Environment) -> World {
    let schema = [(PathBuf::from("roster.graphql"), schema.to_owned())];
    let (graph, _) = link::load_texts(&schema, resolvers, &[Audience::everything()])
        .unwrap_or_else(|problems| fail(&problems.to_string()));
    let limits = Limits::default();
    let sources =
        Sources::open(&graph, &environment, &limits, None).await.unwrap_or_else(|problems| fail(&problems.to_string()));
    let only = Loopback::bind(0).unwrap();
    World::new(graph, Policies::everything(&only), sources, &limits)
}

/// The routes of a gateway on a roster.
pub async fn routes(backing: &Backing, folder: &Path, url: Option<&str>) -> Router {
    let environment: Environment = url.iter().map(|url| ("STORE_URL".to_owned(), (*url).to_owned())).collect();
    let schema = if matches!(backing, Backing::Agency(_)) { remote::kept_schema() } else { SCHEMA.to_owned() };
    let world = world(&schema, &resolvers(backing, folder), environment).await;
    let gateway = Gateway::new(world, Ledger::none(&Loopback::bind(0).unwrap()), Limits::default());
    http::router(Shared {
        gateway: Arc::new(gateway),
        callers: Arc::new(Callers::public(Limits::default())),
        tabs: "[]".into(),
        personas: Personas::default(),
    })
}

/// Writes a roster where the gateway and the handler by hand will read it; gives the URL of a database.
pub async fn lay_out(roster: &Roster, backing: &Backing, folder: &Path) -> Option<String> {
    use sqlx::{AssertSqlSafe, Connection, raw_sql};
    match backing {
        Backing::Memory => {
            roster.write_files(folder);
            None
        }
        Backing::Sqlite => {
            let url = format!("sqlite:{}?mode=rwc", folder.join("store.sqlite").display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            raw_sql(AssertSqlSafe(format!("PRAGMA journal_mode = wal; BEGIN; {} COMMIT;", roster.sql())))
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
            Some(url)
        }
        Backing::Agency(url) => Some(url.clone()),
        Backing::Postgres(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            raw_sql(AssertSqlSafe(roster.sql())).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            Some(url.clone())
        }
    }
}

#[expect(clippy::panic, reason = "a benchmark that can't go on has nothing to say")]
fn fail<T>(why: &str) -> T {
    panic!("{why}")
}
