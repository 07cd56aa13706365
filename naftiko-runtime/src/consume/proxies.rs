//! Proxies from the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, and `NO_PROXY` for hosts that are called
//! directly.

use super::fault::BoxError;
use super::network::NameResolver;
use http::{HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tower_service::Service;

/// A connection: TCP, then optional TLS with the first host (upstream or proxy), then optional TLS with an upstream behind a tunnel.
pub(super) type Stream = MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>;

/// An attempt to connect.
pub(super) type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

/// The proxies, and their connectors.
#[derive(Clone)]
pub(super) struct Proxies {
    matcher: Arc<Matcher>,
    to_proxy: HttpsConnector<HttpConnector<NameResolver>>,
    /// The TLS settings for upstreams behind a tunnel.
    tls: Arc<ClientConfig>,
}

impl Proxies {
    /// Reads the environment; `None` if it configures no proxy.
    ///
    /// # Errors
    /// Returns an error if a variable is not the address of an HTTP proxy. The message leaves out the address, which
    /// may contain a password.
    pub(super) fn of_environment(
        tcp: &HttpConnector<NameResolver>,
        tls: &ClientConfig,
    ) -> Result<Option<Self>, BoxError> {
        let mut named = false;
        for names in [["HTTP_PROXY", "http_proxy"], ["HTTPS_PROXY", "https_proxy"]] {
            let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let Some(name) = names.into_iter().chain(["ALL_PROXY", "all_proxy"]).find(set) else { continue };
            let value = std::env::var(name).unwrap_or_default();
            let proxy = Matcher::builder().all(value).build().intercept(&Uri::from_static("http://upstream"));
            if !proxy.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https"))) {
                let message =
                    format!("expected the address of an HTTP proxy in {name}, like http://proxy.example:3128");
                return Err(message.into());
            }
            named = true;
        }
        let builder = || HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http();
        let mut tunnelled = tls.clone();
        tunnelled.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(named.then(|| Self {
            matcher: Arc::new(Matcher::from_env()),
            to_proxy: builder().enable_http1().wrap_connector(tcp.clone()),
            tls: Arc::new(tunnelled),
        }))
    }

    /// Connects through the proxy for a URI, if there is one; opens a tunnel for `https:`.
    pub(super) fn connect(&self, uri: &Uri) -> Option<Connecting> {
        let proxy = self.matcher.intercept(uri)?;
        if is_plain(uri) {
            let connecting = self.to_proxy.clone().call(proxy.uri().clone());
            return Some(Box::pin(async move { connecting.await.map(MaybeHttpsStream::Http) }));
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        let tunnel = match proxy.basic_auth() {
            Some(value) => tunnel.with_auth(value.clone()),
            None => tunnel,
        };
        Some(HttpsConnector::from((tunnel, self.tls.clone())).call(uri.clone()))
    }

    /// Returns whether requests to a URI are sent to a proxy without a tunnel.
    pub(super) fn forwards(&self, uri: &Uri) -> bool {
        is_plain(uri) && self.matcher.intercept(uri).is_some()
    }

    /// Returns the `Proxy-Authorization` header of a request that is sent to a proxy without a tunnel.
    pub(super) fn authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        self.matcher.intercept(uri).filter(|_| is_plain(uri))?.basic_auth().cloned()
    }
}

/// Returns whether a URI has no TLS: a proxy then forwards the request instead of opening a tunnel.
fn is_plain(uri: &Uri) -> bool {
    uri.scheme_str() == Some("http")
}
