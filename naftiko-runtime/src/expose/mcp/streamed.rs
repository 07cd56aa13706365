//! Streams of items over MCP: each item is reported as progress, and all of them are the result.

use crate::error::Result;
use crate::limits::{CallBudget, MAX_BUFFERED};
use crate::operation::call::unanswered;
use crate::operation::{Context, Items, Operation};
use bytes::Bytes;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Reads the items of a stream until its end, the time limit of the call, or the size limit of answers. Returns the
/// items as an array, and, if the stream did not end, a note about the reason.
pub(super) async fn array(
    operation: &Operation,
    items: Items,
    context: &Context,
    time_limit: Duration,
    call_budget: &CallBudget,
) -> Result<(Bytes, Option<String>)> {
    let array = read(items, (time_limit, MAX_BUFFERED), context, call_budget).await;
    array.map_err(|error| unanswered(operation, error).in_operation(operation.name()))
}

async fn read(
    items: Items,
    (time_limit, max_length): (Duration, usize),
    context: &Context,
    call_budget: &CallBudget,
) -> Result<(Bytes, Option<String>)> {
    let now = Instant::now();
    // A limit that is too long for an `Instant` becomes thirty years.
    let deadline = now.checked_add(time_limit).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365 * 30));
    let (mut lines, mut array, mut count) = (items.lines(), b"[".to_vec(), 0_u32);
    let late = || Some(format!("after {time_limit:?}, the time limit of this call"));
    let stopped = loop {
        let Ok(item) = timeout_at(deadline, lines.next()).await else { break late() };
        let Some(json) = item.transpose()? else { break None };
        if array.len() + json.len() + 2 > max_length {
            break Some(format!("because the next item would exceed the limit of {max_length} bytes for an answer"));
        }
        if count > 0 {
            array.push(b',');
        }
        let before = array.capacity();
        array.extend_from_slice(&json);
        call_budget.reserve(array.capacity() - before)?;
        count += 1;
        // A client that does not read its messages must not hold the call beyond the time limit.
        let progress = String::from_utf8_lossy(&json);
        if timeout_at(deadline, context.progress(count.into(), None, &progress)).await.is_err() {
            break late();
        }
    };
    array.push(b']');
    let stopped =
        stopped.map(|why| format!("The stream did not end: it was stopped {why}. Items in this result: {count}"));
    Ok((array.into(), stopped))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::error::Error;
    use crate::operation::{BoxFuture, CallerSide, Change, LogLevel, Question, QuestionKind, RawItem};
    use futures_util::stream;
    use serde_json::Value;
    use std::sync::Arc;

    /// A client that stays connected, and reads nothing.
    struct Stalled;

    impl CallerSide for Stalled {
        fn progress<'a>(&'a self, _: f64, _: Option<f64>, _: &'a str) -> BoxFuture<'a, ()> {
            Box::pin(std::future::pending())
        }
        fn log(&self, _: LogLevel, _: Value) -> BoxFuture<'_, ()> {
            Box::pin(std::future::pending())
        }
        fn is_cancelled(&self) -> bool {
            false
        }
        fn cancelled(&self) -> BoxFuture<'_, ()> {
            Box::pin(std::future::pending())
        }
        fn can(&self, _: QuestionKind) -> bool {
            false
        }
        fn ask(&self, _: Question) -> BoxFuture<'_, Result<Value>> {
            Box::pin(std::future::pending())
        }
        fn changed(&self, _: Change) {}
    }

    fn items(items: impl futures_util::Stream<Item = &'static str> + Send + 'static) -> Items {
        let items = items.map(|text| Ok(RawItem { bytes: text.into(), is_event: false }));
        Items::new(items, |_, _, why| Error::internal(why.to_string()))
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_stream_is_stopped() {
        let read = |stream, most| async move {
            let limits = (Duration::from_secs(55), most);
            read(items(stream), limits, &Context::none(), &CallBudget::default()).await.unwrap()
        };
        assert_eq!(read(stream::iter(["1", "2"]).boxed(), 100).await, ("[1,2]".into(), None));
        assert_eq!(read(stream::empty().boxed(), 100).await, ("[]".into(), None));
        let (text, why) = read(stream::iter(["1", "2"]).chain(stream::pending()).boxed(), 100).await;
        assert_eq!(text, "[1,2]");
        assert!(why.unwrap().contains("stopped after 55s, the time limit of this call"));
        let (text, why) = read(stream::repeat("10").boxed(), 10).await;
        assert_eq!(text, "[10,10,10]");
        assert!(why.unwrap().ends_with("would exceed the limit of 10 bytes for an answer. Items in this result: 3"));
    }

    #[tokio::test]
    async fn a_call_may_have_no_time_limit() {
        let limits = (Duration::MAX, 100);
        let read = read(items(stream::iter(["1"])), limits, &Context::none(), &CallBudget::default()).await;
        assert_eq!(read.unwrap(), ("[1]".into(), None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_its_messages_does_not_hold_the_call() {
        let (context, limits) = (Context::of(Arc::new(Stalled)), (Duration::from_secs(55), 100));
        let begun = Instant::now();
        let read = read(items(stream::iter(["1", "2"])), limits, &context, &CallBudget::default()).await.unwrap();
        assert_eq!((read.0, begun.elapsed()), ("[1]".into(), limits.0));
        assert!(read.1.unwrap().contains("stopped after 55s"));
    }
}
