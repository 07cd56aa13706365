//! Selects the headers of an answer that are passed on to callers, and rewrites their references.

use http::header::{
    ACCEPT_RANGES, AGE, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_RANGE,
    ETAG, EXPIRES, LAST_MODIFIED, LINK, LOCATION, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

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

/// The headers of an unparsed success that are passed on: the range, and the validators for conditional requests.
pub(crate) const UNREAD: [HeaderName; 3] = [CONTENT_RANGE, ETAG, LAST_MODIFIED];

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

/// Returns the headers of a forwarded answer. References below the base URI are rewritten to `prefix`; other references
/// to the upstream are removed.
#[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
pub(crate) fn forwarded(headers: &HeaderMap, base: &str, prefix: &str) -> HeaderMap {
    let mut references = HeaderMap::new();
    for name in [CONTENT_LOCATION, LINK, LOCATION] {
        for value in headers.get_all(&name).iter().filter_map(|value| value.to_str().ok()) {
            let value = if name == LINK { links(base, prefix, value) } else { reference(base, prefix, value) };
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                references.append(&name, value);
            }
        }
    }
    let mut all = select(headers, &FORWARDED);
    all.extend(select(&references, &[CONTENT_LOCATION, LINK, LOCATION]));
    all
}

fn reference(base: &str, prefix: &str, target: &str) -> Option<String> {
    match Target::of(base, target) {
        Target::Below(rest) => Some(format!("{prefix}{rest}")),
        Target::Beside(_) => None,
        Target::Relative(_) | Target::Elsewhere { .. } => Some(target.to_owned()),
    }
}

/// Rewrites a list of links (RFC 8288, section 3).
fn links(base: &str, prefix: &str, list: &str) -> Option<String> {
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
        kept.extend(reference(base, prefix, target).map(|target| format!("<{target}>{}", parameters.trim_end())));
        rest = next;
    }
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// The target of a reference in an answer, relative to the base URI.
pub(crate) enum Target<'a> {
    /// Below the base URI: the rest of the reference.
    Below(&'a str),
    /// Another path of the same host, outside the base URI.
    Beside(&'a str),
    /// Relative to the requested resource.
    Relative(&'a str),
    /// Another host, or another scheme.
    Elsewhere { scheme: &'a str, host: &'a str, path: &'a str },
}

impl<'a> Target<'a> {
    /// Classifies a reference.
    pub(crate) fn of(base: &'a str, target: &'a str) -> Self {
        let (base_scheme, base_host, base_path) = absolute(base).unwrap_or_default();
        let slashes = target.strip_prefix("//").map(|rest| authority(base_scheme, rest));
        let path = match slashes.or_else(|| absolute(target)) {
            Some((scheme, host, path))
                if !scheme.eq_ignore_ascii_case(base_scheme) || !host.eq_ignore_ascii_case(base_host) =>
            {
                return Self::Elsewhere { scheme, host, path };
            }
            Some((.., path)) => path,
            None if target.starts_with('/') => target,
            None => return Self::Relative(target),
        };
        match path.strip_prefix(base_path) {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => Self::Below(rest),
            _ => Self::Beside(path),
        }
    }
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
        assert_eq!(links("https://api.example/v1", "/api", list).as_deref(), Some(expected));
    }
}
