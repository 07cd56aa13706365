//! The adapters of a program: a router for each REST or MCP adapter whose Cargo feature is enabled.

use super::CommandFailure;
use crate::error::Result;
use crate::operation::Capability;
use axum::Router;
use tokio::sync::watch;

/// The kind of an adapter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum AdapterKind {
    Rest,
    Mcp,
    /// The control port.
    Control,
}

impl AdapterKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Mcp => "mcp",
            Self::Control => "control",
        }
    }

    /// Returns the name of the Cargo feature that the adapter needs.
    pub(super) const fn feature(self) -> &'static str {
        match self {
            Self::Control => "telemetry",
            other => other.word(),
        }
    }

    /// Returns the path of the adapter in its URL.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Rest | Self::Control => "",
            Self::Mcp => "/mcp",
        }
    }

    /// Returns whether this build includes the adapter.
    pub(super) const fn is_built(self) -> bool {
        match self {
            Self::Rest => cfg!(feature = "rest"),
            Self::Mcp => cfg!(feature = "mcp"),
            Self::Control => cfg!(feature = "telemetry"),
        }
    }
}

/// The allowed hosts and origins of callers, in addition to loopback names.
#[cfg_attr(
    not(any(feature = "rest", feature = "mcp")),
    allow(dead_code, reason = "without an adapter there are no callers")
)]
pub(super) struct AllowedCallers {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl AllowedCallers {
    /// Checks and stores the allowed hosts and origins.
    ///
    /// # Errors
    /// Returns an error if an entry is not valid: it would match no caller.
    #[cfg_attr(
        not(any(feature = "rest", feature = "mcp")),
        allow(clippy::unnecessary_wraps, reason = "without an adapter, the entries are not checked")
    )]
    pub(super) fn new(hosts: Vec<String>, origins: Vec<String>) -> Result<Self, CommandFailure> {
        #[cfg(any(feature = "rest", feature = "mcp"))]
        {
            use crate::expose::guard::Guard;

            let refused = |entry: &str, what: &str, expected: &str| {
                CommandFailure::usage(format!("`{entry}` is not a valid {what}; expected {expected}"))
            };
            if let Some(host) = hosts.iter().find(|host| !Guard::understands_host(host)) {
                return Err(refused(host, "host", "a name or an address, such as `api.example.com`"));
            }
            if let Some(origin) = origins.iter().find(|origin| !Guard::understands_origin(origin)) {
                return Err(refused(origin, "origin", "an origin such as `https://app.example.com`"));
            }
        }
        Ok(Self { hosts, origins })
    }
}

/// Returns the router of an adapter, which checks `Host` and `Origin` of each request. `service` is the service of an MCP adapter.
/// The router `beside`, if given, handles all other paths. Returns `None` for the control port, and for an adapter that this build does
/// not include.
pub(super) fn router(
    kind: AdapterKind,
    namespace: &str,
    capability: &Capability,
    callers: &AllowedCallers,
    service: Option<&Router>,
    beside: Option<Router>,
) -> Option<Router> {
    let router = match kind {
        AdapterKind::Rest => rest(namespace, capability, callers, beside),
        AdapterKind::Mcp => Some(mcp(service?.clone(), callers, beside)),
        AdapterKind::Control => None,
    };
    #[cfg(any(feature = "rest", feature = "mcp"))]
    return router.map(|router| router.merge(capability.metadata_of(|own| own == namespace)));
    #[cfg(not(any(feature = "rest", feature = "mcp")))]
    router
}

#[cfg(any(feature = "rest", feature = "page"))]
pub(super) fn guard(callers: &AllowedCallers) -> crate::expose::guard::Guard {
    let mut guard = crate::expose::guard::Guard::default();
    guard.allow_hosts(&callers.hosts);
    guard.allow_origins(&callers.origins);
    guard
}

#[cfg(feature = "rest")]
fn rest(namespace: &str, capability: &Capability, callers: &AllowedCallers, beside: Option<Router>) -> Option<Router> {
    crate::expose::rest::standalone(capability, namespace, guard(callers), beside)
}

#[cfg(not(feature = "rest"))]
fn rest(_: &str, _: &Capability, _: &AllowedCallers, _: Option<Router>) -> Option<Router> {
    None
}

#[cfg(feature = "page")]
fn mcp(router: Router, callers: &AllowedCallers, beside: Option<Router>) -> Router {
    match beside {
        Some(beside) => router.fallback_service(crate::expose::rest::guarded(beside, guard(callers))),
        None => router,
    }
}

#[cfg(not(feature = "page"))]
fn mcp(router: Router, _: &AllowedCallers, _: Option<Router>) -> Router {
    router
}

/// Returns the service of an MCP adapter at its path; `None` for other adapters. The clones of a service share its state: its sessions,
/// its subscriptions, and the Digest nonces that callers have used. So an adapter has one service, wherever it is mounted.
#[cfg(feature = "mcp")]
pub(super) fn mcp_service(
    kind: AdapterKind,
    namespace: &str,
    capability: &Capability,
    callers: &AllowedCallers,
) -> Option<Router> {
    if kind != AdapterKind::Mcp {
        return None;
    }
    let service = capability.mcp_service_of(namespace)?;
    let service = service.allow_hosts(&callers.hosts).allow_origins(&callers.origins);
    let path = AdapterKind::Mcp.path();
    // Some clients add a slash to the configured URL.
    Some(Router::new().route_service(path, service.clone()).route_service(&format!("{path}/"), service))
}

/// Returns the size of each tool of an adapter, with notes such as `(needs approval)`, and the total size of all listed tools. Sizes
/// are in tokens of a model's context.
#[cfg(feature = "mcp")]
pub(super) fn tool_facts(capability: &Capability, expose: usize) -> (Vec<(usize, String)>, usize) {
    crate::expose::mcp::tool_facts(capability, expose)
}

#[cfg(not(feature = "mcp"))]
pub(super) fn tool_facts(_: &Capability, _: usize) -> (Vec<(usize, String)>, usize) {
    (Vec::new(), 0)
}

#[cfg(not(feature = "mcp"))]
pub(super) fn mcp_service(_: AdapterKind, _: &str, _: &Capability, _: &AllowedCallers) -> Option<Router> {
    None
}

/// Serves MCP over stdin and stdout, until the client closes them or `stop` becomes true.
#[cfg(feature = "mcp")]
pub(super) async fn stdio(capability: &Capability, stop: watch::Receiver<bool>) -> Result<()> {
    capability.check_files()?;
    capability.mcp_service().serve_stdio_until(stop).await
}

/// Returns an error, since this build does not include the adapter.
#[cfg(not(feature = "mcp"))]
pub(super) fn stdio(_: &Capability, _: watch::Receiver<bool>) -> std::future::Ready<Result<()>> {
    std::future::ready(Err(crate::error::Error::configuration("this program was built without the feature `mcp`")))
}
