//! Proxies from the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, and `NO_PROXY` for hosts that are called
//! directly.

use super::fault::{BoxError, ProxyError, ProxyName};
use super::network::NameResolver;
use http::{HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::ffi::OsString;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tower_service::Service;

/// A connection: TCP, then optional TLS with the first host (upstream or proxy), then optional TLS with an upstream behind a tunnel.
pub(super) type NetworkStream = MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>;

/// An attempt to connect.
pub(super) type Connecting = Pin<Box<dyn Future<Output = Result<NetworkStream, BoxError>> + Send>>;

/// The proxies, and their connectors.
#[derive(Clone)]
pub(super) struct Proxies {
    matcher: Arc<Matcher>,
    exempt: Arc<[ExemptHosts]>,
    to_proxy: HttpsConnector<HttpConnector<NameResolver>>,
    /// The TLS settings for upstreams behind a tunnel.
    tls: Arc<ClientConfig>,
    /// The same TLS settings, without HTTP/2.
    tls_http1: Arc<ClientConfig>,
    /// The variables that configure the proxies for `http:` and for `https:`.
    variables: [&'static str; 2],
}

/// Hosts that are called directly because of an entry of `NO_PROXY` that the matcher does not support.
struct ExemptHosts {
    /// Matches all other hosts; `None` if the entry is for all hosts.
    others: Option<Matcher>,
    /// The only port that is called directly, if the entry has one.
    port: Option<u16>,
}

impl ExemptHosts {
    /// Reads the entries of `NO_PROXY` that the matcher does not support, or supports only for names: `*`, `host:port`,
    /// `*.domain`.
    fn all(entries: &str) -> Vec<Self> {
        entries.split(',').filter_map(|entry| Self::of(entry.trim())).collect()
    }

    fn of(entry: &str) -> Option<Self> {
        let is_address = entry.parse::<IpAddr>().is_ok();
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !is_address => (host, Some(port.parse().ok()?)),
            _ => (entry, None),
        };
        let domain = host.strip_prefix('*').filter(|domain| domain.is_empty() || domain.starts_with('.'));
        if port.is_none() && domain.is_none() {
            return None;
        }
        let host = domain.unwrap_or(host).trim_start_matches('[').trim_end_matches(']');
        let others =
            (!host.is_empty()).then(|| Matcher::builder().all("http://proxy".to_owned()).no(host.to_owned()).build());
        Some(Self { others, port })
    }

    fn contains(&self, uri: &Uri) -> bool {
        let port = uri.port_u16().unwrap_or(if is_plain(uri) { 80 } else { 443 });
        self.port.is_none_or(|own| own == port)
            && self.others.as_ref().is_none_or(|others| others.intercept(uri).is_none())
    }
}

/// The proxies that variables configure.
struct Configured {
    matcher: Matcher,
    exempt: Vec<ExemptHosts>,
    /// The variables of the proxies for `http:` and for `https:`.
    variables: [&'static str; 2],
}

impl Configured {
    /// Reads the variables; `None` if they configure no proxy. A variable that is empty counts as missing.
    ///
    /// # Errors
    /// Returns an error if a variable is not the address of an HTTP proxy.
    fn new(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, BoxError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let (mut variables, mut addresses) = (["HTTP_PROXY", "HTTPS_PROXY"], [String::new(), String::new()]);
        let names = [["HTTP_PROXY", "http_proxy"], ["HTTPS_PROXY", "https_proxy"]];
        for ((names, used), address) in names.into_iter().zip(&mut variables).zip(&mut addresses) {
            let names = names.into_iter().chain(["ALL_PROXY", "all_proxy"]);
            let Some((name, value)) = names.into_iter().find_map(|name| Some((name, set(name)?))) else { continue };
            let value = value.into_string().unwrap_or_default();
            let proxy = Matcher::builder().all(value.clone()).build().intercept(&Uri::from_static("http://upstream"));
            if !proxy.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https"))) {
                let message =
                    format!("expected the address of an HTTP proxy in {name}, like http://proxy.example:3128");
                return Err(message.into());
            }
            (*used, *address) = (name, value);
        }
        // In a CGI program, `HTTP_PROXY` contains the header `Proxy` of a caller's request, so no proxy is used.
        if addresses.iter().all(String::is_empty) || variable("REQUEST_METHOD").is_some() {
            return Ok(None);
        }
        let exempt = set("NO_PROXY").or_else(|| set("no_proxy")).and_then(|entries| entries.into_string().ok());
        let (exempt, [plain, tls]) = (exempt.unwrap_or_default(), addresses);
        let matcher = Matcher::builder().http(plain).https(tls).no(exempt.clone()).build();
        Ok(Some(Self { matcher, exempt: ExemptHosts::all(&exempt), variables }))
    }
}

/// A connector to a proxy, or through it. Its errors name the proxy.
#[derive(Clone)]
struct ViaProxy<C> {
    connector: C,
    proxy: ProxyName,
}

impl<C> Service<Uri> for ViaProxy<C>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send + 'static>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, proxy) = (self.connector.call(uri), self.proxy.clone());
        Box::pin(async move { connecting.await.map_err(|error| ProxyError { proxy, cause: error.into() }.into()) })
    }
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
        let Some(Configured { matcher, exempt, variables }) = Configured::new(|name| std::env::var_os(name))? else {
            return Ok(None);
        };
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http();
        let mut tunnelled = tls.clone();
        tunnelled.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Self {
            matcher: Arc::new(matcher),
            exempt: exempt.into(),
            to_proxy: builder.enable_http1().wrap_connector(tcp.clone()),
            tls: Arc::new(tunnelled),
            tls_http1: Arc::new(tls.clone()),
            variables,
        }))
    }

    /// Returns the proxy for a URI, if there is one.
    fn proxy(&self, uri: &Uri) -> Option<Intercept> {
        self.matcher.intercept(uri).filter(|_| !self.exempt.iter().any(|hosts| hosts.contains(uri)))
    }

    /// Connects through the proxy for a URI, if there is one; opens a tunnel for `https:`.
    /// TLS offers HTTP/1.1 only if `only_http1` is set.
    pub(super) fn connect(&self, uri: &Uri, only_http1: bool) -> Option<Connecting> {
        let proxy = self.proxy(uri)?;
        let name = self.name(uri, proxy.uri());
        if is_plain(uri) {
            let mut via_proxy = ViaProxy { connector: self.to_proxy.clone(), proxy: name };
            let connecting = via_proxy.call(proxy.uri().clone());
            return Some(Box::pin(async move { connecting.await.map(MaybeHttpsStream::Http) }));
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        let tunnel = match proxy.basic_auth() {
            Some(value) => tunnel.with_auth(value.clone()),
            None => tunnel,
        };
        // An error of TLS with the upstream behind the tunnel is not the proxy's.
        let via_proxy = ViaProxy { connector: tunnel, proxy: name };
        let tls = if only_http1 { &self.tls_http1 } else { &self.tls };
        Some(HttpsConnector::from((via_proxy, tls.clone())).call(uri.clone()))
    }

    /// Returns the error of a connection to a URI that took too long; it names the proxy, if there is one.
    pub(super) fn timeout(&self, uri: &Uri, cause: BoxError) -> BoxError {
        match self.proxy(uri) {
            Some(proxy) => ProxyError { proxy: self.name(uri, proxy.uri()), cause }.into(),
            None => cause,
        }
    }

    fn name(&self, uri: &Uri, proxy: &Uri) -> ProxyName {
        let [plain, tls] = self.variables;
        let authority = proxy.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit('@').next().unwrap_or_default();
        let address = format!("{}://{host}", proxy.scheme_str().unwrap_or("http"));
        ProxyName { variable: if is_plain(uri) { plain } else { tls }, address }
    }

    /// Returns the variable of the proxy to which requests to a URI are sent without a tunnel, if there is one.
    pub(super) fn forwarding(&self, uri: &Uri) -> Option<&'static str> {
        let [plain, _] = self.variables;
        self.forwards(uri).then_some(plain)
    }

    /// Returns whether requests to a URI are sent to a proxy without a tunnel.
    pub(super) fn forwards(&self, uri: &Uri) -> bool {
        is_plain(uri) && self.proxy(uri).is_some()
    }

    /// Returns the `Proxy-Authorization` header of a request that is sent to a proxy without a tunnel.
    pub(super) fn authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        self.proxy(uri).filter(|_| is_plain(uri))?.basic_auth().cloned()
    }
}

/// Returns whether a URI has no TLS: a proxy then forwards the request instead of opening a tunnel.
fn is_plain(uri: &Uri) -> bool {
    uri.scheme_str() == Some("http")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::consume::connection::ConnectTimeout;
    use crate::consume::fault::{Failure, chain, proxy_variable};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn proxies(address: &str) -> Proxies {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        let mut tcp = HttpConnector::new_with_resolver(NameResolver::new(false));
        tcp.enforce_http(false);
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http();
        Proxies {
            matcher: Arc::new(Matcher::builder().all(format!("http://ada:pass@{address}")).build()),
            exempt: ExemptHosts::all("").into(),
            to_proxy: builder.enable_http1().wrap_connector(tcp),
            tls: Arc::new(tls.clone()),
            tls_http1: Arc::new(tls),
            variables: ["ALL_PROXY", "HTTPS_PROXY"],
        }
    }

    /// Returns the address of a proxy that answers the first request with `answer`.
    async fn answering(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        address
    }

    async fn failing(address: &str, uri: &'static str) -> BoxError {
        match proxies(address).connect(&Uri::from_static(uri), false).unwrap().await {
            Ok(_) => panic!("{uri} was connected"),
            Err(error) => error,
        }
    }

    #[test]
    fn an_empty_variable_counts_as_missing() {
        for (given, plain, tls) in [
            (&[("HTTP_PROXY", ""), ("http_proxy", "http://a:1")][..], Some("http_proxy a:1"), None),
            (
                &[("HTTP_PROXY", ""), ("http_proxy", "http://a:1"), ("ALL_PROXY", "http://b:1")],
                Some("http_proxy a:1"),
                Some("ALL_PROXY b:1"),
            ),
            (
                &[("HTTPS_PROXY", ""), ("ALL_PROXY", ""), ("all_proxy", "b:1")],
                Some("all_proxy b:1"),
                Some("all_proxy b:1"),
            ),
            (&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", ""), ("no_proxy", "api.example")], None, None),
            (&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "other.example")], None, Some("HTTPS_PROXY a:1")),
            (&[("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")], None, None),
            (&[("HTTP_PROXY", ""), ("all_proxy", "")], None, None),
        ] {
            let value = |name: &str| given.iter().find(|(own, _)| *own == name).map(|(_, value)| value.into());
            let configured = Configured::new(value).unwrap();
            let proxy = |uri: &'static str, at: usize| {
                let Configured { matcher, variables, .. } = configured.as_ref()?;
                let proxy = matcher.intercept(&Uri::from_static(uri))?;
                Some(format!("{} {}", variables[at], proxy.uri().authority().unwrap()))
            };
            let found = (proxy("http://api.example", 0), proxy("https://api.example", 1));
            assert_eq!((found.0.as_deref(), found.1.as_deref()), (plain, tls), "{given:?}");
        }
    }

    #[tokio::test]
    async fn a_proxy_that_opens_no_connection_is_at_fault() {
        let refused = answering("HTTP/1.1 403 Forbidden\r\n\r\n").await;
        let credentials = answering("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        for (address, uri, variable) in [
            ("127.0.0.1:1", "http://api.example/", "ALL_PROXY"),
            ("127.0.0.1:1", "https://api.example/", "HTTPS_PROXY"),
            (&refused, "https://api.example/", "HTTPS_PROXY"),
            (&credentials, "https://api.example/", "HTTPS_PROXY"),
        ] {
            let error = failing(address, uri).await;
            assert_eq!(proxy_variable(error.as_ref()), Some(variable), "{error}");
            let causes: Vec<String> = chain(error.as_ref()).map(ToString::to_string).collect();
            let expected = format!("the proxy `http://{address}` did not open a connection");
            assert!(causes.contains(&expected) && !causes.concat().contains("pass"), "{causes:?}");
            let failure = Failure::Connect(error).to_string();
            assert_eq!(failure, format!("the proxy of {variable} did not open a connection"));
        }
        let timeout = proxies("127.0.0.1:1").timeout(&Uri::from_static("https://api.example/"), ConnectTimeout.into());
        assert!(chain(timeout.as_ref()).any(<dyn std::error::Error>::is::<ConnectTimeout>));
        assert_eq!(proxy_variable(timeout.as_ref()), Some("HTTPS_PROXY"));
    }

    #[tokio::test]
    async fn a_proxy_is_not_at_fault_for_an_upstream_behind_its_tunnel() {
        let address = answering("HTTP/1.1 200 OK\r\n\r\nnot TLS").await;
        let error = failing(&address, "https://api.example/").await;
        assert_eq!(proxy_variable(error.as_ref()), None, "{error}");
    }

    #[tokio::test]
    async fn a_domain_is_exempt_with_its_subdomains_however_it_is_written() {
        for entry in ["api.example", ".api.example", "*.api.example", "other.example, .api.example"] {
            let matcher = Matcher::builder().all("http://127.0.0.1:1".to_owned()).no(entry.to_owned()).build();
            let (matcher, exempt) = (Arc::new(matcher), ExemptHosts::all(entry).into());
            let proxies = Proxies { matcher, exempt, ..proxies("127.0.0.1:1") };
            for (uri, is_exempt) in
                [("https://api.example/", true), ("http://eu.api.example:80/", true), ("http://myapi.example/", false)]
            {
                assert_eq!(proxies.proxy(&Uri::from_static(uri)).is_none(), is_exempt, "{entry}: {uri}");
            }
        }
    }

    #[tokio::test]
    async fn entries_with_a_port_or_a_star_exempt_the_same_hosts_as_others() {
        for (entries, exempt, others) in [
            ("*", &["http://127.0.0.1:8080/", "https://[::1]/", "http://api.example/"][..], &[][..]),
            ("a.example, *", &["http://127.0.0.1/"], &[]),
            ("127.0.0.1:8080", &["http://127.0.0.1:8080/"], &["http://127.0.0.1/", "http://127.0.0.2:8080/"]),
            ("10.0.0.0/8:80", &["http://10.1.2.3/"], &["https://10.1.2.3/", "http://10.1.2.3:8080/"]),
            (
                "Api.example:443",
                &["https://api.example/", "https://eu.api.example:443/"],
                &["http://api.example/", "https://api.example:8443/", "https://myapi.example/"],
            ),
            ("[::1]:8080", &["http://[::1]:8080/"], &["http://[::1]/", "http://[::2]:8080/"]),
            ("*.api.example", &["https://eu.api.example/"], &["https://myapi.example/"]),
            ("*.api.example:80", &["http://eu.api.example/"], &["https://eu.api.example/"]),
            ("127.*,10.*", &[], &["http://127.0.0.1/", "http://10.0.0.1/"]),
            // Entries that only the matcher supports, and no entries.
            ("::1,api.example,.api.example,10.0.0.0/8,fe80::/10", &[], &["http://[::2]:1/", "http://127.0.0.1/"]),
            ("", &[], &["http://127.0.0.1/"]),
        ] {
            let proxies = Proxies { exempt: ExemptHosts::all(entries).into(), ..proxies("127.0.0.1:1") };
            for (uri, is_exempt) in exempt.iter().map(|uri| (uri, true)).chain(others.iter().map(|uri| (uri, false))) {
                assert_eq!(proxies.proxy(&Uri::from_static(uri)).is_none(), is_exempt, "{entries}: {uri}");
            }
        }
    }
}
