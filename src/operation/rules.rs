//! Rules: what the specification demands of a valid document and apollo-compiler does not check.
//!
//! * A variable fits where it is used, inside lists and input objects and against a default of `null` too (5.8.5).
//! * A variable inside a literal for a scalar of our own is defined (5.8.3).
//! * A field stands once in an input object (5.6.3).
//! * A literal for `Date` or `DateTime` is one (5.6.1).

use super::frontend::{
    DirectiveList, ExtendedType, InputValueDefinition, Literal, Name, Node, Parsed, Schema, Selection, SelectionSet,
    SourceSpan, Type, VariableDefinition,
};
use super::scalar;
use crate::error::{Code, Error};
use crate::limits::Limits;
use std::collections::{HashMap, HashSet};

/// One use of a variable.
struct Use<'a> {
    name: &'a Name,
    /// What the place expects; `None` inside an object for a scalar of our own.
    expected: Option<&'a Type>,
    has_default: bool,
    span: Option<SourceSpan>,
}

/// What one operation or fragment says itself, apart from the fragments that it spreads.
#[derive(Default)]
struct Body<'a> {
    uses: Vec<Use<'a>>,
    spreads: Vec<&'a Name>,
}

struct Reader<'a> {
    schema: &'a Schema,
    parsed: &'a Parsed,
    errors: Vec<Error>,
    errors_max: usize,
}

/// Expects a document that the compiler found valid.
pub(super) fn check(schema: &Schema, parsed: &Parsed, limits: &Limits) -> Vec<Error> {
    let mut reader = Reader { schema, parsed, errors: Vec::new(), errors_max: limits.errors_max.max(1) };
    let document = &parsed.document;
    let mut fragments = HashMap::new();
    for (name, fragment) in &document.fragments {
        let mut body = Body::default();
        reader.directives(&fragment.directives, &mut body);
        reader.set(&fragment.selection_set, &mut body);
        fragments.insert(name, body);
    }
    for operation in document.operations.iter() {
        let mut body = Body::default();
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                reader.value(default, Some(&variable.ty), false, &mut body);
            }
        }
        reader.directives(&operation.directives, &mut body);
        reader.set(&operation.selection_set, &mut body);
        reader.uses(&body, &fragments, &operation.variables);
    }
    reader.errors
}

impl<'a> Reader<'a> {
    fn set(&mut self, set: &'a SelectionSet, body: &mut Body<'a>) {
        for selection in &set.selections {
            self.directives(selection.directives(), body);
            match selection {
                Selection::Field(field) => {
                    for argument in &field.arguments {
                        let definition = field.definition.argument_by_name(&argument.name);
                        self.argument(definition, &argument.value, body);
                    }
                    self.set(&field.selection_set, body);
                }
                Selection::InlineFragment(inline) => self.set(&inline.selection_set, body),
                Selection::FragmentSpread(spread) => body.spreads.push(&spread.fragment_name),
            }
        }
    }

    fn directives(&mut self, directives: &'a DirectiveList, body: &mut Body<'a>) {
        for directive in directives {
            let definition = self.schema.directive_definitions.get(&directive.name);
            for argument in &directive.arguments {
                let definition = definition.and_then(|definition| definition.argument_by_name(&argument.name));
                self.argument(definition, &argument.value, body);
            }
        }
    }

    fn argument(
        &mut self,
        definition: Option<&'a Node<InputValueDefinition>>,
        value: &'a Node<Literal>,
        body: &mut Body<'a>,
    ) {
        let expected = definition.map(|definition| &*definition.ty);
        let has_default = definition.is_some_and(|definition| definition.default_value.is_some());
        self.value(value, expected, has_default, body);
    }

    /// Recursion is bounded by the depth of the document.
    fn value(&mut self, value: &'a Node<Literal>, expected: Option<&'a Type>, has_default: bool, body: &mut Body<'a>) {
        match &**value {
            Literal::Variable(name) => {
                body.uses.push(Use { name, expected, has_default, span: value.location() });
            }
            Literal::List(items) => {
                let expected = expected.map(Type::item_type);
                for item in items {
                    self.value(item, expected, false, body);
                }
                self.scalar(value, expected);
            }
            Literal::Object(fields) => {
                let definition = expected.and_then(|ty| self.schema.get_input_object(ty.inner_named_type()));
                let mut seen = HashSet::new();
                for (name, value) in fields {
                    let known = definition.and_then(|definition| definition.fields.get(name));
                    let has_default = known.is_some_and(|known| known.default_value.is_some());
                    self.value(value, known.map(|known| &*known.ty), has_default, body);
                    if !seen.insert(name) {
                        self.error(format!("input field `{name}` stands twice in one object"), value.location());
                    }
                }
                self.scalar(value, expected);
            }
            _ => self.scalar(value, expected),
        }
    }

    fn scalar(&mut self, value: &Node<Literal>, expected: Option<&Type>) {
        let Some(expected) = expected.map(Type::inner_named_type) else { return };
        let is_ours = matches!(self.schema.types.get(expected), Some(ExtendedType::Scalar(_)));
        // The items of a list were looked at one by one.
        let is_list = matches!(&**value, Literal::List(items) if !items.is_empty());
        if is_ours && !value.is_null() && !is_list && !scalar::accepts(expected, value) {
            self.error(scalar::expectation(expected, &scalar::shown(&**value)), value.location());
        }
    }

    fn uses(
        &mut self,
        body: &Body<'a>,
        fragments: &HashMap<&'a Name, Body<'a>>,
        variables: &'a [Node<VariableDefinition>],
    ) {
        let defined: HashMap<_, _> = variables.iter().map(|variable| (&variable.name, variable)).collect();
        let mut visited = HashSet::new();
        let mut waiting = vec![body];
        while let Some(body) = waiting.pop() {
            for used in &body.uses {
                match defined.get(used.name) {
                    None => self.error(format!("variable `${}` is not defined", used.name), used.span),
                    Some(definition) => self.fit(definition, used),
                }
            }
            let spread = body.spreads.iter().filter(|name| visited.insert(**name));
            waiting.extend(spread.filter_map(|name| fragments.get(name)));
        }
    }

    fn fit(&mut self, variable: &VariableDefinition, used: &Use<'a>) {
        let Some(expected) = used.expected else { return };
        let has_default = used.has_default || variable.default_value.as_ref().is_some_and(|value| !value.is_null());
        if !fits(&variable.ty, expected, has_default) {
            let message =
                format!("variable `${}` of type `{}` stands where `{expected}` is expected", used.name, variable.ty);
            self.error(message, used.span);
        }
    }

    fn error(&mut self, message: String, span: Option<SourceSpan>) {
        if self.errors.len() < self.errors_max {
            let error = Error::new(Code::Invalid, message);
            self.errors.push(match self.parsed.location(span) {
                Some(location) => error.at(location),
                None => error,
            });
        }
    }
}

/// `IsVariableUsageAllowed` of the specification. A default makes up for a missing `!` of the outermost type.
fn fits(variable: &Type, expected: &Type, has_default: bool) -> bool {
    if has_default && expected.is_non_null() && !variable.is_non_null() {
        return fits(variable, &expected.clone().nullable(), false);
    }
    match (variable, expected) {
        (Type::NonNullNamed(variable), Type::NonNullNamed(expected) | Type::Named(expected))
        | (Type::Named(variable), Type::Named(expected)) => variable == expected,
        (Type::NonNullList(variable), Type::NonNullList(expected) | Type::List(expected))
        | (Type::List(variable), Type::List(expected)) => fits(variable, expected, false),
        _ => false,
    }
}
