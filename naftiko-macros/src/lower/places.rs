//! Determines where arguments are sent, and their names and types on the wire.

use crate::syntax::{CapabilitySettings, Form, Method, Parameter};
use naftiko_spec::fragment::Argument;
use naftiko_spec::model::{Authentication, BodyKind, Document, Method as Http, ParameterIn, Style};
use naftiko_spec::template::{rest_name, same_name};
use syn::Type;

/// The path and the method that decide where arguments are sent.
pub(super) struct PathAndMethod<'a> {
    /// The path with its placeholders; `None` for an orchestration without a route.
    pub(super) path: Option<&'a str>,
    /// The HTTP method.
    pub(super) method: Http,
    /// The index of the called API; `None` for an orchestration.
    pub(super) consume: Option<usize>,
}

/// Returns the name of an argument in the consumed operation of a document: `body` for the whole body, since a body parameter with another
/// name is a member of the body.
pub(super) fn consumed_name<'a>(arguments: &'a [Argument], argument: &'a Argument) -> &'a str {
    let is_whole = argument.place == ParameterIn::Body && argument.whole_body;
    if is_whole && arguments.iter().all(|other| other.name != "body") { "body" } else { &argument.name }
}

/// Returns the name on the wire of an argument that fills no placeholder.
pub(super) fn wire_name(settings: &CapabilitySettings, parameter: &Parameter) -> String {
    match (&parameter.rename, settings.rename_all) {
        (Some(rename), _) => rename.value.clone(),
        (None, Some(case)) => case.apply(&parameter.name),
        (None, None) => parameter.name.clone(),
    }
}

/// Returns the arguments of a method, each with its location (`in`) and its name on the wire.
pub(super) fn arguments(
    settings: &CapabilitySettings,
    head: &Document,
    method: &Method,
    route: &PathAndMethod<'_>,
) -> Vec<Argument> {
    let has_whole_body = method.parameters.iter().any(|parameter| is_whole_body(parameter, route));
    method
        .parameters
        .iter()
        .map(|parameter| {
            let placeholder = route.path.and_then(|path| placeholder(path, &parameter.name));
            let place = match (&parameter.place, placeholder) {
                (Some((place, _)), _) => *place,
                (None, Some(_)) => ParameterIn::Path,
                (None, None) if parameter.name == "body" => ParameterIn::Body,
                (None, None) if route.consume.is_some() || has_whole_body => ParameterIn::Query,
                (None, None) => default_place(route),
            };
            let name = match placeholder.filter(|_| place == ParameterIn::Path && parameter.rename.is_none()) {
                Some(placeholder) => placeholder.to_owned(),
                None => wire_name(settings, parameter),
            };
            let whole_body = is_whole_body(parameter, route);
            let kind = parameter.format.body.map_or("JSON", |kind| match kind {
                BodyKind::FormUrlEncoded => "form",
                BodyKind::Binary => "bytes",
                BodyKind::Xml => "XML",
                _ => "text",
            });
            let default = whole_body.then(|| format!("Request body ({kind})."));
            Argument {
                sensitive: place == ParameterIn::Header && is_credential(head, route.consume, &name),
                name,
                place,
                required: !parameter.may_be_left_out(),
                many: matches!(parameter.form, Form::Slice | Form::Vec),
                whole_body,
                style: parameter.format.style,
                body: parameter.format.body,
                file: parameter.format.file,
                limit: parameter.format.limit,
                content_type: parameter.format.part_type().map(|text| text.value.clone()),
                description: parameter.description.clone().or(default),
                ..Argument::default()
            }
        })
        .collect()
}

/// Returns where an argument of an orchestration is sent by default.
fn default_place(route: &PathAndMethod<'_>) -> ParameterIn {
    match route.path {
        Some(_) if !route.method.takes_body() => ParameterIn::Query,
        _ => ParameterIn::Body,
    }
}

/// Returns whether an argument is a whole body, and not a member of one.
fn is_whole_body(parameter: &Parameter, route: &PathAndMethod<'_>) -> bool {
    match &parameter.place {
        Some((place, _)) => *place == ParameterIn::Body && !parameter.format.is_part(),
        None => parameter.name == "body" && route.path.is_none_or(|path| placeholder(path, "body").is_none()),
    }
}

/// Returns the placeholder of a path with the name of an argument.
fn placeholder<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    placeholders(path).into_iter().find(|placeholder| same_name(placeholder, name))
}

/// Returns the names in the braces of a path or a URI, without the `+` of `{+name}`.
pub(super) fn placeholders(template: &str) -> Vec<&str> {
    let names = template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.map(|name| rest_name(name).unwrap_or(name)).collect()
}

/// Returns whether `header` carries the capability's own credential for the API with the index `consume`.
fn is_credential(head: &Document, consume: Option<usize>, header: &str) -> bool {
    let authentication =
        consume.and_then(|at| head.capability.consumes.get(at)).and_then(|api| api.authentication.as_ref());
    let name = authentication.and_then(Authentication::header);
    name.is_some_and(|name| header.eq_ignore_ascii_case(name))
}

/// Returns an argument's type in the document, guessed from the name of its Rust type.
pub(super) fn kind(parameter: &Parameter, place: ParameterIn) -> &'static str {
    match parameter.form {
        _ if parameter.format.file => return "string",
        _ if parameter.format.style.is_some_and(Style::is_of_objects) => return "object",
        Form::Str => return "string",
        Form::Slice | Form::Vec => return "array",
        Form::Value | Form::Ref => {}
    }
    let name = match &parameter.inner {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    match name.as_deref() {
        Some("u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize") => {
            "integer"
        }
        Some("f32" | "f64") => "number",
        Some("bool") => "boolean",
        Some("String" | "char") => "string",
        _ if place == ParameterIn::Body => "object",
        _ => "string",
    }
}
