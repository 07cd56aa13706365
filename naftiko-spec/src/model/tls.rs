//! `tls` of a consumed API: the certificates of its connections. Not in the specification.

use serde::{Deserialize, Serialize};

/// The certificates of the connections to a consumed API, each as text in PEM (RFC 7468), usually `{{env.NAME}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate authorities that are trusted in addition to the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The client certificate, followed by its intermediate certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The private key of that certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Tls {
    /// Returns whether it contains nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns its strings, each with its key.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [("ca", &self.ca), ("certificate", &self.certificate), ("key", &self.key)];
        texts.into_iter().filter_map(|(key, text)| Some((key, text.as_deref()?)))
    }
}
