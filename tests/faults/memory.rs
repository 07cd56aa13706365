//! The memory that a call holds while it meets a fault, for each fault, adapter and kind of answer.

use super::documented::{Adapter, Fault, Kind};
use super::served::{MAX_ANSWER, Served};
use super::upstream::Scripted;
use super::{FAULTS, SECRET, outcome};
use naftiko::Limits;
use peak_alloc::PeakAlloc;
use std::collections::HashSet;
use std::mem;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// Counts the bytes that this process has allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The lock of the running test. The meter counts the allocations of all threads, so the tests of this program run one
/// after another.
static TURN: Mutex<()> = Mutex::const_new(());

/// The time limit of a call whose upstream hangs.
const BRIEF: Duration = Duration::from_millis(200);

/// Waits until no other test of this program runs.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// Returns the documented bound, in bytes, for the memory of a call until its answer is decoded; `limit` is the limit
/// for the answer. In these tests, it includes the memory of the caller and of the upstream.
pub(crate) fn most_held(limit: usize) -> usize {
    4 * limit + (2 << 20)
}

/// Returns the documented bound for a tool call that reads a stream up to `limit` bytes and returns it to an MCP client
/// as text and as JSON. Added to it is the memory of the tests' own client: a growing buffer with the message, and the
/// parsed message.
pub(crate) fn most_held_by_result(limit: usize) -> usize {
    let by_client = 6 * limit;
    10 * limit + (2 << 20) + by_client
}

/// Returns the limit of the answer of an operation, in bytes.
fn limit(kind: Kind, adapter: Adapter) -> usize {
    match (kind, adapter) {
        (Kind::Binary, Adapter::Mcp) => Limits::default().blob,
        _ => MAX_ANSWER,
    }
}

/// A measurement of the memory that is allocated from now on.
pub(crate) struct Meter {
    before: usize,
}

impl Meter {
    pub(crate) fn start() -> Self {
        MEMORY.reset_peak_usage();
        Self { before: MEMORY.current_usage() }
    }

    /// Returns the largest number of bytes that were held in addition to the memory at the start.
    pub(crate) fn peak(&self) -> usize {
        MEMORY.peak_usage().saturating_sub(self.before)
    }
}

/// Returns at least one fault of each variant.
fn faults() -> Vec<Fault> {
    vec![
        Fault::Status { status: 503, retry_after: None, body: true },
        Fault::Status { status: 429, retry_after: Some("7"), body: false },
        Fault::Nothing { reset: false },
        Fault::NotHttp("garbage\r\n\r\n"),
        Fault::CutOff { sent: 5, chunked: true, reset: false },
        Fault::BadChunk { sent: 3 },
        Fault::NoHead,
        Fault::Stalls { sent: 2 },
        Fault::Empty,
        Fault::Garbled,
        Fault::Page,
        Fault::TooLarge { declared: true },
        Fault::TooLarge { declared: false },
        Fault::Odd("Transfer-Encoding: chunked\r\nTrailer: X-A\r\n"),
        Fault::Informational(1_000),
        Fault::UnknownEncoding("compress"),
        Fault::None,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_holds_no_more_memory_than_documented_whatever_the_fault() {
    let _turn = turn().await;
    let upstream = Scripted::start().await;
    let (served, brief) =
        (Served::over(&upstream.url, SECRET).await, Served::with_limit(&upstream.url, SECRET, BRIEF).await);
    let (http, faults) = (reqwest::Client::new(), faults());
    assert_eq!(faults.iter().map(mem::discriminant).collect::<HashSet<_>>().len(), FAULTS);
    let (mut wrong, mut cells, mut largest) = (Vec::new(), HashSet::new(), 0);
    for fault in &faults {
        let served = if matches!(fault, Fault::NoHead | Fault::Stalls { .. }) { &brief } else { &served };
        for (kind, adapter) in Kind::ALL.into_iter().flat_map(|kind| Adapter::ALL.map(|adapter| (kind, adapter))) {
            let Some(documented) = fault.documented(kind, adapter).filter(|_| adapter.serves(kind)) else { continue };
            let case = format!("m{}", upstream.requested());
            upstream.script(&case, fault.script(kind));
            let meter = Meter::start();
            let found = outcome(served, &http, kind, adapter, &case).await;
            let held = meter.peak();
            largest = largest.max(held);
            cells.insert(format!("{:?} {adapter:?}", mem::discriminant(fault)));
            let most = most_held(limit(kind, adapter));
            if found != documented || held > most {
                wrong.push(format!(
                    "{fault:?} {kind:?} {adapter:?}: expected {documented:?} and at most {most} bytes, found {found:?} and {held} bytes"
                ));
            }
        }
    }
    println!("a call holds at most {largest} bytes");
    assert_eq!(cells.len(), FAULTS * Adapter::ALL.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
