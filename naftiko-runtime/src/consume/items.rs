//! Reads the items of a streamed answer one after another, within limits of size and time.

use super::answer::{self, Opened};
use super::context::ClientContext;
use super::failure;
use super::reading::inexact;
use super::transport::Incoming;
use super::unpack::{Unpacked, Unpacker};
use super::upstream_call::UpstreamCall;
use crate::error::{Error, Result};
use crate::formats::{CompiledShaping, Frame, FrameReader, Framing, text};
use crate::limits::{CallBudget, memory};
use crate::numbers;
use crate::operation::{Items, RawItem};
use crate::schema::json_location;
use bytes::Bytes;
use futures_util::Stream;
use http_body::Body;
use serde_json::Value;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep};

/// How many bytes are read for one item before other tasks get a turn.
const AT_ONCE: usize = 1024 * 1024;

/// The stream of the items of an answer. Dropping the stream cancels the rest of the answer.
struct UpstreamItems {
    /// `None` after the end.
    body: Option<Incoming>,
    unpacker: Option<Unpacker>,
    content_type: String,
    frames: FrameReader,
    /// The number of the last item.
    number: u64,
    /// Wakes the task when nothing has arrived for too long; set while this stream waits for the body.
    alarm: Option<Pin<Box<Sleep>>>,
    context: Arc<ClientContext>,
    upstream_call: Arc<UpstreamCall>,
    /// How each item is shaped.
    output: Option<Arc<CompiledShaping>>,
    /// Counts the operation as in flight, and holds its reserved memory, until the stream is dropped.
    call_budget: CallBudget,
    /// The memory that is reserved for an item, in bytes.
    reserved: usize,
    is_done: bool,
}

/// Returns the items of an answer.
///
/// # Errors
/// Returns an error if the answer is not a stream of items.
pub(super) fn items(
    opened: Opened,
    context: &Arc<ClientContext>,
    upstream_call: &Arc<UpstreamCall>,
    output: Option<Arc<CompiledShaping>>,
) -> Result<Items> {
    let content_type = opened.content_type().cloned();
    let named = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let framing = Framing::of(named);
    if framing.is_none() && !Framing::is_open(named) {
        let named = answer::named(context, content_type.as_ref());
        return Err(failure::not_a_stream(upstream_call, &named));
    }
    let codings = opened.codings(upstream_call)?;
    let Opened { body, call_budget, .. } = opened;
    let items = UpstreamItems {
        body: Some(body),
        unpacker: (!codings.is_empty()).then(|| Unpacker::new(&codings, context.max_answer)),
        frames: FrameReader::new(framing, context.max_answer),
        content_type: named.to_owned(),
        number: 0,
        alarm: None,
        context: context.clone(),
        upstream_call: upstream_call.clone(),
        output,
        call_budget,
        reserved: 0,
        is_done: false,
    };
    let (context, upstream_call) = (context.clone(), upstream_call.clone());
    Ok(Items::new(items, move |number, item, why| unreadable((&context, &upstream_call), number, item, why)))
}

/// Describes an item that does not fit its type.
fn unreadable(
    (context, upstream_call): (&ClientContext, &UpstreamCall),
    number: u64,
    item: &[u8],
    why: &serde_json::Error,
) -> Error {
    let (what, place) = (json_location::fault(why), json_location::of(item, why));
    // The location contains member names, which stay as they are when an answer is masked.
    let place = context.errors.mask_text(&place);
    let part = upstream_call.part.as_ref().map_or_else(String::new, |part| format!(" in {part}"));
    failure::bad_answer(upstream_call, &format!("sent an unexpected item (number {number}){part}: {what}, at {place}"))
}

impl UpstreamItems {
    /// Returns the next item.
    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RawItem>>> {
        let mut read = 0;
        loop {
            match self.frames.next() {
                Ok(Some(Frame::Item(item))) => return Poll::Ready(Some(self.item(item))),
                Ok(Some(Frame::End)) => return Poll::Ready(None),
                Ok(None) => {}
                Err(_) => return Poll::Ready(Some(Err(self.oversized()))),
            }
            if let Err(error) = self.reserve(self.frames.held()) {
                return Poll::Ready(Some(Err(error)));
            }
            if read > AT_ONCE {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match ready!(self.poll_piece(cx)) {
                Some(Ok(piece)) => {
                    read += piece.len();
                    self.frames.push(piece);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(self.frames.last().map(|item| self.item(item))),
            }
        }
    }

    /// Returns the next piece of the body, decoded; `None` at its end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if let Some(unpacker) = &mut self.unpacker {
                match unpacker.next() {
                    Ok(Unpacked::Piece(piece)) => return Poll::Ready(Some(Ok(piece))),
                    Ok(Unpacked::Used) => {}
                    Ok(Unpacked::Busy) => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Err(why) => {
                        return Poll::Ready(Some(Err(failure::undecodable(
                            &self.upstream_call,
                            why,
                            self.context.max_answer,
                        ))));
                    }
                }
            }
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) else {
                let idle = self.context.stream_idle;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(idle)));
                ready!(alarm.as_mut().poll(cx));
                return Poll::Ready(Some(Err(failure::silent(&self.upstream_call, idle))));
            };
            self.alarm = None;
            let piece = match frame {
                // Trailers are not passed on.
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(failure)) => return Poll::Ready(Some(Err(failure::broken(&self.upstream_call, failure)))),
                None => {
                    self.body = None;
                    let is_complete = self.unpacker.as_ref().is_none_or(Unpacker::is_complete);
                    let truncated = super::coding::DecodeError::Truncated;
                    let cut_off = || failure::undecodable(&self.upstream_call, truncated, self.context.max_answer);
                    return Poll::Ready((!is_complete).then(|| Err(cut_off())));
                }
            };
            match &mut self.unpacker {
                Some(unpacker) => unpacker.push(piece),
                None => return Poll::Ready(Some(Ok(piece))),
            }
        }
    }

    /// Converts an item to UTF-8, masks its secrets, and shapes it.
    fn item(&mut self, mut bytes: Bytes) -> Result<RawItem> {
        self.number += 1;
        let mut is_event = self.frames.is_of_events();
        // Events are UTF-8 whatever their Content-Type declares, and other bytes are replaced (the HTML standard, section 9.2.5).
        if is_event {
            if let Cow::Owned(text) = String::from_utf8_lossy(&bytes) {
                bytes = text.into();
            }
        } else {
            bytes = text::json(bytes, Some(&self.content_type)).map_err(|why| {
                let what = format!("sent an item (number {}) that is not valid text: {why}", self.number);
                failure::bad_answer(&self.upstream_call, &what)
            })?;
        }
        bytes = self.context.answers.mask(bytes, !is_event);
        // The decoded item contains the text a second time.
        self.reserve(memory::typed_cost(&bytes).saturating_add(bytes.len().saturating_mul(2)))?;
        if let Some(output) = self.output.clone().filter(|_| !bytes.trim_ascii().is_empty()) {
            memory::json_fits(&bytes).map_err(|why| failure::mismatch(&self.upstream_call, &why).too_large())?;
            self.reserve(memory::json_cost(&bytes).saturating_mul(2))?;
            bytes = numbers::remembering_those_of(&bytes, || self.shaped(&output, &bytes, is_event))?;
            // A shaped item is JSON.
            is_event = false;
        }
        Ok(RawItem { bytes, is_event })
    }

    fn shaped(&self, output: &CompiledShaping, bytes: &Bytes, is_event: bool) -> Result<Bytes> {
        let value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            // The data of an event can be any text.
            Err(_) if is_event => Value::from(String::from_utf8_lossy(bytes)),
            Err(why) => return Err(unreadable((&self.context, &self.upstream_call), self.number, bytes, &why)),
        };
        let shaped = output.apply(value).map_err(|why| failure::mismatch(&self.upstream_call, &why))?;
        let json = numbers::json(&shaped).map_err(|why| inexact(&why.to_string()))?;
        // This must be checked here, while the numbers of this item are still remembered.
        numbers::check_rounded().map_err(inexact)?;
        Ok(json.into())
    }

    fn oversized(&self) -> Error {
        failure::large_item(&self.upstream_call, self.context.max_answer)
    }

    /// Reserves at least `bytes` bytes of memory for one item. Memory that earlier items reserved is used again.
    fn reserve(&mut self, bytes: usize) -> Result<()> {
        let more = bytes.saturating_sub(self.reserved);
        if more > 0 {
            self.call_budget.reserve(more)?;
            self.reserved = bytes;
        }
        Ok(())
    }
}

impl Stream for UpstreamItems {
    type Item = Result<RawItem>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.is_done {
            return Poll::Ready(None);
        }
        let before = this.number;
        let item = ready!(this.poll_item(cx));
        Poll::Ready(match item {
            Some(Ok(item)) => Some(Ok(item)),
            // An error of one item, such as an item that does not fit its type, does not end the stream.
            Some(Err(error)) if this.number > before => Some(Err(error)),
            Some(Err(error)) => {
                let (upstream, operation) = (&this.upstream_call.upstream.namespace, &this.upstream_call.name);
                tracing::warn!(upstream, operation, error = ?error, "a stream of items ended with an error");
                (this.is_done, this.body) = (true, None);
                Some(Err(error.logged()))
            }
            None => {
                (this.is_done, this.body) = (true, None);
                None
            }
        })
    }
}
