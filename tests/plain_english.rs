//! Checks sources, docs and messages for phrases that only appear in translations.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files that are not checked: they are not ours, or quote such phrases.
const SKIPPED: [&str; 5] = ["target", ".git", "fuzz/corpus", "docs/style.md", "tests/plain_english.rs"];

/// The endings of the files that are checked.
const ENDINGS: [&str; 11] = ["rs", "md", "toml", "stderr", "yml", "yaml", "mjs", "js", "css", "py", "sh"];

/// The phrases, in lower case and with single spaces, and what may follow them.
const PHRASES: [(&str, &[&str]); 45] = [
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
    (" taken as ", &[]),
    (" is looked at", &[]),
    (" are looked at", &[]),
    (" be looked at", &[]),
    (" what stands ", &[]),
    (" stands for itself", &[]),
    (" stand for itself", &[]),
    (" stands in for ", &[]),
    (" stand in for ", &[]),
    (" worked out", &[]),
    (" put together", &[]),
    (" is to be said", &[]),
    (" nothing is to be ", &[]),
    (" of its own accord", &[]),
    (" whatever it is", &[]),
    (" goes on to callers", &[]),
    (" what it holds", &[]),
    (" that names none", &[]),
    (" none is none", &[]),
    (" such a one", &[]),
    (" has to do with", &[]),
    (" comes of it", &[]),
    (" thereby", &[]),
    (" hereby", &[]),
    (" therein", &[]),
    (" thereof", &[]),
    (" does without", &[]),
    (" is left alone", &[]),
    (" if it is meant", &[]),
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
        } else if path.extension().is_some_and(|ending| ENDINGS.iter().any(|e| ending == *e)) {
            found.push(path);
        }
    }
}

/// Returns a text in lower case, without `there is no` and `there are no`, which are good English.
fn plain(text: &str) -> String {
    format!(" {} ", text.to_lowercase()).replace("there is no ", "").replace("there are no ", "")
}

/// Returns whether a text contains a phrase, other than before an allowed word.
fn contains(text: &str, phrase: &str, allowed: &[&str]) -> bool {
    text.split(phrase).skip(1).any(|rest| !allowed.iter().any(|word| rest.trim_start().starts_with(word)))
}

#[test]
fn no_phrase_of_a_translation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(root, root, &mut found);
    assert!(found.len() > 300, "{}", found.len());

    let mut faults = String::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let next = lines.get(number + 1).map_or("", |next| next.trim_start_matches([' ', '/', '!', '#', '|']));
            let both = plain(&format!("{} {next}", line.trim()));
            let (this, next) = (plain(line), plain(next));
            for (phrase, allowed) in PHRASES {
                let has = |text: &str| contains(text, phrase, allowed);
                // A phrase may begin at the end of a line.
                let hit = has(&both) && (has(&this) || !has(&next));
                if hit {
                    let path = path.strip_prefix(root).unwrap().display();
                    writeln!(faults, "{path}:{}: {}", number + 1, line.trim()).unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "see docs/style.md for what to write instead:\n{faults}");
}
