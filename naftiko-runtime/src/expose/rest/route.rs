//! One operation at one route: from a request to its answer.

use super::extract::{ArgumentExtractor, Refuses};
use super::pattern::Placeholder;
use super::problem;
use crate::error::Result;
use crate::operation::{Capability, Content, Operation, Output, OutputMode, Shape};
use axum::body::Body;
use axum::extract::Request;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use naftiko_spec::model::{Expose, Unknown};
use std::sync::Arc;

/// What answers the requests of one route; all that can be known before the first of them is.
pub(super) struct Route {
    capability: Capability,
    operation: Arc<Operation>,
    extractor: ArgumentExtractor,
    /// The status of a success, unless the upstream had one of its own.
    success: StatusCode,
}

impl Route {
    /// An operation behind a path with those placeholders.
    pub(super) fn new(
        capability: &Capability,
        expose: usize,
        operation: &Arc<Operation>,
        placeholders: &[Placeholder<'_>],
    ) -> Self {
        let expose = capability.document().capability.exposes.get(expose);
        let refuses = Refuses {
            query: matches!(expose, Some(Expose::Rest(rest)) if rest.unknown_query == Some(Unknown::Refuse)),
            members: expose.is_some_and(Expose::refuses_unknown_members),
        };
        Self {
            capability: capability.clone(),
            operation: operation.clone(),
            extractor: ArgumentExtractor::of(operation, placeholders, refuses),
            success: operation.fragment.status.and_then(success).unwrap_or(match operation.output.shape {
                Shape::Unit => StatusCode::NO_CONTENT,
                Shape::Raw | Shape::Value => StatusCode::OK,
            }),
        }
    }

    /// Answers a request.
    pub(super) async fn answer(self: Arc<Self>, request: Request) -> Response<Body> {
        let response = match self.call(request).await {
            Ok(output) => self.success(output),
            Err(error) => problem::of_error(&error),
        };
        tracing::debug!(operation = self.operation.name(), status = response.status().as_u16(), "answered");
        response
    }

    async fn call(&self, request: Request) -> Result<Output> {
        let given = self.extractor.bind(&self.operation, request, self.capability.limits()).await?;
        crate::operation::call::call(&self.capability, &self.operation, given, OutputMode::Json).await
    }

    fn success(&self, output: Output) -> Response<Body> {
        let status = match output.status.filter(StatusCode::is_success) {
            // The upstream's own may speak of content, and there is none.
            _ if self.operation.output.shape == Shape::Unit => return empty(self.success),
            Some(status) => status,
            None => self.success,
        };
        let mut media_type = None;
        let body = match output.content {
            Content::Empty => return empty(StatusCode::NO_CONTENT),
            // They have no content, whatever it is (RFC 9110, sections 15.3.5 and 15.3.6).
            _ if matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT) => return empty(status),
            Content::Json(json) => Body::from(json),
            Content::Structured { text, .. } => Body::from(text),
            Content::Raw(raw) => raw.into_body().map_or_else(Body::new, Body::from),
            Content::Media(media) => {
                media_type = HeaderValue::from_str(media.content_type()).ok();
                media.into_body().into_body().map_or_else(Body::new, Body::from)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.extend(output.headers);
        if media_type.is_some() {
            // A browser is not to take it for anything else.
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/json")));
        response
    }
}

/// A status that says that it went well.
fn success(status: u16) -> Option<StatusCode> {
    StatusCode::from_u16(status).ok().filter(StatusCode::is_success)
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
