//! Finds the holes of a string: `{{…}}` in strings, `{…}` and `{{…}}` in paths.
//!
//! Unlike in [`Template`](crate::template::Template), nothing is an error: a brace that opens no hole is literal.

use crate::template::rest_name;
use serde_json::Value;
use std::collections::HashMap;

/// The maximum length of a name in a reference, in bytes.
pub(super) const MAX_NAME: usize = 200;

/// A part of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanPart<'a> {
    /// Literal text.
    Literal(&'a str),
    /// The trimmed text between the braces, and whether the braces are double.
    Hole { inside: &'a str, double: bool },
}

/// Returns the parts of a string: `{{…}}` is a hole.
pub(super) fn text(source: &str) -> Vec<ScanPart<'_>> {
    scan(source, false)
}

/// Returns the parts of a path: `{…}` and `{{…}}` are holes.
pub(super) fn path(source: &str) -> Vec<ScanPart<'_>> {
    scan(source, true)
}

/// Returns the path of a route without its query, which routers ignore.
pub(super) fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// Returns a path with every placeholder replaced by `{}`, or by `{+}` if it may fill several segments.
pub(super) fn shape(path: &str) -> String {
    self::path(path)
        .into_iter()
        .map(|part| match part {
            ScanPart::Hole { inside, double: false } if rest_name(inside).is_some() => "{+}",
            ScanPart::Hole { .. } => "{}",
            ScanPart::Literal(text) => text,
        })
        .collect()
}

/// Returns the text in the braces of each hole.
pub(super) fn inside(parts: Vec<ScanPart<'_>>) -> impl Iterator<Item = &str> {
    parts.into_iter().filter_map(|part| match part {
        ScanPart::Hole { inside, .. } => Some(inside),
        ScanPart::Literal(_) => None,
    })
}

/// Returns the text in the braces, if a string is a single hole.
pub(super) fn whole(source: &str) -> Option<&str> {
    match text(source.trim()).as_slice() {
        [ScanPart::Hole { inside, .. }] => Some(inside),
        _ => None,
    }
}

/// Returns every hole of the strings within a value.
pub(crate) fn holes(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(source) => found.extend(inside(text(source))),
            Value::Array(list) => open.extend(list),
            Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }
    found
}

/// Parses a string that is JSON once its holes are filled, inside or outside quotes; the holes become strings.
pub(super) fn as_json(source: &str) -> Option<Value> {
    let (mut json, mut quoted, mut escaped) = (String::new(), false, false);
    for part in text(source) {
        match part {
            ScanPart::Literal(literal) => {
                for c in literal.chars() {
                    quoted ^= c == '"' && !escaped;
                    escaped = quoted && c == '\\' && !escaped;
                }
                json.push_str(literal);
            }
            ScanPart::Hole { inside, .. } => {
                let quote = if quoted { "" } else { "\"" };
                // A text that JSON would have to escape is not a name, and is left out.
                let name = if inside.contains(['"', '\\']) { "" } else { inside };
                json.extend([quote, "{{", name, "}}", quote]);
            }
        }
    }
    serde_json::from_str(&json).ok()
}

/// Returns the scalars in the data of a body, by the names of their members. The data is an object, a list of parts, or a string
/// that is JSON or a form.
pub(crate) fn members(data: &Value) -> HashMap<String, Vec<Value>> {
    let parsed = data.as_str().map(|text| {
        as_json(text).unwrap_or_else(|| {
            let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.into()));
            Value::Object(text.split('&').filter_map(pair).collect())
        })
    });
    let mut found: HashMap<String, Vec<Value>> = HashMap::new();
    let mut open = vec![(None, parsed.as_ref().unwrap_or(data))];
    while let Some((name, value)) = open.pop() {
        match value {
            Value::Array(list) => open.extend(list.iter().map(|value| (name, value))),
            Value::Object(members) => {
                if let (Some(Value::String(name)), Some(value)) = (members.get("name"), members.get("value")) {
                    open.push((Some(name.as_str()), value));
                }
                open.extend(members.iter().map(|(name, value)| (Some(name.as_str()), value)));
            }
            scalar => {
                if let Some(name) = name {
                    found.entry(name.to_owned()).or_default().push(scalar.clone());
                }
            }
        }
    }
    found
}

/// Returns the parts of a string; `single` specifies whether `{…}` is a hole, too.
fn scan(source: &str, single: bool) -> Vec<ScanPart<'_>> {
    let mut parts = Vec::new();
    let (mut literal, mut at) = (0, 0);
    while let Some(open) = source.get(at..).and_then(|rest| rest.find('{')).map(|found| at + found) {
        let rest = source.get(open..).unwrap_or_default();
        let double = rest.starts_with("{{");
        let (width, closing) = if double { (2, "}}") } else { (1, "}") };
        at = open + width;
        if !double && !single {
            continue;
        }
        // A hole contains no braces, so the search for its end stops at the next brace: scanning takes linear time.
        let inner = source.get(at..).unwrap_or_default();
        let Some(end) =
            inner.find(['{', '}']).filter(|end| inner.get(*end..).is_some_and(|rest| rest.starts_with(closing)))
        else {
            continue;
        };
        let inside = inner.get(..end).unwrap_or_default().trim();
        if inside.is_empty() || inside.len() > MAX_NAME || (single && !double && inside.contains('/')) {
            continue;
        }
        push_literal(&mut parts, source.get(literal..open));
        parts.push(ScanPart::Hole { inside, double });
        at += end + width;
        literal = at;
    }
    push_literal(&mut parts, source.get(literal..));
    parts
}

fn push_literal<'a>(parts: &mut Vec<ScanPart<'a>>, text: Option<&'a str>) {
    parts.extend(text.filter(|text| !text.is_empty()).map(ScanPart::Literal));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(inside: &str, double: bool) -> ScanPart<'_> {
        ScanPart::Hole { inside, double }
    }

    #[test]
    fn texts_have_holes_in_double_braces_and_paths_also_in_single_ones() {
        assert_eq!(text("a{{ x.y }}b{z}"), [ScanPart::Literal("a"), hole("x.y", true), ScanPart::Literal("b{z}")]);
        assert_eq!(
            path("/{a}/x='{b}'"),
            [
                ScanPart::Literal("/"),
                hole("a", false),
                ScanPart::Literal("/x='"),
                hole("b", false),
                ScanPart::Literal("'")
            ]
        );
        assert_eq!(path("/{{a}}"), [ScanPart::Literal("/"), hole("a", true)]);
        assert_eq!(whole(" {{tools.x}} "), Some("tools.x"));
        assert_eq!(whole("{{a}}{{b}}"), None);
    }

    #[test]
    fn an_unmatched_brace_is_literal() {
        for source in ["{", "{{", "a{b", "{{a}", "{}", "{{}}", "}}", "{ {a", "{{{"] {
            assert!(text(source).iter().all(|part| matches!(part, ScanPart::Literal(_))), "{source}");
        }
        assert_eq!(
            text("{\"a\": \"{{x}}\"}"),
            [ScanPart::Literal("{\"a\": \""), hole("x", true), ScanPart::Literal("\"}")]
        );
    }

    proptest::proptest! {
        #[test]
        fn scanning_loses_no_text(source in "[{}a.é ]{0,40}") {
            let again: String = path(&source).iter().map(|part| match part {
                ScanPart::Literal(text) => (*text).to_owned(),
                ScanPart::Hole { inside, double: true } => format!("{{{{{inside}}}}}"),
                ScanPart::Hole { inside, double: false } => format!("{{{inside}}}"),
            }).collect();
            proptest::prop_assert_eq!(again.replace(' ', ""), source.replace(' ', ""));
        }
    }
}
