//! Validates base URIs: accepts URIs (RFC 3986) that the URL standard interprets in the same way.

use super::encode::is_dots;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Checks a base URI. Returns it with its scheme and host in lower case, and without a default port or trailing slashes. The error
/// describes what is wrong with it.
pub(super) fn normalized(uri: &str) -> Result<String, String> {
    let not_valid = |why: &str| format!("is not valid: {why}; write a URI like https://api.example.com/v1");
    let (scheme, rest) = uri.trim().split_once("://").ok_or_else(|| not_valid("it has no scheme"))?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return Err(format!("has the scheme `{}`, but only http and https are supported", scheme.escape_debug())),
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("contains a user name or a password, which belong in `authentication`".to_owned());
    }
    if path.contains(['?', '#']) {
        return Err("has a query or a fragment, but paths are appended to the base URI".to_owned());
    }
    let after_brackets = authority.rfind(']').unwrap_or_default();
    let colon = authority.rfind(':').filter(|colon| *colon > after_brackets);
    let (host, port) = authority.split_at(colon.unwrap_or(authority.len()));
    let host = host.to_ascii_lowercase();
    if !is_host(&host) {
        return Err(not_valid("the host must be an ASCII name or an IP address"));
    }
    let port = match port.trim_start_matches(':') {
        "" => None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse::<u16>().map_err(|_| not_valid("the port must be at most 65535"))?)
        }
        _ => return Err(not_valid("the port must be a number")),
    };
    if !is_path(path) {
        return Err(not_valid("the path contains a character that must be percent-encoded"));
    }
    if path.split('/').any(|segment| !segment.is_empty() && is_dots(segment)) {
        return Err(not_valid("the path must not contain `.` or `..` segments"));
    }
    let port = port.filter(|port| *port != default_port).map_or_else(String::new, |port| format!(":{port}"));
    let base = format!("{scheme}://{host}{port}{}", path.trim_end_matches('/'));
    base.parse::<http::Uri>().map_err(|error| format!("is not a valid URI ({error})"))?;
    Ok(base)
}

/// Returns whether a lower-case host is an IP address, or a name that no parser mistakes for an IP address: some parsers read `0x7f.1`
/// as `127.0.0.1`.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number =
        last.bytes().all(|byte| byte.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(is_hexadecimal);
    name.split('.').all(is_label) && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

/// Returns whether a path contains only the characters and complete percent-encodings that RFC 3986, section 3.3 allows.
fn is_path(path: &str) -> bool {
    let mut pieces = path.split('%');
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte));
    let is_encoded = |text: &str| text.len() > 1 && text.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    pieces.next().is_none_or(is_plain) && pieces.all(|piece| is_encoded(piece) && is_plain(piece))
}

/// Returns whether a value can replace a variable in the host of a base URI without adding a path, a user name or a query. If
/// `authority` is set, the variable is the whole authority, so the value can have a port.
pub(super) fn fits_host(value: &str, authority: bool) -> bool {
    let (host, port) = match value.split_once(':') {
        Some((host, port)) if authority => (host, port),
        _ => (value, "0"),
    };
    let host_ok = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    host_ok && port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a value can replace a variable in the path of a base URI: only unreserved characters (RFC 3986,
/// section 2.3), and not `.` or `..`.
pub(super) fn fits_path(value: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !value.is_empty() && !is_dots(value) && value.bytes().all(unreserved)
}

/// Adds `https://`, or `http://` for this machine, to a base URI without a scheme: `//host/path`, `host.example`, `localhost:8080`.
pub(super) fn with_scheme(uri: String) -> String {
    let rest = uri.trim_start_matches('/');
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let is_local = naftiko_spec::host::is_this_machine(host);
    // `mailto:x` has a scheme; `host:8080` does not.
    let is_port = |after: &str| after.split('/').next().is_some_and(|port| port.parse::<u16>().is_ok());
    let is_host = host.contains('.') || is_local || rest.len() < uri.len();
    let lacks_scheme = !uri.contains("://")
        && is_host
        && rest.strip_prefix(host).is_some_and(|after| after.strip_prefix(':').is_none_or(is_port));
    if lacks_scheme { format!("{}://{rest}", if is_local { "http" } else { "https" }) } else { uri }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::normalized;
    use proptest::prelude::*;
    use reqwest::Url;

    #[test]
    fn an_invalid_or_ambiguous_uri_is_refused() {
        let cases = [
            "https:api.example.com",
            "https:/api.example.com",
            "https:\\\\api.example.com",
            "https://api.example.com\\v1",
            "https://exa mple.com",
            "https://münchen.example",
            "https://exa%6dple.com",
            "https://0x7f.1",
            "https://1.2.3",
            "https://1.2.3.4.",
            "https://010.0.0.1",
            "https://[::1",
            "https://[fe80::1%25eth0]",
            "https://a..b",
            "https://:80",
            "https://a:b",
            "https://a:65536",
            "https://a:+80",
            "https://a/b/../c",
            "https://a/./c",
            "https://a/%2E./c",
            "https://a/b c",
            "https://a/\u{e4}",
            "https://a/{x}",
            "https://a/\tb",
            "https://a/%",
            "https://a/%4",
            "https://a/%g0",
        ];
        for uri in cases {
            assert!(normalized(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn an_accepted_uri_is_normalised() {
        for (uri, expected) in [
            ("HTTPS://API.Example.com:443/V1/", "https://api.example.com/V1"),
            ("http://localhost:0080", "http://localhost"),
            ("http://[::1]:8080//a//", "http://[::1]:8080//a"),
            ("https://api.example.com./a%2Fb:c@d", "https://api.example.com./a%2Fb:c@d"),
            (" http://10.0.0.1:443\n", "http://10.0.0.1:443"),
        ] {
            assert_eq!(normalized(uri).unwrap(), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn an_accepted_uri_means_the_same_to_the_url_standard(
            scheme in "(https?|HTTP|ftp|file)", separator in "(://|:/|:|:\\\\\\\\|:///)",
            host in "([a-z0-9.xX_-]{0,12}|[0-9.]{1,9}|0x[0-9a-g]{0,3}|\\[[0-9a-f:.]{0,9}\\]|[A-Z%@\\\\ü\\t ]{1,4})",
            port in "(|:[0-9]{0,6}|:[a-z+ -]{1,2})", path in "(/([a-zA-Z0-9._~!$&'()*+,;=:@%/|^{}\\\\ \\t\"<>\\[\\]?#ü-]|%2[eEfF]|\\.){0,9}|)",
        ) {
            let uri = format!("{scheme}{separator}{host}{port}{path}");
            if let Ok(base) = normalized(&uri) {
                // Whether a punycode name is valid is for the resolver to decide.
                if !host.to_ascii_lowercase().contains("xn--") {
                    let (standard, ours) = (Url::parse(&uri).unwrap(), Url::parse(&base).unwrap());
                    prop_assert_eq!(standard.as_str().trim_end_matches('/'), ours.as_str().trim_end_matches('/'));
                    let after = base.split_once("://").unwrap().1;
                    let path = after.find('/').map_or("/", |slash| &after[slash..]);
                    prop_assert_eq!(ours.path(), path);
                }
            }
        }
    }
}
