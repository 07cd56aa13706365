//! The body of an outgoing request: bytes, or pieces, of which some are files that are read while the body is sent.

use crate::error::{Error, Result};
use crate::upload::{BodyPiece, FileContent, FileStream};
use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// The body of a request.
pub(crate) enum Outgoing {
    Whole(Bytes),
    Pieces(Box<Pieces>),
}

/// The remaining pieces of a body.
#[derive(Default)]
pub(crate) struct Pieces {
    /// The pieces that have not been sent. The lock only makes the type `Sync`.
    left: Mutex<VecDeque<Remaining>>,
    /// The total length of the remaining pieces in bytes, if it is known.
    size: Option<u64>,
}

/// A piece that has not been sent yet.
pub(crate) enum Remaining {
    Bytes(Bytes),
    File(RemainingFile),
    /// The piece that reaches the declared length, held back until it is certain that nothing follows. If a file is longer than declared,
    /// the request must fail before it is complete; otherwise the API would keep the beginning of the file.
    Last(Bytes),
}

/// A file that is read while it is sent.
pub(crate) struct RemainingFile {
    stream: FileStream,
    /// The size in bytes that `Upload::sized` declared.
    declared: Option<u64>,
    /// The number of bytes that have been read.
    read: u64,
}

impl Outgoing {
    /// Creates a body from pieces; if none of them is a stream, it can be sent again.
    ///
    /// # Errors
    /// Returns an error if a file has been read before.
    pub(crate) fn of(pieces: Vec<BodyPiece>) -> Result<Self> {
        let (mut all, mut size, mut streams) = (VecDeque::new(), Some(0_u64), false);
        for piece in pieces {
            let (left, length) = match piece {
                BodyPiece::Bytes(bytes) => (Remaining::Bytes(bytes), None),
                BodyPiece::File(file) => match file.content()? {
                    FileContent::Bytes(bytes) => (Remaining::Bytes(bytes), None),
                    FileContent::Stream(stream) => {
                        let declared = file.size();
                        (Remaining::File(RemainingFile { stream, declared, read: 0 }), Some(declared))
                    }
                    FileContent::Taken => {
                        return Err(Error::internal("the file has already been read; an upload can be sent only once"));
                    }
                },
            };
            let length = match (&left, length) {
                (Remaining::Bytes(bytes) | Remaining::Last(bytes), _) => u64::try_from(bytes.len()).ok(),
                (Remaining::File(_), length) => length.flatten(),
            };
            streams |= matches!(left, Remaining::File(_));
            size = size.zip(length).and_then(|(size, length)| size.checked_add(length));
            all.push_back(left);
        }
        if streams {
            return Ok(Self::Pieces(Box::new(Pieces { left: Mutex::new(all), size })));
        }
        let mut whole = Vec::new();
        for piece in all {
            match piece {
                Remaining::Bytes(bytes) if whole.is_empty() && size == u64::try_from(bytes.len()).ok() => {
                    return Ok(Self::Whole(bytes));
                }
                Remaining::Bytes(bytes) | Remaining::Last(bytes) => whole.extend_from_slice(&bytes),
                Remaining::File(_) => {}
            }
        }
        Ok(Self::Whole(whole.into()))
    }

    /// Returns a copy of the body if it can be sent again; a stream cannot.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        match self {
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::Pieces(..) => None,
        }
    }

    /// Returns the body as text for display.
    pub(crate) fn shown(&self) -> String {
        let shown = |piece: &Remaining| match piece {
            Remaining::Bytes(bytes) | Remaining::Last(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Remaining::File(_) => "(a file)".to_owned(),
        };
        match self {
            Self::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Pieces(pieces) => {
                pieces.left.lock().unwrap_or_else(PoisonError::into_inner).iter().map(shown).collect()
            }
        }
    }
}

/// Copies a request, unless its body is a stream.
pub(super) fn try_clone(request: &Request<Outgoing>) -> Option<Request<Outgoing>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}

impl RemainingFile {
    /// Reads the next piece of the file; `None` at its end.
    ///
    /// # Errors
    /// Returns an error if the file has fewer or more bytes than declared.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        let piece = ready!(self.stream.as_mut().poll_next(cx)).transpose()?;
        let length = piece.as_ref().map_or(0, |piece| u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.read = self.read.saturating_add(length);
        let read = self.read;
        Poll::Ready(match self.declared {
            Some(declared) if read > declared => Err(Error::internal(format!(
                "the file has more than the {declared} bytes that `Upload::sized` declared"
            ))),
            Some(declared) if read < declared && piece.is_none() => {
                Err(Error::internal(format!("the file ended after {read} bytes; `Upload::sized` declared {declared}")))
            }
            _ => Ok(piece),
        })
    }
}

impl From<Bytes> for Outgoing {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

impl Default for Outgoing {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Pieces(pieces) => {
                let Pieces { left, size } = &mut **pieces;
                let left = left.get_mut().unwrap_or_else(PoisonError::into_inner);
                loop {
                    let piece = match left.front_mut() {
                        None => return Poll::Ready(None),
                        Some(Remaining::Bytes(bytes)) => {
                            let bytes = std::mem::take(bytes);
                            left.pop_front();
                            bytes
                        }
                        Some(Remaining::File(file)) => {
                            let Some(bytes) = ready!(file.poll_piece(cx))? else {
                                left.pop_front();
                                continue;
                            };
                            bytes
                        }
                        Some(Remaining::Last(bytes)) => {
                            let bytes = std::mem::take(bytes);
                            left.pop_front();
                            *size = Some(0);
                            return Poll::Ready(Some(Ok(Frame::data(bytes))));
                        }
                    };
                    if piece.is_empty() {
                        continue;
                    }
                    let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                    match size {
                        Some(size) if length == *size => left.push_back(Remaining::Last(piece)),
                        Some(size) => {
                            *size = size.saturating_sub(length);
                            return Poll::Ready(Some(Ok(Frame::data(piece))));
                        }
                        None => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            // A stream with fewer bytes than declared must be polled again, so that it fails.
            Self::Pieces(pieces) if pieces.size.is_some_and(|size| size > 0) => false,
            Self::Pieces(pieces) => pieces.left.lock().unwrap_or_else(PoisonError::into_inner).is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Self::Pieces(pieces) => match pieces.size {
                // hyper does not read a body of length 0, so it would not notice bytes beyond the declared length.
                Some(0) if !self.is_end_stream() => SizeHint::default(),
                Some(size) => SizeHint::with_exact(size),
                None => SizeHint::default(),
            },
        }
    }
}
