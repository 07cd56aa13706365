//! How much memory a value may take: a few bytes can ask for a lot of it, in rows under long headers above all.

use crate::limits::memory::{MOST, OBJECT, VALUE};
use serde_json::{Map, Value};

/// How deep values may nest, as deep as JSON is read.
pub(crate) const DEEPEST: usize = 127;

/// What is left of the memory that a value may take.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST }
    }
}

impl Budget {
    /// Takes what a value with so many bytes of text needs.
    ///
    /// # Errors
    /// If there is no more.
    pub(crate) fn take(&mut self, text: usize) -> Result<(), String> {
        match text.checked_add(VALUE).and_then(|need| self.left.checked_sub(need)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(crate::limits::memory::too_much()),
        }
    }

    /// Takes what an object needs beside its members.
    ///
    /// # Errors
    /// If there is no more.
    pub(crate) fn object(&mut self) -> Result<(), String> {
        self.take(OBJECT)
    }

    /// A copy of a value, if there is memory for it.
    ///
    /// # Errors
    /// If there is none.
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
