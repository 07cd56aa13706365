//! Input parameters and bodies of consumed operations.

use super::table::requests::{
    DUPLICATE_ARGUMENT, INVALID_HEADER_NAME, SEVERAL_BODIES, UNEXPECTED_BODY, UNSUPPORTED_FORMAT,
};
use super::walk::{Consumed, Walk};
use super::{RuleFinding, Severity};
use crate::check::wrong_header_name;
use crate::model::{Authentication, InputParameter, Place, Placement, RequestBody};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

pub(super) fn check(walk: &Walk<'_>, findings: &mut Vec<RuleFinding>) {
    for api in &walk.apis {
        if let Some(Authentication::Apikey { key, placement, .. }) = &api.consume.authentication {
            let at = format!("{}/authentication/key", api.at);
            match placement {
                Placement::Header => header("header", key, at, findings),
                Placement::Cookie => header("cookie", key, at, findings),
                Placement::Query | Placement::Path | Placement::Body => {}
            }
        }
        list(&api.at, &api.consume.input_parameters, findings);
        for (position, resource) in api.consume.resources.iter().enumerate() {
            list(&format!("{}/resources/{position}", api.at), &resource.input_parameters, findings);
        }
    }
    for consumed in &walk.operations {
        list(&consumed.at, &consumed.operation.input_parameters, findings);
        bodies(consumed, findings);
        format(consumed, findings);
    }
    for callable in &walk.callables {
        duplicates(&callable.at, callable.inputs, findings);
    }
}

fn list(at: &str, parameters: &[InputParameter], findings: &mut Vec<RuleFinding>) {
    duplicates(at, parameters, findings);
    for (index, parameter) in parameters.iter().enumerate() {
        let at = || format!("{at}/inputParameters/{index}/name");
        match parameter.place {
            Some(Place::Header) => header("header", &parameter.name, at(), findings),
            Some(Place::Cookie) => header("cookie", &parameter.name, at(), findings),
            _ => {}
        }
    }
}

fn header(what: &str, name: &str, at: String, findings: &mut Vec<RuleFinding>) {
    if let Some((message, help)) = wrong_header_name(what, name, true) {
        let own = message.starts_with("the client sets");
        let finding = RuleFinding::new(&INVALID_HEADER_NAME, at, message).help(help);
        findings.push(if own { finding.with_severity(Severity::Warning) } else { finding });
    }
}

fn duplicates(at: &str, parameters: &[InputParameter], findings: &mut Vec<RuleFinding>) {
    let mut seen: HashMap<(Option<Place>, Cow<'_, str>), usize> = HashMap::new();
    for (index, parameter) in parameters.iter().enumerate() {
        // Header names have no case (RFC 9110, section 5.1); all else has.
        let name = match parameter.place {
            Some(Place::Header) => Cow::Owned(parameter.name.to_ascii_lowercase()),
            _ => Cow::Borrowed(parameter.name.as_str()),
        };
        let first = *seen.entry((parameter.place, name)).or_insert(index);
        if first != index {
            findings.push(
                RuleFinding::new(
                    &DUPLICATE_ARGUMENT,
                    format!("{at}/inputParameters/{index}"),
                    format!("two parameters are called `{}`", parameter.name),
                )
                .help("take one of them away, or give it another name or place")
                .also(format!("{at}/inputParameters/{first}")),
            );
        }
    }
}

fn bodies(consumed: &Consumed<'_>, findings: &mut Vec<RuleFinding>) {
    let operation = consumed.operation;
    let parameters = || operation.input_parameters.iter().enumerate().filter(|(_, own)| own.place == Some(Place::Body));
    if !operation.method.may_carry_body() {
        let word = operation.method.as_str();
        let at = match (&operation.body, parameters().next()) {
            (Some(_), _) => format!("{}/body", consumed.at),
            (None, Some((index, _))) => format!("{}/inputParameters/{index}", consumed.at),
            (None, None) => return,
        };
        findings.push(
            RuleFinding::new(&UNEXPECTED_BODY, at, format!("`{}` is a {word} request with a body", operation.name))
                .help("say `in: query`, or use a method with a body: POST"),
        );
        return;
    }
    let Some(body) = &operation.body else { return };
    for (index, parameter) in parameters() {
        if !names(body, &parameter.name) {
            findings.push(
                RuleFinding::new(
                    &SEVERAL_BODIES,
                    format!("{}/inputParameters/{index}", consumed.at),
                    format!("`{}` has no place in the body of `{}`", parameter.name, operation.name),
                )
                .help(format!(
                    "put `{{{{tools.{}}}}}` into the body's `data`, or take the parameter away",
                    parameter.name
                ))
                .also(format!("{}/body", consumed.at)),
            );
        }
    }
}

/// Whether a template names a parameter, or is one itself.
fn names(body: &RequestBody, name: &str) -> bool {
    fn within(value: &Value, name: &str) -> bool {
        match value {
            Value::String(text) => holds(text, name),
            Value::Array(list) => list.iter().any(|value| within(value, name)),
            Value::Object(members) => members.iter().any(|(key, value)| key == name || within(value, name)),
            Value::Null => true,
            Value::Bool(_) | Value::Number(_) => false,
        }
    }
    match body {
        RequestBody::Raw(text) => holds(text, name),
        RequestBody::Typed(body) => within(&body.data, name),
    }
}

/// Whether `{{name}}`, `{{tools.name}}` or the like stands in a text.
fn holds(text: &str, name: &str) -> bool {
    text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).any(|inside| {
        let inside = inside.trim();
        inside == name || inside.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
    })
}

fn format(consumed: &Consumed<'_>, findings: &mut Vec<RuleFinding>) {
    const READ: [&str; 14] =
        ["json", "xml", "csv", "tsv", "psv", "yaml", "yml", "html", "markdown", "md", "text", "txt", "plain", "binary"];
    let Some(format) = &consumed.operation.output_raw_format else { return };
    let lower = format.trim().to_ascii_lowercase();
    if !READ.contains(&lower.as_str()) && !lower.is_empty() {
        let shown: String = format.chars().filter(|c| !c.is_control()).take(40).collect();
        let finding = RuleFinding::new(
            &UNSUPPORTED_FORMAT,
            format!("{}/outputRawFormat", consumed.at),
            format!("answers in `{shown}` cannot be read"),
        );
        findings.push(finding.help(
            "say one of json, xml, csv, tsv, psv, yaml, html, markdown and text, or `binary` to pass the bytes on",
        ));
    }
}
