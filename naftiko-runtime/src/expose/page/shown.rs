//! The document for callers, without the details of consumed APIs.

use naftiko_spec::model::{Authentication, Consume, Document, Expose};
use serde_json::{Map, Value};

/// The replacement of hidden texts.
const HIDDEN: &str = "***";

/// Returns the document without addresses of consumed APIs, credentials, constants of requests, and locations of files.
pub(super) fn document(document: &Document) -> Document {
    let mut shown = document.clone();
    let own = shown.capability.binds.iter_mut();
    for bind in own.chain(&mut shown.binds) {
        bind.location.as_mut().into_iter().for_each(hide);
    }
    let own = shown.capability.consumes.iter_mut();
    for consume in own.chain(&mut shown.consumes) {
        hide_upstream(consume);
    }
    for expose in &mut shown.capability.exposes {
        let authentication = match expose {
            Expose::Rest(rest) => rest.authentication.as_mut(),
            Expose::Mcp(mcp) => mcp.authentication.as_mut(),
            Expose::Skill(_) | Expose::Control(_) => None,
        };
        authentication.into_iter().for_each(hide_credential);
    }
    shown
}

fn hide_upstream(consume: &mut Consume) {
    hide(&mut consume.base_uri);
    consume.location.as_mut().into_iter().for_each(hide);
    let of_operations = consume.resources.iter_mut().flat_map(|resource| {
        let operations = resource.operations.iter_mut().flat_map(|operation| &mut operation.input_parameters);
        resource.input_parameters.iter_mut().chain(operations)
    });
    for parameter in consume.input_parameters.iter_mut().chain(of_operations) {
        if let Some(value) = &mut parameter.value {
            hide(value);
        }
    }
    consume.authentication.iter_mut().for_each(hide_credential);
}

/// Hides every text of an authentication, except those that describe where and how it is sent.
fn hide_credential(authentication: &mut Authentication) {
    if let Ok(Value::Object(mut keys)) = serde_json::to_value(&*authentication) {
        hide_secrets(&mut keys);
        if let Ok(hidden) = serde_json::from_value(Value::Object(keys)) {
            *authentication = hidden;
            return;
        }
    }
    *authentication = Authentication::Other(Map::new());
}

fn hide_secrets(keys: &mut Map<String, Value>) {
    for (key, value) in keys {
        let is_public = matches!(key.as_str(), "type" | "key" | "placement" | "scopes" | "region" | "service");
        match value {
            Value::String(text) if !is_public => hide(text),
            Value::Object(keys) => hide_secrets(keys),
            _ => {}
        }
    }
}

/// Hides a text, unless it is only a variable.
fn hide(text: &mut String) {
    let name = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    let is_variable = name.is_some_and(|name| !name.contains(['{', '}']));
    if !text.is_empty() && !is_variable {
        HIDDEN.clone_into(text);
    }
}
