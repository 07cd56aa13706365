//! The outcome of an operation: its content, and what adapters pass on with it.

use super::download::Download;
use super::next_page::NextPage;
use super::raw::RawJson;
use super::stream::Items;
use crate::error::{Error, Result};
use crate::numbers;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The outcome of an operation.
#[derive(Debug)]
pub struct Output {
    /// The result.
    pub content: Content,
    /// The status of an `http::Response` that a method returned, or of the upstream's answer if the operation itself made a call.
    pub status: Option<StatusCode>,
    /// The headers that are passed on to the caller. Boxed, since most outcomes have none, and an outcome is passed on by many
    /// functions.
    pub headers: Option<Box<HeaderMap>>,
    /// The headers of an `http::Response` or of a relayed file; only declared ones are passed on. Boxed, since most outcomes have none.
    pub unfiltered: Option<Box<HeaderMap>>,
    /// The next page, if the result is a page of a list; an error if the API does not give it in the expected form.
    pub next: Result<Option<NextPage>>,
    /// How long the upstream's answer is fresh; zero if the answer does not specify it.
    pub fresh: Duration,
}

/// The result of an operation.
#[derive(Debug)]
pub enum Content {
    /// No content: `()`.
    Empty,
    /// JSON text.
    Json(Bytes),
    /// The upstream's JSON, unparsed.
    Raw(RawJson),
    /// A file. Boxed, since it is larger than any other content.
    Download(Box<Download>),
    /// A stream of items.
    Items(Items),
}

impl Output {
    /// Returns headers for [`headers`](Self::headers); `None` if the map is empty.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client passes on headers"))]
    pub(crate) fn boxed(headers: HeaderMap) -> Option<Box<HeaderMap>> {
        (!headers.is_empty()).then(|| Box::new(headers))
    }

    /// Returns the headers that are passed on to the caller, to add more headers. Creates the map if there is none.
    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers.get_or_insert_default()
    }

    /// Returns a header that is passed on to the caller.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST asks"))]
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.headers.as_ref()?.get(name)
    }
}

impl From<Content> for Output {
    fn from(content: Content) -> Self {
        Self { content, status: None, headers: None, unfiltered: None, next: Ok(None), fresh: Duration::ZERO }
    }
}

impl Content {
    /// Returns whether the content is empty or the JSON value null.
    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Json(json) => json.as_ref() == b"null",
            Self::Raw(_) | Self::Download(_) | Self::Items(_) => false,
        }
    }
}

impl RawJson {
    /// Converts the JSON to the content of an output.
    pub(crate) fn into_content(mut self) -> Content {
        match self.take_file() {
            Some(file) => Content::Download(Box::new(Download::of_parts(file, self))),
            None if self.is_nothing() => Content::Empty,
            None => Content::Raw(self),
        }
    }
}

/// Used by clients of a document, whose operations return content.
impl From<Content> for RawJson {
    fn from(content: Content) -> Self {
        match content {
            Content::Empty => Bytes::new().into(),
            Content::Json(json) => json.into(),
            Content::Raw(raw) => raw,
            Content::Download(download) => download.into(),
            Content::Items(items) => items.into(),
        }
    }
}

/// The expected length of the JSON of one type, from earlier values.
#[doc(hidden)]
pub struct LengthHint(AtomicUsize);

impl LengthHint {
    /// The maximum size of a buffer that is allocated in advance, in bytes.
    const MAX_RESERVED: usize = 1024 * 1024;

    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(128))
    }

    /// Encodes a value as JSON content.
    pub(super) fn content<T: Serialize>(&self, value: &T) -> Result<Content> {
        Ok(Content::Json(self.encode(value)?.into()))
    }

    /// Encodes a value in a buffer that does not have to grow if the value is not longer than expected.
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>> {
        let expected = self.0.load(Ordering::Relaxed);
        let mut json = Vec::with_capacity(expected);
        numbers::append(&mut json, value).map_err(Error::internal)?;
        let length = json.len().min(Self::MAX_RESERVED);
        if length > expected || length < expected / 2 {
            self.0.store(length, Ordering::Relaxed);
        }
        Ok(json)
    }
}
