//! Forwards requests to a consumed API: the path below a prefix, the query, the body, and trusted headers.

use crate::consume::answer::{may_be_json, open};
use crate::consume::body::StreamKind;
use crate::consume::context::ClientContext;
use crate::consume::credential::CredentialPlace;
use crate::consume::encode::{self, LONGEST_URL};
use crate::consume::layers::OwnSettings;
use crate::consume::outgoing::Outgoing;
use crate::consume::passed_headers::{self, ForwardedRoute};
use crate::consume::ready::{Loader, NOT_ARGUMENTS};
use crate::consume::request::{Parts, Prepared};
use crate::consume::rotation::Rotation;
use crate::consume::upstream_call::UpstreamCall;
use crate::error::{Error, Result};
use crate::operation::Download;
use crate::operation::{BoxFuture, Forward, ForwardAnswer, ForwardRequest};
use crate::upload::BodyPiece;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderName, Method, StatusCode};
use http_body::Body;
use naftiko_spec::lower::ForwardRoute;
use naftiko_spec::model::Resilience;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// Request headers that are never confidential: an upstream may repeat their values in its answer.
const NOT_SECRET: [HeaderName; 9] = [
    ACCEPT,
    CONTENT_ENCODING,
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    RANGE,
];

/// A prepared forward route, without its client context.
pub(super) struct ReadyForward {
    expose: usize,
    prefix: String,
    upstream_call: Arc<UpstreamCall>,
    trusted: Vec<HeaderName>,
}

/// A forward route.
pub(super) struct Forwarder {
    context: Arc<ClientContext>,
    upstream_call: Arc<UpstreamCall>,
    trusted: Vec<HeaderName>,
}

impl ReadyForward {
    /// Prepares a route, and reports its faults to the resolver. Returns `None` if its requests could not be sent.
    pub(super) fn new(loader: &mut Loader<'_, '_>, route: &ForwardRoute) -> Option<Self> {
        let ForwardRoute { expose, prefix, consume, trusted_headers, .. } = route;
        let settings = OwnSettings { resilience: &Resilience::default(), cache: None, method: None };
        let upstream_call = loader.upstream_call(*consume, prefix, None, settings)?;
        let mut trusted = vec![ACCEPT, CONTENT_ENCODING, CONTENT_TYPE];
        for name in trusted_headers {
            match name.parse::<HeaderName>() {
                Ok(header) if NOT_ARGUMENTS.contains(&header) => loader.resolver.report(format!(
                    "`{prefix}` trusts the header `{name}`, which belongs to the connection and cannot be forwarded"
                )),
                Ok(header) => trusted.push(header),
                Err(_) => {
                    loader
                        .resolver
                        .report(format!("`{prefix}` trusts `{}`, which is not a header name", name.escape_debug()));
                }
            }
        }
        if let Some(credential) = &upstream_call.upstream.credential
            && let CredentialPlace::Inline(_) = credential.place
        {
            loader.resolver.report(format!(
                "`{prefix}`: {} of `{}` is sent in a path or a body, so it cannot be added to a forwarded request",
                credential.what, upstream_call.upstream.namespace
            ));
            return None;
        }
        Some(Self {
            expose: *expose,
            prefix: prefix.clone(),
            upstream_call: loader.store_forward(upstream_call),
            trusted,
        })
    }

    /// Adds the client context that sends the requests.
    pub(super) fn with_context(self, context: Arc<ClientContext>) -> (usize, String, Arc<Forwarder>) {
        let Self { expose, prefix, upstream_call, trusted } = self;
        (expose, prefix, Arc::new(Forwarder { context, upstream_call, trusted }))
    }
}

impl Forwarder {
    /// Forwards a request, with the current secrets if they can change.
    async fn pass(&self, request: ForwardRequest) -> Result<ForwardAnswer> {
        let deadline = Instant::now() + self.upstream_call.timeout;
        let Some(rotation) = Rotation::of(&self.context) else { return self.pass_now(request, deadline).await };
        let generation = rotation.current();
        let renewed = generation.as_ref().and_then(|generation| {
            let upstream_call = generation.forwards.get(self.upstream_call.number)?.clone();
            let (context, trusted) = (generation.context.clone(), self.trusted.clone());
            Some(Self { context, upstream_call, trusted })
        });
        let current = renewed.as_ref().unwrap_or(self);
        let answer = current.pass_now(request, deadline).await;
        let (generation, upstream) = (generation.as_deref(), &current.upstream_call.upstream);
        if answer.as_ref().is_err_and(|error| rotation.is_refusal(generation, upstream, error)) {
            // The body may have been read, so this request is not repeated, but the next request has the new secret.
            let _ = timeout_at(deadline, rotation.after_refusal(generation, upstream)).await;
        }
        answer
    }

    /// Forwards a request with this forwarder's current secrets, without renewing them.
    async fn pass_now(&self, request: ForwardRequest, deadline: Instant) -> Result<ForwardAnswer> {
        // The memory of the answer counts towards the limits of the capability.
        let call_budget = request.call_budget.clone();
        let (prefix, below, is_head) = (request.prefix.clone(), request.path.clone(), request.method == Method::HEAD);
        let mut prepared = self.prepared(request).map_err(|error| error.in_operation(&self.upstream_call.name))?;
        prepared.deadline = Some(deadline);
        let uri = prepared.request.uri().clone();
        let opened = open(&self.context, &self.upstream_call, prepared, &call_budget).await?;
        let (status, content_type) = (opened.status, opened.content_type().cloned());
        let route =
            ForwardedRoute { base: &self.upstream_call.upstream.base, uri: &uri, prefix: &prefix, below: &below };
        let mut headers = route.headers(&opened.headers);
        if is_head {
            // The length of a compressed body differs from the length of the decoded body that GET returns.
            let is_compressed = opened.headers.contains_key(CONTENT_ENCODING);
            let names: &[HeaderName] = if is_compressed { &[CONTENT_TYPE] } else { &[CONTENT_TYPE, CONTENT_LENGTH] };
            headers.extend(passed_headers::select(&opened.headers, names));
        }
        let media_type = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        // These statuses have no content (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5), whatever the upstream sends.
        let has_content =
            !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED);
        let body = if has_content {
            let own = opened.context();
            let context = own.as_ref().unwrap_or(&self.context);
            let stream = (StreamKind::Forward, may_be_json(content_type.as_ref()));
            opened.streamed(context, &self.upstream_call, stream).await?
        } else {
            opened.skip().await;
            None
        };
        Ok(ForwardAnswer { status, headers, media: body.map(|body| Download::of(media_type, None, body)) })
    }

    /// Prepares the request to the API: the path and query below the base URI, the API's constant parameters, and the trusted headers.
    /// In a dry run, records the request and returns an error.
    fn prepared(&self, request: ForwardRequest) -> Result<Box<Prepared>> {
        let upstream = &*self.upstream_call.upstream;
        let ForwardRequest { method, path, query, headers, body, trace, .. } = request;
        check_path(&path)?;
        let mut parts = Parts::of(upstream);
        let body = Outgoing::of(vec![BodyPiece::File(body)])?;
        parts.body = (!body.is_end_stream()).then_some(body);
        parts.url.push_str(&path);
        // Only the name of the key is used, so its value need not be hidden.
        let key = upstream.credential.as_ref().and_then(|credential| credential.place.query(false));
        let own = upstream.query.iter().map(|(name, ..)| name.as_str()).chain(key.map(|(name, _)| name));
        let query = query.map(|query| without(&query, &own.collect::<Vec<_>>()));
        let mut separator = '?';
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            parts.url.push('?');
            encode::push_query_literal(&mut parts.url, &query);
            separator = '&';
        }
        parts.push_constants(upstream, &[], separator, self.context.dry_run.is_some());
        if parts.url.len() > LONGEST_URL {
            let message = format!("the URL is too long to be forwarded: the limit is {LONGEST_URL} bytes");
            return Err(Error::argument("", message));
        }
        let cookies = upstream.cookies.iter().map(|(name, value)| format!("{name}={}", value.expose_secret()));
        parts.add_cookies(cookies.collect::<Vec<_>>().join("; "))?;
        let mut sensitive = Vec::new();
        // Answers are decoded here, so callers cannot choose the codings.
        for name in self.trusted.iter().filter(|name| headers.contains_key(*name) && *name != ACCEPT_ENCODING) {
            match upstream.credential.as_ref().map(|credential| &credential.place) {
                Some(CredentialPlace::Header(own)) if own == name => parts.own_credential = false,
                // The capability's own cookies take precedence; they are not merged with the caller's.
                _ if name == COOKIE && parts.headers.contains_key(COOKIE) => continue,
                _ => {}
            }
            parts.headers.remove(name);
            for value in headers.get_all(name) {
                if !NOT_SECRET.contains(name)
                    && let Ok(text) = value.to_str()
                {
                    sensitive.push(SecretString::from(text));
                }
                parts.headers.append(name, value.clone());
            }
        }
        if let Some(dry_run) = &self.context.dry_run {
            let request = upstream.as_written(&parts.describe(&method));
            return Err(dry_run.record(self.context.answers.mask_text(&request).into_owned()));
        }
        let own_credential = parts.own_credential;
        let (mut request, caller_secrets) = (parts.request(&method)?, Vec::new());
        if let Some(trace) = trace {
            request.extensions_mut().insert(trace);
        }
        Ok(Box::new(Prepared {
            request,
            own_credential,
            sensitive,
            caller_secrets,
            has_other_headers: true,
            page: None,
            again: None,
            generation: None,
            deadline: None,
        }))
    }
}

/// Returns the caller's query without the parameters that the capability sets, in any letter case and encoding: some
/// servers ignore case, and treat a semicolon as a separator.
fn without(query: &str, own: &[&str]) -> String {
    let decoded = |name: &str| percent_decode_str(&name.replace('+', " ")).collect::<Vec<u8>>().to_ascii_lowercase();
    let own: Vec<_> = own.iter().map(|name| decoded(name)).collect();
    let is_own = |piece: &str| own.contains(&decoded(piece.split('=').next().unwrap_or_default()));
    query.split('&').filter(|pair| !pair.split(';').any(is_own)).collect::<Vec<_>>().join("&")
}

/// Checks that a path stays below the base URI, even if the upstream decodes it twice.
fn check_path(path: &str) -> Result<()> {
    let refused = |why: &str| {
        let message = format!("this path cannot be forwarded: {why}");
        Err(Error::argument("", message))
    };
    if !path.is_empty() && !path.starts_with('/') {
        return refused("it must start with a slash");
    }
    let mut decoded = path.to_owned();
    for _ in 0..3 {
        // Some servers treat the text after a semicolon as a parameter of the segment.
        let segments = decoded.split(['/', '\\']).filter_map(|segment| segment.split(';').next());
        if segments.into_iter().any(|segment| matches!(segment, "." | "..")) {
            return refused("`.` and `..` are not allowed");
        }
        if decoded.chars().any(char::is_control) {
            return refused("it contains a control character");
        }
        decoded = percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
    }
    Ok(())
}

impl Forward for Forwarder {
    fn forward(&self, request: ForwardRequest) -> BoxFuture<'_, Result<ForwardAnswer>> {
        Box::pin(async move {
            // `pass` returns errors of the upstream as `Err`.
            let answer = self.pass(request).await?;
            debug_assert!(answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED);
            Ok(answer)
        })
    }

    fn needs_whole_body(&self) -> bool {
        let credentials = self.upstream_call.upstream.credentials.as_ref();
        credentials.is_some_and(|credentials| credentials.need_whole_body())
    }
}

#[cfg(test)]
mod tests {
    use super::check_path;

    #[test]
    fn a_path_stays_below_the_base_uri() {
        for path in ["", "/", "/a/b", "/a%2Fb", "/a..b/...", "/geo:1;2", "/;a", "/caf%C3%A9", "/%", "//a"] {
            assert!(check_path(path).is_ok(), "{path}");
        }
        for path in [
            "a",
            "/..",
            "/a/../b",
            "/./a",
            "/%2e%2e/a",
            "/%2E%2E%2Fa",
            "/a%2f..%2fb",
            "/%252e%252e/a",
            "/..%5Ca",
            "/a%0d%0ab",
            "/..;/a",
            "/a/%2e%2e%3Bx=1/b",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }
}
