//! The state that all calls of one client share. Generated clients and the document engine use it.

use super::redact::Redactor;
use super::transport::Transport;
use crate::setup::DryRun;
use secrecy::{ExposeSecret, SecretString};
use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The state that all calls of one client share.
pub(crate) struct ClientContext {
    /// Sends the requests; `None` only in a dry run, which sends nothing and need not wait until TLS is set up.
    pub(crate) transport: Option<Arc<Transport>>,
    /// The maximum size of an answer, in bytes.
    pub(crate) max_answer: usize,
    /// How long a stream of items may send nothing before it times out.
    pub(crate) stream_idle: Duration,
    /// Masks the values that must not appear in successful answers.
    pub(crate) answers: Redactor,
    /// Masks the values that must not appear in errors.
    pub(crate) errors: Redactor,
    pub(crate) dry_run: Option<DryRun>,
    /// The values that are masked in answers and in errors: credentials.
    secrets: Vec<SecretString>,
    /// The values that are masked in errors only.
    hidden: Vec<SecretString>,
    /// The number of the generation of calls that this context belongs to: calls that were prepared with the same secrets.
    pub(crate) number: u64,
    /// The `Rotation`, which prepares the calls again when their secrets change. It is set only in the first generation, and only if
    /// a secret can change. Its type is erased, because its module imports this one.
    pub(crate) rotation: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl ClientContext {
    /// Creates a context. `secrets` are masked in answers and in errors, `hidden` in errors only. `number` is the number of its
    /// generation.
    pub(crate) fn new(
        (max_answer, stream_idle, dry_run): (usize, Duration, Option<DryRun>),
        transport: Option<Arc<Transport>>,
        (secrets, hidden): (Vec<SecretString>, Vec<SecretString>),
        number: u64,
    ) -> Self {
        let redactor = |secrets: &[SecretString]| Redactor::new(secrets.iter().map(ExposeSecret::expose_secret));
        Self {
            transport,
            max_answer,
            stream_idle,
            answers: redactor(&secrets),
            errors: redactor(&[secrets.as_slice(), hidden.as_slice()].concat()),
            dry_run,
            secrets,
            hidden,
            number,
            rotation: OnceLock::new(),
        }
    }

    /// Returns a context that masks more secrets.
    pub(crate) fn with_secrets(&self, more: &[SecretString]) -> Self {
        let limits = (self.max_answer, self.stream_idle, self.dry_run.clone());
        let secrets = [self.secrets.as_slice(), more].concat();
        Self::new(limits, self.transport.clone(), (secrets, self.hidden.clone()), self.number)
    }
}
