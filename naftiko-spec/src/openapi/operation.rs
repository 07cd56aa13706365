//! One operation of an OpenAPI path: its parameters, its body, its answers.

use super::answers::Answers;
use super::components::Components;
use super::forward;
use super::object::Object;
use super::types::{OperationTypes, binary};
use crate::fragment::{Argument, Draft, Fragment, RouteFragment};
use crate::model::{Authentication, BodyKind, Expose, ParameterIn, Style, Unknown};
use crate::template::{Template, rest_name, same_name};
use serde_json::{Map, Value, json};

/// The maximum length of a paragraph that becomes the summary as a whole, in characters.
const LONGEST_SUMMARY: usize = 120;

/// An operation at one of its routes.
pub(super) struct OperationRoute<'a> {
    pub(super) draft: &'a Draft,
    pub(super) fragment: &'a Fragment,
    pub(super) route: &'a RouteFragment,
    pub(super) types: &'a OperationTypes,
    /// The placeholders of the route, each with its name in the OpenAPI path.
    pub(super) renames: &'a [(String, &'a str)],
    /// The security scheme of callers.
    pub(super) callers: Option<Value>,
    pub(super) calls_apis: bool,
}

impl OperationRoute<'_> {
    /// Returns the operation without its `operationId`.
    pub(super) fn describe(&self, components: &mut Components) -> Object {
        let Self { draft, fragment, route, types, .. } = self;
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
        let of_inputs = types.inputs.iter().chain(std::iter::repeat(&Value::Null));
        for (argument, schema) in fragment.arguments.iter().zip(of_inputs) {
            let schema = if schema.is_null() { json!({}) } else { components.schema(schema, INPUT) };
            match argument.place {
                ParameterIn::Body => body.push((argument, schema)),
                _ if argument.sensitive || is_header(argument, "authorization") => {
                    schemes.push((components.scheme(argument, scheme(draft, fragment, argument)), argument.required));
                }
                _ if is_ignored(argument) => {}
                _ => parameters.push(self.parameter(argument, schema)),
            }
        }
        for header in &fragment.caller_headers {
            let argument = Argument {
                name: header.name.clone(),
                place: ParameterIn::Header,
                required: header.required,
                ..Argument::default()
            };
            if header.has_name("authorization") {
                schemes.push((components.scheme(&argument, scheme(draft, fragment, &argument)), header.required));
            } else if !is_ignored(&argument) {
                parameters.push(self.parameter(&argument, json!({ "type": "string" })));
            }
        }
        let expose = draft.head.capability.exposes.get(route.expose);
        let of_callers = self.callers.as_ref().map(|scheme| components.callers_scheme(scheme.clone()));
        let is_authenticated = of_callers.is_some() || (!schemes.is_empty() && fragment.consumed.is_some());
        schemes.extend(of_callers.map(|name| (name, true)));
        let method = route.operation.method;
        let has_body = !body.is_empty() && method.may_carry_body();
        let answers = Answers {
            fragment,
            method,
            types,
            takes_input: !fragment.arguments.is_empty()
                || !fragment.caller_headers.is_empty()
                || method.takes_body()
                || refuses_unknown_query(expose),
            reads_body: has_body || method.takes_body(),
            is_authenticated,
            may_be_missing: route.path.contains('{') && !is_none_on_404(fragment),
            calls_apis: self.calls_apis,
        };
        operation
            .with_some("parameters", (!parameters.is_empty()).then_some(parameters))
            .with_some("requestBody", has_body.then(|| request_body(fragment.consumed.is_some(), body)))
            .with_some("security", security(&schemes))
            .with("responses", answers.describe(components))
    }

    fn parameter(&self, argument: &Argument, schema: Value) -> Value {
        let renamed =
            self.renames.iter().find(|(own, _)| argument.place == ParameterIn::Path && same_name(own, &argument.name));
        let name = renamed.map_or(argument.name.as_str(), |(_, name)| name);
        let (suffix, style) = match argument.style {
            Some(Style::Brackets) => ("[]", None),
            Some(Style::Indexed) => ("[0]", None),
            Some(Style::Members) if argument.place == ParameterIn::Header => ("*", None),
            Some(Style::Comma) if argument.place == ParameterIn::Query => ("", Some(("form", false))),
            Some(Style::Space) => ("", Some(("spaceDelimited", false))),
            Some(Style::Pipe) => ("", Some(("pipeDelimited", false))),
            Some(Style::Deep) => ("", Some(("deepObject", true))),
            _ => ("", None),
        };
        let is_rest = argument.place == ParameterIn::Path && is_rest(&self.route.path, &argument.name);
        Object::default()
            .with("name", format!("{name}{suffix}"))
            .with("in", argument.place.as_str())
            .with("required", argument.required || argument.place == ParameterIn::Path)
            .with_some("description", argument.description.as_deref())
            .with_some("style", style.map(|(style, _)| style))
            .with_some("explode", style.map(|(_, explode)| explode))
            .with_some(forward::SEGMENTS, is_rest.then_some(true))
            .with("schema", schema)
            .done()
    }
}

fn is_header(argument: &Argument, name: &str) -> bool {
    argument.place == ParameterIn::Header && argument.name.eq_ignore_ascii_case(name)
}

/// Returns whether OpenAPI ignores a parameter, because `content` or `security` describes its header (3.1.1, section 4.8.12.1).
fn is_ignored(argument: &Argument) -> bool {
    ["accept", "content-type", "authorization"].iter().any(|name| is_header(argument, name))
}

/// The description of a form that has files and other parts. A file is streamed only if all required parts come before it.
const FILES_LAST: &str = "Send the files after all other parts.";

/// The suffix of an input schema's name, if the output schema of the same type differs.
const INPUT: &str = "Input";

fn refuses_unknown_query(expose: Option<&Expose>) -> bool {
    matches!(expose, Some(Expose::Rest(rest)) if rest.unknown_query == Some(Unknown::Refuse))
}

fn is_none_on_404(fragment: &Fragment) -> bool {
    fragment.consumed.as_ref().is_some_and(|part| part.operation.none_on.contains(&404))
}

/// Returns whether an argument fills the rest of a path, with any number of segments.
fn is_rest(path: &str, argument: &str) -> bool {
    let template = Template::path(path).ok();
    let mut placeholders = template.iter().flat_map(Template::placeholders);
    placeholders.any(|placeholder| rest_name(placeholder).is_some_and(|name| same_name(name, argument)))
}

/// Returns the first paragraph of a description if it is short, or else its first sentence.
fn summary(description: &str) -> &str {
    let paragraph = description.split("\n\n").next().unwrap_or_default().trim();
    if paragraph.chars().count() <= LONGEST_SUMMARY {
        return paragraph;
    }
    paragraph.split_once(". ").map_or(paragraph, |(first, _)| first)
}

/// Returns the security scheme of a caller's credential.
fn scheme(draft: &Draft, fragment: &Fragment, argument: &Argument) -> Value {
    let consume = fragment.consumed.as_ref().and_then(|part| draft.head.capability.consumes.get(part.consume));
    let own = consume.and_then(|consume| consume.authentication.as_ref());
    let own = own.filter(|_| is_header(argument, "authorization"));
    let scheme = match own.and_then(Authentication::http_scheme) {
        Some(scheme) => Object::default().with("type", "http").with("scheme", scheme),
        None => Object::default()
            .with("type", "apiKey")
            .with("in", argument.place.as_str())
            .with("name", argument.name.as_str()),
    };
    scheme.with_some("description", argument.description.as_deref()).done()
}

/// Returns the security requirement: all credentials and, if some are optional, the alternative with only the required ones.
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

/// Returns the body: a single argument, or (in an orchestration or a multipart body) an object with a member for each argument.
/// `consumed` is `false` for an orchestration.
fn request_body<'a>(consumed: bool, body: Vec<(&'a Argument, Value)>) -> Value {
    let required = body.iter().any(|(argument, _)| argument.required);
    let whole = consumed || body.iter().any(|(argument, _)| argument.whole_body);
    let kind = body.first().and_then(|(argument, _)| argument.body).unwrap_or(BodyKind::Json);
    let is_parts = kind == BodyKind::MultipartForm;
    let (description, schema) = match body.first() {
        Some((argument, schema)) if whole && !is_parts => (argument.description.clone(), schema.clone()),
        _ => (None, members(body.clone())),
    };
    let has_file_and_field =
        is_parts && [true, false].iter().all(|is_file| body.iter().any(|(argument, _)| argument.file == *is_file));
    // The order of `properties` has no meaning, so the description specifies the order of the parts.
    let description = description.or_else(|| has_file_and_field.then(|| FILES_LAST.to_owned()));
    let mut content = json!({ "application/json": { "schema": schema } });
    match kind {
        // A file is sent unchanged, with any media type.
        BodyKind::Binary => content = json!({ "*/*": { "schema": binary() } }),
        BodyKind::MultipartForm => {
            let mut file = binary();
            file["type"] = "string".into();
            let part = |(argument, schema): (&'a Argument, Value)| {
                (argument, if argument.file { file.clone() } else { schema })
            };
            let encoding = body.iter().filter_map(|(argument, _)| {
                let content_type = argument.content_type.as_ref()?;
                Some((argument.name.clone(), json!({ "contentType": content_type })))
            });
            let encoding = encoding.collect::<Map<_, _>>();
            content[kind.media_type()] = json!({ "schema": members(body.into_iter().map(part).collect()) });
            if !encoding.is_empty() {
                content[kind.media_type()]["encoding"] = encoding.into();
            }
        }
        BodyKind::FormUrlEncoded => content[kind.media_type()] = content["application/json"].clone(),
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
