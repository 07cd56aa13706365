//! What requests are sent with: a hyper client of our own, since it takes much less processor time per call than reqwest
//! does, or the reqwest client that the user handed in.

use super::connection::{ConnectTimeout, Connector, Traffic};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH};
use http::{Extensions, HeaderValue, Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Sends requests. It is cheap to clone; the clones share one connection pool.
#[derive(Clone)]
pub(crate) enum Transport {
    /// Our own.
    Hyper(Box<Direct>),
    /// The user's, or one that goes through the proxy of the environment.
    Reqwest(reqwest::Client),
}

/// A client of our own.
#[derive(Clone)]
pub(crate) struct Direct {
    /// Keeps connections.
    pooled: legacy::Client<Connector, Full<Bytes>>,
    /// Opens a connection for each request: for those that a kept connection could not take.
    fresh: legacy::Client<Connector, Full<Bytes>>,
}

/// Why no answer came, or not all of it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Connecting took too long.
    ConnectTimeout(BoxError),
    /// There is no connection.
    Connect(BoxError),
    /// A time limit that the user's client has.
    Timeout(BoxError),
    /// The user's client followed redirects, and they did not end.
    Redirect(BoxError),
    /// The connection closed before a byte of the answer came.
    Closed(BoxError),
    /// The connection broke in the middle of the answer.
    Broken(BoxError),
    /// What came is not HTTP.
    Malformed(BoxError),
}

impl Transport {
    /// Our own, unless the environment names a proxy: that is reqwest's business.
    pub(crate) fn new(connect_timeout: Duration) -> Result<Self, BoxError> {
        if names_proxy() { Self::proxied(connect_timeout) } else { Self::direct(connect_timeout) }
    }

    fn direct(connect_timeout: Duration) -> Result<Self, BoxError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))?
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let connector = Connector { tls, limit: connect_timeout };
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
        let pooled = builder.build(connector.clone());
        let fresh = builder.pool_max_idle_per_host(0).build(connector);
        Ok(Self::Hyper(Box::new(Direct { pooled, fresh })))
    }

    /// A client that follows no redirects, keeps no cookies, and asks for no encoding whatever features the program has on.
    fn proxied(connect_timeout: Duration) -> Result<Self, BoxError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(connect_timeout)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .build()?;
        Ok(Self::Reqwest(client))
    }

    /// Sends a request; the answer's body is still to come.
    ///
    /// An idempotent request whose kept connection the upstream closed before it answered is sent once more
    /// (RFC 9110, section 9.2.2).
    pub(crate) async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Incoming>, Failure> {
        let writes = matches!(*request.method(), Method::PUT | Method::POST | Method::PATCH);
        let is_empty = request.body().is_empty();
        let headers = request.headers_mut();
        // Without it, any coding would do (RFC 9110, section 12.5.3).
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
        if writes && is_empty {
            // RFC 9110, section 8.6.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let again = request.method().is_idempotent().then(|| request.clone());
        match (self.once(request, false).await, again) {
            (Err((_, true)), Some(again)) => self.once(again, true).await,
            (sent, _) => sent,
        }
        .map_err(|(failure, _)| failure)
    }

    /// Sends a request once. With a failure comes whether it is that of a kept connection that was closed.
    async fn once(&self, request: Request<Bytes>, again: bool) -> Result<Response<Incoming>, (Failure, bool)> {
        match self {
            Self::Hyper(direct) => {
                let client = if again { &direct.fresh } else { &direct.pooled };
                let response = client.request(request.map(Full::new)).await.map_err(of_hyper)?;
                if let Some(traffic) = response.extensions().get::<Traffic>() {
                    traffic.answer();
                }
                Ok(response.map(Incoming::Hyper))
            }
            Self::Reqwest(client) => {
                let request = exactly(request).map_err(|failure| (failure, false))?;
                let response = client.execute(request).await.map_err(|error| {
                    let failure = match of_reqwest(error) {
                        Failure::Broken(cause) => Failure::Closed(cause),
                        failure => failure,
                    };
                    // Whether the connection was a kept one is not known.
                    let closed = matches!(&failure, Failure::Closed(cause) if is_closed(cause.as_ref()));
                    (failure, closed)
                })?;
                Ok(Response::<reqwest::Body>::from(response).map(Incoming::Reqwest))
            }
        }
    }
}

/// Why a request of our own client was not answered, and whether its connection was a kept one that was closed.
fn of_hyper(error: legacy::Error) -> (Failure, bool) {
    if error.is_connect() {
        let is_timeout = chain(&error).any(<dyn StdError>::is::<ConnectTimeout>);
        return (
            if is_timeout { Failure::ConnectTimeout(error.into()) } else { Failure::Connect(error.into()) },
            false,
        );
    }
    let (mut traffic, mut multiplexes) = (None, false);
    if let Some(connected) = error.connect_info() {
        let mut extras = Extensions::new();
        connected.get_extras(&mut extras);
        traffic = extras.remove::<Traffic>();
        multiplexes = connected.is_negotiated_h2();
    }
    // What is read of an HTTP/2 connection may be of other requests; an answer that had begun would not be an error here.
    let begun = !multiplexes && traffic.as_ref().is_some_and(Traffic::has_read);
    match () {
        () if is_malformed(&error) => (Failure::Malformed(error.into()), false),
        () if begun => (Failure::Broken(error.into()), false),
        () => (Failure::Closed(error.into()), traffic.is_some_and(|traffic| traffic.has_answered())),
    }
}

/// An error and its causes.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// Whether what came is not HTTP: a bad status line, header or chunk.
fn is_malformed(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| {
        error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
            || error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
    })
}

/// Whether the other side closed the connection.
fn is_closed(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| {
        error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
            || error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe))
    })
}

/// The same request for reqwest, if its URL means there what it means here: the URL standard drops and rewrites parts of
/// paths, and a request must not lead elsewhere for that.
fn exactly(request: Request<Bytes>) -> Result<reqwest::Request, Failure> {
    let uri = request.uri().to_string();
    match reqwest::Request::try_from(request) {
        Ok(request) if request.url().as_str() == uri => Ok(request),
        Ok(_) => Err(Failure::Broken("the URL means something else to the URL standard".into())),
        Err(error) => Err(of_reqwest(error)),
    }
}

fn of_reqwest(error: reqwest::Error) -> Failure {
    // Its message would hold the URL, and with it the query.
    let error = error.without_url();
    match () {
        () if error.is_timeout() && error.is_connect() => Failure::ConnectTimeout(error.into()),
        () if error.is_timeout() => Failure::Timeout(error.into()),
        () if error.is_connect() => Failure::Connect(error.into()),
        () if error.is_redirect() => Failure::Redirect(error.into()),
        () if is_malformed(&error) => Failure::Malformed(error.into()),
        () => Failure::Broken(error.into()),
    }
}

/// Whether the environment names a proxy, in one of the variables that reqwest looks at.
fn names_proxy() -> bool {
    let named = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].iter().any(named)
}

/// The body of an answer as it comes.
pub(crate) enum Incoming {
    Hyper(hyper::body::Incoming),
    Reqwest(reqwest::Body),
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match &mut *self {
            Self::Hyper(body) => Pin::new(body).poll_frame(cx).map_err(|error: hyper::Error| {
                if is_malformed(&error) { Failure::Malformed(error.into()) } else { Failure::Broken(error.into()) }
            }),
            Self::Reqwest(body) => Pin::new(body).poll_frame(cx).map_err(of_reqwest),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Hyper(body) => body.is_end_stream(),
            Self::Reqwest(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Hyper(body) => body.size_hint(),
            Self::Reqwest(body) => body.size_hint(),
        }
    }
}
