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
    use crate::program::adapter::{self, AdapterKind};
    use naftiko_spec::model::Expose;

    impl Pages<'_> {
        /// Returns the routes of an adapter's page, if it has one. For a REST adapter, they include the MCP service of its capability if
        /// the MCP adapter has the same host, whatever its port: users of the page then need only one port.
        pub(in crate::program) fn of(&self, endpoint: &Endpoint, capability: &Capability) -> Option<Router> {
            if !endpoint.page {
                return None;
            }
            if endpoint.kind == AdapterKind::Mcp {
                let page = capability.page().of(None, Some(&endpoint.namespace)).mcp_at("mcp");
                return Some(page.listing(self.listed(endpoint)).into_router());
            }
            let exposes = &capability.document().capability.exposes;
            let is_near = |other: &&Endpoint| {
                other.kind == AdapterKind::Mcp
                    && other.capability == endpoint.capability
                    && other.address == endpoint.address
            };
            let near = self.endpoints.iter().find(is_near);
            let declared = || exposes.iter().find(|expose| matches!(expose, Expose::Mcp(_))).map(Expose::namespace);
            let namespace = near.map(|near| near.namespace.as_str()).or_else(declared);
            let page = capability.page().of(Some(&endpoint.namespace), namespace).listing(self.listed(endpoint));
            let service = near.and_then(|near| adapter::mcp_alone(&near.namespace, capability, self.callers));
            Some(match service {
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
}
