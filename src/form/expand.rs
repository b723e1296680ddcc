//! Expand: a form and what it is filled for, as the one query that asks for all of it.
//!
//! Made once for a form, a target and a view of the graph: a field that the view's audience may never ask for is left out. Paths that begin alike
//! share their selections; each record says where it came from.

use super::{Block, Field, Filter, Form, From, Path, Step};
use crate::graph::{Graph, Kind, Role, TypeId, View};
use std::fmt::Write as _;
use std::sync::Arc;

/// The variable that holds the key of what a form is filled for.
pub const KEY: &str = "key";

/// A form's query, and where in its answer each value stands.
#[derive(Debug)]
pub struct Expansion {
    pub document: String,
    /// Whether the view has anything of what the form asks for; without that the query asks for nothing, and takes no key.
    pub asks: bool,
    /// By block.
    pub blocks: Vec<BlockWays>,
}

#[derive(Debug)]
pub struct BlockWays {
    /// To the list of a block with rows.
    pub rows: Option<Way>,
    /// By field; `None` for one that is not asked for.
    pub fields: Vec<Option<FieldWays>>,
}

#[derive(Debug)]
pub struct FieldWays {
    pub value: Way,
    pub against: Vec<Way>,
}

/// A way through an answer, from its root or from a row.
pub type Way = Vec<WayStep>;

#[derive(Debug, Clone)]
pub struct WayStep {
    pub step: Step,
    /// The response key.
    pub key: Arc<str>,
}

/// One field of the query.
struct Node {
    name: Arc<str>,
    arguments: Arc<str>,
    key: Arc<str>,
    /// Its type has provenance.
    sourced: bool,
    below: Vec<usize>,
}

struct Draft<'a> {
    graph: &'a Graph,
    view: &'a View,
    /// The first is the root.
    nodes: Vec<Node>,
}

/// The query of a form for one of its targets, as far as the view goes.
#[must_use]
pub fn expand(graph: &Graph, view: &View, form: &Form, target: usize) -> Expansion {
    let root = Node { name: "".into(), arguments: "".into(), key: "".into(), sourced: false, below: Vec::new() };
    let mut draft = Draft { graph, view, nodes: vec![root] };
    let blocks: Vec<BlockWays> = form.blocks.iter().map(|block| draft.block(block, target)).collect();
    let asks = draft.nodes.len() > 1;
    let name: String = form.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut document = format!("query prefill_{name}");
    if let (true, Some(target)) = (asks, form.targets.get(target)) {
        _ = write!(document, "(${KEY}: {})", target.argument_type);
        if let Some(node) = draft.root_field() {
            node.arguments = format!("{}: ${KEY}", target.argument).into();
        }
    }
    document.push_str(" {\n");
    if asks {
        draft.write(0, 1, &mut document);
    } else {
        document.push_str("  __typename\n");
    }
    document.push_str("}\n");
    Expansion { document, asks, blocks }
}

impl Draft<'_> {
    fn block(&mut self, block: &Block, target: usize) -> BlockWays {
        let rows = block.rows.get(target).and_then(Option::as_ref);
        let rows = rows.filter(|path| self.sees(path, None));
        let way = rows.map(|path| self.add(0, path));
        let row = way.as_ref().map(|(_, node)| *node);
        let fields = block.fields.iter().map(|field| self.field(block, field, row, target)).collect();
        BlockWays { rows: way.map(|(way, _)| way), fields }
    }

    fn field(&mut self, block: &Block, field: &Field, row: Option<usize>, target: usize) -> Option<FieldWays> {
        let From::Graph(by_target) = &field.from else { return None };
        let sought = by_target.get(target)?.as_ref()?;
        let start = |path: &Path| {
            let from_root = path.0.first().is_some_and(|step| self.graph.field(step.field).parent == self.graph.query);
            if block.in_rows && !from_root { row } else { Some(0) }
        };
        let from = start(&sought.path)?;
        let against: Vec<(usize, &Path)> =
            sought.against.iter().filter_map(|path| Some((start(path)?, path))).collect();
        if !self.sees(&sought.path, field.by.as_deref()) {
            return None;
        }
        let value = self.add(from, &sought.path).0;
        if let Some(by) = &field.by {
            self.beside(from, &value, by);
        }
        let seen = against.into_iter().filter(|(_, path)| self.sees(path, None)).collect::<Vec<_>>();
        let against = seen.into_iter().map(|(from, path)| self.add(from, path).0).collect();
        Some(FieldWays { value, against })
    }

    /// Whether the view has every step of it, and what it is filtered and put in order by.
    fn sees(&self, path: &Path, by: Option<&str>) -> bool {
        let last_list = path.0.iter().rposition(|step| step.list);
        path.0.iter().enumerate().all(|(n, step)| {
            let field = self.graph.field(step.field);
            let has = |of: TypeId, name: &str| self.view.sdl.has(&self.graph.type_of(of).name, name, None);
            let names = step.arguments.split(',').filter_map(|one| Some(one.split_once(':')?.0.trim()));
            let parent = &self.graph.type_of(field.parent).name;
            has(field.parent, &step.name)
                && names.into_iter().all(|name| self.view.sdl.has(parent, &step.name, Some(name)))
                && step.filter.as_ref().is_none_or(|filter| has(field.ty.named, &filter.leaf))
                && by.is_none_or(|by| last_list != Some(n) || has(field.ty.named, by))
        })
    }

    /// Adds the selections of a path: its way through the answer, and the node at its end.
    fn add(&mut self, from: usize, path: &Path) -> (Way, usize) {
        let (mut at, mut way) = (from, Vec::new());
        for step in &path.0 {
            let ty = self.graph.field(step.field).ty.named;
            at = self.child(at, &step.name, &step.arguments, self.is_sourced(ty));
            if let Some(Filter { leaf, .. }) = &step.filter {
                self.child(at, leaf, "", false);
            }
            way.extend(self.nodes.get(at).map(|node| WayStep { step: step.clone(), key: Arc::clone(&node.key) }));
        }
        (way, at)
    }

    /// The leaf by which the last list of a way is put in order.
    fn beside(&mut self, from: usize, way: &Way, leaf: &str) {
        let Some(last) = way.iter().rposition(|step| step.step.list) else { return };
        let mut at = from;
        for step in way.iter().take(last + 1) {
            at = self.child(at, &step.step.name, &step.step.arguments, false);
        }
        self.child(at, leaf, "", false);
    }

    fn child(&mut self, of: usize, name: &str, arguments: &str, sourced: bool) -> usize {
        let below = self.nodes.get(of).map(|node| node.below.clone()).unwrap_or_default();
        let known =
            |at: &&usize| self.nodes.get(**at).is_some_and(|node| *node.name == *name && *node.arguments == *arguments);
        if let Some(at) = below.iter().find(known) {
            return *at;
        }
        // One name asked with several arguments has several keys.
        let same = below.iter().filter(|at| self.nodes.get(**at).is_some_and(|node| *node.name == *name)).count();
        let key = if same == 0 { name.into() } else { format!("{name}_{}", same + 1).into() };
        let at = self.nodes.len();
        self.nodes.push(Node { name: name.into(), arguments: arguments.into(), key, sourced, below: Vec::new() });
        if let Some(node) = self.nodes.get_mut(of) {
            node.below.push(at);
        }
        at
    }

    fn is_sourced(&self, ty: TypeId) -> bool {
        let has = |name: &str| self.graph.field_named(ty, name);
        let is_object = matches!(self.graph.type_of(ty).kind, Kind::Object(_));
        is_object && has("provenance").is_some_and(|field| matches!(self.graph.field(field).role, Role::Provenance))
    }

    /// The one root field: every path of a target begins with it.
    fn root_field(&mut self) -> Option<&mut Node> {
        let at = self.nodes.first()?.below.first().copied()?;
        self.nodes.get_mut(at)
    }

    fn write(&self, of: usize, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        for node in self.nodes.get(of).into_iter().flat_map(|node| &node.below).filter_map(|at| self.nodes.get(*at)) {
            out.push_str(&indent);
            if node.key != node.name {
                _ = write!(out, "{}: ", node.key);
            }
            out.push_str(&node.name);
            if !node.arguments.is_empty() {
                _ = write!(out, "({})", node.arguments);
            }
            if node.below.is_empty() && !node.sourced {
                out.push('\n');
                continue;
            }
            out.push_str(" {\n");
            let at = self.nodes.iter().position(|other| std::ptr::eq(other, node)).unwrap_or_default();
            self.write(at, depth + 1, out);
            if node.sourced {
                _ = writeln!(out, "{indent}  provenance {{ source agency asOf mode fields }}");
            }
            _ = writeln!(out, "{indent}}}");
        }
    }
}
