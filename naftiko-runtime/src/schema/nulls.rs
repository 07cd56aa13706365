//! Removes nulls that mean absence: null for an optional member whose schema does not allow null is the same as leaving it out.

use super::layers::{Root, item_of, list, member_of, unions};
use super::{InputSchema, OwnedArgument};
use serde_json::{Map, Value};

/// Removes the nulls that mean absence from JSON; `None` if there are none.
pub(crate) fn without_absent(input: &InputSchema, given: &OwnedArgument) -> Option<OwnedArgument> {
    match given {
        OwnedArgument::Value(value) => pruned(&input.schema, value),
        OwnedArgument::Json(json) => pruned(&input.schema, &serde_json::from_slice(json).ok()?),
        _ => None,
    }
    .map(OwnedArgument::Value)
}

/// Returns whether a schema explicitly allows null.
pub(crate) fn declares_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let branches = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    schema.get("type").and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(is_null))
        || branches.filter_map(|branch| branch.get("type")).any(is_null)
}

/// Returns the value without the nulls that mean absence; `None` if there are none.
pub(super) fn pruned(schema: &Value, value: &Value) -> Option<Value> {
    if !holds_null(value) {
        return None;
    }
    let pruner = NullPruner { root: Root(schema) };
    if !pruner.finds(&[schema], value) {
        return None;
    }
    let mut value = value.clone();
    pruner.prune(&[schema], &mut value);
    Some(value)
}

/// Returns whether a value contains null; most don't, and need no further work.
fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        _ => false,
    }
}

/// A walk over a value and its schemas.
struct NullPruner<'a> {
    root: Root<'a>,
}

impl<'a> NullPruner<'a> {
    /// Returns whether there is a null to remove.
    fn finds(&self, schemas: &[&'a Value], value: &Value) -> bool {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let layers = self.root.layers(schemas, value);
                members.iter().any(|(name, member)| {
                    if member.is_null() {
                        return layers.iter().any(|layer| self.means_absence(layer, name));
                    }
                    self.finds(&schemas_of_part(&layers, |layer| member_of(layer, name)), member)
                })
            }
            Value::Array(items) if !items.is_empty() => {
                let layers = self.root.layers(schemas, value);
                let mut items = items.iter().enumerate();
                items.any(|(index, item)| self.finds(&schemas_of_part(&layers, |layer| item_of(layer, index)), item))
            }
            _ => false,
        }
    }

    /// Removes the nulls.
    fn prune(&self, schemas: &[&'a Value], value: &mut Value) {
        let layers = self.root.layers(schemas, value);
        match value {
            Value::Object(members) => {
                members.retain(|name, member| {
                    !(member.is_null() && layers.iter().any(|layer| self.means_absence(layer, name)))
                });
                for (name, member) in members {
                    self.prune(&schemas_of_part(&layers, |layer| member_of(layer, name)), member);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.prune(&schemas_of_part(&layers, |layer| item_of(layer, index)), item);
                }
            }
            _ => {}
        }
    }

    /// Returns whether null means that this member is absent: it is optional, and its schema does not allow null.
    fn means_absence(&self, schema: &'a Map<String, Value>, name: &str) -> bool {
        let required = list(schema, "required").any(|required| required == name);
        let member = schema.get("properties").and_then(|members| members.get(name));
        !required && member.is_some_and(|member| !self.allows_null(member, 16))
    }

    /// Returns whether a schema allows null; `false` after `hops` references, since a schema can reference itself.
    fn allows_null(&self, schema: &'a Value, hops: usize) -> bool {
        let (Some(object), Some(hops)) = (schema.as_object(), hops.checked_sub(1)) else { return false };
        let by_type = match object.get("type") {
            Some(Value::String(kind)) => kind == "null",
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
            _ => true,
        };
        by_type
            && (!object.contains_key("enum") || list(object, "enum").any(Value::is_null))
            && object.get("const").is_none_or(Value::is_null)
            && self.root.target(object).is_none_or(|target| self.allows_null(target, hops))
            && list(object, "allOf").all(|branch| self.allows_null(branch, hops))
            && unions(object).all(|branches| branches.iter().any(|branch| self.allows_null(branch, hops)))
    }
}

/// Returns the schema that each layer has for a part.
fn schemas_of_part<'a>(
    layers: &[&'a Map<String, Value>],
    part: impl Fn(&'a Map<String, Value>) -> Option<&'a Value>,
) -> Vec<&'a Value> {
    layers.iter().filter_map(|layer| part(layer)).collect()
}
