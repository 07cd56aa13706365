//! Streams of items as answers: NDJSON, or Server-Sent Events if the caller prefers them.

use super::problem;
use crate::error::{Error, Result};
use crate::expose::negotiation::weight;
use crate::operation::{Items, call};
use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, timeout};

/// How long a stream of events can be silent before the server sends a comment, so that proxies do not close the
/// connection as idle.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long an answer waits for the first item of its stream, which may be invalid. A stream may be silent for longer.
const FIRST_ITEM: Duration = Duration::from_secs(1);

/// An event without fields, which clients ignore (the HTML standard, section 9.2.6).
const COMMENT: &[u8] = b":\n\n";

/// The format in which a stream is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamFormat {
    /// A line of JSON for each item.
    Lines,
    /// An event for each item.
    Events,
}

impl StreamFormat {
    /// Returns the format that a caller prefers: lines, unless its `Accept` gives events a greater weight (RFC 9110, section
    /// 12.5.1).
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let lines = ["x-ndjson", "ndjson", "jsonl"].map(|subtype| weight(headers, "application", subtype));
        let lines = lines.into_iter().fold(0.0, f32::max);
        if weight(headers, "text", "event-stream") > lines { Self::Events } else { Self::Lines }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
        }
    }

    /// Sets the headers of an answer in this format.
    pub(super) fn describe(self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type()));
        headers.append(VARY, HeaderValue::from_static("accept"));
        // Without this header, proxies such as nginx would buffer items.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    }

    /// Returns the items as the body of an answer, once the first item has arrived or [`FIRST_ITEM`] has passed.
    ///
    /// # Errors
    /// Returns the error of an invalid first item, while the status can still be chosen.
    pub(super) async fn body(self, items: Items, operation: &str) -> Result<Body> {
        let mut items = items.lines();
        // If the time has passed, the stream is polled again as the body.
        let first = match timeout(FIRST_ITEM, items.next()).await {
            Ok(Some(Err(error))) => {
                call::log(operation, &error);
                return Err(error);
            }
            Ok(Some(Ok(first))) => Some(Ok(first)),
            Ok(None) | Err(_) => None,
        };
        let items = stream::iter(first).chain(items).boxed();
        Ok(Body::from_stream(ItemBody {
            items,
            format: self,
            operation: operation.into(),
            alarm: None,
            failure: None,
            is_done: false,
        }))
    }
}

/// A body that is written item by item.
struct ItemBody {
    items: BoxStream<'static, Result<Bytes>>,
    format: StreamFormat,
    operation: Arc<str>,
    /// Wakes the task when a comment is due; set while there is no item.
    alarm: Option<Pin<Box<Sleep>>>,
    /// The error that cuts off the body.
    failure: Option<Error>,
    is_done: bool,
}

impl futures_util::Stream for ItemBody {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.is_done {
            return Poll::Ready(this.failure.take().map(Err));
        }
        let written = match (this.items.poll_next_unpin(cx), this.format) {
            (Poll::Pending, StreamFormat::Lines) => return Poll::Pending,
            (Poll::Pending, StreamFormat::Events) => {
                let alarm = this.alarm.get_or_insert_with(|| Box::pin(sleep(KEEP_ALIVE)));
                std::task::ready!(alarm.as_mut().poll(cx));
                alarm.as_mut().reset(Instant::now() + KEEP_ALIVE);
                return Poll::Ready(Some(Ok(Bytes::from_static(COMMENT))));
            }
            (Poll::Ready(Some(Ok(json))), format) => Some(Ok(framed(format, &json))),
            (Poll::Ready(Some(Err(error))), format) => {
                this.is_done = true;
                call::log(&this.operation, &error);
                if format == StreamFormat::Lines {
                    this.failure = Some(error);
                    // Yield once, so that the server flushes the items in its buffer: an error would discard them.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Ok(failed(&error)))
            }
            (Poll::Ready(None), _) => None,
        };
        this.is_done |= written.is_none();
        this.alarm = None;
        Poll::Ready(written)
    }
}

/// Writes an item in the format of its stream.
fn framed(format: StreamFormat, json: &[u8]) -> Bytes {
    match format {
        StreamFormat::Lines => [json, b"\n"].concat().into(),
        StreamFormat::Events => [b"data: ", json, b"\n\n"].concat().into(),
    }
}

/// Writes an error in the middle of a stream of events. A stream of lines is cut off instead, so that the caller notices.
fn failed(error: &Error) -> Bytes {
    let (before, after): (&[u8], &[u8]) = (b"event: error\ndata: ", b"\n\n");
    [before, &problem::json(error), after].concat().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use http::header::ACCEPT;

    #[test]
    fn the_caller_chooses_the_format() {
        let of = |lines: &[&'static str]| {
            let lines = lines.iter().map(|line| (ACCEPT, HeaderValue::from_static(line)));
            StreamFormat::of(&lines.collect())
        };
        for accept in [
            &[][..],
            &["*/*"],
            &["application/x-ndjson"],
            &["application/json"],
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
            &["text/event-stream;q=0.5, application/x-ndjson"],
            &["text/event-stream; q=0.8", "application/jsonl"],
            &["text/event-stream;q=0, */*;q=0.1"],
            &["text/event-stream;Q=0"],
            &["text/event-stream; q=nonsense, application/*"],
            // These weights are not numbers from 0 to 1, so each of them counts as 1.
            &["text/event-stream;q=1.001, application/x-ndjson"],
            &["text/event-stream;q=2, application/x-ndjson"],
            &["text/event-stream;q=inf, application/x-ndjson"],
            &["text/event-stream;q=0.9999, application/x-ndjson;q=NaN"],
            &["text/event-stream;q=0.9, application/x-ndjson;q=-1"],
            &["text/event-stream;q=0.9, application/x-ndjson;q=+0.5"],
            &["text/event-stream;q=0.9, application/x-ndjson;q=1e-1"],
        ] {
            assert_eq!(of(accept), StreamFormat::Lines, "{accept:?}");
        }
        for accept in [
            &["text/event-stream"][..],
            &["Text/Event-Stream"],
            &["text/event-stream, */*;q=0.5"],
            &["application/x-ndjson;q=0.5", "text/event-stream"],
            &["text/*"],
        ] {
            assert_eq!(of(accept), StreamFormat::Events, "{accept:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_kept_alive_by_comments() {
        let items = Items::new(futures_util::stream::pending(), |_, _, why| Error::internal(why.to_string()));
        let mut body = StreamFormat::Events.body(items, "watch").await.unwrap().into_data_stream();
        for _ in 0..3 {
            assert_eq!(body.next().await.unwrap().unwrap(), COMMENT);
        }
    }
}
