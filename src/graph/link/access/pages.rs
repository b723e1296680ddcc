//! Pages: whether a call can go on to the page after it.

use super::{Cx, PAGES_MAX};
use crate::graph::binding::{NextPage, Piece, Pointer, Template};
use crate::graph::link::mappings::pointer;
use crate::graph::problem::{Problem, Problems};
use crate::graph::written::Text;
use serde_json::{Map, Value};
use std::sync::Arc;

impl Cx<'_> {
    /// What `pages` says. `records`: where the answer has them, `one` if it is one and no list.
    pub(super) fn next_page(
        &self,
        path: &Template,
        records: &Pointer,
        one: bool,
        problems: &mut Problems,
    ) -> Option<NextPage> {
        let written = self.written.pages.as_ref()?;
        let at = pointer(&written.next, problems)?;
        if one {
            let problem = Problem::error(&written.next.place, "an answer of one record has no pages");
            problems.push(problem.with_hint("say where the list stands, `records = \"/place\"`, or leave `pages` out"));
        } else if at.0.starts_with(&records.0) || records.0.starts_with(&at.0) {
            let message = "the next page is said where the records are";
            let hint =
                "both are places in the whole answer, beside each other: `records = \"/items\"`, `next = \"/next\"`";
            problems.push(Problem::error(&written.next.place, message).with_hint(hint));
        }
        self.check_taker(path, &written.to, problems);
        Some(NextPage { at, to: Arc::clone(&written.to.value), max: written.max.unwrap_or(PAGES_MAX) })
    }

    /// What takes the token must be there to take it, and free.
    fn check_taker(&self, path: &Template, to: &Text, problems: &mut Problems) {
        let taken = match (&self.written.body, &self.written.post) {
            (Some((Value::Object(members), _)), _) if !is_list(members) => members.contains_key(&*to.value),
            (_, Some(post)) => {
                let problem = Problem::error(&post.place, "a `post` takes the next page as a member of its `body`");
                problems.push(problem.with_hint("write the `body` as a table: `body = { numbers = \"{keys}\" }`"));
                false
            }
            _ => in_query(path, &to.value) || self.written.arguments.iter().any(|known| known.to.value == to.value),
        };
        if to.value.is_empty() {
            let problem = Problem::error(&to.place, "`as` must say what takes the next page");
            problems.push(problem.with_hint("the name of a query parameter, or of a member of the body"));
        } else if taken {
            let message = format!("`{}` is sent already, it can't take the next page too", to.value);
            problems.push(Problem::error(&to.place, message).with_hint("leave it out of the call"));
        }
    }
}

/// `{ each = … }` stands for the list of keys.
fn is_list(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.contains_key("each")
}

/// Whether the query string has a parameter of this name.
fn in_query(path: &Template, name: &str) -> bool {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.to_string(),
        Piece::Keys | Piece::Part(_) | Piece::Argument(_) => "*".to_owned(),
    };
    let path: String = path.0.iter().map(text).collect();
    let query = path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split('&').any(|parameter| parameter.split('=').next() == Some(name))
}
