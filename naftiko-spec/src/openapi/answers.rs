//! The answers of an operation: its success, and every error that it can return.

use super::components::{Components, OUTPUT};
use super::object::Object;
use super::statuses::reason;
use super::types::{ErrorType, OperationTypes, binary};
use crate::fragment::Fragment;
use crate::model::{Method, ParameterIn};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The properties that decide which statuses an operation can answer with.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(super) struct Answers<'a> {
    pub(super) fragment: &'a Fragment,
    pub(super) method: Method,
    pub(super) types: &'a OperationTypes,
    /// Whether a request can be invalid.
    pub(super) takes_input: bool,
    pub(super) reads_body: bool,
    /// Whether a credential of the caller is checked, by the adapter or by the API.
    pub(super) is_authenticated: bool,
    /// Whether the path names a resource that may not exist.
    pub(super) may_be_missing: bool,
    pub(super) calls_apis: bool,
}

impl Answers<'_> {
    /// Returns the `responses` of the operation, by status.
    pub(super) fn describe(&self, components: &mut Components) -> Value {
        let Self { fragment, types, .. } = self;
        let has_content = types.raw || types.file || types.output.is_some();
        let status = fragment.status.unwrap_or(if has_content { 200 } else { 204 });
        let mut all = Map::new();
        let success = self.success(status, has_content, components);
        // Callers can request a range of a file or of an unparsed answer (RFC 9110, section 14.2).
        if (types.raw || types.file) && self.takes_header(&["range"]) {
            let mut part = success.clone();
            part["description"] = reason(206).into();
            all.insert("206".to_owned(), part);
        }
        all.insert(status.to_string(), success);
        // An unparsed answer may be empty, and so may the answer of an API if its type allows null.
        if types.raw || (fragment.consumed.is_some() && types.output.as_ref().is_some_and(is_nullable)) {
            all.entry("204").or_insert_with(|| json!({ "description": reason(204) }));
        }
        if self.takes_header(&["if-none-match", "if-modified-since"]) {
            all.insert("304".to_owned(), json!({ "description": reason(304) }));
        }
        for (status, answer) in self.errors(components) {
            all.entry(status).or_insert(answer);
        }
        Value::Object(all)
    }

    fn takes_header(&self, names: &[&str]) -> bool {
        let mut arguments = self.fragment.arguments.iter().filter(|argument| argument.place == ParameterIn::Header);
        arguments.any(|argument| names.iter().any(|name| argument.name.eq_ignore_ascii_case(name)))
    }

    /// Returns the error answers, by status: the errors of the adapter, and the errors that the operation declares.
    fn errors(&self, components: &mut Components) -> Vec<(String, Value)> {
        let Self { fragment, types, .. } = self;
        let own = [
            (400, self.takes_input),
            (401, self.is_authenticated),
            (403, self.is_authenticated),
            (404, self.may_be_missing),
            (408, self.reads_body),
            (413, self.reads_body),
            (415, self.reads_body),
            (422, fragment.takes_context),
            (429, self.calls_apis),
            (500, true),
            (502, true),
            (503, true),
            (504, true),
        ];
        let own = own.into_iter().filter(|(_, applies)| *applies).map(|(status, _)| status);
        let distinguished = types.errors.iter().map(|error| error.status);
        let declared = fragment.errors.iter().map(|error| error.status);
        let statuses: BTreeSet<u16> = declared.chain(distinguished).chain(own).collect();
        let mut errors: Vec<(String, Value)> = statuses
            .into_iter()
            .map(|status| {
                let distinguished = types.errors.iter().find(|error| error.status == status).cloned();
                let answer = match distinguished.or_else(|| described(fragment, status)) {
                    Some(error) => components.typed_problem(&error),
                    None => components.problem(status),
                };
                (status.to_string(), answer)
            })
            .collect();
        // The API or the application may refuse the request with any other 4xx status.
        errors.push(("4XX".to_owned(), components.refusal()));
        errors
    }

    /// Returns the answer of a success, with its headers and its content.
    fn success(&self, status: u16, has_content: bool, components: &mut Components) -> Value {
        let Self { fragment, types, .. } = self;
        let has_content = has_content && !matches!(status, 204 | 205);
        let mut headers: Vec<&str> = fragment.response_headers.iter().map(String::as_str).collect();
        let passed_on: &[&str] = match (has_content, types.raw, types.file) {
            (true, true, _) => &["ETag", "Last-Modified", "Content-Range"],
            (true, _, true) => &["Content-Disposition"],
            _ => &[],
        };
        let paged: &[&str] = if fragment.has_pages { &["Link"] } else { &[] };
        for name in passed_on.iter().chain(paged) {
            if !headers.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                headers.push(name);
            }
        }
        // OpenAPI ignores `Content-Type` in `headers`; the keys of `content` are its values (3.1.1, section 4.8.17.1).
        headers.retain(|name| !name.eq_ignore_ascii_case("content-type"));
        let headers: Map<_, _> = headers.into_iter().map(|name| (name.to_owned(), header(name))).collect();
        let success = Object::default()
            .with("description", reason(status))
            .with_some("headers", (!headers.is_empty()).then_some(headers));
        if self.method == Method::Head || !has_content {
            return success.done();
        }
        if types.file {
            return success.with("content", json!({ "*/*": { "schema": binary() } })).done();
        }
        if let Some(item) = types.item() {
            let media = json!({ "schema": components.schema(&item, OUTPUT) });
            let content = json!({ "application/x-ndjson": media, "text/event-stream": media });
            return success.with("content", content).done();
        }
        let mut schema = match &types.output {
            Some(schema) if !types.raw => components.schema(schema, OUTPUT),
            _ => json!({}),
        };
        if let (Value::Object(schema), false) = (&mut schema, fragment.examples.is_empty()) {
            schema.remove("examples");
        }
        let number = |(at, value): (usize, &Value)| (format!("example-{}", at + 1), json!({ "value": value }));
        let examples: Map<_, _> = fragment.examples.iter().enumerate().map(number).collect();
        let media = Object::default()
            .with("schema", schema)
            .with_some("examples", (!examples.is_empty()).then_some(examples))
            .done();
        success.with("content", json!({ "application/json": media })).done()
    }
}

/// Returns whether a schema allows null, without following references.
fn is_nullable(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let of_type = |schema: &Value| match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_null),
        Some(kind) => is_null(kind),
        None => false,
    };
    let branches = ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten();
    of_type(schema) || branches.into_iter().any(of_type)
}

/// Returns the description and the schema of an error status in the document, if it declares either.
fn described(fragment: &Fragment, status: u16) -> Option<ErrorType> {
    let error = fragment.errors.iter().find(|error| error.status == status)?;
    let is_described = error.description.is_some() || error.schema.is_some();
    is_described.then(|| ErrorType {
        status,
        description: error.description.clone().unwrap_or_else(|| reason(status).to_owned()),
        body: error.schema.clone(),
    })
}

/// Returns the description of a response header.
fn header(name: &str) -> Value {
    let description = match name.to_ascii_lowercase().as_str() {
        "content-disposition" => "The name of the file (RFC 6266).",
        "content-range" => "The range that the answer contains (RFC 9110, section 14.4).",
        "etag" => "The version of the resource, for `If-None-Match` and `If-Match` (RFC 9110, section 8.8.3).",
        "last-modified" => "When the resource was last changed (RFC 9110, section 8.8.2).",
        "link" => "Related resources, such as other pages (RFC 8288).",
        "location" => "The resource that was created, or that the answer is about (RFC 9110, section 10.2.2).",
        "retry-after" => "When to try again: seconds, or a date (RFC 9110, section 10.2.3).",
        _ => return json!({ "schema": { "type": "string" } }),
    };
    json!({ "description": description, "schema": { "type": "string" } })
}
