//! The time limit of one try, until its answer begins.

use super::ResponseFuture;
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use http::{Request, Response};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that limits the time of one try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TryTimeoutLayer {
    pub(crate) limit: Duration,
}

impl<S> Layer<S> for TryTimeoutLayer {
    type Service = TryTimeout<S>;

    fn layer(&self, inner: S) -> TryTimeout<S> {
        TryTimeout { inner, limit: self.limit }
    }
}

/// The service of [`TryTimeoutLayer`].
#[derive(Debug, Clone)]
pub(crate) struct TryTimeout<S> {
    inner: S,
    limit: Duration,
}

impl<S> Service<Request<Outgoing>> for TryTimeout<S>
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure>,
    S::Future: Send + 'static,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        let limited = tokio::time::timeout(self.limit, self.inner.call(request));
        let limit = self.limit;
        Box::pin(async move {
            limited.await.unwrap_or_else(|_| Err(Failure::Timeout(format!("a try took longer than {limit:?}").into())))
        })
    }
}
