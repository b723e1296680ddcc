//! Print: a plan as a tree that a person can read.
//!
//! Children of a node run beside each other. Under a node stand first its fetches, one a line, then what starts from its records.

use super::{FetchId, KeyAt, KeyColumns, KeysOf, Node, NodeId, Origin, Page, Plan, Slot, Spared, SubjectBy, Trail};
use crate::graph::binding::ConditionOf;
use crate::graph::{Access, Entry, FieldId, Graph, Method, SourceKind};
use crate::record::{Layout, Take, What};
use crate::source::{Fetch, Way};
use std::fmt::Write as _;

/// The tree, its lines ended. Holds names and numbers, never a caller's value.
#[must_use]
pub fn print(graph: &Graph, plan: &Plan) -> String {
    let printer = Printer { graph, plan };
    let mut text = String::from("query\n");
    printer.children(&mut text, plan.node(NodeId(0)), "");
    text
}

struct Printer<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
}

impl Printer<'_> {
    fn children(&self, text: &mut String, node: &Node, indent: &str) {
        for (n, id) in node.children.iter().enumerate() {
            let last = n + 1 == node.children.len();
            let (corner, bar) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let child = self.plan.node(*id);
            _ = writeln!(text, "{indent}{corner}{}", self.title(child));
            let below = format!("{indent}{bar}");
            self.fetches(text, child, &below);
            self.children(text, child, &below);
        }
    }

    fn title(&self, node: &Node) -> String {
        let name = node.field.map(|field| self.graph.coordinate(field)).unwrap_or_default();
        match node.origin {
            Origin::Embedded { .. } => format!("{name}, in the record"),
            _ => name,
        }
    }

    fn fetches(&self, text: &mut String, node: &Node, indent: &str) {
        let bar = if node.children.is_empty() { "   " } else { "│  " };
        for (n, slot) in node.slots.iter().enumerate() {
            let Some(fetch) = slot.fetch else { continue };
            let completes = match n >= node.feeds {
                true if slot.claims => "for conflicts: ",
                true => "completes: ",
                false if slot.stands_in => "stands in: ",
                false => "",
            };
            let page = node.page.as_deref().filter(|_| n < node.feeds);
            let line = match self.first_with(fetch).filter(|first| !std::ptr::eq(*first, node)) {
                Some(first) => self.together(self.plan.fetch(fetch), first),
                None => self.fetch(self.plan.fetch(fetch), slot, page),
            };
            let spared =
                slot.spared.iter().any(|spared| matches!(spared, Spared::Where(fields, _) if !fields.is_empty()));
            let only = if spared { ", where there is no value yet" } else { "" };
            _ = writeln!(text, "{indent}{bar}{completes}{line}{only}");
            self.backs(text, node, slot, &format!("{indent}{bar}"));
            if self.first_with(fetch).is_some_and(|first| std::ptr::eq(first, node)) {
                self.behind(text, fetch, &format!("{indent}{bar}"));
            }
        }
        for translation in &node.crosswalks {
            let fetch = self.plan.fetch(translation.fetch);
            let line = match self.first_with(translation.fetch).filter(|first| !std::ptr::eq(*first, node)) {
                Some(first) => self.together(fetch, first),
                None => self.crosswalk(fetch),
            };
            _ = writeln!(text, "{indent}{bar}then {line}");
        }
    }

    /// The node under which a fetch is shown: those after it share the call.
    fn first_with(&self, fetch: FetchId) -> Option<&Node> {
        let has = |node: &&Node| {
            node.slots.iter().any(|slot| slot.fetch == Some(fetch) || backs(slot).any(|back| back == fetch))
                || node.crosswalks.iter().any(|translation| translation.fetch == fetch)
        };
        self.plan.nodes.iter().find(has)
    }

    fn together(&self, fetch: &Fetch, first: &Node) -> String {
        let source = &self.graph.source(fetch.source).name;
        let same = if fetch.given.is_empty() { "" } else { ", where its arguments are the same" };
        format!("{source}: in the same call as {}{same}", self.title(first))
    }

    fn backs(&self, text: &mut String, node: &Node, slot: &Slot, indent: &str) {
        let mut shown = Vec::new();
        for back in backs(slot) {
            let here = self.first_with(back).is_some_and(|first| std::ptr::eq(first, node));
            if here && !shown.contains(&back) {
                shown.push(back);
                _ = writeln!(text, "{indent}  first {}", self.crosswalk(self.plan.fetch(back)));
            }
        }
    }

    /// What is asked before records are decided on. What they say themselves, and what is known from above, is no question.
    fn behind(&self, text: &mut String, fetch: FetchId, indent: &str) {
        for behind in self.plan.behind.get(&fetch).into_iter().flatten() {
            let several = self.plan.behind.get(&fetch).is_some_and(|all| all.len() > 1);
            let of = if several { format!(" of a {}", self.graph.type_of(behind.on).name) } else { String::new() };
            if let SubjectBy::Trail(trail) = &behind.subject {
                self.trail(text, trail, &format!("{indent}  whose{of}: "));
            }
            for (facts, trail) in &behind.facts {
                let names: Vec<&str> = facts.iter().map(|fact| &*fact.name).collect();
                self.trail(text, trail, &format!("{indent}  {}{of}: ", names.join(", ")));
            }
        }
    }

    /// Recursion is bounded by the length of the trail.
    fn trail(&self, text: &mut String, trail: &Trail, head: &str) {
        let crosses = |text: &mut String, key: &KeyAt| {
            for (fetch, _) in &key.crosses {
                _ = writeln!(text, "{head}{}", self.crosswalk(self.plan.fetch(*fetch)));
            }
        };
        match trail {
            Trail::Values(_) => {}
            Trail::Key(key) => crosses(text, key),
            Trail::Over { legs, .. } => {
                for leg in legs {
                    crosses(text, &leg.key);
                    _ = writeln!(text, "{head}{}", self.fetch(self.plan.fetch(leg.fetch), &Slot::empty(), None));
                    self.trail(text, &leg.then, head);
                }
            }
        }
    }

    fn crosswalk(&self, fetch: &Fetch) -> String {
        let Way::Crosswalk { systems, back, .. } = &fetch.way else { return String::new() };
        let way = if *back { "from numbers of" } else { "to numbers of" };
        format!("{}: crosswalk {way} {}, one statement", self.graph.source(fetch.source).name, systems.join(", "))
    }

    fn fetch(&self, fetch: &Fetch, slot: &Slot, page: Option<&Page>) -> String {
        let source = self.graph.source(fetch.source);
        let Way::Binding(binding, entry) = &fetch.way else { return self.crosswalk(fetch) };
        let binding = self.graph.binding(*binding);
        let (how, keys_max) = match entry {
            Entry::By(n) => match binding.by.get(usize::from(*n)) {
                Some(by) => (format!("by {}", by.name), Some((by.keys_max, &by.access))),
                None => return source.name.to_string(),
            },
            Entry::Find(n) => {
                let access = binding.find.get(usize::from(*n)).map(|find| (u32::MAX, &find.access));
                (String::from("by its arguments"), access)
            }
        };
        let through = match &slot.keys {
            KeysOf::Columns(KeyColumns { through: Some((_, system)), .. }) => format!(" ({system})"),
            _ => String::new(),
        };
        let calls = keys_max.map(|(max, access)| calls(source.kind, max, access, source.reach.concurrency_max));
        let mut text = format!("{}: {how}{through}", source.name);
        if let Some(calls) = calls {
            _ = write!(text, ", {calls}");
        }
        match (page, entry, keys_max.map(|(_, access)| access)) {
            (Some(Page { pushed: true, .. }), Entry::Find(_), Some(Access::Sql(lookup))) => {
                _ = write!(text, ", a page by {}", lookup.order.join(" "));
            }
            (Some(_), ..) => text.push_str(", all of them, cut to a page by key"),
            (None, ..) => {}
        }
        let (_, conditions) = binding.given(*entry);
        for condition in conditions {
            let what = match &condition.of {
                ConditionOf::Argument(path) => path.to_string(),
                ConditionOf::Part(part) => format!("part {} of the key", part + 1),
            };
            _ = write!(text, ", only where {what} is {}", condition.values.join(" or "));
        }
        // Of an argument whose fields are given, the fields.
        let within = |name: &str| {
            let inside = |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
            fetch.given.iter().any(|path| inside(path))
        };
        let given: Vec<&str> = fetch.given.iter().map(|name| &**name).filter(|name| !within(name)).collect();
        if !given.is_empty() {
            _ = write!(text, ", given {}", given.join(", "));
        }
        _ = write!(text, " → {}", self.columns(&fetch.layout));
        text
    }

    fn columns(&self, layout: &Layout) -> String {
        let name = |field: FieldId| &self.graph.field(field).name;
        let mut names: Vec<String> = Vec::new();
        for column in &layout.columns {
            let text = match (column.what, &column.take) {
                (What::Field(field), Take::Object(inner) | Take::Objects(inner)) => {
                    format!("{} {{ {} }}", name(field), self.columns(inner))
                }
                (What::Field(field), _) => name(field).to_string(),
                (What::Part(field, _), _) => format!("key of {}", name(field)),
                (What::Type, _) => String::from("type"),
                (What::AsOf, _) => String::from("as of"),
                (What::Match(_) | What::Order(_), _) => continue,
            };
            if !names.contains(&text) {
                names.push(text);
            }
        }
        if names.is_empty() { String::from("nothing but whether it is there") } else { names.join(", ") }
    }
}

/// The look-ups that lead back to a slot's keys.
fn backs(slot: &Slot) -> impl Iterator<Item = FetchId> {
    let slots: &[_] = if let KeysOf::Columns(KeyColumns { slots, .. }) = &slot.keys { slots } else { &[] };
    slots.iter().flatten().filter_map(|held| held.back.as_ref().map(|(fetch, _)| *fetch)).chain(slot.alone)
}

fn calls(kind: SourceKind, keys_max: u32, access: &Access, concurrency_max: u32) -> String {
    match (kind, access) {
        (SourceKind::Sql, _) => String::from("one statement"),
        (SourceKind::File, _) => String::from("in memory"),
        (_, Access::Rest(endpoint)) => {
            let method = match endpoint.method {
                Method::Get => "GET",
                Method::Post => "POST",
            };
            let pages = if endpoint.pages.is_some() { ", page by page" } else { "" };
            many(method, keys_max, concurrency_max) + pages
        }
        _ => many("query", keys_max, concurrency_max),
    }
}

fn many(what: &str, keys_max: u32, concurrency_max: u32) -> String {
    match keys_max {
        1 => format!("one {what} a key, {concurrency_max} at a time"),
        u32::MAX => format!("one {what}"),
        max => format!("one {what} for up to {max} keys"),
    }
}
