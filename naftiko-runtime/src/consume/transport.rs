//! What requests are sent with: a hyper client of our own, since it takes much less processor time per call than reqwest
//! does, or the reqwest client that the user handed in.

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Sends requests. It is cheap to clone; the clones share one connection pool.
#[derive(Clone)]
pub(crate) enum Transport {
    /// Our own.
    Hyper(Box<Client<Connector, Full<Bytes>>>),
    /// The user's, or one that goes through the proxy of the environment.
    Reqwest(reqwest::Client),
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
    /// The connection broke.
    Broken(BoxError),
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
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .build(Connector { tls, limit: connect_timeout });
        Ok(Self::Hyper(Box::new(client)))
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
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Incoming>, Failure> {
        match self {
            Self::Hyper(client) => {
                let response =
                    client.request(request.map(Full::new)).await.map_err(|error| match error.is_connect() {
                        true if is_connect_timeout(&error) => Failure::ConnectTimeout(error.into()),
                        true => Failure::Connect(error.into()),
                        false => Failure::Broken(error.into()),
                    })?;
                Ok(response.map(Incoming::Hyper))
            }
            Self::Reqwest(client) => {
                let request = exactly(request)?;
                let response: Response<reqwest::Body> = client.execute(request).await.map_err(of_reqwest)?.into();
                Ok(response.map(Incoming::Reqwest))
            }
        }
    }
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
        () => Failure::Broken(error.into()),
    }
}

/// Whether it was our own time limit that ended the attempt to connect.
fn is_connect_timeout(error: &(dyn StdError + 'static)) -> bool {
    error.is::<ConnectTimeout>() || error.source().is_some_and(is_connect_timeout)
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
            Self::Hyper(body) => {
                Pin::new(body).poll_frame(cx).map_err(|error: hyper::Error| Failure::Broken(error.into()))
            }
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

/// Connects within a time limit, TLS included.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: HttpsConnector<HttpConnector>,
    limit: Duration,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tls.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connected = tokio::time::timeout(self.limit, self.tls.call(uri));
        Box::pin(async move { connected.await.map_err(|_| ConnectTimeout)? })
    }
}

#[derive(Debug)]
struct ConnectTimeout;

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connecting took too long")
    }
}

impl StdError for ConnectTimeout {}
