//! Link: a form as written, held against the graph.

use super::path::{Word, words};
use super::read::{self, Written};
use super::{Block, Field, FieldKind, Filter, Form, From, Path, Sought, Step, Target};
use crate::graph::problem::{File, Place, Problem, Problems, did_you_mean};
use crate::graph::{Argument, FieldId, Graph, Kind, Scalar, Text, Ty, TypeId, Wrap};
use std::sync::Arc;

/// The name at the beginning of a path that stands for the row.
const ROW: &str = "row";
/// Fields of one form.
const FIELDS_MAX: usize = 500;

/// Where a path may begin: its name, and for each target the way there from the root.
type Anchors = Vec<(Arc<str>, Vec<Option<Path>>)>;

struct Linker<'a> {
    graph: &'a Graph,
    anchors: Anchors,
    /// How many targets there are.
    targets: usize,
    problems: &'a mut Problems,
}

/// Where a path has led to.
struct Reached {
    /// The steps, from the root or from the row.
    path: Path,
    /// What is there.
    ty: TypeId,
}

/// `None` where something is wrong with it; what, is then in the problems.
pub(super) fn link(file: &Arc<File>, written: &Written, graph: &Graph, problems: &mut Problems) -> Option<Form> {
    let before = problems.0.len();
    let stem = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if stem != *written.id.value {
        let message = format!("form `{}` stands in a file of another name, `{stem}.toml`", written.id.value);
        problems.push(Problem::error(&written.id.place, message).with_hint("call both the same"));
    }
    if let Some(zone) = &written.zone
        && jiff::tz::TimeZone::get(&zone.value).is_err()
    {
        let message = format!("there is no time zone `{}`", zone.value);
        problems.push(Problem::error(&zone.place, message).with_hint("for example `America/Denver`"));
    }
    let mut linker = Linker { graph, anchors: Vec::new(), targets: written.targets.len(), problems };
    let targets = written.targets.iter().enumerate().filter_map(|(n, target)| linker.target(n, target)).collect();
    let blocks = written.blocks.iter().map(|block| linker.block(block)).collect();
    let form = Form {
        id: Arc::clone(&written.id.value),
        title: Arc::clone(&written.title.value),
        owner: Arc::clone(&written.owner.value),
        version: Arc::clone(&written.version.value),
        purpose: Arc::clone(&written.purpose.value),
        note: written.note.as_ref().map(|note| Arc::clone(&note.value)),
        zone: written.zone.as_ref().map(|zone| Arc::clone(&zone.value)),
        unknown: written.unknown.iter().map(|text| Arc::clone(&text.value)).collect(),
        targets,
        blocks,
    };
    linker.each_once(file, written);
    (problems.0.len() == before).then_some(form)
}

impl Linker<'_> {
    fn wrong<T>(&mut self, place: &Place, message: impl Into<String>, hint: Option<String>) -> Option<T> {
        self.problems.push(Problem::error(place, message).with_hint_if(hint));
        None
    }

    fn each_once(&mut self, file: &Arc<File>, written: &Written) {
        let ids: Vec<&Text> = written.blocks.iter().flat_map(|block| &block.fields).map(|field| &field.id).collect();
        for (n, id) in ids.iter().enumerate() {
            if ids.iter().take(n).any(|other| other.value == id.value) {
                self.wrong::<()>(&id.place, format!("there is a field `{}` already", id.value), None);
            }
        }
        if ids.len() > FIELDS_MAX {
            self.wrong::<()>(&Place::whole(file), format!("a form has {FIELDS_MAX} fields at the most"), None);
        }
    }

    /// A root field that takes one key, and the names that paths may begin with.
    fn target(&mut self, n: usize, (name, anchors): &(Text, Vec<(Text, Text)>)) -> Option<Target> {
        let Some(field) = self.graph.field_named(self.graph.query, &name.value) else {
            let hint = self.like(self.graph.query, &name.value);
            return self.wrong(&name.place, format!("the graph has no root field `{}`", name.value), hint);
        };
        let needed = |argument: &&Argument| argument.ty.wrap.required() && !argument.has_default;
        let arguments: Vec<&Argument> = self.graph.field(field).arguments.iter().filter(needed).collect();
        let [argument] = arguments.as_slice() else {
            let message = format!("`{}` does not take one key, so no form can be filled for it", name.value);
            return self.wrong(&name.place, message, Some("name a root field with one argument".to_owned()));
        };
        let (argument, argument_type) = (Arc::clone(&argument.name), written(self.graph, &argument.ty));
        for (anchor, text) in anchors {
            if *anchor.value == *ROW {
                self.wrong::<()>(&anchor.place, "`row` is the row of a block, and no name for a path", None);
                continue;
            }
            let Some(reached) = self.starting_at(&name.value, text) else { continue };
            let known = self.anchors.iter().position(|(known, _)| **known == *anchor.value);
            let at = known.unwrap_or_else(|| {
                self.anchors.push((Arc::clone(&anchor.value), vec![None; self.targets]));
                self.anchors.len() - 1
            });
            if let Some(place) = self.anchors.get_mut(at).and_then(|(_, by_target)| by_target.get_mut(n)) {
                *place = Some(reached.path);
            }
        }
        Some(Target { name: Arc::clone(&name.value), argument, argument_type })
    }

    /// A path of a target begins with that target's root field.
    fn starting_at(&mut self, root: &str, text: &Text) -> Option<Reached> {
        let words = self.words(text)?;
        let first = words.first()?;
        if *first.name.value != *root || first.arguments.is_some() {
            let message = format!("a path of `[for.{root}]` begins with `{root}`");
            return self.wrong(&first.name.place, message, Some(format!("write `{root}.…`")));
        }
        self.walk(self.graph.query, Vec::new(), &words)
    }

    fn words(&mut self, text: &Text) -> Option<Vec<Word>> {
        match words(text) {
            Ok(words) => Some(words),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn block(&mut self, block: &read::Block) -> Block {
        let rows = block.rows.as_ref().map(|text| self.rows(text));
        let of = rows.as_ref().and_then(|rows| rows.iter().flatten().next()).map(|path| self.ends_at(path));
        let fields = block.fields.iter().filter_map(|field| self.field(field, block.rows.is_some(), of)).collect();
        Block {
            title: Arc::clone(&block.title.value),
            note: block.note.as_ref().map(|note| Arc::clone(&note.value)),
            in_rows: block.rows.is_some(),
            rows: rows.unwrap_or_else(|| vec![None; self.targets]),
            fields,
        }
    }

    fn ends_at(&self, path: &Path) -> TypeId {
        path.0.last().map_or(self.graph.query, |step| self.graph.field(step.field).ty.named)
    }

    /// The list of a block, by target.
    fn rows(&mut self, text: &Text) -> Vec<Option<Path>> {
        let Some(found) = self.by_target(text) else { return vec![None; self.targets] };
        let ends: Vec<TypeId> = found.iter().flatten().map(|reached| reached.ty).collect();
        if ends.iter().any(|end| self.graph.object(*end).is_none()) {
            self.wrong::<()>(&text.place, "rows are objects, and these are values", None);
        }
        if ends.iter().any(|end| Some(end) != ends.first()) {
            self.wrong::<()>(&text.place, "the rows are not of one type for all that the form is filled for", None);
        }
        found.into_iter().map(|reached| reached.map(|reached| reached.path)).collect()
    }

    /// Where a path leads to, for each target; `None` where something is wrong with it.
    fn by_target(&mut self, text: &Text) -> Option<Vec<Option<Reached>>> {
        let words = self.words(text)?;
        let (first, rest) = words.split_first()?;
        let Some((_, ways)) = self.anchors.iter().find(|(name, _)| *name == first.name.value).cloned() else {
            let names: Vec<Arc<str>> = self.anchors.iter().map(|(name, _)| Arc::clone(name)).collect();
            let hint = did_you_mean(&first.name.value, names.iter().map(|name| &**name));
            let hint = hint.unwrap_or_else(|| format!("`[for.…]` has {}", names.join(", ")));
            return self.wrong(&first.name.place, format!("no path begins with `{}`", first.name.value), Some(hint));
        };
        if first.arguments.is_some() || first.filter.is_some() {
            let message = format!("`{}` is a name for a path, and takes nothing here", first.name.value);
            return self.wrong(&first.name.place, message, Some("say it under `[for.…]`".to_owned()));
        }
        let mut all = Vec::new();
        let mut failed = false;
        for way in ways {
            let Some(way) = way else {
                all.push(None);
                continue;
            };
            let from = self.ends_at(&way);
            // What is wrong with it is told once.
            let reached = if failed { None } else { self.walk(from, way.0, rest) };
            failed = failed || reached.is_none();
            all.push(reached);
        }
        (!failed).then_some(all)
    }

    fn walk(&mut self, from: TypeId, mut steps: Vec<Step>, words: &[Word]) -> Option<Reached> {
        let mut on = from;
        for word in words {
            let field = self.step(on, word)?;
            let ty = self.graph.field(field).ty.clone();
            let arguments = word.arguments.as_ref().map(|text| Arc::clone(&text.value)).unwrap_or_default();
            let filter = match &word.filter {
                None => None,
                Some((leaf, value)) => Some(self.filter(&ty, leaf, value)?),
            };
            let list = ty.wrap.is_list();
            steps.push(Step { field, name: Arc::clone(&word.name.value), arguments, list, filter });
            on = ty.named;
        }
        Some(Reached { path: Path(steps), ty: on })
    }

    fn step(&mut self, on: TypeId, word: &Word) -> Option<FieldId> {
        let name = &word.name;
        let ty = self.graph.type_of(on);
        if self.graph.object(on).is_none() {
            let message = format!("nothing stands below a value of {}", ty.name);
            return self.wrong(&name.place, message, None);
        }
        let Some(field) = self.graph.field_named(on, &name.value) else {
            let hint = self.like(on, &name.value);
            let hint = hint.map(|hint| format!("{hint}  ({})", ty.place.line_name()));
            return self.wrong(&name.place, format!("{} has no field `{}`", ty.name, name.value), hint);
        };
        for argument in word.arguments.iter().flat_map(|text| text.value.split(',')) {
            let called = argument.split(':').next().unwrap_or_default().trim();
            let known = &self.graph.field(field).arguments;
            if !known.iter().any(|known| *known.name == *called) {
                let hint = did_you_mean(called, known.iter().map(|known| &*known.name));
                let place = word.arguments.as_ref().map_or(&name.place, |text| &text.place);
                return self.wrong(place, format!("`{}` has no argument `{called}`", name.value), hint);
            }
        }
        Some(field)
    }

    fn filter(&mut self, ty: &Ty, leaf: &Text, value: &Text) -> Option<Filter> {
        if !ty.wrap.is_list() {
            return self.wrong(&leaf.place, "only of a list one can take some", None);
        }
        let field = self.leaf(ty.named, leaf)?;
        if let Kind::Enum(values) = &self.graph.type_of(self.graph.field(field).ty.named).kind
            && !values.contains(&value.value)
        {
            let hint = did_you_mean(&value.value, values.iter().map(|value| &**value));
            return self.wrong(&value.place, format!("`{}` is never `{}`", leaf.value, value.value), hint);
        }
        Some(Filter { leaf: Arc::clone(&leaf.value), value: Arc::clone(&value.value) })
    }

    /// A leaf of a type, by name.
    fn leaf(&mut self, on: TypeId, name: &Text) -> Option<FieldId> {
        let of = &self.graph.type_of(on).name;
        let Some(field) = self.graph.field_named(on, &name.value) else {
            let hint = self.like(on, &name.value);
            return self.wrong(&name.place, format!("{of} has no field `{}`", name.value), hint);
        };
        match self.graph.type_of(self.graph.field(field).ty.named).kind {
            Kind::Scalar(_) | Kind::Enum(_) => Some(field),
            _ => self.wrong(&name.place, format!("`{}` is no value", name.value), None),
        }
    }

    fn like(&self, on: TypeId, name: &str) -> Option<String> {
        let fields = &self.graph.object(on)?.fields;
        did_you_mean(name, fields.iter().map(|field| &*self.graph.field(*field).name))
    }

    fn field(&mut self, field: &read::Field, in_rows: bool, row: Option<TypeId>) -> Option<Field> {
        let from = match (&field.typed, &field.path) {
            (Some(by), None) => From::Typed(Arc::clone(&by.value)),
            (None, Some(path)) => From::Graph(self.sought(field, path, in_rows, row)?),
            (Some(typed), Some(_)) => {
                return self.wrong(&typed.place, "a field is typed, or has a path; not both", None);
            }
            (None, None) => {
                let hint = "write `path = \"person.legalName.full\"`, or `typed = \"the client\"`".to_owned();
                let message = format!("nothing is said of where `{}` comes from", field.id.value);
                return self.wrong(&field.place, message, Some(hint));
            }
        };
        if let (From::Typed(_), Some((first, _))) = (&from, field.codes.first()) {
            self.wrong::<()>(&first.place, "what is typed is a code already", None);
        }
        let text = |text: &Text| Arc::clone(&text.value);
        Some(Field {
            id: text(&field.id),
            label: text(&field.label),
            kind: field.kind,
            required: field.required,
            confirm: field.confirm,
            codes: field.codes.iter().map(|(value, code)| (text(value), text(code))).collect(),
            from,
            pick: field.pick,
            by: field.by.as_ref().map(text),
            agree: field.agree,
        })
    }

    fn sought(
        &mut self,
        field: &read::Field,
        path: &Text,
        in_rows: bool,
        row: Option<TypeId>,
    ) -> Option<Vec<Option<Sought>>> {
        let paths = self.value(path, in_rows, row)?;
        for leaf in paths.iter().flatten().take(1) {
            self.fits(field, path, leaf)?;
        }
        let mut against = Vec::new();
        for text in &field.against {
            against.push(self.value(text, in_rows, row)?);
        }
        let all = paths.into_iter().enumerate().map(|(n, path)| {
            let against = against.iter().filter_map(|paths| paths.get(n)?.clone()).collect();
            path.map(|path| Sought { path, against })
        });
        Some(all.collect())
    }

    /// A path that ends at a value, for each target; from the row where it begins with one.
    fn value(&mut self, text: &Text, in_rows: bool, row: Option<TypeId>) -> Option<Vec<Option<Path>>> {
        let words = self.words(text)?;
        let from_row = words.first().filter(|first| *first.name.value == *ROW);
        let reached: Vec<Option<Reached>> = match (from_row, row) {
            (None, _) => self.by_target(text)?,
            (Some(first), _) if !in_rows => {
                let hint = "write `rows = \"person.charges\"` into the block".to_owned();
                return self.wrong(&first.name.place, "the block has no rows", Some(hint));
            }
            // Its rows lead nowhere: that is told already.
            (Some(_), None) => return None,
            (Some(_), Some(row)) => {
                let rest = words.get(1..).unwrap_or_default();
                let reached = self.walk(row, Vec::new(), rest)?;
                (0..self.targets).map(|_| Some(Reached { path: reached.path.clone(), ty: reached.ty })).collect()
            }
        };
        if reached.iter().flatten().any(|reached| self.is_composite(reached.ty) || reached.path.0.is_empty()) {
            let hint = "go on to one of its fields".to_owned();
            return self.wrong(&text.place, "this is an object, and no value", Some(hint));
        }
        Some(reached.into_iter().map(|reached| reached.map(|reached| reached.path)).collect())
    }

    fn is_composite(&self, ty: TypeId) -> bool {
        matches!(self.graph.type_of(ty).kind, Kind::Object(_) | Kind::Abstract(_))
    }

    /// The value is of the kind that the form's field takes, its codes are for values that there are, and what puts it in order is there.
    fn fits(&mut self, field: &read::Field, path: &Text, leaf: &Path) -> Option<()> {
        let ty = self.graph.type_of(self.ends_at(leaf));
        let fits = match (field.kind, &ty.kind) {
            (FieldKind::Text, _) => true,
            (FieldKind::Date, Kind::Scalar(scalar)) => *scalar == Scalar::Date,
            (FieldKind::DateTime, Kind::Scalar(scalar)) => *scalar == Scalar::DateTime,
            (FieldKind::Number, Kind::Scalar(scalar)) => matches!(scalar, Scalar::Int | Scalar::Float),
            (FieldKind::Money, Kind::Scalar(scalar)) => *scalar == Scalar::Money,
            (FieldKind::YesNo, Kind::Scalar(scalar)) => *scalar == Scalar::Boolean,
            (FieldKind::Code, _) => !field.codes.is_empty(),
            _ => false,
        };
        if !fits && field.kind == FieldKind::Code {
            let hint = "write `codes = { VALUE = \"CODE\" }`".to_owned();
            return self.wrong(&field.place, format!("`{}` has no codes", field.id.value), Some(hint));
        }
        if !fits {
            let message = format!("a field of type `{}` can't take a value of {}", field.kind.name(), ty.name);
            return self.wrong(&path.place, message, None);
        }
        if let Kind::Enum(values) = &ty.kind {
            for (value, _) in field.codes.iter().filter(|(value, _)| !values.contains(&value.value)) {
                let hint = did_you_mean(&value.value, values.iter().map(|value| &**value));
                self.wrong::<()>(&value.place, format!("{} has no value `{}`", ty.name, value.value), hint);
            }
        }
        if let Some(by) = &field.by {
            let elements = leaf.0.iter().rev().find(|step| step.list).map(|step| self.graph.field(step.field).ty.named);
            match elements {
                Some(of) if self.is_composite(of) => {
                    self.leaf(of, by)?;
                }
                _ => return self.wrong(&by.place, "there is no list to put in order", None),
            }
        }
        Some(())
    }
}

/// A type as SDL writes it.
fn written(graph: &Graph, ty: &Ty) -> Arc<str> {
    fn wrapped(name: &str, wrap: &Wrap) -> String {
        match wrap {
            Wrap::Named { required } => format!("{name}{}", if *required { "!" } else { "" }),
            Wrap::List { required, of } => format!("[{}]{}", wrapped(name, of), if *required { "!" } else { "" }),
        }
    }
    wrapped(&graph.type_of(ty.named).name, &ty.wrap).into()
}
