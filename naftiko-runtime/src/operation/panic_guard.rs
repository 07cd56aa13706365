//! Catches panics in content that is read after its method has returned: streams, files, and bodies.

use super::call::panicked;
use super::exposed_operation::Operation;
use super::outcome::Content;
use crate::error::{Error, Result};
use crate::telemetry::TraceContext;
use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A stream or a body of an operation. A panic is logged, and becomes an error, after which nothing follows.
pub(super) struct PanicGuard<T> {
    /// What is read; `None` after a panic.
    inner: Option<T>,
    operation: Arc<Operation>,
    trace: Option<TraceContext>,
}

impl<T: Unpin> PanicGuard<T> {
    pub(super) fn new(inner: T, operation: &Arc<Operation>, trace: Option<&TraceContext>) -> Self {
        Self { inner: Some(inner), operation: operation.clone(), trace: trace.cloned() }
    }

    /// Returns what `poll` returns, or an error if it panics.
    fn guarded<P>(&mut self, poll: impl FnOnce(Pin<&mut T>) -> Poll<Option<Result<P>>>) -> Poll<Option<Result<P>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        catch_unwind(AssertUnwindSafe(|| poll(Pin::new(inner)))).unwrap_or_else(|panic| {
            self.inner = None;
            Poll::Ready(Some(Err(panicked(self.operation.name(), panic.as_ref(), self.trace.as_ref()))))
        })
    }
}

impl<P, T: Stream<Item = Result<P>> + Unpin> Stream for PanicGuard<T> {
    type Item = Result<P>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().guarded(|stream| stream.poll_next(cx))
    }
}

impl Body for PanicGuard<UnsyncBoxBody<Bytes, Error>> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        self.get_mut().guarded(|body| body.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Content {
    /// Returns the same content, guarded: a panic while it is read is logged as a panic of this operation, and becomes an error.
    pub(super) fn guarded(self, operation: &Arc<Operation>, trace: Option<&TraceContext>) -> Self {
        let guard = |body| UnsyncBoxBody::new(PanicGuard::new(body, operation, trace));
        match self {
            Self::Empty | Self::Json(_) => self,
            Self::Raw(raw) => Self::Raw(raw.map_arriving(guard)),
            Self::Download(file) => Self::Download(Box::new(file.map_arriving(guard))),
            Self::Items(items) => Self::Items(items.map(|items| PanicGuard::new(items, operation, trace))),
        }
    }
}
