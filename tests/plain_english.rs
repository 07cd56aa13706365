//! Checks sources, docs and messages for phrases that only appear in translations.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files that are not ours, or quote such phrases.
const SKIPPED: [&str; 5] = ["target", ".git", "fuzz/corpus", "docs/style.md", "tests/plain_english.rs"];

/// The phrases, in lower case and with single spaces, and what may follow them.
const PHRASES: [(&str, &[&str]); 16] = [
    (" is no ", &["longer", "more than", "more,", "matter"]),
    (" are no ", &["longer", "more than"]),
    (" was no ", &["longer"]),
    (" is told", &["to ", "apart"]),
    (" are told", &["to ", "apart"]),
    (" is said", &[]),
    (" are said", &[]),
    ("belongs into", &[]),
    ("belong into", &[]),
    ("none if it is none", &[]),
    ("none if there is none", &[]),
    ("none if none", &[]),
    ("; none if ", &[]),
    (" all the same", &[]),
    (" slip of the pen", &[]),
    ("kept in mind", &[]),
];

/// Collects the text files below a folder.
fn files(folder: &Path, root: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) || name.ends_with("/target") {
            continue;
        }
        if path.is_dir() {
            files(&path, root, found);
        } else if path
            .extension()
            .is_some_and(|ending| ["rs", "md", "toml", "stderr", "yml"].iter().any(|e| ending == *e))
        {
            found.push(path);
        }
    }
}

#[test]
fn no_phrase_of_a_translation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(root, root, &mut found);
    assert!(found.len() > 300, "{}", found.len());

    let mut faults = String::new();
    for path in found {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            // "There is no such file" is good English.
            let plain = format!(" {} ", line.to_lowercase()).replace("there is no ", "").replace("there are no ", "");
            for (phrase, allowed) in PHRASES {
                let hit = plain
                    .split(phrase)
                    .skip(1)
                    .any(|rest| !allowed.iter().any(|word| rest.trim_start().starts_with(word)));
                if hit {
                    let path = path.strip_prefix(root).unwrap().display();
                    writeln!(faults, "{path}:{}: {}", number + 1, line.trim()).unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "docs/style.md has what to write instead:\n{faults}");
}
