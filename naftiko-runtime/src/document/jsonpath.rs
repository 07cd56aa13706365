//! JSONPath (RFC 9535) as documents write it: `$.` is all, and a name may hold what the shorthand has no place for.

use crate::consume::answer::is_singular;
use serde_json::Value;
use serde_json_path::JsonPath;

/// A path, read.
pub(super) struct Path {
    path: JsonPath,
    /// Whether it leads to one value at most (RFC 9535, section 2.3.5.1).
    singular: bool,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// If it is none, however it is read.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let trimmed = source.trim();
        let whole = trimmed.strip_suffix('.').unwrap_or(trimmed);
        let path = match JsonPath::parse(whole) {
            Ok(path) => path,
            Err(error) => {
                JsonPath::parse(&quoted(whole)).map_err(|_| format!("`{trimmed}` is no JSONPath: {error}"))?
            }
        };
        Ok(Self { singular: is_singular(whole), path })
    }

    /// The one value, or the list of all; none if there is nothing there.
    pub(super) fn find(&self, value: &Value) -> Option<Value> {
        let nodes = self.path.query(value);
        if self.singular {
            return nodes.first().cloned();
        }
        let all: Vec<Value> = nodes.all().into_iter().cloned().collect();
        (!all.is_empty()).then_some(Value::Array(all))
    }
}

/// The same path with every name behind a dot in brackets, if it needs them: `$.list-users.id` is `$['list-users'].id`.
fn quoted(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 8);
    let mut rest = path;
    while let Some(at) = rest.find(['.', '[']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if from.starts_with('[') {
            let end = bracket(from);
            let (inside, after) = from.split_at(end);
            out.push_str(inside);
            rest = after;
            continue;
        }
        let name = from.trim_start_matches('.');
        let dots = from.len() - name.len();
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        let shorthand = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || name == "*" || shorthand {
            out.push_str(from.get(..dots).unwrap_or_default());
            out.push_str(name);
        } else {
            out.push_str(if dots > 1 { ".." } else { "" });
            out.push_str("['");
            out.push_str(&name.replace('\\', "\\\\").replace('\'', "\\'"));
            out.push_str("']");
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where the bracket that a text begins with ends.
fn bracket(text: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '[' => depth += 1,
            None if c == ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            None => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn find(path: &str) -> Option<Value> {
        let value = json!({ "list-users": [{ "id": 1, "a.b": 2 }, { "id": 3 }], "x": { "y-z": null } });
        Path::parse(path).unwrap().find(&value)
    }

    #[test]
    fn names_may_be_written_as_they_are() {
        assert_eq!(find("$.list-users[*].id"), Some(json!([1, 3])));
        assert_eq!(find("$.list-users[0].id"), Some(json!(1)));
        assert_eq!(find("$.list-users[0]['a.b']"), Some(json!(2)));
        assert_eq!(find("$.x.y-z"), Some(json!(null)));
        assert_eq!(find("$.x."), Some(json!({ "y-z": null })));
        assert_eq!(find("$.nothing"), None);
        assert_eq!(find("$.list-users[*].nothing"), None);
        assert_eq!(find("$."), find("$"));
        assert!(Path::parse("x y").is_err());
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(path in r"[$.\[\]'a-c\\*?@ -]{0,24}") {
            let _ = Path::parse(&path);
        }
    }
}
