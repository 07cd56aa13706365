//! Converts between bytes and values: decodes upstream answers, shapes them, and encodes request bodies.
//!
//! `decode` parses an answer, `shape` selects the exposed parts, `encode` writes bodies. They do not depend on HTTP.
#![cfg_attr(
    not(feature = "document"),
    allow(dead_code, unused_imports, reason = "without documents, a part of it is used")
)]

mod budget;
mod decode;
mod encode;
mod frames;
#[cfg(any(feature = "fuzzing", all(test, feature = "formats")))]
pub(crate) mod fuzz;
mod in_order;
mod pairs;
mod shape;
#[cfg(all(test, feature = "formats"))]
mod tests;
pub(crate) mod text;

pub(crate) use budget::Budget;
pub(crate) use decode::decode;
pub(crate) use encode::{FormPart, Span, form, form_object, form_text, json_text, multipart, xml_text};
pub(crate) use frames::{Frame, FrameReader, Framing};
pub(crate) use in_order::{DeclaredValue, InOrder};
pub(crate) use pairs::pairs;
pub(crate) use shape::{CompiledOutputs, CompiledShaping, Unshaped, converted};

use std::sync::LazyLock;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// The size in bytes from which data is decoded, shaped and searched on another thread, so that the work does not block other calls.
pub(crate) const LARGE: usize = 256 * 1024;

/// Limits the number of concurrent decodings: more threads than processors are not faster, and each thread costs
/// memory.
static DECODINGS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(max_concurrent()));

fn max_concurrent() -> usize {
    available_parallelism().map_or(2, |processors| processors.get().max(2))
}

/// Runs work that processes `bytes` bytes: on this thread if there are fewer than [`LARGE`], otherwise on another thread.
pub(crate) async fn on_blocking_thread<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if bytes < LARGE {
        return work();
    }
    // In a box, so that the future of a small answer stays small.
    Box::pin(on_another_thread(work)).await
}

async fn on_another_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // The permit is held until the work ends, even if the call is cancelled. Acquiring fails only for a closed
    // semaphore; this one is never closed.
    let turn = DECODINGS.acquire().await;
    let work = crate::numbers::with_remembered_numbers(work);
    let work = move || (work(), drop(turn)).0;
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Err(_) => std::future::pending().await,
    }
}

/// Acquires all permits: until they are dropped, work on many bytes has to wait; other work is not affected.
#[cfg(all(test, feature = "document"))]
pub(crate) async fn all_turns() -> tokio::sync::SemaphorePermit<'static> {
    let all = u32::try_from(max_concurrent()).unwrap_or(u32::MAX);
    DECODINGS.acquire_many(all).await.unwrap_or_else(|_| unreachable!("the semaphore is never closed"))
}

#[cfg(test)]
mod concurrency_tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier};

    #[tokio::test]
    async fn large_answers_do_not_take_a_thread_each() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // Waits until the maximum number of tasks run at the same time.
        let all = Arc::new(Barrier::new(max_concurrent()));
        let works = (0..max_concurrent() * 8).map(|_| {
            let (running, most, all) = (running.clone(), most.clone(), all.clone());
            tokio::spawn(on_blocking_thread(LARGE, move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                all.wait();
                running.fetch_sub(1, Ordering::SeqCst);
            }))
        });
        for work in works.collect::<Vec<_>>() {
            work.await.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), max_concurrent());
    }
}
