//! The HTTP server below the adapters: connections, the time that slow clients get, and an end that answers what was asked.

use super::patience::{PatientBody, PatientStream};
use super::signals::Signals;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

/// How long a connection may be idle, and how long a request's headers may take. Longer than the proxies' usual 60 s, so that
/// they do not send a request on a connection that is being closed.
const HEADERS: Duration = Duration::from_secs(75);
/// How long the next part of a request's body may take.
const BODY: Duration = Duration::from_secs(30);
/// How long a client may take none of its answer.
const ANSWER: Duration = Duration::from_secs(60);
/// What calls that reach the operation's limit have to be answered.
const MARGIN: Duration = Duration::from_secs(1);

/// One listening adapter.
pub(super) struct Adapter {
    pub(super) listener: TcpListener,
    pub(super) router: Router,
}

/// How serving ended.
pub(super) enum End {
    /// All calls were answered.
    Answered,
    /// Some were still busy when the time was up.
    CutOff,
    /// By a second signal; the exit code.
    AtOnce(i32),
}

/// Serves until a signal comes, then for as long as calls are in flight, `limit` at most.
pub(super) async fn serve(adapters: Vec<Adapter>, mut signals: Signals, limit: Duration) -> End {
    let connections = GracefulShutdown::new();
    {
        let accepting = join_all(adapters.iter().map(|adapter| accept(adapter, &connections)));
        tokio::select! {
            _ = accepting => {}
            _ = signals.next() => {}
        }
    }
    drop(adapters);
    tracing::info!(connections = connections.count(), "stopping: calls in flight are answered first");
    tokio::select! {
        () = connections.shutdown() => End::Answered,
        () = tokio::time::sleep(limit.saturating_add(MARGIN)) => End::CutOff,
        code = signals.next() => End::AtOnce(code),
    }
}

async fn accept(adapter: &Adapter, connections: &GracefulShutdown) -> Infallible {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS);
    // With its state, a router resolves its routes once and not for every request.
    let service = TowerToHyperService::new(Served(adapter.router.clone().with_state(())));
    loop {
        match adapter.listener.accept().await {
            Ok((stream, _)) => {
                let connection = connections.watch(http.serve_connection(io(stream), service.clone()));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors, as a rule; connections that end make room.
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn io(stream: TcpStream) -> TokioIo<PatientStream<TcpStream>> {
    // It only makes answers of several parts slower.
    let _ = stream.set_nodelay(true);
    TokioIo::new(PatientStream::new(stream, ANSWER))
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A router as hyper calls it.
#[derive(Clone)]
struct Served(Router);

impl<B> Service<Request<B>> for Served
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Most requests have no body, and need no clock.
        let body = |body: B| {
            if body.is_end_stream() { Body::empty() } else { Body::new(PatientBody::new(body, BODY)) }
        };
        self.0.call(request.map(body))
    }
}
