//! `label`, or `title`: the name that people see.

use crate::errors::Errors;
use crate::keys::{Keys, TextLiteral};

/// Reads `label`, or its synonym `title`.
pub(super) fn take(keys: &mut Keys, errors: &mut Errors) -> Option<TextLiteral> {
    let label = keys.text("label", errors);
    let title = keys.key("title").map(|key| (key, keys.text("title", errors)));
    match (label, title) {
        (Some(label), Some((title, _))) => {
            errors.add(title.span(), "`title` and `label` mean the same thing", "keep one of them");
            Some(label)
        }
        (label, title) => label.or_else(|| title.and_then(|(_, text)| text)),
    }
}
