//! Streams of items over MCP: each item is reported as progress, and all of them are the result.

use super::tools::McpAdapter;
use crate::error::Result;
use crate::limits::{CallBudget, MAX_BUFFERED};
use crate::operation::call::unanswered;
use crate::operation::{Context, Items, Operation};
use bytes::Bytes;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Reads the items of a stream until its end, the time limit of an operation, or the size limit of answers. Returns the
/// items as an array, and, if the stream did not end, a text about the reason.
pub(super) async fn array(
    table: &McpAdapter,
    operation: &Operation,
    items: Items,
    context: &Context,
    call_budget: &CallBudget,
) -> Result<(Bytes, Option<String>)> {
    let limits = (table.capability.limits().operation, MAX_BUFFERED);
    let array = read(items, limits, context, call_budget).await;
    array.map_err(|error| unanswered(operation, error).in_operation(operation.name()))
}

async fn read(
    items: Items,
    (longest, most): (Duration, usize),
    context: &Context,
    call_budget: &CallBudget,
) -> Result<(Bytes, Option<String>)> {
    let deadline = Instant::now() + longest;
    let (mut lines, mut array, mut count) = (items.lines(), b"[".to_vec(), 0_u32);
    let stopped = loop {
        let Ok(item) = timeout_at(deadline, lines.next()).await else {
            break Some(format!("after {longest:?}, the time limit of an operation"));
        };
        let Some(json) = item.transpose()? else { break None };
        if array.len() + json.len() + 2 > most {
            break Some(format!("after {} bytes, the limit of an answer", array.len()));
        }
        if count > 0 {
            array.push(b',');
        }
        let before = array.capacity();
        array.extend_from_slice(&json);
        call_budget.reserve(array.capacity() - before)?;
        count += 1;
        context.progress(count.into(), None, &String::from_utf8_lossy(&json)).await;
    };
    array.push(b']');
    let stopped =
        stopped.map(|why| format!("The stream did not end: it was stopped {why}. These are its first {count} items"));
    Ok((array.into(), stopped))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::error::Error;
    use crate::operation::RawItem;
    use futures_util::stream;

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
        assert!(why.unwrap().contains("stopped after 55s, the time limit of an operation"));
        let (text, why) = read(stream::repeat("10").boxed(), 10).await;
        assert_eq!(text, "[10,10,10]");
        assert!(why.unwrap().ends_with("stopped after 9 bytes, the limit of an answer. These are its first 3 items"));
    }
}
