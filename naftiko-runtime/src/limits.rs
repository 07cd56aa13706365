//! How long and how large things may be, unless the user says otherwise.

use std::time::Duration;

/// The limits on the serving side of a capability. The client has its own, on its builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long an operation may take, all its upstream calls together: 60 seconds.
    pub operation: Duration,
    /// How large a request's body may be, in bytes: 2 MiB.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { operation: Duration::from_secs(60), body: 2 * 1024 * 1024 }
    }
}
