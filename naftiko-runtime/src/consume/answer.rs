//! Turns an upstream's answer into a result, or into an error that tells the caller what went wrong.

use super::body::{self, StreamKind, Streamed};
use super::coding::{self, Coding};
use super::context::ClientContext;
use super::effect::{EarlierEffect, answers_effect, may_follow_effect};
use super::failure;
use super::layers::authentication::{RequestSecrets, UnauthorizedReason};
use super::layers::redirect::NotFollowed;
use super::redact::ErrorMasker;
use super::refusal;
use super::request::Prepared;
use super::sent_request::SentRequest;
use super::transport::{Incoming, Repeat};
use super::unpack;
use super::upstream_call::UpstreamCall;
use super::wait::MAX_QUOTED_HEADER;
use crate::error::{Error, Result};
use crate::formats::{on_blocking_thread, text};
use crate::limits::CallBudget;
#[cfg(feature = "mcp")]
use crate::operation::early_questions;
use crate::operation::{Head, RawJson, earlier_call};
use crate::schema::json_location;
use crate::telemetry::SentFor;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use std::borrow::Cow;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// A successful answer whose body has not been read yet.
pub(crate) struct Opened {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    pub(super) body: Incoming,
    deadline: Instant,
    pub(super) call_budget: CallBudget,
    /// A context that also masks the secrets of this request; `None` if the client's context masks all of them.
    context: Option<Arc<ClientContext>>,
}

/// Sends a request and waits for the head of its answer.
///
/// # Errors
/// Returns an error if no answer arrives, if its status is not a success, or if it is a 206 that was not requested.
pub(crate) async fn open(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    mut prepared: Box<Prepared>,
    call_budget: &CallBudget,
) -> Result<Box<Opened>> {
    let deadline = prepared.deadline.unwrap_or_else(|| Instant::now() + upstream_call.timeout);
    let names = (&*upstream_call.name, &*upstream_call.upstream.namespace);
    SentFor::note(prepared.request.extensions_mut(), names, upstream_call.template.as_ref(), deadline);
    let Prepared { mut request, own_credential, mut sensitive, caller_secrets, has_other_headers, .. } = *prepared;
    let is_idempotent = request.method().is_idempotent();
    let effect = if request.method().is_safe() {
        None
    } else {
        Some(request.extensions_mut().get_or_insert_default::<EarlierEffect>().clone())
    };
    let with_earlier_effect = |error| match &effect {
        Some(effect) => effect.noted_in(error, is_idempotent),
        None => error,
    };
    sensitive.extend(caller_secrets.iter().cloned());
    let mut sent_request = SentRequest::of(upstream_call, &request, (own_credential, has_other_headers), sensitive);
    let transport = upstream_call.upstream.transport.as_ref().or(context.transport.as_ref());
    let Some(transport) = transport else { return Err(Error::internal("a dry run sends no request")) };
    let sent = async {
        #[cfg(feature = "mcp")]
        early_questions::note_request();
        match &upstream_call.layers {
            None => {
                let shared = (!has_other_headers).then_some((&sent_request.uri, &upstream_call.upstream.headers));
                let repeat = Repeat::of(&request, shared);
                transport.send(request, repeat).await
            }
            Some(layers) => layers.send(*request, deadline).await.map(Box::new),
        }
    };
    let sent = timeout_at(deadline, sent).await;
    if !is_idempotent {
        let may_be_done = match &sent {
            // With 404 and 410, there was nothing to change.
            Ok(Ok(response)) => !matches!(response.status().as_u16(), 404 | 410) && answers_effect(response),
            Ok(Err(failure)) => may_follow_effect(failure),
            Err(_) => true,
        };
        if may_be_done || effect.as_ref().is_some_and(EarlierEffect::is_noted) {
            earlier_call::remember(names.1, names.0, false);
        }
    }
    let response = match sent {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(with_earlier_effect(failure::broken(upstream_call, failure))),
        Err(_) => return Err(failure::too_slow(upstream_call)),
    };
    let (Parts { status, mut headers, mut extensions, .. }, body) = response.into_parts();
    let request_secrets = extensions.remove::<RequestSecrets>();
    let not_followed = extensions.remove::<NotFollowed>();
    sent_request
        .sensitive
        .extend(request_secrets.iter().flat_map(|RequestSecrets(secrets)| secrets.texts.iter().cloned()));
    if !status.is_success() {
        ErrorMasker::new(&context.errors, &sent_request.sensitive).mask_headers(&mut headers);
        let unauthorized_reason = extensions.get::<UnauthorizedReason>();
        let answered = (status, &headers, not_followed.as_ref(), unauthorized_reason);
        let refused = refusal::refused(context, upstream_call, &sent_request, answered, body, deadline);
        // In a box, so that the future of a call that succeeds stays small.
        let error = Box::pin(refused).await;
        let (upstream, operation) = (&upstream_call.upstream.namespace, &upstream_call.name);
        tracing::debug!(upstream, operation, status = status.as_u16(), "refused");
        return Err(with_earlier_effect(error).in_operation(operation));
    }
    if sent_request.own_credential
        && let Some(state) = &upstream_call.upstream.credential_state
    {
        state.note_accepted();
    }
    sent_request.check_range(upstream_call, status, &headers)?;
    let own_context = match request_secrets {
        request_secrets if !caller_secrets.is_empty() => {
            let texts =
                request_secrets.iter().flat_map(|RequestSecrets(secrets)| &secrets.texts).chain(&caller_secrets);
            Some(Arc::new(context.with_secrets(&texts.cloned().collect::<Vec<_>>())))
        }
        request_secrets => request_secrets.map(|RequestSecrets(secrets)| secrets.masked(context)),
    };
    own_context.as_deref().unwrap_or(context).answers.mask_headers(&mut headers);
    // In a box, since it is passed on by several functions.
    Ok(Box::new(Opened { status, headers, body, deadline, call_budget: call_budget.clone(), context: own_context }))
}

impl Opened {
    /// Returns the context for reading the answer; `None` means the client's context.
    pub(crate) fn context(&self) -> Option<Arc<ClientContext>> {
        self.context.clone()
    }

    /// Returns the declared Content-Type.
    pub(crate) fn content_type(&self) -> Option<&HeaderValue> {
        self.headers.get(CONTENT_TYPE)
    }

    /// Returns the status and the headers, without the headers that describe the encoded bytes.
    pub(super) fn head(&self, status: StatusCode) -> Head {
        let mut headers = self.headers.clone();
        headers.remove(CONTENT_LENGTH);
        headers.remove(CONTENT_ENCODING);
        headers.remove(TRANSFER_ENCODING);
        Head { status, headers }
    }

    /// Discards the body; a failure while reading it is ignored.
    pub(crate) async fn skip(self: Box<Self>) {
        let _ = timeout_at(self.deadline, self.body.skip()).await;
    }

    /// Returns the content codings of the body. Unsupported codings of an empty body are ignored.
    pub(super) fn codings(&self, upstream_call: &UpstreamCall) -> Result<Vec<Coding>> {
        match coding::of(&self.headers) {
            Err(_) if self.body.is_end_stream() => Ok(Vec::new()),
            codings => codings.map_err(|what| {
                let what = format!("answered with {what}, which is not supported");
                failure::bad_answer(upstream_call, &what)
            }),
        }
    }

    /// Reads the whole body, decompressed.
    async fn bytes(self: Box<Self>, context: &ClientContext, upstream_call: &UpstreamCall) -> Result<Bytes> {
        let (codings, limit) = (self.codings(upstream_call)?, context.max_answer);
        let collected =
            timeout_at(self.deadline, body::collect(self.body, upstream_call, limit, &self.call_budget)).await;
        let bytes = collected.unwrap_or_else(|_| Err(failure::too_slow(upstream_call)))?;
        if codings.is_empty() {
            return Ok(bytes);
        }
        // An estimate: decompressed text is often several times as long as compressed text.
        let expected = bytes.len().saturating_mul(8);
        let unpack = move || unpack::whole(&codings, bytes, limit);
        let unpacked = on_blocking_thread(expected, unpack)
            .await
            .map_err(|why| failure::undecodable(upstream_call, why, limit))?;
        self.call_budget.reserve(unpacked.len())?;
        Ok(unpacked)
    }

    /// Reads the whole body of JSON or plain text: masked, converted to UTF-8, and without a byte-order mark.
    pub(crate) async fn whole(
        self: Box<Self>,
        context: &Arc<ClientContext>,
        upstream_call: &UpstreamCall,
    ) -> Result<Bytes> {
        let (content_type, call_budget) = (self.content_type().cloned(), self.call_budget.clone());
        let (bytes, context) = (self.bytes(context, upstream_call).await?, context.clone());
        let converted = on_blocking_thread(bytes.len(), move || {
            let before = bytes.len();
            let bytes = text::json(bytes, content_type.as_ref().and_then(|value| value.to_str().ok()))?;
            Ok((
                bytes.len().saturating_sub(before),
                context.answers.mask(bytes, content_type.is_some_and(|kind| is_json(&kind))),
            ))
        });
        let (more, bytes) = converted.await.map_err(|why: String| {
            failure::bad_answer(upstream_call, &format!("sent an answer that is not valid text: {why}"))
        })?;
        call_budget.reserve(more)?;
        Ok(bytes)
    }

    /// Reads the whole body without masking secrets: they are masked after it has been decoded.
    pub(crate) async fn unmasked(
        self: Box<Self>,
        context: &ClientContext,
        upstream_call: &UpstreamCall,
    ) -> Result<Bytes> {
        Ok(body::without_bom(self.bytes(context, upstream_call).await?))
    }

    /// Returns the body as a stream, decoded and with secrets masked, once its first bytes have arrived; `None` if the
    /// body is empty. A compressed body is first read to its end. A byte-order mark before JSON is skipped. Secrets are masked as
    /// in JSON if `is_json`, see [`may_be_json`].
    pub(crate) async fn streamed(
        self: Box<Self>,
        context: &Arc<ClientContext>,
        upstream_call: &Arc<UpstreamCall>,
        (kind, is_json): (StreamKind, bool),
    ) -> Result<Option<RawJson>> {
        let skips_mark = kind == StreamKind::Json;
        if !self.codings(upstream_call)?.is_empty() {
            let call_budget = self.call_budget.clone();
            let bytes = context.answers.mask(self.bytes(context, upstream_call).await?, is_json);
            let bytes = call_budget.attach(if skips_mark { body::without_bom(bytes) } else { bytes });
            return Ok((!bytes.is_empty()).then(|| bytes.into()));
        }
        let mut body = Streamed::new(
            self.body,
            context.clone(),
            upstream_call.clone(),
            (kind, self.deadline),
            is_json,
            self.call_budget.clone(),
        )?;
        let begins = body.begins(skips_mark).await?;
        let body = RawJson::streaming(UnsyncBoxBody::new(body), self.call_budget).with_buffer_limit(context.max_answer);
        Ok(begins.then_some(body))
    }
}

/// Returns whether an answer is declared as JSON, or has no Content-Type.
pub(crate) fn may_be_json(content_type: Option<&HeaderValue>) -> bool {
    content_type.is_none_or(is_json)
}

/// Returns whether an answer with this Content-Type can be passed on as JSON in UTF-8: it declares no other type or charset.
pub(super) fn may_be_json_in_utf8(content_type: Option<&HeaderValue>) -> bool {
    let charset = || content_type.and_then(|value| text::charset(value.to_str().ok()?));
    // A fast path for the most frequent value.
    content_type.is_some_and(|value| value == "application/json")
        || may_be_json(content_type) && charset().is_none_or(|charset| charset == text::Charset::Utf8)
}

/// Returns whether a Content-Type is a JSON type, or empty.
fn is_json(content_type: &HeaderValue) -> bool {
    content_type.is_empty() || content_type.to_str().is_ok_and(naftiko_spec::model::is_json)
}

/// Returns plain text as a JSON string, for a method that returns a string; `None` if the answer is not plain text.
///
/// # Errors
/// Returns an error if the text is not UTF-8.
pub(crate) fn text(
    upstream_call: &UpstreamCall,
    bytes: &[u8],
    content_type: Option<&HeaderValue>,
) -> Result<Option<Bytes>> {
    let Some(kind) = content_type.and_then(|value| value.to_str().ok()) else { return Ok(None) };
    let kind = kind.to_ascii_lowercase();
    if kind.split(';').next().map(str::trim) != Some("text/plain") {
        return Ok(None);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let what = format!("answered with text that is not UTF-8, at byte {}", error.valid_up_to());
        failure::bad_answer(upstream_call, &what)
    })?;
    Ok(Some(serde_json::Value::from(text).to_string().into()))
}

/// Describes an answer that is not plain text, for a method that returns a string; `None` if its Content-Type is JSON or missing.
pub(crate) fn unread_text(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    content_type: Option<&HeaderValue>,
) -> Option<Error> {
    let content_type = content_type.filter(|kind| !is_json(kind))?;
    let named = named(context, Some(content_type));
    let what = "which is not read as a string: check its base URI; to read any text, write `format = \"text\"`";
    Some(failure::bad_answer(upstream_call, &format!("answered with {named}, {what}")))
}

/// Returns the media type in a Content-Type, masked, for a message; another text if the header is missing or cannot be quoted.
pub(super) fn named<'a>(context: &ClientContext, content_type: Option<&'a HeaderValue>) -> Cow<'a, str> {
    let Some(content_type) = content_type else { return "no Content-Type".into() };
    content_type
        .to_str()
        .ok()
        .filter(|text| text.len() <= MAX_QUOTED_HEADER)
        .map_or("a Content-Type that cannot be printed".into(), |text| {
            context.errors.mask_text(text.split(';').next().unwrap_or_default().trim())
        })
}

/// Describes an answer that is not declared as JSON where JSON was expected.
pub(crate) fn not_json(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    content_type: Option<&HeaderValue>,
) -> Error {
    let named = named(context, content_type);
    failure::bad_answer(upstream_call, &format!("answered with {named} where JSON was expected: check its base URI"))
}

/// Describes an answer that does not fit the return type of the operation.
pub(crate) fn unreadable(
    context: &ClientContext,
    upstream_call: &UpstreamCall,
    bytes: &[u8],
    content_type: Option<&HeaderValue>,
    why: &serde_json::Error,
) -> Error {
    if bytes.trim_ascii().is_empty() {
        return failure::bad_answer(upstream_call, "answered without a body, but the operation returns a value");
    }
    let parses = why.classify() == serde_json::error::Category::Data || json_location::is_out_of_range(why);
    if !parses && content_type.is_some_and(|value| !is_json(value)) {
        return not_json(context, upstream_call, content_type);
    }
    let place = json_location::of(bytes, why);
    let what = json_location::fault(why);
    let part = upstream_call.part.as_ref().map_or_else(String::new, |part| format!(" in {part}"));
    // The location contains member names, which are not masked anywhere else.
    let place = context.errors.mask_text(&place);
    failure::bad_answer(upstream_call, &format!("sent an unexpected answer{part}: {what}, at {place}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn json_has_many_media_types() {
        for name in ["application/json", "application/json; charset=utf-8", "application/problem+json", "TEXT/JSON", ""]
        {
            assert!(is_json(&HeaderValue::from_static(name)), "{name}");
        }
        for name in ["text/html", "application/jsonp", "text/plain", "application/x-ndjson"] {
            assert!(!is_json(&HeaderValue::from_static(name)), "{name}");
        }
    }
}
