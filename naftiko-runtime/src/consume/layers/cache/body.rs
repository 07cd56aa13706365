//! The body of an answer that the cache stores once its caller has read it to its end.

use super::store::PendingRead;
use super::stored::{Stored, StoredHead};
use crate::consume::fault::Failure;
use crate::consume::transport::Incoming;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A body that passes on each piece to the caller, and collects the pieces for the cache.
pub(super) struct KeptBody {
    inner: Incoming,
    /// `None` once the answer is kept, or cannot be kept.
    keeping: Option<Keeping>,
}

/// An answer on its way into the cache.
struct Keeping {
    head: StoredHead,
    reading: PendingRead,
    pieces: Vec<Bytes>,
    length: usize,
    largest: usize,
}

impl KeptBody {
    /// Creates a body that is kept if it has at most `largest` bytes.
    pub(super) fn new(inner: Incoming, head: StoredHead, reading: PendingRead, largest: usize) -> Self {
        let keeping = Keeping { head, reading, pieces: Vec::new(), length: 0, largest };
        let mut body = Self { inner, keeping: Some(keeping) };
        body.keep_if_complete();
        body
    }

    /// Keeps the answer if nothing of it is left to read.
    fn keep_if_complete(&mut self) {
        if self.inner.is_end_stream() {
            self.keep();
        }
    }

    /// Keeps the answer, unless its length differs from the declared one.
    fn keep(&mut self) {
        let Some(keeping) = self.keeping.take() else { return };
        let declared = keeping.head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        // The answer to a HEAD declares a length that it does not have.
        if declared.is_some_and(|declared: usize| declared != keeping.length && keeping.length > 0) {
            return;
        }
        // Copies the pieces, since a piece may be a small part of a large buffer, which it would keep in memory.
        keeping.reading.keep_new(Stored::new(keeping.head, keeping.pieces.concat().into()));
    }

    /// Adds a piece to the answer that is to be kept. An answer that becomes too large is not kept.
    fn collect(&mut self, piece: &Bytes) {
        let Some(keeping) = &mut self.keeping else { return };
        keeping.length = keeping.length.saturating_add(piece.len());
        if keeping.length > keeping.largest {
            self.keeping = None;
            return;
        }
        keeping.pieces.push(piece.clone());
        self.keep_if_complete();
    }
}

impl Body for KeptBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    self.collect(piece);
                }
            }
            Some(Err(_)) => self.keeping = None,
            None => self.keep(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
