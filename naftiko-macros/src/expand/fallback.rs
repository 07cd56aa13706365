//! Generates the trait and all public items after a mistake, without behaviour, so that code that implements or uses them has no
//! errors of its own, and editors keep working.

use super::item::{self, signature, visibility};
use super::{client, definition_type, of_block, pointers, table};
use crate::syntax::{Item, Trait};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{FnArg, ReturnType, Type};

/// Generates the trait and its public items, without behaviour.
pub(crate) fn fallback(trait_: &Trait, krate: &TokenStream, has_client: bool) -> TokenStream {
    let definition_type = definition_type(trait_, has_client);
    let nothing = unreachable();
    let item = item::item(trait_, krate, &item::provided(krate, &nothing));
    let public = if has_client {
        client::client_type(trait_, krate, &definition_type, &[])
    } else {
        table::definition_type(trait_, &definition_type)
    };
    let client = if has_client { broken_client(trait_, krate, &definition_type) } else { TokenStream::new() };
    let pointers = pointers::pointers(trait_);
    let attributes = of_block(trait_);
    let ident = &trait_.ident;
    // So that a program of the capability, and its demo, have no errors of their own.
    let exposed = is_plain(trait_).then(|| {
        quote! {
            #[automatically_derived]
            impl<__T: #ident + 'static> __p::Expose<__T> for #definition_type {
                fn operations(_: __T) -> __p::Arc<dyn __p::Operations> {
                    #nothing
                }
            }
        }
    });
    quote! {
        #item
        #public
        #attributes
        const _: () = {
            use #krate::__private as __p;

            #[automatically_derived]
            impl __p::Describe for #definition_type {
                fn definition() -> &'static __p::Definition {
                    #nothing
                }
            }

            #exposed
            #client
            #pointers
        };
    }
}

/// Generates the body of a function that never runs, since the mistake stops the compilation.
fn unreachable() -> TokenStream {
    quote!(::core::panic!("the capability has mistakes"))
}

/// Returns whether the trait can be implemented as it is.
fn is_plain(trait_: &Trait) -> bool {
    trait_.unsafety.is_none()
        && trait_.generics.params.is_empty()
        && trait_.items.iter().all(|item| matches!(item, Item::Method(_)))
}

fn broken_client(trait_: &Trait, krate: &TokenStream, client: &Ident) -> TokenStream {
    let visibility = visibility(trait_);
    let ident = &trait_.ident;
    let methods = trait_.methods().filter(|method| method.body.is_none()).map(|method| {
        let cfg = &method.cfg.tokens;
        let signature = signature(method);
        let output = match &method.signature.output {
            ReturnType::Type(_, output) => quote!(#output),
            ReturnType::Default => quote!(()),
        };
        let unused = method.signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(&argument.pat),
            FnArg::Receiver(_) => None,
        });
        let is_future =
            matches!(&method.signature.output, ReturnType::Type(_, output) if matches!(**output, Type::ImplTrait(_)));
        let body = if method.signature.asyncness.is_some() {
            quote!(::core::future::pending::<#output>())
        } else if is_future {
            // An `impl Trait` here is usually a future.
            quote!(::core::future::pending())
        } else {
            unreachable()
        };
        quote! {
            #cfg
            #signature {
                #(let _ = #unused;)*
                #body
            }
        }
    });
    let implementation =
        is_plain(trait_).then(|| quote!(#[automatically_derived] impl #ident for #client { #(#methods)* }));
    quote! {
        __p::client! {
            #[automatically_derived]
            impl __p::FromClient for #client {
                fn from_client(client: __p::Client) -> Self {
                    Self(client)
                }

                fn client(&self) -> &__p::Client {
                    &self.0
                }
            }

            #[allow(dead_code, reason = "a client can be created in several ways")]
            impl #client {
                /// A client set up from the environment.
                #visibility fn from_env() -> #krate::Result<Self> {
                    Self::builder().build()
                }

                /// A client set up by hand.
                #visibility fn builder() -> #krate::ClientBuilder<Self> {
                    #krate::ClientBuilder::new()
                }
            }
        }

        #implementation
    }
}
