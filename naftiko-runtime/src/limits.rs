//! How long and how large things may be, unless the user says otherwise; and how much may be done at once.
#![cfg_attr(not(feature = "client"), allow(dead_code, reason = "answers are the client's"))]

pub(crate) mod memory;

use crate::error::{Error, ErrorKind, Result, RetryAfter};
use http::StatusCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits on the serving side of a capability. The client has its own, on its builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long an operation may take, all its upstream calls together: 60 seconds.
    pub operation: Duration,
    /// How large a request's body may be, in bytes: 2 MiB.
    pub body: usize,
    /// How many operations may be in flight: 1,024. Further callers get 503 with `Retry-After`.
    pub operations: usize,
    /// How much memory the answers of all operations in flight may take once they are decoded, in bytes: 512 MiB. An answer
    /// that finds no room gets its caller 503 with `Retry-After`.
    pub answers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let mib = 1024 * 1024;
        Self { operation: Duration::from_secs(60), body: 2 * mib, operations: 1024, answers: 512 * mib }
    }
}

/// The unit in which memory is counted.
const KIB: usize = 1024;

/// What all operations of a capability share.
#[derive(Debug)]
pub(crate) struct Gate {
    operations: Arc<Semaphore>,
    /// Memory, in KiB.
    answers: Arc<Semaphore>,
    limits: (usize, u32),
}

/// What one operation in flight holds until it is answered.
#[derive(Debug)]
pub(crate) struct Held {
    gate: Arc<Gate>,
    permits: Mutex<Vec<OwnedSemaphorePermit>>,
}

tokio::task_local! {
    /// The operation in flight.
    pub(crate) static HELD: Held;
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let operations = limits.operations.clamp(1, Semaphore::MAX_PERMITS);
        let answers = u32::try_from((limits.answers / KIB).clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            operations: semaphore(operations),
            answers: semaphore(answers.try_into().unwrap_or(Semaphore::MAX_PERMITS)),
            limits: (operations, answers),
        }
    }

    /// Lets an operation in.
    ///
    /// # Errors
    /// If too many are in flight.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Held> {
        let permit = self.operations.clone().try_acquire_owned().map_err(|_| {
            full(format!("{} operations are in flight, which is the limit; try again later", self.limits.0))
        })?;
        Ok(Held { gate: self.clone(), permits: Mutex::new(vec![permit]) })
    }
}

/// Counts memory for an answer until the operation in flight is answered. One that is larger than all of it may be alone.
///
/// # Errors
/// If the other answers leave no room.
pub(crate) fn hold(bytes: usize) -> Result<()> {
    let held = HELD.try_with(|held| {
        let most = held.gate.limits.1;
        let wanted = u32::try_from(bytes / KIB).unwrap_or(most).min(most);
        let permit = held.gate.answers.clone().try_acquire_many_owned(wanted).map_err(|_| {
            full(format!(
                "the answers of other operations take too much of the {} MiB that all may take; try again later",
                most / 1024
            ))
        })?;
        held.permits.lock().unwrap_or_else(PoisonError::into_inner).push(permit);
        Ok(())
    });
    // A client that is called from Rust has no such limit.
    held.unwrap_or(Ok(()))
}

fn full(message: String) -> Error {
    Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, message)
        .with_retry_after(RetryAfter("1".to_owned()))
}
