//! Limits the memory of a decoded value: a small input can need a lot of memory, especially many rows with long
//! headers.

use crate::limits::memory::{MAX_VALUE_BYTES, OBJECT, VALUE};
use serde_json::{Map, Value};

/// The maximum nesting depth of values, the same as for JSON.
pub(crate) const MAX_DEPTH: usize = 127;

/// The remaining memory for a value, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MAX_VALUE_BYTES }
    }
}

impl Budget {
    /// Reserves the memory for a value with `text` bytes of text.
    ///
    /// # Errors
    /// Returns an error if the limit is exceeded.
    pub(crate) fn take(&mut self, text: usize) -> Result<(), String> {
        match text.checked_add(VALUE).and_then(|need| self.left.checked_sub(need)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(crate::limits::memory::too_much()),
        }
    }

    /// Returns how many bytes have been reserved.
    pub(crate) fn used(&self) -> usize {
        MAX_VALUE_BYTES - self.left
    }

    /// Reserves the memory for an object, without its members.
    ///
    /// # Errors
    /// Returns an error if the limit is exceeded.
    pub(crate) fn object(&mut self) -> Result<(), String> {
        self.take(OBJECT)
    }

    /// Copies a value, and reserves its memory.
    ///
    /// # Errors
    /// Returns an error if the limit is exceeded.
    pub(crate) fn copy(&mut self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::Array(items) => {
                self.take(0)?;
                Value::Array(items.iter().map(|item| self.copy(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                self.object()?;
                let copy = |(name, member): (&String, &Value)| {
                    self.take(name.len())?;
                    Ok((name.clone(), self.copy(member)?))
                };
                Value::Object(members.iter().map(copy).collect::<Result<Map<_, _>, String>>()?)
            }
            Value::String(text) => {
                self.take(text.len())?;
                Value::String(text.clone())
            }
            scalar => {
                self.take(0)?;
                scalar.clone()
            }
        })
    }
}
