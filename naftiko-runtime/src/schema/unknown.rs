//! Finds unknown members: members that no schema of their object has. serde ignores unknown members; an adapter can reject them.

use super::argument_errors::nearest;
use super::layers::{Root, item_of, member_of};
use super::messages;
use super::pointer::pointer;
use super::types::{InputSchema, OwnedArgument};
use crate::error::{Error, Result};
use serde_json::{Map, Value};

/// Rejects members of arguments that are not in their schemas.
///
/// # Errors
/// Returns an error for the first unknown member, with the most similar known name.
pub(crate) fn no_unknown_members(inputs: &[InputSchema], given: &[OwnedArgument]) -> Result<()> {
    for (input, given) in inputs.iter().zip(given) {
        let parsed;
        let value = match given {
            OwnedArgument::Value(value) => value,
            // Invalid JSON is rejected when it is decoded.
            OwnedArgument::Json(json) => match serde_json::from_slice(json) {
                Ok(value) => {
                    parsed = value;
                    &parsed
                }
                Err(_) => continue,
            },
            OwnedArgument::Absent
            | OwnedArgument::Text(_)
            | OwnedArgument::Texts(_)
            | OwnedArgument::Upload(_)
            | OwnedArgument::Failed(_) => continue,
        };
        let at = pointer(&input.argument.name);
        check(Root(&input.schema), &[&input.schema], value, &at)?;
    }
    Ok(())
}

fn check<'a>(root: Root<'a>, schemas: &[&'a Value], value: &Value, at: &str) -> Result<()> {
    if !matches!(value, Value::Array(_) | Value::Object(_)) {
        return Ok(());
    }
    let layers = root.layers(schemas, value);
    let below = |part: &dyn Fn(&'a Map<String, Value>) -> Option<&'a Value>| -> Vec<&'a Value> {
        layers.iter().filter_map(|layer| part(layer)).collect()
    };
    match value {
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            check(root, &below(&|layer| item_of(layer, index)), item, &format!("{at}/{index}"))
        }),
        Value::Object(members) => {
            let named = || layers.iter().filter_map(|layer| layer.get("properties")?.as_object()).flat_map(Map::keys);
            let opens = |keyword: &str| {
                layers.iter().any(|layer| layer.get(keyword).is_some_and(|rest| rest != &Value::Bool(false)))
            };
            let is_open = ["additionalProperties", "unevaluatedProperties", "patternProperties"].into_iter().any(opens);
            let is_open = is_open || named().next().is_none();
            members.iter().try_for_each(|(name, member)| {
                if !is_open && named().all(|known| known != name) {
                    let near = nearest(name, named().map(String::as_str));
                    let message = format!("`{at}`: unknown member `{}`{near}", messages::short(name));
                    return Err(Error::argument(format!("{at}{}", pointer(&messages::short(name))), message));
                }
                check(root, &below(&|layer| member_of(layer, name)), member, &format!("{at}{}", pointer(name)))
            })
        }
        _ => Ok(()),
    }
}
