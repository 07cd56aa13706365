//! `authentication(…)` of a consumed API, and of an adapter.

use super::oauth2;
use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral, listed};
use naftiko_spec::model::{Scheme, SchemeKey};
use naftiko_spec::names::either;
use proc_macro2::Ident;

/// How `authentication` of an adapter is written.
pub(super) const OF_CALLERS: &str = r#"authentication(bearer = "{{env.NAME}}")"#;

/// How `oauth2` of an adapter is written.
const OAUTH2_OF_CALLERS: &str = r#"oauth2(issuer = "https://…", resource = "https://…")"#;

/// Who authenticates, and to whom.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// The capability, to an API.
    Api,
    /// Callers, to an adapter.
    Callers,
}

/// `authentication(…)`: the scheme, and its strings with their keys in documents.
pub(crate) struct AuthenticationSettings {
    pub(crate) span: SourceSpan,
    pub(crate) scheme: &'static Scheme,
    pub(crate) texts: Vec<(&'static str, TextLiteral)>,
    /// The scopes of an API's `oauth2`. The scopes of an adapter's `oauth2` are in `texts`.
    pub(crate) scopes: Vec<TextLiteral>,
}

/// Reads `authentication(…)`.
pub(super) fn read(
    key: &Ident,
    elements: Vec<Element>,
    side: Side,
    errors: &mut Errors,
) -> Option<AuthenticationSettings> {
    let form = |scheme: &Scheme| match side {
        Side::Callers if scheme.word == Scheme::OAUTH2.word => Some(OAUTH2_OF_CALLERS),
        Side::Callers if !scheme.for_callers => None,
        _ => scheme.attribute,
    };
    let schemes =
        || Scheme::ALL.iter().copied().filter_map(|scheme| Some((scheme, form(scheme)?, scheme.attribute_name()?)));
    let known: Vec<Key> = schemes().map(|(_, form, name)| Key(name, form)).collect();
    let mut keys = Keys::read("`authentication`", key.span(), elements, known, &[], errors);
    keys.reject_positional(errors);
    let given: Vec<_> = schemes().filter_map(|(scheme, _, name)| Some((scheme, name, keys.key(name)?))).collect();
    match given.as_slice() {
        [] if keys.has_unknown => None,
        [] => {
            let help = format!("write one of {}", listed(schemes().map(|(_, form, _)| form)));
            errors.add(key.span(), "`authentication` is empty", help);
            None
        }
        [(scheme, name, _)] => {
            // A scheme with only one text is written as `scheme = "…"`.
            if let [only] = scheme.keys {
                let text = keys.text(name, errors)?;
                let (span, texts) = (key.span().into(), vec![(only.key, text)]);
                return Some(AuthenticationSettings { span, scheme, texts, scopes: Vec::new() });
            }
            let (key, elements) = keys.list(name, errors)?;
            // `oauth2` is the only scheme whose keys are not listed.
            if scheme.keys.is_empty() {
                let (texts, scopes) = match side {
                    Side::Api => oauth2::read(&key, elements, errors)?,
                    Side::Callers => (oauth2::of_callers(&key, elements, errors)?, Vec::new()),
                };
                return Some(AuthenticationSettings { span: key.span().into(), scheme, texts, scopes });
            }
            credential(&key, elements, scheme, errors)
        }
        [_, (_, _, second), ..] => {
            let what = if side == Side::Api { "an API" } else { "an adapter" };
            errors.add(second.span(), format!("{what} can have only one authentication"), "keep one of them");
            None
        }
    }
}

/// Reads a scheme that has several strings.
fn credential(
    key: &Ident,
    elements: Vec<Element>,
    scheme: &'static Scheme,
    errors: &mut Errors,
) -> Option<AuthenticationSettings> {
    let known: Vec<Key> = scheme.keys.iter().map(|key| Key(key.attribute(), key.form)).collect();
    let mut keys = Keys::read(format!("`{key}`"), key.span(), elements, known, &[], errors);
    keys.reject_positional(errors);
    let given: Vec<_> = scheme.keys.iter().filter(|own| !own.optional || keys.has(own.attribute())).collect();
    let texts = given.into_iter().map(|own| {
        let text = match own.values.first() {
            // The default of a choice.
            Some(first) if !keys.has(own.attribute()) => {
                Some(TextLiteral { value: (*first).to_owned(), span: key.span().into() })
            }
            Some(_) => choice(own, &mut keys, errors),
            None => keys.required_text(own.attribute(), errors),
        };
        Some((own.key, text?))
    });
    let texts: Vec<_> = texts.collect();
    let (span, texts) = (key.span().into(), texts.into_iter().collect::<Option<_>>()?);
    Some(AuthenticationSettings { span, scheme, texts, scopes: Vec::new() })
}

/// Reads a string that must be one of the key's values.
fn choice(key: &SchemeKey, keys: &mut Keys, errors: &mut Errors) -> Option<TextLiteral> {
    let (name, values) = (key.attribute(), key.values);
    let text = keys.text(name, errors)?;
    if values.contains(&text.value.as_str()) {
        return Some(text);
    }
    let written: Vec<String> = values.iter().map(|value| format!("{name} = \"{value}\"")).collect();
    let help = format!("write {}", either(written.iter().map(String::as_str)));
    let message = format!("expected {}, found `{}`", either(values.iter().copied()), text.value);
    errors.add(text.span, message, help);
    None
}
