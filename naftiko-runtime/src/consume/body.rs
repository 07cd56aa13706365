//! Reading an answer's body: all of it, the beginning of it, or as it comes; never more than allowed, secrets masked.

use super::Shared;
use super::failure;
use super::plan::Plan;
use super::redact::Redactor;
use crate::error::{Error, Result};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use reqwest::Response;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How much is set aside at once for an answer because it says that it is so long.
const TRUSTED_LENGTH: usize = 1024 * 1024;

/// All of a body.
pub(super) async fn collect(mut response: Response, plan: &Plan, limit: usize) -> Result<Bytes> {
    let declared = response.content_length();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(failure::too_large(plan, limit));
    }
    let next = async |response: &mut Response| response.chunk().await.map_err(|error| failure::broken(plan, error));
    let Some(first) = next(&mut response).await? else { return Ok(Bytes::new()) };
    // An answer that came in one piece is not copied.
    if first.len() as u64 == declared.unwrap_or(u64::MAX) {
        return Ok(first);
    }
    let Some(second) = next(&mut response).await? else { return within(first, plan, limit) };
    let length = declared.and_then(|length| usize::try_from(length).ok()).unwrap_or_default().min(TRUSTED_LENGTH);
    let mut body = BytesMut::with_capacity(length.max(first.len() + second.len()));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    while body.len() <= limit {
        let Some(piece) = next(&mut response).await? else { break };
        body.extend_from_slice(&piece);
    }
    within(body.freeze(), plan, limit)
}

fn within(body: Bytes, plan: &Plan, limit: usize) -> Result<Bytes> {
    if body.len() > limit { Err(failure::too_large(plan, limit)) } else { Ok(body) }
}

/// The beginning of a body, as far as it comes.
pub(super) async fn beginning(mut response: Response, length: usize) -> Bytes {
    let mut body = BytesMut::new();
    while body.len() < length {
        match response.chunk().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(length);
    body.freeze()
}

/// A body that nobody reads is read to its end if it is short, so that the connection can be used again.
pub(super) async fn skip(mut response: Response) {
    const SHORT: u64 = 64 * 1024;
    if response.content_length().is_some_and(|length| length <= SHORT) {
        while let Ok(Some(_)) = response.chunk().await {}
    }
}

/// A body that is passed on as it comes.
pub(super) struct Streamed {
    body: reqwest::Body,
    /// How many bytes may still come.
    left: usize,
    /// Whether anything has come.
    any: bool,
    /// What may be the start of a secret.
    held: Bytes,
    done: bool,
    shared: Arc<Shared>,
    plan: Arc<Plan>,
}

impl Streamed {
    /// The body of an answer.
    ///
    /// # Errors
    /// If it says that it is too large.
    pub(super) fn new(response: Response, shared: Arc<Shared>, plan: Arc<Plan>) -> Result<Self> {
        let limit = shared.max_answer;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(failure::too_large(&plan, limit));
        }
        let body = http::Response::<reqwest::Body>::from(response).into_body();
        Ok(Self { body, left: limit, any: false, held: Bytes::new(), done: false, shared, plan })
    }

    /// What is known to be empty before it is read.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_end_stream() || self.body.size_hint().exact() == Some(0)
    }

    fn redactor(&self) -> &Redactor {
        &self.shared.answers
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = &mut *self;
        while !this.done {
            let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(cx)) else {
                this.done = true;
                if !this.any {
                    // Nothing reads as `null`.
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"null")))));
                }
                break;
            };
            let piece = match frame {
                Ok(frame) => match frame.into_data() {
                    Ok(piece) => piece,
                    // Trailers are the connection's.
                    Err(_) => continue,
                },
                Err(error) => {
                    this.done = true;
                    this.held = Bytes::new();
                    return Poll::Ready(Some(Err(failure::broken(&this.plan, error))));
                }
            };
            let Some(left) = this.left.checked_sub(piece.len()) else {
                this.done = true;
                this.held = Bytes::new();
                return Poll::Ready(Some(Err(failure::too_large(&this.plan, this.shared.max_answer))));
            };
            this.left = left;
            this.any |= !piece.is_empty();
            let piece =
                if this.redactor().is_empty() { piece } else { this.shared.answers.mask_piece(&mut this.held, piece) };
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
        let held = std::mem::take(&mut this.held);
        Poll::Ready((!held.is_empty()).then(|| Ok(Frame::data(held))))
    }

    fn is_end_stream(&self) -> bool {
        // Before its end an empty body still has to read as `null`.
        self.held.is_empty() && (self.done || (self.any && self.body.is_end_stream()))
    }

    fn size_hint(&self) -> SizeHint {
        let Some(left) = self.body.size_hint().exact() else { return SizeHint::new() };
        if self.done {
            SizeHint::with_exact(self.held.len() as u64)
        } else {
            SizeHint::with_exact(left + self.held.len() as u64)
        }
    }
}
