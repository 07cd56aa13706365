//! Estimates the cost of evaluating a path, so that expensive paths are refused.

use serde_json::Value;

/// The maximum number of visited values.
const MAX_VISITED: usize = 1 << 24;

/// The factors that determine how the cost of a path grows with the size of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// How many times one value can be found, because selectors in one bracket may overlap.
    pub(super) overlap: usize,
    /// The number of descents into all descendants of a value (`..`).
    pub(super) descents: u32,
    /// The number of absolute paths (`$`) in filters that may search the whole value again for each element.
    pub(super) rescans: u32,
}

impl Cost {
    /// Returns whether the path can be evaluated on a value within the limit.
    pub(super) fn affordable(self, value: &Value) -> bool {
        // Each value is visited at most once.
        if self.overlap <= 1 && self.descents <= 1 && self.rescans == 0 {
            return true;
        }
        let mut size = Size::default();
        size.add(value, 1);
        let descents = size.depth.saturating_pow(self.descents.saturating_sub(1));
        let rescans = size.values.saturating_pow(self.rescans);
        size.values.saturating_mul(self.overlap).saturating_mul(descents).saturating_mul(rescans) <= MAX_VISITED
    }
}

/// The number of values in a value, itself included, and their greatest depth.
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
