//! Selects the headers of an answer that are passed on to callers, and rewrites their references.

use super::encode::dots;
use super::reference;
use http::header::{
    ACCEPT_RANGES, AGE, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_RANGE,
    ETAG, EXPIRES, LAST_MODIFIED, LINK, LOCATION, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use std::borrow::Cow;

/// The maximum length of a header that is passed on, in bytes.
const MAX_HEADER: usize = 8 * 1024;

/// The headers of a forwarded answer that are passed on unchanged.
const FORWARDED: [HeaderName; 14] = [
    ACCEPT_RANGES,
    AGE,
    ALLOW,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_LANGUAGE,
    CONTENT_RANGE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    RETRY_AFTER,
    VARY,
    HeaderName::from_static("deprecation"),
    HeaderName::from_static("sunset"),
];

/// The headers of an error answer that are passed on.
pub(crate) const REFUSED: [HeaderName; 5] = [ALLOW, CONTENT_RANGE, ETAG, LAST_MODIFIED, WWW_AUTHENTICATE];

/// The headers of a 304 answer that are passed on (RFC 9110, section 15.4.5).
pub(crate) const NOT_MODIFIED: [HeaderName; 5] = [CACHE_CONTROL, ETAG, EXPIRES, LAST_MODIFIED, VARY];

/// The headers of a successful answer that are passed on if its body is passed on unparsed: the range, and the validators for conditional
/// requests.
pub(crate) const UNPARSED: [HeaderName; 3] = [CONTENT_RANGE, ETAG, LAST_MODIFIED];

/// The header with the name of a file.
pub(crate) const DISPOSITION: [HeaderName; 1] = [CONTENT_DISPOSITION];

/// Returns the headers with these names, except for overlong ones. Secrets in `headers` must already be masked.
pub(crate) fn select(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, value)| names.contains(name) && value.len() <= MAX_HEADER) {
        kept.append(name, value.clone());
    }
    kept
}

/// The route of a forwarded request. References in the answer are rewritten to lead to the route.
#[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
pub(crate) struct ForwardedRoute<'a> {
    /// The base URI of the API.
    pub(crate) base: &'a str,
    /// The URI of the request to the API.
    pub(crate) uri: &'a Uri,
    /// The path of the route.
    pub(crate) prefix: &'a str,
    /// The path of the request below the route.
    pub(crate) below: &'a str,
}

#[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
impl ForwardedRoute<'_> {
    /// Returns the headers of a forwarded answer. References below the base URI are rewritten to the route; other references to
    /// the upstream's host are removed.
    pub(crate) fn headers(&self, headers: &HeaderMap) -> HeaderMap {
        let mut references = HeaderMap::new();
        for name in [CONTENT_LOCATION, LINK, LOCATION] {
            for value in headers.get_all(&name) {
                // One character for each byte, so that bytes that are not ASCII are passed on unchanged.
                let text: String = value.as_bytes().iter().copied().map(char::from).collect();
                let text = if name == LINK { self.links(&text) } else { self.reference(&text) };
                let bytes = |text: String| text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<u8>>>();
                if let Some(value) = text.and_then(bytes).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok()) {
                    references.append(&name, value);
                }
            }
        }
        let mut all = select(headers, &FORWARDED);
        all.extend(select(&references, &[CONTENT_LOCATION, LINK, LOCATION]));
        all
    }

    /// Rewrites a reference; `None` if callers cannot use it.
    fn reference(&self, target: &str) -> Option<String> {
        match Target::of(self.base, target) {
            Target::Below(rest) => Some(format!("{}{rest}", self.prefix)),
            Target::Beside(_) => None,
            Target::Elsewhere { host, .. } if is_same_name(host, self.base) => None,
            Target::Relative(_) => self.relative(target),
            Target::Elsewhere { .. } => Some(target.to_owned()),
        }
    }

    /// Rewrites a relative reference if it resolves to a different target against the route than against the API's URI:
    /// for example `../v1/x`, which leaves the base URI `/v1` and comes back. Returns `None` if it leads outside the
    /// base URI.
    fn relative(&self, target: &str) -> Option<String> {
        let reference = ascii(target);
        // A URI such as `urn:a` is not relative.
        let Some(resolved) = reference::resolve(self.uri, &reference) else { return Some(target.to_owned()) };
        let resolved = resolved.to_string();
        let Target::Below(rest) = Target::of(self.base, &resolved) else { return None };
        let from_route = format!("http://route{}{}", self.prefix, self.below).parse().ok();
        let from_route = from_route.and_then(|uri| reference::resolve(&uri, &reference));
        let expected = format!("{}{rest}", self.prefix);
        if from_route.and_then(|uri| uri.path_and_query().map(|path| path.as_str() == expected)) == Some(true) {
            return Some(target.to_owned());
        }
        let fragment = target.find('#').and_then(|at| target.get(at..)).unwrap_or_default();
        Some(expected + fragment)
    }

    /// Rewrites a list of links (RFC 8288, section 3).
    fn links(&self, list: &str) -> Option<String> {
        let mut kept = Vec::new();
        let mut rest = list;
        while let Some((_, after)) = rest.split_once('<') {
            let (target, after) = after.split_once('>')?;
            // A link's parameters end at a comma outside quotes.
            let (mut quoted, mut escaped) = (false, false);
            let end = after.find(|c| {
                quoted ^= c == '"' && !escaped;
                escaped = quoted && c == '\\' && !escaped;
                c == ',' && !quoted
            });
            let (parameters, next) = after.split_at(end.unwrap_or(after.len()));
            kept.extend(
                self.reference(target).map(|target| format!("<{target}>{}", parameters.trim_end_matches([' ', '\t']))),
            );
            rest = next;
        }
        (!kept.is_empty()).then(|| kept.join(", "))
    }
}

/// The target of a reference in an answer, relative to the base URI.
pub(crate) enum Target<'a> {
    /// Below the base URI: the rest of the reference, without the segments `.` and `..`.
    Below(Cow<'a, str>),
    /// Another path of the same host, outside the base URI.
    Beside(&'a str),
    /// Relative to the requested resource.
    Relative(&'a str),
    /// Another host, scheme or port.
    Elsewhere { scheme: &'a str, host: &'a str, path: &'a str },
}

impl<'a> Target<'a> {
    /// Classifies a reference.
    pub(crate) fn of(base: &'a str, target: &'a str) -> Self {
        let (base_scheme, base_host, base_path) = absolute(base).unwrap_or_default();
        let slashes = target.strip_prefix("//").map(|rest| authority(base_scheme, rest));
        let path = match slashes.or_else(|| absolute(target)) {
            Some((scheme, host, path)) if !is_same_origin((scheme, host), (base_scheme, base_host)) => {
                return Self::Elsewhere { scheme, host, path };
            }
            Some((.., path)) => path,
            None if target.starts_with('/') => target,
            None => return Self::Relative(target),
        };
        let (plain, query) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        let has_dots = plain.split('/').any(|segment| dots(segment).is_some_and(|dots| dots > 0));
        let resolved = if has_dots { Cow::Owned(reference::without_dots(plain) + query) } else { Cow::Borrowed(path) };
        let below = match &resolved {
            Cow::Borrowed(path) => path.strip_prefix(base_path).map(Cow::Borrowed),
            Cow::Owned(path) => path.strip_prefix(base_path).map(|rest| Cow::Owned(rest.to_owned())),
        };
        match below {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => Self::Below(rest),
            _ => Self::Beside(path),
        }
    }
}

/// Returns whether two pairs of scheme and host, each with an optional port, are the same origin.
fn is_same_origin(one: (&str, &str), other: (&str, &str)) -> bool {
    let origin = |(scheme, host): (&str, &str)| {
        let (name, port) = name_and_port(host);
        let default = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
        (
            scheme.to_ascii_lowercase(),
            name.to_ascii_lowercase(),
            if port.is_empty() { default } else { port }.to_owned(),
        )
    };
    origin(one) == origin(other)
}

/// Returns whether a host has the same name as the host of the base URI; the ports may differ.
#[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
fn is_same_name(host: &str, base: &str) -> bool {
    let (_, base_host, _) = absolute(base).unwrap_or_default();
    name_and_port(host).0.eq_ignore_ascii_case(name_and_port(base_host).0)
}

/// Splits a host with an optional port; the port is empty if there is none.
fn name_and_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address are in brackets.
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    }
}

/// Percent-encodes the characters that are not ASCII; each stands for one byte.
#[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
fn ascii(text: &str) -> String {
    let encoded = |c: char| if c.is_ascii() { c.to_string() } else { format!("%{:02X}", u32::from(c)) };
    text.chars().map(encoded).collect()
}

/// Splits an absolute URL into scheme, host and the rest.
fn absolute(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then(|| authority(scheme, rest))
}

/// Splits the text after `scheme://` into host and path, and drops a user name and password.
fn authority<'a>(scheme: &'a str, rest: &'a str) -> (&'a str, &'a str, &'a str) {
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    (scheme, authority.rsplit('@').next().unwrap_or(authority), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_parameter_does_not_end_it() {
        let list = r#"<https://api.example/v1/x>; title="a\", <b"; rel=next, <https://api.example/v1/y>; title="\\"; rel=prev"#;
        let expected = r#"</api/x>; title="a\", <b"; rel=next, </api/y>; title="\\"; rel=prev"#;
        let uri = Uri::from_static("https://api.example/v1/list");
        let route = ForwardedRoute { base: "https://api.example/v1", uri: &uri, prefix: "/api", below: "/list" };
        assert_eq!(route.links(list).as_deref(), Some(expected));
    }

    #[test]
    fn a_default_port_can_be_left_out() {
        for (base, target) in [
            ("http://api.example/v1", "http://API.example:80/v1/x"),
            ("https://api.example/v1", "https://api.example:443/v1/x"),
            ("https://[::1]/v1", "https://[::1]:443/v1/x"),
            ("https://api.example/v1", "https://api.example:/v1/x"),
            ("http://api.example:8080/v1", "http://api.example:8080/v1/x"),
        ] {
            assert!(matches!(Target::of(base, target), Target::Below(rest) if rest == "/x"), "{target}");
        }
        for (base, target) in [
            ("http://api.example/v1", "https://api.example/v1/x"),
            ("https://api.example/v1", "https://api.example:80/v1/x"),
            ("https://[::1]/v1", "https://[::2]/v1/x"),
            ("http://api.example:8080/v1", "http://api.example/v1/x"),
        ] {
            assert!(matches!(Target::of(base, target), Target::Elsewhere { .. }), "{target}");
        }
    }
}
