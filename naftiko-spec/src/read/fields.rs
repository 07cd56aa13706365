//! The members of an object that have been read.

use super::tree::{Member, Node, Position};

/// An object's members under their names in the specification.
pub(super) struct Fields {
    /// The start of the object.
    pub(super) place: Position,
    members: Vec<(&'static str, Member)>,
}

impl Fields {
    /// Creates an empty set of members.
    pub(super) fn new(place: Position) -> Self {
        Self::with_capacity(place, 0)
    }

    /// Creates an empty set of members with room for as many as the object has.
    pub(super) fn with_capacity(place: Position, members: usize) -> Self {
        Self { place, members: Vec::with_capacity(members) }
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
