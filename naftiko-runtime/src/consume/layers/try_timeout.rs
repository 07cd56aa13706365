//! The time limit of one attempt, until its answer begins.

use super::around::{Around, InnerService, Layered};
use crate::consume::fault::Failure;
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use crate::telemetry::SentFor;
use http::{Request, Response};
use std::time::Duration;
use tower_layer::Layer;

/// A layer that limits the time of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TryTimeoutLayer {
    pub(crate) limit: Duration,
}

impl<S> Layer<S> for TryTimeoutLayer {
    type Service = Layered<S, Self>;

    fn layer(&self, inner: S) -> Layered<S, Self> {
        Layered::new(inner, self)
    }
}

impl Around for TryTimeoutLayer {
    async fn around<S: InnerService>(
        self,
        mut inner: S,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failure> {
        let limit = self.limit;
        SentFor::limit(request.extensions_mut(), limit);
        let limited = tokio::time::timeout(limit, inner.call(request)).await;
        limited.unwrap_or_else(|_| Err(Failure::Timeout(format!("an attempt took longer than {limit:?}").into())))
    }
}
