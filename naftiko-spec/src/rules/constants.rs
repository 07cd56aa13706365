//! The rule for secrets in constants: in bodies, in `with`, in mappings, and in the values and defaults of parameters.

use super::secrets::{begins_like_a_secret, has_variable, literal};
use super::walk::{Callable, DocumentView};
use super::{RuleContext, Subject};
use crate::diagnostic::Diagnostic;
use crate::lower::{Body, Call, Lowered, Piece, Source, members};
use crate::model::{InputParameter, RequestBody, Step};
use crate::pointer::escape;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashSet;

/// The ends of names whose values are secrets.
const ENDINGS: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secretkey",
    "privatekey",
    "accesskey",
    "apikey",
    "appkey",
    "authkey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "apitoken",
    "bearertoken",
    "sessiontoken",
    "authorization",
];

/// Returns whether a constant looks like a secret, either by the name under which it is sent (`password`,
/// `client_secret`) or by its own beginning (`Bearer …`). `page_token` and `grant_type` are not names of secrets.
#[must_use]
pub fn is_literal_secret(name: &str, constant: &str) -> bool {
    if constant.trim().is_empty() || has_variable(constant) {
        return false;
    }
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    begins_like_a_secret(constant)
        || matches!(folded.as_str(), "token" | "pwd")
        || ENDINGS.iter().any(|ending| folded.ends_with(ending))
}

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for api in &walk.apis {
        defaults(&api.at, &api.consume.input_parameters, findings);
        for (position, resource) in api.consume.resources.iter().enumerate() {
            defaults(&format!("{}/resources/{position}", api.at), &resource.input_parameters, findings);
        }
    }
    for consumed in &walk.operations {
        defaults(&consumed.at, &consumed.operation.input_parameters, findings);
        let mut found = Vec::new();
        match &consumed.operation.body {
            Some(RequestBody::Typed(body)) => {
                secrets(format!("{}/body/data", consumed.at), "", &body.data, &mut found);
            }
            Some(RequestBody::Raw(text)) => in_text(format!("{}/body", consumed.at), text, &mut found),
            None => {}
        }
        findings.extend(found.into_iter().map(|secret| secret.finding("the body's")));
    }
    let mut found = Vec::new();
    for callable in &walk.callables {
        defaults(&callable.at, callable.inputs, findings);
        of_callable(callable, &mut found);
    }
    if found.is_empty() {
        return;
    }
    // A word such as `rest.token` or `token` may be a reference: then no lowered request contains it as a constant.
    let sent = match subject.context {
        RuleContext::File { lowered, .. } => constants(lowered),
        RuleContext::Trait { .. } => HashSet::new(),
    };
    found.retain(|secret| begins_like_a_secret(secret.constant) || sent.contains(secret.constant));
    findings.extend(found.into_iter().map(|secret| secret.finding("the value of")));
}

/// A secret as a constant: its location, the name under which it is sent, and the constant.
struct LiteralSecret<'a> {
    at: String,
    name: &'a str,
    constant: &'a str,
}

impl LiteralSecret<'_> {
    fn finding(self, what: &str) -> Diagnostic {
        literal(self.at, &format!("{what} `{}`", self.name), self.name)
    }
}

/// Adds the secrets in the values that a callable sends.
fn of_callable<'a>(callable: &Callable<'a>, found: &mut Vec<LiteralSecret<'a>>) {
    let at = &callable.at;
    of_with(at, callable.with, found);
    for (index, step) in callable.steps.iter().enumerate() {
        if let Step::Call { with, .. } = step {
            of_with(&format!("{at}/steps/{index}"), with, found);
        }
    }
    for (index, mapping) in callable.mappings.iter().enumerate() {
        let name = mapping.target_name.rsplit('.').next().unwrap_or_default();
        add(format!("{at}/mappings/{index}/value"), name, &mapping.value, found);
    }
    for (index, input) in callable.inputs.iter().enumerate() {
        let value = input.value.as_deref().unwrap_or_default();
        add(format!("{at}/inputParameters/{index}/value"), &input.name, value, found);
    }
}

fn of_with<'a>(at: &str, with: &'a IndexMap<String, Value>, found: &mut Vec<LiteralSecret<'a>>) {
    for (key, value) in with {
        secrets(format!("{at}/with/{}", escape(key)), key, value, found);
    }
}

/// Reports the defaults of parameters that are secrets.
fn defaults(at: &str, parameters: &[InputParameter], findings: &mut Vec<Diagnostic>) {
    for (index, parameter) in parameters.iter().enumerate() {
        let default = parameter.default.as_ref().and_then(Value::as_str);
        if default.is_some_and(|default| is_literal_secret(&parameter.name, default)) {
            let what = format!("the default of `{}`", parameter.name);
            findings.push(literal(format!("{at}/inputParameters/{index}/default"), &what, &parameter.name));
        }
    }
}

/// Adds the secrets in a value that is sent under this name. The recursion is bounded, because the reader limits the
/// depth of documents.
fn secrets<'a>(at: String, name: &'a str, value: &'a Value, found: &mut Vec<LiteralSecret<'a>>) {
    match value {
        Value::String(text) if name.is_empty() => in_text(at, text, found),
        Value::String(text) => add(at, name, text, found),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                secrets(format!("{at}/{index}"), name, value, found);
            }
        }
        Value::Object(all) => {
            // A part of a form, `{name: password, value: …}`, or `password: {value: …}`.
            let part = all.get("name").and_then(Value::as_str).or(Some(name).filter(|name| !name.is_empty()));
            for (member, value) in all {
                let name = part.filter(|_| member == "value").unwrap_or(member);
                secrets(format!("{at}/{}", escape(member)), name, value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add<'a>(at: String, name: &'a str, constant: &'a str, found: &mut Vec<LiteralSecret<'a>>) {
    if is_literal_secret(name, constant) {
        found.push(LiteralSecret { at, name, constant });
    }
}

/// Adds the first secret in a text that is JSON or a form.
fn in_text<'a>(at: String, text: &'a str, found: &mut Vec<LiteralSecret<'a>>) {
    let whole = Value::String(text.to_owned());
    let is_secret = |name: &str, value: &Value| value.as_str().is_some_and(|value| is_literal_secret(name, value));
    let all = members(&whole);
    let secrets = all.iter().filter(|(name, values)| values.iter().any(|value| is_secret(name, value)));
    // The search misses a name that is escaped in the text, so such a name sorts last.
    let first = secrets.map(|(name, _)| (text.find(name.as_str()).unwrap_or(usize::MAX), name.len())).min();
    if let Some((start, length)) = first {
        let name = text.get(start..start.saturating_add(length)).unwrap_or("text");
        found.push(LiteralSecret { at, name, constant: text });
    }
}

/// Returns the constant strings of all requests.
fn constants(lowered: &Lowered) -> HashSet<&str> {
    let mut found = HashSet::new();
    for call in lowered.operations.iter().flat_map(|operation| operation.work.calls()) {
        of_call(call, &mut found);
    }
    found
}

/// Adds the constant strings of a request.
fn of_call<'c>(call: &'c Call, found: &mut HashSet<&'c str>) {
    call.path.iter().for_each(|piece| of_piece(piece, found));
    for (_, source) in call.query.iter().chain(&call.headers).chain(&call.cookies) {
        of_source(source, found);
    }
    match &call.body {
        Some(Body::Json(source) | Body::FormObject(_, source) | Body::Text(_, source)) => of_source(source, found),
        Some(Body::JsonText(pieces) | Body::FormText(pieces)) => {
            for piece in pieces {
                of_piece(piece, found);
            }
        }
        Some(Body::Form(fields)) => fields.iter().for_each(|(_, source)| of_source(source, found)),
        Some(Body::Multipart(parts)) => parts.iter().for_each(|part| of_source(&part.value, found)),
        None => {}
    }
}

fn of_piece<'c>(piece: &'c Piece, found: &mut HashSet<&'c str>) {
    match piece {
        Piece::Value(source) | Piece::Rest(source) => of_source(source, found),
        Piece::Literal(_) => {}
    }
}

fn of_source<'c>(source: &'c Source, found: &mut HashSet<&'c str>) {
    match source {
        Source::Constant(Value::String(text)) => {
            found.insert(text);
        }
        Source::Text(pieces) => pieces.iter().for_each(|piece| of_piece(piece, found)),
        Source::Object(members) => members.iter().for_each(|(_, source)| of_source(source, found)),
        Source::List(list) => list.iter().for_each(|source| of_source(source, found)),
        Source::Styled(_, source) | Source::Typed(_, source) => of_source(source, found),
        Source::Default(first, second) => [first, second].iter().for_each(|source| of_source(source, found)),
        Source::Constant(_)
        | Source::Argument(_)
        | Source::Variable { .. }
        | Source::Step(_)
        | Source::Credential
        | Source::Json(_) => {}
    }
}
