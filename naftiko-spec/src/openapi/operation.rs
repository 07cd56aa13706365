//! One operation of an OpenAPI path: its parameters, its body, its answers.

use super::components::Components;
use super::{ErrorType, Object, OperationTypes};
use crate::fragment::{Argument, Draft, Fragment, RouteFragment};
use crate::model::{Authentication, BodyKind, Method, Place, Style};
use crate::template::same_name;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The maximum length of a summary.
const LONGEST_SUMMARY: usize = 120;

pub(super) fn describe(
    draft: &Draft,
    fragment: &Fragment,
    route: &RouteFragment,
    types: &OperationTypes,
    renames: &[(String, &str)],
    components: &mut Components,
) -> Object {
    let mut operation = Object::default().with("tags", json!([route.resource]));
    if let Some(description) = route.operation.description.as_ref().or(fragment.description.as_ref()) {
        let summary = summary(description);
        operation = operation.with("summary", summary);
        if summary != description {
            operation = operation.with("description", description.as_str());
        }
    }
    let mut parameters = Vec::new();
    let mut schemes: Vec<(String, bool)> = Vec::new();
    let mut body: Vec<(&Argument, Value)> = Vec::new();
    for (argument, schema) in fragment.arguments.iter().zip(types.inputs.iter().chain(std::iter::repeat(&Value::Null)))
    {
        let schema = if schema.is_null() { json!({}) } else { components.schema(schema) };
        match argument.place {
            Place::Body => body.push((argument, schema)),
            _ if argument.sensitive => {
                schemes.push((components.scheme(argument, scheme(draft, fragment, argument)), argument.required));
            }
            _ => parameters.push(parameter(argument, schema, renames)),
        }
    }
    let has_body = !body.is_empty() && route.operation.method.may_carry_body();
    operation = operation
        .with_some("parameters", (!parameters.is_empty()).then_some(parameters))
        .with_some("requestBody", has_body.then(|| request_body(fragment.consumed.is_some(), body)))
        .with_some("security", security(&schemes));
    let takes_input = !fragment.arguments.is_empty();
    operation.with("responses", responses(fragment, route.operation.method, types, takes_input, has_body, components))
}

/// Returns the first paragraph of a description if it is short, or else its first sentence.
fn summary(description: &str) -> &str {
    let paragraph = description.split("\n\n").next().unwrap_or_default().trim();
    if paragraph.chars().count() <= LONGEST_SUMMARY {
        return paragraph;
    }
    paragraph.split_once(". ").map_or(paragraph, |(first, _)| first)
}

fn parameter(argument: &Argument, schema: Value, renames: &[(String, &str)]) -> Value {
    let here = renames.iter().find(|(own, _)| argument.place == Place::Path && same_name(own, &argument.name));
    let name = here.map_or(argument.name.as_str(), |(_, name)| name);
    let (suffix, style) = match argument.style {
        Some(Style::Brackets) => ("[]", None),
        Some(Style::Indexed) => ("[0]", None),
        Some(Style::Members) if argument.place == Place::Header => ("*", None),
        Some(Style::Comma) if argument.place == Place::Query => ("", Some(("form", false))),
        Some(Style::Space) => ("", Some(("spaceDelimited", false))),
        Some(Style::Pipe) => ("", Some(("pipeDelimited", false))),
        Some(Style::Deep) => ("", Some(("deepObject", true))),
        _ => ("", None),
    };
    Object::default()
        .with("name", format!("{name}{suffix}"))
        .with("in", argument.place.as_str())
        .with("required", argument.required || argument.place == Place::Path)
        .with_some("description", argument.description.as_deref())
        .with_some("style", style.map(|(style, _)| style))
        .with_some("explode", style.map(|(_, explode)| explode))
        .with("schema", schema)
        .done()
}

/// Returns the security scheme of a caller's credential.
fn scheme(draft: &Draft, fragment: &Fragment, argument: &Argument) -> Value {
    let consume = fragment.consumed.as_ref().and_then(|part| draft.head.capability.consumes.get(part.consume));
    let authorization = argument.place == Place::Header && argument.name.eq_ignore_ascii_case("authorization");
    let own = consume.and_then(|consume| consume.authentication.as_ref()).filter(|_| authorization);
    let scheme = match own.and_then(Authentication::http_scheme) {
        Some(scheme) => Object::default().with("type", "http").with("scheme", scheme),
        None => Object::default()
            .with("type", "apiKey")
            .with("in", argument.place.as_str())
            .with("name", argument.name.as_str()),
    };
    scheme.with_some("description", argument.description.as_deref()).done()
}

/// Returns the security requirement: all credentials, or only the required ones if some are optional.
fn security(schemes: &[(String, bool)]) -> Option<Value> {
    let of = |wanted: &dyn Fn(bool) -> bool| -> Map<String, Value> {
        schemes.iter().filter(|(_, required)| wanted(*required)).map(|(name, _)| (name.clone(), json!([]))).collect()
    };
    let (all, required) = (of(&|_| true), of(&|required| required));
    match (all.is_empty(), all.len() == required.len()) {
        (true, _) => None,
        (_, true) => Some(json!([all])),
        _ => Some(json!([all, required])),
    }
}

/// Returns the body: a single argument, or (in an orchestration) an object with a member for each argument.
fn request_body<'a>(consumed: bool, body: Vec<(&'a Argument, Value)>) -> Value {
    let required = body.iter().any(|(argument, _)| argument.required);
    let whole = consumed || body.iter().any(|(argument, _)| argument.whole_body);
    let kind = body.first().and_then(|(argument, _)| argument.body).unwrap_or(BodyKind::Json);
    let is_parts = kind == BodyKind::MultipartForm;
    let (description, schema) = match body.first() {
        Some((argument, schema)) if whole && !is_parts => (argument.description.clone(), schema.clone()),
        _ => (None, members(body.clone())),
    };
    let mut content = json!({ "application/json": { "schema": schema } });
    match kind {
        // A file is sent unchanged, with any media type.
        BodyKind::Binary => content = json!({ "*/*": {} }),
        BodyKind::MultipartForm => {
            let file = json!({ "type": "string", "contentMediaType": BodyKind::Binary.media_type() });
            let part = |(argument, schema): (&'a Argument, Value)| {
                (argument, if argument.file { file.clone() } else { schema })
            };
            content[kind.media_type()] = json!({ "schema": members(body.into_iter().map(part).collect()) });
        }
        kind if kind.is_text() => content[kind.media_type()] = json!({ "schema": { "type": "string" } }),
        _ => {}
    }
    Object::default().with_some("description", description).with("required", required).with("content", content).done()
}

/// Returns an object schema with a member for each argument.
fn members(arguments: Vec<(&Argument, Value)>) -> Value {
    let required: Vec<&str> = arguments
        .iter()
        .filter(|(argument, _)| argument.required)
        .map(|(argument, _)| argument.name.as_str())
        .collect();
    let required = (!required.is_empty()).then(|| json!(required));
    let members = arguments.into_iter().map(|(argument, schema)| (argument.name.clone(), member(argument, schema)));
    Object::default()
        .with("type", "object")
        .with_some("required", required)
        .with("properties", members.collect::<Map<_, _>>())
        .with("additionalProperties", false)
        .done()
}

/// Returns the schema of a member, with the argument's description if it has none.
fn member(argument: &Argument, mut schema: Value) -> Value {
    if let (Value::Object(schema), Some(description)) = (&mut schema, &argument.description) {
        schema.entry("description").or_insert_with(|| description.as_str().into());
    }
    schema
}

fn responses(
    fragment: &Fragment,
    method: Method,
    types: &OperationTypes,
    takes_input: bool,
    has_body: bool,
    components: &mut Components,
) -> Value {
    let gives = types.raw || types.file || types.output.is_some();
    let status = fragment.status.unwrap_or(if gives { 200 } else { 204 });
    let header = |name: &String| (name.clone(), json!({ "schema": { "type": "string" } }));
    let headers: Map<_, _> = fragment.response_headers.iter().map(header).collect();
    let headers = (!headers.is_empty()).then_some(headers);
    let mut success = Object::default().with("description", reason(status)).with_some("headers", headers);
    if method != Method::Head && types.file {
        success = success.with("content", json!({ "*/*": {} }));
    } else if method != Method::Head && gives {
        let schema = match &types.output {
            Some(schema) if !types.raw => components.schema(schema),
            // Only examples of the answer are known, not its type.
            _ if !fragment.examples.is_empty() => json!({ "examples": fragment.examples }),
            _ => json!({}),
        };
        success = success.with("content", json!({ "application/json": { "schema": schema } }));
    }
    let own = [(400, takes_input), (413, has_body), (415, has_body), (500, true), (502, true), (504, true)];
    let own = own.into_iter().filter(|(_, is)| *is).map(|(status, _)| status);
    let told_apart = types.errors.iter().map(|error| error.status);
    let declared = fragment.errors.iter().map(|error| error.status);
    let errors = declared.chain(told_apart).chain(own).filter(|error| *error != status);
    let errors = errors.collect::<BTreeSet<u16>>().into_iter().map(|status| {
        let problem = components.problem(reason(status));
        let told_apart = types.errors.iter().find(|error| error.status == status).cloned();
        let told_apart = told_apart.or_else(|| described(fragment, status));
        (status.to_string(), told_apart.map_or(problem, |error| components.typed_problem(&error)))
    });
    std::iter::once((status.to_string(), success.done())).chain(errors).collect::<Map<_, _>>().into()
}

/// Returns the document's description or schema of an error status, if it has one.
fn described(fragment: &Fragment, status: u16) -> Option<ErrorType> {
    let error = fragment.errors.iter().find(|error| error.status == status)?;
    let is_described = error.description.is_some() || error.schema.is_some();
    is_described.then(|| ErrorType {
        status,
        description: error.description.clone().unwrap_or_else(|| reason(status).to_owned()),
        body: error.schema.clone(),
    })
}

/// Returns the meaning of a status (RFC 9110, section 15).
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ if status < 300 => "Success",
        _ if status < 500 => "Client Error",
        _ => "Server Error",
    }
}
