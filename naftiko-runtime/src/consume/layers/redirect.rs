//! Redirects of GET and HEAD within the origin of the API (RFC 9110, section 15.4).
//!
//! A redirect to another scheme, host or port would send credentials there, and a repeated POST could take effect twice.
//! Such redirects are errors. Without this layer, all redirects are errors. Like credentials in headers, an API key in
//! the query of the request is also sent to the target.

use super::Deadline;
use super::around::{Around, InnerService, Layered};
use crate::consume::fault::Failure;
use crate::consume::outgoing::{Outgoing, try_clone};
use crate::consume::reference::{self, Followed};
use crate::consume::transport::Incoming;
use http::header::LOCATION;
use http::{Method, Request, Response, Uri};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout_at;
use tower_layer::Layer;
use tower_service::Service;

/// An extension of an answer whose redirect was not followed: the URI that sent the redirect, and the reason.
#[derive(Clone)]
pub(crate) struct NotFollowed {
    pub(crate) uri: Uri,
    pub(crate) why: String,
}

/// An extension of a request with a credential in its query: the parameter as it is in the query, `NAME=VALUE`.
#[derive(Clone)]
pub(crate) struct KeyInQuery(SecretString);

impl KeyInQuery {
    pub(crate) fn new(parameter: &str) -> Self {
        Self(parameter.into())
    }

    /// Adds the parameter to the target of a redirect, unless the target has a parameter with this name.
    fn add_to(&self, target: Uri) -> Uri {
        let name = |pair: &str| {
            let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
            percent_decode_str(&name).collect::<Vec<u8>>()
        };
        let own = self.0.expose_secret();
        let query = target.query().unwrap_or_default();
        if query.split('&').any(|pair| name(pair) == name(own)) {
            return target;
        }
        let separator = match target.query() {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        };
        format!("{target}{separator}{own}").parse().unwrap_or(target)
    }
}

/// A layer that follows redirects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RedirectLayer {
    /// The maximum number of redirects that are followed for one request.
    pub(crate) limit: u16,
}

impl<S> Layer<S> for RedirectLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for RedirectLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return follow(inner, self.limit, request).await;
        }
        let uri = request.uri().clone();
        let mut response = inner.call(request).await?;
        if response.status().is_redirection() {
            let why = "only redirects of GET and HEAD are followed".to_owned();
            response.extensions_mut().insert(NotFollowed { uri, why });
        }
        Ok(response)
    }
}

/// Sends a request, and the requests to which it is redirected.
async fn follow<S>(mut inner: S, limit: u16, request: Request<Outgoing>) -> Result<Response<Incoming>, Failure>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
{
    let (deadline, mut next) = (Deadline::of(&request), try_clone(&request));
    let mut visited = vec![request.uri().clone()];
    let key: Option<KeyInQuery> = request.extensions().get().cloned();
    let mut response = inner.call(request).await?;
    while response.status().is_redirection()
        && let Some(mut request) = next
    {
        let Some(uri) = visited.last() else { break };
        let target = target(uri, &response).map(|target| match &key {
            Some(key) => target.map(|target| key.add_to(target)),
            None => target,
        });
        let target = match target {
            Some(Ok(target)) if visited.contains(&target) => Err("redirects in a loop are not followed".to_owned()),
            Some(Ok(_)) if visited.len() > usize::from(limit) => {
                let redirects = if limit == 1 { "redirect" } else { "redirects" };
                Err(format!("`redirects` allows at most {limit} {redirects}"))
            }
            Some(target) => target.map_err(ToOwned::to_owned),
            // Without a Location.
            None => break,
        };
        let target = match target {
            Ok(target) => target,
            Err(why) => {
                let uri = uri.clone();
                response.extensions_mut().insert(NotFollowed { uri, why });
                break;
            }
        };
        if let Some(deadline) = &deadline {
            // Reads the rest of the answer if it is short, so that its connection can be reused.
            let _ = timeout_at(deadline.at(), response.into_body().skip()).await;
        }
        request.uri_mut().clone_from(&target);
        visited.push(target);
        next = try_clone(&request);
        response = inner.call(request).await?;
        response.extensions_mut().insert(Followed);
    }
    Ok(response)
}

/// Returns the target of a redirect, or why it is not followed; `None` without a `Location`.
fn target(uri: &Uri, response: &Response<Incoming>) -> Option<Result<Uri, &'static str>> {
    let location = reference::in_header(response.headers().get(LOCATION)?);
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Some(Err("only 301, 302, 303, 307 and 308 are followed"));
    }
    let Some(target) = reference::resolve(uri, location.trim()) else {
        return Some(Err("the `Location` is not a valid HTTP URL"));
    };
    if target.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Some(Err("the target contains a user name or a password"));
    }
    let is_same_origin = reference::is_same_origin(uri, &target);
    Some(if is_same_origin { Ok(target) } else { Err("only redirects to the same scheme, host and port are followed") })
}
