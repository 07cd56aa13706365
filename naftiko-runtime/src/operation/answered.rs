//! An upstream's answer before a return type decodes it.

use super::download::Download;
use super::raw::RawJson;
use super::stream::Items;
use http::{HeaderMap, StatusCode};

/// The status and the headers of an upstream's answer.
#[derive(Debug, Default, Clone)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers, with secrets masked.
    pub headers: HeaderMap,
}

/// The body of an upstream's answer, as a return type receives it.
#[derive(Debug)]
pub enum Answered<'a> {
    /// The bytes of JSON, which the return type decodes; an empty body reads as `null`.
    Json(&'a [u8]),
    /// JSON that is not decoded, for [`RawJson`].
    Raw(RawJson),
    /// A file, for [`Download`].
    File(Box<Download>),
    /// The items of a stream, for [`Stream`](crate::Stream).
    Items(Items),
}
