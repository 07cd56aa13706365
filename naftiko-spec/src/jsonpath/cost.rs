//! What it can cost to follow a path, so that none is followed that would not come to an end.

use serde_json::Value;

/// How many values may be looked at.
const MOST: usize = 1 << 24;

/// How the cost of a path grows with the value that it is followed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// How many times one value can be found, as selectors in one bracket may overlap.
    pub(super) overlap: usize,
    /// How many times it goes down to all that a value holds (`..`).
    pub(super) descents: u32,
    /// How many times it looks into all of the value again for one value of it.
    pub(super) again: u32,
}

impl Cost {
    /// Returns whether it can be followed in that value.
    pub(super) fn affordable(self, value: &Value) -> bool {
        // Each value is looked at once, and memory for it is there already.
        if self.overlap <= 1 && self.descents <= 1 && self.again == 0 {
            return true;
        }
        let mut size = Size::default();
        size.add(value, 1);
        let descents = size.depth.saturating_pow(self.descents.saturating_sub(1));
        let again = size.values.saturating_pow(self.again);
        size.values.saturating_mul(self.overlap).saturating_mul(descents).saturating_mul(again) <= MOST
    }
}

#[derive(Default)]
struct Size {
    values: usize,
    depth: usize,
}

impl Size {
    fn add(&mut self, value: &Value, depth: usize) {
        self.values += 1;
        self.depth = self.depth.max(depth);
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add(item, depth + 1)),
            Value::Object(members) => members.values().for_each(|member| self.add(member, depth + 1)),
            _ => {}
        }
    }
}
