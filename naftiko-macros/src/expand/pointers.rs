//! Implements the trait for `Arc<T>` and `&T`, so that an implementation can be shared.

use super::item::{signature, this};
use crate::syntax::{Method, Trait};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, GenericParam, Pat, ReceiverKind};

/// Generates the implementation for pointers. Generates nothing if a method cannot be called through a pointer, or if the trait is
/// `unsafe`, is generic, or has a `where` clause or items other than methods.
pub(super) fn pointers(item: &Trait) -> TokenStream {
    let methods: Option<Vec<TokenStream>> =
        item.methods().map(|method| forwarding_method(&item.ident, method)).collect();
    let Some(methods) = methods.filter(|_| item.is_plain()) else { return TokenStream::new() };
    let (ident, supertraits) = (&item.ident, &item.supertraits);
    let clause = (!supertraits.is_empty()).then(|| quote!(where __P: #supertraits));
    // `Arc<T>` and `&T` share one implementation, so that the methods are generated once. The trait `__Pointer` is private.
    quote! {
        trait __Pointer: ::core::marker::Send + ::core::marker::Sync {
            type To: #ident;
            fn to(&self) -> &Self::To;
        }

        #[automatically_derived]
        impl<__T: #ident> __Pointer for __p::Arc<__T> {
            type To = __T;
            fn to(&self) -> &__T {
                self
            }
        }

        #[automatically_derived]
        impl<__T: #ident> __Pointer for &__T {
            type To = __T;
            fn to(&self) -> &__T {
                self
            }
        }

        #[automatically_derived]
        impl<__P: __Pointer> #ident for __P #clause {
            #(#methods)*
        }
    }
}

/// Generates a method that calls the same method behind the pointer. Returns `None` if the method does not take `&self`, has type or const
/// parameters, has a pattern as an argument, or mentions `Self` or `impl` in its types.
fn forwarding_method(item: &Ident, method: &Method) -> Option<TokenStream> {
    let own = &method.signature;
    let by_reference = own.receiver().is_some_and(|own| matches!(own.kind, ReceiverKind::Reference(_, _, None)));
    let is_generic = own.generics.params.iter().any(|own| !matches!(own, GenericParam::Lifetime(_)));
    let plain = by_reference && !is_generic && !mentions_self(own.output.to_token_stream());
    let mut arguments = Vec::new();
    for argument in &own.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        match &*argument.pat {
            Pat::Ident(name) if !mentions_self(argument.ty.to_token_stream()) => arguments.push(&name.ident),
            _ => return None,
        }
    }
    let (cfg, signature, name) = (&method.cfg.tokens, signature(method), &own.ident);
    let this = this(method);
    plain.then(|| {
        quote! {
            #cfg
            #signature {
                <__P::To as #item>::#name(#this.to() #(, #arguments)*)
            }
        }
    })
}

/// Returns whether the tokens contain `Self` or `impl`, which would be a different type behind the pointer.
fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_self(group.stream()),
        TokenTree::Ident(word) => word == "Self" || word == "impl",
        _ => false,
    })
}
