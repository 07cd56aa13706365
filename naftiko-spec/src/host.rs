//! Hosts of URIs, and the check for hosts that are this machine.

use std::borrow::Cow;
use std::net::IpAddr;

/// Returns the host in the part of a URI after `://`: in lower case, without user, port and path.
#[must_use]
pub fn of_authority(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let end = if authority.starts_with('[') { authority.find(']').map(|end| end + 1) } else { authority.find(':') };
    end.and_then(|end| authority.get(..end)).unwrap_or(authority).to_ascii_lowercase()
}

/// Returns a URI for display: without its query and its fragment, and only its scheme if it may contain a user name or a password.
///
/// ```
/// use naftiko_spec::host::without_credentials;
///
/// assert_eq!(without_credentials("https://api.example.com/v1?key=k"), "https://api.example.com/v1");
/// assert_eq!(without_credentials("https://user:p/w@api.example.com/v1"), "https://…");
/// assert_eq!(without_credentials("user:pw@api.example.com"), "…");
/// assert_eq!(without_credentials("api.example.com/v1?key=k&back=https://x"), "api.example.com/v1");
/// ```
#[must_use]
pub fn without_credentials(uri: &str) -> String {
    let is_scheme = |text: &str| text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.'));
    let scheme = uri.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    let (scheme, rest) = uri.split_at(scheme.map_or(0, |scheme| scheme.len() + "://".len()));
    // A password that is not encoded can contain any of the characters that end the host.
    let shown = if rest.contains('@') { "…" } else { rest.split(['?', '#']).next().unwrap_or_default() };
    format!("{scheme}{shown}")
}

/// Returns a URI for a message: `…` replaces a user name and a password. A password may contain characters that end the authority of a
/// URI, so the replaced text ends at the last `@`.
///
/// ```
/// use naftiko_spec::host::without_user;
///
/// assert_eq!(without_user("https://ada:a/b#c@d@api.dev/v1"), "https://…@api.dev/v1");
/// assert_eq!(without_user("https://api.dev:80/users/@me"), "https://api.dev:80/users/@me");
/// assert_eq!(without_user("{{SCHEME}}://ada:pw@api.dev"), "{{SCHEME}}://…@api.dev");
/// ```
#[must_use]
pub fn without_user(uri: &str) -> Cow<'_, str> {
    // A scheme may be a variable.
    let is_scheme = |text: &str| {
        text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.' | b'_'))
            || text.starts_with(['{', '[']) && text.ends_with(['}', ']']) && !text.contains(':')
    };
    let scheme = uri.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
    let rest = scheme.map_or(uri, |(_, rest)| rest).trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Brackets can also contain an IPv6 address.
    let is_variable = |text: &str| text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
    let is_port = |text: &str| text.bytes().all(|c| c.is_ascii_digit()) || is_variable(text);
    let has_user = authority.contains('@')
        || !is_variable(authority) && authority.rsplit_once(':').is_some_and(|(_, end)| !is_port(end));
    match rest.rsplit_once('@').filter(|_| has_user) {
        Some((_, after)) => format!("{}…@{after}", uri.strip_suffix(rest).unwrap_or_default()).into(),
        None => uri.into(),
    }
}

/// Returns whether a host is this machine: `localhost`, or a loopback address with or without brackets.
///
/// ```
/// use naftiko_spec::host::is_loopback;
///
/// assert!(is_loopback("LOCALHOST") && is_loopback("127.0.0.2") && is_loopback("[::1]"));
/// assert!(!is_loopback("0.0.0.0") && !is_loopback("localhost.example"));
/// ```
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns whether a host is this machine: a loopback host, or the address of all interfaces (`0.0.0.0` or `::`).
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    is_loopback(host) || matches!(host, "0.0.0.0" | "::" | "[::]")
}
