//! The conditions of methods and arguments: `#[cfg(…)]`, and `#[cfg_attr(…)]`.

use super::helper_names::{ARGUMENT_HELPERS, METHOD_HELPERS};
use crate::errors::{Errors, SourceSpan};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// The `cfg` conditions of an item.
#[derive(Clone, Default)]
pub(crate) struct Cfg {
    /// As attributes.
    pub(crate) tokens: TokenStream,
    /// As text, for comparison.
    pub(crate) text: String,
}

impl Cfg {
    /// Returns the conditions among these attributes.
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let mut tokens = TokenStream::new();
        for attribute in attributes {
            if attribute.path().is_ident("cfg") {
                attribute.to_tokens(&mut tokens);
            } else if let Some((condition, inner)) = cfg_attr(attribute) {
                let cfgs: Vec<&Meta> = inner.iter().filter(|meta| meta.path().is_ident("cfg")).collect();
                if !cfgs.is_empty() {
                    tokens.extend(quote!(#[cfg_attr(#condition, #(#cfgs),*)]));
                }
            }
        }
        let text = tokens.to_string();
        Self { tokens, text }
    }
}

/// Returns the parts of `#[cfg_attr(condition, …)]`.
fn cfg_attr(attribute: &Attribute) -> Option<(Meta, Vec<Meta>)> {
    if !attribute.path().is_ident("cfg_attr") {
        return None;
    }
    let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let mut metas = metas.into_iter();
    Some((metas.next()?, metas.collect()))
}

/// Refuses `#[cfg_attr(…, get("/"))]`: conditions are evaluated after helper attributes are read.
pub(super) fn refuse_hidden_helpers(attributes: &mut Vec<Attribute>, errors: &mut Errors) {
    attributes.retain(|attribute| {
        let before = errors.count();
        for meta in cfg_attr(attribute).into_iter().flat_map(|(_, inner)| inner) {
            let hidden = METHOD_HELPERS.iter().chain(&ARGUMENT_HELPERS).find(|name| meta.path().is_ident(name));
            // `path` is also an attribute of Rust.
            if let Some(name) = hidden.filter(|name| **name != "path") {
                errors.add(
                    SourceSpan::of(&meta),
                    format!("`#[{name}]` cannot be in `cfg_attr`"),
                    "write a method for each case, each with its own `#[cfg(…)]`",
                );
            }
        }
        errors.count() == before
    });
}
