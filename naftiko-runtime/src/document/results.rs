//! The results of steps, under their names.

use super::jsonpath::Path;
use serde_json::{Map, Value};

/// What the steps so far gave.
pub(super) struct Results {
    /// Each answer with the operation's named outputs; the outputs alone, where the answer is no object.
    named: Value,
    /// The answers that are no objects, as they are, of steps with named outputs.
    plain: Value,
}

impl Results {
    pub(super) fn new() -> Self {
        Self { named: Value::Object(Map::new()), plain: Value::Object(Map::new()) }
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

    /// What a path leads to. Where that are the named outputs of an answer that is no object, it is the answer.
    pub(super) fn find(&self, path: &Path) -> Option<Value> {
        match path.find(&self.named) {
            Some(found) if !self.is_outputs(&found) => Some(found),
            found => path.find(&self.plain).or(found),
        }
    }

    fn is_outputs(&self, value: &Value) -> bool {
        let (Value::Object(named), Value::Object(plain)) = (&self.named, &self.plain) else { return false };
        plain.keys().any(|step| named.get(step) == Some(value))
    }
}
