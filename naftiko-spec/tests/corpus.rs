//! Tests with the capability corpus: documents of other authors are read, written and read again. `NAFTIKO_CORPUS` is
//! its folder.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

use naftiko_spec::Policy;
use naftiko_spec::load::{Errors, load};
use naftiko_spec::read::{Reading, read};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the corpus.
fn corpus() -> PathBuf {
    std::env::var_os("NAFTIKO_CORPUS").map(PathBuf::from).expect("set `NAFTIKO_CORPUS` to the folder of the corpus")
}

/// Returns the documents of a folder, with their names.
fn documents(folder: &Path) -> Vec<(String, String)> {
    let mut documents: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    documents.sort_unstable();
    documents
}

/// Returns every document of the corpus and of the seeds.
fn all() -> Vec<(String, String)> {
    ["catalogue", "generated", "../seeds"].iter().flat_map(|folder| documents(&corpus().join(folder))).collect()
}

fn value(yaml: &str) -> Value {
    // In YAML 1.2, `y` and `on` are strings.
    serde_saphyr::from_str_with_options(yaml, serde_saphyr::options! { strict_booleans: true }).unwrap()
}

fn read_all() -> Vec<(String, String, Reading)> {
    let mut refused = Vec::new();
    let mut readings = Vec::new();
    for (name, text) in all() {
        match read(&text) {
            Ok(reading) => readings.push((name, text, reading)),
            Err(errors) => refused.extend(errors.iter().map(|error| error.show(&name, &text))),
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
    readings
}

/// Returns whether a value is an empty list or object, which counts as absent.
fn is_empty_container(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn member(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Adds the JSON Pointers of the scalars that differ between two values, or that one of them lacks.
fn differences(one: Option<&Value>, other: Option<&Value>, at: &str, found: &mut Vec<String>) {
    match (one, other) {
        (one, other) if one == other => {}
        (Some(value), None) | (None, Some(value)) if is_empty_container(value) => {}
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                differences(one.get(key), other.get(key), &member(at, key), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for index in 0..one.len().max(other.len()) {
                differences(one.get(index), other.get(index), &format!("{at}/{index}"), found);
            }
        }
        (Some(Value::Object(only)), None) | (None, Some(Value::Object(only))) => {
            for (key, value) in only {
                differences(Some(value), None, &member(at, key), found);
            }
        }
        (Some(Value::Array(only)), None) | (None, Some(Value::Array(only))) => {
            for (index, value) in only.iter().enumerate() {
                differences(Some(value), None, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
#[ignore = "needs the capability corpus"]
fn corpus_is_read_and_comes_back() {
    let readings = read_all();
    assert!(readings.len() >= 80);
    for (name, text, reading) in readings {
        let written = reading.document.to_yaml().unwrap();
        let again = read(&written).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        assert_eq!(again.repairs, [], "{name}: the written document needs repairs");
        assert_eq!(again.document, reading.document, "{name}");
        assert_eq!(again.kept.len(), reading.kept.len(), "{name}");
        // As `naftiko explain` documents, an exported document needs only the repairs that `stays` names.
        let loaded = load(&written, &Policy { errors: Errors::Report, ..Policy::default() }).unwrap();
        for repair in loaded.diagnostics.iter().filter_map(|found| found.rule.repair) {
            assert!(repair.stays(), "{name}: {repair:?}");
        }
        // Each difference from the published document is at the location of a repair.
        let mut found = Vec::new();
        differences(Some(&value(&text)), Some(&value(&written)), "", &mut found);
        let repairs = &reading.repairs;
        let is_repaired = |at: &String| {
            let below =
                |pointer: &str| at.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            repairs.iter().any(|repair| below(&repair.at) || repair.written.as_deref().is_some_and(below))
        };
        let unexplained: Vec<_> = found.into_iter().filter(|at| !is_repaired(at)).collect();
        assert!(unexplained.is_empty(), "{name}: {unexplained:#?}\nrepairs: {repairs:#?}");
        // Every repair has a location in the file.
        for repair in repairs {
            let line = repair.location.map_or(0, |place| place.line);
            assert!((1..=text.lines().count() as u64).contains(&line), "{name}: {repair:?}");
        }
    }
}

#[test]
#[ignore = "needs the capability corpus"]
fn corpus_of_generated_documents_comes_back_value_for_value() {
    let generated = documents(&corpus().join("generated"));
    assert_eq!(generated.len(), 24);
    for (name, text) in generated.into_iter().chain(documents(&corpus().join("../seeds"))) {
        let reading = read(&text).unwrap();
        // One document declares an older revision.
        let codes: Vec<_> = reading.repairs.iter().map(|repair| repair.rule.name).collect();
        assert!(codes.iter().all(|code| *code == "R01"), "{name}: {codes:?}");
        if codes.is_empty() {
            assert_eq!(value(&reading.document.to_yaml().unwrap()), value(&text), "{name}");
        }
    }
}

#[test]
#[ignore = "needs the capability corpus"]
fn truncated_corpus_documents_are_read_or_refused() {
    for (name, text) in all() {
        for part in 1..20 {
            let cut = text.char_indices().map(|(at, _)| at).nth(text.chars().count() * part / 20).unwrap_or(text.len());
            match read(&text[..cut]) {
                Ok(reading) => {
                    let again = read(&reading.document.to_yaml().unwrap()).unwrap();
                    assert_eq!(again.document, reading.document, "{name} cut at {cut}");
                }
                Err(errors) => assert!(errors.iter().all(|error| error.location.is_some()), "{name} cut at {cut}"),
            }
        }
    }
}

/// Prints the repairs of the corpus: `cargo test … -- --ignored --nocapture printed`.
#[test]
#[ignore = "needs the capability corpus"]
fn corpus_repairs_are_printed() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _, reading) in read_all() {
        for repair in reading.repairs.iter().chain(&reading.kept) {
            *kinds.entry(repair.rule.name).or_default() += 1;
            println!("{name}:{:?}: {repair}", repair.location);
        }
    }
    println!("{kinds:?}");
}
