//! The members of an object that is being read.

use super::tree::{Member, Node, Position};
use std::cell::RefCell;
use std::rc::Rc;

/// An object's members under their names in the specification. The members that have not been taken when it is dropped become unused
/// keys, which the reader reports.
pub(super) struct Fields {
    /// The start of the object.
    pub(super) place: Position,
    /// The name of the object in messages: `a tool`.
    pub(super) what: &'static str,
    /// The part of the document that the object is.
    part: u32,
    members: Vec<(&'static str, Member)>,
    unused: Rc<RefCell<Vec<UnusedKey>>>,
}

/// A key that has no effect in its object.
pub(super) struct UnusedKey {
    /// The name of the object in messages.
    pub(super) what: &'static str,
    /// The part of the document that the object is.
    pub(super) part: u32,
    /// The key as written.
    pub(super) key: String,
    pub(super) place: Position,
}

impl Fields {
    /// Creates an empty set of members.
    pub(super) fn new(place: Position, what: &'static str, part: u32, unused: Rc<RefCell<Vec<UnusedKey>>>) -> Self {
        Self { place, what, part, members: Vec::new(), unused }
    }

    /// Removes and returns a member.
    pub(super) fn take(&mut self, key: &str) -> Option<Member> {
        let at = self.members.iter().position(|(known, _)| *known == key)?;
        Some(self.members.swap_remove(at).1)
    }

    /// Inserts a member under the given name.
    pub(super) fn put(&mut self, key: &'static str, member: Member) {
        self.members.push((key, member));
    }

    /// Returns the value of a member that has not been taken.
    pub(super) fn peek(&self, key: &str) -> Option<&Node> {
        self.members.iter().find(|(known, _)| *known == key).map(|(_, member)| &member.node)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.peek(key).is_some_and(|node| !node.is_null())
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        let (what, part) = (self.what, self.part);
        let rest = self.members.drain(..).map(|(_, Member { key, place, .. })| UnusedKey { what, part, key, place });
        self.unused.borrow_mut().extend(rest);
    }
}
