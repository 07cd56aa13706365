//! `#[rest(…)]`: the route of a method, or the changes to it.

use super::adapters::{self, OnAdapters, refuse_beside_skip};
use super::allow::allow;
use super::answer::{self, ResponseHeaders};
use super::verb::{METHODS, body};
use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral};
use naftiko_spec::model::Method as Http;
use naftiko_spec::rules::Rule;
use proc_macro2::Ident;

/// `#[rest(…)]`
#[derive(Clone)]
pub(crate) struct Rest {
    pub(crate) span: SourceSpan,
    pub(crate) skip: Option<Ident>,
    /// Its adapters; empty for all adapters.
    pub(crate) on: Vec<TextLiteral>,
    /// `get = "/path"`: the route of a method without a verb.
    pub(crate) route: Option<(Http, Ident, TextLiteral)>,
    pub(crate) path: Option<TextLiteral>,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) status: Option<(u16, SourceSpan)>,
    pub(crate) response_headers: Option<ResponseHeaders>,
    /// The word that declares the body of a DELETE.
    pub(crate) body: Option<Ident>,
}

impl OnAdapters for Rest {
    fn on(&self) -> &[TextLiteral] {
        &self.on
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }
}

const REST: &[Key] = &[
    Key("skip", "skip"),
    Key("get", r#"get = "/path""#),
    Key("post", r#"post = "/path""#),
    Key("put", r#"put = "/path""#),
    Key("patch", r#"patch = "/path""#),
    Key("delete", r#"delete = "/path""#),
    Key("head", r#"head = "/path""#),
    Key("path", r#"path = "/path""#),
    Key("on", r#"on = "namespace""#),
    Key("name", r#"name = "…""#),
    Key("description", r#"description = "…""#),
    Key("status", "status = 201"),
    Key("response_headers", r#"response_headers("Location")"#),
    Key("body", "body"),
    Key("allow", r#"allow(rule, reason = "…")"#),
];

/// Reads `#[rest(…)]`. The rules in its `allow` are added to `allowed`.
pub(super) fn read(
    at: SourceSpan,
    elements: Vec<Element>,
    allowed: &mut Vec<&'static Rule>,
    errors: &mut Errors,
) -> Rest {
    let mut keys = Keys::read("`#[rest]`", at, elements, REST, &["allow"], errors);
    keys.reject_positional(errors);
    while let Some((key, elements)) = keys.list("allow", errors) {
        allowed.extend(allow(&key, elements, errors));
    }
    let mut route: Option<(Http, Ident, TextLiteral)> = None;
    for (name, method) in METHODS {
        let Some(key) = keys.key(name) else { continue };
        let Some(path) = keys.text(name, errors) else { continue };
        match route {
            None => route = Some((method, key, path)),
            Some(_) => errors.add(key.span(), "a route can have only one method", "keep one of them"),
        }
    }
    let body = if let Some((method, ..)) = &route {
        body(*method, "`post = \"…\"`", &mut keys, errors)
    } else {
        if let Some(stray) = keys.word("body", errors) {
            let help = "remove it; for the body of a request to an API, write `#[delete(\"/path\", body)]`";
            errors.add(stray.span(), "`body` in `#[rest]` requires `delete = \"/path\"`", help);
        }
        None
    };
    let rest = Rest {
        span: at,
        skip: keys.word("skip", errors),
        on: adapters::on(&mut keys, errors),
        route,
        path: keys.text("path", errors),
        name: keys.name("name", errors),
        description: keys.text("description", errors),
        status: answer::status(&mut keys, errors),
        response_headers: answer::response_headers(&mut keys, errors),
        body,
    };
    let method = rest.route.as_ref().map_or_else(String::new, |(_, key, _)| key.to_string());
    let for_all_adapters = [
        (method.as_str(), rest.route.is_some()),
        ("status", rest.status.is_some()),
        ("response_headers", rest.response_headers.is_some()),
        ("body", rest.body.is_some()),
    ];
    if let Some(on) = rest.on.first().filter(|_| for_all_adapters.iter().any(|(_, is_given)| *is_given)) {
        let help = "move these to a `#[rest]` without `on`; `on` goes with `path`, `name`, `description` and `skip`";
        errors.add(on.span, "`on` cannot be combined with a route, `status`, `response_headers` or `body`", help);
    }
    let for_some_adapters =
        [("path", rest.path.is_some()), ("name", rest.name.is_some()), ("description", rest.description.is_some())];
    refuse_beside_skip(rest.skip.as_ref(), for_all_adapters.into_iter().chain(for_some_adapters), errors);
    rest
}
