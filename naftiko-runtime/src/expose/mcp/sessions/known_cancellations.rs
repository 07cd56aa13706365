//! What a process knows of the cancellations of a session that other replicas have received.

use crate::expose::mcp::session_records::{CancelledRequest, MAX_CANCELLED, SessionRecord};
use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The minimum wait before a replica reads the record of a session again.
const BEAT: Duration = Duration::from_secs(1);

/// The maximum wait before a replica reads the record again. The wait grows with the age of the newest request.
pub(super) const LONGEST_BEAT: Duration = Duration::from_secs(5);

/// The number of cancellations that are remembered: more than a record can have, since records may be read in another order than they
/// were written in.
const REMEMBERED: usize = 4 * MAX_CANCELLED;

/// What this process knows of the cancellations of one session.
pub(super) struct Cancellations {
    /// The numbers of the cancellations that have been applied. They have no effect on later requests.
    seen: Mutex<VecDeque<u64>>,
    /// Whether the record is read from time to time.
    pub(super) is_watching: AtomicBool,
    /// When the newest request began.
    pub(super) newest: Mutex<Instant>,
}

impl Cancellations {
    /// Creates the value for a session whose record already contains the cancellations `seen`, which have no effect in this process.
    pub(super) fn new(seen: &[CancelledRequest]) -> Self {
        Self {
            seen: Mutex::new(seen.iter().map(|cancelled| cancelled.number).collect()),
            is_watching: AtomicBool::new(false),
            newest: Mutex::new(Instant::now()),
        }
    }

    /// Returns the cancellations of a record that are new here.
    pub(super) fn unseen<'r>(&self, record: &'r SessionRecord) -> Vec<&'r CancelledRequest> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<_> = record.cancelled.iter().filter(|cancelled| !seen.contains(&cancelled.number)).collect();
        seen.extend(new.iter().map(|cancelled| cancelled.number));
        let surplus = seen.len().saturating_sub(REMEMBERED);
        seen.drain(..surplus);
        new
    }

    /// Returns how long to wait before the record is read again. The wait grows with the age of the newest request.
    pub(super) fn wait(&self) -> Duration {
        let newest = *self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        (newest.elapsed() / 10).clamp(BEAT, LONGEST_BEAT)
    }
}
