//! Checks the `Host` and `Origin` of requests, as protection against DNS rebinding and cross-origin calls.

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, StatusCode, Uri};
use naftiko_spec::host::is_loopback;
use std::net::IpAddr;

/// The host names that an adapter answers to, and the origins whose pages can call it.
///
/// Loopback names are always allowed; public names have to be added.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    /// Whether every IP address is allowed as a host. A request whose host is an IP address cannot come from DNS
    /// rebinding, which needs a host name.
    any_address: bool,
    hosts: Vec<AllowedHost>,
    origins: Vec<AllowedHost>,
}

/// A rejected request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GuardRejection {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

/// An allowed host name, or the host name of an allowed origin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedHost {
    /// In lower case; `*` matches any host.
    host: String,
    port: Port,
    /// The scheme of an origin, if the entry has one.
    scheme: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Any,
    Exactly(u16),
}

impl Guard {
    /// Adds host names: `example.com` or `example.com:*` (on any port), `example.com:8443`, or `*` for every name.
    pub(crate) fn allow_hosts(&mut self, hosts: impl IntoIterator<Item = impl AsRef<str>>) {
        self.hosts.extend(hosts.into_iter().filter_map(|host| AllowedHost::read(host.as_ref(), false)));
    }

    /// Allows IP addresses as hosts: probes and scrapers use them.
    #[cfg(feature = "telemetry")]
    pub(crate) fn allow_addresses(&mut self) {
        self.any_address = true;
    }

    /// Adds origins (RFC 6454): `https://example.com` (on the scheme's default port), `https://example.com:8443`,
    /// `https://example.com:*`, `example.com` (any scheme and port), or `*` for every origin.
    pub(crate) fn allow_origins(&mut self, origins: impl IntoIterator<Item = impl AsRef<str>>) {
        self.origins.extend(origins.into_iter().filter_map(|origin| AllowedHost::read(origin.as_ref(), true)));
    }

    /// Returns whether an entry is a host name for [`allow_hosts`](Self::allow_hosts). Returns `false` for a URL, although
    /// `allow_hosts` accepts a URL and ignores its scheme and its path.
    #[cfg(feature = "cli")]
    pub(crate) fn understands_host(entry: &str) -> bool {
        !entry.contains('/') && AllowedHost::read(entry, false).is_some()
    }

    /// Returns whether an entry is valid for [`allow_origins`](Self::allow_origins). An invalid entry matches no
    /// origin.
    #[cfg(feature = "cli")]
    pub(crate) fn understands_origin(entry: &str) -> bool {
        AllowedHost::read(entry, true).is_some()
    }

    /// Checks the host that a request was sent to (RFC 9110, section 7.2) and the origin of the page that sent it.
    ///
    /// # Errors
    /// Returns 400 if the host is missing or invalid, or if `Host` or `Origin` is repeated or not ASCII; 403 if the host or the origin
    /// is not allowed.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), GuardRejection> {
        let header = only(headers, &HOST)?;
        // In HTTP/2, and optionally in HTTP/1, the request target contains the host; it takes precedence over the
        // header.
        let target = uri.authority().map(http::uri::Authority::as_str);
        let host = target.or(header).ok_or_else(|| bad_request("the request has no Host header"))?;
        let (name, port) = split(host).ok_or_else(|| bad_request("the host is not `name` or `name:port`"))?;
        let is_address = || self.any_address && name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        if !is_loopback(name) && !is_address() && !self.hosts.iter().any(|allowed| allowed.fits(None, name, port)) {
            return Err(forbidden(format!(
                "the host `{name}` is not allowed; if it is a name of this server, allow it with `--allow-host {name}`, or in Rust with `allow_hosts`"
            )));
        }
        let Some(origin) = only(headers, &ORIGIN)? else { return Ok(()) };
        let allowed = match origin.split_once("://").and_then(|(scheme, rest)| Some((scheme, split(rest)?))) {
            Some((scheme, (name, port))) => {
                is_loopback(name) || self.origins.iter().any(|allowed| allowed.fits(Some(scheme), name, port))
            }
            // `null`, or an invalid origin.
            None => {
                self.origins.iter().any(|allowed| allowed.is_everything() || allowed.host.eq_ignore_ascii_case(origin))
            }
        };
        if allowed {
            Ok(())
        } else {
            Err(forbidden(format!(
                "the origin `{origin}` is not allowed; if its pages should call this server, allow it with `--allow-origin {origin}`, or in Rust with `allow_origins`"
            )))
        }
    }
}

impl AllowedHost {
    /// Parses an entry. Only an origin has a scheme; the scheme of a host is ignored.
    fn read(entry: &str, is_origin: bool) -> Option<Self> {
        let entry = entry.trim();
        let (scheme, rest) = match entry.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, entry),
        };
        // Ignores a path, as in a URL copied from a browser.
        let authority = rest.split('/').next().unwrap_or_default();
        let scheme = scheme.filter(|_| is_origin);
        let (host, port) = if let Some(host) = authority.strip_suffix(":*") {
            let (host, None) = split(host)? else { return None };
            (host, Port::Any)
        } else {
            let (host, port) = split(authority)?;
            let of_scheme = || scheme.as_deref().and_then(default_port);
            (host, port.or_else(of_scheme).map_or(Port::Any, Port::Exactly))
        };
        // Requests contain the ASCII form of a name, and no wildcards.
        let is_name = host == "*" || host.is_ascii() && !host.contains('*');
        is_name.then(|| Self { host: host.to_ascii_lowercase(), port, scheme })
    }

    /// Returns whether the entry is `*` alone.
    fn is_everything(&self) -> bool {
        self.host == "*" && self.port == Port::Any && self.scheme.is_none()
    }

    /// Returns whether the entry allows this host, or an origin with this scheme and host. For a host, `scheme` is `None`.
    fn fits(&self, scheme: Option<&str>, host: &str, port: Option<u16>) -> bool {
        let port_fits = match self.port {
            Port::Any => true,
            Port::Exactly(wanted) => port.or_else(|| scheme.and_then(default_port)) == Some(wanted),
        };
        let scheme_fits = match (&self.scheme, scheme) {
            (Some(wanted), Some(scheme)) => wanted.eq_ignore_ascii_case(scheme),
            _ => true,
        };
        port_fits && scheme_fits && (self.host == "*" || self.host.eq_ignore_ascii_case(host))
    }
}

/// Returns the only value of a header. A repeated header is rejected, since a proxy may use another of its values.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, GuardRejection> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad_request(&format!("the request has several `{name}` headers")));
    }
    value.to_str().map(Some).map_err(|_| bad_request(&format!("the `{name}` header is not ASCII text")))
}

/// Splits `name:port`, `name`, `[::1]:port` or `[::1]` (RFC 3986, section 3.2, without user information).
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']')? + 1;
        let (host, rest) = authority.split_at(end);
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return None,
        }
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let is_invalid = |c: char| c.is_whitespace() || matches!(c, '@' | '/' | '?' | '#' | '\\');
    if host.is_empty() || host.contains(is_invalid) {
        return None;
    }
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    Some((host, port))
}

fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(443)
    } else if scheme.eq_ignore_ascii_case("http") {
        Some(80)
    } else {
        None
    }
}

fn bad_request(message: &str) -> GuardRejection {
    GuardRejection { status: StatusCode::BAD_REQUEST, message: message.to_owned() }
}

fn forbidden(message: String) -> GuardRejection {
    GuardRejection { status: StatusCode::FORBIDDEN, message }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn status(guard: &Guard, host: &str, origin: Option<&str>) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        guard.check(&Uri::from_static("/mcp"), &headers).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn loopback_names_are_always_allowed() {
        let guard = Guard::default();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:9090", "127.0.0.2", "[::1]:9090", "[::1]"] {
            assert_eq!(status(&guard, host, None), 200, "{host}");
            assert_eq!(status(&guard, host, Some(&format!("http://{host}"))), 200, "{host}");
        }
    }

    #[cfg(feature = "telemetry")]
    #[test]
    fn addresses_are_hosts_if_they_are_allowed_and_never_origins() {
        let mut guard = Guard::default();
        for host in ["10.1.2.3", "10.1.2.3:9100", "[2001:db8::1]:9100"] {
            assert_eq!(status(&guard, host, None), 403, "{host}");
        }
        guard.allow_addresses();
        for host in ["10.1.2.3", "10.1.2.3:9100", "[2001:db8::1]:9100"] {
            assert_eq!(status(&guard, host, None), 200, "{host}");
            assert_eq!(status(&guard, host, Some(&format!("http://{host}"))), 403, "{host}");
        }
        for host in ["10.1.2.3.example", "1.2.3", "10.1.2.3.nip.io:9100", "0x7f.1.2.3"] {
            assert_eq!(status(&guard, host, None), 403, "{host}");
        }
    }

    #[test]
    fn other_names_are_refused_until_they_are_allowed() {
        let mut guard = Guard::default();
        assert_eq!(status(&guard, "example.com", None), 403);
        guard.allow_hosts(["example.com", "two.example:8443", "https://pasted.example/mcp"]);
        for host in ["example.com", "Example.COM:80", "example.com:9", "two.example:8443", "pasted.example"] {
            assert_eq!(status(&guard, host, None), 200, "{host}");
        }
        for host in ["two.example", "two.example:80", "sub.example.com", "example.com.evil.test", "localhost.evil.test"]
        {
            assert_eq!(status(&guard, host, None), 403, "{host}");
        }
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let mut guard = Guard::default();
        assert_eq!(status(&guard, "localhost", Some("https://app.example")), 403);
        guard.allow_origins(["https://app.example", "https://any.example:*", "bare.example"]);
        for origin in
            ["https://app.example", "https://app.example:443", "https://any.example:8", "http://bare.example:81"]
        {
            assert_eq!(status(&guard, "localhost", Some(origin)), 200, "{origin}");
        }
        for origin in ["http://app.example", "https://app.example:8443", "https://app.example.evil.test", "null", ""] {
            assert_eq!(status(&guard, "localhost", Some(origin)), 403, "{origin}");
        }
        guard.allow_origins(["null"]);
        assert_eq!(status(&guard, "localhost", Some("null")), 200);
    }

    #[test]
    #[cfg(feature = "cli")]
    fn invalid_entries_are_recognized() {
        for host in ["*", "api.example.com", "api.example.com:8443", "api.example.com:*", "[::2]", "[::2]:*"] {
            assert!(Guard::understands_host(host), "{host}");
            assert!(Guard::understands_origin(host), "{host}");
        }
        for origin in ["null", "https://app.example.com", "https://app.example.com:*", "https://app.example.com/"] {
            assert!(Guard::understands_origin(origin), "{origin}");
        }
        for url in ["http://x/", "https://app.example.com", "app.example.com/mcp"] {
            assert!(!Guard::understands_host(url), "{url}");
        }
        for entry in [
            "",
            "two words",
            "::2",
            "api.example.com:https",
            "https://",
            "user@host",
            ":*",
            "a b:*",
            "a:1:*",
            "*.example.com",
            "exämple.com",
        ] {
            assert!(!Guard::understands_host(entry), "{entry}");
            assert!(!Guard::understands_origin(entry), "{entry}");
        }
    }

    #[test]
    fn a_star_allows_everything() {
        let mut guard = Guard::default();
        guard.allow_hosts(["*"]);
        guard.allow_origins(["*"]);
        assert_eq!(status(&guard, "anything.test:7", Some("ftp://anything.test")), 200);
        assert_eq!(status(&guard, "anything.test", Some("null")), 200);
    }

    #[test]
    fn a_star_beside_a_scheme_or_a_port_is_any_name() {
        let mut guard = Guard::default();
        guard.allow_hosts(["*:8443"]);
        assert_eq!(status(&guard, "anything.test:8443", None), 200);
        assert_eq!(status(&guard, "anything.test", None), 403);
        guard.allow_origins(["https://*", "https://*:8443"]);
        for origin in ["https://anything.test", "https://anything.test:8443"] {
            assert_eq!(status(&guard, "localhost", Some(origin)), 200, "{origin}");
        }
        for origin in ["http://anything.test", "https://anything.test:1", "ftp://anything.test", "null"] {
            assert_eq!(status(&guard, "localhost", Some(origin)), 403, "{origin}");
        }
    }

    #[test]
    fn an_invalid_host_is_a_bad_request() {
        let guard = Guard::default();
        for host in ["", ":80", "a b", "user@localhost", "localhost:http", "localhost:99999", "[::1", "[::1]x", "a/b"] {
            assert_eq!(status(&guard, host, None), 400, "{host:?}");
        }
        assert_eq!(guard.check(&Uri::from_static("/mcp"), &HeaderMap::new()).unwrap_err().status, 400);
        let mut twice = HeaderMap::new();
        twice.append(HOST, HeaderValue::from_static("localhost"));
        twice.append(HOST, HeaderValue::from_static("localhost"));
        assert_eq!(guard.check(&Uri::from_static("/mcp"), &twice).unwrap_err().status, 400);
    }

    #[test]
    fn the_request_target_takes_precedence_over_the_host_header() {
        let guard = Guard::default();
        let mut local = HeaderMap::new();
        local.insert(HOST, HeaderValue::from_static("localhost"));
        assert!(guard.check(&Uri::from_static("http://localhost:1/mcp"), &local).is_ok());
        assert_eq!(guard.check(&Uri::from_static("http://evil.test/mcp"), &local).unwrap_err().status, 403);
        assert!(guard.check(&Uri::from_static("http://localhost:1/mcp"), &HeaderMap::new()).is_ok());
        assert!(guard.check(&Uri::from_static("http://evil.test/mcp"), &HeaderMap::new()).is_err());
    }

    proptest! {
        #[test]
        fn no_other_host_passes_or_panics(host in "[ -~]{0,40}", origin in "[ -~]{0,40}") {
            prop_assume!(!host.contains("localhost") && !host.contains("127.") && !host.contains("::1"));
            prop_assert_ne!(status(&Guard::default(), &host, Some(&origin)), 200);
        }
    }
}
