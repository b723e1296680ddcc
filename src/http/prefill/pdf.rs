//! Pdf: the filled form on paper. Letter size, in Helvetica, which every reader has: so the characters of Windows-1252 and no others. One that is not
//! among them stands as `?`, and the last line says so.

use super::sheet::{from, words};
use crate::prefill::FilledForm;
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

const WIDTH: f32 = 612.0;
const HEIGHT: f32 = 792.0;
const MARGIN: f32 = 54.0;
/// Where values begin, and how wide they may be.
const VALUES: f32 = 220.0;
const VALUES_WIDTH: f32 = WIDTH - MARGIN - VALUES;
const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// A page's lines, from the top.
struct Paper {
    pages: Vec<Content>,
    /// Of the next line.
    y: f32,
    /// A character could not be written.
    lacking: bool,
}

pub(super) fn write(form: &FilledForm) -> Vec<u8> {
    let mut paper = Paper { pages: Vec::new(), y: 0.0, lacking: false };
    paper.turn();
    paper.line(MARGIN, (BOLD, 16.0), &form.title, 22.0);
    let by = format!("{}, version {}. Filled at {}.", form.owner, form.version, form.filled_at);
    paper.line(MARGIN, (PLAIN, 9.0), &by, 18.0);
    for block in &form.blocks {
        paper.room(60.0);
        paper.y -= 8.0;
        paper.line(MARGIN, (BOLD, 11.0), &block.title, 16.0);
        let mut row = None;
        for field in &block.fields {
            if block.rows > 1 && field.row != row {
                row = field.row;
                let text = format!("{} of {}", field.row.unwrap_or_default(), block.rows);
                paper.room(40.0);
                paper.line(MARGIN, (BOLD, 9.0), &text, 13.0);
            }
            let mut lines: Vec<(Name<'static>, f32, String)> = Vec::new();
            let value = match (&field.value, &field.code) {
                (Some(value), Some(code)) => format!("{value} [{code}]"),
                (Some(value), None) => value.clone(),
                (None, _) => "______________________________".to_owned(),
            };
            lines.extend(wrap(&value, 10.0, VALUES_WIDTH).into_iter().map(|line| (BOLD, 10.0, line)));
            for other in &field.others {
                let text = format!("but {}: {}", from(&other.provenance), other.value);
                lines.extend(wrap(&text, 8.0, VALUES_WIDTH).into_iter().map(|line| (PLAIN, 8.0, line)));
            }
            let source = from(&field.provenance);
            let between = if source.is_empty() { "" } else { "; " };
            let small = format!("{}{between}{source}", words(field.state));
            lines.extend(wrap(&small, 7.0, VALUES_WIDTH).into_iter().map(|line| (PLAIN, 7.0, line)));
            paper.room(lines.iter().map(|(_, size, _)| size + 2.0).sum::<f32>() + 4.0);
            let top = paper.y;
            for label in wrap(&field.label, 9.0, VALUES - MARGIN - 8.0) {
                paper.line(MARGIN, (PLAIN, 9.0), &label, 11.0);
            }
            let below = std::mem::replace(&mut paper.y, top);
            for (font, size, line) in &lines {
                paper.line(VALUES, (*font, *size), line, size + 2.0);
            }
            paper.y = paper.y.min(below) - 4.0;
        }
    }
    if paper.lacking {
        let note = "A ? stands for a character that this typeface lacks: see the page, or the form as JSON.";
        paper.line(MARGIN, (PLAIN, 8.0), note, 10.0);
    }
    bytes(form, paper.pages)
}

impl Paper {
    fn turn(&mut self) {
        self.pages.push(Content::new());
        self.y = HEIGHT - MARGIN;
    }

    /// Goes on to the next page where there is not so much room left.
    fn room(&mut self, height: f32) {
        if self.y - height < MARGIN {
            self.turn();
        }
    }

    fn line(&mut self, x: f32, (font, size): (Name<'static>, f32), text: &str, height: f32) {
        self.room(height);
        let bytes: Vec<u8> = text.chars().map(|c| self.byte(c)).collect();
        self.y -= height;
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.begin_text().set_font(font, size).next_line(x, y).show(Str(&bytes)).end_text();
        }
    }

    fn byte(&mut self, c: char) -> u8 {
        let found = windows_1252(c);
        self.lacking |= found.is_none();
        found.unwrap_or(b'?')
    }
}

/// Latin-1 but its control characters, and of the rest what people's names and our own words need.
fn windows_1252(c: char) -> Option<u8> {
    const MORE: [(char, u8); 15] = [
        ('€', 0x80),
        ('…', 0x85),
        ('Š', 0x8a),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('–', 0x96),
        ('—', 0x97),
        ('š', 0x9a),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    match u32::from(c) {
        0x20..=0x7e | 0xa0..=0xff => u8::try_from(u32::from(c)).ok(),
        _ => MORE.iter().find(|(known, _)| *known == c).map(|(_, byte)| *byte),
    }
}

/// Widths of Helvetica in thousandths, from the blank on (Adobe's metrics of the core fonts). Bold is wider by a tenth at the most.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

fn width(text: &str, size: f32) -> f32 {
    let of = |c: char| {
        let at = u32::from(c).checked_sub(32).and_then(|at| usize::try_from(at).ok());
        f32::from(at.and_then(|at| WIDTHS.get(at)).copied().unwrap_or(667))
    };
    text.chars().map(of).sum::<f32>() * size / 1000.0 * 1.1
}

/// Lines that are no wider, broken at blanks, or within a word that is wider by itself.
fn wrap(text: &str, size: f32, most: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size) <= most {
            *line = longer;
            continue;
        }
        let mut part = String::new();
        for c in word.chars() {
            if width(&format!("{part}{c}"), size) > most {
                lines.push(std::mem::take(&mut part));
            }
            part.push(c);
        }
        lines.push(part);
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn bytes(form: &FilledForm, pages: Vec<Content>) -> Vec<u8> {
    let mut next = 0;
    let mut id = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, plain, bold, info) = (id(), id(), id(), id(), id());
    let ids: Vec<(Ref, Ref)> = pages.iter().map(|_| (id(), id())).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en"));
    pdf.document_info(info).title(TextStr(&form.title)).author(TextStr(&form.owner));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(ids.iter().map(|(page, _)| *page)).count(count);
    for (font, name) in [(plain, &b"Helvetica"[..]), (bold, &b"Helvetica-Bold"[..])] {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for ((page, content), drawn) in ids.into_iter().zip(pages) {
        let mut page = pdf.page(page);
        page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content);
        page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
        page.finish();
        pdf.stream(content, &drawn.finish());
    }
    pdf.finish()
}

#[cfg(test)]
mod tests {
    use super::{windows_1252, wrap};

    #[test]
    fn lines_are_broken_where_they_must_be() {
        assert_eq!(wrap("one two three", 10.0, 45.0), ["one two", "three"]);
        assert_eq!(wrap("", 10.0, 45.0), Vec::<String>::new());
        let broken = wrap(&"x".repeat(100), 10.0, 100.0);
        assert!(broken.len() > 1 && broken.concat().len() == 100, "{broken:?}");
    }

    #[test]
    fn what_the_typeface_lacks_is_known() {
        assert_eq!([windows_1252('é'), windows_1252('’'), windows_1252('A')], [Some(0xe9), Some(0x92), Some(0x41)]);
        assert_eq!([windows_1252('Ł'), windows_1252('\n'), windows_1252('\u{313}')], [None, None, None]);
    }
}
