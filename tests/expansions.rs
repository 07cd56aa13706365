//! Compiles the golden expansions and their sources, and runs the same checks on both. The expansions are the contract between the
//! macro and the runtime.
//!
//! `tests/expand/NAME.rs` is the user's source, `NAME.expanded.rs` its expansion; a test of `naftiko-macros` checks
//! that the expansion is up to date.

#![allow(clippy::unwrap_used, reason = "a test")]

/// The source of a capability that consumes no API.
#[path = "expand/notes.rs"]
pub mod notes;

/// The expansion of `notes`.
#[deny(missing_docs, clippy::pedantic)]
#[path = "expand/notes.expanded.rs"]
#[rustfmt::skip]
pub mod notes_expanded;

/// The source of a capability that consumes an API.
#[path = "expand/tokens.rs"]
pub mod tokens;

/// The expansion of `tokens`.
#[deny(missing_docs, clippy::pedantic)]
#[path = "expand/tokens.expanded.rs"]
#[rustfmt::skip]
pub mod tokens_expanded;

/// The source of a capability that uses other capabilities.
#[path = "expand/composed.rs"]
pub mod composed;

/// The expansion of `composed`.
#[deny(missing_docs, clippy::pedantic)]
#[allow(clippy::manual_async_fn, reason = "this is generated code in a file; clippy does not check it where a macro generates it")]
#[path = "expand/composed.expanded.rs"]
#[rustfmt::skip]
pub mod composed_expanded;

/// The source of a capability with a document.
#[cfg(feature = "document")]
#[path = "expand/filled.rs"]
pub mod filled;

/// The expansion of `filled`.
#[cfg(feature = "document")]
#[deny(missing_docs, clippy::pedantic)]
#[path = "expand/filled.expanded.rs"]
#[rustfmt::skip]
pub mod filled_expanded;

/// Checks that apply to both the source and its expansion.
macro_rules! check_tokens {
    ($name:ident, $module:ident) => {
        mod $name {
            use super::$module::{Count, HumanitecTokens, Token};
            use naftiko::Result;
            use serde_json::json;

            /// An implementation that a user writes: plain `async fn`.
            struct InMemory;

            impl HumanitecTokens for InMemory {
                async fn list_tokens(&self, user_id: &str, page: Option<u32>) -> Result<Vec<Token>> {
                    Ok(vec![Token { id: format!("{user_id}-{}", page.unwrap_or(0)), expires_at: None }])
                }

                async fn create_token(&self, _user_id: &str, body: &Token) -> Result<Token> {
                    Ok(body.clone())
                }

                async fn delete_token(&self, _user_id: &str, _token_id: &str) -> Result<()> {
                    Ok(())
                }
            }

            #[tokio::test]
            async fn any_implementation_is_called_by_name() {
                let capability = InMemory.into_capability();
                let tokens = capability.call("list_tokens", json!({ "userId": "u-1", "page": 2 })).await.unwrap();
                assert_eq!(tokens, json!([{ "id": "u-1-2" }]));
                let token = json!({ "id": "ci" });
                let arguments = json!({ "userId": "u-1", "body": token });
                assert_eq!(capability.call("create_token", arguments).await.unwrap(), token);
                let count = capability.call("count-eternal", json!({ "userId": "u-1" })).await.unwrap();
                assert_eq!(count, json!({ "tokens": 1 }));
                assert_eq!(InMemory.count_eternal("u-1").await.unwrap(), Count { tokens: 1 });
            }

            #[test]
            #[cfg(feature = "client")]
            fn the_client_names_its_missing_variable() {
                use super::$module::HumanitecTokensClient;

                let error = HumanitecTokensClient::from_env().unwrap_err();
                assert!(error.to_string().contains("HUMANITEC_API_KEY"), "{error}");
                assert!(HumanitecTokensClient::builder().bind("HUMANITEC_API_KEY", "t").build().is_ok());
            }
        }
    };
}

check_tokens!(tokens_by_expansion, tokens_expanded);
check_tokens!(tokens_by_macro, tokens);

/// Checks that apply to both the source and its expansion.
macro_rules! check_notes {
    ($name:ident, $module:ident) => {
        mod $name {
            use super::$module::{Note, Notes};
            use naftiko::Result;
            use serde_json::json;

            #[derive(Debug)]
            struct Pad;

            impl Notes for Pad {
                async fn write(&self, text: String, tags: &[String], pinned: Option<bool>) -> Result<Note> {
                    Ok(Note { text: format!("{text} {tags:?} {pinned:?}") })
                }

                async fn find(&self, word: &str, limit: Option<u32>) -> Result<Vec<Note>> {
                    Ok(vec![Note { text: format!("{word} {limit:?}") }])
                }

                async fn again(&self, r#type: Option<&str>, note: Option<&Note>) -> Result<Option<Note>> {
                    Ok(note.filter(|_| r#type.is_some()).cloned())
                }
            }

            #[tokio::test]
            async fn arguments_are_passed_in_every_form() {
                let capability = Pad.into_capability();
                let note = capability.call("write", json!({ "text": "a", "tags": ["x", "y"] })).await.unwrap();
                assert_eq!(note, json!({ "text": "a [\"x\", \"y\"] None" }));
                let found = capability.call("find-notes", json!({ "word": "a", "limit": 3 })).await.unwrap();
                assert_eq!(found, json!([{ "text": "a Some(3)" }]));
                let again = json!({ "type": "t", "note": { "text": "b" } });
                assert_eq!(capability.call("again", again).await.unwrap(), json!({ "text": "b" }));
                assert_eq!(capability.call("again", json!({})).await.unwrap(), json!(null));
            }

            #[test]
            fn a_method_whose_cfg_is_set_is_an_operation() {
                // `again` has `cfg(test)`, which is set here.
                assert_eq!(Pad.into_capability().operations().len(), 3);
            }
        }
    };
}

check_notes!(notes_by_expansion, notes_expanded);
check_notes!(notes_by_macro, notes);

/// Checks that apply to both the source and its expansion.
macro_rules! check_composed {
    ($name:ident, $module:ident) => {
        mod $name {
            use super::$module::Greetings;
            use naftiko::Result;
            use serde_json::json;

            /// An implementation that a user writes: it needs no implementation of the capabilities that the trait uses.
            struct Canned;

            impl Greetings for Canned {
                async fn greeting(&self, language: &str) -> Result<String> {
                    Ok(language.to_owned())
                }

                async fn greet_team(&self, team: &str, language: &str) -> Result<Vec<String>> {
                    Ok(vec![self.greet((&self.greeting(language).await?, team))])
                }

                fn greet(&self, (greeting, name): (&str, &str)) -> String {
                    format!("{greeting} {name}")
                }
            }

            #[tokio::test]
            async fn an_implementation_needs_none_of_the_used_capabilities() {
                let arguments = json!({ "team": "all", "language": "en" });
                let greeted = Canned.into_capability().call("greet-team", arguments).await.unwrap();
                assert_eq!(greeted, json!(["en all"]));
            }

            #[test]
            #[cfg(feature = "client")]
            fn the_client_names_the_missing_variables_of_all_capabilities() {
                use super::$module::GreetingsClient;

                let error = GreetingsClient::from_env().unwrap_err().to_string();
                for name in ["COMPOSED_USERS_KEY", "COMPOSED_TEAMS_KEY", "COMPOSED_GREETINGS_KEY"] {
                    assert!(error.contains(name), "{error}");
                }
            }
        }
    };
}

check_composed!(composed_by_expansion, composed_expanded);
check_composed!(composed_by_macro, composed);

/// Checks that apply to both the source and its expansion.
#[cfg(feature = "document")]
macro_rules! check_filled {
    ($name:ident, $module:ident) => {
        mod $name {
            use super::$module::{Tokens, TokensClient};
            use serde_json::json;

            #[tokio::test]
            async fn the_document_and_added_methods_are_exposed() {
                let client = TokensClient::builder().bind("TOKENS_API_KEY", "k").build().unwrap();
                let capability = client.into_capability();
                assert_eq!(capability.operations().len(), 7);
                assert_eq!(capability.call("version", json!({})).await.unwrap(), json!("4"));
                let error = capability.call("list-tokens", json!({ "userId": ".." })).await.unwrap_err();
                assert_eq!(error.operation(), Some("list-tokens"));
            }
        }
    };
}

#[cfg(feature = "document")]
check_filled!(filled_by_expansion, filled_expanded);
#[cfg(feature = "document")]
check_filled!(filled_by_macro, filled);
