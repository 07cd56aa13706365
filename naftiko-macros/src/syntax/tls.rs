//! `tls(…)` of `consumes`: the certificates of the connections to an API.

use crate::errors::Errors;
use crate::keys::{Key, Keys, TextLiteral};

const TLS: &[Key] = &[
    Key("ca", r#"ca = "{{env.NAME}}""#),
    Key("certificate", r#"certificate = "{{env.NAME}}""#),
    Key("key", r#"key = "{{env.NAME}}""#),
];

/// Takes an optional `tls(…)`: its strings, with their keys in documents.
pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> Vec<(&'static str, TextLiteral)> {
    let Some((key, elements)) = keys.list("tls", errors) else { return Vec::new() };
    let mut keys = Keys::read("`tls`", key.span(), elements, TLS, &[], errors);
    keys.reject_positional(errors);
    let pairs = [("certificate", "key"), ("key", "certificate")];
    if let Some((one, other)) = pairs.into_iter().find(|(one, other)| keys.has(one) && !keys.has(other)) {
        let message = format!("`{one}` without `{other}` in `tls`");
        errors.add(key.span(), message, format!("add `{other} = \"{{{{env.NAME}}}}\"`"));
    }
    let texts = ["ca", "certificate", "key"].into_iter();
    let texts: Vec<_> = texts.filter_map(|name| Some((name, keys.text(name, errors)?))).collect();
    if texts.is_empty() && !keys.has_unknown {
        errors.add(key.span(), "`tls` is empty", r#"write `ca = "{{env.NAME}}"`, or `certificate` and `key`"#);
    }
    texts
}
