//! Checks that at most two files define a type of the same name.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 5] = ["src", "naftiko-spec/src", "naftiko-macros/src", "naftiko-runtime/src", "naftiko-cli/src"];

/// Collects the source files below a folder, without unit tests: `tests`, `tests.rs`, and files and folders whose names
/// end with `_tests`.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = |name: &str| name == "tests" || name.ends_with("_tests");
        let is_test = is_test(&path.file_stem().unwrap().to_string_lossy());
        match path.is_dir() {
            _ if is_test => {}
            true => sources(&path, files),
            false if path.extension().is_some_and(|ending| ending == "rs") => files.push(path),
            false => {}
        }
    }
}

/// Returns the name of the type or trait that a line defines.
fn defined(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let item = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let name = ["struct ", "enum ", "trait ", "union "].iter().find_map(|keyword| item.strip_prefix(keyword))?;
    Some(name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(name))
}

/// Returns the lines of a file without those of its test modules.
fn code(text: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        match line {
            "#![cfg(test)]" => return Vec::new(),
            "#[cfg(test)]" if lines.peek().is_some_and(|next| next.starts_with("mod ") && next.ends_with('{')) => {
                // In formatted code, such a module ends with the first brace that is not indented.
                lines.by_ref().find(|inside| *inside == "}");
            }
            _ => kept.push(line),
        }
    }
    kept
}

#[test]
fn only_the_lines_of_test_modules_are_left_out() {
    let text =
        "struct A;\n#[cfg(test)]\nmod tests;\nstruct B;\n#[cfg(test)]\nmod more {\n    struct C;\n}\nstruct D;\n";
    assert_eq!(code(text).into_iter().filter_map(defined).collect::<Vec<_>>(), ["A", "B", "D"]);
    assert!(code("#![cfg(test)]\nstruct A;\n").is_empty());
    assert!(code("//! Tests.\n#![cfg(test)]\nstruct A;\n").is_empty());
}

#[test]
fn no_type_name_is_defined_in_three_files() {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    assert!(files.len() > 300, "{}", files.len());
    let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        for name in code(&text).into_iter().filter_map(defined) {
            let files = modules.entry(name.to_owned()).or_default();
            let file = file.display().to_string();
            if files.last() != Some(&file) {
                files.push(file);
            }
        }
    }
    let crowded: Vec<_> = modules.iter().filter(|(_, files)| files.len() > 2).collect();
    assert!(crowded.is_empty(), "give these types different names: {crowded:#?}");
}
