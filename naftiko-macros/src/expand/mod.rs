//! Generates tokens from the model. Nothing here can fail.

mod client;
mod composed;
mod definition;
mod dispatch;
mod effects;
mod fallback;
mod item;
mod pointers;

pub(crate) use fallback::{broken_composition, fallback};

use crate::model::Model;
use crate::syntax::Trait;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Meta};

/// Generates the complete expansion of a trait.
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let is_composed = !model.uses.is_empty();
    let definition_type = definition_type(model.item, model.has_client || is_composed);
    let item = item::item(model.item, krate, &item::into_capability(krate, &definition_type), is_composed);
    let public = if is_composed {
        composed::types(model, &definition_type)
    } else if model.has_client {
        client::client_type(model.item, krate, &definition_type, &model.upstreams)
    } else {
        definition::type_without_client(model.item, &definition_type)
    };
    let descriptors = definition::descriptors(model);
    let checks = definition::checks(model);
    let (effects, promises) = (effects::constants(model), effects::checks(model));
    let definition = definition::definition(model);
    let implementation = if is_composed {
        composed::implementation(model, &definition_type)
    } else {
        let own = model.has_client.then(|| quote!(self.0));
        let effects = model.has_client.then(|| effects::member(model));
        let describe =
            definition::describe(&quote!(impl __p::Describe for #definition_type), own.as_ref(), effects.as_ref());
        let dispatch = dispatch::dispatch(model, &quote!(#definition_type), &TokenStream::new());
        let client = if model.has_client { client::client(model, &definition_type) } else { TokenStream::new() };
        quote!(#describe #dispatch #client)
    };
    let pointers = pointers::pointers(model.item);
    let dependency = model.location.map(definition::file_dependency);
    let attributes = block_attributes(model.item);
    let helpers = helpers(model.item, krate);
    quote! {
        #item
        #public
        #attributes
        const _: () = {
            use #krate::__private as __p;
            #helpers
            #dependency
            #descriptors
            #checks
            #effects
            #promises
            #definition
            #implementation
            #pointers
        };
    }
}

/// Generates a `use` of each helper attribute, with the span of the user's attribute, so that editors show the documentation there.
/// The `use` brings no name into scope.
fn helpers(item: &Trait, krate: &TokenStream) -> TokenStream {
    let names = item.methods().flat_map(|method| {
        let of_arguments = method.parameters.iter().flat_map(|parameter| &parameter.helpers);
        method.helpers.names.iter().chain(of_arguments)
    });
    let names: Vec<&Ident> = names.collect();
    if names.is_empty() {
        return TokenStream::new();
    }
    quote!(#[allow(unused_imports, reason = "for editors")] use #krate::attributes::{#(#names as _),*};)
}

/// Returns the type that represents the capability: its client if it has one.
fn definition_type(item: &Trait, has_client: bool) -> Ident {
    let name = item.ident.unraw();
    let span = item::generated_at(item.ident.span());
    if has_client {
        format_ident!("{name}Client", span = span)
    } else {
        format_ident!("__{name}Definition", span = span)
    }
}

/// Returns the user's attributes that the block of generated items also needs.
fn block_attributes(item: &Trait) -> TokenStream {
    let passed = item.attributes.iter().filter(|attribute| item::is_passed_on(attribute));
    let deprecated = is_deprecated(&item.attributes) || item.methods().any(|method| is_deprecated(&method.attributes));
    let allow = deprecated.then(|| quote!(#[allow(deprecated, reason = "callers over the wire still call it")]));
    quote!(#(#passed)* #allow)
}

fn is_deprecated(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if attribute.path().is_ident("cfg_attr") => list.tokens.to_string().contains("deprecated"),
        meta => meta.path().is_ident("deprecated"),
    })
}
