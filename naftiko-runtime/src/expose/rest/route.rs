//! One operation at one route: converts a request to a call, and its result to an answer.

use super::extract::{ArgumentExtractor, Strictness};
use super::segment_pattern::Placeholder;
use super::stream::StreamFormat;
use super::{link, problem, validators};
use crate::error::Result;
use crate::expose::callers::Authenticator;
use crate::operation::{
    Caller, CallerHeaders, Capability, Content, Context, CopiedHeaders, Operation, Output, Shape, call,
};
use crate::telemetry::{CallSpan, TraceContext};
use axum::body::Body;
use axum::extract::Request;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use naftiko_spec::fragment::{Fragment, RouteFragment};
use naftiko_spec::model::{Expose, Unknown};
use std::sync::Arc;

/// The handler of one route; everything that does not depend on the request is computed at startup.
pub(super) struct Route {
    capability: Capability,
    operation: Arc<Operation>,
    /// The path of the route in the document.
    path: String,
    extractor: ArgumentExtractor,
    /// The status of a success, unless the upstream's status is passed on.
    default_status: StatusCode,
    /// The scopes that callers of this route need; checked by the authenticator, `self.callers`.
    scopes: Vec<String>,
    callers: Arc<Authenticator>,
    /// Whether its answers have validators.
    validates: bool,
    /// The headers of callers that its answers depend on.
    vary: Option<HeaderValue>,
}

impl Route {
    /// Creates a route of an operation. `part` describes the route; `placeholders` are the placeholders in its path.
    pub(super) fn new(
        capability: &Capability,
        callers: &Arc<Authenticator>,
        operation: &Arc<Operation>,
        part: &RouteFragment,
        placeholders: &[Placeholder<'_>],
    ) -> Self {
        let expose = capability.document().capability.exposes.get(part.expose);
        let strictness = Strictness {
            query: matches!(expose, Some(Expose::Rest(rest)) if rest.unknown_query == Some(Unknown::Refuse)),
            members: expose.is_some_and(Expose::refuses_unknown_members),
        };
        Self {
            capability: capability.clone(),
            operation: operation.clone(),
            path: part.path.clone(),
            vary: vary(capability, operation),
            scopes: part.operation.scopes.clone(),
            callers: callers.clone(),
            validates: validators::has_validators(capability.document(), &part.operation, operation),
            extractor: ArgumentExtractor::of(operation, placeholders, strictness),
            default_status: operation.fragment.status.and_then(success_status).unwrap_or(
                match operation.output.shape {
                    Shape::Unit => StatusCode::NO_CONTENT,
                    Shape::Raw | Shape::File | Shape::Stream | Shape::Blocks | Shape::Messages | Shape::Value => {
                        StatusCode::OK
                    }
                },
            ),
        }
    }

    /// Answers a request.
    pub(super) async fn answer(self: Arc<Self>, request: Request) -> Response<Body> {
        if let Err(challenge) = self.callers.permit(&self.scopes, request.extensions().get()) {
            return super::problem::refused(&challenge);
        }
        let condition = if self.validates { validators::condition(request.headers()) } else { None };
        let is_stream = self.operation.output.shape == Shape::Stream;
        let format = if is_stream { StreamFormat::of(request.headers()) } else { StreamFormat::Lines };
        let names = (&*self.path, self.operation.name());
        let span = CallSpan::of_route(request.method(), names, request.headers());
        let trace = span.trace().cloned();
        let mut response = match self.call(request, trace.clone()).await {
            Ok(mut output) => {
                if self.validates {
                    validators::add(&mut output);
                }
                match self.success_answer(output, format).await {
                    Ok(answer) => validators::validated(condition.as_ref(), answer),
                    Err(error) => problem::of_error(&error),
                }
            }
            Err(error) => problem::of_error(&error),
        };
        if let Some(vary) = &self.vary {
            response.headers_mut().append(VARY, vary.clone());
        }
        let (status, trace_id) = (response.status().as_u16(), trace.as_ref().map(TraceContext::trace_id));
        tracing::debug!(operation = self.operation.name(), trace_id, status, "answered");
        span.note(response.extensions_mut());
        span.answered(response.status());
        response
    }

    async fn call(&self, request: Request, trace: Option<TraceContext>) -> Result<Output> {
        let uri = request.uri().clone();
        let extensions = request.extensions();
        let context = Context::none().with_caller(extensions.get::<Caller>().cloned());
        let context = context.with_headers(extensions.get::<CallerHeaders>().cloned()).with_trace(trace);
        let given = self.extractor.bind(&self.operation, request, self.capability.limits()).await?;
        let called = call::with_budget(&self.capability, &self.operation, given, context);
        let (mut output, call_budget) = called.await?;
        if let Content::Items(items) = output.content {
            output.content = Content::Items(items.within(call_budget));
        }
        if let Ok(Some(next)) = &output.next {
            let is_in_query = |index| self.extractor.is_in_query(index);
            if let Some(link) = link::next(&self.operation, is_in_query, uri.query(), next) {
                output.headers_mut().append(LINK, link);
            }
        }
        Ok(output)
    }

    /// Returns the answer for the result of a call.
    ///
    /// # Errors
    /// Returns the error of an invalid first item of a stream.
    async fn success_answer(&self, output: Output, format: StreamFormat) -> Result<Response<Body>> {
        let is_unit = self.operation.output.shape == Shape::Unit;
        // A method without a result has no content, but callers expect content with 200, 203 and 206.
        let fits =
            |status: &StatusCode| status.is_success() && !(is_unit && matches!(status.as_u16(), 200 | 203 | 206));
        let status = output.status.filter(fits).unwrap_or(self.default_status);
        let (mut media_type, mut disposition, mut is_stream) = (None, None, false);
        let body = match output.content {
            // These statuses have no content (RFC 9110, sections 15.3.5 and 15.3.6).
            _ if matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT) => None,
            Content::Empty => None,
            Content::Json(json) => Some(Body::from(json)),
            Content::Raw(raw) => Some(raw.into_body().map_or_else(Body::new, Body::from)),
            Content::Items(items) => {
                is_stream = true;
                // In a box, so that the future of other answers stays small.
                Some(Box::pin(format.body(items, self.operation.name())).await?)
            }
            Content::Download(file) => {
                media_type = HeaderValue::from_str(file.content_type()).ok();
                disposition = file.disposition().cloned();
                Some(file.into_body().into_body().map_or_else(Body::new, Body::from))
            }
        };
        let is_empty = body.is_none();
        let mut response = Response::new(body.unwrap_or_default());
        // A method with a result, but without content to send, answers 204 instead of another 2xx status.
        let is_reset = status == StatusCode::RESET_CONTENT;
        let status = if is_empty && !is_unit && !is_reset { StatusCode::NO_CONTENT } else { status };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(passed_on) = output.headers {
            headers.extend(*passed_on);
        }
        if is_empty {
            return Ok(response);
        }
        if is_stream {
            format.describe(headers);
            return Ok(response);
        }
        if media_type.is_some() {
            // Prevents browsers from guessing another type.
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        if let Some(disposition) = disposition {
            headers.insert(CONTENT_DISPOSITION, disposition);
        }
        headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/json")));
        Ok(response)
    }
}

/// Returns the value of `Vary`: the caller's headers that the operation sends to its API. A cache must not reuse the
/// answer for a caller with other values of these headers (RFC 9110, section 12.5.5). A method that is implemented in Rust
/// may pass on each header that the adapter copies, so the value names all of them.
fn vary(capability: &Capability, operation: &Operation) -> Option<HeaderValue> {
    let Fragment { consumed, caller_headers, .. } = &operation.fragment;
    let copied;
    let names: Vec<&str> = if operation.defined.is_some() && consumed.is_none() && caller_headers.is_empty() {
        copied = CopiedHeaders::of(capability);
        copied.names().iter().map(HeaderName::as_str).collect()
    } else {
        caller_headers.iter().map(|header| header.name.as_str()).collect()
    };
    if names.is_empty() { None } else { HeaderValue::try_from(names.join(", ")).ok() }
}

/// Returns the status if it is a 2xx status.
fn success_status(status: u16) -> Option<StatusCode> {
    StatusCode::from_u16(status).ok().filter(StatusCode::is_success)
}
