//! Attributes that apply to some adapters only, and the names of arguments in tools.

use super::helpers::{Helpers, Rest, ToolAttribute};
use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{self, Key, Keys, TextLiteral};
use proc_macro2::Ident;
use syn::Lit;

/// `argument(user_id(name = "user", description = "…"))`
#[derive(Clone)]
pub(crate) struct ToolArgument {
    /// The argument of the method.
    pub(crate) ident: Ident,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
}

const ARGUMENT: &[Key] = &[Key("name", r#"name = "…""#), Key("description", r#"description = "…""#)];

/// An attribute that may apply to some adapters only.
pub(crate) trait OnAdapters {
    /// Returns the namespaces of its adapters; empty for all adapters.
    fn on(&self) -> &[TextLiteral];
    /// Returns whether the method is not exposed on these adapters.
    fn is_skipped(&self) -> bool;
}

impl OnAdapters for Rest {
    fn on(&self) -> &[TextLiteral] {
        &self.on
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }
}

impl OnAdapters for ToolAttribute {
    fn on(&self) -> &[TextLiteral] {
        &self.on
    }

    fn is_skipped(&self) -> bool {
        self.skip.is_some()
    }
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

impl Helpers {
    /// Returns the `#[rest]` for all adapters, then each with `on`.
    pub(crate) fn rests(&self) -> impl Iterator<Item = &Rest> {
        self.rest.iter().chain(&self.rest_on)
    }

    /// Returns the `#[tool]` for all adapters, then each with `on`.
    pub(crate) fn tools(&self) -> impl Iterator<Item = &ToolAttribute> {
        self.tool.iter().chain(&self.tool_on)
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

/// Reads all `argument(…)`.
pub(super) fn arguments(keys: &mut Keys, errors: &mut Errors) -> Vec<ToolArgument> {
    let mut arguments: Vec<ToolArgument> = Vec::new();
    while let Some((key, elements)) = keys.list("argument", errors) {
        if elements.is_empty() {
            errors.add(key.span(), "`argument` is empty", FORM);
        }
        for element in elements {
            let span = element.span();
            let argument = match element {
                Element::Pair(ident, Value::Literal(Lit::Str(name))) => {
                    let name = TextLiteral { value: name.value(), span: name.span().into() };
                    ToolArgument { ident, name: Some(name), description: None }
                }
                Element::List(ident, elements) => {
                    let owner = format!("`{ident}`");
                    let mut keys = Keys::read(owner, ident.span(), elements, ARGUMENT, &[], errors);
                    keys.reject_positional(errors);
                    let (name, description) = (keys.text("name", errors), keys.text("description", errors));
                    ToolArgument { ident, name, description }
                }
                other => {
                    let message = format!("expected a name or a description for the argument, found {}", other.found());
                    errors.add(span, message, FORM);
                    continue;
                }
            };
            check_name(argument.name.as_ref(), errors);
            if arguments.iter().any(|other| other.ident == argument.ident) {
                errors.add(argument.ident.span(), format!("`{}` is given twice", argument.ident), "keep one of them");
            } else {
                arguments.push(argument);
            }
        }
    }
    arguments
}

const FORM: &str = "write `argument(user_id = \"user\")`, or `argument(user_id(name = \"user\", description = \"…\"))`";

/// Refuses names that MCP clients refuse: they accept 1 to 64 letters, digits, `_`, `.` and `-`.
fn check_name(name: Option<&TextLiteral>, errors: &mut Errors) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if let Some(TextLiteral { value, span }) = name
        && !((1..=64).contains(&value.len()) && value.chars().all(fits))
    {
        let help = "write 1 to 64 letters, digits, `_`, `.` and `-`";
        errors.add(*span, format!("MCP clients refuse `{value}` as the name of an argument"), help);
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
