//! Tables: who gets what of which record, as those who govern the data would write it down. Run by `headwaters policy test`.

use super::parse;
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::policy::asking::Asking;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;

/// One line of a table.
#[derive(Debug, Clone)]
pub struct Row {
    pub who: String,
    pub asking: Asking,
    /// `Person.birthDate`, `Person`, or `filter Person PII_ID`.
    pub what: String,
    /// `juvenile=true owner=MT0560000`
    pub record: String,
    pub outcome: String,
    pub place: Place,
}

/// All tables of a folder.
#[derive(Debug, Default)]
pub struct Tables {
    pub rows: Vec<Row>,
    pub personas: BTreeMap<String, Asking>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    persona: BTreeMap<String, Persona>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Persona {
    kind: String,
    #[serde(default)]
    agency: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    roles: Vec<String>,
    division: Option<String>,
    bar: Option<String>,
    subject: Option<String>,
    #[serde(default)]
    sworn: bool,
    purpose: String,
    #[serde(default)]
    reason: bool,
    case: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// What the table is about, for its readers.
    #[expect(dead_code, reason = "for whoever reads the file")]
    title: String,
    rows: Vec<Spanned<[String; 4]>>,
}

impl Tables {
    /// `personas.toml` and every other `*.toml` of a folder.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(folder: &Path) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut files = Vec::new();
        let mut paths = Vec::new();
        if let Err(error) = super::walk(folder, &mut paths) {
            let file = Arc::new(File { path: folder.to_owned(), text: String::new() });
            problems.push(Problem::error(&Place::whole(&file), format!("can't be read: {error}")));
        }
        paths.sort();
        for path in paths {
            match std::fs::read_to_string(&path) {
                Ok(text) => files.push(Arc::new(File { path, text })),
                Err(error) => {
                    let file = Arc::new(File { path, text: String::new() });
                    problems.push(Problem::error(&Place::whole(&file), format!("can't be read: {error}")));
                }
            }
        }
        let mut tables = Self::default();
        let is_people = |file: &Arc<File>| file.path.file_name().is_some_and(|name| name == "personas.toml");
        for file in files.iter().filter(|file| is_people(file)) {
            let people = parse::<People>(file, &mut problems).map(|people| people.persona).unwrap_or_default();
            tables.personas.extend(people.into_iter().map(|(name, persona)| (name, persona.asking())));
        }
        for file in files.iter().filter(|file| !is_people(file)) {
            let Some(table) = parse::<Table>(file, &mut problems) else { continue };
            for row in table.rows {
                let place = Place::new(file, row.span());
                let [who, what, record, outcome] = row.into_inner();
                match tables.who(&who) {
                    Ok(asking) => tables.rows.push(Row { who, asking, what, record, outcome, place }),
                    Err(wrong) => problems.push(Problem::error(&place, wrong)),
                }
            }
        }
        if problems.is_empty() { Ok(tables) } else { Err(problems.sorted()) }
    }

    /// `clerk purpose=D case=none`: a persona, and what is different this time.
    ///
    /// # Errors
    /// For a persona that is not, or a change that can't be.
    pub fn who(&self, text: &str) -> Result<Asking, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let known = || self.personas.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let persona = self.personas.get(name).cloned();
        // A kind of agency alone is somebody in such an agency.
        let is_kind = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let anybody = || is_kind.then(|| Asking { kind: name.into(), ..Asking::default() });
        let mut asking =
            persona.or_else(anybody).ok_or_else(|| format!("there is no persona `{name}`, only {}", known()))?;
        for word in words {
            let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not `key=value`"))?;
            let maybe = (value != "none").then(|| Arc::<str>::from(value));
            match key {
                "purpose" => asking.purpose = value.into(),
                "case" => asking.case_ref = maybe,
                "reason" => asking.reason = value == "yes",
                "agency" => asking.agency = value.into(),
                "role" => asking.roles = maybe.into_iter().collect(),
                "bar" => asking.bar = maybe,
                "subject" => asking.subject = maybe,
                "user" => asking.user = value.into(),
                "provider" => asking.provider = value.into(),
                "break-glass" => asking.break_glass = maybe,
                _ => {
                    return Err(format!(
                        "`{key}` can't be changed: purpose, case, reason, agency, role, bar, subject, user, provider, break-glass can"
                    ));
                }
            }
        }
        Ok(asking)
    }
}

impl Persona {
    fn asking(self) -> Asking {
        let texts = |mut all: Vec<String>| {
            all.sort();
            all.into_iter().map(Arc::from).collect::<Vec<Arc<str>>>().into()
        };
        Asking {
            user: self.user.into(),
            // One that vouches for all of them.
            provider: "idp".into(),
            agency: self.agency.into(),
            kind: self.kind.into(),
            roles: texts(self.roles),
            division: self.division.map(Arc::from),
            bar: self.bar.map(Arc::from),
            sworn: self.sworn,
            subject: self.subject.map(Arc::from),
            purpose: self.purpose.into(),
            reason: self.reason,
            case_ref: self.case.map(Arc::from),
            ..Asking::default()
        }
    }
}
