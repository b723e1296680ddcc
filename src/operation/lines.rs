//! Lines: from an offset in bytes to a line and a column.

use crate::error::Location;
use memchr::{memchr, memchr_iter};

/// Where the lines of a text start. Finding a place is two binary searches, however long the line.
#[derive(Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
    /// Every character of more than one byte: where it ends, and how many bytes beyond one a character there have been
    /// up to there.
    wide: Vec<(usize, usize)>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let (mut starts, mut wide, mut excess) = (vec![0], Vec::new(), 0);
        if text.is_ascii() && memchr(b'\r', text.as_bytes()).is_none() {
            starts.extend(memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
            return Self { starts, wide };
        }
        let mut after_return = false;
        for (offset, character) in text.char_indices() {
            let next = offset + character.len_utf8();
            if character == '\n' && after_return {
                // The second half of one line end.
                if let Some(start) = starts.last_mut() {
                    *start = next;
                }
            } else if character == '\n' || character == '\r' {
                starts.push(next);
            } else if next > offset + 1 {
                excess += next - offset - 1;
                wide.push((next, excess));
            }
            after_return = character == '\r';
        }
        Self { starts, wide }
    }

    /// Lines and columns count from one, columns in characters.
    pub(super) fn location(&self, offset: usize) -> Location {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let excess = |at: usize| {
            let before = self.wide.partition_point(|(end, _)| *end <= at);
            before.checked_sub(1).and_then(|last| self.wide.get(last)).map_or(0, |(_, excess)| *excess)
        };
        let column = offset - start - (excess(offset) - excess(start)) + 1;
        Location { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: usize, line: u32, column: u32) {
        assert_eq!(Lines::of(text).location(offset), Location { line, column }, "{text:?} {offset}");
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        check("", 0, 1, 1);
        check("ab", 1, 1, 2);
        check("a\nb", 2, 2, 1);
        check("a\r\nb", 3, 2, 1);
        check("a\rb", 2, 2, 1);
        check("a\n\nb", 3, 3, 1);
        check("ab", 2, 1, 3);
    }

    #[test]
    fn a_wide_character_is_one_column() {
        check("é€b", 5, 1, 3);
        check("é\né€b", 8, 2, 3);
    }
}
