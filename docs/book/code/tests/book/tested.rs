//! Checks the blocks that are neither code nor the output of a command: lists of tests must match a program of this
//! crate, and JSON must be valid.

use crate::page::{Page, book};
use serde_json::Value;
use std::fmt::Write;
use std::fs;

/// Returns the lines that `cargo test` prints for the tests of a program, in source order. It does not run them:
/// `cargo test` of this crate does.
fn passed(program: &str) -> String {
    let path = book().join(format!("code/src/bin/{program}.rs"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut shown = String::new();
    for after in text.split("#[tokio::test]").skip(1) {
        let (_, after) = after.split_once("async fn ").unwrap();
        let (name, _) = after.split_once('(').unwrap();
        writeln!(shown, "test tests::{name} ... ok").unwrap();
    }
    assert!(!shown.is_empty(), "{program} has no tests");
    shown
}

#[test]
fn listed_tests_are_those_of_the_program() {
    let mut count = 0;
    for page in Page::all() {
        let mut wanted = Vec::new();
        for block in page.blocks() {
            let note = block.note.as_deref().and_then(|note| note.strip_prefix("tests: ")).map(str::to_owned);
            match note {
                Some(program) => wanted.push((block, passed(&program))),
                None => assert!(!page.text(&block).contains("... ok"), "{}: tests without `tests: …`", page.name()),
            }
        }
        count += wanted.len();
        page.compare_or_update(&wanted);
    }
    assert_eq!(count, 1);
}

#[test]
fn the_tests_of_listed_programs_are_run() {
    let manifest = fs::read_to_string(book().join("code/Cargo.toml")).unwrap();
    for note in Page::all().iter().flat_map(Page::blocks).filter_map(|block| block.note) {
        let Some(program) = note.strip_prefix("tests: ") else { continue };
        let name = format!("name = \"{program}\"");
        let own = manifest.split("[[bin]]").find(|part| part.contains(&name)).unwrap();
        assert!(!own.contains("test = false"), "{own}");
    }
}

#[test]
fn configurations_are_json() {
    let mut count = 0;
    for page in Page::all() {
        for block in page.blocks().iter().filter(|block| block.language == "json") {
            let text = page.text(block);
            let parsed: Result<Value, _> = serde_json::from_str(&text);
            assert!(parsed.is_ok(), "{}:{}: {parsed:?}", page.name(), block.lines.start);
            count += 1;
        }
    }
    assert!(count >= 1);
}
