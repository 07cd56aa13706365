//! The pages of a list, as a stream: each page is one call, made when the stream is polled for it.

use crate::error::{Error, ErrorKind, Result};
use crate::operation::{BoxFuture, NextPage, OwnedArgument};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The pages of a list: what the methods `…_pages` of a client return.
///
/// Each page is one call of the method, and is requested only when the stream is polled for it. After the stream is
/// dropped, nothing more is requested. An error ends the stream.
///
/// # Errors
/// Besides the errors of the method, an item is an error if the API names the next page in an unexpected form, if it names a page that
/// has been read already, or if there are more pages than `max_pages` of `#[page]` (1000 by default).
#[must_use = "pages are requested only when the stream is polled"]
pub struct Pages<R> {
    pages: BoxStream<'static, R>,
}

impl<R> Pages<R> {
    /// Returns the next page; `None` after the last.
    pub async fn next(&mut self) -> Option<R> {
        self.pages.next().await
    }
}

impl<R: Send + 'static> Pages<R> {
    /// Creates the pages that `reader` reads, starting with the page of these arguments.
    pub(super) fn new(reader: impl ReadPage<R>, given: Vec<OwnedArgument>) -> Self {
        let next = Ok(Some(NextPage::default()));
        let state = StreamState { reader, given, changed: BTreeMap::new(), read: HashSet::new(), next };
        Self { pages: stream::unfold(state, StreamState::page).fuse().boxed() }
    }
}

/// A reader of the pages of a list.
pub(super) trait ReadPage<R>: Send + Sync + 'static {
    /// Calls the operation with these arguments. Returns the page, and how the next one is requested.
    fn page<'a>(&'a self, given: &'a [OwnedArgument]) -> BoxFuture<'a, Result<(R, Result<Option<NextPage>>)>>;

    /// Converts an error to a result of the operation.
    fn failed(&self, error: Error) -> R;
}

impl<R> Stream for Pages<R> {
    type Item = R;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        self.pages.poll_next_unpin(cx)
    }
}

impl<R> fmt::Debug for Pages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The values of arguments, by index.
type Changed = BTreeMap<usize, Vec<String>>;

/// The position in a list.
struct StreamState<P> {
    reader: P,
    /// The arguments of the page that was requested most recently; at first, those of the first page.
    given: Vec<OwnedArgument>,
    /// The arguments that differ from those of the first page.
    changed: Changed,
    /// The pages that have been read.
    read: HashSet<Changed>,
    /// How the next page is requested; `None` after the last page.
    next: Result<Option<NextPage>>,
}

impl<P> StreamState<P> {
    /// Reads the next page.
    async fn page<R>(mut self) -> Option<(R, Self)>
    where
        P: ReadPage<R>,
    {
        let next = match std::mem::replace(&mut self.next, Ok(None)) {
            Ok(next) => next?,
            Err(error) => return Some((self.reader.failed(error), self)),
        };
        next.apply(&mut self.given);
        self.changed.extend(next.changes);
        match self.reader.page(&self.given).await {
            Ok((page, found)) => {
                self.read.insert(self.changed.clone());
                self.next = found.and_then(|found| found.map(|found| self.unread_page(found)).transpose());
                Some((page, self))
            }
            Err(error) => Some((self.reader.failed(error), self)),
        }
    }

    /// Checks that the next page has not been read already, and that there are not more pages than `max_pages`.
    fn unread_page(&self, next: NextPage) -> Result<NextPage> {
        let refused = |message: String| Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message);
        let mut changed = self.changed.clone();
        changed.extend(next.changes.iter().cloned());
        if self.read.contains(&changed) {
            let message = "the API returned a next page that has already been read, so paging would never end";
            return Err(refused(message.to_owned()).lasting());
        }
        if self.read.len() >= next.max_pages {
            let most = next.max_pages;
            return Err(
                refused(format!("the API has more than {most} pages, the limit of `page` (`max_pages`)")).too_large()
            );
        }
        Ok(next)
    }
}
