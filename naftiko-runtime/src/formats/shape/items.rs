//! Shapes a list item by item, from JSON text to JSON text: only one item at a time is in memory as a value.

use super::{Compiled, CompiledShaping, MappingScope};
use crate::error::Error;
use crate::formats::{Budget, InOrder};
use crate::limits::{CallBudget, memory};
use crate::numbers;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// The reason why a list could not be shaped item by item.
#[derive(Debug)]
pub(crate) enum Unshaped {
    NotJson(serde_json::Error),
    /// `coerce` rejects a part, or shaping takes too much time or memory.
    Mismatch(String),
    /// A number cannot be written exactly.
    Inexact(String),
    /// Other operations use the memory.
    Refused(Error),
}

/// A visitor that shapes the items of a list, and collects the results as JSON.
struct Items<'a> {
    shaping: &'a CompiledShaping,
    item: &'a Compiled,
    call_budget: &'a CallBudget,
    json: Vec<u8>,
    /// The error of the item that could not be shaped.
    fault: Option<Unshaped>,
}

impl CompiledShaping {
    /// Shapes the items of a list one by one; `None` if the output is not a list of items of the answer, or the answer
    /// is not a list.
    pub(crate) fn each(&self, json: &[u8], call_budget: &CallBudget) -> Option<Result<Vec<u8>, Unshaped>> {
        let Compiled::List { mapping, items: item, .. } = &self.output else { return None };
        let is_whole = mapping.as_ref().is_none_or(|mapping| mapping.path.is_whole());
        if !is_whole || json.trim_ascii_start().first() != Some(&b'[') {
            return None;
        }
        let mut items = Items { shaping: self, item, call_budget, json: Vec::new(), fault: None };
        let mut reader = serde_json::Deserializer::from_slice(json);
        let read = (&mut items).deserialize(&mut reader).and_then(|()| reader.end());
        Some(match (items.fault, read) {
            (Some(fault), _) => Err(fault),
            (None, Err(why)) => Err(Unshaped::NotJson(why)),
            (None, Ok(())) => Ok(items.json),
        })
    }
}

impl Items<'_> {
    /// Shapes one item, and appends it.
    fn push(&mut self, item: &RawValue) -> Result<(), Unshaped> {
        let text = item.get();
        memory::json_fits(text.as_bytes()).map_err(Unshaped::Mismatch)?;
        let before = self.json.capacity();
        numbers::remembering_those_of(text.as_bytes(), || {
            let item: Value = serde_json::from_str(text).map_err(Unshaped::NotJson)?;
            let scope = MappingScope { here: &item, root: &item, is_answer: false };
            let shaped = self.shaping.evaluate(self.item, scope, &mut Budget::default()).map_err(Unshaped::Mismatch)?;
            numbers::append(&mut self.json, &InOrder(self.item, &shaped))
                .map_err(|why| Unshaped::Inexact(why.to_string()))?;
            // The numbers of this item are remembered only here, so its texts are checked for rounded digits here.
            numbers::check_rounded().map_err(|why| Unshaped::Inexact(why.to_owned()))
        })?;
        if self.json.len() > memory::MAX_VALUE_BYTES {
            return Err(Unshaped::Mismatch(memory::too_much()));
        }
        self.call_budget.reserve(self.json.capacity() - before).map_err(Unshaped::Refused)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.json.push(b'[');
        while let Some(item) = list.next_element::<&RawValue>()? {
            if self.json.len() > 1 {
                self.json.push(b',');
            }
            if let Err(fault) = self.push(item) {
                self.fault = Some(fault);
                return Err(A::Error::custom("an item cannot be shaped"));
            }
        }
        self.json.push(b']');
        Ok(())
    }
}
