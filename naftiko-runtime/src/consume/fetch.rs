//! Fetches small JSON documents, for adapters that check access tokens: the metadata and the keys of an authorization server, and
//! its answers about tokens.

use super::fault::{self, BoxError, Failure};
use super::network::{self, HOW_TO_ALLOW, is_only_private};
use super::outgoing::Outgoing;
use super::transport::Repeat;
use super::{pool, token};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt, Limited};
use naftiko_spec::host;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// The maximum size of a document, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// The time limit for connecting.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The time limit of a fetch.
const LIMIT: Duration = Duration::from_secs(10);

/// An HTTP client that fetches JSON documents.
pub(crate) struct Fetcher {
    /// Whether addresses in fetched documents may be private.
    allows_private: bool,
}

/// The addresses that a host may have.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reach {
    /// Any: the operator has named the host, or [`Fetcher::reach`] allows it.
    Anywhere,
    /// Public ones: a fetched document names the host.
    Public,
}

impl Fetcher {
    /// Creates a fetcher that shares the connection pools of the clients.
    pub(crate) fn new(allows_private: bool) -> Self {
        Self { allows_private }
    }

    /// Returns which addresses are allowed for a host that the document at the URL `named_by` names. All are allowed if the operator
    /// allows private addresses, or if the document itself comes from a private network. Otherwise only public addresses are allowed, even
    /// on the document's own host: the owner of a public name can give it private addresses at any time.
    pub(crate) async fn reach(&self, named_by: &str) -> Reach {
        let by = named_by.split_once("://").map(|(_, rest)| host::of_authority(rest)).unwrap_or_default();
        if self.allows_private || network::is_private(&by).await { Reach::Anywhere } else { Reach::Public }
    }

    /// Fetches a document with GET.
    ///
    /// # Errors
    /// Returns the reason if it cannot be fetched.
    pub(crate) async fn get(&self, url: &str, reach: Reach) -> std::result::Result<Value, String> {
        self.send(url, reach, Request::new(Outgoing::from(Bytes::new()))).await
    }

    /// Posts a form, with an `Authorization` header if one is given, and returns the JSON answer.
    ///
    /// # Errors
    /// Returns why the request failed, without quoting the form.
    pub(crate) async fn post(
        &self,
        (url, reach): (&str, Reach),
        form: &[(String, Value)],
        authorization: Option<&HeaderValue>,
    ) -> std::result::Result<Value, String> {
        let mut request = Request::new(Outgoing::from(Bytes::from(crate::formats::form(form))));
        *request.method_mut() = Method::POST;
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        if let Some(authorization) = authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        self.send(url, reach, request).await
    }

    async fn send(
        &self,
        url: &str,
        reach: Reach,
        mut request: Request<Outgoing>,
    ) -> std::result::Result<Value, String> {
        *request.uri_mut() = token::parse_url(url).map_err(|why| format!("{url} {why}"))?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let private = || {
            format!(
                "{url} has a private address and comes from the issuer's metadata: set it in the adapter's `authentication`, or \
                 {HOW_TO_ALLOW}"
            )
        };
        let host = request.uri().host().unwrap_or_default().to_ascii_lowercase();
        if reach == Reach::Public && network::is_visibly_private(&host) {
            return Err(private());
        }
        let transport = pool::transport(CONNECT_LIMIT, reach == Reach::Public);
        let transport = transport.map_err(|error| error.to_string())?;
        let fetched = async {
            let repeat = Repeat::of(&request, None);
            let response = transport.send(Box::new(request), repeat).await.map_err(|failure| match &failure {
                Failure::Connect(cause) if is_only_private(cause.as_ref()) => private(),
                failure => format!("{url} failed: {failure}"),
            })?;
            let status = response.status();
            if !status.is_success() {
                return Err(format!("{url} answered with {status}"));
            }
            let body = Limited::new(response.into_body(), MAX_DOCUMENT).collect().await;
            let unread = |error: BoxError| format!("the answer from {url} {}", fault::why_unread(&*error, "512 KiB"));
            let body = body.map_err(unread)?.to_bytes();
            serde_json::from_slice(&body).map_err(|_| format!("the answer from {url} is not JSON"))
        };
        timeout(LIMIT, fetched).await.unwrap_or_else(|_| Err(format!("{url} has not answered within {LIMIT:?}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The tests of `network` define the addresses of these names: `private.test` has private addresses only.
    #[tokio::test]
    async fn metadata_of_a_public_issuer_leads_to_public_addresses_only() {
        let fetcher = Fetcher::new(false);
        for (issuer, is_public) in [
            ("https://public.test/realm", true),
            ("https://203.0.114.7", true),
            // Its owner has added a private address, to make the fetcher reach private networks.
            ("https://mixed.test", true),
            ("https://unknown.test", true),
            ("https://private.test:8443/a", false),
            ("https://[::1]:9", false),
            ("http://localhost:8080", false),
        ] {
            assert_eq!(fetcher.reach(issuer).await == Reach::Public, is_public, "{issuer}");
            assert!(Fetcher::new(true).reach(issuer).await == Reach::Anywhere);
        }
        for url in
            ["https://private.test/keys", "https://10.0.0.1/keys", "https://[::1]/keys", "https://localhost/keys"]
        {
            let why = fetcher.get(url, Reach::Public).await.unwrap_err();
            assert!(why.starts_with(&format!("{url} has a private address")), "{why}");
            assert!(why.contains("--allow-private"), "{why}");
        }
    }
}
