//! Rules for input parameters and bodies of consumed operations.

use super::walk::{Api, Consumed, DocumentView};
use super::{Subject, constraints};
use crate::diagnostic::fix::{Fix, NameKind};
use crate::diagnostic::table::requests::{
    DUPLICATE_ARGUMENT, INEXACT_NUMBER, INVALID_HEADER_NAME, INVALID_HEADER_VALUE, INVALID_TEMPLATE,
    REPEATED_CREDENTIAL, SEVERAL_BODIES, UNEXPECTED_BODY, UNFIT_VALUE, UNSUPPORTED_FORMAT, UNUSED_CONTENT_TYPE,
};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fragment::{Argument, AssembledPaths, Fragment};
use crate::lower::holes;
use crate::model::{Authentication, BodyKind, Format, InputParameter, Method, ParameterIn, Placement, RequestBody};
use crate::model::{invalid_name, is_media_type, is_token, is_token_char, why_not_passed_on};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Headers of the connection or of the message's framing, which the client sets (RFC 9110, section 7.6.1; RFC 9112).
const CLIENT_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for api in &walk.apis {
        let key = api.consume.authentication.as_ref().and_then(Authentication::key);
        if let Some((placement @ (Placement::Header | Placement::Cookie), key)) = key {
            let at = format!("{}/authentication/key", api.at);
            findings.extend(wrong_name(placement.as_str(), key, true, at));
        }
        beside_credential(api, &api.at, &api.consume.input_parameters, findings);
        check_list(subject, &api.at, &api.consume.input_parameters, true, findings);
        for (position, resource) in api.consume.resources.iter().enumerate() {
            let at = format!("{}/resources/{position}", api.at);
            beside_credential(api, &at, &resource.input_parameters, findings);
            check_list(subject, &at, &resource.input_parameters, true, findings);
        }
    }
    for consumed in &walk.operations {
        if let Some(api) = walk.apis.get(consumed.api) {
            beside_credential(api, &consumed.at, &consumed.operation.input_parameters, findings);
        }
        check_list(subject, &consumed.at, &consumed.operation.input_parameters, true, findings);
        bodies(subject, consumed, findings);
        content_types(consumed, findings);
        unknown_format(consumed, findings);
        response_headers(consumed, findings);
    }
    for callable in &walk.callables {
        check_list(subject, &callable.at, callable.inputs, false, findings);
    }
    for (fragment, paths) in subject.fragments() {
        several_bodies(fragment, paths, findings);
    }
}

/// Checks the parameters in a list. Only parameters of requests to an API (`is_sent_to_api`) can conflict with the client's own
/// headers.
fn check_list(
    subject: Subject<'_>,
    at: &str,
    parameters: &[InputParameter],
    is_sent_to_api: bool,
    findings: &mut Vec<Diagnostic>,
) {
    duplicates(subject, at, parameters, findings);
    if !subject.is_trait() {
        constraints::mirrored_headers(at, parameters, findings);
    }
    for (index, parameter) in parameters.iter().enumerate() {
        inexact_numbers(subject, parameter, || format!("{at}/inputParameters/{index}"), findings);
        // In a trait, the keywords follow from the types of arguments.
        if !subject.is_trait() {
            constraints::check(parameter, || format!("{at}/inputParameters/{index}"), findings);
            findings.extend(unfit_default(parameter, || format!("{at}/inputParameters/{index}/default")));
            findings.extend(template_default(parameter, || format!("{at}/inputParameters/{index}/default")));
            findings.extend(unfit_choice(parameter, || format!("{at}/inputParameters/{index}/enum")));
        }
        findings.extend(unfit_value(parameter, || format!("{at}/inputParameters/{index}/value")));
        if let Some(place @ (ParameterIn::Header | ParameterIn::Cookie)) = parameter.place {
            let at = format!("{at}/inputParameters/{index}/name");
            let found = wrong_name(place.as_str(), &parameter.name, is_sent_to_api, at);
            // Only a warning for exposed parameters: callers cannot send the parameter, but the operation runs.
            findings
                .extend(found.map(|found| if is_sent_to_api { found } else { found.with_severity(Severity::Warning) }));
        }
    }
}

/// Finds constants with the same name and location as the API's credential, which replaces them.
fn beside_credential(api: &Api<'_>, at: &str, parameters: &[InputParameter], findings: &mut Vec<Diagnostic>) {
    let Some(authentication) = &api.consume.authentication else { return };
    let (place, credential) = match authentication.key() {
        Some((Placement::Header, key)) => (ParameterIn::Header, key),
        Some((Placement::Query, key)) => (ParameterIn::Query, key),
        Some((Placement::Cookie, key)) => (ParameterIn::Cookie, key),
        Some((Placement::Path | Placement::Body, _)) => return,
        None if matches!(authentication, Authentication::Other(_)) => return,
        None => (ParameterIn::Header, "Authorization"),
    };
    let is_same = |name: &str| match place {
        ParameterIn::Header => name.eq_ignore_ascii_case(credential),
        _ => name == credential,
    };
    for (index, parameter) in parameters.iter().enumerate() {
        if parameter.value.is_some() && parameter.place == Some(place) && is_same(&parameter.name) {
            let what = if place == ParameterIn::Query { "query parameter" } else { place.as_str() };
            let message = format!("`authentication` already sends the {what} `{credential}`");
            let found = Diagnostic::new(&REPEATED_CREDENTIAL, format!("{at}/inputParameters/{index}/name"), message);
            // An operation or a resource may need another credential than its API, so the help says how to declare one.
            findings.push(found.fix(if at.contains("/resources/") {
                "remove this value, or remove `authentication`; for a credential of this operation, declare the API again in \
                 `consumes`, with another `namespace`"
            } else {
                "remove this value, or remove `authentication`"
            }));
        }
    }
}

/// Finds numbers in a schema that would be published as other numbers, because no 64-bit number represents them.
fn inexact_numbers(
    subject: Subject<'_>,
    parameter: &InputParameter,
    at: impl Fn() -> String,
    findings: &mut Vec<Diagnostic>,
) {
    let exact = &subject.document.exact_numbers;
    if exact.is_empty() {
        return;
    }
    let Ok(Value::Object(keys)) = serde_json::to_value(parameter) else { return };
    for (key, _) in keys.iter().filter(|(_, value)| exact.has_any(value)) {
        let message = format!("`{key}` of `{}` has a number that no 64-bit number can represent", parameter.name);
        let found = Diagnostic::new(&INEXACT_NUMBER, format!("{}/{key}", at()), message);
        findings
            .push(found.fix("make the parameter a string and quote the number, or write a number with fewer digits"));
    }
}

/// Finds a constant that obviously does not have the declared type.
fn unfit_value(parameter: &InputParameter, at: impl Fn() -> String) -> Option<Diagnostic> {
    let (kind, value) = (parameter.kind.as_deref()?, parameter.value.as_deref()?.trim());
    let fits = match kind {
        "integer" | "number" => value.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit()),
        "boolean" => {
            ["true", "false", "yes", "no", "on", "off", "1", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
        }
        _ => true,
    };
    if fits || value.contains("{{") {
        return None;
    }
    let message = format!("expected a value of type {kind} for `{}`, found `{}`", parameter.name, value.escape_debug());
    Some(Diagnostic::new(&UNFIT_VALUE, at(), message).fix("write a value of that type, or correct `type`"))
}

/// Finds a `{{…}}` in a default: it is sent as text, not replaced by a value.
fn template_default(parameter: &InputParameter, at: impl Fn() -> String) -> Option<Diagnostic> {
    let hole = *holes(parameter.default.as_ref()?).first()?;
    let message =
        format!("`{{{{{hole}}}}}` in the default of `{}` is sent as text", parameter.name).escape_debug().to_string();
    let found = Diagnostic::new(&INVALID_TEMPLATE, at(), message).with_severity(Severity::Warning);
    Some(found.fix("write it as `value` instead of `default`"))
}

/// Finds a value in `enum` that does not have the type of the parameter, so that no caller can send it.
fn unfit_choice(parameter: &InputParameter, at: impl Fn() -> String) -> Option<Diagnostic> {
    let kind = parameter.kind.as_deref().filter(|kind| *kind != "array")?;
    let fits = |choice: &Value| choice.is_null() || has_type(choice, kind);
    let index = parameter.choices.iter().position(|choice| !fits(choice))?;
    let found = parameter.choices.get(index).map_or("nothing", type_of);
    let message =
        format!("expected values of type {kind} in the `enum` of `{}`, found {found}", parameter.name.escape_debug());
    let found = Diagnostic::new(&UNFIT_VALUE, format!("{}/{index}", at()), message);
    Some(found.fix("write values of that type, or correct `type`"))
}

/// Returns whether a value has a type. Any number counts as an integer, and an unknown type accepts every value.
fn has_type(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" | "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => true,
    }
}

/// Names the type of a value in a message; the value itself may be a secret.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Finds a default that is not one of the parameter's choices, or does not have its type.
fn unfit_default(parameter: &InputParameter, at: impl Fn() -> String) -> Option<Diagnostic> {
    let default = parameter.default.as_ref()?;
    let is_same = |choice: &Value| match (choice.as_f64(), default.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => choice == default,
    };
    let kind = parameter.kind.as_deref().unwrap_or_default();
    if kind == "array" {
        return None;
    }
    let fits = has_type(default, kind) || parameter.format.as_deref() == Some("binary");
    let name = parameter.name.escape_debug();
    let (message, fix) = match parameter.choices.as_slice() {
        _ if !fits => (
            format!("expected a default of type {kind} for `{name}`, found {}", type_of(default)),
            "write a value of that type, or correct `type`",
        ),
        [] => return None,
        choices if choices.iter().any(is_same) => return None,
        _ => (
            format!("the default of `{name}` is not in its `enum`"),
            "write one of the values in `enum`, or add it there",
        ),
    };
    Some(Diagnostic::new(&UNFIT_VALUE, at(), message).fix(fix))
}

/// Checks the name of a header or a cookie.
pub(super) fn wrong_name(what: &str, name: &str, is_sent_to_api: bool, at: String) -> Option<Diagnostic> {
    if !is_token(name) {
        let better: String =
            name.chars().map(|c| if c.is_whitespace() { '-' } else { c }).filter(|c| is_token_char(*c)).collect();
        let example =
            if what == "cookie" { "name it, for example `session`" } else { "name it, for example `X-Request-Id`" };
        let fix = if better.is_empty() { example.into() } else { Fix::Write(better) };
        let message = invalid_name(what, name);
        Some(Diagnostic::new(&INVALID_HEADER_NAME, at, message).fix(fix))
    } else if what == "header" && is_sent_to_api && CLIENT_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
        let message = format!("the HTTP client controls the header `{name}`");
        let found = Diagnostic::new(&INVALID_HEADER_NAME, at, message).fix("remove it");
        Some(found.with_severity(Severity::Warning))
    } else {
        None
    }
}

/// Finds parameters with the same name and location; in a trait, arguments with the same name.
fn duplicates(subject: Subject<'_>, at: &str, parameters: &[InputParameter], findings: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(Option<ParameterIn>, Cow<'_, str>), usize> = HashMap::new();
    // Callers of a method do not see constants.
    let seen_by_callers = |parameter: &InputParameter| !subject.is_trait() || parameter.value.is_none();
    for (index, parameter) in parameters.iter().enumerate().filter(|(_, parameter)| seen_by_callers(parameter)) {
        // Only header names are case-insensitive (RFC 9110, section 5.1).
        let name = match parameter.place {
            Some(ParameterIn::Header) => Cow::Owned(parameter.name.to_ascii_lowercase()),
            _ => Cow::Borrowed(parameter.name.as_str()),
        };
        // Arguments of a method differ only by name, wherever they are sent.
        let place = parameter.place.filter(|_| !subject.is_trait());
        let first = *seen.entry((place, name)).or_insert(index);
        if first != index {
            let message = format!("another parameter is called `{}`", parameter.name);
            let found = Diagnostic::new(&DUPLICATE_ARGUMENT, format!("{at}/inputParameters/{index}"), message);
            findings.push(
                found
                    .fix(Fix::Rename { what: NameKind::Argument(parameter.place), to: None })
                    .also(format!("{at}/inputParameters/{first}")),
            );
        }
    }
}

/// Reports body arguments of a request whose method allows no body, and body arguments beside an argument that is the whole body.
fn several_bodies(fragment: &Fragment, paths: &AssembledPaths, findings: &mut Vec<Diagnostic>) {
    let Some(at) = paths.places().next() else { return };
    let at = |index: usize| format!("{at}/inputParameters/{index}");
    let all = || fragment.arguments.iter().enumerate().filter(|(_, argument)| argument.place == ParameterIn::Body);
    let declared = |method: Method| fragment.declares_body && method == Method::Delete;
    let takes_body = fragment.method().is_none_or(|method| method.takes_body() || declared(method));
    let inputs = fragment.consumed.as_ref().map(|part| &part.operation.input_parameters);
    let inputs = inputs.or_else(|| fragment.routes.first().map(|route| &route.operation.input_parameters));
    let inputs = inputs.or_else(|| fragment.tools.first().map(|tool| &tool.tool.input_parameters));
    let kind = |index: usize| inputs.and_then(|inputs| inputs.get(index)).and_then(|input| input.kind.as_deref());
    if let Some(method) = fragment.method().filter(|_| !takes_body) {
        let path = fragment.consumed.as_ref().map(|part| &part.path);
        let path = path.or_else(|| fragment.routes.first().map(|route| &route.path)).cloned().unwrap_or_default();
        for (index, argument) in all() {
            let fix = match kind(index) {
                _ if method == Method::Delete => {
                    Fix::DeclareBody { path: path.clone(), consumed: fragment.consumed.is_some() }
                }
                Some("object") | None => Fix::SplitBody(argument.name.clone()),
                Some(_) => send_elsewhere(&argument.name),
            };
            findings.push(unexpected(at(index), method, &argument.name, fix));
        }
    }
    // Body arguments of an orchestration and parts of a form are members of one body, unless one argument is the whole body.
    let is_part = |argument: &Argument| argument.body == Some(BodyKind::MultipartForm);
    let whole = |argument: &Argument| argument.whole_body || (fragment.consumed.is_some() && !is_part(argument));
    let Some((first, body)) = all().find(|(_, argument)| takes_body && whole(argument)) else { return };
    for (index, argument) in all().filter(|(index, _)| *index != first) {
        let message = format!("`{}` and `{}` cannot both be the body", body.name, argument.name);
        let fix = if is_part(argument) {
            Fix::AddPart(body.name.clone())
        } else if [body, argument].iter().any(|one| one.body == Some(BodyKind::Binary)) {
            Fix::BothParts(body.name.clone(), argument.name.clone())
        } else {
            Fix::OneBody { argument: argument.name.clone(), object: kind(index) == Some("object") }
        };
        findings.push(Diagnostic::new(&SEVERAL_BODIES, at(index), message).fix(fix).also(at(first)));
    }
}

/// Returns the fix for a body argument of a request whose method allows no body.
fn send_elsewhere(name: &str) -> Fix {
    let query = Fix::SendIn { argument: name.to_owned(), place: ParameterIn::Query };
    Fix::Either(vec![query, "use a method with a body: POST".into()])
}

/// Returns the finding for a body argument of a request whose method allows no body.
fn unexpected(at: String, method: Method, name: &str, fix: Fix) -> Diagnostic {
    let message = format!("`{name}` is sent in the body, but a {} request has none", method.as_str());
    Diagnostic::new(&UNEXPECTED_BODY, at, message).fix(fix)
}

/// Finds bodies of requests whose method allows none, and body parameters that the body does not use.
fn bodies(subject: Subject<'_>, consumed: &Consumed<'_>, findings: &mut Vec<Diagnostic>) {
    let operation = consumed.operation;
    let parameters = || {
        operation
            .input_parameters
            .iter()
            .enumerate()
            .filter(|(_, parameter)| parameter.place == Some(ParameterIn::Body))
    };
    if !operation.method.may_carry_body() {
        if subject.is_trait() {
            return;
        }
        let word = operation.method.as_str();
        if operation.body.is_some() {
            let message = format!("`{}` is a {word} request with a body", operation.name);
            let found = Diagnostic::new(&UNEXPECTED_BODY, format!("{}/body", consumed.at), message);
            findings.push(found.fix("remove it, or use a method with a body: POST"));
        }
        findings.extend(parameters().map(|(index, parameter)| {
            let at = format!("{}/inputParameters/{index}", consumed.at);
            unexpected(at, operation.method, &parameter.name, send_elsewhere(&parameter.name))
        }));
        return;
    }
    let Some(body) = &operation.body else { return };
    // In an object or a form, each parameter is used: it is added as a member or a field.
    let is_form = |kind| matches!(kind, BodyKind::FormUrlEncoded | BodyKind::MultipartForm);
    if matches!(body, RequestBody::Typed(typed) if typed.data.is_object() || is_form(typed.kind)) {
        return;
    }
    let data = match body {
        RequestBody::Raw(text) => &Value::from(text.as_str()),
        RequestBody::Typed(body) => &body.data,
    };
    if data.is_null() {
        return;
    }
    // A parameter is used as `{{name}}` or `{{tools.name}}`.
    let used: HashSet<&str> = holes(data).into_iter().flat_map(tails).collect();
    for (index, parameter) in parameters() {
        if !used.contains(parameter.name.as_str()) {
            let message = format!("`{}` is not used in the body of `{}`", parameter.name, operation.name);
            let found = Diagnostic::new(&SEVERAL_BODIES, format!("{}/inputParameters/{index}", consumed.at), message);
            findings.push(
                found
                    .fix(format!("put `{{{{{}}}}}` into the body, or remove the parameter", parameter.name))
                    .also(format!("{}/body", consumed.at)),
            );
        }
    }
}

/// Checks the Content-Types of parameters, which only the parts of a multipart body have.
fn content_types(consumed: &Consumed<'_>, findings: &mut Vec<Diagnostic>) {
    let body = consumed.operation.body.as_ref();
    let has_parts = matches!(body, Some(RequestBody::Typed(typed)) if typed.kind == BodyKind::MultipartForm);
    for (index, parameter) in consumed.operation.input_parameters.iter().enumerate() {
        let Some(content_type) = &parameter.content_type else { continue };
        let at = format!("{}/inputParameters/{index}/contentType", consumed.at);
        if !has_parts || parameter.place != Some(ParameterIn::Body) {
            let message =
                format!("`{}` is not a part of a multipart body, so its `contentType` is not sent", parameter.name);
            let help = "remove it, or make the parameter `in: body` and the body `type: multipartForm`";
            findings.push(Diagnostic::new(&UNUSED_CONTENT_TYPE, at, message).fix(help));
        } else if !is_media_type(content_type) {
            let message = format!("`{}` is not a media type", content_type.escape_debug());
            let help = "write a type and a subtype: `image/png`";
            findings.push(Diagnostic::new(&INVALID_HEADER_VALUE, at, message).fix(help));
        }
    }
}

/// Returns a reference, and what follows each of its dots.
fn tails(reference: &str) -> impl Iterator<Item = &str> {
    let dots = reference.match_indices('.').map(|(dot, _)| dot + 1);
    [0].into_iter().chain(dots).filter_map(|start| reference.get(start..))
}

/// Finds an unknown format of the answer.
fn unknown_format(consumed: &Consumed<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(format) = consumed.operation.output_raw_format.as_deref() else { return };
    if Format::named(format).is_none() {
        let shown: String = format.chars().filter(|c| !c.is_control()).take(40).collect();
        let message = format!("unknown format `{shown}`");
        let words = Format::ALL.iter().map(|format| format.word()).collect::<Vec<_>>().join(", ");
        let found = Diagnostic::new(&UNSUPPORTED_FORMAT, format!("{}/outputRawFormat", consumed.at), message);
        findings.push(found.fix(format!("write one of {words}; `binary` returns the bytes unchanged")));
    }
}

/// Checks the headers of answers that are passed on to callers.
fn response_headers(consumed: &Consumed<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, name) in consumed.operation.response_headers.iter().enumerate() {
        if let Some(why) = why_not_passed_on(name) {
            let at = format!("{}/responseHeaders/{index}", consumed.at);
            let message = format!("the header `{}` cannot be passed on: it {why}", name.escape_debug());
            findings.push(Diagnostic::new(&INVALID_HEADER_NAME, at, message).fix("remove it"));
        }
    }
}
