//! Classes: what becomes of data that one may neither have nor know of.

use super::parse;
use crate::graph::Graph;
use crate::graph::problem::{File, Place, Problem, Problems, did_you_mean};
use crate::policy::outcome::Outcome;
use crate::policy::vocabulary::{ClassId, Vocabulary};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;

/// What is said of each class.
#[derive(Debug, Default)]
pub struct Classes {
    /// By [`ClassId`].
    of: Vec<Class>,
    /// Kinds of closures: a record closed so leaves nothing to say, whatever its class says.
    hides: Arc<[Arc<str>]>,
}

#[derive(Debug, Default, Clone)]
pub struct Class {
    pub otherwise: Otherwise,
    /// Whom to ask, or how consent is had.
    pub contact: Option<Arc<str>>,
}

/// Where neither the value nor its being there may be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Otherwise {
    #[default]
    Hide,
    Deny,
    Consent,
    Exists,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Kinds of closures that hide a record of any class.
    #[serde(default)]
    hides: Vec<Arc<str>>,
    class: BTreeMap<Spanned<String>, WrittenClass>,
    /// The coarser field to ask for, by the finer one: `"Person.birthDate" = "birthYear"`.
    #[serde(default)]
    instead: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClass {
    otherwise: Otherwise,
    contact: Option<String>,
}

/// The coarser field for a finer one, by coordinate.
pub type Instead = BTreeMap<Arc<str>, Arc<str>>;

impl Classes {
    #[must_use]
    pub fn get(&self, id: ClassId) -> Class {
        self.of.get(id.index()).cloned().unwrap_or_default()
    }

    #[must_use]
    pub const fn hides(&self) -> &Arc<[Arc<str>]> {
        &self.hides
    }

    pub(in crate::policy) fn read(
        graph: &Graph,
        vocabulary: &Vocabulary,
        file: &Arc<File>,
        problems: &mut Problems,
    ) -> (Self, Instead) {
        let Some(written) = parse::<Written>(file, problems) else { return (Self::default(), Instead::new()) };
        for name in written.class.keys().filter(|name| vocabulary.class(name.get_ref()).is_none()) {
            let message = format!("the graph has no class `{}`", name.get_ref());
            let hint = did_you_mean(name.get_ref(), vocabulary.classes.iter().map(|class| &**class));
            problems.push(Problem::error(&Place::new(file, name.span()), message).with_hint_if(hint));
        }
        let mut classes = Vec::new();
        for class in &vocabulary.classes {
            if let Some((_, said)) = written.class.iter().find(|(name, _)| name.get_ref() == &**class) {
                let contact = said.contact.as_deref().map(Arc::from);
                classes.push(Class { otherwise: said.otherwise, contact });
            } else {
                let message = format!("nothing is said of the class `{class}`");
                let hint = format!("write `{class} = {{ otherwise = \"HIDE\" }}`, or what it should be");
                problems.push(Problem::error(&Place::whole(file), message).with_hint(hint));
            }
        }
        let mut instead = Instead::new();
        for (finer, coarser) in &written.instead {
            let found = finer.get_ref().split_once('.').and_then(|(ty, field)| {
                let on = graph.type_named(ty)?;
                graph.field_named(on, field)?;
                Some(on)
            });
            match found {
                None => {
                    let message = format!("the graph has no field `{}`", finer.get_ref());
                    let hint = "write `\"TYPE.FIELD\" = \"COARSER\"`";
                    problems.push(Problem::error(&Place::new(file, finer.span()), message).with_hint(hint));
                }
                Some(on) if graph.field_named(on, coarser.get_ref()).is_none() => {
                    let message = format!("{} has no field `{}`", graph.type_of(on).name, coarser.get_ref());
                    problems.push(Problem::error(&Place::new(file, coarser.span()), message));
                }
                Some(_) => {
                    instead.insert(finer.get_ref().as_str().into(), coarser.get_ref().as_str().into());
                }
            }
        }
        (Self { of: classes, hides: written.hides.into() }, instead)
    }
}

impl Otherwise {
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Hide => Outcome::Hide,
            Self::Deny => Outcome::Deny,
            Self::Consent => Outcome::Consent,
            Self::Exists => Outcome::Exists,
        }
    }
}
