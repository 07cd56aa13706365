//! Finds the parts of a schema that apply to a value.

use serde_json::{Map, Value};
use std::ptr;

/// The schema that references (`$ref`) start from.
#[derive(Clone, Copy)]
pub(super) struct Root<'a>(pub(super) &'a Value);

impl<'a> Root<'a> {
    /// Returns all schemas that apply to the value, each once: the given ones, their references, all of `allOf`, and
    /// the matching branches of unions.
    pub(super) fn layers(self, schemas: &[&'a Value], value: &Value) -> Vec<&'a Map<String, Value>> {
        let mut layers = Vec::new();
        for schema in schemas {
            self.add(schema, value, &mut layers);
        }
        layers
    }

    fn add(self, schema: &'a Value, value: &Value, layers: &mut Vec<&'a Map<String, Value>>) {
        let Some(object) = schema.as_object() else { return };
        if layers.iter().any(|known| ptr::eq(*known, object)) {
            return;
        }
        layers.push(object);
        if let Some(target) = self.target(object) {
            self.add(target, value, layers);
        }
        for branch in list(object, "allOf").chain(unions(object).flatten().filter(|branch| fits(branch, value))) {
            self.add(branch, value, layers);
        }
    }

    /// Returns the schema that a reference points to.
    pub(super) fn target(self, schema: &Map<String, Value>) -> Option<&'a Value> {
        self.0.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
    }
}

/// Returns the elements of a keyword's list.
pub(super) fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

/// Returns the unions of a schema, each as its branches.
pub(super) fn unions(schema: &Map<String, Value>) -> impl Iterator<Item = &Vec<Value>> {
    ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array())
}

/// Returns the schema of a member. schemars describes a map with numbers as keys by one pattern, and forbids other members.
pub(super) fn member_of<'a>(schema: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let own = schema.get("properties").and_then(|members| members.get(name));
    let of_pattern = || {
        let patterns = schema.get("patternProperties").and_then(Value::as_object).filter(|all| all.len() == 1)?;
        patterns.values().next().filter(|_| schema.get("additionalProperties") == Some(&Value::Bool(false)))
    };
    own.or_else(of_pattern).or_else(|| schema.get("additionalProperties"))
}

/// Returns the schema of an element.
pub(super) fn item_of(schema: &Map<String, Value>, index: usize) -> Option<&Value> {
    schema.get("prefixItems").and_then(|items| items.get(index)).or_else(|| schema.get("items"))
}

/// Returns whether a branch of a union may apply. An object must have the members that the branch requires, and its members must not
/// differ from the constants of the branch. Any other value fits only a branch without required members. Types are not checked.
pub(super) fn fits(branch: &Value, value: &Value) -> bool {
    let Some(branch) = branch.as_object() else { return false };
    let Some(members) = value.as_object() else { return !branch.contains_key("required") };
    list(branch, "required").filter_map(Value::as_str).all(|name| members.contains_key(name))
        && constants(branch)
            .filter_map(|(name, constant)| Some((members.get(name)?, constant)))
            .all(|(given, constant)| given == constant)
}

/// Returns the members with a constant value, such as the tags of a union.
pub(super) fn constants(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let members = schema.get("properties").and_then(Value::as_object);
    members.into_iter().flatten().filter_map(|(name, member)| Some((name, member.get("const")?)))
}
