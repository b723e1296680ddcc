//! Scan: one pass over the bytes of a document, before the parser sees them.
//!
//! It counts tokens and the nesting of brackets, and keeps nothing. A document within both limits costs the parser
//! little, whatever else is wrong with it; one beyond them is refused at the price of reading it up to there.

use super::lines::Lines;
use crate::error::{Code, Error};
use crate::limits::Limits;

/// # Errors
/// `LIMIT`, at the token that is one too many or the bracket that is one too deep.
pub(super) fn scan(text: &str, limits: &Limits) -> Result<(), Error> {
    let too_many = |offset| {
        let max = limits.document_tokens_max;
        at(text, offset, Error::new(Code::Limit, format!("the document has more than {max} tokens")))
            .hint("ask for less in one document")
    };
    let bytes = text.as_bytes();
    let (mut offset, mut tokens, mut depth) = (0_usize, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(offset) {
        let rest = bytes.get(offset..).unwrap_or_default();
        let length = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => {
                offset += 1;
                continue;
            }
            b'#' => {
                offset += run(rest, |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > limits.document_depth_max {
                    let message = format!("the document is nested deeper than {}", limits.document_depth_max);
                    return Err(at(text, offset, Error::new(Code::Limit, message)));
                }
                1
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                1
            }
            b'"' => string(rest),
            b'.' => run(rest, |byte| byte == b'.').min(3),
            b'-' | b'0'..=b'9' => {
                1 + run(rest.get(1..).unwrap_or_default(), |byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-')
                })
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_'),
            _ => 1,
        };
        tokens += 1;
        if tokens > limits.document_tokens_max {
            return Err(too_many(offset));
        }
        offset += length;
    }
    Ok(())
}

fn at(text: &str, offset: usize, error: Error) -> Error {
    error.at(Lines::of(text.get(..offset).unwrap_or_default()).location(offset))
}

fn run(bytes: &[u8], within: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !within(*byte)).unwrap_or(bytes.len())
}

/// The length of the string that starts here, of one line or a block, or of what there is of it.
fn string(bytes: &[u8]) -> usize {
    let block = bytes.starts_with(b"\"\"\"");
    let mut offset = if block { 3 } else { 1 };
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        if block && rest.starts_with(b"\\\"\"\"") {
            offset += 4;
        } else if block && rest.starts_with(b"\"\"\"") {
            return offset + 3;
        } else if !block && rest.starts_with(b"\\") {
            offset += 2;
        } else if !block && (rest.starts_with(b"\"") || rest.starts_with(b"\n") || rest.starts_with(b"\r")) {
            return offset + 1;
        } else {
            offset += 1;
        }
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

    proptest! {
        #[test]
        fn any_text_is_scanned(text in "\\PC*", quoted in "[\"\\\\{\\[\n a.#é]*") {
            let _ = scan(&text, &Limits::default());
            let _ = scan(&quoted, &Limits::default());
        }
    }
}
