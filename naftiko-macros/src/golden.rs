//! Compares expansions of the macro with the files of `tests/expand`, which a test of the root package compiles.
//!
//! `UPDATE_GOLDEN=1 cargo test -p naftiko-macros` updates the files.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::capability::capability;
use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fs;
use std::path::{Path, PathBuf};
use syn::{Item, Meta};

/// Returns the folder that the paths of documents are relative to.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the source, with every capability in it expanded.
fn expanded(source: &str) -> String {
    let mut file = syn::parse_file(source).unwrap();
    let mut tokens = TokenStream::new();
    for item in std::mem::take(&mut file.items) {
        match item {
            Item::Trait(mut item) => {
                let at = item.attrs.iter().position(|attribute| attribute.path().is_ident("capability")).unwrap();
                let arguments = match item.attrs.remove(at).meta {
                    Meta::List(list) => list.tokens,
                    _ => TokenStream::new(),
                };
                tokens.extend(capability(&folder(), arguments, item.to_token_stream()));
            }
            Item::Use(mut item) => {
                // The expanded source no longer uses the macro.
                let text = item.to_token_stream().to_string();
                if text.contains("capability") {
                    item = syn::parse_quote!(
                        use naftiko::Result;
                    );
                }
                item.to_tokens(&mut tokens);
            }
            other => other.to_tokens(&mut tokens),
        }
    }
    file.items = syn::parse2::<syn::File>(tokens).unwrap().items;
    prettyplease::unparse(&file)
}

fn compare(name: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let source = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
    let golden = folder.join(format!("{name}.expanded.rs"));
    let now = expanded(&source);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &now).unwrap();
    }
    let before = fs::read_to_string(&golden).unwrap_or_default();
    assert!(now == before, "the expansion of `tests/expand/{name}.rs` has changed; UPDATE_GOLDEN=1 updates the file");
    now
}

#[test]
fn a_capability_with_a_client() {
    compare("tokens");
}

#[test]
fn a_capability_without_a_client() {
    let now = compare("notes");
    assert!(!now.contains("NotesClient"));
}

#[test]
fn a_capability_that_is_filled_from_a_document() {
    compare("filled");
}

#[test]
fn a_capability_that_is_built_on_others() {
    compare("composed");
}

#[test]
fn the_documentation_of_a_method_has_its_request_and_the_comments_of_its_arguments() {
    let now = expanded(
        r#"
        /// Keeps things.
        #[capability(consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 8080)))]
        pub trait Things {
            /// Reads a thing.
            #[get("/things/{id}")]
            async fn read(
                &self,
                /// Its ID.
                id: &str,
                /// Whether to read all of it.
                deep: Option<bool>,
            ) -> Result<Thing>;

            #[put("/things/{id}", description = "Has no doc comment.")]
            async fn write(&self, id: &str) -> Result<()>;
        }
        "#,
    );
    let (_, after) = now.split_once("/// Reads a thing.").unwrap();
    let (docs, _) = after.split_once("fn read").unwrap();
    let lines: Vec<&str> = docs.lines().map(|line| line.trim_matches(['/', '*'])).collect();
    let docs = lines.join("\n");
    assert!(docs.contains("\n Sends `GET /things/{id}`.\n"), "{docs}");
    assert!(docs.contains("\n # Arguments\n - `id`: Its ID.\n - `deep`: Whether to read all of it."), "{docs}");
    assert!(
        !now.contains("PUT /things/{id}`"),
        "a method without a doc comment got one, so `missing_docs` does not report it"
    );
}

#[test]
fn an_operation_costs_at_most_forty_lines() {
    let lines = |operations: usize| {
        let methods: Vec<String> = (0..operations)
            .map(|number| {
                format!(
                    r#"
                    /// Changes a thing.
                    #[put("/users/{{userId}}/things{number}", status = 201)]
                    async fn change_{number}(&self, user_id: &str, body: &Thing) -> Result<Thing>;
                    "#
                )
            })
            .collect();
        let methods = methods.join("\n");
        let source = format!(
            r#"
            /// Changes things.
            #[capability(
                consumes(namespace = "things", base_uri = "https://things.example"),
                exposes(rest(port = 8080), mcp(port = 9090)),
            )]
            pub trait Things {{ {methods} }}
            "#
        );
        expanded(&source).lines().count()
    };
    let each = (lines(103) - lines(3)) / 100;
    assert!(each <= 40, "{each} lines for each operation");
}
