//! Attributes that apply to some adapters only, or that skip adapters.

use crate::attribute::Value;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{self, Keys, TextLiteral, listed};
use proc_macro2::Ident;

/// An attribute that may apply to some adapters only.
pub(crate) trait OnAdapters {
    /// Returns the namespaces of its adapters; empty for all adapters.
    fn on(&self) -> &[TextLiteral];
    /// Returns whether the method is not exposed on these adapters.
    fn is_skipped(&self) -> bool;
}

/// Returns the attribute for the adapter with that namespace: `None` if the method is not exposed there, `Some(None)` if it is
/// exposed without an attribute. `all` is the attribute without `on`, and `some` are the attributes with `on`.
#[allow(clippy::option_option, reason = "`None` and `Some(None)` differ, and callers map over the result")]
pub(crate) fn attribute_for<'a, T: OnAdapters>(
    all: Option<&'a T>,
    some: &'a [T],
    namespace: &str,
) -> Option<Option<&'a T>> {
    let its_own = some.iter().find(|attribute| attribute.on().iter().any(|name| name.value == namespace));
    match its_own.or(all) {
        Some(attribute) => (!attribute.is_skipped()).then_some(Some(attribute)),
        // If an attribute exposes the method on some adapters, the method is not exposed on the others.
        None => some.iter().all(T::is_skipped).then_some(None),
    }
}

/// Reads `on = "admin-mcp"` or `on = ["a", "b"]`.
pub(super) fn on(keys: &mut Keys, errors: &mut Errors) -> Vec<TextLiteral> {
    let Some(key) = keys.key("on") else { return Vec::new() };
    match keys.value("on", errors) {
        Some(Value::Array(span, values)) if values.is_empty() => {
            errors.add(span, "`on` is empty", "write `on = \"namespace\"`, or remove it");
            Vec::new()
        }
        Some(Value::Array(_, values)) => {
            values.iter().filter_map(|value| keys::text(value, "on", "on = \"namespace\"", errors)).collect()
        }
        Some(value) => keys::text(&value, &key.to_string(), "on = \"namespace\"", errors).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Adds an attribute to `all` if it has no `on`, and otherwise to `some`. Reports a second attribute for all adapters, or for the same
/// adapter. `name` is the attribute's name, and `at` its span.
pub(super) fn add<T: OnAdapters>(
    attribute: T,
    (name, at): (&str, SourceSpan),
    all: &mut Option<T>,
    some: &mut Vec<T>,
    errors: &mut Errors,
) {
    if attribute.on().is_empty() {
        match all {
            Some(_) => {
                errors.add(
                    at,
                    format!("`#[{name}]` is given twice"),
                    "keep one of them, or name the adapters of each: `on = \"…\"`",
                );
            }
            None => *all = Some(attribute),
        }
        return;
    }
    for (number, adapter) in attribute.on().iter().enumerate() {
        let before = attribute.on().iter().take(number).chain(some.iter().flat_map(T::on));
        if before.into_iter().any(|other| other.value == adapter.value) {
            errors.add(adapter.span, format!("`#[{name}]` is given twice for `{}`", adapter.value), "keep one of them");
        }
    }
    some.push(attribute);
}

/// Reports the given keys that have no meaning beside `skip`.
pub(super) fn refuse_beside_skip<'a>(
    skip: Option<&Ident>,
    others: impl Iterator<Item = (&'a str, bool)>,
    errors: &mut Errors,
) {
    let given: Vec<&str> = others.filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect();
    if let Some(skip) = skip.filter(|_| !given.is_empty()) {
        let given = listed(given);
        errors.add(
            skip.span(),
            format!("`skip` cannot be combined with {given}"),
            format!("remove `skip`, or remove {given}"),
        );
    }
}
