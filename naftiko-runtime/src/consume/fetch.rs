//! Fetches small JSON documents, for adapters that check access tokens: the metadata and the keys of an authorization server.

use super::outgoing::Outgoing;
use super::transport::{Repeat, Transport};
use super::{pool, token};
use crate::error::Result;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The maximum size of a document, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// The time limit of a fetch.
const LIMIT: Duration = Duration::from_secs(10);

/// An HTTP client that fetches JSON documents.
pub(crate) struct Fetcher {
    transport: Arc<Transport>,
}

impl Fetcher {
    /// Creates a fetcher that shares the connection pool of the clients.
    ///
    /// # Errors
    /// Returns an error if TLS cannot be set up.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { transport: pool::transport(Duration::from_secs(5), false)? })
    }

    /// Fetches a document with GET.
    ///
    /// # Errors
    /// Returns the reason if it cannot be fetched.
    pub(crate) async fn get(&self, url: &str) -> std::result::Result<Value, String> {
        self.send(url, Request::new(Outgoing::from(Bytes::new()))).await
    }

    /// Posts a form, with an `Authorization` header if one is given, and returns the JSON answer.
    ///
    /// # Errors
    /// Returns why the request failed, without quoting the form.
    pub(crate) async fn post(
        &self,
        url: &str,
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
        self.send(url, request).await
    }

    async fn send(&self, url: &str, mut request: Request<Outgoing>) -> std::result::Result<Value, String> {
        *request.uri_mut() = token::parsed(url).map_err(|why| format!("{url} {why}"))?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let fetched = async {
            let repeat = Repeat::of(&request, None);
            let response =
                self.transport.send(request, repeat).await.map_err(|failure| format!("{url} failed: {failure}"))?;
            let status = response.status();
            if !status.is_success() {
                return Err(format!("{url} answered with {status}"));
            }
            let body = Limited::new(response.into_body(), MAX_DOCUMENT).collect().await;
            let body = body.map_err(|_| format!("the answer of {url} cannot be read to its end"))?.to_bytes();
            serde_json::from_slice(&body).map_err(|_| format!("the answer of {url} is not JSON"))
        };
        timeout(LIMIT, fetched).await.unwrap_or_else(|_| Err(format!("{url} has not answered within {LIMIT:?}")))
    }
}
