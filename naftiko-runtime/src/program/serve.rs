//! `serve`: decides which adapter listens where, and prints the addresses.

use super::adapter::{self, AdapterKind, AllowedCallers};
use super::cli::Serve;
use super::control;
use super::endpoint::Endpoint;
use super::hosted_capability::{ConnectOptions, HostedCapability, all_connected, quoted};
use super::pages::Pages;
use super::server::{self, Adapter, ServerEnd};
use super::signals::Signals;
use super::{CommandFailure, ProgramInner};
use crate::error::{Error, Result};
use crate::operation::Capability;
use crate::telemetry;
use naftiko_spec::Document;
use naftiko_spec::model::Expose;
use naftiko_spec::printable;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// The address of adapters for which neither the document nor the command line sets one.
const LOOPBACK: &str = "127.0.0.1";

/// Binds the port of every adapter, prints the addresses, and serves until a signal arrives.
pub(super) async fn serve(
    program: ProgramInner,
    options: Serve,
    connect: &ConnectOptions,
) -> Result<(), CommandFailure> {
    let ProgramInner {
        capabilities: mut hosted, layers, mut hosts, mut origins, authentication, output: mut out, ..
    } = program;
    let documents = hosted.iter_mut().map(|hosted| hosted.document(connect)).collect::<Result<Vec<_>>>()?;
    let names: Vec<Option<&str>> = hosted.iter().map(HostedCapability::name).collect();
    let endpoints = endpoints(&documents, &names, &options)?;
    hosts.extend(options.hosts);
    hosts.extend(endpoints.iter().filter_map(Endpoint::own_host));
    drop(documents);
    origins.extend(options.origins);
    let callers = AllowedCallers::new(hosts, origins)?;
    if endpoints.iter().any(|endpoint| endpoint.kind == AdapterKind::Control) {
        telemetry::start();
    }
    let mut capabilities = all_connected(&mut hosted, connect)?;
    if let Some(authentication) = authentication {
        let authenticated = |capability: Capability| capability.with_authentication(authentication.clone());
        capabilities = capabilities.into_iter().map(authenticated).collect();
    }
    #[cfg(feature = "mcp")]
    {
        if let Some(store) = program.store {
            capabilities = capabilities.into_iter().map(|capability| capability.with_store(store.clone())).collect();
        }
    }
    #[cfg(any(feature = "rest", feature = "mcp"))]
    capabilities.iter().try_for_each(Capability::check_callers)?;
    #[cfg(feature = "mcp")]
    capabilities.iter().try_for_each(Capability::check_files)?;
    // Install the signal handlers first: a parent process may send a signal as soon as it has read the first line.
    let signals = Signals::new()?;
    let mut listeners = Vec::new();
    for endpoint in &endpoints {
        listeners.push(endpoint.listen().await?);
    }
    let mut limit = Duration::ZERO;
    let mut adapters = Vec::new();
    let mut lines = String::new();
    let addresses = endpoints.iter().zip(&listeners);
    let addresses =
        addresses.map(|(endpoint, listener)| listener.local_addr().map_err(|error| endpoint.unusable(error)));
    let addresses = addresses.collect::<Result<Vec<_>>>()?;
    let service = |Endpoint { capability, kind, namespace, .. }: &Endpoint| {
        adapter::mcp_service(*kind, namespace, capabilities.get(*capability)?, &callers)
    };
    let services: Vec<_> = endpoints.iter().map(service).collect();
    let pages = Pages {
        endpoints: &endpoints,
        addresses: &addresses,
        capabilities: &capabilities,
        callers: &callers,
        services: &services,
    };
    for (((endpoint, listener), local), service) in endpoints.iter().zip(listeners).zip(&addresses).zip(&services) {
        let Some(capability) = capabilities.get(endpoint.capability) else { continue };
        let router = if endpoint.kind == AdapterKind::Control {
            control::router(&pages, capability, endpoint.expose)
        } else {
            let page = pages.of(endpoint, capability);
            let (kind, namespace) = (endpoint.kind, &endpoint.namespace);
            let router = adapter::router(kind, namespace, capability, &callers, service.as_ref(), page);
            let router = router.map(|router| layers.apply(router));
            #[cfg(feature = "compression")]
            let router = router.map(super::compressed::compressed);
            router
        };
        let Some(router) = router else { continue };
        let _ = writeln!(
            lines,
            "listening {} {} http://{}{}",
            endpoint.kind.word(),
            printable(&endpoint.namespace),
            reachable(*local),
            endpoint.kind.path()
        );
        limit = limit.max(capability.limits().operation);
        adapters.push(Adapter { listener, router, notes_callers: endpoint.kind == AdapterKind::Control });
    }
    // Callers connect as soon as the addresses are printed, so the limit of file descriptors is raised first.
    let descriptors = server::raise_descriptor_limit();
    match out.write_all(lines.as_bytes()).and_then(|()| out.flush()).map_err(CommandFailure::from) {
        // Callers can connect even if the reader of the output has closed it.
        Ok(()) | Err(CommandFailure::Closed) => {}
        Err(failure) => return Err(failure),
    }
    #[cfg(feature = "mcp")]
    if options.approvals {
        super::approvals::start(&capabilities, out)?;
    }
    match server::serve(adapters, signals, limit, descriptors).await {
        ServerEnd::Answered => {}
        ServerEnd::CutOff { connections, tasks } => {
            let limit_s = limit.as_secs_f32();
            tracing::warn!(limit_s, connections, tasks, "connections and tasks were cut off at the time limit");
        }
        ServerEnd::AtOnce(code) => std::process::exit(code),
    }
    Ok(())
}

/// Returns an address that clients on this machine can connect to: loopback for an unspecified address.
fn reachable(mut local: SocketAddr) -> SocketAddr {
    if local.ip().is_unspecified() {
        local.set_ip(match local.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    local
}

/// Checks that this program was built with the Cargo features that the options need.
fn check_features(options: &Serve) -> Result<(), CommandFailure> {
    let page = options.page && cfg!(not(feature = "page"));
    let control = options.control.is_some() && cfg!(not(feature = "telemetry"));
    let (feature, option) = match () {
        () if page => ("page", "--page"),
        () if control => ("telemetry", "--control"),
        () => return Ok(()),
    };
    Err(CommandFailure::usage(format!(
        "this program was built without the feature `{feature}`, which `{option}` needs\n  help: add the feature to `naftiko` in \
         its Cargo.toml, `features = [\"{feature}\"]`, and build it again"
    )))
}

/// Returns the name of a control adapter on the command line.
fn control_name(control: &Expose) -> &str {
    Some(control.namespace()).filter(|name| !name.is_empty()).unwrap_or(AdapterKind::Control.word())
}

/// Returns the address and the port of each adapter. `names` are the names of the capabilities in messages, if they have any.
fn endpoints(documents: &[Document], names: &[Option<&str>], options: &Serve) -> Result<Vec<Endpoint>, CommandFailure> {
    check_features(options)?;
    let mut endpoints = Vec::new();
    let mut left_out: Vec<(&str, String)> = Vec::new();
    for (capability, document) in documents.iter().enumerate() {
        for (index, expose) in document.capability.exposes.iter().enumerate() {
            let (kind, address, page) = match expose {
                Expose::Rest(rest) => {
                    (AdapterKind::Rest, rest.address.as_deref(), options.page || rest.page == Some(true))
                }
                Expose::Mcp(mcp) if mcp.transport.as_deref() == Some("stdio") => {
                    let why = "its transport is stdio; use the command `mcp`".to_owned();
                    left_out.push((&mcp.namespace, why));
                    continue;
                }
                // `--control` replaces the control adapter of the document.
                Expose::Control(_) if options.control.is_some() => {
                    left_out.push((control_name(expose), "`--control` replaces it".to_owned()));
                    continue;
                }
                // `--address` applies only to adapters that expose operations.
                Expose::Control(_) => (AdapterKind::Control, Some(expose.address().unwrap_or(LOOPBACK)), false),
                Expose::Skill(_) if !document.has_own_server(expose) => {
                    left_out.push((expose.namespace(), "the MCP adapters serve its skills".to_owned()));
                    continue;
                }
                Expose::Skill(_) => (AdapterKind::Mcp, expose.address(), false),
                Expose::Mcp(mcp) => {
                    let is_rest = |expose: &Expose| matches!(expose, Expose::Rest(_));
                    let alone = !document.capability.exposes.iter().any(is_rest);
                    (AdapterKind::Mcp, mcp.address.as_deref(), options.page && alone)
                }
            };
            let name = match expose.namespace() {
                "" => kind.word(),
                name => name,
            };
            if !kind.is_built() {
                let why = format!("this program was built without the feature `{}`", kind.feature());
                tracing::warn!(adapter = name, "not served: {why}");
                left_out.push((name, why));
                continue;
            }
            let given = options.ports.iter().rev().find(|(namespace, _)| namespace == name);
            let own = options.address.as_deref().filter(|_| kind != AdapterKind::Control);
            let address = own.or(address).unwrap_or(LOOPBACK);
            endpoints.push(Endpoint {
                capability,
                expose: Some(index),
                kind,
                namespace: name.to_owned(),
                address: address.trim_start_matches('[').trim_end_matches(']').to_owned(),
                port: given.map(|(_, port)| *port).or(expose.port()).unwrap_or_default(),
                page,
            });
        }
    }
    if endpoints.iter().all(|endpoint| endpoint.kind == AdapterKind::Control) {
        return Err(nothing_to_serve(documents, names, &left_out).into());
    }
    for (namespace, port) in &options.ports {
        let served = || endpoints.iter().map(|endpoint| endpoint.namespace.as_str());
        if namespace.is_empty() {
            let ways: Vec<_> = served().map(|served| format!("`--port {served}={port}`")).collect();
            let why = format!("`--port {port}` does not name an adapter; write {}", ways.join(" or "));
            return Err(CommandFailure::usage(why));
        }
        let unserved = left_out.iter().find(|(left_out, _)| *left_out == namespace);
        if let Some((_, why)) = unserved.filter(|_| served().all(|served| served != namespace)) {
            return Err(CommandFailure::usage(format!("the adapter {} is not served: {why}", quoted(namespace))));
        }
    }
    check_names(
        "adapter",
        options.ports.iter().map(|(namespace, _)| namespace),
        endpoints.iter().map(|endpoint| &endpoint.namespace),
    )?;
    // `--port` does not apply to the control port of `--control`.
    endpoints.extend(options.control.map(|control| Endpoint {
        capability: 0,
        expose: None,
        kind: AdapterKind::Control,
        namespace: AdapterKind::Control.word().to_owned(),
        address: control.ip().to_string(),
        port: control.port(),
        page: false,
    }));
    check_ports(&endpoints, names)?;
    Ok(endpoints)
}

/// Returns the error of a program without a REST or MCP adapter to serve: why each adapter is left out, or which adapters to add.
fn nothing_to_serve(documents: &[Document], names: &[Option<&str>], left_out: &[(&str, String)]) -> Error {
    let mut message = "no REST or MCP adapter to serve".to_owned();
    let mut exposes = documents.iter().flat_map(|document| &document.capability.exposes);
    if exposes.any(|expose| !matches!(expose, Expose::Control(_))) {
        for (name, why) in left_out {
            let _ = write!(message, "\n  the adapter {} is not served: {why}", quoted(name));
        }
    } else if names.iter().any(Option::is_some) {
        message.push_str("\n  help: add `type: rest` with `resources`, or `type: mcp` with `tools`, to `exposes`");
    } else {
        message.push_str("\n  help: add a REST or MCP adapter to `exposes`");
    }
    Error::configuration(message)
}

/// Checks that no two adapters have the same address and port, except for port 0.
fn check_ports(endpoints: &[Endpoint], names: &[Option<&str>]) -> Result<(), CommandFailure> {
    for (index, endpoint) in endpoints.iter().enumerate() {
        let clashes =
            |other: &&Endpoint| other.port == endpoint.port && other.address == endpoint.address && endpoint.port != 0;
        if let Some(other) = endpoints.iter().skip(index + 1).find(clashes) {
            let (one, two) = (&endpoint.namespace, &other.namespace);
            let of = |endpoint: &Endpoint| match names.get(endpoint.capability).copied().flatten() {
                Some(name) => format!("{} ({name})", quoted(&endpoint.namespace)),
                None => quoted(&endpoint.namespace),
            };
            let advice = if one == two {
                "change it in one of them".to_owned()
            } else {
                format!("choose another one: {}", other.port_option())
            };
            let (one, two, port) = (of(endpoint), of(other), endpoint.port);
            let why = format!("the adapters {one} and {two} have the same port {port}; {advice}");
            return Err(Error::configuration(why).into());
        }
    }
    Ok(())
}

/// Checks that each name on the command line exists; otherwise, the error lists the known names. `what` is the kind of the names, for
/// the error.
pub(super) fn check_names<'a>(
    what: &str,
    given: impl Iterator<Item = &'a String>,
    known: impl Iterator<Item = &'a String>,
) -> Result<(), CommandFailure> {
    let known: Vec<_> = known.collect();
    for name in given {
        if !known.contains(&name) {
            let names = known.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
            let known = if names.is_empty() { format!("there is no {what}") } else { format!("expected {names}") };
            return Err(CommandFailure::usage(format!("unknown {what} {}; {known}", quoted(name))));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use serde_json::json;

    /// Returns a document with these adapters.
    fn document(exposes: &serde_json::Value) -> Document {
        serde_json::from_value(json!({ "naftiko": "1.0.0-alpha2", "capability": { "exposes": exposes } })).unwrap()
    }

    #[cfg(feature = "rest")]
    fn listened(exposes: &serde_json::Value, options: &Serve) -> Vec<String> {
        let endpoints = endpoints(&[document(exposes)], &[], options).unwrap();
        endpoints
            .iter()
            .map(|endpoint| format!("{} {}:{}", endpoint.namespace, endpoint.address, endpoint.port))
            .collect()
    }

    fn refused(exposes: &serde_json::Value, options: &Serve) -> String {
        match endpoints(&[document(exposes)], &[], options) {
            Err(CommandFailure::Failed(error)) => error.to_string(),
            Err(CommandFailure::Usage(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    #[cfg(all(feature = "rest", feature = "mcp"))]
    fn the_command_line_takes_precedence_over_the_document() {
        let exposes = json!([
            { "type": "rest", "namespace": "a-rest", "port": 8080, "address": "0.0.0.0" },
            { "type": "mcp", "namespace": "a-mcp" },
            { "type": "mcp", "namespace": "a-stdio", "transport": "stdio" },
        ]);
        assert_eq!(listened(&exposes, &Serve::default()), ["a-rest 0.0.0.0:8080", "a-mcp 127.0.0.1:0"]);
        let ports = vec![("a-rest".to_owned(), 1), ("a-mcp".to_owned(), 9090), ("a-rest".to_owned(), 2)];
        let options = Serve { ports, address: Some("[::1]".to_owned()), ..Serve::default() };
        assert_eq!(listened(&exposes, &options), ["a-rest ::1:2", "a-mcp ::1:9090"]);
    }

    #[test]
    #[cfg(feature = "rest")]
    fn two_adapters_do_not_share_a_port() {
        let exposes = json!([
            { "type": "rest", "namespace": "a", "port": 8080 },
            { "type": "rest", "namespace": "b", "port": 8080 },
        ]);
        assert!(refused(&exposes, &Serve::default()).contains("`a` and `b` have the same port 8080"));
        let any = Serve { ports: vec![("a".to_owned(), 0), ("b".to_owned(), 0)], ..Serve::default() };
        assert_eq!(listened(&exposes, &any).len(), 2);
    }

    #[test]
    #[cfg(feature = "rest")]
    fn a_port_for_an_adapter_that_is_not_served_is_explained() {
        let exposes = json!([
            { "type": "rest", "namespace": "a" },
            { "type": "mcp", "namespace": "a-stdio", "transport": "stdio" },
        ]);
        let of = |namespace: &str| Serve { ports: vec![(namespace.to_owned(), 1)], ..Serve::default() };
        let stdio = refused(&exposes, &of("a-stdio"));
        assert!(stdio.contains("the adapter `a-stdio` is not served: its transport is stdio"), "{stdio}");
        assert!(refused(&exposes, &of("b")).contains("unknown adapter `b`; expected `a`"));
        assert!(refused(&exposes, &of("")).contains("write `--port a=1`"));
    }

    #[test]
    #[cfg(all(feature = "rest", feature = "telemetry"))]
    fn a_control_port_listens_on_loopback_unless_the_document_says_otherwise() {
        let rest = json!({ "type": "rest", "namespace": "a" });
        let with = |control: serde_json::Value| json!([rest, control]);
        let all = Serve { address: Some("0.0.0.0".to_owned()), ..Serve::default() };
        let control = json!({ "type": "control", "port": 9 });
        assert_eq!(listened(&with(control.clone()), &all), ["a 0.0.0.0:0", "control 127.0.0.1:9"]);
        let named = json!({ "type": "control", "namespace": "a-control", "port": 9, "address": "192.0.2.7" });
        let other = Serve { ports: vec![("a-control".to_owned(), 8)], ..Serve::default() };
        assert_eq!(listened(&with(named.clone()), &other), ["a 127.0.0.1:0", "a-control 192.0.2.7:8"]);
        // The option replaces the control adapter of the document.
        let asked = Serve { control: Some(([127, 0, 0, 1], 7).into()), ..Serve::default() };
        assert_eq!(listened(&with(named), &asked), ["a 127.0.0.1:0", "control 127.0.0.1:7"]);
        let same = Serve { ports: vec![("a".to_owned(), 7)], ..asked };
        assert!(refused(&json!([rest]), &same).contains("choose another one: --control PORT"));
        let guarded =
            with(json!({ "type": "control", "port": 9, "authentication": { "type": "bearer", "token": "x" } }));
        assert_eq!(listened(&guarded, &Serve::default()), ["a 127.0.0.1:0", "control 127.0.0.1:9"]);
        assert!(refused(&json!([control]), &Serve::default()).contains("add a REST or MCP adapter to `exposes`"));
    }

    #[test]
    #[cfg(all(feature = "rest", not(feature = "telemetry")))]
    fn the_option_control_is_refused_without_its_feature() {
        let options = Serve { control: Some(([127, 0, 0, 1], 0).into()), ..Serve::default() };
        let refused = refused(&json!([{ "type": "rest", "namespace": "a" }]), &options);
        assert!(refused.contains("without the feature `telemetry`, which `--control` needs"), "{refused}");
    }

    #[test]
    #[cfg(all(feature = "rest", not(feature = "page")))]
    fn the_option_page_is_refused_without_its_feature() {
        let options = Serve { page: true, ..Serve::default() };
        let refused = refused(&json!([{ "type": "rest", "namespace": "a" }]), &options);
        assert!(
            refused.contains("built without the feature `page`") && refused.contains("features = [\"page\"]"),
            "{refused}"
        );
    }

    #[test]
    fn only_a_specific_address_is_an_allowed_host() {
        let host = |address: &str| {
            let (namespace, address) = ("a".to_owned(), address.to_owned());
            Endpoint { capability: 0, expose: None, kind: AdapterKind::Rest, namespace, address, port: 1, page: false }
                .own_host()
        };
        assert_eq!(host("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(host("2001:db8::1").as_deref(), Some("[2001:db8::1]"));
        assert_eq!((host("0.0.0.0"), host("::"), host("api.example.com")), (None, None, None));
        assert_eq!(reachable("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(reachable("[::]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(reachable("192.0.2.7:80".parse().unwrap()).to_string(), "192.0.2.7:80");
    }

    #[test]
    fn having_nothing_to_serve_is_reported() {
        let exposes = json!([{ "type": "mcp", "namespace": "a", "transport": "stdio" }]);
        let refused = refused(&exposes, &Serve::default());
        assert!(refused.contains("`a` is not served: its transport is stdio; use the command `mcp`"), "{refused}");
    }
}
