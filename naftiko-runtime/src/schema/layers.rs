//! Which parts of a schema describe a value: the way along a schema that looking for nulls and for mistakes share.

use serde_json::{Map, Value};
use std::ptr;

/// A schema, and what its references refer to.
#[derive(Clone, Copy)]
pub(super) struct Root<'a>(pub(super) &'a Value);

impl<'a> Root<'a> {
    /// The schemas that describe the value, each once: these, what they refer to, all of `allOf`, the branches of unions
    /// that fit.
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

    /// What a schema refers to.
    pub(super) fn target(self, schema: &Map<String, Value>) -> Option<&'a Value> {
        self.0.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
    }
}

/// The elements of a keyword's list.
pub(super) fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

/// The unions of a schema, each as its branches.
pub(super) fn unions(schema: &Map<String, Value>) -> impl Iterator<Item = &Vec<Value>> {
    ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array())
}

/// The schema of a member.
pub(super) fn member_of<'a>(schema: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    schema.get("properties").and_then(|members| members.get(name)).or_else(|| schema.get("additionalProperties"))
}

/// The schema of an element.
pub(super) fn item_of(schema: &Map<String, Value>, index: usize) -> Option<&Value> {
    schema.get("prefixItems").and_then(|items| items.get(index)).or_else(|| schema.get("items"))
}

/// Whether a branch of a union may be meant: it is of the value's kind, what it requires is there, its constants are equal.
pub(super) fn fits(branch: &Value, value: &Value) -> bool {
    let Some(branch) = branch.as_object() else { return false };
    let Some(members) = value.as_object() else { return !branch.contains_key("required") };
    list(branch, "required").filter_map(Value::as_str).all(|name| members.contains_key(name))
        && constants(branch)
            .filter_map(|(name, constant)| Some((members.get(name)?, constant)))
            .all(|(given, constant)| given == constant)
}

/// The members that a schema gives one value: tags.
pub(super) fn constants(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let members = schema.get("properties").and_then(Value::as_object);
    members.into_iter().flatten().filter_map(|(name, member)| Some((name, member.get("const")?)))
}
