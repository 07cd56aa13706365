//! Expands `#[capability]`: runs the stages of the macro one after the other.

use crate::document::{self, DocumentSource};
use crate::errors::Errors;
use crate::keys::TextLiteral;
use crate::model::{self, Model, krate};
use crate::syntax::{CapabilitySettings, Trait, UNREADABLE, item, settings, unreadable, without_helpers};
use crate::{expand, findings, lower, skills};
use proc_macro2::{Span, TokenStream};
use std::path::Path;

/// Expands `#[capability(arguments)] item` in the crate at `folder`.
pub(crate) fn capability(folder: &Path, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut settings: CapabilitySettings = settings::parse(arguments, &mut errors);
    if let Some(path) = &settings.skills {
        settings.skill_folders = skills::read(path, folder, &mut errors);
    }
    let Some(mut parsed) = item::parse(item.clone(), &mut errors) else {
        let mut tokens = errors.into_tokens();
        tokens.extend(without_helpers(item));
        return tokens;
    };
    if let Some(span) = unreadable(&parsed.attributes).filter(|_| settings.description.is_none()) {
        errors.add(span, UNREADABLE, "write the text itself, `/// …`, or add `description = \"…\"` to `#[capability]`");
        // A placeholder, so that the description is not also reported as missing.
        parsed.description = Some(TextLiteral { value: "?".to_owned(), span });
    }
    let krate = krate(&settings);
    let source = match &settings.document {
        Some(key) => match document::fill(key, folder, &krate, &mut parsed, &mut errors) {
            Some(source) => Some(source),
            // Without the document, the meaning of the trait's own methods is unknown.
            None => return broken(&settings, &parsed, errors),
        },
        None if settings.broken.contains(&"document") => return broken(&settings, &parsed, errors),
        None => None,
    };
    expanded(&settings, source.as_ref(), &parsed, errors)
}

/// Generates the expansion of a trait that has been parsed; after a mistake, the trait without behaviour, and the errors.
fn expanded(
    settings: &CapabilitySettings,
    source: Option<&DocumentSource>,
    parsed: &Trait,
    mut errors: Errors,
) -> TokenStream {
    let lowered = lower::lower(settings, source, parsed, &mut errors);
    let derived = model::derived(settings, parsed, source);
    findings::report(settings, &lowered, &derived, &mut errors);
    if errors.is_empty() {
        match Model::new(settings, parsed, lowered) {
            Ok(model) => return expand::expand(&model),
            Err(error) => errors.add_plain(Span::call_site(), format!("the document cannot be generated: {error}")),
        }
    }
    broken(settings, parsed, errors)
}

/// Generates the trait with its public items, and the errors.
fn broken(settings: &CapabilitySettings, parsed: &Trait, errors: Errors) -> TokenStream {
    let has_client = settings.document.is_some()
        || settings.broken.contains(&"document")
        || !settings.consumes.is_empty()
        || parsed.methods().any(|method| method.helpers.verb.is_some());
    let mut tokens = if settings.composed {
        expand::broken_composition(settings, parsed, &krate(settings))
    } else {
        expand::fallback(parsed, &krate(settings), has_client)
    };
    tokens.extend(errors.into_tokens());
    tokens
}
