//! The address and the port on which an adapter listens.

use super::adapter::AdapterKind;
use crate::error::{Error, Result};
use std::io::ErrorKind;
use std::net::IpAddr;
use tokio::net::TcpListener;

/// One adapter, and its address.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Endpoint {
    /// The index of its capability.
    pub(super) capability: usize,
    /// The adapter's index in the `exposes` of the document; `None` for the control port of `--control`.
    pub(super) expose: Option<usize>,
    pub(super) kind: AdapterKind,
    pub(super) namespace: String,
    pub(super) address: String,
    pub(super) port: u16,
    /// Whether the document or the command line asks for a page.
    pub(super) page: bool,
}

impl Endpoint {
    /// Returns the address as an allowed host, if it is an IP address, which DNS cannot rebind. The unspecified address is
    /// not an allowed host.
    pub(super) fn own_host(&self) -> Option<String> {
        match self.address.parse().ok()? {
            IpAddr::V4(address) if !address.is_unspecified() => Some(address.to_string()),
            IpAddr::V6(address) if !address.is_unspecified() => Some(format!("[{address}]")),
            _ => None,
        }
    }

    /// Listens on the address and the port.
    pub(super) async fn listen(&self) -> Result<TcpListener> {
        TcpListener::bind((self.address.as_str(), self.port)).await.map_err(|error| self.unusable(error))
    }

    /// Returns the option that changes the port of an adapter.
    pub(super) fn port_option(&self) -> String {
        match self.kind {
            AdapterKind::Control => "--control PORT".to_owned(),
            AdapterKind::Rest | AdapterKind::Mcp => format!("--port {}=PORT", self.namespace),
        }
    }

    /// Returns the error of an adapter that cannot listen on its address and port, with the option that chooses another.
    pub(super) fn unusable(&self, error: std::io::Error) -> Error {
        let Endpoint { namespace, address, port, .. } = self;
        let address_option = match self.kind {
            AdapterKind::Control => "--control ADDRESS:PORT",
            AdapterKind::Rest | AdapterKind::Mcp => "--address ADDRESS",
        };
        let another = format!("choose another port (0 is any free one): {}", self.port_option());
        let message = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("port {port} of the adapter `{namespace}` is already in use; {another}")
            }
            ErrorKind::PermissionDenied => {
                format!("the adapter `{namespace}` cannot listen on port {port}: permission denied; {another}")
            }
            _ => format!(
                "the adapter `{namespace}` cannot listen on port {port} of `{address}`; choose another address: {address_option}"
            ),
        };
        Error::configuration(message).because(error)
    }
}
