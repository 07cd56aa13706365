//! Tests of public addresses, kinds of hosts and filtered names, with a resolver that has fake answers for some names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{HostKind, OnlyPrivate, is_public, public};
use crate::consume::fault::{Failure, chain};
use crate::consume::outgoing::Outgoing;
use crate::consume::tls::Certificates;
use crate::consume::transport::{Repeat, Transport};
use crate::testing::{Answer, Upstream};
use bytes::Bytes;
use http::Request;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Returns the addresses of names that exist in tests only.
pub(super) fn fake(name: &str) -> Option<Vec<SocketAddr>> {
    let addresses: &[&str] = match name {
        "private.test" => &["127.0.0.1", "10.0.0.1", "::1"],
        "mixed.test" => &["192.168.0.1", "203.0.114.7", "::ffff:127.0.0.1"],
        "loopback.test" => &["127.0.0.1"],
        "unknown.test" => &[],
        "public.test" => &["203.0.114.7"],
        "hidden.test" => &["::ffff:127.0.0.1"],
        _ => return None,
    };
    Some(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect())
}

#[test]
fn addresses_of_private_networks_are_not_public() {
    for address in [
        "127.0.0.1",
        "127.255.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "fe80::1",
        "fec0::1",
        "fd00::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "100::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "1.1.1.1",
        "100.63.0.1",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "169.253.0.1",
        "192.167.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn a_host_is_a_name_a_link_local_address_or_visible() {
    for (host, expected) in [
        ("api.example", HostKind::Name),
        ("api", HostKind::Name),
        ("127.0.0.1.example", HostKind::Name),
        ("localhost.example", HostKind::Name),
        ("a.localhost", HostKind::Name),
        // Only a resolver knows which addresses these are; base URIs with them are refused.
        ("2130706433", HostKind::Name),
        ("0x7f.1", HostKind::Name),
        ("0177.0.0.1", HostKind::Name),
        ("localhost", HostKind::Visible),
        ("localhost.", HostKind::Visible),
        ("127.0.0.1", HostKind::Visible),
        ("10.0.0.1", HostKind::Visible),
        ("[::1]", HostKind::Visible),
        ("[::ffff:10.0.0.1]", HostKind::Visible),
        ("169.254.169.254", HostKind::LinkLocal),
        ("[::ffff:169.254.169.254]", HostKind::LinkLocal),
        ("[64:ff9b::a9fe:a9fe]", HostKind::LinkLocal),
        ("[fe80::1]", HostKind::LinkLocal),
    ] {
        assert_eq!(HostKind::of(host), expected, "{host}");
    }
}

#[test]
fn only_public_addresses_of_a_name_are_used() {
    let left: Vec<IpAddr> = public(fake("mixed.test").unwrap()).unwrap().iter().map(SocketAddr::ip).collect();
    assert_eq!(left, ["203.0.114.7".parse::<IpAddr>().unwrap()]);
    assert!(public(fake("private.test").unwrap()).unwrap_err().is::<OnlyPrivate>());
    assert!(public(Vec::new()).unwrap().is_empty());
}

#[tokio::test]
async fn a_name_of_this_machine_is_reached_only_if_private_addresses_are_allowed() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/", Answer::json(200, json!(1)));
    let port = upstream.url().rsplit(':').next().unwrap();
    for (name, public_only) in [("private.test", true), ("private.test", false), ("hidden.test", true)] {
        let transport = Transport::new(Duration::from_secs(5), Certificates::default(), public_only).unwrap();
        let mut request = Request::new(Outgoing::from(Bytes::new()));
        *request.uri_mut() = format!("http://{name}:{port}/").parse().unwrap();
        let sent = transport.send(Box::new(request), Repeat::Never).await;
        match sent.map(|response| response.status().as_u16()) {
            Err(Failure::Connect(cause)) => {
                assert!(public_only && chain(cause.as_ref()).any(<dyn std::error::Error>::is::<OnlyPrivate>));
            }
            answered => assert_eq!((answered.unwrap(), public_only), (200, false), "{name}"),
        }
    }
    assert_eq!(upstream.requests().len(), 1);
}
