//! Merges what is declared beside a type, such as the constraints and the default of an argument, into the schema of the type.

use serde_json::{Map, Value};

/// The lower bounds: the larger value is the stricter one.
const LOWER: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// The upper bounds: the smaller value is the stricter one.
const UPPER: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

/// Adds a refinement to a schema; the stricter of two bounds is kept.
pub(crate) fn refined(mut schema: Value, refinement: Option<&Value>) -> Value {
    let Some(Value::Object(refinement)) = refinement else { return schema };
    if schema == Value::Bool(true) {
        schema = Value::Object(Map::new());
    }
    if let Value::Object(schema) = &mut schema {
        merge(schema, refinement);
    }
    schema
}

fn merge(schema: &mut Map<String, Value>, refinement: &Map<String, Value>) {
    for (keyword, value) in refinement {
        let own = schema.get_mut(keyword);
        let bounds = own.as_ref().and_then(|own| own.as_f64()).zip(value.as_f64());
        match (own, value, bounds) {
            (Some(Value::Object(own)), Value::Object(value), _) if keyword == "items" => merge(own, value),
            (_, _, Some((own, value))) if LOWER.contains(&keyword.as_str()) && own >= value => {}
            (_, _, Some((own, value))) if UPPER.contains(&keyword.as_str()) && own <= value => {}
            _ => {
                schema.insert(keyword.clone(), value.clone());
            }
        }
    }
}
