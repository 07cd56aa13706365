//! The locations of a document's parts in its text.

use super::tree::{Position, location};
use crate::diagnostic::Location;
use crate::pointer::{escape, unescape};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::OnceLock;

/// The line and column of every part of a document, by JSON Pointer (RFC 6901).
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    parts: Vec<IndexedPart>,
    /// The parts, ordered by parent and name; sorted at the first search.
    order: OnceLock<Vec<u32>>,
}

#[derive(Debug, Clone)]
struct IndexedPart {
    /// The index of the parent; `u32::MAX` for the document and for a removed part.
    parent: u32,
    name: PartName,
    place: Position,
}

/// The name of a part within its parent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PartName {
    /// An element of a list.
    Index(u32),
    /// A member of an object.
    Key(Cow<'static, str>),
}

impl From<usize> for PartName {
    fn from(index: usize) -> Self {
        Self::Index(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

impl From<&'static str> for PartName {
    fn from(key: &'static str) -> Self {
        Self::Key(Cow::Borrowed(key))
    }
}

impl From<String> for PartName {
    fn from(key: String) -> Self {
        Self::Key(Cow::Owned(key))
    }
}

impl SourceMap {
    /// Returns the line and column, counted from 1, of the part at a JSON Pointer, or of its nearest ancestor in the text.
    #[must_use]
    pub fn of(&self, pointer: &str) -> Option<Location> {
        location(self.parts.get(self.nearest(pointer) as usize)?.place)
    }

    /// Returns the part at a JSON Pointer, or its nearest ancestor.
    pub(super) fn nearest(&self, pointer: &str) -> u32 {
        let mut at = 0;
        for token in pointer.split('/').skip(1) {
            let Some(next) = self.child(at, token) else { break };
            at = next;
        }
        at
    }

    fn child(&self, parent: u32, token: &str) -> Option<u32> {
        let name = unescape(token);
        self.find(parent, |known| match known {
            PartName::Key(key) => key.as_ref().cmp(&name),
            PartName::Index(_) => Ordering::Less,
        })
        .or_else(|| {
            let index: u32 = token.parse().ok()?;
            self.find(parent, |known| match known {
                PartName::Index(known) => known.cmp(&index),
                PartName::Key(_) => Ordering::Greater,
            })
        })
    }

    fn find(&self, parent: u32, compare: impl Fn(&PartName) -> Ordering) -> Option<u32> {
        let by = |at: &u32| match self.parts.get(*at as usize) {
            Some(part) => part.parent.cmp(&parent).then_with(|| compare(&part.name)),
            None => Ordering::Greater,
        };
        let order = self.order.get_or_init(|| self.ordered());
        order.binary_search_by(by).ok().and_then(|found| order.get(found).copied())
    }

    pub(super) fn place(&self, at: u32) -> Option<Position> {
        self.parts.get(at as usize).map(|part| part.place)
    }

    /// Adds a part. The first part is the document.
    pub(super) fn add(&mut self, parent: u32, name: PartName, place: Position) -> u32 {
        let at = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        // The document has no parent.
        let parent = if at == 0 { u32::MAX } else { parent };
        self.parts.push(IndexedPart { parent, name, place });
        at
    }

    /// Returns the parent of a part and the part's name in it; `None` for the document and for a removed part.
    pub(super) fn name(&self, at: u32) -> Option<(u32, &PartName)> {
        self.parts.get(at as usize).filter(|part| part.parent != u32::MAX).map(|part| (part.parent, &part.name))
    }

    /// Returns the JSON Pointer of a part.
    pub(super) fn pointer(&self, at: u32) -> String {
        let mut names = Vec::new();
        let mut part = at;
        while let Some((parent, name)) = self.name(part) {
            names.push(name);
            part = parent;
        }
        let mut pointer = String::new();
        for name in names.into_iter().rev() {
            extend(&mut pointer, name);
        }
        pointer
    }

    /// Removes a part from the index, because its entry is left out of the document.
    pub(super) fn forget(&mut self, at: u32) {
        if let Some(part) = self.parts.get_mut(at as usize) {
            part.parent = u32::MAX;
        }
    }

    /// Makes the next search sort the parts again. Call it after parts are added.
    pub(super) fn reset_order(&mut self) {
        self.order = OnceLock::new();
    }

    fn ordered(&self) -> Vec<u32> {
        let parts = &self.parts;
        let key = |at: u32| parts.get(at as usize).map(|part| (part.parent, &part.name));
        let mut order: Vec<u32> = (0..u32::try_from(parts.len()).unwrap_or(u32::MAX)).collect();
        order.sort_by(|a, b| key(*a).cmp(&key(*b)));
        order
    }
}

/// Appends a name to a JSON Pointer.
pub(super) fn extend(pointer: &mut String, name: &PartName) {
    pointer.push('/');
    match name {
        PartName::Index(index) => pointer.push_str(&index.to_string()),
        PartName::Key(key) => pointer.push_str(&escape(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_part_has_the_location_of_its_nearest_ancestor() {
        let at = |line, column| Position { line, column };
        let mut places = SourceMap::default();
        let root = places.add(0, "".into(), at(1, 1));
        let list = places.add(root, "a/b".into(), at(2, 1));
        let second = places.add(list, 1.into(), at(3, 5));
        let odd = places.add(second, "0".to_owned().into(), at(4, 7));
        places.reset_order();
        assert_eq!(places.pointer(odd), "/a~1b/1/0");
        assert_eq!(places.of("/a~1b/1/0"), location(at(4, 7)));
        assert_eq!(places.of("/a~1b/1/name/x"), location(at(3, 5)));
        assert_eq!(places.of("/a~1b/7"), location(at(2, 1)));
        assert_eq!(places.of(""), location(at(1, 1)));
        assert_eq!(places.of("/b"), location(at(1, 1)));
        assert_eq!(SourceMap::default().of("/b"), None);
    }
}
