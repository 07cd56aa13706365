//! The layers of a request to an API.
//!
//! Their order is fixed, from the caller to the API:
//!
//! 1. the deadline of the call, which is always there (`consume/answer.rs`; its type is in [`deadline`])
//! 2. the user's own layers, in the order in which they were added ([`user`])
//! 3. the cache ([`cache`])
//! 4. coalescing of identical reads ([`coalescing`])
//! 5. the limit of calls in flight ([`concurrency`])
//! 6. the limit of calls in a period ([`rate`])
//! 7. the circuit breaker ([`breaker`])
//! 8. retries ([`retry`])
//! 9. hedging of slow reads ([`hedge`])
//! 10. redirects ([`redirect`])
//! 11. credentials that are not constant: access tokens, signatures, and those of the user's own
//!     [`Authenticate`](crate::Authenticate) ([`authentication`])
//! 12. the time limit of one request ([`try_timeout`])
//! 13. the transport, which is always there (`consume/transport.rs`)
//!
//! Each of 3 to 12 is a tower layer; [`around`] contains the service that they share.
//!
//! Layers that are not configured don't exist: without any, a call goes to the transport directly. Dropping the future of a call
//! cancels it in every layer, and its request too, unless other calls wait for the same answer.

mod around;
pub(crate) mod authentication;
pub(crate) mod breaker;
pub(crate) mod cache;
pub(crate) mod coalescing;
pub(crate) mod concurrency;
mod deadline;
pub(crate) mod hedge;
pub(crate) mod rate;
pub(crate) mod redirect;
mod refused;
mod request_key;
pub(crate) mod retry;
mod shared;
pub(crate) mod try_timeout;
pub(crate) mod user;

pub(crate) use deadline::Deadline;
pub(crate) use request_key::{RequestDigest, ResolvedStrings};
pub(crate) use shared::{ApiLimits, OwnSettings, ReplicaState};

use super::fault::Failure;
use super::outgoing::Outgoing;
use super::transport::{Incoming, Repeat, Transport};
use http::{Request, Response};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::Instant;
use tower_service::Service;
use user::OperationInfo;

/// The future of a request that is sent through layers.
pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Failure>> + Send>>;

/// An extension of an answer that several calls share: when its request was sent.
#[derive(Clone)]
pub(crate) struct FlightBegan(pub(crate) Instant);

/// An extension of a read: the version of its path, a random number in the shared store that each write to the path replaces. Reads of
/// different versions are not coalesced.
#[derive(Clone)]
pub(crate) struct PathVersion(pub(crate) Arc<[u8]>);

/// An extension of a request that the transport must not repeat: the layer that adds credentials repeats it with new ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SingleAttempt {
    /// Whether the request needs a new connection.
    pub(crate) fresh: bool,
}

/// A type-erased service that sends requests.
trait SendRequest: Send + Sync {
    fn send(&self, request: Request<Outgoing>) -> ResponseFuture;
}

impl<S> SendRequest for S
where
    S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    fn send(&self, request: Request<Outgoing>) -> ResponseFuture {
        let mut service = self.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        })
    }
}

/// The transport, or layers around it, as one type-erased service.
#[derive(Clone)]
pub(crate) struct Stack(Arc<dyn SendRequest>);

impl Stack {
    /// Erases the type of a service.
    pub(crate) fn new<S>(service: S) -> Self
    where
        S: Service<Request<Outgoing>, Response = Response<Incoming>, Error = Failure> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        Self(Arc::new(service))
    }

    /// Creates a stack that consists only of the transport.
    pub(crate) fn over(transport: Arc<Transport>) -> Self {
        Self::new(TransportService(transport))
    }
}

impl Service<Request<Outgoing>> for Stack {
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        self.0.send(request)
    }
}

/// The transport as a service.
#[derive(Clone)]
struct TransportService(Arc<Transport>);

impl Service<Request<Outgoing>> for TransportService {
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Outgoing>) -> ResponseFuture {
        let transport = self.0.clone();
        Box::pin(async move {
            if let Some(SingleAttempt { fresh }) = request.extensions().get().copied() {
                return transport.send_once(Box::new(request), fresh).await.map(|answer| *answer);
            }
            let repeat = Repeat::of(&request, None);
            transport.send(Box::new(request), repeat).await.map(|answer| *answer)
        })
    }
}

/// The layers of one operation.
pub(crate) struct Layers {
    stack: Stack,
    /// The operation, for the user's layers and for credentials; `None` if there are neither.
    info: Option<OperationInfo>,
}

impl Layers {
    /// Creates the layers of an operation.
    pub(crate) fn new(stack: Stack, info: Option<OperationInfo>) -> Self {
        Self { stack, info }
    }

    /// Sends a request through the layers.
    pub(crate) fn send(&self, mut request: Request<Outgoing>, deadline: Instant) -> ResponseFuture {
        let extensions = request.extensions_mut();
        extensions.insert(Deadline::Own(deadline));
        if let Some(info) = &self.info {
            extensions.insert(info.clone());
        }
        self.stack.0.send(request)
    }
}

#[cfg(test)]
mod tests;
