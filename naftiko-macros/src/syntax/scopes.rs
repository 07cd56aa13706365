//! The scopes that callers need: `#[scope("…")]`, and the key `scopes`.

use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Keys, TextLiteral, positional_text};

/// Reads `#[scope("tokens:write")]`. Callers need all of the scopes (RFC 6749, section 3.3).
pub(super) fn read(at: SourceSpan, elements: &[Element], errors: &mut Errors) -> Vec<TextLiteral> {
    let help = "write `#[scope(\"tokens:write\")]`";
    if elements.is_empty() {
        errors.add(at, "expected a scope", help);
    }
    let mut scopes: Vec<TextLiteral> = Vec::new();
    for element in elements {
        let Some(scope) = positional_text(element, "a scope", errors) else { continue };
        add(scope, &mut scopes, "#[scope(\"a\", \"b\")]", errors);
    }
    scopes
}

/// Takes the key `scopes`.
pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> Vec<TextLiteral> {
    let mut scopes = Vec::new();
    for scope in keys.texts("scopes", errors) {
        add(scope, &mut scopes, r#"scopes = ["a", "b"]"#, errors);
    }
    scopes
}

/// Adds a scope; reports a malformed one, and one that is given twice. `several` is how to write several scopes.
fn add(scope: TextLiteral, scopes: &mut Vec<TextLiteral>, several: &str, errors: &mut Errors) {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    if scope.value.is_empty() || !scope.value.chars().all(fits) {
        let help = format!("write printable ASCII without spaces, `\"` or `\\`; for several scopes, write `{several}`");
        errors.add(scope.span, format!("invalid scope `{}`", scope.value.escape_debug()), help);
    } else if scopes.iter().any(|other| other.value == scope.value) {
        errors.add(scope.span, format!("the scope `{}` is given twice", scope.value), "keep one of them");
    } else {
        scopes.push(scope);
    }
}
