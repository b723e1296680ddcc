//! Passed: every argument of a field arrives at the source that is asked, as it is meant.

use super::{mappings, template};
use crate::graph::binding::{Access, Argument as AccessArgument, Compare, Convert, Locator, Mapping, Piece};
use crate::graph::problem::{Place, Problem, Problems};
use crate::graph::{AFTER, Argument, Binding, BindingId, FIRST, FieldId, Graph, Kind, LinkKeys, Scalar};

/// A way into a binding, and whose arguments it is given.
struct Way<'a> {
    graph: &'a Graph,
    coordinate: String,
    keys: &'a LinkKeys,
    binding: &'a Binding,
    access: &'a Access,
    arguments: &'a [AccessArgument],
    place: &'a Place,
}

pub(super) fn check(
    graph: &Graph,
    field: FieldId,
    keys: &LinkKeys,
    (binding, access, arguments): (BindingId, &Access, &[AccessArgument]),
    place: &Place,
    problems: &mut Problems,
) {
    let (coordinate, binding) = (graph.coordinate(field), graph.binding(binding));
    let way = Way { graph, coordinate, keys, binding, access, arguments, place };
    let of_page = |name: &str| graph.is_paged(field) && [FIRST, AFTER].contains(&name);
    for argument in graph.field(field).arguments.iter().filter(|argument| !of_page(&argument.name)) {
        way.argument(&argument.name, argument, problems);
    }
}

impl Way<'_> {
    /// An argument arrives as a whole, or all of its fields do.
    fn argument(&self, path: &str, argument: &Argument, problems: &mut Problems) {
        if matches!(self.keys, LinkKeys::Arguments { names, .. } if names.iter().any(|name| **name == *path)) {
            return;
        }
        if self.passes(path) {
            if let Some((why, hint)) = self.misfit(path, argument) {
                let message =
                    format!("`{}` has an argument `{path}` that can't be passed on so: {why}", self.coordinate);
                problems.push(Problem::error(self.place, message).with_hint(hint));
            }
            return;
        }
        let fields = self.graph.input_fields(argument);
        // A path that nothing goes into is said once, and so is an input type within itself.
        if fields.is_empty() || !self.enters(path) {
            let written = if path.contains('.') { format!("\"{path}\"") } else { path.to_owned() };
            let message = format!("`{}` has an argument `{path}` that is not passed on here", self.coordinate);
            let hint = format!("`args = {{ {written} = \"…\" }}`; an argument is never left out without a word");
            problems.push(Problem::error(self.place, message).with_hint(hint));
            return;
        }
        for field in fields {
            self.argument(&format!("{path}.{}", field.name), field, problems);
        }
    }

    /// The paths of all that is passed on.
    fn paths(&self) -> Vec<String> {
        // A file and a subgraph are asked by key alone.
        let said: &[AccessArgument] =
            if matches!(self.access, Access::Entities(_) | Access::File(_)) { &[] } else { self.arguments };
        let mut paths: Vec<String> = said.iter().map(|argument| argument.name.to_string()).collect();
        match self.access {
            Access::Rest(endpoint) => {
                let body = endpoint.body.as_ref().map(template::body_holes).unwrap_or_default();
                let each = endpoint.body.as_ref().map(template::each_holes).unwrap_or_default();
                paths.extend(endpoint.path.0.iter().chain(&body).chain(&each).filter_map(|piece| match piece {
                    Piece::Argument(name) => Some(name.to_string()),
                    Piece::Text(_) | Piece::Keys | Piece::Part(_) => None,
                }));
            }
            Access::Sql(lookup) => paths.extend(lookup.limit.iter().map(ToString::to_string)),
            Access::Graphql(_) | Access::Entities(_) | Access::File(_) => {}
        }
        paths
    }

    fn passes(&self, path: &str) -> bool {
        self.paths().iter().any(|known| *known == path)
    }

    /// Whether something within it is passed on, or is the key.
    fn enters(&self, path: &str) -> bool {
        let within = |known: &str| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let is_key = matches!(self.keys, LinkKeys::Arguments { names, .. } if names.iter().any(|name| within(name)));
        is_key || self.paths().iter().any(|known| within(known))
    }

    /// Why an argument would not arrive as it is meant, and what to do about it.
    fn misfit(&self, path: &str, argument: &Argument) -> Option<(&'static str, String)> {
        let (kind, list) = (&self.graph.type_of(argument.ty.named).kind, argument.ty.wrap.is_list());
        let passed = self.arguments.iter().find(|known| *known.name == *path);
        match self.access {
            Access::Rest(endpoint) if matches!(kind, Kind::Input(_)) => {
                let is_hole = |piece: &Piece| matches!(piece, Piece::Argument(hole) if **hole == *path);
                let in_path = passed.is_some() || endpoint.path.0.iter().any(is_hole);
                let hint = || format!("`body = {{ {path} = \"{{{path}}}\" }}`{}", self.by_fields(path, argument));
                in_path.then(|| ("an object goes only into a body", hint()))
            }
            Access::Sql(lookup) if lookup.limit.as_deref() == Some(path) => {
                let number = matches!(kind, Kind::Scalar(Scalar::Int)) && !list;
                (!number).then(|| ("`limit` is a number", "the argument must be `Int`".to_owned()))
            }
            Access::Sql(_) => self.no_column(kind, list, passed?, (path, argument)),
            Access::Rest(_) | Access::Graphql(_) | Access::Entities(_) | Access::File(_) => None,
        }
    }

    fn no_column(
        &self,
        kind: &Kind,
        list: bool,
        passed: &AccessArgument,
        (path, argument): (&str, &Argument),
    ) -> Option<(&'static str, String)> {
        let coded = || {
            let mut mapped = Vec::new();
            mappings::all(&self.binding.shape, &mut mapped);
            mapped.iter().any(|(_, mapping)| match mapping {
                Mapping::Value { at: Locator::Column(column), convert } => {
                    *column == passed.to && matches!(convert.bare(), Convert::Codes { .. })
                }
                _ => false,
            })
        };
        match kind {
            Kind::Input(_) if list => {
                Some(("no column holds an object", "let the field take plain arguments in its place".to_owned()))
            }
            Kind::Input(_) => {
                Some(("no column holds an object", format!("pass on its fields{}", self.by_fields(path, argument))))
            }
            _ if passed.compare == Compare::Prefix && list => {
                Some(("`prefix` takes one text", "leave `prefix` out".to_owned()))
            }
            _ if matches!(passed.compare, Compare::AtLeast | Compare::AtMost) && list => {
                Some(("a bound is one value", "leave `at_least` and `at_most` out".to_owned()))
            }
            Kind::Enum(_) if coded() => {
                let hint = format!("a view can have a column with the graph's own values beside `{}`", passed.to);
                Some(("`codes` are not turned back for arguments", hint))
            }
            _ => None,
        }
    }

    /// How to pass on one of its fields.
    fn by_fields(&self, path: &str, argument: &Argument) -> String {
        let first = self.graph.input_fields(argument).first();
        first.map(|field| format!(", each by its path: `\"{path}.{}\" = \"…\"`", field.name)).unwrap_or_default()
    }
}
