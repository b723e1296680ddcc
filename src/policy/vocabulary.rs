//! Vocabulary: what policies may speak of, as a graph has it. Types of records with their facts, and the classes of their data.

use super::decisions::targets;
use crate::graph::{Argument, FactKind, FieldId, Graph, Kind, Object, TypeId, Via, id};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

id!(
    /// A value of the graph's `DataClass`: index into [`Vocabulary::classes`].
    ClassId(u8)
);

/// What one may want with data of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// To be shown its value.
    Disclose,
    /// To be told that there is one, and whom to ask.
    Exist,
    /// To look for records by it.
    Filter,
    /// To have it counted.
    Aggregate,
}

impl Verb {
    pub const ALL: [Self; 4] = [Self::Disclose, Self::Exist, Self::Filter, Self::Aggregate];

    /// As policies write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disclose => "disclose",
            Self::Exist => "exist",
            Self::Filter => "filter",
            Self::Aggregate => "aggregate",
        }
    }
}

/// The words of one graph.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Values of `DataClass`, in the order of the SDL.
    pub classes: Vec<Arc<str>>,
    /// Values of `AgencyKind`, in the order of the SDL.
    pub kinds: Vec<Arc<str>>,
    pub resources: BTreeMap<TypeId, Resource>,
}

/// A type of records, as policies see it.
#[derive(Debug)]
pub struct Resource {
    pub name: Arc<str>,
    /// The first two are those of every type: [`CLOSED`] and [`SUBJECT`].
    pub facts: Vec<Word>,
    /// Of its fields, of itself, and of the arguments by which one looks for it.
    pub classes: BTreeSet<ClassId>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub name: Arc<str>,
    pub kind: FactKind,
    /// A record that does not say it is not decided on.
    pub required: bool,
    /// The links to follow to the record that says it: none where it is the record itself.
    pub via: Vec<Via>,
    /// The fields to follow to it. Empty for what the gateway itself knows.
    pub path: Vec<FieldId>,
    /// The same to a second value, written behind it.
    pub with: Vec<FieldId>,
}

/// Position of the fact that says what closes a record: `sealed`, `expunged`, `withdrawn`.
pub const CLOSED: usize = 0;
/// Position of the fact that says whose record it is: the id of the golden record.
pub const SUBJECT: usize = 1;
/// Facts that one type may have; the rest would not fit a set of them.
pub const FACTS_MAX: usize = 64;

impl Vocabulary {
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let classes = values(graph, "DataClass");
        let mut vocabulary = Self { classes, kinds: values(graph, "AgencyKind"), resources: BTreeMap::new() };
        for (id, ty) in (0u32..).map(TypeId).zip(&graph.types) {
            let Kind::Object(object) = &ty.kind else { continue };
            // The root is no record; what it says by itself may be kept from some nevertheless.
            let classified = |object: &Object| object.fields.iter().any(|id| !graph.field(*id).data.classes.is_empty());
            if (id == graph.query && !classified(object)) || graph.is_own(id) {
                continue;
            }
            let said = object.facts.iter().take(FACTS_MAX - 2).map(|fact| Word {
                name: fact.name.clone(),
                kind: fact.kind,
                required: fact.required,
                via: fact.via.clone(),
                path: fact.path.clone(),
                with: fact.with.clone(),
            });
            let facts = own_words().into_iter().chain(said).collect();
            let fields = object.fields.iter().flat_map(|id| &graph.field(*id).data.classes);
            let classes = fields.chain(&object.classes).filter_map(|class| vocabulary.class(class)).collect();
            vocabulary.resources.insert(id, Resource { name: ty.name.clone(), facts, classes });
        }
        for field in &graph.fields {
            let mut by = Vec::new();
            looks(graph, &field.arguments, &mut Vec::new(), &mut by);
            let classes: Vec<ClassId> = by.into_iter().filter_map(|class| vocabulary.class(class)).collect();
            for on in targets(graph, &field.ty) {
                vocabulary.resources.get_mut(&on).into_iter().for_each(|resource| resource.classes.extend(&classes));
            }
        }
        vocabulary
    }

    #[must_use]
    pub fn class(&self, name: &str) -> Option<ClassId> {
        let found = self.classes.iter().position(|class| **class == *name)?;
        u8::try_from(found).ok().map(ClassId)
    }

    #[must_use]
    pub fn class_name(&self, id: ClassId) -> &str {
        self.classes.get(id.index()).map_or("", |name| name)
    }

    #[must_use]
    pub fn resource_named(&self, name: &str) -> Option<(TypeId, &Resource)> {
        self.resources.iter().find(|(_, resource)| *resource.name == *name).map(|(id, resource)| (*id, resource))
    }
}

impl Resource {
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<u8> {
        let found = self.facts.iter().position(|fact| *fact.name == *name)?;
        u8::try_from(found).ok()
    }
}

/// The classes of arguments and of what stands within them. `trail` holds the input types around, which may hold themselves.
fn looks<'g>(graph: &'g Graph, arguments: &'g [Argument], trail: &mut Vec<TypeId>, by: &mut Vec<&'g str>) {
    for argument in arguments {
        by.extend(argument.classes.iter().map(|class| &**class));
        let within = argument.ty.named;
        if let (Kind::Input(fields), false) = (&graph.type_of(within).kind, trail.contains(&within)) {
            trail.push(within);
            looks(graph, fields, trail, by);
            trail.pop();
        }
    }
}

fn own_words() -> [Word; 2] {
    let word = |name: &str, kind, required| Word {
        name: name.into(),
        kind,
        required,
        via: Vec::new(),
        path: Vec::new(),
        with: Vec::new(),
    };
    [word("closed", FactKind::Texts, true), word("subject", FactKind::Text, false)]
}

fn values(graph: &Graph, of: &str) -> Vec<Arc<str>> {
    match graph.type_named(of).map(|id| &graph.type_of(id).kind) {
        Some(Kind::Enum(values)) => values.clone(),
        _ => Vec::new(),
    }
}
