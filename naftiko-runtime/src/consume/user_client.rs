//! Sends requests through a reqwest client that the user passed in.

use super::fault::{Failure, chain, is_malformed, of_file};
use super::outgoing::Outgoing;
use super::reference::Followed;
use crate::error::Error;
use http::{Request, Response};
use std::error::Error as StdError;
use std::io;

/// Sends a request once. Every connection counts as reused, since reqwest does not report which ones are.
pub(super) async fn send(
    client: &reqwest::Client,
    request: Request<Outgoing>,
) -> Result<Response<reqwest::Body>, Failure> {
    let request = with_same_url(request)?;
    let uri = request.url().clone();
    let response = client.execute(request).await.map_err(|error| match failure_before(&uri, error) {
        // The peer may have closed a kept connection before the request arrived. Other connection errors do not suggest
        // this.
        Failure::Broken(cause) if is_closed_by_peer(cause.as_ref()) => Failure::Stale(cause),
        Failure::Broken(cause) => Failure::Closed(cause),
        failure => failure,
    })?;
    let is_followed = *response.url() != uri;
    let mut response = Response::from(response);
    if is_followed {
        response.extensions_mut().insert(Followed);
    }
    Ok(response)
}

/// Returns whether the peer closed the connection.
fn is_closed_by_peer(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| {
        error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
            || error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe))
    })
}

/// Converts a request for reqwest, and checks that its URL stays the same: reqwest follows the URL standard, which removes and
/// rewrites parts of paths, so the request could be sent elsewhere.
fn with_same_url(request: Request<Outgoing>) -> Result<reqwest::Request, Failure> {
    let uri = request.uri().to_string();
    let request = request.map(|body| match body {
        Outgoing::Whole(bytes) => reqwest::Body::from(bytes),
        body @ Outgoing::Pieces(..) => reqwest::Body::wrap(body),
    });
    match reqwest::Request::try_from(request) {
        Ok(request) if request.url().as_str() == uri => Ok(request),
        Ok(_) => {
            let why = "the request was not sent: its path contains a segment `.` or `..` (also as `%2e`), or a character that \
                must be percent-encoded in a URL, and the HTTP client would change it";
            Err(Failure::Rejected(Error::argument("", why).unsent()))
        }
        Err(error) => Err(failure(error)),
    }
}

/// Returns the reason why an answer to a request to `uri` did not arrive. The client may have refused the request, for example because it
/// only allows `https`. If the client refused the target of a redirect, it had already sent the request.
fn failure_before(uri: &reqwest::Url, error: reqwest::Error) -> Failure {
    if error.is_builder() && error.url() == Some(uri) {
        let why = "the client that was set with `http_client` refused the request";
        return Failure::Rejected(Error::configuration(why).because(error.without_url()).unsent());
    }
    failure(error)
}

/// Returns the reason why an answer did not arrive, or arrived only in part.
pub(super) fn failure(error: reqwest::Error) -> Failure {
    // The message of reqwest contains the URL, and with it the query.
    let error = error.without_url();
    if let Some(failure) = of_file(&error) {
        return failure;
    }
    let kind = if error.is_timeout() && error.is_connect() {
        Failure::ConnectTimeout
    } else if error.is_timeout() {
        Failure::Timeout
    } else if error.is_connect() {
        Failure::Connect
    } else if error.is_redirect() {
        Failure::Redirect
    } else if is_malformed(&error) {
        Failure::Malformed
    } else {
        Failure::Broken
    };
    kind(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_was_not_sent_does_not_blame_the_api() {
        let only_https = reqwest::Client::builder().https_only(true).build().unwrap();
        for (client, uri, expected) in [
            (reqwest::Client::new(), "http://api.example/a/%2e%2e/b", "the HTTP client would change it"),
            (only_https, "http://api.example/a", "refused the request"),
        ] {
            let request = Request::get(uri).body(Outgoing::Whole(bytes::Bytes::new())).unwrap();
            match send(&client, request).await {
                Err(Failure::Rejected(error)) => {
                    assert!(error.is_unsent() && error.to_string().contains(expected), "{error}");
                }
                other => panic!("expected a refusal, found {other:?}"),
            }
        }
    }
}
