//! Resolves references in answers against the URI of the request (RFC 3986, section 5.2).

use super::encode::dots;
use http::{HeaderValue, Uri};
use std::fmt::Write;

/// The extension of a response whose request was redirected, so that it comes from another URI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Followed;

/// Returns the references in a header as ASCII: other bytes, which the sender should have encoded, are percent-encoded.
pub(crate) fn in_header(value: &HeaderValue) -> String {
    value.as_bytes().iter().fold(String::with_capacity(value.len()), |mut text, byte| {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// Resolves a reference; `None` if the result is not an `http` or `https` URI with a host. The fragment is dropped.
pub(crate) fn resolve(base: &Uri, reference: &str) -> Option<Uri> {
    let reference = reference.split('#').next().unwrap_or_default();
    let (scheme, authority) = (base.scheme_str()?, base.authority()?.as_str());
    let is_scheme = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let absolute = if reference.split_once(':').is_some_and(|(before, _)| is_scheme(before)) {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else {
        let (path, query) = split_query(reference);
        let path = match path {
            "" => base.path().to_owned(),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{}/{path}", base.path().rsplit_once('/').map_or("", |(folder, _)| folder)),
        };
        let query = query.or_else(|| base.query().filter(|_| reference.is_empty()));
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        format!("{scheme}://{authority}{path}{query}")
    };
    let (scheme, rest) = absolute.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return None;
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = split_query(rest);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{scheme}://{authority}{}{query}", without_dots(path)).parse().ok()
}

/// Returns the `Host` header of a request for a URI, without the port if it is the default of the scheme (RFC 9110, section 7.2); `None`
/// without a host. Signatures cover this header.
pub(super) fn host_header(uri: &Uri) -> Option<String> {
    let host = uri.host()?;
    let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    Some(match uri.port_u16().filter(|port| *port != default) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Returns whether two URIs have the same origin (RFC 6454): scheme, host and port.
pub(crate) fn is_same_origin(one: &Uri, other: &Uri) -> bool {
    let port = |uri: &Uri| uri.port_u16().or(if uri.scheme_str() == Some("https") { Some(443) } else { Some(80) });
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    one.scheme() == other.scheme() && host(one) == host(other) && port(one) == port(other)
}

/// Splits a reference without a fragment into the part before its query, and the query.
fn split_query(reference: &str) -> (&str, Option<&str>) {
    reference.split_once('?').map_or((reference, None), |(path, query)| (path, Some(query)))
}

/// Removes the segments `.` and `..` of an absolute path (RFC 3986, section 5.2.4), in which `%2e` is a dot (section 6.2.2.2).
pub(super) fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match dots(segment) {
            Some(count @ 1..) => {
                if count == 2 {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            Some(0) | None => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{host_header, in_header, is_same_origin, resolve};
    use http::{HeaderValue, Uri};
    use proptest::prelude::*;
    use reqwest::Url;

    #[test]
    fn the_host_header_leaves_out_the_default_port() {
        for (uri, expected) in [
            ("http://api.test", "api.test"),
            ("http://api.test:80/x", "api.test"),
            ("http://api.test:443", "api.test:443"),
            ("https://api.test/x", "api.test"),
            ("https://api.test:443", "api.test"),
            ("https://api.test:80/x", "api.test:80"),
            ("https://api.test:8443", "api.test:8443"),
            ("http://[::1]:8080/", "[::1]:8080"),
            ("http://user:secret@api.test:81/", "api.test:81"),
        ] {
            assert_eq!(host_header(&Uri::from_static(uri)).as_deref(), Some(expected), "{uri}");
        }
        assert_eq!(host_header(&Uri::from_static("/x")), None);
    }

    #[test]
    fn references_resolve_as_in_the_examples_of_rfc_3986() {
        let base = Uri::from_static("http://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("%2e%2E/g", "http://a/b/g"),
            ("%2e", "http://a/b/c/"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            assert_eq!(resolve(&base, reference).unwrap().to_string(), expected, "{reference}");
        }
        for reference in ["ftp://a/b", "g:h", "http:g", "mailto:a@b", "http://", "//"] {
            assert_eq!(resolve(&base, reference), None, "{reference}");
        }
    }

    #[test]
    fn bytes_that_are_not_ascii_are_percent_encoded() {
        let text = |bytes: &[u8]| in_header(&HeaderValue::from_bytes(bytes).unwrap());
        assert_eq!(text(b"/a?b=%20"), "/a?b=%20");
        assert_eq!((text("/é".as_bytes()), text(b"/\xE9")), ("/%C3%A9".to_owned(), "/%E9".to_owned()));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same =
            |one: &'static str, other: &'static str| is_same_origin(&Uri::from_static(one), &Uri::from_static(other));
        assert!(same("https://API.example/a", "https://api.example:443/b") && same("http://a:80", "http://a/"));
        assert!(!same("https://a/", "http://a/") && !same("https://a:8443/", "https://a/"));
        assert!(!same("https://a.example/", "https://a.example.evil/") && !same("http://[::1]/", "http://[::2]/"));
    }

    proptest! {
        #[test]
        fn a_reference_means_the_same_to_the_url_standard(path in "(/[a-z.]{0,3}){0,4}/", reference in "(//[a-z]{1,3}/)?(/?([a-z.]|%2e){1,3}){0,4}/?([?][a-z/.]{0,3})?(#[a-z]{0,2})?") {
            let base = format!("https://host.example{path}?q");
            let base: Uri = Url::parse(&base).unwrap().as_str().parse().unwrap();
            let mut expected = Url::parse(&base.to_string()).unwrap().join(&reference).unwrap();
            expected.set_fragment(None);
            prop_assert_eq!(resolve(&base, &reference).unwrap().to_string(), expected.as_str());
        }
    }
}
