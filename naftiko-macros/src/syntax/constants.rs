//! Constants of requests: `query("api-version" = "2024-10")`, `header("Accept" = "…")`.

use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Keys, TextLiteral};
use naftiko_spec::model::ParameterIn;
use syn::Lit;
use syn::ext::IdentExt;

/// A parameter with a constant value, in every request of a method or of an API.
#[derive(Clone)]
pub(crate) struct Constant {
    pub(crate) place: ParameterIn,
    pub(crate) name: TextLiteral,
    pub(crate) value: TextLiteral,
}

/// Takes every `query(…)` and `header(…)`.
pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> Vec<Constant> {
    let mut constants: Vec<Constant> = Vec::new();
    for (word, place) in [("query", ParameterIn::Query), ("header", ParameterIn::Header)] {
        while let Some((key, elements)) = keys.list(word, errors) {
            let form = format!("write `{word}(\"name\" = \"value\")`");
            if elements.is_empty() {
                errors.add(key.span(), format!("`{word}` is empty"), &form);
            }
            for element in elements {
                match read(&element, place) {
                    Some(constant) if constants.iter().any(|other| other.has_name(place, &constant.name.value)) => {
                        let message = format!("`{}` is given twice", constant.name.value);
                        errors.add(constant.name.span, message, "keep one of them");
                    }
                    Some(constant) => {
                        let name = constant.name.or_refuse_empty(&form, errors);
                        constants.extend(name.map(|name| Constant { name, ..constant }));
                    }
                    None => refuse(&element, (word, &form), errors),
                }
            }
        }
    }
    constants
}

/// Reports an element that is not a constant. `form` shows how the attribute `word` is written.
fn refuse(element: &Element, (word, form): (&str, &str), errors: &mut Errors) {
    let Some((name, value)) = named(element) else {
        let message = format!("expected a name and a literal in `{word}`, found {}", element.found());
        errors.add(element.span(), message, form);
        return;
    };
    let message =
        format!("expected a string, a number, `true` or `false` for `{}`, found {}", name.value, value.found());
    errors.add(value.span(), message, format!("write `{word}(\"{}\" = \"value\")`", name.value));
}

/// Reads `"name" = "value"` or `name = "value"`; `None` if it has another form or its value is not a literal.
fn read(element: &Element, place: ParameterIn) -> Option<Constant> {
    let (name, value) = named(element)?;
    let Value::Literal(literal) = value else { return None };
    let text = match literal {
        Lit::Str(text) => text.value(),
        Lit::Int(number) => number.base10_digits().to_owned(),
        Lit::Float(number) => number.base10_digits().to_owned(),
        Lit::Bool(flag) => flag.value.to_string(),
        _ => return None,
    };
    Some(Constant { place, name, value: TextLiteral { value: text, span: SourceSpan::from(literal.span()) } })
}

/// Returns the name and the value of an element; `None` if it has another form.
fn named(element: &Element) -> Option<(TextLiteral, &Value)> {
    Some(match element {
        Element::Named(name, value) => (TextLiteral { value: name.value(), span: name.span().into() }, value),
        Element::Pair(name, value) => {
            (TextLiteral { value: name.unraw().to_string(), span: name.span().into() }, value)
        }
        _ => return None,
    })
}

impl Constant {
    /// Returns whether the constant has this location and name; the case of header names is ignored.
    pub(crate) fn has_name(&self, place: ParameterIn, name: &str) -> bool {
        let own = self.name.value.as_str();
        self.place == place && (own == name || (place == ParameterIn::Header && own.eq_ignore_ascii_case(name)))
    }
}
