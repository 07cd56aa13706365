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

/// An upstream's answer, parsed as far as possible without the return type.
#[derive(Debug)]
pub enum Answered<'a> {
    /// JSON to decode; an empty body reads as `null`.
    Json(&'a [u8]),
    /// JSON that stays unparsed, for [`RawJson`].
    Raw(RawJson),
    /// A file, for [`Download`].
    File(Box<Download>),
    /// The items of a stream, for [`Stream`](crate::Stream).
    Items(Items),
}
