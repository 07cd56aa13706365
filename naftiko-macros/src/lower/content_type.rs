//! Checks the Content-Type that a trait sets for a body that is sent as JSON.

use crate::errors::Errors;
use crate::syntax::verb::Verb;
use crate::syntax::{CapabilitySettings, Form, Method, Parameter};
use naftiko_spec::model::{ParameterIn, is_json};
use syn::Type;

const OTHER_BODIES: &str =
    "to send another format, write `#[body(form)]`, `#[body(text)]`, `#[body(xml)]` or `#[body(bytes)]`";

/// Reports a Content-Type that contradicts the body.
pub(super) fn check(settings: &CapabilitySettings, method: &Method, verb: &Verb, errors: &mut Errors) {
    let is_body = |own: &&Parameter| match &own.place {
        Some((place, _)) => *place == ParameterIn::Body,
        None => own.name == "body",
    };
    let Some(body) = method.parameters.iter().find(is_body).filter(|body| body.format.body.is_none()) else { return };
    let name = &body.name;
    for own in method.parameters.iter().filter(|own| matches!(own.place, Some((ParameterIn::Header, _)))) {
        // An argument `content_type` without a name in its attribute is probably meant as this header.
        let header = own.rename.as_ref().map_or_else(|| own.name.replace('_', "-"), |rename| rename.value.clone());
        if !header.eq_ignore_ascii_case("content-type") {
            continue;
        }
        let default = own.refinement.as_ref().and_then(|added| added.get("default")?.as_str().map(str::to_owned));
        let span = own.rename.as_ref().map_or_else(|| own.ident.span().into(), |rename| rename.span);
        if is_text(body) {
            let message = format!("`{name}` is sent as a JSON string, in quotes, regardless of this Content-Type");
            errors.add(span, message, format!("remove `{}`, or use your own type for JSON; {OTHER_BODIES}", own.name));
        } else if let Some(default) = default.filter(|default| !is_json(default)) {
            let message = format!("`{name}` is sent as JSON, but this Content-Type is `{default}`");
            errors.add(
                span,
                message,
                format!(
                    "write a media type of JSON such as `application/json`, or remove `{}`; {OTHER_BODIES}",
                    own.name
                ),
            );
        }
    }
    let mut apis = settings.consumes.iter();
    let api = match &verb.consumes {
        Some(wanted) => apis.find(|api| api.namespace.as_ref().is_some_and(|own| own.value == wanted.value)),
        None => apis.next(),
    };
    // A constant of the API may suit other methods, so it is reported at this method's body.
    let of_api = api.iter().flat_map(|api| &api.constants).map(|constant| (constant, "`consumes`", None));
    let of_verb = verb.constants.iter().map(|constant| (constant, "the verb", Some(constant.name.span)));
    let constants = of_api.chain(of_verb);
    let constants = constants.filter(|(constant, ..)| constant.has_name(ParameterIn::Header, "content-type"));
    let values = constants.map(|(constant, whose, at)| (constant.value.value.as_str(), whose, at));
    for (value, whose, at) in values.filter(|(value, ..)| !is_json(value) && !value.contains("{{")) {
        let message = format!("`{name}` is sent as JSON, but the Content-Type of {whose} is `{value}`");
        let help =
            format!("remove `header(\"Content-Type\" = …)`: a JSON body sets its own `Content-Type`; {OTHER_BODIES}");
        errors.add(at.unwrap_or_else(|| body.ident.span().into()), message, help);
    }
}

/// Returns whether the type of a body is `&str`, `String` or `&String`.
fn is_text(body: &Parameter) -> bool {
    let name = match &body.inner {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    body.form == Form::Str || (matches!(body.form, Form::Value | Form::Ref) && name.as_deref() == Some("String"))
}
