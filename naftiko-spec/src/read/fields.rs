//! The members of an object that have been read.

use super::places::extend;
use super::reader::Reader;
use super::tree::{Member, Node, Position};
use crate::diagnostic::{RepairKind, plain};
use std::cell::RefCell;
use std::rc::Rc;

/// An object's members under their names in the specification. The members that are left when it is dropped are unused: the reader
/// reports them.
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

/// A key that its object does not use.
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
        let left = self.members.drain(..).map(|(_, Member { key, place, .. })| UnusedKey { what, part, key, place });
        self.unused.borrow_mut().extend(left);
    }
}

impl Reader {
    /// Returns an empty set of members of the current part, an object at `place` that messages call `what`.
    pub(super) fn fields(&self, place: Position, what: &'static str) -> Fields {
        Fields { place, what, part: self.here(), members: Vec::new(), unused: self.unused.clone() }
    }

    /// Reports the keys that their objects do not use. Call it when the whole document is read.
    pub(super) fn report_unused(&mut self) {
        for UnusedKey { what, part, key, place } in self.unused.take() {
            let message = format!("`{}` has no effect in {what}; ignored", plain(&key));
            let key = key.into();
            let (mut at, mut written) = (self.places.pointer(part), self.written_pointer(part));
            extend(&mut at, &key);
            extend(&mut written, &key);
            self.push_repair(RepairKind::UnknownKey, place, message, at, written);
        }
    }
}
