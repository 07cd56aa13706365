//! Checks that the `cargo add` lines of the book and of the README name crates and features that exist, and that the
//! tutorial adds exactly the crates and features that its programs are compiled with here.

use crate::page::{Page, book};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

/// One `cargo add`.
#[derive(Debug)]
struct Added {
    page: String,
    name: String,
    features: BTreeSet<String>,
    dev: bool,
}

/// Returns the lines of code blocks, and the code spans of other lines.
fn commands(lines: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in lines {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push(line.clone());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Returns every `cargo add` of a page.
fn added(page: &str, lines: &[String]) -> Vec<Added> {
    let lines = commands(lines).into_iter();
    let lines = lines.filter_map(|line| Some(line.strip_prefix("cargo add ")?.to_owned()));
    let read = |line: String| {
        let (mut name, mut features, mut dev) = (None, BTreeSet::new(), false);
        let mut words = line.split(' ');
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{page}: cargo add {line}")).to_owned();
            match word {
                "--dev" => dev = true,
                "--features" => features = value().split(',').map(str::to_owned).collect(),
                "--path" => assert_eq!(value(), "../naftiko", "{page}: cargo add {line}"),
                word => assert!(name.replace(word.to_owned()).is_none(), "{page}: cargo add {line}"),
            }
        }
        let name = name.unwrap_or_else(|| panic!("{page}: cargo add {line} names no crate"));
        Added { page: page.to_owned(), name, features, dev }
    };
    lines.map(read).collect()
}

/// Returns every package in the dependency graph of this workspace. Uses the network only if cargo needs it.
fn packages() -> Vec<Value> {
    let run = |offline: &str| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["metadata", "--format-version", "1", "--locked", "--all-features"]);
        command.arg("--manifest-path").arg(book().join("code/Cargo.toml"));
        command.env("CARGO_NET_OFFLINE", offline).output().unwrap()
    };
    let mut output = run("true");
    if !output.status.success() {
        output = run("false");
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn every_added_crate_and_feature_exists() {
    let packages = packages();
    let mut all = Vec::new();
    for page in Page::all() {
        all.extend(added(&page.name(), &page.lines));
    }
    let readme = fs::read_to_string(book().join("../../README.md")).unwrap();
    all.extend(added("README.md", &readme.lines().map(str::to_owned).collect::<Vec<_>>()));
    assert!(all.len() >= 15, "{all:#?}");
    for Added { page, name, features, .. } in all {
        let known: Vec<&Value> = packages.iter().filter(|package| package["name"] == *name).collect();
        assert!(!known.is_empty(), "{page}: this workspace is not built with `{name}`");
        for feature in features {
            let has = |package: &&Value| package["features"].as_object().unwrap().contains_key(&feature);
            assert!(known.iter().any(has), "{page}: `{name}` has no feature `{feature}`");
        }
    }
}

/// The features of each dependency. The key is whether it is a dev-dependency, and its name.
type Features = BTreeMap<(bool, String), BTreeSet<String>>;

#[test]
fn the_tutorial_adds_what_its_programs_are_compiled_with() {
    let mut shown = Features::new();
    for page in Page::all().iter().filter(|page| page.name().starts_with("tutorial/")) {
        for Added { name, features, dev, .. } in added(&page.name(), &page.lines) {
            shown.entry((dev, name)).or_default().extend(features);
        }
    }
    let packages = packages();
    let own = packages.iter().find(|package| package["name"] == "naftiko-book").unwrap();
    let mut used = Features::new();
    for dependency in own["dependencies"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let features = dependency["features"].as_array().unwrap().iter().map(text);
        used.entry((dependency["kind"] == "dev", text(&dependency["name"]))).or_default().extend(features);
    }
    // The cookbook also needs `document` and `oauth`, and its tests need more crates.
    used.get_mut(&(false, "naftiko".to_owned()))
        .unwrap()
        .retain(|feature| !["document", "oauth"].contains(&feature.as_str()));
    for of_tests in ["mockall", "reqwest", "tokio"] {
        used.remove(&(true, of_tests.to_owned()));
    }
    // `serde_json` is declared for the whole workspace, with the features that other crates need.
    used.get_mut(&(true, "serde_json".to_owned())).unwrap().clear();
    assert_eq!(shown, used);
}
