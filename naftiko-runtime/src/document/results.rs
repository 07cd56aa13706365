//! The results of steps, by step name.

use crate::consume::source::StepResults;
use naftiko_spec::jsonpath::{Path, Picked};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// The results of the steps so far.
pub(super) struct Results {
    /// The answer of each step, with the named outputs of the called operation as additional members. If an answer is not an object,
    /// the named outputs replace it; an answer without named outputs stays as it is.
    named: Value,
    /// The original answers that are not objects, for steps with named outputs.
    plain: Value,
    /// The steps whose answers were decoded from XML.
    in_xml: HashSet<String>,
    /// Whether a search exceeded its limit.
    is_exceeded: AtomicBool,
}

impl Results {
    pub(super) fn new() -> Self {
        let (named, plain) = (Value::Object(Map::new()), Value::Object(Map::new()));
        Self { named, plain, in_xml: HashSet::new(), is_exceeded: AtomicBool::new(false) }
    }

    /// Adds the result of a step.
    pub(super) fn add(&mut self, step: &str, answer: Value, outputs: Map<String, Value>) {
        let (Value::Object(all), Value::Object(plain)) = (&mut self.named, &mut self.plain) else { return };
        match answer {
            Value::Object(mut members) => {
                members.extend(outputs);
                all.insert(step.to_owned(), Value::Object(members));
            }
            answer if outputs.is_empty() => {
                all.insert(step.to_owned(), answer);
            }
            answer => {
                plain.insert(step.to_owned(), answer);
                all.insert(step.to_owned(), Value::Object(outputs));
            }
        }
    }

    /// Marks the answer of a step as decoded from XML.
    pub(super) fn mark_xml(&mut self, step: &str) {
        self.in_xml.insert(step.to_owned());
    }

    /// Returns whether a search exceeded its limit.
    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded.load(Ordering::Relaxed)
    }

    /// Returns what a path selects in `value`. If the search exceeds its limit, notes that, and returns `None`.
    fn pick(&self, path: &Path, value: &Value) -> Option<Value> {
        let in_xml = path.first_name().is_some_and(|step| self.in_xml.contains(step));
        picked(path, value, in_xml).unwrap_or_else(|()| {
            self.is_exceeded.store(true, Ordering::Relaxed);
            None
        })
    }

    /// Returns whether a value is the named outputs that have replaced the answer of a step.
    fn is_outputs(&self, value: &Value) -> bool {
        let (Value::Object(named), Value::Object(plain)) = (&self.named, &self.plain) else { return false };
        plain.keys().any(|step| named.get(step) == Some(value))
    }
}

impl StepResults for Results {
    /// Returns what a path selects. If the path selects nothing, or selects the named outputs that have replaced an answer, the
    /// original answers are searched too.
    fn find(&self, path: &Path) -> Option<Value> {
        let found = self.pick(path, &self.named);
        match found {
            Some(found) if !is_empty_list(&found) && !self.is_outputs(&found) => Some(found),
            found => self.pick(path, &self.plain).filter(|found| !is_empty_list(found)).or(found),
        }
    }
}

/// Returns whether a path selected nothing, although it could have selected several values.
fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// Returns what a path selects: one value, a list of several values, or the number of values (`.length`); `None` if the path selects
/// nothing. Returns `Err` if the search exceeded its limit.
fn picked(path: &Path, value: &Value, in_xml: bool) -> Result<Option<Value>, ()> {
    let picked = if in_xml { path.pick_in_xml(value) } else { path.pick(value) };
    Ok(match picked.map_err(|_| ())? {
        Picked::Nothing => None,
        Picked::One(value) => Some(value.clone()),
        Picked::Length(length) => Some(length.into()),
        Picked::Many(values) => Some(Value::Array(values.into_iter().cloned().collect())),
    })
}
