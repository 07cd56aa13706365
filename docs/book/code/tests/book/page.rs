//! Reads the pages of the book, and compares their code blocks with the expected ones or updates them.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Returns the folder of the book.
pub fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the folder of the repository.
pub fn root() -> PathBuf {
    book().parent().unwrap().parent().unwrap().to_owned()
}

/// Returns whether to update the pages instead of comparing them.
pub fn updating() -> bool {
    std::env::var_os("UPDATE_BOOK").is_some()
}

/// Returns all files with an extension that are in a folder or below it, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Joins lines into a string.
fn joined(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

/// A page and its lines.
pub struct Page {
    pub path: PathBuf,
    pub lines: Vec<String>,
}

/// A fenced block.
pub struct Block {
    pub language: String,
    /// The comment before it: `code: FILE`, `run: PROGRAM` or `tests: PROGRAM`.
    pub note: Option<String>,
    /// The lines between the fences.
    pub lines: Range<usize>,
}

impl Page {
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    /// Returns all pages of the book.
    pub fn all() -> Vec<Self> {
        files(&book().join("src"), "md").iter().map(|path| Self::read(path)).collect()
    }

    pub fn name(&self) -> String {
        self.path.strip_prefix(book().join("src")).unwrap().display().to_string()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in self.lines.iter().enumerate() {
            let Some(language) = line.strip_prefix("```") else { continue };
            if let Some(block) = open.take() {
                blocks.push(Block { lines: block.lines.start..number, ..block });
                continue;
            }
            let before = number.checked_sub(1).map_or("", |before| self.lines[before].as_str());
            let note = before.strip_prefix("<!-- ").and_then(|note| note.strip_suffix(" -->"));
            let note = note.map(str::to_owned);
            open = Some(Block { language: language.to_owned(), note, lines: number + 1..number + 1 });
        }
        assert!(open.is_none(), "{}: a block is not closed", self.name());
        blocks
    }

    pub fn text(&self, block: &Block) -> String {
        joined(&self.lines[block.lines.clone()])
    }

    /// Compares each block with its expected content, or updates it.
    pub fn compare_or_update(mut self, wanted: &[(Block, String)]) {
        if updating() {
            for (block, text) in wanted.iter().rev() {
                self.lines.splice(block.lines.clone(), text.lines().map(str::to_owned));
            }
            fs::write(&self.path, joined(&self.lines)).unwrap();
            return;
        }
        for (block, text) in wanted {
            let shown = self.text(block);
            let (name, line) = (self.name(), block.lines.start);
            assert!(
                shown.trim_end() == text.trim_end(),
                "{name}:{line} is out of date: run `UPDATE_BOOK=1 cargo test -p naftiko-book --test book -- --test-threads=1`\n\
                 --- page\n{shown}\n--- expected\n{text}"
            );
        }
    }
}
