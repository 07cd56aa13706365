//! The results of steps, under their names.

use crate::consume::source::StepResults;
use naftiko_spec::jsonpath::{Path, Picked};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the steps so far gave.
pub(super) struct Results {
    /// Each answer with the operation's named outputs; the outputs alone, where the answer is not an object.
    named: Value,
    /// The answers that are not objects, as they are, of steps with named outputs.
    plain: Value,
    /// Whether looking for something would have taken too much.
    overrun: AtomicBool,
}

impl Results {
    pub(super) fn new() -> Self {
        Self { named: Value::Object(Map::new()), plain: Value::Object(Map::new()), overrun: AtomicBool::new(false) }
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

    fn pick(&self, path: &Path, value: &Value) -> Option<Value> {
        picked(path, value).unwrap_or_else(|()| {
            self.overrun.store(true, Ordering::Relaxed);
            None
        })
    }

    fn is_outputs(&self, value: &Value) -> bool {
        let (Value::Object(named), Value::Object(plain)) = (&self.named, &self.plain) else { return false };
        plain.keys().any(|step| named.get(step) == Some(value))
    }
}

impl StepResults for Results {
    /// What a path leads to. Where that are the named outputs of an answer that is not an object, it is the answer.
    fn find(&self, path: &Path) -> Option<Value> {
        let found = self.pick(path, &self.named);
        match found {
            Some(found) if !is_nothing(&found) && !self.is_outputs(&found) => Some(found),
            found => self.pick(path, &self.plain).filter(|found| !is_nothing(found)).or(found),
        }
    }

    fn overrun(&self) -> bool {
        self.overrun.load(Ordering::Relaxed)
    }
}

fn is_nothing(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// What a path leads to: the one value, or the list of all.
fn picked(path: &Path, value: &Value) -> Result<Option<Value>, ()> {
    Ok(match path.pick(value).map_err(|_| ())? {
        Picked::Nothing => None,
        Picked::One(value) => Some(value.clone()),
        Picked::Length(length) => Some(length.into()),
        Picked::Many(values) => Some(Value::Array(values.into_iter().cloned().collect())),
    })
}
