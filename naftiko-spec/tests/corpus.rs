//! The capability corpus: documents by other hands come back value for value. `NAFTIKO_CORPUS` is its folder.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

use naftiko_spec::Document;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the corpus.
fn corpus() -> PathBuf {
    std::env::var_os("NAFTIKO_CORPUS").map(PathBuf::from).expect("NAFTIKO_CORPUS is the folder of the corpus")
}

/// The documents of a folder, with their names.
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

/// Writes a document that was read, and compares the two as values: what our model does not know would be missing.
fn comes_back(name: &str, published: &str, document: &Document) {
    let value = |yaml: &str| serde_saphyr::from_str::<serde_json::Value>(yaml).unwrap();
    let written = document.to_yaml().unwrap();
    assert_eq!(value(&written), value(published), "{name}");
    assert_eq!(&Document::from_yaml(&written).unwrap(), document, "{name}");
}

#[test]
#[ignore = "needs the capability corpus"]
fn corpus_seeds_come_back_value_for_value() {
    let seeds = documents(&corpus().join("../seeds"));
    assert_eq!(seeds.len(), 4);
    for (name, published) in seeds {
        let document = Document::from_yaml(&published).unwrap_or_else(|error| panic!("{name}: {error}"));
        comes_back(&name, &published, &document);
    }
}

#[test]
#[ignore = "needs the capability corpus"]
fn corpus_of_generated_documents_comes_back_value_for_value() {
    let mut read = 0;
    let mut refused = Vec::new();
    for (name, published) in documents(&corpus().join("generated")) {
        match Document::from_yaml(&published) {
            Ok(document) => {
                comes_back(&name, &published, &document);
                read += 1;
            }
            Err(error) => refused.push(format!("{name}: {error}")),
        }
    }
    // What the model has no field for is refused, not dropped: a consumed resource that is described.
    assert_eq!(
        refused,
        [
            "stackrox--stackrox-api: line 35, column 11: unknown field `description`, expected one of name, path, operations"
        ]
    );
    assert_eq!(read, 23);
}
