//! The service that all layers share: it runs the layer's own work around the inner service.

use super::ResponseFuture;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service that sends requests, which a layer can wrap.
pub(crate) trait InnerService:
    Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure, Future: Send> + Clone + Send + 'static
{
}

impl<S> InnerService for S where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// The work of a layer, for one request.
pub(crate) trait Around: Clone + Send + 'static {
    /// Answers a request, usually with `inner`, which is ready for one call.
    fn around<S: InnerService>(
        self,
        inner: S,
        request: Request<Outgoing>,
    ) -> impl Future<Output = Result<Response<Incoming>, Failure>> + Send;
}

/// The service of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Layered<S, L> {
    inner: S,
    layer: L,
}

impl<S, L: Clone> Layered<S, L> {
    /// Wraps a service in a layer.
    pub(crate) fn new(inner: S, layer: &L) -> Self {
        Self { inner, layer: layer.clone() }
    }
}

impl<S: InnerService, L: Around> Service<Request<Outgoing>> for Layered<S, L> {
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        // Calls the service whose readiness was polled, and leaves a clone behind.
        let inner = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, inner);
        Box::pin(self.layer.clone().around(inner, request))
    }
}
