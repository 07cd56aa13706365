//! Reports the keys that have no effect, because the reader has not taken them from their objects.

use super::fields::{Fields, UnusedKey};
use super::places::extend;
use super::reader::Reader;
use super::tree::Position;
use crate::diagnostic::{RepairKind, plain};

impl Reader {
    /// Returns an empty set of members of the current part, an object at `place` that messages call `what`.
    pub(super) fn fields(&self, place: Position, what: &'static str) -> Fields {
        Fields::new(place, what, self.here(), self.unused.clone())
    }

    /// Reports the keys that have no effect. Call it when the whole document is read.
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
