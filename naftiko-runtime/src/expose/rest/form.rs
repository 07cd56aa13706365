//! Reads forms (WHATWG URL, section 5.1) as JSON values, with lists and objects in the spellings that
//! clients use: `a[b]=1`, `items[0][price]=2`, `tags[]=x`, `tags=x&tags=y`, and `tags=x,y` if the operation declares that style.

use super::objects::{insert, keys, split};
use super::text;
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
        // If the schema does not specify a type, an unencoded delimiter makes the value a list.
        let is_list = |style: &Style| {
            let is_delimited = || style.delimiter().is_some_and(|delimiter| encoded.contains(delimiter));
            schema::is_list_at(&input.schema, &keys).unwrap_or_else(is_delimited)
        };
        let value = match delimited.filter(is_list) {
            Some(style) => list(style, encoded).map_err(refused)?,
            None => text::decode(encoded, true).map(Value::String).map_err(refused)?,
        };
        insert(&mut object, &keys, value).map_err(refused)?;
    }
    Ok(schema::typed(&input.schema, object))
}

/// Reads the elements of a list with a delimiter; an empty string is an empty list.
fn list(style: Style, encoded: &str) -> Result<Value, &'static str> {
    let elements = split(style, encoded).filter(|element| !element.is_empty());
    elements.map(|element| text::decode(element, true).map(Value::String)).collect()
}

/// Returns the beginning of a name that a caller sent, without control characters.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
