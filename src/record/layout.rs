//! Layout: which columns a record has, where the source has them, and how each becomes a cell.

use crate::graph::{
    Binding, Constant, Convert, Discriminator, FieldId, Graph, Locator, Mapping, Shape, SourceKind, TypeId,
};
use indexmap::IndexMap;
use std::sync::Arc;

/// The columns of a record, in order. Shared by the plan, the source that fills it and the writer.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    pub columns: Vec<Column>,
}

/// One column: what it is, where the source has it, and how it becomes a cell.
#[derive(Debug, Clone)]
pub struct Column {
    pub what: What,
    pub at: Locator,
    pub take: Take,
}

/// What a column is. Only a `Field` can be written; the others are fetched hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    Field(FieldId),
    /// The n-th part of the key that a link field holds.
    Part(FieldId, u8),
    /// The n-th part of the key that the record answers.
    Match(u8),
    /// The concrete type of the record, a `Cell::Type`.
    Type,
    /// The source's own time of the record.
    AsOf,
    /// The n-th column by which a source orders the records of a connection, as it stands there.
    Order(u8),
}

#[derive(Debug, Clone)]
pub enum Take {
    /// A leaf; a list of leaves where the source has a JSON list and `list`.
    Value { convert: Arc<Convert>, list: bool },
    /// The concrete type, by the source's code.
    Type(Arc<[(Arc<str>, TypeId)]>),
    /// One object.
    Object(Arc<Layout>),
    /// A list of objects.
    Objects(Arc<Layout>),
}

impl Layout {
    /// What is needed of a binding; the whole record of a file, which is kept as it is.
    #[must_use]
    pub fn of(graph: &Graph, binding: &Binding, needs: &Needs) -> Self {
        if graph.source(binding.source).kind == SourceKind::File {
            return Self::whole(graph, binding);
        }
        let mut layout = of_shape(graph, &binding.shape, needs);
        layout.columns.extend(as_of(binding).filter(|_| needs.columns.contains_key(&What::AsOf)));
        layout
    }

    /// Every column that a binding can give.
    #[must_use]
    pub fn whole(graph: &Graph, binding: &Binding) -> Self {
        let mut needs = Needs::default();
        everything(&binding.shape, &mut needs);
        let mut layout = of_shape(graph, &binding.shape, &needs);
        layout.columns.extend(as_of(binding));
        layout
    }

    /// What an answer of the crosswalk holds: the other side's key, and the system that the local number is of.
    #[must_use]
    pub fn crosswalk() -> Self {
        let text = |n| Column {
            what: What::Match(n),
            at: Locator::Constant(Constant::Null),
            take: Take::Value { convert: Arc::new(Convert::Text { from_number: true, trim: false }), list: false },
        };
        Self { columns: vec![text(0), text(1)] }
    }

    /// Adds the columns of another layout of the same binding that are missing. Those that are there stay where they are.
    pub fn widen(&mut self, other: &Self) {
        for column in &other.columns {
            match self.columns.iter_mut().find(|own| own.what == column.what) {
                None => self.columns.push(column.clone()),
                Some(own) => {
                    if let (Take::Object(own) | Take::Objects(own), Take::Object(more) | Take::Objects(more)) =
                        (&mut own.take, &column.take)
                    {
                        Arc::make_mut(own).widen(more);
                    }
                }
            }
        }
    }

    /// Adds the columns by which a source orders the records of a connection.
    #[must_use]
    pub fn ordered(mut self, order: &[Arc<str>]) -> Self {
        let convert = Arc::new(Convert::Any);
        self.columns.extend((0..).zip(order).map(|(n, column)| Column {
            what: What::Order(n),
            at: Locator::Column(Arc::clone(column)),
            take: Take::Value { convert: Arc::clone(&convert), list: false },
        }));
        self
    }

    /// The columns to go through to a value: objects within the record, and the value.
    #[must_use]
    pub fn path(&self, fields: &[FieldId]) -> Option<Vec<u32>> {
        let (mut at, mut found) = (self, Vec::with_capacity(fields.len()));
        for field in fields {
            let position = at.position(What::Field(*field))?;
            found.push(position);
            if let Take::Object(inner) = &at.columns.get(position as usize)?.take {
                at = inner;
            }
        }
        Some(found)
    }

    #[must_use]
    pub fn width(&self) -> u32 {
        u32::try_from(self.columns.len()).unwrap_or(u32::MAX)
    }

    #[must_use]
    pub fn position(&self, what: What) -> Option<u32> {
        let found = self.columns.iter().position(|column| column.what == what)?;
        u32::try_from(found).ok()
    }
}

/// Columns wanted of one shape; those of an embedded object below it.
#[derive(Debug, Default)]
pub struct Needs {
    columns: IndexMap<What, Option<Needs>>,
}

impl Needs {
    pub fn add(&mut self, what: What) {
        self.columns.entry(what).or_default();
    }

    /// What is needed of the objects in this field.
    pub fn below(&mut self, field: FieldId) -> &mut Self {
        self.columns.entry(What::Field(field)).or_default().get_or_insert_default()
    }

    /// A value, through objects within the record.
    pub fn add_path(&mut self, fields: &[FieldId]) {
        let Some((last, around)) = fields.split_last() else { return };
        around.iter().fold(self, |at, field| at.below(*field)).add(What::Field(*last));
    }

    /// An object made of columns of the row is there where any of them is, so all of them are needed to tell.
    pub fn add_presence(&mut self, shape: &Shape) {
        let columns = |mapping: &Mapping| matches!(mapping, Mapping::Value { at: Locator::Column(_), .. });
        shape
            .fields
            .iter()
            .filter(|(_, mapping)| columns(mapping))
            .for_each(|(field, _)| self.add(What::Field(*field)));
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

fn as_of(binding: &Binding) -> Option<Column> {
    let (at, convert) = binding.as_of.as_ref()?;
    let take = Take::Value { convert: Arc::new(convert.clone()), list: false };
    Some(Column { what: What::AsOf, at: at.clone(), take })
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
        (Mapping::Reference { parts, convert, .. }, What::Part(_, part)) => {
            (parts.get(usize::from(part))?.clone(), Take::Value { convert: Arc::clone(convert), list })
        }
        (Mapping::Reference { .. }, _) => return None,
    };
    Some(Column { what, at, take })
}

fn everything(shape: &Shape, needs: &mut Needs) {
    for (field, mapping) in &shape.fields {
        match mapping {
            Mapping::Value { .. } => needs.add(What::Field(*field)),
            Mapping::Object { shape, .. } | Mapping::Objects { shape, .. } => {
                everything(shape, needs.below(*field));
            }
            Mapping::Reference { parts, .. } => {
                (0..parts.len()).filter_map(|n| u8::try_from(n).ok()).for_each(|n| needs.add(What::Part(*field, n)));
            }
        }
    }
}
