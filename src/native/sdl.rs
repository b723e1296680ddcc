//! Sdl: the schema of the gateway's own part, as it stands among the files of the graph.

/// async-graphql's SDL with its root as an extension, and every type public.
pub(super) fn written(exported: &str) -> String {
    let exported = exported.replace('\t', "  ");
    let types = exported.split("\n\n").map(|part| part.trim_matches('\n'));
    // What it takes from the graph's own files is not repeated.
    let taken = ["schema {", "directive @", "enum DataClass {", "type Person {", "input BookingRef {"];
    let own = types.filter(|part| !part.is_empty() && !taken.iter().any(|taken| part.contains(taken)));
    let blocks: Vec<String> = std::iter::once(HEAD.to_owned()).chain(own.map(block)).collect();
    format!("{}\n", blocks.join("\n\n"))
}

const HEAD: &str =
    "# What the gateway itself knows. Written by `headwaters schema --native`; a test holds the two together.";

/// One type: descriptions on one line, and none on an extension, which can't have one.
fn block(part: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = part.lines();
    while let Some(line) = rest.next() {
        if line.trim() == "\"\"\"" {
            let indent = line.trim_end().trim_end_matches('"');
            let words: Vec<&str> = rest.by_ref().map(str::trim).take_while(|line| *line != "\"\"\"").collect();
            lines.push(format!("{indent}\"{}\"", words.join(" ")));
        } else if line == "type Query {" {
            lines.clear();
            lines.push("extend type Query {".to_owned());
        } else if line == "type Mutation {" {
            // Each of its fields says for itself who may.
            lines.push(line.to_owned());
        } else if let Some(name) = line.strip_prefix("type ").and_then(|line| line.strip_suffix(" {"))
            && !name.contains('@')
        {
            lines.push(format!("type {name} @data(class: [PUB]) {{"));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}
