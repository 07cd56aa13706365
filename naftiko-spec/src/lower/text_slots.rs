//! Finds out which values of calls are sent as text, for the reader of documents.

use super::call::RequestDraft;
use super::index::{Evidence, Index, too_many};
use crate::model::{ConsumedOperation, Document};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The operations of a document, and where their requests have text.
pub(crate) struct TextSlots<'d> {
    index: Index<'d>,
    /// The slots of each operation, by its address in memory.
    known: RefCell<HashMap<*const ConsumedOperation, Rc<CallSlots<'d>>>>,
}

impl<'d> TextSlots<'d> {
    pub(crate) fn new(document: &'d Document) -> Self {
        Self { index: Index::new(document), known: RefCell::default() }
    }

    /// Returns the slots of the operation that a route, a tool or a step calls, directly or through the function of its `ref`. `keys`
    /// is the number of keys in its `with`.
    ///
    /// # Errors
    /// Returns the message and the help if all calls together exceed the limit of a document.
    pub(crate) fn of(
        &self,
        call: Option<&str>,
        reference: Option<&str>,
        keys: usize,
    ) -> Result<Option<Rc<CallSlots<'d>>>, (String, &'static str)> {
        let function = || self.index.function(reference?)?.function.call.as_deref();
        let target = || self.index.operation(call.or_else(function)?, &Evidence::default());
        let Some(target) = target() else { return Ok(None) };
        if !self.index.has_room_for(|| target.sent_values(keys)) {
            return Err(too_many());
        }
        let mut known = self.known.borrow_mut();
        let slots = known.entry(target.operation).or_insert_with(|| Rc::new(CallSlots(RequestDraft::unplaced(target))));
        Ok(Some(Rc::clone(slots)))
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
