//! The HTTP server below the adapters: connections, time limits for slow clients, and a graceful shutdown.

use super::client_timeouts::{ClientTimeouts, TimedStream};
use super::connections::{Closing, Connections, Slot};
use super::last_tasks::LastTasks;
use super::signals::Signals;
use axum::Router;
use axum::extract::ConnectInfo;
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a connection can be idle, and how long the headers of a request can take. Longer than the usual 60 s of
/// proxies, so that they don't send a request on a connection that is being closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(75);
/// The header in which clients learn how long they may reuse an idle connection (RFC 2068, section 19.7.1.1).
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// Less than [`HEADER_TIMEOUT`], so that no request is on its way when the connection closes.
const KEPT_ALIVE: HeaderValue = HeaderValue::from_static("timeout=70");
/// How long a client can pause while it reads an answer.
const READ_PAUSE: Duration = Duration::from_secs(60);
/// How long a new connection can send nothing.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many file descriptors are assumed if the system does not report the limit.
#[cfg(not(unix))]
const DEFAULT_DESCRIPTORS: usize = 1024;
/// The additional time for sending the answers of calls that reach the time limit.
const MARGIN: Duration = Duration::from_secs(1);

/// One listening adapter.
pub(super) struct Adapter {
    pub(super) listener: TcpListener,
    pub(super) router: Router,
    /// Whether its requests have the address of the caller (`ConnectInfo`).
    pub(super) notes_callers: bool,
}

/// The way in which serving ended.
pub(super) enum ServerEnd {
    /// All calls were answered.
    Answered,
    /// Some calls or tasks were still running at the time limit.
    CutOff { connections: usize, tasks: usize },
    /// Immediately, by a second signal; contains the exit code.
    AtOnce(i32),
}

/// Raises the soft limit of file descriptors to the hard limit. Returns the soft limit that then applies, even if it could not be
/// raised.
pub(super) fn raise_descriptor_limit() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
        if let Err(error) = raised {
            tracing::debug!(%error, "the limit of file descriptors cannot be raised");
        }
        let now = getrlimit(Resource::Nofile).current.or(current);
        now.map_or(usize::MAX, |now| usize::try_from(now).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    DEFAULT_DESCRIPTORS
}

/// Returns the maximum number of connections: half of the file descriptors are reserved for upstreams and files.
fn max_connections(descriptors: usize) -> usize {
    (descriptors / 2).clamp(1, Semaphore::MAX_PERMITS)
}

/// Serves until a signal arrives, then until running calls are answered and running tasks have ended, for at most `limit` plus
/// [`MARGIN`]. Half of the file descriptors are for callers.
pub(super) async fn serve(
    adapters: Vec<Adapter>,
    mut signals: Signals,
    limit: Duration,
    descriptors: usize,
) -> ServerEnd {
    let connections = Arc::new(Connections::new(max_connections(descriptors)));
    {
        let timeouts =
            ClientTimeouts { silence: SILENCE_TIMEOUT, pause: READ_PAUSE, answer: limit.saturating_add(MARGIN) };
        let accepting = join_all(adapters.iter().map(|adapter| accept(adapter, &connections, timeouts)));
        tokio::select! {
            _ = accepting => {}
            _ = signals.next() => {}
        }
    }
    drop(adapters);
    tracing::info!(connections = connections.count(), "stopping after the running calls are answered");
    let ended = async {
        let tasks = LastTasks::begin();
        connections.end().await;
        // Tasks that still run when the program ends are lost, so they get the same time as calls.
        tasks.ended().await;
    };
    tokio::select! {
        () = ended => ServerEnd::Answered,
        () = tokio::time::sleep(limit.saturating_add(MARGIN)) => {
            ServerEnd::CutOff { connections: connections.count(), tasks: LastTasks::count() }
        }
        code = signals.next() => ServerEnd::AtOnce(code),
    }
}

async fn accept(adapter: &Adapter, connections: &Arc<Connections>, timeouts: ClientTimeouts) -> Infallible {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    // A router whose state is set prepares its routes once, not for every request.
    let service = TowerToHyperService::new(adapter.router.clone().with_state::<()>(()));
    loop {
        match adapter.listener.accept().await {
            Ok((stream, peer)) => {
                // Further connections wait in the listener's queue.
                let mut slot = connections.enter().await;
                let (requests, service) = (slot.requests(), service.clone());
                let noted = adapter.notes_callers.then_some(ConnectInfo(peer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let mut request = request.map(|body| requests.watched(body));
                    if let Some(noted) = noted {
                        request.extensions_mut().insert(noted);
                    }
                    let answer = requests.answered(service.call(request));
                    async move {
                        let mut answer = answer.await?;
                        answer.headers_mut().entry(KEEP_ALIVE).or_insert(KEPT_ALIVE);
                        Ok::<_, Infallible>(answer)
                    }
                });
                let connection = http.serve_connection(io(stream, peer, &slot, timeouts), service);
                tokio::spawn(async move {
                    let mut connection = pin!(connection);
                    let ended = tokio::select! {
                        ended = &mut connection => ended,
                        closing = slot.must_close() => match closing {
                            Closing::Now => return tracing::debug!(%peer, "closed a connection without a complete request, to make room"),
                            Closing::WhenAnswered => {
                                connection.as_mut().graceful_shutdown();
                                connection.await
                            }
                        },
                    };
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "a connection ended early");
                    }
                });
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                // Usually, the process has run out of file descriptors. They are released when other connections close.
                tracing::error!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn io(stream: TcpStream, peer: SocketAddr, slot: &Slot, timeouts: ClientTimeouts) -> TokioIo<TimedStream<TcpStream>> {
    // Nagle's algorithm would delay answers that are written in several parts.
    let _ = stream.set_nodelay(true);
    TokioIo::new(TimedStream::new(stream, peer, slot.heard(), timeouts))
}

fn concerns_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_have_as_many_descriptors_as_callers() {
        assert_eq!([0, 1, 2, 1024].map(max_connections), [1, 1, 1, 512]);
        assert_eq!(max_connections(usize::MAX), Semaphore::MAX_PERMITS);
    }

    #[cfg(unix)]
    #[test]
    fn there_are_as_many_descriptors_as_the_hard_limit_allows() {
        use rustix::process::{Resource, getrlimit};
        let now = raise_descriptor_limit();
        let limits = getrlimit(Resource::Nofile);
        assert_eq!(limits.current, limits.maximum);
        assert!(limits.current.is_none_or(|limit| limit == now as u64));
    }
}
