//! Headers of callers that are sent to an API: `caller_header("Authorization")`.

use crate::attribute::Element;
use crate::errors::Errors;
use crate::keys::{Keys, TextLiteral, positional_text};

/// The form of the key.
pub(super) const FORM: &str = r#"caller_header("Authorization")"#;

/// A header of callers that is sent to an API.
#[derive(Clone)]
pub(crate) struct CallerHeader {
    pub(crate) name: TextLiteral,
    pub(crate) required: bool,
}

/// Takes every `caller_header("Name", …)`; with the word `optional`, calls without these headers are sent without them.
pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> Vec<CallerHeader> {
    let mut all = Vec::new();
    while let Some((key, elements)) = keys.list("caller_header", errors) {
        let is_optional = |element: &Element| matches!(element, Element::Word(word) if word == "optional");
        let required = !elements.iter().any(is_optional);
        let names = elements.iter().filter(|element| !is_optional(element));
        if names.clone().next().is_none() {
            errors.add(key.span(), "`caller_header` names no header", format!("write `{FORM}`"));
        }
        for element in names {
            if let Element::Word(word) = element {
                let help = "write the header in quotes, `caller_header(\"Authorization\")`; it is required unless you write `optional`";
                errors.add(
                    word.span(),
                    format!("expected a header name in quotes or `optional`, found `{word}`"),
                    help,
                );
                continue;
            }
            let name = positional_text(element, "the name of a header", errors);
            all.extend(name.map(|name| CallerHeader { name, required }));
        }
    }
    all
}
