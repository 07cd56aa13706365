//! From tokens to tokens: every stage, one after the other.

use crate::errors::Errors;
use crate::model::{Model, krate};
use crate::syntax::{Settings, item, settings};
use crate::{expand, findings, lower};
use proc_macro2::{Span, TokenStream};

/// Expands `#[capability(arguments)] item`.
pub(crate) fn capability(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let settings: Settings = settings::parse(arguments, &mut errors);
    let Some(parsed) = item::parse(item.clone(), &mut errors) else {
        let mut tokens = errors.into_tokens();
        tokens.extend(item);
        return tokens;
    };
    let lowered = lower::lower(&settings, &parsed, &mut errors);
    findings::report(&settings, &lowered, &mut errors);
    if errors.is_empty() {
        match Model::new(&settings, &parsed, lowered) {
            Ok(model) => return expand::expand(&model),
            Err(error) => errors.add_plain(Span::call_site(), format!("the document cannot be written: {error}")),
        }
    }
    let has_client = !settings.consumes.is_empty() || parsed.methods().any(|method| method.helpers.verb.is_some());
    let mut tokens = expand::fallback(&parsed, &krate(&settings), has_client);
    tokens.extend(errors.into_tokens());
    tokens
}
