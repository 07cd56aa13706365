//! Mocks that `mockall` generates, with `mock!` and with `#[automock]`, as implementations of a capability.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp"))]
#![allow(clippy::unwrap_used, clippy::ref_option_ref, reason = "a test; and what mockall generates")]

use mockall::predicate::eq;
use naftiko::http::StatusCode;
use naftiko::{Error, ErrorKind, Result, capability};
use serde_json::json;
use std::sync::Arc;

/// Reads the tokens of users.
#[capability(
    consumes(namespace = "tokens", base_uri = "https://api.example.com"),
    exposes(rest(port = 1), mcp(port = 2))
)]
#[cfg_attr(test, mockall::automock)]
pub trait Tokens {
    /// Lists the tokens of a user.
    #[get("/users/{userId}/tokens")]
    async fn list<'a>(&self, user_id: &str, state: Option<&'a str>, tags: &[String]) -> Result<Vec<String>>;

    /// Counts the tokens of a user.
    #[rest(get = "/users/{userId}/token-count")]
    async fn count(&self, user_id: &str) -> Result<usize> {
        Ok(self.list(user_id, None, &[]).await?.len())
    }
}

mockall::mock! {
    /// Mocks `list`; `count` keeps its body in the trait.
    #[derive(Debug)]
    Requests {}

    impl Tokens for Requests {
        async fn list<'a>(&self, user_id: &str, state: Option<&'a str>, tags: &[String]) -> Result<Vec<String>>;
    }
}

#[tokio::test]
async fn a_mock_answers_the_calls_of_methods_with_bodies() {
    let mut mock = MockRequests::new();
    mock.expect_list()
        .withf(|user_id, state, tags| (user_id, *state, tags) == ("u-1", None, &[]))
        .times(2)
        .returning(|_, _, _| Ok(vec!["ci".into(), "laptop".into()]));
    assert_eq!(mock.count("u-1").await.unwrap(), 2);

    // A call by name, as from an adapter, has the same result.
    let capability = mock.into_capability();
    assert_eq!(capability.call("count", json!({ "userId": "u-1" })).await.unwrap(), 2);
}

#[tokio::test]
async fn an_error_from_a_mock_reaches_callers() {
    let mut mock = MockRequests::new();
    mock.expect_list().returning(|_, _, _| Err(Error::new(StatusCode::CONFLICT, "being moved")));
    let error = mock.into_capability().call("count", json!({ "userId": "u-1" })).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Application, StatusCode::CONFLICT));
}

#[tokio::test]
async fn a_generated_mock_in_an_arc_becomes_a_capability() {
    let mut mock = MockTokens::new();
    mock.expect_count().with(eq("u-1")).return_once(|_| Box::pin(async { Ok(3) }));
    // `#[automock]` mocks `into_capability` as well; the `Arc` has the trait's own method.
    let capability = Arc::new(mock).into_capability();
    assert_eq!(capability.call("count", json!({ "userId": "u-1" })).await.unwrap(), 3);
    // The mock does not expect this call, so it panics: the caller gets an error.
    let error = capability.call("count", json!({ "userId": "u-2" })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panic);
}
