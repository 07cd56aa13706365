//! Rules for the keywords at the root of a tool's input schema: they are valid, and name only arguments of the tool.

use super::constraints::MAX_REPORTED;
use super::{RuleContext, Subject, constraints};
use crate::diagnostic::table::structure::UNKNOWN_ARGUMENT;
use crate::diagnostic::{Diagnostic, Fix};
use crate::fragment::Fragment;
use crate::names::some_known;
use crate::nearest::Suggestions;
use crate::pointer::escape;
use serde_json::Value;
use std::collections::HashSet;
use std::rc::Rc;

/// The keywords whose schema is about the same value as the schema around them (JSON Schema 2020-12, Core, section 10.2).
const SAME_VALUE: [&str; 4] = ["not", "if", "then", "else"];

/// The keywords with a list of schemas about the same value.
const SAME_VALUES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

pub(super) fn check(subject: Subject<'_>, findings: &mut Vec<Diagnostic>) {
    let suggestions = Suggestions::default();
    let mut check = |fragment: &Fragment, places: &[&str]| {
        for (part, at) in fragment.tools.iter().zip(places) {
            let Some(schema) = &part.tool.input_schema else { continue };
            let names = part.argument_names(&fragment.arguments);
            let known: HashSet<&str> = names.iter().map(String::as_str).collect();
            constraints::check_schema(subject, &format!("{at}/inputSchema"), schema, &known, findings);
            for (at, name) in unknown_names(&format!("{at}/inputSchema"), schema, &known) {
                findings.push(unknown(at, &part.tool.name, name, &names, &suggestions));
            }
        }
    };
    if let RuleContext::File { lowered, .. } = subject.context {
        for operation in &lowered.operations {
            check(&operation.fragment, &[&operation.at]);
        }
    }
    for (fragment, paths) in subject.fragments() {
        check(fragment, &paths.tools.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn unknown(at: String, tool: &str, name: &str, names: &[String], suggestions: &Suggestions) -> Diagnostic {
    let message = format!("the tool `{tool}` has no argument `{}`", name.escape_debug());
    let fix = match suggestions.nearest(name, names.iter().map(String::as_str)) {
        Some(near) => Fix::Meant(near.to_owned()),
        None if names.is_empty() => "remove it: the tool has no arguments".into(),
        None => some_known("the arguments are", names.iter().map(String::as_str)).into(),
    };
    Diagnostic::new(&UNKNOWN_ARGUMENT, at, message).fix(fix)
}

/// The schemas within a tool's input schema that apply to the object of its arguments, and the unknown names of properties in them.
struct InputSchemaNames<'a> {
    root: &'a Value,
    root_at: &'a str,
    /// The names of the tool's arguments.
    known: &'a HashSet<&'a str>,
    /// The schemas that have been found, by their addresses in memory. Each is visited once, even if several references lead to it.
    seen: HashSet<*const Value>,
    /// The schemas that have not been visited yet: a location, the JSON Pointer from that location to the schema, and the schema. The
    /// schemas of one keyword share its location.
    pending: Vec<(Rc<str>, String, &'a Value)>,
    unknown: Vec<(String, &'a str)>,
}

/// Returns the names of properties that are not in `known`, each with its location, from the schemas that apply to the object of
/// arguments; at most [`MAX_REPORTED`]. A `$ref` is followed if it is a JSON Pointer into the schema (RFC 6901); a `$ref` to an
/// `$anchor` or to another document is not.
fn unknown_names<'a>(root_at: &'a str, root: &'a Value, known: &'a HashSet<&'a str>) -> Vec<(String, &'a str)> {
    let (seen, pending, unknown) = (HashSet::new(), Vec::new(), Vec::new());
    let mut schemas = InputSchemaNames { root, root_at, known, seen, pending, unknown };
    schemas.add(&root_at.into(), String::new(), root);
    while let Some((prefix, pointer, schema)) = schemas.pending.pop() {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            if schemas.unknown.len() == MAX_REPORTED {
                return schemas.unknown;
            }
            schemas.keyword(&format!("{prefix}{pointer}/{}", escape(keyword)).into(), keyword, value);
        }
    }
    schemas.unknown
}

impl<'a> InputSchemaNames<'a> {
    /// Adds a schema to the pending schemas, unless it has been found before.
    fn add(&mut self, at: &Rc<str>, pointer: String, schema: &'a Value) {
        if self.seen.insert(std::ptr::from_ref(schema)) {
            self.pending.push((Rc::clone(at), pointer, schema));
        }
    }

    /// Adds a name if it is unknown.
    fn name(&mut self, at: impl FnOnce() -> String, name: &'a str) {
        if !self.known.contains(name) && self.unknown.len() < MAX_REPORTED {
            self.unknown.push((at(), name));
        }
    }

    /// Adds the names in the value of a keyword, and the schemas in it that apply to the object of arguments.
    fn keyword(&mut self, at: &Rc<str>, keyword: &str, value: &'a Value) {
        match (keyword, value) {
            ("properties", Value::Object(properties)) => {
                for name in properties.keys() {
                    self.name(|| format!("{at}/{}", escape(name)), name);
                }
            }
            ("required", names) => self.list(at, names),
            ("dependentRequired", Value::Object(rules)) => {
                for (name, others) in rules {
                    self.list(&format!("{at}/{}", escape(name)), others);
                    self.name(|| format!("{at}/{}", escape(name)), name);
                }
            }
            ("dependentSchemas", Value::Object(rules)) => {
                for (name, schema) in rules {
                    self.name(|| format!("{at}/{}", escape(name)), name);
                    self.add(at, format!("/{}", escape(name)), schema);
                }
            }
            ("$ref", Value::String(reference)) => {
                let pointer =
                    reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
                if let Some((pointer, schema)) =
                    pointer.and_then(|pointer| Some((pointer, self.root.pointer(pointer)?)))
                {
                    self.add(&self.root_at.into(), pointer.to_owned(), schema);
                }
            }
            (_, Value::Array(schemas)) if SAME_VALUES.contains(&keyword) => {
                for (index, schema) in schemas.iter().enumerate() {
                    self.add(at, format!("/{index}"), schema);
                }
            }
            _ if SAME_VALUE.contains(&keyword) => self.add(at, String::new(), value),
            _ => {}
        }
    }

    /// Adds the unknown names of a list.
    fn list(&mut self, at: &str, names: &'a Value) {
        for (index, name) in names.as_array().into_iter().flatten().enumerate() {
            if let Some(name) = name.as_str() {
                self.name(|| format!("{at}/{index}"), name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(schema: &Value) -> Vec<(String, String)> {
        let known = HashSet::from(["known"]);
        let names = unknown_names("", schema, &known).into_iter();
        let mut names: Vec<_> = names.map(|(at, name)| (at, name.to_owned())).collect();
        names.sort();
        names
    }

    #[test]
    fn references_are_followed_once() {
        let schema = json!({
            "$ref": "#/$defs/a",
            "$defs": {
                "a": { "required": ["one"], "allOf": [{ "$ref": "#/$defs/b" }] },
                "b": { "required": ["two"], "not": { "$ref": "#/$defs/a" }, "anyOf": [{ "$ref": "#" }] },
            },
        });
        let expected = [("/$defs/a/required/0", "one"), ("/$defs/b/required/0", "two")];
        assert_eq!(found(&schema), expected.map(|(at, name)| (at.to_owned(), name.to_owned())));
    }

    #[test]
    fn escapes_in_pointers_are_resolved() {
        let schema = json!({
            "allOf": [{ "$ref": "#/$defs/a~1b~0c" }],
            "properties": { "d/e": {} },
            "$defs": { "a/b~c": { "required": ["one"] } },
        });
        let expected = [("/$defs/a~1b~0c/required/0", "one"), ("/properties/d~1e", "d/e")];
        assert_eq!(found(&schema), expected.map(|(at, name)| (at.to_owned(), name.to_owned())));
    }

    #[test]
    fn unresolvable_references_are_ignored() {
        for reference in ["#/$defs/none", "#one", "https://schemas.example/a.json", "other.json#/$defs/a", ""] {
            let schema = json!({ "$ref": reference, "$defs": { "a": { "$anchor": "one", "required": ["x"] } } });
            assert_eq!(found(&schema), [], "{reference}");
        }
    }

    #[test]
    fn at_most_a_hundred_unknown_names_are_reported() {
        let mut names: Vec<String> = (0..150).map(|number| format!("unknown-{number}")).collect();
        names.insert(0, "known".to_owned());
        let schema = json!({ "required": names, "anyOf": [{ "properties": { "known": {}, "last": {} } }] });
        assert_eq!(found(&schema).len(), MAX_REPORTED);
        let schema = json!({ "required": ["known"], "anyOf": [{ "properties": { "known": {}, "last": {} } }] });
        assert_eq!(found(&schema), [("/anyOf/0/properties/last".to_owned(), "last".to_owned())]);
    }

    #[test]
    fn at_most_ten_names_are_shown() {
        let names: Vec<String> = (0..12).map(|number| format!("argument-{number}")).collect();
        let help = |names: &[String]| {
            let found = unknown(String::new(), "tool", "zzz", names, &Suggestions::default());
            found.fix.map(|fix| fix.to_string()).unwrap_or_default()
        };
        let first: Vec<String> = names.iter().take(10).cloned().collect();
        assert!(help(&first).ends_with("`argument-8`, `argument-9`"), "{}", help(&first));
        assert!(help(&names).ends_with("`argument-8`, `argument-9`, …"), "{}", help(&names));
    }
}
