//! Streams of items: from an API, or from a method.

use super::cast::cast;
use super::raw::{RawJson, mismatch};
use crate::error::{Error, Result};
use crate::limits::{CallBudget, MAX_BUFFERED};
use crate::numbers;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use http_body::Frame;
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use serde::Serialize;
use serde_json::value::RawValue;
use std::any::TypeId;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Items that arrive one after another, such as events or log lines. If a method with a verb returns a stream, the API sends NDJSON
/// (a line for each item) or Server-Sent Events. The media type of the answer, or its first line, determines which of the two.
///
/// Only the current item is in memory. Dropping the stream cancels the rest of the API's answer. An item that does not match `T` is an
/// error, and the next one can be read after it; any other error ends the stream.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use naftiko_runtime::Stream;
///
/// let mut events: Stream<u64> = Stream::from_iter([1, 2]);
/// assert_eq!(events.next().await.transpose()?, Some(1));
/// assert_eq!(events.next().await.transpose()?, Some(2));
/// assert!(events.next().await.is_none());
/// # Ok::<(), naftiko_runtime::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "items are read only when the stream is polled"]
pub struct Stream<T>(BoxStream<'static, Result<T>>);

impl<T> Stream<T> {
    /// Returns the next item; `None` at the end.
    ///
    /// # Errors
    /// An item is an error if it does not match `T`, if the connection to the API breaks, or if the API exceeds the limits of the
    /// client: the size of an item, or the time without a byte.
    pub async fn next(&mut self) -> Option<Result<T>> {
        self.0.next().await
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Creates a stream from any other stream, for an implementation of your own or a fake.
    pub fn from_stream<E: Into<Error> + 'static>(
        stream: impl futures_util::Stream<Item = Result<T, E>> + Send + 'static,
    ) -> Self {
        // Some streams panic when they are polled after their end.
        Self(stream.map_err(Into::into).fuse().boxed())
    }
}

impl<T: Send + 'static> FromIterator<T> for Stream<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T: Send + 'static> From<Vec<T>> for Stream<T> {
    fn from(items: Vec<T>) -> Self {
        Self(stream::iter(items.into_iter().map(Ok)).boxed())
    }
}

impl<T> futures_util::Stream for Stream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

/// An item that has not been decoded.
#[derive(Debug)]
pub(crate) struct RawItem {
    pub(crate) bytes: Bytes,
    /// Whether the item is the data of an event, which can be any text.
    pub(crate) is_event: bool,
}

impl RawItem {
    /// Returns whether the item is an event without data, which only keeps the connection open.
    fn is_empty(&self) -> bool {
        self.is_event && self.bytes.trim_ascii().is_empty()
    }
}

/// A function that describes an item that does not match its type, given its number, the item, and the mismatch.
type Explain = Arc<dyn Fn(u64, &[u8], &serde_json::Error) -> Error + Send + Sync>;

/// The items of a stream as JSON, not decoded.
pub struct Items {
    items: BoxStream<'static, Result<RawItem>>,
    explain: Explain,
}

impl Items {
    /// Creates the items that an API sends.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client streams"))]
    pub(crate) fn new(
        items: impl futures_util::Stream<Item = Result<RawItem>> + Send + 'static,
        explain: impl Fn(u64, &[u8], &serde_json::Error) -> Error + Send + Sync + 'static,
    ) -> Self {
        Self { items: items.boxed(), explain: Arc::new(explain) }
    }

    /// Keeps the budget of a call until the stream is dropped; until then, the operation counts as in flight.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST passes streams on"))]
    pub(crate) fn within(self, call_budget: CallBudget) -> Self {
        let items = self.items.inspect(move |_| _ = &call_budget).boxed();
        Self { items, ..self }
    }

    /// Replaces the stream of the items.
    pub(super) fn map<S: futures_util::Stream<Item = Result<RawItem>> + Send + 'static>(
        self,
        replace: impl FnOnce(BoxStream<'static, Result<RawItem>>) -> S,
    ) -> Self {
        Self { items: replace(self.items).boxed(), explain: self.explain }
    }

    /// Encodes the items of a stream.
    pub(super) fn encoded<T: Serialize + 'static>(stream: Stream<T>) -> Self {
        let mut stream = stream.0;
        // The digits of an item's numbers are remembered while it is decoded and encoded.
        let items = stream::poll_fn(move |cx| {
            numbers::remembering_own(|| {
                stream.poll_next_unpin(cx).map(|item| {
                    item.map(|item| {
                        let mut json = Vec::new();
                        numbers::append(&mut json, &item?).map_err(Error::internal)?;
                        Ok(RawItem { bytes: json.into(), is_event: false })
                    })
                })
            })
        });
        Self { items: items.boxed(), explain: Arc::new(|_, json, why| mismatch(json, why)) }
    }

    /// Decodes the items with that function.
    pub(super) fn decoded<T: Send + 'static>(self, decode: fn(&[u8]) -> Result<T, serde_json::Error>) -> Stream<T> {
        let Self { items, explain } = self;
        let is_string = TypeId::of::<T>() == TypeId::of::<String>();
        let mut number = 0;
        let decoded = items.try_filter_map(move |item| {
            number += 1;
            let decoded = match item {
                // The data of an event is a string.
                RawItem { bytes, is_event: true } if is_string => {
                    Ok(cast(String::from_utf8_lossy(&bytes).into_owned()))
                }
                item if item.is_empty() => Ok(None),
                RawItem { bytes, .. } => {
                    numbers::remember_typed_numbers(&bytes);
                    decode(&bytes).map(Some).map_err(|why| explain(number, &bytes, &why))
                }
            };
            std::future::ready(decoded)
        });
        Stream(decoded.boxed())
    }

    /// Returns the items as JSON on one line each.
    pub(crate) fn lines(self) -> BoxStream<'static, Result<Bytes>> {
        let Self { items, explain } = self;
        let mut number = 0;
        let lines = items.try_filter_map(move |item| {
            number += 1;
            let line = if item.is_empty() { Ok(None) } else { line(item).map(Some) };
            std::future::ready(line.map_err(|(json, why)| explain(number, &json, &why)))
        });
        lines.boxed()
    }
}

/// Returns the JSON of an item on one line; the data of an event that is not JSON becomes a string.
fn line(RawItem { bytes, is_event }: RawItem) -> Result<Bytes, (Bytes, serde_json::Error)> {
    match serde_json::from_slice::<&RawValue>(&bytes) {
        // In JSON, line ends are only whitespace between tokens.
        Ok(_) if memchr::memchr2(b'\n', b'\r', &bytes).is_some() => {
            let mut json = bytes.to_vec();
            json.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
            Ok(json.into())
        }
        Ok(_) => Ok(bytes),
        Err(_) if is_event => Ok(serde_json::Value::from(String::from_utf8_lossy(&bytes)).to_string().into()),
        Err(why) => Err((bytes, why)),
    }
}

/// The items as a JSON array, without a budget.
impl From<Items> for RawJson {
    fn from(items: Items) -> Self {
        items.into_array(CallBudget::default())
    }
}

impl Items {
    /// Returns the items as a JSON array, for callers that need all of them. It can be buffered up to the default size limit of answers,
    /// within the memory budget of the call.
    pub(crate) fn into_array(self, call_budget: CallBudget) -> RawJson {
        let mut is_first = true;
        let elements = self.lines().map_ok(move |json| {
            let separator: &[u8] = if std::mem::take(&mut is_first) { b"" } else { b"," };
            Frame::data(Bytes::from([separator, &json].concat()))
        });
        let bracket = |text: &'static str| stream::iter([Ok(Frame::data(Bytes::from_static(text.as_bytes())))]);
        let body = StreamBody::new(bracket("[").chain(elements).chain(bracket("]")));
        RawJson::streaming(UnsyncBoxBody::new(body), call_budget).with_buffer_limit(MAX_BUFFERED)
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::operation::returned::decode;
    use futures_util::FutureExt;
    use serde_json::Value;

    fn items(items: Vec<(&'static str, bool)>) -> Items {
        let items = items.into_iter().map(|(text, is_event)| Ok(RawItem { bytes: text.into(), is_event }));
        Items::new(stream::iter(items), |number, json, why| {
            Error::internal(format!("{number}: {}", mismatch(json, why)))
        })
    }

    fn all<T>(stream: impl futures_util::Stream<Item = Result<T>>) -> Vec<Result<T>> {
        stream.collect().now_or_never().unwrap()
    }

    #[test]
    fn items_are_decoded_one_by_one() {
        let read = all(items(vec![("1", false), ("\"x\"", true), ("2.0", true)]).decoded(decode::<u64>));
        let [Ok(1), Err(error), Ok(2)] = &read[..] else { unreachable!("{read:?}") };
        assert!(format!("{error:?}").contains("2: unexpected answer"), "{error:?}");
    }

    #[test]
    fn the_data_of_an_event_can_be_any_text() {
        let given = || items(vec![("a \"b", true), ("\"c\"", true), ("\"d\"", false)]);
        let texts: Vec<String> = all(given().decoded(decode)).into_iter().map(Result::unwrap).collect();
        assert_eq!(texts, ["a \"b", "\"c\"", "d"]);
        let empty = || items(vec![("", true), ("1", true), (" ", true)]);
        assert_eq!(all(empty().decoded(decode::<u8>)).len(), 1);
        assert_eq!(all(empty().lines()).len(), 1);
        assert_eq!(all(empty().decoded(decode::<String>)).len(), 3);
        let lines: Vec<Bytes> = all(given().lines()).into_iter().map(Result::unwrap).collect();
        assert_eq!(lines, [r#""a \"b""#, r#""c""#, r#""d""#]);
        assert!(all(items(vec![("a", false)]).lines())[0].is_err());
        assert_eq!(all(items(vec![("{\r\n\"a\": 1}", true)]).lines())[0].as_ref().unwrap(), "{  \"a\": 1}");
    }

    #[test]
    fn a_stream_is_encoded_with_its_digits() {
        let decoded = items(vec![("12345678901234567890123", false), ("1.10", true)]).decoded(decode::<Value>);
        let json: Vec<Bytes> = all(Items::encoded(decoded).lines()).into_iter().map(Result::unwrap).collect();
        assert_eq!(json, ["12345678901234567890123", "1.10"]);
    }

    #[tokio::test]
    async fn all_items_together_are_an_array() {
        let array = |given| async move { RawJson::from(items(given)).bytes().await };
        assert_eq!(array(vec![]).await.unwrap(), "[]");
        assert_eq!(array(vec![("1", false), ("{}", true)]).await.unwrap(), "[1,{}]");
        array(vec![("1", false), ("{", false)]).await.unwrap_err();
    }

    #[tokio::test]
    async fn a_stream_can_be_made_from_a_list_or_another_stream() {
        let mut stream = Stream::from(vec!["a", "b"]);
        assert_eq!(stream.next().await.unwrap().unwrap(), "a");
        let collected: Stream<i32> = (1..3).collect();
        assert_eq!(all(collected).into_iter().map(Result::unwrap).sum::<i32>(), 3);
        let failing = Stream::from_stream(stream::iter([Ok(1), Err(Error::new(http::StatusCode::GONE, "gone"))]));
        let [Ok(1), Err(gone)] = &all(failing)[..] else { unreachable!("two items") };
        assert_eq!(gone.status(), 410);
    }
}
