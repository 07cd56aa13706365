//! The body of a request: a template, the caller's whole body, or a member for each body parameter.

use super::plan::{Body, MultipartPart, Source};
use super::scan;
use super::scope::{ArgumentUse, Destination, Scope};
use crate::model::{Authentication, BodyKind, Placement, RequestBody, Style, TypedBody};
use crate::printable;
use crate::template::same_name;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashSet;

/// Lowers a body: `template` is the operation's `body`, `content_type` its Content-Type header, `with` the sources of holes by name,
/// `whole` the source of the whole body, and `fields` the sources of members. Returns `None` if the request has no body. The
/// members or parts of a template take precedence over fields with the same name.
pub(super) fn lower<'d>(
    scope: &mut Scope<'d>,
    template: Option<&'d RequestBody>,
    content_type: Option<&str>,
    with: &IndexMap<String, Source>,
    whole: Option<Source>,
    mut fields: Vec<(String, Source)>,
    authentication: Option<&'d Authentication>,
) -> Option<Body> {
    if let Some((Placement::Body, key)) = authentication.and_then(Authentication::key) {
        fields.retain(|(name, _)| name != key);
        fields.push((key.to_owned(), Source::Credential));
    }
    if let Some(RequestBody::Typed(body)) = template {
        report_content_type(scope, body.kind, content_type);
    }
    if let Some(RequestBody::Typed(TypedBody { kind, data: Value::Null, lists })) = template {
        return without_template(scope, *kind, whole, fields, *lists);
    }
    let Some(template) = template else {
        if whole.is_none() && fields.is_empty() {
            return None;
        }
        let kind = parameters_kind(scope, whole.as_ref(), content_type);
        return without_template(scope, kind, whole, fields, None);
    };
    if matches!(template, RequestBody::Typed(_)) {
        scope.here.push_str("/data");
    }
    Some(match template {
        RequestBody::Raw(text) => {
            report_members(scope, &fields);
            text_body(scope, text, content_type, with)
        }
        RequestBody::Typed(body) => match (body.kind, &body.data) {
            (BodyKind::Json, Value::String(text)) => {
                report_members(scope, &fields);
                json_text(scope, text, with)
            }
            (BodyKind::Json, data) => Body::Json(match scope.template(data, with) {
                Source::Object(members) => Source::Object(joined(members, fields)),
                other => {
                    report_members(scope, &fields);
                    other
                }
            }),
            (BodyKind::FormUrlEncoded, Value::String(text)) => {
                let mut pieces = scope.pieces(text, with, ArgumentUse::to(Destination::Member));
                let names = text.split('&').map(|field| field.split('=').next().unwrap_or(field));
                let names: HashSet<&str> = names.collect();
                for (name, source) in fields {
                    let encoded = form_encoded(&name);
                    if !names.contains(&*name) && !names.contains(&*encoded) {
                        pieces.push(super::Piece::Literal(format!("&{encoded}=")));
                        pieces.push(super::Piece::Value(source));
                    }
                }
                Body::FormText(pieces)
            }
            (BodyKind::FormUrlEncoded, data) => {
                let members = joined(members(scope, data, with), fields);
                match body.lists {
                    Some(lists) => Body::FormObject(lists, Source::Object(members)),
                    None => Body::Form(members),
                }
            }
            (BodyKind::MultipartForm, data) => {
                let mut parts = parts(scope, data, with);
                let names: HashSet<_> = parts.iter().map(|part| part.name.as_str()).collect();
                fields.retain(|(name, _)| !names.contains(name.as_str()));
                parts.extend(fields.into_iter().map(|(name, value)| part(name, value)));
                Body::Multipart(parts)
            }
            // The values in a text are encoded as its Content-Type requires, unless the text is a single hole.
            (kind, Value::String(text)) if scan::whole(text).is_none() && is_encoded(kind, content_type) => {
                report_members(scope, &fields);
                text_body(scope, text, content_type, with)
            }
            // An object or a list under `type: text` is sent as JSON.
            (BodyKind::Text, data @ (Value::Object(_) | Value::Array(_))) => {
                report_members(scope, &fields);
                json_text(scope, &data.to_string(), with)
            }
            (kind, data) => {
                report_members(scope, &fields);
                let text = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
                Body::Text(kind, scope.text(&text, with, ArgumentUse::to(Destination::Member)))
            }
        },
    })
}

/// Encodes the name of a field of a form (WHATWG URL, section 5.2).
fn form_encoded(name: &str) -> String {
    let encoded = name.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Returns whether the Content-Type of a text determines how the values in it are encoded.
fn is_encoded(kind: BodyKind, content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return false };
    match kind {
        BodyKind::Text => true,
        BodyKind::Sparql | BodyKind::Yaml => header_kind(content_type).is_some(),
        _ => false,
    }
}

/// Lowers a template of a text body.
fn text_body<'d>(
    scope: &mut Scope<'d>,
    text: &'d str,
    content_type: Option<&str>,
    with: &IndexMap<String, Source>,
) -> Body {
    match text_kind(text, content_type) {
        BodyKind::Json => json_text(scope, text, with),
        BodyKind::FormUrlEncoded => Body::FormText(scope.pieces(text, with, ArgumentUse::to(Destination::Member))),
        kind => {
            let usage = scan::whole(text).map_or(ArgumentUse::to(Destination::Member), whole_or_member);
            Body::Text(kind, scope.text(text, with, usage))
        }
    }
}

/// Returns the type of a body without a template: the type in its Content-Type, or else JSON.
fn parameters_kind(scope: &mut Scope<'_>, whole: Option<&Source>, content_type: Option<&str>) -> BodyKind {
    let Some(content_type) = content_type else { return BodyKind::Json };
    let of_header = header_kind(content_type);
    let declared = whole.and_then(|whole| scope.kind_of(whole)).unwrap_or(if whole.is_some() { "" } else { "object" });
    match (of_header, declared) {
        (Some(BodyKind::Xml), "" | "string") => BodyKind::Xml,
        (Some(BodyKind::Xml), _) => {
            scope.report(
                format!("a body with the Content-Type `{content_type}` needs a template"),
                "write the XML as `body: \"<name>{{name}}</name>\"`, with a parameter between the braces",
            );
            BodyKind::Json
        }
        // A string under such a Content-Type is the encoded body, which the caller sends.
        (None | Some(BodyKind::FormUrlEncoded | BodyKind::MultipartForm), "string") => BodyKind::Text,
        (None, "") if content_type.to_ascii_lowercase().starts_with("text/") => BodyKind::Text,
        (kind, _) => kind.unwrap_or(BodyKind::Json),
    }
}

/// Reports a Content-Type that contradicts the type of the body.
fn report_content_type(scope: &mut Scope<'_>, kind: BodyKind, content_type: Option<&str>) {
    let Some(content_type) = content_type else { return };
    let name = |kind: BodyKind| match kind {
        BodyKind::Json => Some("json"),
        BodyKind::Xml => Some("xml"),
        BodyKind::FormUrlEncoded => Some("formUrlEncoded"),
        BodyKind::MultipartForm => Some("multipartForm"),
        BodyKind::Text | BodyKind::Sparql | BodyKind::Yaml | BodyKind::Binary => None,
    };
    // The client sets the Content-Type of a multipart body, because it names the boundary of the parts.
    let Some(own) = name(kind).filter(|_| kind != BodyKind::MultipartForm) else { return };
    let other = header_kind(content_type).filter(|other| *other != kind);
    if let Some(other) = other.and_then(name) {
        scope.report(
            format!("the type of the body is `{own}`, but the Content-Type is `{content_type}`"),
            format!("write `type: {other}`, or remove the header `Content-Type`"),
        );
    }
}

/// Returns the type of body that a Content-Type requires: JSON, XML, a form or multipart; `None` for any other Content-Type.
fn header_kind(content_type: &str) -> Option<BodyKind> {
    let content_type = content_type.to_ascii_lowercase();
    match () {
        () if content_type.contains("json") => Some(BodyKind::Json),
        () if content_type.contains("xml") => Some(BodyKind::Xml),
        () if content_type.contains("x-www-form-urlencoded") => Some(BodyKind::FormUrlEncoded),
        () if content_type.contains("multipart/form-data") => Some(BodyKind::MultipartForm),
        () => None,
    }
}

/// Lowers a body of which only the type is declared: it consists of its parameters, or the caller sends it.
fn without_template(
    scope: &mut Scope<'_>,
    kind: BodyKind,
    whole: Option<Source>,
    fields: Vec<(String, Source)>,
    lists: Option<Style>,
) -> Option<Body> {
    match kind {
        BodyKind::FormUrlEncoded => match (whole, lists) {
            (Some(whole), lists) if fields.is_empty() => {
                Some(Body::FormObject(lists.unwrap_or(Style::Repeated), whole))
            }
            _ if fields.is_empty() => None,
            (_, Some(lists)) => Some(Body::FormObject(lists, Source::Object(fields))),
            (_, None) => Some(Body::Form(fields)),
        },
        BodyKind::MultipartForm => {
            if whole.is_some() {
                scope.report(
                    "`body` is the whole body, but a multipart body consists of parts",
                    "declare each part under `inputParameters`, with its name and `in: body`",
                );
            }
            let parts: Vec<_> = fields.into_iter().map(|(name, value)| part(name, value)).collect();
            (!parts.is_empty()).then_some(Body::Multipart(parts))
        }
        BodyKind::Json if whole.is_none() && !fields.is_empty() => Some(Body::Json(Source::Object(fields))),
        kind => {
            report_members(scope, &fields);
            let whole = whole.unwrap_or_else(|| scope.input("body", ArgumentUse::to(Destination::Body)));
            Some(if kind == BodyKind::Json { Body::Json(whole) } else { Body::Text(kind, whole) })
        }
    }
}

/// Reports the first of the members that cannot be sent in addition to the body.
fn report_members(scope: &mut Scope<'_>, fields: &[(String, Source)]) {
    if let Some((name, _)) = fields.first() {
        scope.report(
            format!("`{name}` is a member of a body that is not an object"),
            "make the body an object with a member of that name, or remove the parameter",
        );
    }
}

/// Adds the fields to the members of an object, except those with the name of a member.
fn joined(mut members: Vec<(String, Source)>, fields: Vec<(String, Source)>) -> Vec<(String, Source)> {
    let mut names: HashSet<String> = members.iter().map(|(name, _)| name.clone()).collect();
    members.extend(fields.into_iter().filter(|(name, _)| names.insert(name.clone())));
    members
}

/// Returns the type of a body that is only a string: the type in its Content-Type, or else a guess from its content.
pub(super) fn text_kind(text: &str, content_type: Option<&str>) -> BodyKind {
    let is_json = || scan::as_json(text).is_some_and(|value| value.is_object() || value.is_array());
    match content_type.map(header_kind) {
        // JSON under another Content-Type is lowered as JSON, so that values cannot change its structure.
        Some(None) if is_json() => BodyKind::Json,
        // The text is a complete multipart body, with its boundaries.
        Some(Some(BodyKind::MultipartForm) | None) => BodyKind::Text,
        Some(Some(kind)) => kind,
        None if scan::as_json(text).is_some() => BodyKind::Json,
        None if text.trim_start().starts_with('<') => BodyKind::Xml,
        None => BodyKind::Text,
    }
}

/// Lowers a string that is JSON once its holes are filled. If the text is a single hole, the body is the value itself.
fn json_text(scope: &mut Scope<'_>, text: &str, with: &IndexMap<String, Source>) -> Body {
    match scan::whole(text) {
        Some(inside) => Body::Json(scope.hole(inside, with, whole_or_member(inside))),
        None => Body::JsonText(scope.pieces(text, with, ArgumentUse::to(Destination::Member))),
    }
}

/// Returns the destination of a body's only hole: `body` is the caller's whole body, any other name is a member.
fn whole_or_member<'d>(inside: &str) -> ArgumentUse<'d> {
    let name = inside.rsplit('.').next().unwrap_or_default();
    ArgumentUse::to(if same_name(name, "body") { Destination::Body } else { Destination::Member })
}

/// Lowers the data of a form, an object, to its members.
fn members(scope: &mut Scope<'_>, data: &Value, with: &IndexMap<String, Source>) -> Vec<(String, Source)> {
    if let Source::Object(members) = scope.template(data, with) {
        return members;
    }
    let message = format!("expected an object as the data of a form, found {}", kind_of(Some(data)));
    scope.report(message, "write `data: { field: value }`");
    Vec::new()
}

/// Lowers the data of a multipart body: a list of parts, or an object with a member for each part.
fn parts(scope: &mut Scope<'_>, data: &Value, with: &IndexMap<String, Source>) -> Vec<MultipartPart> {
    let Value::Array(list) = data else {
        return members(scope, data, with).into_iter().map(|(name, value)| part(name, value)).collect();
    };
    let mut parts = Vec::new();
    for entry in list {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        match (text("name"), entry.get("value").or_else(|| entry.get("data"))) {
            (Some(name), Some(value)) => {
                let value = scope.template(value, with);
                let mut value_of =
                    |key| text(key).map(|text| scope.text(text, with, ArgumentUse::to(Destination::Member)));
                let (filename, content_type) = (value_of("filename"), value_of("contentType"));
                parts.push(MultipartPart { name: name.to_owned(), value, filename, content_type });
            }
            (name, _) => {
                let message = match (name, entry) {
                    (_, entry) if !entry.is_object() => {
                        format!("expected an object as a part of a multipart body, found {}", kind_of(Some(entry)))
                    }
                    (Some(name), _) => format!("the part `{}` of a multipart body has no `value`", printable(name)),
                    (None, _) => {
                        let found = kind_of(entry.get("name"));
                        format!("expected a string as the `name` of a part of a multipart body, found {found}")
                    }
                };
                scope.report(message, "write each part as `{ name: …, value: … }`");
            }
        }
    }
    parts
}

/// Names the type of a value, or of a missing value, in a message.
fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None | Some(Value::Null) => "nothing",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

fn part(name: String, value: Source) -> MultipartPart {
    MultipartPart { name, value, filename: None, content_type: None }
}
