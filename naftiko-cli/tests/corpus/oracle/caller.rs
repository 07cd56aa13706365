//! The simulated caller of a route or a tool: which value it sends for each input, and where.

use super::text::{as_text, encode, list, placeholders, same, text, variable};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Returns the value that a caller sends for an input.
pub(super) fn generated(name: &str, kind: &str, place: &str) -> Value {
    match kind {
        "integer" => json!(7),
        "number" => json!(1.5),
        "boolean" => json!(true),
        "array" => json!(["a b", "c/d"]),
        "object" => json!({ "k": "v ü" }),
        _ if place == "header" || place == "cookie" => json!(format!("h-{}", name.to_lowercase())),
        _ => json!(format!("{name} é/ü&=?#")),
    }
}

/// The request of a caller, as it is built up.
pub(super) struct Caller<'a> {
    pub(super) adapter: &'a str,
    pub(super) resource: Option<&'a Value>,
    pub(super) operation: &'a Value,
    pub(super) method: &'a str,
    pub(super) route: String,
    pub(super) inputs: BTreeMap<String, Value>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) members: Map<String, Value>,
    pub(super) whole: Option<Value>,
}

impl Caller<'_> {
    pub(super) fn declared(&self, name: &str) -> Option<&Value> {
        let all = list(self.operation, "inputParameters");
        all.chain(self.resource.into_iter().flat_map(|resource| list(resource, "inputParameters")))
            .find(|input| text(input, "name") == name)
    }

    /// Returns the value of an input, and adds it to the caller's request; `kind` and `place` are the type and the
    /// location of the parameter that the input fills.
    pub(super) fn input(&mut self, name: &str, kind: &str, place: &str) -> Value {
        if let Some(value) = self.inputs.get(name) {
            return value.clone();
        }
        let declared = self.declared(name);
        let kind = declared.map(|input| text(input, "type")).filter(|kind| !kind.is_empty()).unwrap_or(kind).to_owned();
        let place_word = declared.map(|input| text(input, "in")).unwrap_or_default().to_owned();
        let mut value = generated(name, &kind, place);
        if self.resource.is_some() {
            let placeholder = placeholders(&self.route).into_iter().find(|other| same(other, name));
            let place = if place_word.is_empty() { place } else { &place_word };
            let takes_body = ["POST", "PUT", "PATCH"].contains(&self.method);
            if let Some(placeholder) = placeholder {
                self.route = self.route.replace(&format!("{{{placeholder}}}"), &encode(&as_text(&value)));
            } else if place == "header" {
                value = generated(name, &kind, "header");
                self.headers.push((name.to_owned(), as_text(&value)));
            } else if place == "cookie" {
                value = generated(name, &kind, "cookie");
                self.headers.push(("Cookie".to_owned(), format!("{name}={}", as_text(&value))));
            } else if place == "whole" && takes_body {
                self.whole = Some(value.clone());
            } else if (place == "body" || place == "whole") && takes_body {
                self.members.insert(name.to_owned(), value.clone());
            } else if let Value::Array(list) = &value {
                self.query.extend(list.iter().map(|value| (name.to_owned(), as_text(value))));
            } else {
                self.query.push((name.to_owned(), as_text(&value)));
            }
        }
        self.inputs.insert(name.to_owned(), value.clone());
        value
    }

    /// Returns the value of a `with` entry.
    pub(super) fn value(&mut self, value: &Value, kind: &str, place: &str) -> Value {
        match value {
            Value::String(word) => {
                let reference = ["rest.", "tools."].iter().find_map(|prefix| word.strip_prefix(prefix));
                let reference = reference.or_else(|| word.strip_prefix(&format!("{}.", self.adapter)));
                match (reference, word.strip_prefix("env.")) {
                    (Some(name), _) => self.input(name, kind, place),
                    (None, Some(name)) => json!(variable(name)),
                    (None, None) => self.filled(word, &Map::new(), kind, place),
                }
            }
            Value::Array(values) => values.iter().map(|value| self.value(value, "string", place)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.value(value, "string", place))).collect()
            }
            constant => constant.clone(),
        }
    }

    /// Fills the placeholders of a string; a string that is a single placeholder keeps the value's type.
    pub(super) fn filled(&mut self, source: &str, with: &Map<String, Value>, kind: &str, place: &str) -> Value {
        let parts: Vec<&str> = source.split("{{").collect();
        if let ["", hole] = parts[..]
            && let Some(name) = hole.strip_suffix("}}")
        {
            return self.hole(name.trim(), with, kind, place);
        }
        let mut text = parts[0].to_owned();
        for part in &parts[1..] {
            let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
            let value = self.hole(name.trim(), with, "string", place);
            text.push_str(&as_text(&value));
            text.push_str(rest);
        }
        json!(text)
    }

    fn hole(&mut self, name: &str, with: &Map<String, Value>, kind: &str, place: &str) -> Value {
        match name.split_once('.') {
            Some(("tools" | "rest", name)) => with.get(name).cloned().unwrap_or_else(|| self.input(name, kind, place)),
            Some((_, name)) => json!(variable(name)),
            None => with.get(name).cloned().unwrap_or_else(|| json!(variable(name))),
        }
    }

    pub(super) fn template(&mut self, value: &Value, with: &Map<String, Value>, place: &str) -> Value {
        match value {
            Value::String(text) => self.filled(text, with, "", place),
            Value::Array(values) => values.iter().map(|value| self.template(value, with, "body")).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.template(value, with, "body"))).collect()
            }
            constant => constant.clone(),
        }
    }
}
