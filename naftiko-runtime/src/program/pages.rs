//! The web pages of a program: which adapters have a page, and which capabilities each page lists.

use super::adapter::AllowedCallers;
use super::endpoint::Endpoint;
use crate::operation::Capability;
use axum::Router;
use std::net::SocketAddr;

/// The data for the pages and the control port of a program.
#[cfg_attr(not(feature = "page"), allow(dead_code, reason = "only the page uses all of it"))]
pub(super) struct Pages<'a> {
    pub(super) endpoints: &'a [Endpoint],
    /// The address of each endpoint, in the order of `endpoints`.
    pub(super) addresses: &'a [SocketAddr],
    pub(super) capabilities: &'a [Capability],
    pub(super) callers: &'a AllowedCallers,
    /// The service of each MCP adapter, in the order of `endpoints`.
    pub(super) services: &'a [Option<Router>],
}

#[cfg(not(feature = "page"))]
impl Pages<'_> {
    /// Returns `None`, and warns if the endpoint should have a page: the Cargo feature `page` is disabled.
    #[allow(clippy::unused_self, reason = "the same signature as with the feature")]
    pub(super) fn of(&self, endpoint: &Endpoint, _: &Capability) -> Option<Router> {
        if endpoint.page {
            let adapter = endpoint.namespace.as_str();
            tracing::warn!(
                adapter,
                "no page is served: this program was built without the feature `page`; add it to `naftiko` in Cargo.toml"
            );
        }
        None
    }
}

#[cfg(feature = "page")]
mod built {
    use super::{Endpoint, Pages, Router};
    use crate::expose::page::ListedCapability;
    use crate::operation::Capability;
    use crate::program::adapter::AdapterKind;
    use naftiko_spec::model::Expose;

    impl Pages<'_> {
        /// Returns the routes of an adapter's page, if it has one. For a REST adapter, they include the MCP service of its capability if
        /// the MCP adapter listens on the same address, on any port: users of the page then need only one port.
        pub(in crate::program) fn of(&self, endpoint: &Endpoint, capability: &Capability) -> Option<Router> {
            if !endpoint.page {
                return None;
            }
            if endpoint.kind == AdapterKind::Mcp {
                let page = capability.page().of(None, Some(&endpoint.namespace)).mcp_at("mcp");
                return Some(page.listing(self.listed(endpoint)).into_router());
            }
            let exposes = &capability.document().capability.exposes;
            let is_near = |(other, _): &(&Endpoint, _)| {
                other.kind == AdapterKind::Mcp
                    && other.capability == endpoint.capability
                    && other.address == endpoint.address
            };
            let near = self.endpoints.iter().zip(self.services).find(is_near);
            let declared = || exposes.iter().find(|expose| matches!(expose, Expose::Mcp(_))).map(Expose::namespace);
            let namespace = near.map(|(near, _)| near.namespace.as_str()).or_else(declared);
            let page = capability.page().of(Some(&endpoint.namespace), namespace).listing(self.listed(endpoint));
            Some(match near.and_then(|(_, service)| service.clone()) {
                Some(service) => page.mcp_at("mcp").into_router().merge(service),
                None => page.into_router(),
            })
        }

        /// Returns every capability with a page, without duplicates, for the page of `own`. The capability of `own` has no port in the
        /// list.
        fn listed(&self, own: &Endpoint) -> Vec<ListedCapability> {
            let with_page = self.endpoints.iter().zip(self.addresses).filter(|(endpoint, _)| endpoint.page);
            let mut seen = Vec::new();
            let mut listed = Vec::new();
            for (endpoint, address) in with_page {
                if seen.contains(&endpoint.capability) || (endpoint.capability == own.capability && endpoint != own) {
                    continue;
                }
                let Some(capability) = self.capabilities.get(endpoint.capability) else { continue };
                seen.push(endpoint.capability);
                let info = &capability.document().info;
                let all = || capability.operations().iter();
                listed.push(ListedCapability {
                    label: info.label.clone(),
                    description: info.description.clone(),
                    operations: all().map(|operation| operation.fragment.routes.len()).sum(),
                    tools: all().map(|operation| operation.fragment.tools.len()).sum(),
                    port: (endpoint != own).then(|| address.port()),
                });
            }
            listed
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]
        use super::*;
        use crate::Limits;
        use crate::error::Result;
        use crate::operation::{Arguments, BoxFuture, Operations, Output, no_operation};
        use crate::program::adapter::{AllowedCallers, mcp_service, router};
        use axum::body::Body;
        use http::Request;
        use naftiko_spec::Draft;
        use serde_json::json;
        use std::sync::Arc;
        use tower::ServiceExt;

        struct Nothing;

        impl Operations for Nothing {
            fn call<'a>(&'a self, operation: usize, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
                no_operation(operation)
            }
        }

        fn initialize() -> Request<Body> {
            let client = json!({ "name": "test", "version": "1" });
            let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
            let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
            let request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
            request.body(Body::from(message.to_string())).unwrap()
        }

        #[tokio::test]
        async fn the_page_of_a_rest_adapter_has_the_mcp_service_of_the_mcp_adapter() {
            let exposes = json!([
                { "type": "rest", "namespace": "r" },
                { "type": "mcp", "namespace": "m", "sessions": true },
            ]);
            let head = json!({ "naftiko": "1.0.0-alpha2", "capability": { "exposes": exposes } });
            let draft: Draft = serde_json::from_value(json!({ "head": head, "fragments": [] })).unwrap();
            let capability = Capability::assemble(Arc::new(draft), Vec::new(), Arc::new(Nothing));
            let capability = capability.with_limits(Limits { sessions: 1, ..Limits::default() });
            let callers = AllowedCallers::new(Vec::new(), Vec::new()).unwrap();
            let endpoint = |kind, namespace: &str| Endpoint {
                capability: 0,
                expose: None,
                kind,
                namespace: namespace.to_owned(),
                address: "127.0.0.1".to_owned(),
                port: 0,
                page: true,
            };
            let endpoints = [endpoint(AdapterKind::Rest, "r"), endpoint(AdapterKind::Mcp, "m")];
            let services = [None, mcp_service(AdapterKind::Mcp, "m", &capability, &callers)];
            let capabilities = [capability.clone()];
            let addresses = [([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into()];
            let pages = Pages {
                endpoints: &endpoints,
                addresses: &addresses,
                capabilities: &capabilities,
                callers: &callers,
                services: &services,
            };
            let beside = pages.of(&endpoints[0], &capability).unwrap();
            assert_eq!(beside.oneshot(initialize()).await.unwrap().status(), 200);
            // The only session is in use.
            let own = router(AdapterKind::Mcp, "m", &capability, &callers, services[1].as_ref(), None).unwrap();
            assert_eq!(own.oneshot(initialize()).await.unwrap().status(), 503);
        }
    }
}
