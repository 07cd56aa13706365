//! `#[get]` and the other verbs.

use super::allow::allow;
use super::answer::{self, NoneOn, ResponseHeaders};
use super::caller_headers::{self, CallerHeader};
use super::constants::{self, Constant};
use super::{cache, resilience};
use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral, one_text};
use naftiko_spec::model::{Format, Method as Http};
use naftiko_spec::rules::Rule;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::Lit;

/// The HTTP methods, by the attribute or key that names them.
pub(super) const METHODS: [(&str, Http); 6] = [
    ("get", Http::Get),
    ("post", Http::Post),
    ("put", Http::Put),
    ("patch", Http::Patch),
    ("delete", Http::Delete),
    ("head", Http::Head),
];

/// Returns the HTTP method of that attribute or key.
pub(super) fn http_method(name: &str) -> Option<Http> {
    METHODS.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
}

/// `#[get("/path", …)]`
#[derive(Clone)]
pub(crate) struct Verb {
    pub(crate) method: Http,
    /// The span of the word `get`.
    pub(crate) span: SourceSpan,
    pub(crate) path: Option<TextLiteral>,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    /// The namespace of the API that is called.
    pub(crate) consumes: Option<TextLiteral>,
    pub(crate) status: Option<u16>,
    /// The error statuses in `errors(…)`.
    pub(crate) errors: Vec<u16>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) resilience: resilience::ResilienceSettings,
    pub(crate) cache: cache::CacheSetting,
    pub(crate) constants: Vec<Constant>,
    /// The headers of the caller that are sent with each request.
    pub(crate) caller_headers: Vec<CallerHeader>,
    /// The format of the answer, and its span.
    pub(crate) format: Option<(Format, SourceSpan)>,
    pub(crate) none_on: Option<NoneOn>,
    pub(crate) response_headers: Option<ResponseHeaders>,
    /// The word that declares the body of a DELETE.
    pub(crate) body: Option<Ident>,
}

const VERB: &[Key] = &[
    Key("name", r#"name = "…""#),
    Key("description", r#"description = "…""#),
    Key("consumes", r#"consumes = "namespace""#),
    Key("status", "status = 201"),
    Key("errors", "errors(400, 404)"),
    Key("timeout", r#"timeout = "5s""#),
    Key("resilience", "resilience(retry(3))"),
    Key("cache", cache::OF_VERBS),
    Key("query", r#"query("name" = "value")"#),
    Key("header", r#"header("X-Name" = "value")"#),
    Key("caller_header", caller_headers::FORM),
    Key("format", r#"format = "csv""#),
    Key("none_on", "none_on(404)"),
    Key("response_headers", r#"response_headers("Location")"#),
    Key("body", "body"),
    Key("allow", r#"allow(rule, reason = "…")"#),
];

/// The keys of a verb that may be repeated.
const REPEATED: &[&str] = &["allow", "query", "header", "caller_header"];

/// Reads a verb; `name` is the word that the user wrote. The rules in its `allow` are added to `allowed`.
pub(super) fn read(
    method: Http,
    name: &str,
    at: SourceSpan,
    elements: Vec<Element>,
    allowed: &mut Vec<&'static Rule>,
    errors: &mut Errors,
) -> Verb {
    let elements = without_path_key(name, elements, errors);
    let mut keys = Keys::read(format!("`#[{name}]`"), at, elements, VERB, REPEATED, errors);
    let form = format!("#[{name}(\"/path\")]");
    let positional = std::mem::take(&mut keys.positional);
    let path = if positional.is_empty() && keys.has_unknown {
        None
    } else {
        one_text(at, &positional, &form, "the path", errors)
    };
    while let Some((key, elements)) = keys.list("allow", errors) {
        allowed.extend(allow(&key, elements, errors));
    }
    let refused =
        keys.list("errors", errors).map(|(_, elements)| answer::error_statuses(&elements, errors)).unwrap_or_default();
    Verb {
        method,
        span: at,
        path,
        name: keys.name("name", errors),
        description: keys.text("description", errors),
        consumes: keys.text("consumes", errors),
        status: answer::status(&mut keys, errors).map(|(status, _)| status),
        timeout_ms: keys.duration("timeout", errors),
        resilience: resilience::take(&mut keys, errors),
        cache: cache::take(&mut keys, false, errors),
        constants: constants::take(&mut keys, errors),
        caller_headers: caller_headers::take(&mut keys, errors),
        format: answer::format(&mut keys, errors),
        none_on: answer::none_on(&mut keys, &refused, errors),
        response_headers: answer::response_headers(&mut keys, errors),
        errors: refused,
        body: body(method, "`#[post(…)]`", &mut keys, errors),
    }
}

/// Removes the key `path` before the path of a verb, and reports it. A constant in place of the path becomes an element without a key.
fn without_path_key(verb: &str, elements: Vec<Element>, errors: &mut Errors) -> Vec<Element> {
    let take = |element: Element| match element {
        Element::Pair(key, Value::Literal(Lit::Str(path))) if key == "path" => {
            let help = format!("write `#[{verb}(\"{}\")]`", path.value());
            errors.add(key.span(), format!("unknown key `path` in `#[{verb}]`"), help);
            Element::Literal(Lit::Str(path))
        }
        Element::Word(name) if !name.to_string().contains(|c: char| c.is_lowercase()) => {
            Element::Expression(name.into_token_stream())
        }
        element => element,
    };
    elements.into_iter().map(take).collect()
}

/// Reads `body`, which only a DELETE may declare. `to_send_one` is the attribute or the key that sends a body, for the help text.
pub(super) fn body(method: Http, to_send_one: &str, keys: &mut Keys, errors: &mut Errors) -> Option<Ident> {
    let body = keys.word("body", errors)?;
    let word = method.as_str();
    match method {
        Http::Delete => return Some(body),
        Http::Get | Http::Head => {
            let help = format!("remove `body`; to send one, write {to_send_one}");
            errors.add(body.span(), format!("a {word} request cannot have a body"), help);
        }
        _ => errors.add(body.span(), format!("a {word} request can always have a body"), "remove `body`"),
    }
    None
}
