//! JSON as people write it: what fits on a line stands on one.

use serde_json::Value;

const WIDTH_MAX: usize = 130;

/// The same JSON, laid out. Members keep their order.
pub fn fitting(bytes: &[u8]) -> String {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let mut text = String::new();
    write(&mut text, &value, 0, 0);
    text.push('\n');
    text
}

/// `before`: characters that stand on the line already, besides the indent.
fn write(text: &mut String, value: &Value, indent: usize, before: usize) {
    let line = flat(value);
    if indent + before + line.len() < WIDTH_MAX {
        text.push_str(&line);
        return;
    }
    let inner = " ".repeat(indent + 2);
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    text.push(open);
    let mut first = true;
    let mut element = |head: &str, value: &Value| {
        text.push_str(if first { "\n" } else { ",\n" });
        first = false;
        text.push_str(&inner);
        text.push_str(head);
        write(text, value, indent + 2, head.len());
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| element(&format!("{key:?}: "), value)),
        Value::Array(elements) => elements.iter().for_each(|value| element("", value)),
        scalar => {
            text.pop();
            text.push_str(&scalar.to_string());
            return;
        }
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

fn flat(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members: Vec<String> = members.iter().map(|(key, value)| format!("{key:?}: {}", flat(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(flat).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}
