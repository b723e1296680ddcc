//! Files: what stands beside the policies as data. Read with places, so that a mistake is shown where it is.
//!
//! `classes.toml` says what becomes of data that one may not have, `purposes.toml` which purposes a kind of agency may state,
//! `agreements/*.toml` under which agreements an owner shares more.

mod agreements;
mod classes;
mod purposes;
mod tables;

pub use agreements::{Agreement, Agreements};
pub use classes::{Classes, Instead};
pub use purposes::Purposes;
pub use tables::{Row, Tables};

use crate::graph::problem::{File, Place, Problem, Problems};
use crate::seal::digest;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All files of a folder of policies.
#[derive(Debug, Default)]
pub struct Folder {
    /// `guardrails.cedar`, `grants/*.cedar`, in the order of their paths.
    pub cedar: Vec<Arc<File>>,
    /// `break-glass/*.cedar`: what one may do about an emergency.
    pub acts: Vec<Arc<File>>,
    pub classes: Option<Arc<File>>,
    pub purposes: Option<Arc<File>>,
    pub agreements: Vec<Arc<File>>,
}

impl Folder {
    /// Sorts texts by what they are.
    ///
    /// # Errors
    /// For a text that is nothing of that.
    pub fn of(texts: impl IntoIterator<Item = (PathBuf, String)>) -> Result<Self, Problems> {
        let (mut folder, mut problems) = (Self::default(), Problems::default());
        for (path, text) in texts {
            let file = Arc::new(File { path, text });
            let name = file.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let within = file.path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
            match (name, file.path.extension().and_then(|ending| ending.to_str())) {
                (_, Some("cedar")) if within == Some("break-glass") => folder.acts.push(file),
                (_, Some("cedar")) => folder.cedar.push(file),
                ("classes.toml", _) => folder.classes = Some(file),
                ("purposes.toml", _) => folder.purposes = Some(file),
                (_, Some("toml")) if within == Some("agreements") => folder.agreements.push(file),
                _ => {
                    let message = "this is no part of the policies";
                    let hint = "there are `classes.toml`, `purposes.toml`, `agreements/*.toml` and `*.cedar`";
                    problems.push(Problem::error(&Place::whole(&file), message).with_hint(hint));
                }
            }
        }
        if problems.is_empty() { Ok(folder) } else { Err(problems) }
    }

    /// Tells these files from any others, wherever they lie: a digest of their names and texts.
    #[must_use]
    pub fn epoch(&self) -> String {
        let data = [&self.classes, &self.purposes].into_iter().flatten();
        let files = self.cedar.iter().chain(&self.acts).chain(data).chain(&self.agreements);
        let parts = files.flat_map(|file| {
            let name = file.path.file_name().unwrap_or_default();
            [name.as_encoded_bytes(), b"\0", file.text.as_bytes(), b"\0"]
        });
        digest(parts)
    }

    /// Reads a folder and the folders in it.
    ///
    /// # Errors
    /// What can't be read, and what is no part of the policies.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let mut paths = Vec::new();
        let mut texts = Vec::new();
        let mut problems = Problems::default();
        let mut failed = |path: &Path, error: &dyn std::fmt::Display| {
            let file = Arc::new(File { path: path.to_owned(), text: String::new() });
            problems.push(Problem::error(&Place::whole(&file), format!("can't be read: {error}")));
        };
        if let Err(error) = walk(path, &mut paths) {
            failed(path, &error);
        }
        paths.sort();
        for path in paths {
            match std::fs::read_to_string(&path) {
                Ok(text) => texts.push((path, text)),
                Err(error) => failed(&path, &error),
            }
        }
        if problems.is_empty() { Self::of(texts) } else { Err(problems) }
    }
}

/// Policies, data and agreements; schemas and notes beside them are passed over.
fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else if path.extension().is_some_and(|ending| ending == "cedar" || ending == "toml") {
            paths.push(path);
        }
    }
    Ok(())
}

/// A file as what it should be, or what is wrong with it.
fn parse<T: DeserializeOwned>(file: &Arc<File>, problems: &mut Problems) -> Option<T> {
    match toml::from_str(&file.text) {
        Ok(read) => Some(read),
        Err(error) => {
            let place = error.span().map_or_else(|| Place::whole(file), |span| Place::new(file, span));
            let message = error.message().trim_end_matches('.');
            problems.push(Problem::error(&place, message.lines().next().unwrap_or_default()));
            None
        }
    }
}
