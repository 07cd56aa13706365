//! A recording upstream on a free port of 127.0.0.1.

use super::answer::Answer;
use super::closed::Closed;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

/// An HTTP server for a test: it sends planned answers, and records the requests that it gets. It stops when it is dropped.
///
/// A request without a planned answer is recorded as well. It gets [`UNPLANNED`](Self::UNPLANNED) (501) and text that lists the
/// planned requests, so a 404 is always one that the test planned. If two answers match a request, the one added last is used.
pub struct Upstream {
    url: String,
    shared: Arc<UpstreamState>,
    /// Ends the server, and all answers that hang, when the upstream is dropped.
    _open: ReservedPort,
}

/// The server, or a socket that refuses connections. Both keep the port reserved.
enum ReservedPort {
    Serving { _stop: watch::Sender<()> },
    Refusing { _socket: TcpSocket },
}

#[derive(Default)]
struct UpstreamState {
    routes: Mutex<Vec<PlannedRoute>>,
    requests: Mutex<Vec<Recorded>>,
}

struct PlannedRoute {
    method: String,
    path: String,
    answer: Arc<dyn Fn(&Recorded) -> Answer + Send + Sync>,
}

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path and the query as in the request line, still percent-encoded.
    pub path_and_query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Recorded {
    /// Returns the path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(&self.path_and_query, |(path, _)| path)
    }

    /// Returns the query, still percent-encoded, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.split_once('?').map(|(_, query)| query)
    }

    /// Returns the first header with that name, if there is one and it is ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// Returns an error if it is not JSON.
    pub fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::from_slice(&self.body)
    }
}

impl Upstream {
    /// The status of the answer to a request that the test did not plan. APIs rarely use it, so it is not mistaken for a planned
    /// answer.
    pub const UNPLANNED: u16 = 501;

    /// Starts an upstream. It is listening when this returns.
    ///
    /// # Panics
    /// Panics if no port of 127.0.0.1 is free.
    #[allow(clippy::expect_used, reason = "a test without a socket can only fail")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port of 127.0.0.1");
        let url = format!("http://{}", listener.local_addr().expect("the address of a listener"));
        let shared = Arc::new(UpstreamState::default());
        let (stop, closed) = watch::channel(());
        let closed = Closed(closed);
        let service = Router::new().fallback({
            let (shared, closed) = (shared.clone(), closed.clone());
            move |request| serve(shared.clone(), closed.clone(), request)
        });
        tokio::spawn(async move {
            let mut closed = closed;
            // The server ends when this upstream is dropped, so nobody could report an error.
            let _ = axum::serve(listener, service).with_graceful_shutdown(async move { closed.wait().await }).await;
        });
        Self { url, shared, _open: ReservedPort::Serving { _stop: stop } }
    }

    /// Creates an upstream that refuses every connection: its port is reserved, and nothing listens there.
    ///
    /// # Panics
    /// Panics if no port of 127.0.0.1 is free.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test without a socket can only fail")]
    pub fn refusing() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port of 127.0.0.1");
        let url = format!("http://{}", socket.local_addr().expect("the address of a socket"));
        Self { url, shared: Arc::default(), _open: ReservedPort::Refusing { _socket: socket } }
    }

    /// Returns its URL: `http://127.0.0.1:PORT`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Plans an answer for requests with this method and path. A `{placeholder}` in the path matches any one segment that is not empty;
    /// everything else must be the same as in the request line. The query is ignored.
    #[allow(clippy::must_use_candidate, reason = "what it returns is only for chaining")]
    pub fn answer(&self, method: &str, path: &str, answer: Answer) -> &Self {
        self.answer_with(method, path, move |_| answer.clone())
    }

    /// Plans the answer for requests with this method and path: the result of `answer` for each request.
    ///
    /// ```
    /// # use naftiko_runtime::testing::{Answer, Upstream};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let upstream = Upstream::start().await;
    /// upstream.answer_with("POST", "/tokens", |request| match request.header("authorization") {
    ///     Some("Bearer s3cret") => Answer::json(201, request.json().unwrap()),
    ///     _ => Answer::status(401),
    /// });
    /// # });
    /// ```
    #[allow(clippy::must_use_candidate, reason = "what it returns is only for chaining")]
    pub fn answer_with(
        &self,
        method: &str,
        path: &str,
        answer: impl Fn(&Recorded) -> Answer + Send + Sync + 'static,
    ) -> &Self {
        lock(&self.shared.routes).push(PlannedRoute {
            method: method.to_owned(),
            path: path.to_owned(),
            answer: Arc::new(answer),
        });
        self
    }

    /// Returns the requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upstream({}, {} requests)", self.url, lock(&self.shared.requests).len())
    }
}

/// Records a request and answers it.
async fn serve(shared: Arc<UpstreamState>, closed: Closed, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // If a caller disconnects before the end of the body, an empty body is recorded.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let path_and_query = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let recorded = Recorded { method: parts.method, path_and_query, headers: parts.headers, body };
    lock(&shared.requests).push(recorded.clone());
    let found = {
        let routes = lock(&shared.routes);
        let fits = |route: &&PlannedRoute| recorded.method == *route.method && matches(&route.path, recorded.path());
        routes.iter().rev().find(fits).map(|route| route.answer.clone())
    };
    let answer = found.map_or_else(|| unplanned(&shared, &recorded), |answer| answer(&recorded));
    answer.send(closed).await
}

/// Returns the answer to a request without a planned answer: text with this request and the planned requests.
fn unplanned(shared: &UpstreamState, recorded: &Recorded) -> Answer {
    let routes = lock(&shared.routes);
    let planned: Vec<String> = routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let planned = if planned.is_empty() { "nothing".to_owned() } else { planned.join(", ") };
    let text = format!("no answer is planned for {} {}; planned: {planned}", recorded.method, recorded.path_and_query);
    Answer::of(Upstream::UNPLANNED, "text/plain; charset=utf-8", text)
}

/// Returns whether a path matches a template.
fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    template.split('/').all(|expected| {
        segments.next().is_some_and(|segment| {
            let placeholder = expected.starts_with('{') && expected.ends_with('}');
            if placeholder { !segment.is_empty() } else { segment == expected }
        })
    }) && segments.next().is_none()
}

/// Locks a mutex; its data is consistent even after a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_one_segment() {
        assert!(matches("/users/{id}", "/users/u%2F1"));
        assert!(!matches("/users/{id}", "/users/"));
        assert!(!matches("/users/{id}", "/users/a/b"));
        assert!(!matches("/users/{id}/tokens", "/users/a"));
        assert!(matches("/api/token/", "/api/token/"));
        assert!(!matches("/api/token", "/api/token/"));
    }
}
