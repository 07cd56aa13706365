//! The certificates of the connections to an API: trusted authorities, and the client certificate.

use super::resolve::Resolver;
use naftiko_spec::model::Tls;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};
use rustls_platform_verifier::{BuilderVerifierExt, Verifier};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error as StdError;
use std::sync::Arc;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The certificates of the connections to one API.
#[derive(Default)]
pub(crate) struct Certificates {
    /// Authorities that are trusted in addition to the system's.
    authorities: Vec<CertificateDer<'static>>,
    /// The client certificate with its intermediate certificates, and its private key.
    own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Certificates {
    /// Resolves and decodes the texts of `tls`; `None` after an error, which is reported to the resolver.
    pub(super) fn new(values: &mut Resolver<'_>, namespace: &str, tls: &Tls) -> Option<Self> {
        let mut complete = true;
        let mut text = |text: &Option<String>, what: &str| {
            let resolved = values.text(text.as_ref()?, &format!("the {what} of `{namespace}`"));
            // A missing value is already reported; in a dry run it is none.
            complete &= resolved.values.len() == resolved.names.len();
            Some(resolved.text)
        };
        let texts = (
            text(&tls.ca, "certificate authority"),
            text(&tls.certificate, "client certificate"),
            text(&tls.key, "private key"),
        );
        if !complete {
            return None;
        }
        let made = (|| {
            let (authorities, certificate, key) = texts;
            let authorities = authorities.map(|pem| certificates(&pem, "certificate authority")).transpose()?;
            let own = match (certificate, key) {
                (Some(certificate), Some(key)) => {
                    let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes());
                    let key = key.map_err(|_| "the private key is not a key in PEM without a password".to_owned())?;
                    Some((certificates(&certificate, "client certificate")?, key))
                }
                (None, None) => None,
                _ => return Err("`certificate` and `key` must be used together".to_owned()),
            };
            Ok(Self { authorities: authorities.unwrap_or_default(), own })
        })();
        made.map_err(|why: String| values.wrong(format!("the `tls` of `{namespace}`: {why}"))).ok()
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
                config.map_err(|_| "the private key does not match the client certificate".into())
            }
        }
    }
}

/// Decodes the certificates of a text in PEM.
fn certificates(pem: &SecretString, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem.expose_secret().as_bytes()).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("the {what} is not a certificate in PEM")),
    }
}
