//! Constants of requests: `query("api-version" = "2024-10")`, `header("Accept" = "…")`.

use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Keys, TextLiteral};
use naftiko_spec::model::ParameterIn;
use syn::Lit;

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
            let before = errors.count();
            let mut has_elements = false;
            for element in elements {
                has_elements = true;
                match read(&element, place) {
                    Some(constant) if constants.iter().any(|other| other.has_name(place, &constant.name.value)) => {
                        let message = format!("`{}` is given twice", constant.name.value);
                        errors.add(constant.name.span, message, "keep one of them");
                    }
                    Some(constant) => {
                        let help = format!("write `{word}(\"name\" = \"value\")`");
                        let name = constant.name.or_refuse_empty(&help, errors);
                        constants.extend(name.map(|name| Constant { name, ..constant }));
                    }
                    None => {
                        let help = format!("write `{word}(\"name\" = \"value\")`");
                        errors.add(element.span(), format!("expected a name and a literal in `{word}`"), help);
                    }
                }
            }
            if !has_elements && errors.count() == before {
                let help = format!("write `{word}(\"name\" = \"value\")`");
                errors.add(key.span(), format!("expected a name and a literal in `{word}`"), help);
            }
        }
    }
    constants
}

/// Reads `"name" = "value"` or `name = "value"`; `None` if it has another form or its value is not a literal.
fn read(element: &Element, place: ParameterIn) -> Option<Constant> {
    let (name, value) = match element {
        Element::Named(name, value) => (TextLiteral { value: name.value(), span: name.span().into() }, value),
        Element::Pair(name, value) => (TextLiteral { value: name.to_string(), span: name.span().into() }, value),
        _ => return None,
    };
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

impl Constant {
    /// Returns whether it has that place and name; the case of header names is ignored.
    pub(crate) fn has_name(&self, place: ParameterIn, name: &str) -> bool {
        let own = self.name.value.as_str();
        self.place == place && (own == name || (place == ParameterIn::Header && own.eq_ignore_ascii_case(name)))
    }
}
