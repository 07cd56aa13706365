//! Tests that an authorization server can move its keys: the new address is read from its metadata.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::testing::{Answer, Upstream};
use serde_json::json;

/// Serves metadata of the authorization server that contains one address, under the name `member`.
fn describe(upstream: &Upstream, member: &str, path: &str) {
    let url = upstream.url();
    let metadata = json!({ "issuer": url, member: format!("{url}{path}") });
    upstream.answer("GET", "/.well-known/oauth-authorization-server", Answer::json(200, metadata));
}

/// Returns a set with one key (RFC 7517, appendix A.1).
fn key_set(id: &str) -> Answer {
    let (x, y) = ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
    Answer::json(200, json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y }] }))
}

/// Returns whether the server has a usable key with this ID.
async fn knows(server: &Arc<Server>, id: &str) -> bool {
    matches!(server.keys(Some(id), Algorithm::ES256).await, Ok(Keys::Usable(_)))
}

/// Returns the paths of the requests so far; the path of the metadata is an empty string.
fn paths(upstream: &Upstream) -> Vec<String> {
    let of = |path: &str| path.trim_start_matches("/.well-known/oauth-authorization-server").to_owned();
    upstream.requests().iter().map(|request| of(request.path())).collect()
}

#[tokio::test]
async fn keys_that_the_server_has_moved_are_found_again() {
    for after_move in [Answer::status(404), key_set("one")] {
        let upstream = Upstream::start().await;
        describe(&upstream, "jwks_uri", "/old");
        upstream.answer("GET", "/old", key_set("one")).answer("GET", "/new", key_set("two"));
        let server = Server::new(upstream.url().to_owned(), Fetcher::new(true), None, "jwks_uri");
        let server = Arc::new(server);
        assert!(knows(&server, "one").await);
        describe(&upstream, "jwks_uri", "/new");
        upstream.answer("GET", "/old", after_move);
        assert!(knows(&server, "two").await);
        assert_eq!(paths(&upstream), ["", "/old", "/old", "", "/new"]);
        // A token with an unknown key causes no further request within 30 seconds.
        for id in ["three", "four"] {
            assert!(!knows(&server, id).await);
        }
        assert_eq!(paths(&upstream).len(), 5);
    }
}

#[tokio::test]
async fn the_keys_at_the_old_address_are_used_if_the_new_address_fails() {
    let upstream = Upstream::start().await;
    describe(&upstream, "jwks_uri", "/old");
    upstream.answer("GET", "/old", key_set("one")).answer("GET", "/new", Answer::status(404));
    let server = Server::new(upstream.url().to_owned(), Fetcher::new(true), None, "jwks_uri");
    let server = Arc::new(server);
    assert!(knows(&server, "one").await);
    describe(&upstream, "jwks_uri", "/new");
    upstream.answer("GET", "/old", key_set("two"));
    // The set at the old address has no key with this ID, and the new address has no set at all.
    assert!(!knows(&server, "three").await);
    assert_eq!(paths(&upstream), ["", "/old", "/old", "", "/new"]);
    assert!(knows(&server, "two").await);
}
