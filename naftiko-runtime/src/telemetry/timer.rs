//! Measures how long something takes, and counts the running operations.

use super::family::Gauge;
use super::metrics;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time since something began.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to measure; `None` if metrics are off.
    pub(crate) fn start() -> Option<Self> {
        metrics().map(|_| Self(Instant::now()))
    }

    /// Returns the time since the beginning.
    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A guard for one running operation.
pub(crate) struct InFlight(Arc<Gauge>);

impl InFlight {
    /// Counts a running operation, if metrics are on.
    pub(crate) fn begin(operation: &str) -> Option<Self> {
        let gauge = metrics()?.in_flight.of(&[operation]);
        gauge.add(1);
        Some(Self(gauge))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}
