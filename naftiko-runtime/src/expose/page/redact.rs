//! Hides the addresses and credentials in the document that callers can read.

use naftiko_spec::model::{Authentication, Consume, Document, Expose, RequestBody, Step};
use naftiko_spec::names;
use serde_json::{Map, Value};

/// The text that replaces hidden values.
const HIDDEN: &str = "***";

/// Returns the document with `***` for addresses of consumed APIs, credentials, certificates, constants of requests, and
/// locations of files.
pub(super) fn document(document: &Document) -> Document {
    let mut redacted = document.clone();
    let own = redacted.capability.binds.iter_mut();
    for bind in own.chain(&mut redacted.binds) {
        bind.location.as_mut().into_iter().for_each(hide);
    }
    let own = redacted.capability.consumes.iter_mut();
    for consume in own.chain(&mut redacted.consumes) {
        hide_upstream(consume);
    }
    for function in redacted.capability.aggregates.iter_mut().flat_map(|aggregate| &mut aggregate.functions) {
        hide_constants(function.with.values_mut(), &mut function.steps);
    }
    for expose in &mut redacted.capability.exposes {
        hide_adapter(expose);
    }
    redacted
}

fn hide_adapter(expose: &mut Expose) {
    match expose {
        Expose::Rest(rest) => {
            rest.authentication.iter_mut().for_each(hide_credential);
            for operation in rest.resources.iter_mut().flat_map(|resource| &mut resource.operations) {
                hide_constants(operation.with.values_mut(), &mut operation.steps);
            }
        }
        Expose::Mcp(mcp) => {
            mcp.authentication.iter_mut().for_each(hide_credential);
            for tool in &mut mcp.tools {
                hide_constants(tool.with.values_mut(), &mut tool.steps);
            }
            for resource in &mut mcp.resources {
                resource.location.iter_mut().for_each(hide);
                hide_constants(resource.with.values_mut(), &mut resource.steps);
            }
            for prompt in &mut mcp.prompts {
                prompt.location.iter_mut().for_each(hide);
            }
        }
        Expose::Skill(other) | Expose::Control(other) => {
            other.authentication.iter_mut().for_each(hide_credential);
            hide_other(&mut other.other_keys);
        }
    }
}

/// Hides the locations and credentials of an adapter whose keys are not parsed.
fn hide_other(keys: &mut Map<String, Value>) {
    for (key, value) in keys {
        match value {
            Value::String(location) if key == "location" => hide(location),
            Value::Object(keys) if key == "authentication" => hide_secrets(keys),
            value if key == "authentication" => hide_strings(value),
            Value::Object(keys) => hide_other(keys),
            Value::Array(entries) => entries.iter_mut().filter_map(Value::as_object_mut).for_each(hide_other),
            _ => {}
        }
    }
}

/// Hides the strings that calls send, unless they refer to arguments, to results of steps or to variables.
fn hide_constants<'v>(with: impl Iterator<Item = &'v mut Value>, steps: &mut [Step]) {
    with.for_each(hide_constant);
    for step in steps {
        if let Step::Call { with, .. } = step {
            with.values_mut().for_each(hide_constant);
        }
    }
}

/// Hides the strings in a value, unless they refer to arguments, to results of steps or to variables.
fn hide_constant(value: &mut Value) {
    match value {
        Value::String(text) => {
            let prefix = text.split_once('.').map(|(prefix, _)| prefix);
            let is_reference = text.starts_with("$.") || prefix.is_some_and(names::is_word_for_callers);
            if !is_reference {
                hide(text);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide_constant),
        Value::Object(members) => members.values_mut().for_each(hide_constant),
        _ => {}
    }
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
    let tls = &mut consume.tls;
    [&mut tls.ca, &mut tls.certificate, &mut tls.key].into_iter().flatten().for_each(hide);
    for operation in consume.resources.iter_mut().flat_map(|resource| &mut resource.operations) {
        match &mut operation.body {
            Some(RequestBody::Raw(text)) => hide(text),
            Some(RequestBody::Typed(body)) => hide_constant(&mut body.data),
            None => {}
        }
    }
}

/// Hides the strings of an authentication, except those that are not secret, such as the name of a header.
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

/// Hides all strings of an authentication, except the keys that are public for its `type`.
fn hide_secrets(keys: &mut Map<String, Value>) {
    let public: &[&str] = match keys.get("type").and_then(Value::as_str) {
        Some("apikey") => &["type", "key", "placement"],
        Some("aws-sig-v4") => &["type", "region", "service"],
        Some("oauth1") => &["type", "signatureMethod"],
        _ => &["type", "scopes"],
    };
    for (_, value) in keys.iter_mut().filter(|(key, _)| !public.contains(&key.as_str())) {
        hide_strings(value);
    }
}

fn hide_strings(value: &mut Value) {
    match value {
        Value::String(text) => hide(text),
        Value::Array(values) => values.iter_mut().for_each(hide_strings),
        Value::Object(members) => members.values_mut().for_each(hide_strings),
        _ => {}
    }
}

/// Hides a string, unless it is empty or a single `{{NAME}}`.
fn hide(text: &mut String) {
    let name = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    let is_variable = name.is_some_and(|name| !name.contains(['{', '}']));
    if !text.is_empty() && !is_variable {
        HIDDEN.clone_into(text);
    }
}
