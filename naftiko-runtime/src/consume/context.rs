//! State of one request and its answer that both generated clients and the document engine use.

use super::builder::Settings;
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
    /// How long a call may take.
    pub(crate) timeout: Duration,
    /// The JSONPath of the part of the answer that is returned, for messages.
    pub(crate) part: Option<String>,
}

/// The state that all calls of one client share.
pub(crate) struct ClientContext {
    /// Sends the requests; `None` in a dry run, since setting up TLS is slow.
    pub(crate) transport: Option<Transport>,
    /// The maximum size of an answer, in bytes.
    pub(crate) max_answer: usize,
    /// Masks the values that must not appear in successful answers.
    pub(crate) answers: Redactor,
    /// Masks the values that must not appear in errors.
    pub(crate) errors: Redactor,
    pub(crate) dry_run: Option<DryRun>,
}

impl ClientContext {
    /// Creates a context from the settings, the credentials, and the values that are hidden in errors only.
    pub(crate) fn new(settings: &Settings, (secrets, hidden): (Vec<SecretString>, Vec<SecretString>)) -> Result<Self> {
        let redactor = |secrets: &[SecretString]| Redactor::new(secrets.iter().map(ExposeSecret::expose_secret));
        #[cfg(feature = "reqwest")]
        let of_the_user = settings.http.clone().map(Transport::Reqwest);
        #[cfg(not(feature = "reqwest"))]
        let of_the_user: Option<Transport> = None;
        Ok(Self {
            transport: match of_the_user {
                None if settings.setup.dry_run.is_none() => Some(pool::transport(settings.connect_timeout)?),
                of_the_user => of_the_user,
            },
            max_answer: settings.max_answer,
            answers: redactor(&secrets),
            errors: redactor(&[secrets.as_slice(), hidden.as_slice()].concat()),
            dry_run: settings.setup.dry_run.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_dry_run_creates_no_transport() {
        let mut settings = Settings::default();
        let transport = |settings: &Settings| ClientContext::new(settings, Default::default()).unwrap().transport;
        assert!(transport(&settings).is_some());
        settings.setup.dry_run = Some(DryRun::default());
        assert!(transport(&settings).is_none());
    }
}
