//! Columns: which columns the selections of an operation need of a binding.

use crate::graph::{Binding, FieldId, Graph, Kind, LinkKeys, Mapping, Role, Shape, TypeId};
use crate::operation::{Arguments, Selected, SetId, Tree};
use crate::policy::{Decision, Decisions, FactFrom, Outcome};
use crate::record::{Needs, What};

/// What gathering needs to know.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub graph: &'a Graph,
    pub tree: &'a Tree,
    pub arguments: &'a Arguments,
    pub decisions: &'a Decisions,
}

impl<'a> Asked<'a> {
    /// The fields selected on one concrete type, with the set below each.
    pub fn fields(self, set: SetId, on: TypeId) -> impl Iterator<Item = (FieldId, Option<SetId>)> + 'a {
        self.tree.selections_on(set, on).iter().filter_map(move |id| {
            let selection = self.tree.selection(*id);
            match selection.what {
                Selected::Field(field) if self.is_needed(field) => Some((field, selection.set)),
                _ => None,
            }
        })
    }

    /// Whether a field's value is needed: to be shown, or to say that there is one.
    pub fn is_needed(self, field: FieldId) -> bool {
        matches!(self.decisions.on(field), Decision::Allowed | Decision::Row(_) | Decision::Settled(Outcome::Exists, _))
    }

    /// Whether no record that a set is about may be known of.
    pub fn hides_all(self, set: SetId) -> bool {
        let variants = &self.tree.set(set).variants;
        let hidden = |on: TypeId| matches!(self.decisions.on_records(on), Decision::Settled(Outcome::Hide, _));
        !variants.is_empty() && variants.iter().all(|(on, _)| hidden(*on))
    }

    /// What must be known of a record to decide on it.
    pub fn gather_facts(self, needs: &mut Needs, on: TypeId) {
        if self.decisions.judged(on).is_some_and(|judged| judged.closures) {
            needs.add_key(self.graph, on);
            for (field, _, named) in self.graph.speaking(on) {
                let inner = needs.below(field);
                inner.add(What::Field(named.of));
                inner.add(What::Field(named.key));
            }
        }
        for fact in self.decisions.judged(on).into_iter().flat_map(|judged| &judged.facts) {
            let FactFrom::Record(path) = &fact.from else { continue };
            needs.add_path(path);
        }
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
                    self.gather_facts(inner, on);
                    self.gather(inner, shape, below, on);
                    inner.add_key(self.graph, on);
                }
                inner.add_presence(shape);
            }
            Role::Link(link) => match &link.keys {
                LinkKeys::Reference { parts } => {
                    if shape.mapping(field).is_some() {
                        (0..*parts).for_each(|part| needs.add(What::Part(field, part)));
                    }
                }
                LinkKeys::Parent(_) => needs.add_key(self.graph, self.graph.field(field).parent),
                LinkKeys::Find | LinkKeys::Arguments { .. } | LinkKeys::Node { .. } => {}
            },
            Role::Provenance => needs.add(What::AsOf),
            // See `contested`.
            Role::Conflicts | Role::Page(_) => {}
            Role::NodeId => needs.add_key(self.graph, self.graph.field(field).parent),
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
