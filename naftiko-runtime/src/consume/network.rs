//! Prevents connections to private networks through hosts that a document names.

use super::fault::BoxError;
use super::fault::chain;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// The part of messages that explains how an operator allows private addresses.
pub(super) const HOW_TO_ALLOW: &str = "allow it with `--allow-private`, or in Rust with `Settings::allow_private`";

/// The system's name resolver, which can leave out private addresses.
#[derive(Clone)]
pub(super) struct NameResolver {
    system: GaiResolver,
    /// Whether private addresses are left out.
    public_only: bool,
}

/// The error of a name that has only private addresses.
#[derive(Debug)]
pub(super) struct OnlyPrivate;

impl fmt::Display for OnlyPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has only private addresses")
    }
}

impl StdError for OnlyPrivate {}

/// Returns whether a connection failed because a name has only private addresses.
pub(super) fn is_only_private(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(<dyn StdError>::is::<OnlyPrivate>)
}

impl NameResolver {
    pub(super) fn new(public_only: bool) -> Self {
        Self { system: GaiResolver::new(), public_only }
    }
}

/// Leaves out private addresses.
///
/// # Errors
/// Returns an error if all addresses are private.
fn public(found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, BoxError> {
    let any = !found.is_empty();
    let public: Vec<_> = found.into_iter().filter(|address| is_public(address.ip())).collect();
    if any && public.is_empty() { Err(OnlyPrivate.into()) } else { Ok(public) }
}

impl Service<Name> for NameResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let public_only = self.public_only;
        #[cfg(test)]
        if let Some(found) = tests::fake(name.as_str()) {
            return Box::pin(async move { if public_only { public(found) } else { Ok(found) }.map(Vec::into_iter) });
        }
        let resolving = self.system.call(name);
        Box::pin(async move {
            let found = resolving.await?.collect();
            if public_only { public(found) } else { Ok(found) }.map(Vec::into_iter)
        })
    }
}

/// The kind of a URI's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostKind {
    /// A name, whose addresses only a resolver knows.
    Name,
    /// A link-local address, such as the address of a cloud's metadata service.
    LinkLocal,
    /// Any other address, or `localhost`: its destination is visible in the document.
    Visible,
}

impl HostKind {
    /// Returns the kind of a host. `host` is in lower case; an IPv6 address has brackets.
    pub(super) fn of(host: &str) -> Self {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) if is_link_local(address) => Self::LinkLocal,
            Ok(_) => Self::Visible,
            Err(_) if host.strip_suffix('.').unwrap_or(host) == "localhost" => Self::Visible,
            Err(_) => Self::Name,
        }
    }
}

/// Returns whether a host is `localhost`, or an IP address that is not public.
#[cfg(all(feature = "oauth", any(feature = "rest", feature = "mcp")))]
pub(super) fn is_visibly_private(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => !is_public(address),
        Err(_) => HostKind::of(host) == HostKind::Visible,
    }
}

/// Returns whether all addresses of a host are private, according to its name or to the system's resolver.
#[cfg(all(feature = "oauth", any(feature = "rest", feature = "mcp")))]
pub(super) async fn is_private(host: &str) -> bool {
    if HostKind::of(host) != HostKind::Name {
        return is_visibly_private(host);
    }
    let Ok(name) = host.parse() else { return false };
    let mut resolver = NameResolver::new(false);
    let found: Vec<_> = resolver.call(name).await.into_iter().flatten().collect();
    !found.is_empty() && found.iter().all(|address| !is_public(address.ip()))
}

fn is_link_local(address: IpAddr) -> bool {
    match embedded(address) {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// Returns whether an address belongs to the public internet: not loopback, private, link-local, shared, reserved, for
/// documentation, or multicast (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match embedded(address) {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            let is_reserved = matches!(
                (first, second, third),
                (0 | 240.., ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _)
            );
            !(is_reserved
                || address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast())
        }
        // Only 2000::/3 is allocated; 2001::/23 is for protocols, 2001:db8::/32 and 3fff::/20 for documentation.
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            (0x2000..=0x3fff).contains(&first)
                && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
                && !(first == 0x3fff && second < 0x1000)
        }
    }
}

/// Returns the IPv4 address in an IPv6 address (mapped, compatible, translated (RFC 6052) or 6to4), or else the address itself.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(address) = address else { return address };
    let from = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)).into();
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            from(high, low)
        }
        [0, 0, 0, 0, 0, 0, high, low] if address != Ipv6Addr::LOCALHOST && address != Ipv6Addr::UNSPECIFIED => {
            from(high, low)
        }
        _ => address.into(),
    }
}

#[cfg(test)]
mod tests;
