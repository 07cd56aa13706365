//! The certificates of the connections to an API: trusted authorities, and the client certificate.

use super::fault::BoxError;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};
use rustls_platform_verifier::{BuilderVerifierExt, Verifier};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// The certificates of the connections to one API.
#[derive(Default)]
pub(crate) struct Certificates {
    /// Authorities that are trusted in addition to the system's.
    authorities: Vec<CertificateDer<'static>>,
    /// The client certificate with its intermediate certificates, and its private key.
    own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Certificates {
    /// Decodes the PEM strings of a certificate authority, a client certificate and its private key.
    ///
    /// # Errors
    /// Returns what is wrong with them, without quoting them.
    pub(crate) fn new(
        authority: Option<&SecretString>,
        certificate: Option<&SecretString>,
        key: Option<&SecretString>,
    ) -> Result<Self, String> {
        let authorities = authority.map(|pem| certificates(pem, "certificate of the authority")).transpose()?;
        let own = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let key = PrivateKeyDer::from_pem_slice(with_line_breaks(key.expose_secret()).as_bytes());
                let key = key.map_err(|_| "the private key must be PEM-encoded and unencrypted".to_owned())?;
                Some((certificates(certificate, "client certificate")?, key))
            }
            (None, None) => None,
            (Some(_), None) => return Err("`certificate` is set without its `key`".to_owned()),
            (None, Some(_)) => return Err("`key` is set without its `certificate`".to_owned()),
        };
        Ok(Self { authorities: authorities.unwrap_or_default(), own })
    }

    /// Adds the certificates to the settings of connections.
    ///
    /// # Errors
    /// Returns an error if a certificate cannot be used. The message does not quote it.
    pub(super) fn configure(
        self,
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
        provider: Arc<CryptoProvider>,
    ) -> Result<ClientConfig, BoxError> {
        let builder = if self.authorities.is_empty() {
            builder.with_platform_verifier()?
        } else {
            let verifier = Verifier::new_with_extra_roots(self.authorities, provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        };
        match self.own {
            None => Ok(builder.with_no_client_auth()),
            Some((certificates, key)) => {
                let config = builder.with_client_auth_cert(certificates, key);
                config.map_err(|_| "the private key cannot be used, or does not match the client certificate".into())
            }
        }
    }
}

/// Replaces each literal `\n` in a PEM string with a line break: many environment files write line breaks that way.
pub(super) fn with_line_breaks(pem: &str) -> Zeroizing<String> {
    Zeroizing::new(pem.replace("\\n", "\n"))
}

/// Decodes the certificates of a string in PEM.
fn certificates(pem: &SecretString, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = with_line_breaks(pem.expose_secret());
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("the {what} must be PEM-encoded, with `-----BEGIN CERTIFICATE-----`")),
    }
}
