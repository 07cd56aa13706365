//! What is looked at once, when a document is loaded: names of headers and cookies, paths, variables.

use super::load::Names;
use super::scope::{to_text, visit, visit_pieces};
use crate::consume::encode;
use crate::consume::plan::NOT_ARGUMENTS;
use crate::consume::resolve::Resolver;
use crate::consume::upstream::bad_cookie;
use http::{HeaderName, HeaderValue};
use naftiko_spec::jsonpath::Path;
use naftiko_spec::lower::{Body, Call, MultipartPart, Piece, Source};
use secrecy::ExposeSecret;
use std::borrow::Cow;

/// Registers what the sources of a request name.
pub(super) fn names(resolver: &mut Resolver<'_>, names: &mut Names, call: &Call, operation: &str) {
    let purpose = format!("a value of `{operation}`");
    let pairs = call.query.iter().chain(&call.headers);
    pairs.clone().for_each(|(parameter, source)| sent(resolver, parameter, source, &purpose));
    call.cookies.iter().for_each(|(_, source)| sent(resolver, "cookie", source, &purpose));
    if let Some(Body::Json(source)) = &call.body {
        sent(resolver, "", source, &purpose);
    }
    if let Some(Body::Form(fields)) = &call.body {
        for (field, source) in fields {
            sent(resolver, field, source, &purpose);
        }
    }
    let mut each = |source: &Source| name(resolver, names, source, &purpose, operation);
    visit_pieces(&call.path, &mut each);
    pairs.chain(&call.cookies).for_each(|(_, source)| visit(source, &mut each));
    match &call.body {
        None => {}
        Some(Body::Json(source) | Body::Text(_, source)) => visit(source, &mut each),
        Some(Body::JsonText(pieces) | Body::FormText(pieces)) => visit_pieces(pieces, &mut each),
        Some(Body::Form(fields)) => fields.iter().for_each(|(_, source)| visit(source, &mut each)),
        Some(Body::Multipart(parts)) => {
            for MultipartPart { value, filename, content_type, .. } in parts {
                let sources = [Some(value), filename.as_ref(), content_type.as_ref()];
                sources.into_iter().flatten().for_each(|source| visit(source, &mut each));
            }
        }
    }
}

/// The same for one source and all that it is made of.
pub(super) fn source(resolver: &mut Resolver<'_>, names: &mut Names, source: &Source, operation: &str) {
    let purpose = format!("a value of `{operation}`");
    visit(source, &mut |source| name(resolver, names, source, &purpose, operation));
}

/// Registers the variables that are sent under a name.
fn sent(resolver: &mut Resolver<'_>, parameter: &str, source: &Source, purpose: &str) {
    match source {
        Source::Object(members) => {
            for (member, source) in members {
                sent(resolver, member, source, purpose);
            }
        }
        Source::List(elements) => elements.iter().for_each(|source| sent(resolver, parameter, source, purpose)),
        source => visit(source, &mut |source| {
            if let Source::Variable { namespace, name } = source {
                let value = resolver.bind(namespace.as_deref(), name, purpose).and_then(|(_, value)| value);
                resolver.sent(parameter, value.into_iter().collect());
            }
        }),
    }
}

fn name(resolver: &mut Resolver<'_>, names: &mut Names, source: &Source, purpose: &str, operation: &str) {
    match source {
        Source::Variable { namespace, name } => {
            if names.has_variable(namespace.as_deref(), name) {
                return;
            }
            let value = resolver.bind(namespace.as_deref(), name, purpose).and_then(|(_, value)| value);
            resolver.hide(value.iter().cloned().collect());
            names.add_variable(namespace.as_deref(), name, value);
        }
        Source::Step(path) => path_of(resolver, names, path, operation),
        _ => {}
    }
}

/// Reads a JSONPath.
pub(super) fn path_of(resolver: &mut Resolver<'_>, names: &mut Names, path: &str, operation: &str) {
    if names.path(path).is_none() {
        match Path::parse(path) {
            Ok(read) => names.add_path(path, read),
            Err(why) => resolver.wrong(format!("`{operation}`: {why}")),
        }
    }
}

/// The names of a request's headers.
pub(super) fn headers(resolver: &mut Resolver<'_>, call: &Call, operation: &str) -> Vec<HeaderName> {
    let mut names = Vec::new();
    for (name, source) in &call.headers {
        let wrong = match name.parse::<HeaderName>() {
            // What callers give there is refused when they do.
            Ok(header) if NOT_ARGUMENTS.contains(&header) && !matches!(source, Source::Argument(_)) => {
                "is the connection's own, and no document can set it"
            }
            Ok(header) => {
                names.push(header);
                continue;
            }
            Err(_) => "has no name of a header",
        };
        resolver.wrong(format!("`{operation}`: the header `{name}` {wrong}"));
    }
    for (name, _) in &call.cookies {
        // A name of a cookie is a token, as a name of a header is (RFC 6265, section 4.1.1).
        if name.parse::<HeaderName>().is_err() {
            resolver.wrong(format!("`{operation}`: `{name}` is no name of a cookie"));
        }
    }
    names
}

/// Whether the constants of a request can stand in headers and cookies: callers cannot help it if they do not.
pub(super) fn constants(resolver: &mut Resolver<'_>, names: &Names, call: &Call, namespace: &str) {
    for (name, source) in &call.headers {
        if constant(names, source).is_some_and(|text| HeaderValue::from_bytes(text.as_bytes()).is_err()) {
            resolver
                .wrong(format!("the header `{name}` of `{namespace}` cannot be sent: it holds a control character"));
        }
    }
    for (name, source) in &call.cookies {
        if constant(names, source).is_some_and(|text| !encode::is_cookie_value(&text)) {
            resolver.wrong(bad_cookie(name, namespace));
        }
    }
}

/// The text of a source that is the same for every call.
fn constant<'a>(names: &'a Names, source: &'a Source) -> Option<Cow<'a, str>> {
    match source {
        Source::Constant(value) if !value.is_array() => Some(to_text(value)),
        Source::Variable { namespace, name } => {
            names.variable(namespace.as_deref(), name).map(|value| value.expose_secret().into())
        }
        Source::Text(pieces) => {
            let text = pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => Some(Cow::Borrowed(text.as_str())),
                Piece::Value(source) => constant(names, source),
            });
            text.collect::<Option<String>>().map(Cow::Owned)
        }
        _ => None,
    }
}

/// Whether a path means to the URL standard what it means here; then values, being encoded, change nothing.
pub(super) fn path(resolver: &mut Resolver<'_>, call: &Call, operation: &str) {
    let mut sample = String::new();
    for piece in &call.path {
        match piece {
            Piece::Literal(literal) => encode::push_literal(&mut sample, literal),
            Piece::Value(_) => sample.push('x'),
        }
    }
    if sample.is_empty() {
        return;
    }
    let path = sample.split('?').next().unwrap_or_default();
    let slash = if path.is_empty() { "/" } else { "" };
    let whole = format!("http://localhost{slash}{path}");
    let same = reqwest::Url::parse(&whole)
        .is_ok_and(|url| url.as_str() == whole && url.path().len() == path.len() + slash.len());
    if !same || !sample.starts_with(['/', '?']) {
        resolver.wrong(format!(
            "the path of `{operation}` cannot be called as it is written; it starts with a slash and has no `.` or `..` segment"
        ));
    }
}
