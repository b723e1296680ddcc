//! Columns: which columns a fetch must bring, and the layout that holds them.
//!
//! First all needs of a set of selections are gathered, those of merged aliases together; then they become a layout. A `file`
//! source gives its whole record instead, so its layout depends on the binding alone.

use crate::graph::{Binding, Discriminator, FieldId, Graph, Kind, LinkKeys, Mapping, Role, Shape, SourceKind, TypeId};
use crate::operation::{Selected, SetId, Tree};
use crate::policy::{Decision, Decisions};
use crate::record::{Column, Layout, Take, What};
use indexmap::IndexMap;
use std::sync::Arc;

/// Columns wanted of one shape; those of an embedded object below it.
#[derive(Debug, Default)]
pub struct Needs {
    columns: IndexMap<What, Option<Needs>>,
}

impl Needs {
    pub fn add(&mut self, what: What) {
        self.columns.entry(what).or_default();
    }

    fn below(&mut self, field: FieldId) -> &mut Self {
        self.columns.entry(What::Field(field)).or_default().get_or_insert_default()
    }

    /// The key of a type, part by part.
    pub fn add_key(&mut self, graph: &Graph, on: TypeId) {
        for part in graph.object(on).map_or(&[][..], |object| &object.key) {
            self.add(part.part.map_or(What::Field(part.field), |n| What::Part(part.field, n)));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}

/// What gathering needs to know.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub graph: &'a Graph,
    pub tree: &'a Tree,
    pub decisions: &'a Decisions,
}

impl<'a> Asked<'a> {
    /// The fields selected on one concrete type, with the set below each.
    pub fn fields(self, set: SetId, on: TypeId) -> impl Iterator<Item = (FieldId, Option<SetId>)> + 'a {
        self.tree.selections_on(set, on).iter().filter_map(move |id| {
            let selection = self.tree.selection(*id);
            match selection.what {
                Selected::Field(field) if self.decisions.on(field) == Decision::Allowed => Some((field, selection.set)),
                _ => None,
            }
        })
    }

    /// What the selections on one concrete type need of a shape that offers them. A field that it does not offer needs nothing here.
    pub fn gather(self, needs: &mut Needs, shape: &Shape, set: SetId, on: TypeId) {
        for (field, below) in self.fields(set, on) {
            self.gather_field(needs, shape, field, below);
        }
    }

    pub fn gather_field(self, needs: &mut Needs, shape: &Shape, field: FieldId, below: Option<SetId>) {
        match &self.graph.field(field).role {
            Role::Value => {
                if shape.mapping(field).is_some() {
                    needs.add(What::Field(field));
                }
            }
            Role::Embedded => {
                let (Some(Mapping::Object { shape, .. } | Mapping::Objects { shape, .. }), Some(below)) =
                    (shape.mapping(field), below)
                else {
                    return;
                };
                let inner = needs.below(field);
                for on in self.graph.possible(shape.on) {
                    self.gather(inner, shape, below, on);
                }
            }
            Role::Link(link) => match &link.keys {
                LinkKeys::Reference { parts } => {
                    if shape.mapping(field).is_some() {
                        (0..*parts).for_each(|part| needs.add(What::Part(field, part)));
                    }
                }
                LinkKeys::Parent(_) => needs.add_key(self.graph, self.graph.field(field).parent),
                LinkKeys::Find | LinkKeys::Arguments { .. } => {}
            },
            Role::Provenance => needs.add(What::AsOf),
        }
    }
}

/// The layout of a fetch from this binding: what is needed of it, or the whole record of a file.
#[must_use]
pub fn layout(graph: &Graph, binding: &Binding, needs: &Needs) -> Arc<Layout> {
    if graph.source(binding.source).kind == SourceKind::File {
        return Arc::new(Layout::whole(graph, binding));
    }
    let mut layout = of_shape(graph, &binding.shape, needs);
    if let (Some((at, convert)), true) = (&binding.as_of, needs.columns.contains_key(&What::AsOf)) {
        let take = Take::Value { convert: Arc::new(convert.clone()), list: false };
        layout.columns.push(Column { what: What::AsOf, at: at.clone(), take });
    }
    Arc::new(layout)
}

fn of_shape(graph: &Graph, shape: &Shape, needs: &Needs) -> Layout {
    let mut columns: Vec<Column> = shape.discriminator.iter().map(type_column).collect();
    for (what, below) in &needs.columns {
        let (What::Field(field) | What::Part(field, _)) = *what else { continue };
        let Some(mapping) = shape.mapping(field) else { continue };
        columns.extend(column(graph, *what, field, mapping, below.as_ref()));
    }
    Layout { columns }
}

fn type_column(discriminator: &Discriminator) -> Column {
    Column { what: What::Type, at: discriminator.at.clone(), take: Take::Type(discriminator.codes.clone().into()) }
}

fn column(graph: &Graph, what: What, field: FieldId, mapping: &Mapping, below: Option<&Needs>) -> Option<Column> {
    let list = graph.field(field).ty.wrap.is_list();
    let nothing = Needs::default();
    let (at, take) = match (mapping, what) {
        (Mapping::Value { at, convert }, _) => (at.clone(), Take::Value { convert: convert.clone(), list }),
        (Mapping::Object { at, shape }, _) => {
            (at.clone(), Take::Object(Arc::new(of_shape(graph, shape, below.unwrap_or(&nothing)))))
        }
        (Mapping::Objects { at, shape }, _) => {
            (at.clone(), Take::Objects(Arc::new(of_shape(graph, shape, below.unwrap_or(&nothing)))))
        }
        (Mapping::Reference { parts, .. }, What::Part(_, part)) => {
            let convert = Arc::new(crate::graph::Convert::Text { from_number: true, trim: false });
            (parts.get(usize::from(part))?.clone(), Take::Value { convert, list })
        }
        (Mapping::Reference { .. }, _) => return None,
    };
    Some(Column { what, at, take })
}

impl Layout {
    /// Every column that a binding can give.
    #[must_use]
    pub fn whole(graph: &Graph, binding: &Binding) -> Self {
        let mut needs = Needs::default();
        everything(graph, &binding.shape, &mut needs);
        let mut layout = of_shape(graph, &binding.shape, &needs);
        if let Some((at, convert)) = &binding.as_of {
            let take = Take::Value { convert: Arc::new(convert.clone()), list: false };
            layout.columns.push(Column { what: What::AsOf, at: at.clone(), take });
        }
        layout
    }
}

fn everything(graph: &Graph, shape: &Shape, needs: &mut Needs) {
    for (field, mapping) in &shape.fields {
        match mapping {
            Mapping::Value { .. } => needs.add(What::Field(*field)),
            Mapping::Object { shape, .. } | Mapping::Objects { shape, .. } => {
                everything(graph, shape, needs.below(*field));
            }
            Mapping::Reference { parts, .. } => {
                (0..parts.len()).filter_map(|n| u8::try_from(n).ok()).for_each(|n| needs.add(What::Part(*field, n)));
            }
        }
    }
}

/// The concrete types of a set that records of this binding may have.
#[must_use]
pub fn types_of(graph: &Graph, binding: &Binding) -> Vec<TypeId> {
    match &graph.type_of(binding.on).kind {
        Kind::Abstract(possible) => binding
            .shape
            .discriminator
            .as_ref()
            .map_or_else(|| possible.clone(), |d| d.codes.iter().map(|(_, id)| *id).collect()),
        _ => vec![binding.on],
    }
}
