//! Limits of time, size and concurrency, and their defaults.
#![cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads answers"))]

pub(crate) mod memory;

use crate::error::{Error, ErrorKind, Result, RetryAfter};
use bytes::Bytes;
use http::StatusCode;
use naftiko_spec::model::OPERATION_LIMIT;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum number of places that one caller can have in the store for tasks, or for calls that wait for approval. A
/// new task or call may check all of them.
#[cfg(feature = "mcp")]
pub(crate) const MAX_PLACES: usize = 4096;

/// The limits of a capability's serving side. The limits of its client are set on the client's builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The time limit of an operation, including all its upstream calls. Default: 55 seconds, since many clients give up after 60.
    pub operation: Duration,
    /// The maximum size of a request's body, in bytes. Default: 2 MiB.
    pub body: usize,
    /// The maximum number of operations in flight. Default: 1,024. Further calls fail (REST: 503 with `Retry-After`).
    pub operations: usize,
    /// The maximum memory for the decoded answers of all operations in flight, in bytes. Default: 512 MiB. If an
    /// answer does not fit, its call fails (REST: 503 with `Retry-After`, or 502 if the call may have taken effect).
    pub answers: usize,
    /// The maximum size of a file that a tool, a prompt or an MCP resource returns, in bytes before base64. Default: 1 MiB. A larger
    /// file is an error, which names the limit.
    pub blob: usize,
    /// The time limit for the approval of a call by a person. Default: 10 minutes.
    pub approval: Duration,
    /// The maximum number of calls of one caller that wait for approval or, once approved, for the answer to a question. Default:
    /// 256, with at most 8 MiB together; more than 4,096 counts as 4,096. Further calls are refused until a waiting call is approved and
    /// repeated, is refused by a person, or expires. Callers are distinguished as for [`tasks`](Self::tasks).
    pub approvals: usize,
    /// How long a task is kept, and how long its operation may take: a caller can ask for less. Default: 1 hour.
    pub task: Duration,
    /// The maximum number of running tasks of one caller. Default: 32; more than 4,096 counts as 4,096. Further calls are refused until
    /// a task ends. Callers without a name are distinguished by their headers that are sent to APIs; without such headers, they count as
    /// one.
    pub tasks: usize,
    /// The maximum number of ended tasks that are kept for one caller. Default: 128; more than 4,096 counts as 4,096. The task that
    /// ended first is dropped first.
    pub ended_tasks: usize,
    /// The maximum total size of the results of ended tasks that are kept for one caller, in bytes. Default: 16 MiB. The task
    /// that ended first is dropped first, and the task that ended last is always kept.
    pub task_results: usize,
    /// The maximum size of the result of a task, in bytes. Default: 1 MiB. A task with a larger result fails.
    pub task_result: usize,
    /// The maximum number of sessions of an MCP adapter with `sessions`. Default: 1,024. Further clients get 503 with `Retry-After`.
    pub sessions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let mib = 1024 * 1024;
        Self {
            operation: OPERATION_LIMIT.into(),
            body: 2 * mib,
            operations: 1024,
            answers: 512 * mib,
            blob: mib,
            approval: Duration::from_secs(600),
            approvals: 256,
            task: Duration::from_secs(3600),
            tasks: 32,
            ended_tasks: 128,
            task_results: 16 * mib,
            task_result: mib,
            sessions: 1024,
        }
    }
}

/// The maximum size of an answer that is kept in memory, in bytes, unless its client sets another limit.
pub(crate) const MAX_BUFFERED: usize = 16 * 1024 * 1024;

/// The unit in which memory is counted, in bytes.
const KIB: usize = 1024;

/// The part of each operation's memory that is not counted; the limit of operations bounds the total.
const UNCOUNTED: usize = 64 * KIB;

/// The counters that all operations of a capability share.
#[derive(Debug)]
pub(crate) struct OperationLimiter {
    operations: Arc<Semaphore>,
    /// The memory for answers, in KiB.
    answers: Arc<Semaphore>,
    /// The maximum number of operations, and the maximum memory in KiB.
    limits: (usize, u32),
}

/// The share of one operation in the limits. The budget is passed along with the call, and with a body that outlives the call. The
/// operation counts as in flight until the last clone is dropped. The default budget is for a client that is called from Rust, and has
/// no limits.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallBudget(Option<Arc<Reservation>>);

/// The reservation of one operation in flight.
#[derive(Debug)]
struct Reservation {
    limiter: Arc<OperationLimiter>,
    _operation: OwnedSemaphorePermit,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    bytes: usize,
    permit: Option<OwnedSemaphorePermit>,
}

/// Bytes, and the memory that they reserve until they are dropped.
struct CountedBytes {
    bytes: Bytes,
    _budget: CallBudget,
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl OperationLimiter {
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

    /// Admits an operation.
    ///
    /// # Errors
    /// Returns an error if too many operations are in flight.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<CallBudget> {
        let operation = self.operations.clone().try_acquire_owned().map_err(|_| {
            full(format!("{} operations are in flight, which is the limit; try again later", self.limits.0))
        })?;
        Ok(CallBudget(Some(Arc::new(Reservation {
            limiter: self.clone(),
            _operation: operation,
            memory: Mutex::default(),
        }))))
    }
}

impl CallBudget {
    /// Reserves memory until the last clone of the budget is dropped. An operation that needs more than the whole limit succeeds only if
    /// no other operation has reserved memory.
    ///
    /// # Errors
    /// Returns an error if the other operations leave too little memory.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<()> {
        let Some(held) = &self.0 else { return Ok(()) };
        let mut memory = held.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (wanted, most) = (memory.bytes.saturating_add(bytes), held.limiter.limits.1);
        let permits = u32::try_from(wanted.saturating_sub(UNCOUNTED).div_ceil(KIB)).unwrap_or(most).min(most);
        let missing = permits.saturating_sub(memory.permits());
        if missing > 0 {
            let permit = held.limiter.answers.clone().try_acquire_many_owned(missing).map_err(|_| {
                let shared = if most < 1024 { format!("{most} KiB") } else { format!("{} MiB", most / 1024) };
                full(format!("the answers of other operations use too much of the shared {shared}; try again later"))
            })?;
            match &mut memory.permit {
                Some(own) => own.merge(permit),
                own => *own = Some(permit),
            }
        }
        memory.bytes = wanted;
        Ok(())
    }

    /// Keeps memory reserved for the bytes of an answer until they are dropped, unless they are at most 64 KiB, and releases the
    /// rest of the operation's reservation.
    ///
    /// # Errors
    /// Returns an error if there is too little memory for the bytes.
    pub(crate) fn keep(self, bytes: Bytes) -> Result<Bytes> {
        if bytes.len() <= UNCOUNTED {
            return Ok(bytes);
        }
        let Some(held) = &self.0 else { return Ok(bytes) };
        {
            let mut memory = held.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let needed = (bytes.len() - UNCOUNTED).div_ceil(KIB);
            memory.bytes = memory.bytes.min(bytes.len());
            if let Some(own) = &mut memory.permit {
                // The rest of the reservation is released.
                drop(own.split(own.num_permits().saturating_sub(needed)));
            }
        }
        self.reserve(bytes.len().saturating_sub(self.reserved()))?;
        Ok(self.attach(bytes))
    }

    /// Attaches the reservation to the bytes of an answer. The reservation is released when the bytes are dropped.
    pub(crate) fn attach(self, bytes: Bytes) -> Bytes {
        if self.0.is_none() { bytes } else { Bytes::from_owner(CountedBytes { bytes, _budget: self }) }
    }

    /// Returns how many bytes are reserved.
    pub(crate) fn reserved(&self) -> usize {
        self.0.as_ref().map_or(0, |held| held.memory.lock().unwrap_or_else(PoisonError::into_inner).bytes)
    }
}

impl Memory {
    fn permits(&self) -> u32 {
        self.permit.as_ref().map_or(0, |permit| u32::try_from(permit.num_permits()).unwrap_or(u32::MAX))
    }
}

/// Returns the error of a call that does not fit within a limit now: the caller may try again after a second.
fn full(message: String) -> Error {
    Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, message)
        .with_retry_after(RetryAfter("1".to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const MIB: usize = 1024 * KIB;

    fn limiter(operations: usize) -> Arc<OperationLimiter> {
        Arc::new(OperationLimiter::new(&Limits { operations, answers: 10 * MIB, ..Limits::default() }))
    }

    #[test]
    fn an_operation_may_exceed_the_limit_if_it_is_alone() {
        let limiter = limiter(3);
        let (one, other) = (limiter.admit().unwrap(), limiter.admit().unwrap());
        other.reserve(MIB).unwrap();
        one.reserve(5 * MIB).unwrap();
        one.reserve(100 * MIB).unwrap_err();
        drop(other);
        // The 5 MiB that `one` has reserved above do not count as memory of another operation.
        one.reserve(100 * MIB).unwrap();
        limiter.admit().unwrap().reserve(MIB).unwrap_err();
        drop(one);
        limiter.admit().unwrap().reserve(9 * MIB).unwrap();
    }

    #[test]
    fn an_answer_reserves_memory_until_it_is_dropped() {
        let limiter = limiter(1);
        let call_budget = limiter.admit().unwrap();
        call_budget.reserve(10 * MIB).unwrap();
        let bytes = call_budget.keep(vec![7; MIB].into()).unwrap();
        assert_eq!(limiter.answers.available_permits(), 9 * KIB + UNCOUNTED / KIB);
        let part = bytes.slice(3..);
        drop(bytes);
        limiter.admit().unwrap_err();
        drop(part);
        assert_eq!(limiter.answers.available_permits(), 10 * KIB);
        let small = limiter.admit().unwrap().keep(vec![7; 100].into()).unwrap();
        limiter.admit().unwrap();
        assert_eq!(small.len(), 100);
    }

    #[test]
    fn an_unreserved_answer_is_counted_when_it_is_kept() {
        let limiter = limiter(2);
        let bytes = limiter.admit().unwrap().keep(vec![7; 8 * MIB].into()).unwrap();
        limiter.admit().unwrap().keep(vec![7; 8 * MIB].into()).unwrap_err();
        drop(bytes);
        limiter.admit().unwrap().keep(vec![7; 8 * MIB].into()).unwrap();
    }
}
