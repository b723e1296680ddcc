//! Scan: one pass over the bytes of a document, before the parser sees them.
//!
//! It counts tokens and the nesting of brackets. A document within both limits costs the parser little, whatever else is
//! wrong with it; one beyond them is refused at the price of reading it up to there.
//!
//! It also finds the one mistake that apollo-parser is silent about: an argument or a field of an input object without a
//! colon, as in `find(filter $f)`, which it leaves out as if nothing had been given.

use super::lines::Lines;
use crate::error::{Code, Error};
use crate::limits::Limits;
use memchr::memchr2;

/// # Errors
/// `LIMIT`, at the token that is one too many or the bracket that is one too deep; `PARSE`, at what stands in place of a
/// colon.
pub(super) fn scan(text: &str, limits: &Limits) -> Result<(), Error> {
    let at = |offset, error: Error| error.at(Lines::of(text.get(..offset).unwrap_or_default()).location(offset));
    let mut within = Vec::new();
    for (index, (offset, token)) in (Tokens { bytes: text.as_bytes(), offset: 0 }).enumerate() {
        if index == limits.document_tokens_max {
            let error = Error::new(Code::Limit, format!("the document has more than {index} tokens"));
            return Err(at(offset, error.hint("ask for less in one document")));
        }
        if !follow(&mut within, token) {
            return Err(at(offset, Error::new(Code::Parse, "syntax error: expected `:` and a value after the name")));
        }
        if within.len() > limits.document_depth_max {
            let message = format!("the document is nested deeper than {}", limits.document_depth_max);
            return Err(at(offset, Error::new(Code::Limit, message)));
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Open(u8),
    Close,
    Colon,
    Dollar,
    Name,
    Other,
}

/// What the innermost bracket holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Selections, or the fields of a type.
    Selections,
    /// Arguments or definitions of variables: the first token tells.
    Parentheses,
    Definitions,
    List,
    /// Arguments or an input object.
    Pairs(Next),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Name,
    Colon,
    Value,
}

/// Takes one more token; `false` for one that must have been a colon. Whatever else is out of place the parser will find.
fn follow(within: &mut Vec<Within>, token: Token) -> bool {
    if let Some(innermost) = within.last_mut() {
        *innermost = match (*innermost, token) {
            (Within::Parentheses, Token::Dollar) => Within::Definitions,
            (Within::Parentheses | Within::Pairs(Next::Name), Token::Name) => Within::Pairs(Next::Colon),
            // After a dollar follows the name of a variable.
            (Within::Pairs(Next::Colon), Token::Colon) | (Within::Pairs(Next::Value), Token::Dollar) => {
                Within::Pairs(Next::Value)
            }
            (Within::Pairs(Next::Colon), _) => return false,
            (Within::Parentheses | Within::Pairs(Next::Value), _) => Within::Pairs(Next::Name),
            (other, _) => other,
        };
    }
    match token {
        Token::Open(b'(') => within.push(Within::Parentheses),
        Token::Open(b'[') => within.push(Within::List),
        Token::Open(_) => within.push(match within.last() {
            None | Some(Within::Selections) => Within::Selections,
            Some(_) => Within::Pairs(Next::Name),
        }),
        Token::Close => {
            within.pop();
        }
        Token::Colon | Token::Dollar | Token::Name | Token::Other => {}
    }
    true
}

/// The tokens of the specification (2.1), near enough: what is no token is one of one byte.
struct Tokens<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl Iterator for Tokens<'_> {
    type Item = (usize, Token);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let offset = self.offset;
            let rest = self.bytes.get(offset..)?;
            let (length, token) = match *rest.first()? {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => {
                    self.offset += 1;
                    continue;
                }
                b'#' => {
                    self.offset += run(rest, |byte| byte != b'\n' && byte != b'\r');
                    continue;
                }
                open @ (b'{' | b'[' | b'(') => (1, Token::Open(open)),
                b'}' | b']' | b')' => (1, Token::Close),
                b':' => (1, Token::Colon),
                b'$' => (1, Token::Dollar),
                b'"' => (string(rest), Token::Other),
                b'.' => (run(rest, |byte| byte == b'.').min(3), Token::Other),
                b'-' | b'0'..=b'9' => (1 + number(rest.get(1..).unwrap_or_default()), Token::Other),
                byte if is_name(byte) => (run(rest, is_name), Token::Name),
                _ => (1, Token::Other),
            };
            self.offset += length;
            return Some((offset, token));
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn number(bytes: &[u8]) -> usize {
    run(bytes, |byte| is_name(byte) || matches!(byte, b'.' | b'+' | b'-'))
}

fn run(bytes: &[u8], within: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !within(*byte)).unwrap_or(bytes.len())
}

/// The length of the string that starts here, of one line or a block, or of what there is of it.
fn string(bytes: &[u8]) -> usize {
    let block = bytes.starts_with(b"\"\"\"");
    let mut offset = if block { 3 } else { 1 };
    while let Some(rest) = bytes.get(offset..) {
        offset += match rest {
            [] => break,
            [b'\\', b'"', b'"', b'"', ..] if block => 4,
            [b'"', b'"', b'"', ..] if block => return offset + 3,
            [b'\\', ..] if !block => 2,
            [b'"' | b'\n' | b'\r', ..] if !block => return offset + 1,
            [b'"' | b'\\', ..] => 1,
            _ if block => memchr2(b'"', b'\\', rest).unwrap_or(rest.len()),
            _ => run(rest, |byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'\r')),
        };
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, tokens: usize, depth: usize) {
        let told = |tokens, depth| {
            let limits = Limits { document_tokens_max: tokens, document_depth_max: depth, ..Limits::default() };
            scan(text, &limits).err().map(|error| error.message)
        };
        assert_eq!(told(tokens, depth), None, "{text}");
        if tokens > 0 {
            let expect = format!("the document has more than {} tokens", tokens - 1);
            assert_eq!(told(tokens - 1, depth), Some(expect), "{text}");
        }
        if depth > 0 {
            let expect = format!("the document is nested deeper than {}", depth - 1);
            assert_eq!(told(tokens, depth - 1), Some(expect), "{text}");
        }
    }

    #[test]
    fn tokens_and_depth_are_counted() {
        check("", 0, 0);
        check(" ,,\n# {{{ \n", 0, 0);
        check("{a}", 3, 1);
        check("{ a_1, ...b @c }", 7, 1);
        check("{f(a:[1,-2.5e+3,$x]){b}}", 16, 3);
        check(r#"{f(a:"{{\"{{" b:"c")}"#, 11, 2);
        check("{f(a:\"\"\" {{ \\\"\"\" {{ \"\" \n \"\"\")}", 8, 2);
        check("\"unclosed", 1, 0);
        check("\"\"\"unclosed", 1, 0);
        check("\"line\n{a}", 4, 1);
        check("é", 2, 0);
    }

    #[test]
    fn a_colon_is_missed() {
        let told = |text: &str| {
            let error = scan(text, &Limits::default()).err()?;
            assert_eq!(error.code, Code::Parse);
            Some(error.locations[0].column)
        };
        for text in [
            "{ f(a: $b, c: [D {e: F}] g: {h: {}}) { i j: k(l: \"m\") @n(o: 1) } }",
            "query Q($a: [Int!]! = [1] $b: I = {c: D} @e(f: 1)) { g }",
            "{ f(a: {}) g { h } }",
            "{ f(",
            "{ f(a",
            "{ f(a:",
            "{ f()",
            "{ f(1 2) }",
            "(a: 1",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
        assert_eq!(told("{ f(a 1) }"), Some(7));
        assert_eq!(told("{ f(a: 1, b) }"), Some(12));
        assert_eq!(told("{ f(a: $b c) }"), Some(12));
        assert_eq!(told("{ f(a: {b: [{c}]}) }"), Some(15));
        assert_eq!(told("query($a: I = {b}) { c }"), Some(17));
        assert_eq!(told("{ f @skip(if) }"), Some(13));
    }

    proptest! {
        #[test]
        fn any_text_is_scanned(text in "\\PC*", quoted in "[\"\\\\{\\[\n a.#é]*") {
            let _ = scan(&text, &Limits::default());
            let _ = scan(&quoted, &Limits::default());
        }
    }
}
