//! Reads forms (WHATWG URL, section 5.1) as JSON values, with lists and objects in the spellings that
//! clients use: `a[b]=1`, `items[0][price]=2`, `tags[]=x`, `tags=x&tags=y`, and `tags=x,y` if the operation declares that style.

use super::objects::{insert, keys, split};
use super::text::{self, short};
use crate::error::{Error, Result};
use crate::operation::InputSchema;
use crate::schema;
use naftiko_spec::model::{BodyKind, Style};
use serde_json::{Map, Value};

/// Returns whether a Content-Type is `application/x-www-form-urlencoded`.
pub(super) fn is_form(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(BodyKind::FormUrlEncoded.media_type())
}

/// Reads a form as the value of an argument, with its strings converted according to the schema.
///
/// # Errors
/// Returns an error for a field that is not form-encoded, has no name or invalid brackets, or contradicts an earlier field.
pub(super) fn read(input: &InputSchema, body: &[u8]) -> Result<Value> {
    let body = std::str::from_utf8(body).map_err(|_| Error::argument("", "the form is not UTF-8 text"))?;
    let delimited = input.argument.style.filter(|style| style.delimiter().is_some());
    let mut object = Value::Object(Map::new());
    for pair in body.split('&').filter(|pair| !pair.is_empty()) {
        let (name, encoded) = pair.split_once('=').unwrap_or((pair, ""));
        let name = text::decode(name, true).map_err(|why| Error::argument("", format!("a name in the form {why}")))?;
        if name.is_empty() || name.starts_with('[') {
            return Err(Error::argument("", "a field of the form has no name: expected `name=value`"));
        }
        let refused = |why: &str| Error::argument("", format!("the field `{}` of the form {why}", short(&name)));
        let keys = keys(&name).unwrap_or_else(|| vec![&name]);
        let is_list =
            |style: &Style| schema::is_list_at(&input.schema, &keys).unwrap_or_else(|| is_delimited(*style, encoded));
        let value = match delimited.filter(is_list) {
            Some(style) => list(style, encoded).map_err(refused)?,
            None => text::decode(encoded, true).map(Value::String).map_err(refused)?,
        };
        insert(&mut object, &keys, value).map_err(refused)?;
    }
    Ok(schema::typed(&input.schema, object))
}

/// Returns whether a value without a type in the schema is a list: whether it contains the delimiter of its style. An encoded comma is
/// part of a text. So is a space, because most texts contain spaces.
fn is_delimited(style: Style, encoded: &str) -> bool {
    style != Style::Space && split(style, encoded).nth(1).is_some()
}

/// Reads the elements of a list with a delimiter; an empty string is an empty list.
fn list(style: Style, encoded: &str) -> Result<Value, &'static str> {
    let elements = split(style, encoded).filter(|element| !element.is_empty());
    elements.map(|element| text::decode(element, true).map(Value::String)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::schema::{Order, SchemaValidator};
    use serde_json::json;

    fn form(schema: &Value, style: &str, body: &str) -> Value {
        let argument = json!({ "name": "body", "in": "body", "style": style });
        let input = InputSchema {
            argument: serde_json::from_value(argument).unwrap(),
            check: SchemaValidator::new(schema),
            schema: schema.clone(),
            order: Order::default(),
        };
        read(&input, body.as_bytes()).unwrap()
    }

    #[test]
    fn a_list_is_split_where_its_style_has_a_delimiter() {
        let list = json!({ "properties": { "a": { "type": "array", "items": { "type": "string" } } } });
        for (style, bodies) in [
            ("comma", &["a=x,y", "a=x&a=y"][..]),
            ("space", &["a=x+y", "a=x%20y", "a=x&a=y"]),
            ("pipe", &["a=x|y", "a=x%7Cy", "a=x%7cy", "a=x&a=y"]),
        ] {
            for body in bodies {
                assert_eq!(form(&list, style, body), json!({ "a": ["x", "y"] }), "{style}: {body}");
            }
        }
    }

    #[test]
    fn without_a_schema_a_delimiter_that_does_not_occur_in_texts_makes_a_list() {
        for (style, body, expected) in [
            ("comma", "a=x,y", json!(["x", "y"])),
            // Clients encode a comma in a text, and no comma that separates elements.
            ("comma", "a=x%2Cy", json!("x,y")),
            ("pipe", "a=x|y", json!(["x", "y"])),
            ("pipe", "a=x%7Cy", json!(["x", "y"])),
            ("pipe", "a=x%7cy", json!(["x", "y"])),
            ("pipe", "a=x%7Cy|z", json!(["x|y", "z"])),
            // Most values with spaces are texts.
            ("space", "a=x+y", json!("x y")),
            ("space", "a=x%20y", json!("x y")),
            ("space", "a=x+y&a=z", json!(["x y", "z"])),
        ] {
            assert_eq!(form(&json!({}), style, body), json!({ "a": expected }), "{style}: {body}");
        }
    }

    #[test]
    fn the_elements_of_a_repeated_field_are_one_list() {
        for body in ["a=x,y&a=z", "a=x&a=y,z", "a=x&a=y&a=z"] {
            assert_eq!(form(&json!({}), "comma", body), json!({ "a": ["x", "y", "z"] }), "{body}");
        }
        for body in ["a[b]=x,y&a[b]=z", "a[b]=x&a[b]=y,z"] {
            assert_eq!(form(&json!({}), "comma", body), json!({ "a": { "b": ["x", "y", "z"] } }), "{body}");
        }
        assert_eq!(form(&json!({}), "comma", "a[]=x&a[]=y,z"), json!({ "a": ["x", ["y", "z"]] }));
    }
}
