//! Checks that every path in ARCHITECTURE.md exists, and that the documentation of each attribute begins with a line
//! that editors show.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

const ARCHITECTURE: &str = include_str!("../ARCHITECTURE.md");

/// Returns the texts in backticks.
fn quoted() -> impl Iterator<Item = &'static str> {
    ARCHITECTURE.split('`').skip(1).step_by(2)
}

#[test]
fn every_path_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let has_ending = |text: &str| [".rs", ".md", ".toml"].iter().any(|ending| text.ends_with(ending));
    let is_path = |text: &&str| !text.contains([' ', '<', '(', ':']) && (has_ending(text) || text.contains('/'));
    let paths: Vec<&str> = quoted().filter(is_path).collect();
    assert!(paths.len() > 50, "{paths:?}");
    // For a path with the placeholder `NAME`, the folder must exist.
    let exists = |path: &str| match path.split_once("NAME") {
        Some((folder, _)) => root.join(folder).is_dir(),
        None => root.join(path).exists(),
    };
    let missing: Vec<&str> = paths.into_iter().filter(|path| !exists(path)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names paths that do not exist: {missing:#?}");
}

#[test]
fn the_file_is_short_and_linked() {
    assert!(ARCHITECTURE.lines().count() <= 260);
    assert!(include_str!("../README.md").contains("](ARCHITECTURE.md)"));
}

/// rust-analyzer does not read `include_str!`: an editor shows nothing for an attribute without a literal doc line.
#[test]
fn each_attribute_has_a_line_for_editors() {
    let lines: Vec<&str> = include_str!("../naftiko-macros/src/lib.rs").lines().map(str::trim).collect();
    let references = lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[doc = include_str!"));
    let silent: Vec<&str> = references
        .filter(|(at, _)| lines[at - 1] != "///" || !lines[at - 2].starts_with("/// "))
        .map(|(_, line)| *line)
        .collect();
    assert!(lines.iter().any(|line| line.starts_with("#[doc = include_str!")));
    assert!(silent.is_empty(), "add a literal doc line and `///` above each of these lines: {silent:#?}");
}
