//! Tests that the macro never panics and always keeps the trait, whatever the user writes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use proc_macro2::{Group, TokenStream, TokenTree};
use proptest::prelude::*;
use std::path::Path;

fn expanded(arguments: TokenStream, item: TokenStream) -> TokenStream {
    crate::capability::capability(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, item)
}

const ARGUMENTS: &str = r#"
    label = "Things", tags = ["a", "b"], created = "2026-05-19", rename_all = "camelCase",
    binds(env(KEY, NAME = "SOURCE"), vault(location = "file:///x", ORG)), allow(unused_bind, reason = "so"),
    consumes(
        namespace = "things", base_uri = "https://{host}/x", timeout = "5s", header("X-Org" = "{{vault.ORG}}"),
        authentication(apikey(key = "X-Key", value = "{{env.KEY}}", placement = "header")),
    ),
    exposes(rest(port = 8080, prefix = "/v1"), mcp(port = 9090, namespace = "m"), rest),
"#;

const METHODS: &str = r#"
    /// Reads one.
    #[get("/things/{thingId}", name = "x", status = 200, errors(404, 500), timeout = "1m")]
    #[tool(name = "read", label = "Read", hints(read_only, destructive = false), allow(understated_hint, reason = "so"))]
    #[output("$.data[0]")]
    async fn read<'a>(&'a self, thing_id: &'a str, #[header("X-Key")] key: Option<&str>, ids: &[u64]) -> Result<Thing>;

    /// Counts.
    #[cfg(unix)]
    #[rest(post = "/count/{by}", status = 201)]
    async fn count(&self, by: u8, body: Option<Vec<Thing>>) -> Result<(), E> where Self: Sized { Ok(()) }

    #[skip]
    fn help<T>(&self, (a, b): (T, &dyn Any)) -> impl Sized { a }

    const N: usize = 3;
    type T: Send;
    m!();
"#;

/// A change of one token.
#[derive(Debug, Clone, Copy)]
enum Change {
    Drop,
    Double,
    Swap,
    Empty,
}

/// Applies changes to tokens by index; tokens inside groups are counted too.
fn changed(tokens: TokenStream, changes: &[(usize, Change)], number: &mut usize) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let change = changes.iter().find(|(at, _)| at == number).map(|(_, change)| *change);
        *number += 1;
        let token = match token {
            TokenTree::Group(group) => {
                let inside = match change {
                    Some(Change::Empty) => TokenStream::new(),
                    _ => changed(group.stream(), changes, number),
                };
                TokenTree::Group(Group::new(group.delimiter(), inside))
            }
            token => token,
        };
        match change {
            None | Some(Change::Empty) => out.push(token),
            Some(Change::Drop) => {}
            Some(Change::Double) => out.extend([token.clone(), token]),
            Some(Change::Swap) => {
                let before = out.pop();
                out.push(token);
                out.extend(before);
            }
        }
    }
    out.into_iter().collect()
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let change = prop_oneof![Just(Change::Drop), Just(Change::Double), Just(Change::Swap), Just(Change::Empty)];
    prop::collection::vec((0_usize..220, change), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutated_sources_never_panic(of_arguments in changes(), of_methods in changes()) {
        let arguments = changed(ARGUMENTS.parse().unwrap(), &of_arguments, &mut 0);
        let methods = changed(METHODS.parse().unwrap(), &of_methods, &mut 0);
        let item: TokenStream = quote::quote!(pub trait Things { #methods });
        let tokens = expanded(arguments, item).to_string();
        prop_assert!(tokens.contains("trait Things"), "{tokens}");
        prop_assert!(tokens.contains("into_capability"), "{tokens}");
    }

    #[test]
    fn arbitrary_texts_never_panic(text in any::<String>(), path in "[/{}a-z?#*. ]{0,12}") {
        let arguments = quote::quote!(
            label = #text, created = #text, rename_all = #text, binds(env(KEY = #text)),
            consumes(namespace = #text, base_uri = #text, timeout = #text, header(#text = #text)),
            exposes(rest(prefix = #path, namespace = #text)),
        );
        let item = quote::quote! {
            #[doc = #text]
            pub trait Things {
                #[doc = #text]
                #[get(#path, name = #text, consumes = #text)]
                #[tool(name = #text)]
                #[output(#text)]
                async fn read(&self, #[query(#text)] id: &str, #[doc = #text] body: &Thing) -> Result<Thing>;
            }
        };
        let tokens = expanded(arguments, item).to_string();
        prop_assert!(tokens.contains("trait Things"), "{tokens}");
    }

    #[test]
    fn arbitrary_tokens_never_panic(arguments in ".{0,40}", item in ".{0,40}") {
        if let (Ok(arguments), Ok(item)) = (arguments.parse::<TokenStream>(), item.parse::<TokenStream>()) {
            let tokens = expanded(arguments, item.clone()).to_string();
            prop_assert!(tokens.contains("compile_error"), "{tokens}");
            prop_assert!(tokens.ends_with(&item.to_string()), "{tokens}");
        }
    }

    #[test]
    fn mutated_documents_never_panic(mutations in prop::collection::vec((0_usize..130, 0_usize..4), 1..4)) {
        let document = include_str!("../../tests/documents/tokens.naftiko.yaml");
        let mut lines: Vec<String> = document.lines().map(str::to_owned).collect();
        for (at, mutation) in mutations {
            let at = at % lines.len();
            match mutation {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines.swap(at, 0),
                _ => lines[at].insert_str(0, "  "),
            }
        }
        let file = std::env::temp_dir().join(format!("naftiko-macros-{}.yaml", std::process::id()));
        std::fs::write(&file, lines.join("\n")).unwrap();
        let name = file.display().to_string();
        let item = quote::quote! {
            pub trait Things {
                async fn list_tokens(&self, user_id: &str) -> Result<Vec<Token>>;
                async fn version(&self) -> Result<String> { Ok(String::new()) }
                #[tool]
                async fn create_token(&self) -> Result<String> { Ok(String::new()) }
            }
        };
        let tokens = expanded(quote::quote!(document = #name), item);
        std::fs::remove_file(&file).unwrap();
        prop_assert!(tokens.to_string().contains("trait Things"), "{tokens}");
        prop_assert!(syn::parse2::<syn::File>(tokens.clone()).is_ok(), "{tokens}");
    }
}
