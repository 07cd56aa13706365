//! Restores the declared order of the members for which a question (an elicitation request) asks; rmcp sorts them by name.
//!
//! Each question contains its order in `_meta`, so a question that another replica has stored also has its order. The order is removed
//! from `_meta` before the message is sent.

use crate::operation::ORDER;
use crate::schema::Members;
use bytes::Bytes;
use memchr::memmem;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The members that lead to the params of a question: in a request, and in an `InputRequiredResult` or a task, which
/// contain each question under its name.
const PATHS: [&[&str]; 2] = [&["params"], &["result", "inputRequests", ANY, "params"]];

/// A member of any name in a path.
const ANY: &str = "";

/// Returns a message whose questions have their members in the declared order. Other messages are returned unchanged.
pub(super) fn restore(message: Bytes) -> Bytes {
    if memmem::find(&message, ORDER.as_bytes()).is_none() {
        return message;
    }
    let Ok(json) = serde_json::from_slice::<&RawValue>(&message) else { return message };
    let changed = PATHS.iter().find_map(|path| at_path(json, path));
    changed.map_or(message, Bytes::from)
}

/// Returns the JSON with the questions at this path restored; `None` if there are none.
fn at_path(json: &RawValue, path: &[&str]) -> Option<String> {
    let Some((step, rest)) = path.split_first() else { return question(json) };
    let Members(members) = serde_json::from_str(json.get()).ok()?;
    let mut changed = false;
    let written: Vec<(Cow<'_, str>, Cow<'_, str>)> = members
        .into_iter()
        .map(|(name, value)| {
            let new = if *step == ANY || *step == name { at_path(value, rest) } else { None };
            changed |= new.is_some();
            (name, new.map_or(Cow::Borrowed(value.get()), Cow::Owned))
        })
        .collect();
    if changed { object(written) } else { None }
}

/// Returns the params of a question in the declared order; `None` if they are not the params of a question with an order.
fn question(params: &RawValue) -> Option<String> {
    const META: &str = "_meta";
    const SCHEMA: &str = "requestedSchema";

    let Members(params) = serde_json::from_str(params.get()).ok()?;
    let member = |name: &str| params.iter().find(|(own, _)| own == name).map(|(_, value)| value.get());
    let Members(meta) = serde_json::from_str(member(META)?).ok()?;
    let (_, names) = meta.iter().find(|(name, _)| name == ORDER)?;
    let names: Vec<String> = serde_json::from_str(names.get()).ok()?;
    let schema = in_order(member(SCHEMA)?, &names)?;
    let meta: Vec<_> = meta.iter().filter(|(name, _)| name != ORDER).map(borrowed).collect();
    let meta = if meta.is_empty() { None } else { Some(object(meta)?) };
    let written = params.iter().filter_map(|(name, value)| match name.as_ref() {
        META => meta.as_deref().map(|meta| (name.clone(), Cow::Borrowed(meta))),
        SCHEMA => Some((name.clone(), Cow::Borrowed(schema.as_str()))),
        _ => Some(borrowed(&(name.clone(), *value))),
    });
    object(written.collect())
}

/// Returns the schema of a question with the members in the order of `names`.
fn in_order(schema: &str, names: &[String]) -> Option<String> {
    let Members(keywords) = serde_json::from_str(schema).ok()?;
    let mut written = Vec::new();
    for (keyword, value) in &keywords {
        let value = if keyword == "properties" {
            let Members(mut members) = serde_json::from_str(value.get()).ok()?;
            members.sort_by_key(|(name, _)| names.iter().position(|own| own == name).unwrap_or(usize::MAX));
            Cow::Owned(object(members.iter().map(borrowed).collect())?)
        } else {
            Cow::Borrowed(value.get())
        };
        written.push((keyword.clone(), value));
    }
    object(written)
}

fn borrowed<'a>((name, value): &(Cow<'a, str>, &'a RawValue)) -> (Cow<'a, str>, Cow<'a, str>) {
    (name.clone(), Cow::Borrowed(value.get()))
}

/// Writes an object whose members are JSON.
fn object(members: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> Option<String> {
    let member =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| Some(format!("{}:{value}", serde_json::to_string(&name).ok()?));
    let members: Vec<String> = members.into_iter().map(member).collect::<Option<_>>()?;
    Some(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::restore;

    #[test]
    fn only_the_params_of_questions_are_changed() {
        let params =
            r#"{"_meta":{"io.naftiko/order":["b","a"]},"requestedSchema":{"properties":{"a":{},"b":{"x":1.0}}},"m":1}"#;
        let expected = r#"{"requestedSchema":{"properties":{"b":{"x":1.0},"a":{}}},"m":1}"#;
        for (before, after) in
            [(r#"{"id":1,"params":"#, "}"), (r#"{"result":{"inputRequests":{"q":{"params":"#, "}}}}")]
        {
            let message = |params: &str| format!("{before}{params}{after}");
            assert_eq!(restore(message(params).into()), message(expected));
        }
        let meta = params.replace(r#"["b","a"]}"#, r#"["b","a"],"other":{"d":1,"c":2}}"#);
        let kept = expected.replacen('{', r#"{"_meta":{"other":{"d":1,"c":2}},"#, 1);
        assert_eq!(restore(format!(r#"{{"params":{meta}}}"#).into()), format!(r#"{{"params":{kept}}}"#));
        for other in
            [format!(r#"{{"result":{{"structuredContent":{params}}}}}"#), r#"{"params":"io.naftiko/order"}"#.into()]
        {
            assert_eq!(restore(other.clone().into()), other);
        }
    }
}
