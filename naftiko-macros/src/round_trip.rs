//! Tests that a trait with `document = "…"` embeds exactly that document, after its repairs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use crate::document;
use crate::errors::Errors;
use crate::model::Model;
use crate::syntax::{item, settings};
use crate::{expand, lower};
use naftiko_spec::Document;
use naftiko_spec::lower::{Embedded, ForwardRoute};
use naftiko_spec::read::read;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use std::fs;
use std::path::{Path, PathBuf};

mod bodies;
mod tests;
mod upstreams;

/// The result for one document.
struct Comparison {
    /// The number of routes, tools and resources that lower without errors.
    exposed: usize,
    /// The number of methods of the trait.
    methods: usize,
}

/// Fills a trait from a file, and compares the embedded document with the file's; `None` if the file is not a document.
fn round_trip(path: &Path) -> Option<Comparison> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).unwrap();
    let reading = read(&text).ok()?;
    let mut errors = Errors::default();
    let settings = settings::parse(quote!(document = #name), &mut errors);
    let item = quote!(
        pub trait Filled {}
    );
    let mut item = item::parse(item, &mut errors).unwrap();
    let krate = crate::model::krate(&settings);
    let key = settings.document.as_ref().unwrap();
    let source = document::fill(key, Path::new("."), &krate, &mut item, &mut errors).unwrap();
    let before = errors.count();
    let lowered = lower::lower(&settings, Some(&source), &item, &mut errors);
    assert_eq!(errors.count(), before, "{name}: a generated method does not match its operation: {errors:?}");
    let model = Model::new(&settings, &item, lowered).unwrap();
    let tokens = expand::expand(&model);
    let embedded: Document = serde_json::from_str(&embedded(tokens.clone()).unwrap()).unwrap();
    assert_eq!(embedded, reading.document, "{name}");
    if let Err(error) = syn::parse2::<syn::File>(tokens) {
        panic!("{name}: the expansion is not Rust: {error}");
    }
    // The written document reads back unchanged.
    let again = read(&reading.document.to_yaml().unwrap()).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    assert_eq!(again.document, reading.document, "{name}");
    let methods = model.operations.len();
    let lowered = naftiko_spec::lower::lower(&embedded).0;
    assert_eq!(serde_json::from_str::<Vec<ForwardRoute>>(&model.forwards).unwrap(), lowered.forwards, "{name}");
    let merged = lowered.merged();
    assert_eq!(merged.len(), methods, "{name}");
    for (operation, merged) in model.operations.iter().zip(merged) {
        let plan = Embedded::from_json(&operation.plan, &embedded).unwrap();
        assert_eq!(plan, Embedded::from(merged), "{name}: {}", operation.plan);
    }
    Some(Comparison { exposed: lowered.operations.len(), methods })
}

/// Returns the literal after `Definition::implemented_by(`.
fn embedded(tokens: TokenStream) -> Option<String> {
    let mut is_next = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_next = ident == "implemented_by",
            TokenTree::Group(group) if is_next => {
                let literal = group.stream().into_iter().next()?;
                return Some(syn::parse2::<syn::LitStr>(literal.into()).ok()?.value());
            }
            TokenTree::Group(group) => {
                if let Some(found) = embedded(group.stream()) {
                    return Some(found);
                }
            }
            _ => is_next = false,
        }
    }
    None
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents.extend(self::documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            documents.push(path);
        }
    }
    documents.sort();
    documents
}

#[test]
fn the_published_documents_are_what_traits_embed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../naftiko-spec/tests/documents");
    let compared: Vec<Comparison> = documents(&folder).iter().filter_map(|path| round_trip(path)).collect();
    // In the four published documents, each route has a tool.
    let paired = compared.iter().filter(|compared| compared.methods > 0 && compared.exposed == 2 * compared.methods);
    assert!(paired.count() >= 4);
}

#[test]
#[ignore = "needs the capability corpus"]
fn the_corpus_is_what_traits_embed() {
    let folder = std::env::var_os("NAFTIKO_CORPUS").map(PathBuf::from).unwrap();
    let documents = documents(&folder);
    let (mut readable, mut exposed, mut methods) = (0, 0, 0);
    for path in &documents {
        if let Some(compared) = round_trip(path) {
            readable += 1;
            exposed += compared.exposed;
            methods += compared.methods;
        } else {
            println!("{}: not a document", path.display());
        }
    }
    println!("{readable} of {} documents, {exposed} routes and tools, {methods} methods", documents.len());
    assert!(readable > 0);
}
