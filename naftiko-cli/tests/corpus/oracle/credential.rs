//! The capability's own credential, and where in a request the document sends it.

use super::Request;
use super::text::{text, variable};
use serde_json::{Value, json};

pub(super) fn authentication(consume: &Value) -> &Value {
    consume.get("authentication").or_else(|| consume.get("auth")).unwrap_or(&Value::Null)
}

/// Returns whether a parameter has the name and the location of the capability's own credential; `false` for headers.
pub(super) fn is_credential(consume: &Value, parameter: &Value) -> bool {
    let how = authentication(consume);
    let placement = how.get("placement").or_else(|| how.get("in")).and_then(Value::as_str).unwrap_or("header");
    let key = [text(how, "header"), text(how, "name"), text(how, "key")]
        .into_iter()
        .find(|key| !key.is_empty())
        .unwrap_or_default()
        .to_owned();
    placement != "header" && text(parameter, "in") == placement && text(parameter, "name") == key
}

/// Adds the credential of the capability to a request.
pub(super) fn credential(consume: &Value, request: &mut Request) {
    let how = authentication(consume);
    let filled = |source: &str| {
        let mut parts = source.split("{{");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
            text.push_str(&variable(name.rsplit('.').next().unwrap_or(name).trim()));
            text.push_str(rest);
        }
        text
    };
    let mut header = |name: &str, value: String| {
        request.headers.entry(name.to_lowercase()).or_insert(value);
    };
    match text(how, "type").to_lowercase().as_str() {
        "bearer" => header("authorization", format!("Bearer {}", filled(text(how, "token")))),
        "basic" => {
            use base64::Engine;
            let pair = format!("{}:{}", filled(text(how, "username")), filled(text(how, "password")));
            header("authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
        }
        "apikey" | "header" | "query" => {
            let values = [text(how, "value"), text(how, "token"), text(how, "key")];
            let value = values
                .into_iter()
                .find(|value| value.contains("{{"))
                .or(values.into_iter().find(|value| !value.is_empty()));
            let names = [text(how, "header"), text(how, "name"), text(how, "key")];
            let name =
                names.into_iter().find(|name| !name.is_empty() && !name.contains("{{")).unwrap_or("Authorization");
            let value = filled(value.unwrap_or_default());
            match how.get("placement").or_else(|| how.get("in")).and_then(Value::as_str).unwrap_or("header") {
                "query" if request.query.iter().any(|(other, _)| other == name) => {}
                "query" => request.query.push((name.to_owned(), value)),
                "body" => {
                    if let Value::Object(members) = request.body.get_or_insert_with(|| json!({})) {
                        members.insert(name.to_owned(), json!(value));
                    }
                }
                // The credential is part of the base URI, which this test replaces.
                "path" => {}
                _ => header(name, value),
            }
        }
        _ => {}
    }
}
