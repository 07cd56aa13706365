//! Converts numbers such as `1.0` to integers: a number without a fraction is an integer (JSON Schema 2020-12, core,
//! section 4.2.3).

use super::layers::{Root, item_of, member_of};
use super::{InputSchema, OwnedArgument};
use crate::numbers;
use schemars::generate::Contract;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

/// Converts the numbers with a point or an exponent that the schema requires to be integers; `None` if there are none.
pub(crate) fn with_integers(input: &InputSchema, given: &OwnedArgument) -> Option<OwnedArgument> {
    let schema = &input.schema;
    match given {
        OwnedArgument::Value(value) => {
            let mut value = value.clone();
            rewrite(Root(schema), &[schema], &mut value).then_some(OwnedArgument::Value(value))
        }
        OwnedArgument::Json(json) => rewritten_text(schema, json).map(|json| OwnedArgument::Json(json.into())),
        _ => None,
    }
}

/// Converts the numbers in an upstream's JSON as [`with_integers`] does. `schema` is the schema of the type that the JSON is decoded
/// to. Returns `None` if no number has to be converted.
pub(crate) fn with_integers_of(schema: fn(&mut SchemaGenerator) -> Schema, json: &[u8]) -> Option<Vec<u8>> {
    let mut generator = super::generate::generator(Contract::Deserialize, super::generate::NamedTypes::Inline);
    let schema = schema(&mut generator).to_value();
    let schema = super::generate::finished(schema, &mut generator, &|_, _| true);
    rewritten_text(&schema, json)
}

/// Converts the numbers in a JSON text; the rest of the text is unchanged.
fn rewritten_text(schema: &Value, json: &[u8]) -> Option<Vec<u8>> {
    let mut value = serde_json::from_slice(json).ok()?;
    numbers::remembering_those_of(json, || {
        rewrite(Root(schema), &[schema], &mut value).then(|| numbers::json(&value).ok())?
    })
}

/// The reason for rejecting a float beyond 2^53 where an integer is required.
#[cfg(feature = "document")]
pub(super) const INEXACT: &str = "expected an integer without a point or an exponent, since the number is beyond 2^53";

/// Returns the converted value, if there is anything to convert; an error for a float that may not be the exact integer
/// that was sent.
#[cfg(feature = "document")]
pub(super) fn rewritten(schema: &Value, value: &Value) -> Result<Option<Value>, ()> {
    fn has_float(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.is_f64(),
            Value::Array(items) => items.iter().any(has_float),
            Value::Object(members) => members.values().any(has_float),
            _ => false,
        }
    }

    if !has_float(value) {
        return Ok(None);
    }
    let mut value = value.clone();
    let any = rewrite(Root(schema), &[schema], &mut value);
    if has_inexact(Root(schema), &[schema], &value) {
        return Err(());
    }
    Ok(any.then_some(value))
}

/// Returns whether a value has a float for an integer of the schema that may not be the integer that was sent.
#[cfg(feature = "document")]
fn has_inexact<'a>(root: Root<'a>, schemas: &[&'a Value], value: &Value) -> bool {
    let layers = match value {
        Value::Number(number) if !number.is_f64() => return false,
        Value::Number(_) | Value::Array(_) | Value::Object(_) => root.layers(schemas, value),
        _ => return false,
    };
    let below = |part: &dyn Fn(&'a Map<String, Value>) -> Option<&'a Value>, value| {
        has_inexact(root, &layers.iter().filter_map(|layer| part(layer)).collect::<Vec<_>>(), value)
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().any(|(index, item)| below(&|layer| item_of(layer, index), item))
        }
        Value::Object(members) => members.iter().any(|(name, member)| below(&|layer| member_of(layer, name), member)),
        value => {
            let float = value.as_f64().unwrap_or_default();
            let allows = |kind| layers.iter().any(|layer| has_type(layer, kind));
            float.fract() == 0.0 && allows("integer") && !allows("number") && !numbers::is_wide(float)
        }
    }
}

/// Converts the numbers of a value in place. Returns whether any number was converted.
fn rewrite<'a>(root: Root<'a>, schemas: &[&'a Value], value: &mut Value) -> bool {
    let layers = match value {
        Value::Number(number) if !number.is_f64() => return false,
        Value::Number(_) | Value::Array(_) | Value::Object(_) => root.layers(schemas, value),
        _ => return false,
    };
    let mut any = false;
    match value {
        Value::Number(number) => {
            let whole = number
                .as_f64()
                .and_then(numbers::integer_of_float)
                .filter(|_| layers.iter().any(|layer| has_type(layer, "integer")));
            if let Some(whole) = whole {
                *value = whole.into();
                any = true;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let schemas: Vec<_> = layers.iter().filter_map(|layer| item_of(layer, index)).collect();
                any |= rewrite(root, &schemas, item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let schemas: Vec<_> = layers.iter().filter_map(|layer| member_of(layer, name)).collect();
                any |= rewrite(root, &schemas, member);
            }
        }
        _ => {}
    }
    any
}

/// Returns whether the `type` of a schema names a type.
fn has_type(schema: &Map<String, Value>, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == wanted,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    }
}
