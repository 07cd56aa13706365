//! A number without a fraction is an integer (JSON Schema 2020-12, core, section 4.2.3), also where it is written as `1.0`.

use super::layers::{Root, item_of, member_of};
use super::{Given, Input};
use serde_json::{Map, Value};

/// JSON that was given, with integers where its schema wants them and they were written with a point or an exponent, if
/// there are any.
pub(crate) fn with_integers(input: &Input, given: &Given) -> Option<Given> {
    let mut value = match given {
        Given::Value(value) => value.clone(),
        Given::Json(json) => serde_json::from_slice(json).ok()?,
        _ => return None,
    };
    let schema = &input.schema;
    rewrite(Root(schema), &[schema], &mut value).then_some(Given::Value(value))
}

/// Rewrites such numbers; whether there were any.
fn rewrite<'a>(root: Root<'a>, schemas: &[&'a Value], value: &mut Value) -> bool {
    let layers = match value {
        Value::Number(number) if !number.is_f64() => return false,
        Value::Number(_) | Value::Array(_) | Value::Object(_) => root.layers(schemas, value),
        _ => return false,
    };
    let mut any = false;
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().and_then(integer).filter(|_| layers.iter().any(|layer| wants_integer(layer)));
            if let Some(whole) = whole {
                *value = whole;
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

fn wants_integer(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "integer",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "integer"),
        _ => false,
    }
}

/// The integer that a number is, if it is one that fits 64 bits.
fn integer(number: f64) -> Option<Value> {
    if number.fract() != 0.0 {
        return None;
    }
    // Written without a fraction it is exact.
    let digits = format!("{number:.0}");
    digits.parse::<i64>().map(Value::from).or_else(|_| digits.parse::<u64>().map(Value::from)).ok()
}
