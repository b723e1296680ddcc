//! A Markdown document with fenced blocks: ` ``` language name…`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The two lists of words that every graph has to define.
const WORDS: &str = "enum AgencyKind { BOCC DETENTION COURT } enum DataClass { PUB PII_ID }";

pub struct Document {
    path: PathBuf,
    text: String,
    blocks: Vec<Block>,
}

struct Block {
    /// The words after the language: `resolver jail`.
    words: Vec<String>,
    /// Bytes of its content in the text.
    content: std::ops::Range<usize>,
}

impl Document {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut blocks = Vec::new();
        let mut open: Option<(Vec<String>, usize)> = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if let Some(info) = line.strip_prefix("```") {
                if let Some((words, start)) = open.take() {
                    blocks.push(Block { words, content: start..at });
                } else {
                    let words = info.split_whitespace().skip(1).map(str::to_owned).collect();
                    open = Some((words, at + line.len()));
                }
            }
            at += line.len();
        }
        assert!(open.is_none(), "{}: a block is not closed", path.display());
        Self { path: path.to_owned(), text, blocks }
    }

    /// The content of the only block of this name.
    pub fn block(&self, name: &str) -> Option<&str> {
        let block = self.blocks.iter().find(|block| block.words.first().is_some_and(|word| word == name))?;
        Some(&self.text[block.content.clone()])
    }

    /// The blocks `name X`, with their X.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let blocks = self.blocks.iter().filter(move |block| block.words.first().is_some_and(|word| word == name));
        blocks.map(|block| (block.words[1].as_str(), &self.text[block.content.clone()]))
    }

    /// Writes the graph's files into a folder.
    pub fn lay_out(&self, folder: &Path) {
        for inner in ["graph", "resolvers", "store/sqlite"] {
            std::fs::create_dir_all(folder.join(inner)).unwrap();
        }
        std::fs::write(folder.join("graph/schema.graphql"), self.block("schema").unwrap()).unwrap();
        if !self.block("schema").unwrap().contains("enum DataClass") {
            std::fs::write(folder.join("graph/words.graphql"), WORDS).unwrap();
        }
        for (name, text) in self.named("resolver") {
            std::fs::write(folder.join(format!("resolvers/{name}.toml")), text).unwrap();
        }
        for (name, text) in self.named("file") {
            std::fs::write(folder.join("resolvers").join(name), text).unwrap();
        }
        if let Some(sql) = self.block("store") {
            std::fs::write(folder.join("store/sqlite/0001_spec.sql"), sql).unwrap();
        }
    }

    /// What is expected and did not come, or came otherwise.
    pub fn differences(&self, came: &[(&'static str, String)]) -> Vec<String> {
        let expected = ["plan", "calls", "response", "ledger", "problems"].into_iter().filter_map(|name| {
            let expect = self.block(name)?;
            let got = came.iter().find(|(came, _)| *came == name).map_or("(nothing)\n", |(_, text)| text);
            (got.trim_end() != expect.trim_end())
                .then(|| format!("{}: {name}\n--- expected\n{expect}\n--- came\n{got}", self.path.display()))
        });
        let expected: Vec<String> = expected.collect();
        let any = ["response", "problems"].into_iter().any(|name| self.block(name).is_some());
        if any { expected } else { vec![format!("{}: expects nothing", self.path.display())] }
    }

    /// Puts what came into the document.
    pub fn write(&self, came: &[(&'static str, String)]) {
        let problems = came.iter().find(|(name, _)| *name == "problems" && self.block(name).is_none());
        assert!(problems.is_none(), "{}: {}", self.path.display(), problems.unwrap().1);
        let mut text = String::new();
        let mut at = 0;
        for block in &self.blocks {
            text.push_str(&self.text[at..block.content.start]);
            match came.iter().find(|(name, _)| block.words.first().is_some_and(|word| word == name)) {
                Some((_, content)) => _ = writeln!(text, "{}", content.trim_end()),
                None => text.push_str(&self.text[block.content.clone()]),
            }
            at = block.content.end;
        }
        text.push_str(&self.text[at..]);
        std::fs::write(&self.path, text).unwrap();
    }
}
