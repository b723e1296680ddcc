//! Arguments: literals and variables as the values of arguments, and the shape that they have.
//!
//! The algorithm is the specification's (6.4.1) in the reading of graphql-js 16 (`getArgumentValues`, `valueFromAST`):
//! what validation can't see, a variable that is null where it must not be, is an error of the field.

use super::coerce::Variables;
use super::flatten::Call;
use super::frontend::{ExtendedType, InputValueDefinition, Literal, Name, Node, Parsed, Schema, Type};
use super::scalar;
use super::{Arguments, SelectionId};
use crate::error::{Code, Error};
use serde_json::{Map, Value};

/// Reads literals, with the values of variables where they may stand.
#[derive(Clone, Copy)]
pub(super) struct Literals<'a> {
    pub schema: &'a Schema,
    pub variables: Option<&'a Variables<'a>>,
    /// Defaults of input fields may need others in turn; an endless chain of them ends here.
    pub depth_max: usize,
}

impl<'a> Literals<'a> {
    /// `None` for what is no value of this type, or a variable without a value.
    pub(super) fn value(self, ty: &Type, literal: &Literal, depth: usize) -> Option<Value> {
        if depth > self.depth_max {
            return None;
        }
        match literal {
            // The variable was coerced to a type that validation found to fit here.
            Literal::Variable(name) => {
                self.variable(name).filter(|value| !value.is_null() || !ty.is_non_null()).cloned()
            }
            Literal::Null => (!ty.is_non_null()).then_some(Value::Null),
            _ => match ty {
                Type::List(item) | Type::NonNullList(item) => self.list(item, literal, depth),
                Type::Named(name) | Type::NonNullNamed(name) => match self.schema.types.get(name)? {
                    ExtendedType::InputObject(definition) => {
                        self.object(definition.fields.values().map(|field| &field.node), literal, depth)
                    }
                    ExtendedType::Enum(definition) => match literal {
                        Literal::Enum(name) => definition.values.contains_key(name).then(|| Value::from(name.as_str())),
                        _ => None,
                    },
                    _ => self.leaf(name, literal),
                },
            },
        }
    }

    /// The default of an argument or an input field. No variable can stand in it.
    pub(super) fn default(self, definition: &InputValueDefinition, depth: usize) -> Option<Value> {
        let literals = Self { variables: None, ..self };
        definition.default_value.as_ref().and_then(|default| literals.value(&definition.ty, default, depth + 1))
    }

    fn variable(self, name: &Name) -> Option<&'a Value> {
        self.variables.and_then(|variables| variables.get(name.as_str())).map(|value| &**value)
    }

    fn is_missing(self, literal: &Literal) -> bool {
        matches!(literal, Literal::Variable(name) if self.variable(name).is_none())
    }

    fn list(self, item: &Type, literal: &Literal, depth: usize) -> Option<Value> {
        let Literal::List(literals) = literal else {
            return self.value(item, literal, depth + 1).map(|value| Value::Array(vec![value]));
        };
        literals
            .iter()
            .map(|literal| {
                // A variable without a value is null in a list.
                if self.is_missing(literal) {
                    (!item.is_non_null()).then_some(Value::Null)
                } else {
                    self.value(item, literal, depth + 1)
                }
            })
            .collect::<Option<_>>()
            .map(Value::Array)
    }

    fn object<'b>(
        self,
        definitions: impl Iterator<Item = &'b Node<InputValueDefinition>>,
        literal: &Literal,
        depth: usize,
    ) -> Option<Value> {
        let Literal::Object(given) = literal else { return None };
        let mut object = Map::new();
        for definition in definitions {
            let given = given.iter().find(|(name, literal)| *name == definition.name && !self.is_missing(literal));
            match given {
                Some((_, literal)) => {
                    let value = self.value(&definition.ty, literal, depth + 1)?;
                    object.insert(definition.name.to_string(), value);
                }
                None => match self.default(definition, depth) {
                    Some(value) => {
                        object.insert(definition.name.to_string(), value);
                    }
                    None if definition.ty.is_non_null() => return None,
                    None => {}
                },
            }
        }
        Some(Value::Object(object))
    }

    fn leaf(self, name: &str, literal: &Literal) -> Option<Value> {
        match literal {
            Literal::List(_) | Literal::Object(_) if scalar::is_known(name) => None,
            Literal::List(_) | Literal::Object(_) => self.any(literal),
            _ => scalar::from_literal(name, literal),
        }
    }

    /// A literal for a scalar that takes anything. Recursion is bounded by the depth of the document.
    fn any(self, literal: &Literal) -> Option<Value> {
        match literal {
            Literal::Variable(name) => self.variable(name).cloned(),
            Literal::List(items) => {
                Some(Value::Array(items.iter().map(|item| self.any(item).unwrap_or_default()).collect()))
            }
            Literal::Object(fields) => {
                let fields = fields.iter().filter_map(|(name, value)| Some((name.to_string(), self.any(value)?)));
                Some(Value::Object(fields.collect()))
            }
            literal => scalar::plain(literal),
        }
    }
}

/// The arguments of every call of a tree.
pub(super) fn arguments(parsed: &Parsed, calls: &[Call], literals: Literals<'_>) -> Arguments {
    let mut arguments = Arguments { of: Vec::with_capacity(calls.len()), ..Arguments::default() };
    for call in calls {
        let coerced = of_call(parsed, call, literals);
        shape(literals.schema, call.selection, &call.definition.arguments, coerced.as_ref().ok(), &mut arguments.shape);
        arguments.of.push((call.selection, coerced));
    }
    arguments
}

fn of_call(parsed: &Parsed, call: &Call, literals: Literals<'_>) -> Result<Map<String, Value>, Error> {
    let fail = |message: String| {
        let error = Error::new(Code::Variable, message);
        match parsed.location(call.field.location()) {
            Some(location) => error.at(location),
            None => error,
        }
    };
    let mut coerced = Map::new();
    for definition in &call.definition.arguments {
        let (name, ty) = (&definition.name, &definition.ty);
        let given = call.field.arguments.iter().find(|argument| argument.name == *name);
        let Some(given) = given.filter(|argument| !literals.is_missing(&argument.value)) else {
            if let Some(value) = literals.default(definition, 0) {
                coerced.insert(name.to_string(), value);
            } else if ty.is_non_null() {
                return Err(fail(format!("argument `{name}` of type `{ty}` has no value")));
            }
            continue;
        };
        let is_null = match &*given.value {
            Literal::Variable(variable) => literals.variable(variable).is_some_and(Value::is_null),
            literal => literal.is_null(),
        };
        if is_null && ty.is_non_null() {
            return Err(fail(format!("argument `{name}` of type `{ty}` is null")));
        }
        let value = literals.value(ty, &given.value, 0);
        let value = value.ok_or_else(|| fail(format!("argument `{name}` is no value of type `{ty}`")))?;
        coerced.insert(name.to_string(), value);
    }
    Ok(coerced)
}

/// Writes which arguments of a selection are present and not null. Two operations with the same tree have the same bytes
/// exactly if they agree in that: every list of definitions is written in full, in the order of the schema, a byte each.
///
/// `0` absent or null, `1` present, `2` an input object, followed by its fields, `3` arguments that are an error.
fn shape(
    schema: &Schema,
    selection: SelectionId,
    definitions: &[Node<InputValueDefinition>],
    coerced: Option<&Map<String, Value>>,
    shape: &mut Vec<u8>,
) {
    shape.extend(selection.0.to_le_bytes());
    match coerced {
        Some(values) => definitions.iter().for_each(|definition| field_shape(schema, definition, values, shape)),
        None => shape.push(3),
    }
}

/// Recursion is bounded by the depth of the value.
fn field_shape(schema: &Schema, definition: &InputValueDefinition, values: &Map<String, Value>, shape: &mut Vec<u8>) {
    let input = match &*definition.ty {
        Type::Named(name) | Type::NonNullNamed(name) => schema.get_input_object(name),
        Type::List(_) | Type::NonNullList(_) => None,
    };
    match (values.get(definition.name.as_str()), input) {
        (None | Some(Value::Null), _) => shape.push(0),
        (Some(Value::Object(values)), Some(input)) => {
            shape.push(2);
            input.fields.values().for_each(|field| field_shape(schema, field, values, shape));
        }
        (Some(_), _) => shape.push(1),
    }
}
