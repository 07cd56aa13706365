//! One request and its answer: what both a generated client and a document's engine know of it.

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

/// The longest time limit: a deadline must be a time.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What is fixed for the calls of one consumed operation.
pub(crate) struct UpstreamCall {
    /// The operation's name, for people.
    pub(crate) name: String,
    /// The API that is called.
    pub(crate) upstream: Arc<Upstream>,
    /// How long a call may take.
    pub(crate) timeout: Duration,
    /// The JSONPath of the part of the answer that is the result, for messages.
    pub(crate) part: Option<String>,
}

/// What all calls of one client share.
pub(crate) struct ClientContext {
    /// What requests are sent with; a dry run sends none, and setting up TLS takes long.
    pub(crate) transport: Option<Transport>,
    /// How large an answer may be, in bytes.
    pub(crate) max_answer: usize,
    /// Masks what no success may hold.
    pub(crate) answers: Redactor,
    /// Masks what no error may hold.
    pub(crate) errors: Redactor,
    pub(crate) dry_run: Option<DryRun>,
}

impl ClientContext {
    /// Sets up a context with what is not to be seen: credentials, and values that are hidden in errors alone.
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
    fn a_dry_run_sets_up_nothing_to_send_with() {
        let mut settings = Settings::default();
        let transport = |settings: &Settings| ClientContext::new(settings, Default::default()).unwrap().transport;
        assert!(transport(&settings).is_some());
        settings.setup.dry_run = Some(DryRun::default());
        assert!(transport(&settings).is_none());
    }
}
