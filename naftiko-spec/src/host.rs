//! Hosts of addresses, and which of them are the machine itself.

use std::net::IpAddr;

/// Returns the host of what follows a scheme, in lower case: without a user, a port, a path.
#[must_use]
pub fn of_authority(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let end = if authority.starts_with('[') { authority.find(']').map(|end| end + 1) } else { authority.find(':') };
    end.and_then(|end| authority.get(..end)).unwrap_or(authority).to_ascii_lowercase()
}

/// Returns whether a host is the machine itself: `localhost`, or a loopback address, in brackets or not.
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

/// Returns whether a host is the machine itself, or the address of all its interfaces, where its programs can be called.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    is_loopback(host) || host == "0.0.0.0"
}
