//! Personas: people to be in the demonstration, from `personas.toml`.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const WRITTEN: &str = include_str!("personas.toml");

/// Somebody to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// One word, for commands.
    pub name: String,
    /// What they do.
    pub title: String,
    /// What they are called; nobody is.
    #[serde(default)]
    pub person: String,
    /// ORI of the agency that they work for.
    pub agency: Option<String>,
    pub employer: Option<String>,
    /// Kind of the agency; the public has none, and no token.
    pub kind: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    pub division: Option<String>,
    /// Number in the roll of the state bar.
    pub bar: Option<String>,
    #[serde(default)]
    pub sworn: bool,
    #[serde(default)]
    pub criminal_history: bool,
    #[serde(default)]
    pub intelligence: bool,
    /// The golden record that is their own.
    pub subject: Option<String>,
    /// For what they ask, first of all for the first.
    pub purposes: Vec<String>,
    pub reason: Option<String>,
    pub case_reference: Option<String>,
}

/// What the placeholders stand for.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub person: String,
    pub case: String,
    pub booking: String,
}

/// All of them, in order.
///
/// # Errors
/// Where the file is not as it should be.
pub fn all(sample: &Sample) -> Result<Vec<Persona>> {
    #[derive(Deserialize)]
    struct File {
        persona: Vec<Persona>,
    }
    let written: File = toml::from_str(WRITTEN).context("personas.toml")?;
    let fill = |text: String| {
        let text = text.replace("{person}", &sample.person).replace("{case}", &sample.case);
        text.replace("{booking}", &sample.booking)
    };
    let filled = |persona: Persona| Persona {
        subject: persona.subject.map(fill),
        case_reference: persona.case_reference.map(fill).filter(|text| !text.is_empty()),
        ..persona
    };
    Ok(written.persona.into_iter().map(filled).collect())
}

impl Persona {
    /// What an identity provider says of them, by the names of GFIPM; nothing of somebody without a token.
    #[must_use]
    pub fn claims(&self) -> Option<Map<String, Value>> {
        let kind = self.kind.as_ref()?;
        let claims = json!({
            "FederationId": self.user(),
            "name": self.person,
            "EmployerORI": self.agency,
            "EmployerName": self.employer,
            "EmployeePositionName": self.roles,
            "EmployerSubUnitName": self.division,
            "SwornLawEnforcementOfficerIndicator": self.sworn,
            "NCICCriminalHistoryPrivilegeIndicator": self.criminal_history,
            "28CFRCertificationIndicator": self.intelligence,
            "AgencyKind": kind,
            "PersonId": self.subject,
            "BarNumber": self.bar,
        });
        let Value::Object(claims) = claims else { return None };
        Some(claims.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }

    /// `nora.birchwater`; the persona's name for somebody without one.
    #[must_use]
    pub fn user(&self) -> String {
        let name = if self.person.is_empty() { &self.name } else { &self.person };
        name.to_lowercase().replace(' ', ".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn personas() -> Vec<Persona> {
        let sample = Sample { person: "p1".to_owned(), case: "DC-1".to_owned(), booking: "26-1".to_owned() };
        all(&sample).unwrap()
    }

    #[test]
    fn everybody_of_the_stories_is_there_once() {
        let personas = personas();
        let names: Vec<&str> = personas.iter().map(|persona| persona.name.as_str()).collect();
        assert_eq!(names.first(), Some(&"clerk"));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let people: BTreeSet<String> = personas.iter().map(Persona::user).collect();
        assert_eq!(people.len(), names.len(), "each is somebody else");
        for name in ["defender-intake", "defender-conflict", "booking-officer", "patrol-officer", "county-attorney"] {
            assert!(names.contains(&name), "{name}");
        }
        for name in
            ["probation-officer", "victim-advocate", "bocc-analyst", "auditor", "legislator", "public", "subject"]
        {
            assert!(names.contains(&name), "{name}");
        }
    }

    #[test]
    fn the_public_has_no_token_and_the_subject_their_own_record() {
        let personas = personas();
        let of = |name: &str| personas.iter().find(|persona| persona.name == name).unwrap();
        assert_eq!(of("public").claims(), None);
        assert_eq!(of("subject").claims().unwrap()["PersonId"], "p1");
        assert_eq!(of("clerk").case_reference.as_deref(), Some("DC-1"));
        let clerk = of("clerk").claims().unwrap();
        assert_eq!((&clerk["FederationId"], &clerk["EmployerORI"]), (&json!("nora.birchwater"), &json!("MT056015J")));
        assert!(!clerk.contains_key("EmployerSubUnitName"));
    }

    #[test]
    fn agencies_have_oris_of_nine_characters() {
        for persona in personas() {
            assert!(
                persona.agency.as_ref().is_none_or(|ori| ori.len() == 9 && ori.starts_with("MT")),
                "{}",
                persona.name
            );
            assert!(!persona.purposes.is_empty(), "{}", persona.name);
        }
    }
}
