//! The layers that a request to an API goes through, where there are any.
//!
//! Their order is fixed, from the caller to the API:
//!
//! 1. the deadline of the call, which is always there (`consume/answer.rs`)
//! 2. the user's own layers, in the order in which they were added ([`user`])
//! 3. the limit of calls in flight ([`concurrency`])
//! 4. the limit of calls in a span of time ([`rate`])
//! 5. the circuit breaker ([`breaker`])
//! 6. retries ([`retry`])
//! 7. the access token, if it has to be fetched ([`authentication`])
//! 8. the time limit of one try ([`try_timeout`])
//! 9. the transport, which is always there (`consume/transport.rs`)
//!
//! A layer that nobody asked for is not there: a call without any goes to the transport directly. Whoever drops the future of a
//! call stops it in whichever layer it is, its request included.

pub(crate) mod authentication;
pub(crate) mod breaker;
pub(crate) mod concurrency;
pub(crate) mod rate;
mod refused;
pub(crate) mod retry;
mod shared;
pub(crate) mod try_timeout;
pub(crate) mod user;

pub(super) use shared::Shared;

use super::outgoing::Outgoing;
use super::transport::{Failure, Incoming, Repeat, Transport};
use http::{Request, Response};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::Instant;
use tower_service::Service;
use user::OperationInfo;

/// What comes of sending a request through layers.
pub(crate) type Sent = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Failure>> + Send>>;

/// When the call of a request must be over; among the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(pub(crate) Instant);

impl Deadline {
    /// The deadline of a request; `None` if it has none.
    pub(crate) fn of(request: &Request<Outgoing>) -> Option<Instant> {
        request.extensions().get::<Self>().map(|deadline| deadline.0)
    }
}

/// What requests go through, whatever it is made of.
trait Sends: Send + Sync {
    fn send(&self, request: Request<Outgoing>) -> Sent;
}

impl<S> Sends for S
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    fn send(&self, request: Request<Outgoing>) -> Sent {
        let mut service = self.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        })
    }
}

/// A service of any type.
#[derive(Clone)]
pub(crate) struct Stack(Arc<dyn Sends>);

impl Stack {
    /// Hides the type of a service.
    pub(crate) fn new<S>(service: S) -> Self
    where
        S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        Self(Arc::new(service))
    }

    /// The transport alone.
    pub(crate) fn over(transport: Arc<Transport>) -> Self {
        Self::new(Base(transport))
    }
}

impl Service<Request<Outgoing>> for Stack {
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = Sent;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Outgoing>) -> Sent {
        self.0.send(request)
    }
}

/// The transport as a service.
#[derive(Clone)]
struct Base(Arc<Transport>);

impl Service<Request<Outgoing>> for Base {
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = Sent;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Outgoing>) -> Sent {
        let transport = self.0.clone();
        Box::pin(async move {
            {
                let repeat = Repeat::of(&request, None);
                transport.send(request, repeat).await
            }
        })
    }
}

/// The layers of one operation.
pub(crate) struct Layers {
    stack: Stack,
    /// What the user's layers learn of the operation, if there are any.
    info: Option<OperationInfo>,
}

impl Layers {
    /// Layers above the transport.
    pub(crate) fn new(stack: Stack, info: Option<OperationInfo>) -> Self {
        Self { stack, info }
    }

    /// Sends a request through them.
    pub(crate) fn send(&self, mut request: Request<Outgoing>, deadline: Instant) -> Sent {
        let extensions = request.extensions_mut();
        extensions.insert(Deadline(deadline));
        if let Some(info) = &self.info {
            extensions.insert(info.clone());
        }
        self.stack.0.send(request)
    }
}

#[cfg(test)]
mod tests;
