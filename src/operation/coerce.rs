//! Coerce: the values of variables, by the types that they are declared with.
//!
//! The algorithm is the specification's (3.10, 6.1.2) in the reading of graphql-js 16. A mistake refuses the request.

use super::arguments::Literals;
use super::frontend::{ExtendedType, InputValueDefinition, Name, Node, Schema, SourceSpan, Type, VariableDefinition};
use super::scalar::{self, shown};
use crate::error::{Code, Error, Location, Refusal};
use crate::limits::Limits;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// Values of variables by name. One that stands in the request as its type wants it is borrowed from there: long lists of ids
/// are mostly so.
pub(super) type Variables<'a> = IndexMap<&'a str, Cow<'a, Value>>;

/// The variables of an operation that have a value, by name: given, or by default.
///
/// # Errors
/// `VARIABLE`, an error for each mistake, with the variable and the way into it: `$filter.from`, `$keys[2]`.
pub(super) fn variables<'a>(
    schema: &Schema,
    definitions: &'a [Node<VariableDefinition>],
    given: &'a Map<String, Value>,
    limits: &Limits,
    place: impl Fn(Option<SourceSpan>) -> Option<Location>,
) -> Result<Variables<'a>, Refusal> {
    let literals = Literals { schema, variables: None, depth_max: limits.document_depth_max };
    let mut errors = Vec::new();
    let mut coerced = Variables::new();
    for definition in definitions {
        let name = definition.name.as_str();
        let room = limits.errors_max.max(1).saturating_sub(errors.len());
        let mut reader = Reader { literals, name, path: Vec::new(), mistakes: Vec::new(), count: 0, room };
        match (given.get(name), &definition.default_value) {
            (Some(value), _) => {
                if let Some(value) = reader.json(&definition.ty, value) {
                    coerced.insert(name, value);
                }
            }
            (None, Some(default)) => {
                if let Some(value) = literals.value(&definition.ty, default, 0) {
                    coerced.insert(name, Cow::Owned(value));
                }
            }
            (None, None) if definition.ty.is_non_null() => {
                reader.mistake(&format!("is missing: a value of `{}` is required", definition.ty));
            }
            (None, None) => {}
        }
        errors.extend(reader.mistakes.into_iter().map(|message| {
            let error = Error::new(Code::Variable, message);
            match place(definition.location()) {
                Some(location) => error.at(location),
                None => error,
            }
        }));
    }
    Refusal::of(errors).map_or(Ok(coerced), Err)
}

/// Reads the JSON of one variable.
struct Reader<'a> {
    literals: Literals<'a>,
    name: &'a str,
    /// Where in the variable the reader is: written out for a mistake only.
    path: Vec<Step<'a>>,
    mistakes: Vec<String>,
    /// Of all mistakes, also of those for which there was no room.
    count: usize,
    room: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl<'a> Reader<'a> {
    fn mistake(&mut self, what: &str) {
        self.count += 1;
        if self.mistakes.len() < self.room {
            let path: String = self.path.iter().map(Step::to_string).collect();
            self.mistakes.push(format!("variable `${}{path}` {what}", self.name));
        }
    }

    fn below<T>(&mut self, step: Step<'a>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let value = read(self);
        self.path.pop();
        value
    }

    /// `None` after a mistake. Recursion is bounded by the depth of the JSON.
    fn json<'v>(&mut self, ty: &Type, value: &'v Value) -> Option<Cow<'v, Value>> {
        if value.is_null() {
            if ty.is_non_null() {
                self.mistake(&format!("is null: a value of `{ty}` is required"));
                return None;
            }
            return Some(Cow::Borrowed(value));
        }
        let named = match (ty, value) {
            (Type::List(item) | Type::NonNullList(item), Value::Array(values)) => {
                // Elements are copied from the first on that can't stay as it is.
                let (mut copied, mut good): (Option<Vec<Value>>, bool) = (None, true);
                for (index, element) in values.iter().enumerate() {
                    match self.below(Step::Index(index), |reader| reader.json(item, element)) {
                        None => good = false,
                        Some(Cow::Borrowed(_)) if copied.is_none() => {}
                        Some(read) => copied
                            .get_or_insert_with(|| values.iter().take(index).cloned().collect())
                            .push(read.into_owned()),
                    }
                }
                return good.then(|| copied.map_or(Cow::Borrowed(value), |all| Cow::Owned(Value::Array(all))));
            }
            (Type::List(item) | Type::NonNullList(item), _) => {
                return self.json(item, value).map(|value| Cow::Owned(Value::Array(vec![value.into_owned()])));
            }
            (Type::Named(name) | Type::NonNullNamed(name), _) => name,
        };
        // Without a look at the schema: long lists are mostly ids.
        if scalar::is_known(named) {
            return self.scalar(named, value);
        }
        match self.literals.schema.types.get(named)? {
            ExtendedType::InputObject(definition) => {
                if let Value::Object(fields) = value {
                    let fields = self.object(named, definition.fields.values().map(|field| &field.node), fields);
                    return fields.map(Cow::Owned);
                }
                self.mistake(&format!("can't be {}: expected an object of `{named}`", shown(value)));
                None
            }
            ExtendedType::Enum(definition) => {
                let known = value.as_str().is_some_and(|text| definition.values.contains_key(text));
                if !known {
                    let text = shown(value);
                    self.mistake(&format!("can't be {text}: expected a value of the enum `{named}`, as a string"));
                }
                known.then_some(Cow::Borrowed(value))
            }
            _ => self.scalar(named, value),
        }
    }

    fn scalar<'v>(&mut self, named: &str, value: &'v Value) -> Option<Cow<'v, Value>> {
        let coerced = scalar::from_json(named, value);
        if coerced.is_none() {
            self.mistake(&format!("can't be used: {}", scalar::expectation(named, &shown(value))));
        }
        coerced
    }

    fn object(
        &mut self,
        named: &Name,
        definitions: impl Iterator<Item = &'a Node<InputValueDefinition>>,
        given: &Map<String, Value>,
    ) -> Option<Value> {
        let mistakes = self.count;
        let mut coerced = Map::new();
        let mut known = 0;
        for definition in definitions {
            let name = definition.name.as_str();
            if let Some(value) = given.get(name) {
                known += 1;
                let value = self.below(Step::Field(name), |reader| reader.json(&definition.ty, value));
                coerced.extend(value.map(|value| (name.to_owned(), value.into_owned())));
            } else if let Some(value) = self.literals.default(definition, 0) {
                coerced.insert(name.to_owned(), value);
            } else if definition.ty.is_non_null() {
                self.mistake(&format!("has no `{name}`: a value of `{}` is required", definition.ty));
            }
        }
        if known < given.len() {
            let fields = self.literals.schema.get_input_object(named).map(|definition| &definition.fields);
            for unknown in given.keys().filter(|name| fields.is_none_or(|fields| !fields.contains_key(name.as_str()))) {
                self.mistake(&format!("can't have `{}`: `{named}` has no such field", shown(unknown)));
            }
        }
        (self.count == mistakes).then_some(Value::Object(coerced))
    }
}
