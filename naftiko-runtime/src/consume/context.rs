//! State of one request and its answer that both generated clients and the document engine use.

use super::builder::Settings;
use super::layers::Layers;
use super::pool;
use super::redact::Redactor;
use super::transport::Transport;
use super::upstream::Upstream;
use crate::error::Result;
use crate::setup::DryRun;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;

/// The longest time limit; a longer one could overflow the deadline.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The fixed properties of all calls of one consumed operation.
pub(crate) struct UpstreamCall {
    /// The operation's name, for messages.
    pub(crate) name: String,
    /// The API that is called.
    pub(crate) upstream: Arc<Upstream>,
    /// The time limit of a call.
    pub(crate) timeout: Duration,
    /// The layers above the transport.
    pub(crate) layers: Option<Layers>,
    /// The JSONPath of the part of the answer that is returned, for messages.
    pub(crate) part: Option<String>,
}

/// The state that all calls of one client share.
pub(crate) struct ClientContext {
    /// Sends the requests; `None` in a dry run, since setting up TLS is slow.
    pub(crate) transport: Option<Arc<Transport>>,
    /// The maximum size of an answer, in bytes.
    pub(crate) max_answer: usize,
    /// Masks the values that must not appear in successful answers.
    pub(crate) answers: Redactor,
    /// Masks the values that must not appear in errors.
    pub(crate) errors: Redactor,
    pub(crate) dry_run: Option<DryRun>,
    secrets: Vec<SecretString>,
    hidden: Vec<SecretString>,
}

impl ClientContext {
    /// Creates a context from the settings, the credentials, and the values that are hidden in errors only.
    pub(crate) fn new(
        settings: &Settings,
        transport: Option<Arc<Transport>>,
        (secrets, hidden): (Vec<SecretString>, Vec<SecretString>),
    ) -> Self {
        let redactor = |secrets: &[SecretString]| Redactor::new(secrets.iter().map(ExposeSecret::expose_secret));
        Self {
            transport,
            max_answer: settings.max_answer,
            answers: redactor(&secrets),
            errors: redactor(&[secrets.as_slice(), hidden.as_slice()].concat()),
            dry_run: settings.setup.dry_run.clone(),
            secrets,
            hidden,
        }
    }

    /// Returns a context that masks more secrets.
    pub(crate) fn with_secrets(&self, more: &[SecretString]) -> Self {
        let secrets = [self.secrets.as_slice(), more].concat();
        let masking = |secrets: &[SecretString]| Redactor::new(secrets.iter().map(ExposeSecret::expose_secret));
        Self {
            transport: self.transport.clone(),
            max_answer: self.max_answer,
            answers: masking(&secrets),
            errors: masking(&[secrets.as_slice(), self.hidden.as_slice()].concat()),
            dry_run: self.dry_run.clone(),
            secrets,
            hidden: self.hidden.clone(),
        }
    }
}

/// Returns the transport of a client; `None` in a dry run.
pub(crate) fn transport(settings: &Settings) -> Result<Option<Arc<Transport>>> {
    #[cfg(feature = "reqwest")]
    if let Some(client) = &settings.http {
        return Ok(Some(Arc::new(Transport::Reqwest(client.clone()))));
    }
    if settings.setup.dry_run.is_some() {
        return Ok(None);
    }
    pool::transport(settings.connect_timeout).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_dry_run_creates_no_transport() {
        let mut settings = Settings::default();
        assert!(transport(&settings).unwrap().is_some());
        settings.setup.dry_run = Some(DryRun::default());
        assert!(transport(&settings).unwrap().is_none());
    }
}
