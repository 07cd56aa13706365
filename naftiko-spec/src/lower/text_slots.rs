//! Finds out which values of calls are sent as text, for the reader of documents.

use super::call::RequestDraft;
use super::index::{Evidence, Index};
use crate::model::Document;

/// The operations of a document, and where their requests have text.
pub(crate) struct TextSlots<'d>(Index<'d>);

impl<'d> TextSlots<'d> {
    pub(crate) fn new(document: &'d Document) -> Self {
        Self(Index::new(document))
    }

    /// Returns the slots of the operation that a route, a tool or a step calls, directly or through the function of its `ref`.
    pub(crate) fn of(&self, call: Option<&str>, reference: Option<&str>) -> Option<CallSlots<'d>> {
        let function = || self.0.function(reference?)?.function.call.as_deref();
        let target = self.0.operation(call.or_else(function)?, &Evidence::default())?;
        Some(CallSlots(RequestDraft::unplaced(target)))
    }
}

/// The slots of an operation's request.
pub(crate) struct CallSlots<'d>(RequestDraft<'d>);

impl CallSlots<'_> {
    /// Returns whether the value for a key of `with` is sent as text: in the path, the query, a header, a cookie or a form.
    pub(crate) fn is_text(&self, key: &str) -> bool {
        self.0.sends_text(key)
    }
}
