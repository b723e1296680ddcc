//! Print: a linked graph as text, for tests and for people.

use super::convert::type_text;
use crate::graph::binding::{Access, By, Constant, Convert, Locator, Mapping, Piece, Shape};
use crate::graph::{Binding, Entry, FieldId, Graph, KeyPart, Kind, Link, LinkFeed, LinkKeys, Role};
use std::fmt::Write;

/// Entities with their keys, bindings with their fields and accesses, links with their feeds.
#[must_use]
pub fn print(graph: &Graph) -> String {
    let mut out = String::new();
    for ty in &graph.types {
        if let Kind::Object(object) = &ty.kind
            && !object.key.is_empty()
        {
            let key: Vec<String> = object.key.iter().map(|part| key_part(graph, *part)).collect();
            let subject: Vec<&str> = object.subject.iter().map(|id| &*graph.field(*id).name).collect();
            let subject = if subject.is_empty() { String::new() } else { format!("  subject {}", subject.join(".")) };
            line(&mut out, 0, &format!("{}  key {}{subject}", ty.name, key.join(" ")));
        }
        if let Kind::Object(object) = &ty.kind {
            for fact in &object.facts {
                let links = fact.via.iter().map(|via| {
                    let given: Vec<String> = via.given.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                    let given = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
                    format!("{}{given}", graph.field(via.field).name)
                });
                let path: Vec<String> =
                    links.chain(fact.path.iter().map(|id| graph.field(*id).name.to_string())).collect();
                let needed = if fact.required { "" } else { ", where there is one" };
                line(&mut out, 0, &format!("{}  fact {} = {}{needed}", ty.name, fact.name, path.join(".")));
            }
        }
    }
    for binding in &graph.bindings {
        print_binding(graph, binding, &mut out);
    }
    for (at, field) in (0u32..).zip(&graph.fields) {
        if let Role::Link(link) = &field.role {
            let coordinate = graph.coordinate(FieldId(at));
            let feeds: Vec<String> = link.feeds.iter().map(|feed| feed_text(graph, *feed)).collect();
            let ty = type_text(graph, &field.ty);
            line(&mut out, 0, &format!("{coordinate}: {ty}  {} <- {}", keys_text(graph, link), feeds.join(", ")));
        }
    }
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{}{text}", "  ".repeat(depth));
}

fn key_part(graph: &Graph, part: KeyPart) -> String {
    let name = &graph.field(part.field).name;
    part.part.map_or_else(|| name.to_string(), |part| format!("{name}#{part}"))
}

fn print_binding(graph: &Graph, binding: &Binding, out: &mut String) {
    let extends = if binding.extends { " extends" } else { "" };
    let source = graph.source(binding.source);
    line(out, 0, &format!("{} @ {}{extends}", graph.type_of(binding.on).name, source.name));
    if let Some((at, convert)) = &binding.as_of {
        line(out, 1, &format!("as of {} {}", locator(at), convert_text(convert)));
    }
    print_shape(graph, &binding.shape, 1, out);
    for by in &binding.by {
        line(out, 1, &by_text(by));
    }
    for find in &binding.find {
        line(out, 1, &format!("find {}  {}", graph.field(find.field).name, access_text(&find.access)));
    }
}

fn print_shape(graph: &Graph, shape: &Shape, depth: usize, out: &mut String) {
    if let Some(discriminator) = &shape.discriminator {
        let code = |(code, id): &(std::sync::Arc<str>, _)| format!("{code}={}", graph.type_of(*id).name);
        let codes: Vec<String> = discriminator.codes.iter().map(code).collect();
        line(out, depth, &format!("type {} {}", locator(&discriminator.at), codes.join(" ")));
    }
    for (id, mapping) in &shape.fields {
        let field = graph.field(*id);
        let name = if field.parent == shape.on { field.name.to_string() } else { graph.coordinate(*id) };
        match mapping {
            Mapping::Value { at, convert } => {
                line(out, depth, &format!("{name} = {} {}", locator(at), convert_text(convert)));
            }
            Mapping::Object { at, shape } => {
                line(out, depth, &format!("{name} = {} object", locator(at)));
                print_shape(graph, shape, depth + 1, out);
            }
            Mapping::Objects { at, shape } => {
                line(out, depth, &format!("{name} = {} objects", locator(at)));
                print_shape(graph, shape, depth + 1, out);
            }
            Mapping::Reference { parts, convert, crosswalk } => {
                let parts: Vec<String> = parts.iter().map(locator).collect();
                let crosswalk = crosswalk.as_ref().map(|system| format!(" of {system}")).unwrap_or_default();
                let how =
                    if **convert == Convert::key() { String::new() } else { format!(" {}", convert_text(convert)) };
                line(out, depth, &format!("{name} -> {}{crosswalk}{how}", parts.join(" ")));
            }
        }
    }
}

fn by_text(by: &By) -> String {
    let parts = if by.parts == 1 { String::new() } else { format!(" {} parts", by.parts) };
    let many = if by.many { " many" } else { "" };
    let crosswalk = by.crosswalk.as_ref().map(|system| format!(" of {system}")).unwrap_or_default();
    let arguments: Vec<String> =
        by.arguments.iter().map(|argument| format!(" {}:{}", argument.name, argument.to)).collect();
    let access = access_text(&by.access);
    format!("by {}{parts}{many}{crosswalk} {} a call{}  {access}", by.name, by.keys_max, arguments.concat())
}

fn access_text(access: &Access) -> String {
    match access {
        Access::Rest(endpoint) => {
            let path: String = endpoint.path.0.iter().map(piece).collect();
            let body = endpoint.body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
            let pages = endpoint.pages.as_ref();
            let pages =
                pages.map(|next| format!(", next page {} as {}, up to {}", pointer(&next.at.0), next.to, next.max));
            let records = records(&endpoint.records.0, endpoint.one);
            format!("{:?} {path}{body} {records}{}", endpoint.method, pages.unwrap_or_default())
        }
        Access::Sql(lookup) => {
            let order =
                if lookup.order.is_empty() { String::new() } else { format!(" order {}", lookup.order.join(" ")) };
            format!("{} ({}){order}", lookup.table, lookup.columns.join(" "))
        }
        Access::Graphql(root) => {
            format!("{}({}) {}", root.field, root.keys.join(" "), records(&root.records.0, root.one))
        }
        Access::Entities(names) => format!("_entities({})", names.join(" ")),
        Access::File(matches) => {
            format!("file {}", matches.iter().map(|at| pointer(&at.0)).collect::<Vec<_>>().join(" "))
        }
    }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.to_string(),
        Piece::Keys => "{keys}".to_owned(),
        Piece::Part(part) => format!("{{{}}}", part + 1),
        Piece::Argument(name) => format!("{{{name}}}"),
    }
}

fn records(at: &[std::sync::Arc<str>], one: bool) -> String {
    format!("{} at `{}`", if one { "record" } else { "records" }, pointer(at))
}

fn pointer(steps: &[std::sync::Arc<str>]) -> String {
    steps.iter().flat_map(|step| ["/", step]).collect()
}

fn locator(at: &Locator) -> String {
    match at {
        Locator::Pointer(at) if at.0.is_empty() => "here".to_owned(),
        Locator::Pointer(at) => pointer(&at.0),
        Locator::Column(column) => column.to_string(),
        Locator::Constant(Constant::Null) => "null".to_owned(),
        Locator::Constant(Constant::Bool(flag)) => flag.to_string(),
        Locator::Constant(Constant::Int(number)) => number.to_string(),
        Locator::Constant(Constant::Text(text)) => format!("{text:?}"),
    }
}

fn convert_text(convert: &Convert) -> String {
    match convert {
        Convert::Text { from_number, .. } => if *from_number { "text or number" } else { "text" }.to_owned(),
        Convert::Int => "int".to_owned(),
        Convert::Float => "float".to_owned(),
        Convert::Bool { truth, .. } if truth.is_empty() => "bool".to_owned(),
        Convert::Bool { truth, untrue } if untrue.is_empty() => format!("true if {}", truth.join(" ")),
        Convert::Bool { truth, untrue } => format!("true if {}, false if {}", truth.join(" "), untrue.join(" ")),
        Convert::Codes { codes, other } => {
            let mut codes: Vec<String> = codes.iter().map(|(code, value)| format!("{code}={value}")).collect();
            codes.sort();
            let other = other.as_ref().map(|value| format!(" else {value}")).unwrap_or_default();
            format!("codes {}{other}", codes.join(" "))
        }
        Convert::Member(_) => "member".to_owned(),
        Convert::Date(format) => format!("date {}", format.as_deref().unwrap_or("iso")),
        Convert::DateTime { when, zone } => format!("{when:?} {}", zone.as_deref().unwrap_or("")).trim().to_owned(),
        Convert::SerialDate => "date excel".to_owned(),
        Convert::Money { cents: true, .. } => "money in cents".to_owned(),
        Convert::Money { strip, .. } => format!("money {}", strip.join(" ")).trim_end().to_owned(),
        Convert::Find(pattern) => format!("find {pattern}"),
        Convert::Unless { empty, of } => format!("{} unless {}", convert_text(of), empty.join(", ")),
        Convert::Any => "as it is".to_owned(),
    }
}

fn keys_text(graph: &Graph, link: &Link) -> String {
    match &link.keys {
        LinkKeys::Find => "find".to_owned(),
        LinkKeys::Arguments { names, list } => {
            format!("arguments {}{}", names.join(" "), if *list { " (list)" } else { "" })
        }
        LinkKeys::Parent(key) => {
            let key: Vec<String> = key.iter().map(|part| key_part(graph, *part)).collect();
            format!("parent {}", key.join(" "))
        }
        LinkKeys::Reference { parts } => format!("reference {parts}"),
        LinkKeys::Node { argument } => format!("node {argument}"),
    }
}

fn feed_text(graph: &Graph, feed: LinkFeed) -> String {
    let binding = graph.binding(feed.binding);
    let (on, source) = (&graph.type_of(binding.on).name, &graph.source(binding.source).name);
    let entry = match feed.entry {
        Entry::By(at) => binding.by.get(usize::from(at)).map(|by| format!("by {}", by.name)),
        Entry::Find(_) => Some("find".to_owned()),
    };
    format!("{on} @ {source} {}", entry.unwrap_or_default())
}
