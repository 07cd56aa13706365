//! Generates the trait and all public items after a mistake, without behaviour, so that code that implements or uses them has no
//! errors of its own, and editors keep working.

use super::item::{self, signature, visibility};
use super::{block_attributes, client, definition, definition_type, pointers};
use crate::syntax::{CapabilitySettings, Method, Trait, UsedCapability};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{FnArg, Pat, ReturnType, Type};

/// Generates the trait and its public items, without behaviour.
pub(crate) fn fallback(trait_: &Trait, krate: &TokenStream, has_client: bool) -> TokenStream {
    let definition_type = definition_type(trait_, has_client);
    let (nothing, effects) = (unreachable(), no_effects());
    let item = item::item(trait_, krate, &item::into_capability_with(krate, &nothing), false);
    let public = if has_client {
        client::client_type(trait_, krate, &definition_type, &[])
    } else {
        definition::type_without_client(trait_, &definition_type)
    };
    let client = if has_client { broken_client(trait_, krate, &definition_type) } else { TokenStream::new() };
    let pointers = pointers::pointers(trait_);
    let attributes = block_attributes(trait_);
    let ident = &trait_.ident;
    // Without this, each `Program` of the capability would have an error of its own.
    let exposed = trait_.is_plain().then(|| {
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
                #effects

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

/// Generates the effects of methods: all of them only read, so that bodies that call them have no errors of their own.
fn no_effects() -> TokenStream {
    quote! {
        const EFFECTS: &'static __p::MethodEffects = &[("", __p::GET)];
    }
}

/// Generates the methods of a client, which never run.
fn pending_methods<'a>(methods: impl Iterator<Item = &'a Method>) -> Vec<TokenStream> {
    let methods = methods.map(|method| {
        let cfg = &method.cfg.tokens;
        let signature = signature(method);
        let output = match &method.signature.output {
            ReturnType::Type(_, output) => quote!(#output),
            ReturnType::Default => quote!(()),
        };
        let unused = arguments(method);
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
    methods.collect()
}

/// Generates the methods of a client that return the pages of lists, which never run.
fn pending_pages(trait_: &Trait, krate: &TokenStream) -> Vec<TokenStream> {
    let has_pages = |method: &&Method| {
        method.helpers.page.is_some()
            && method.helpers.verb.is_some()
            && trait_.methods().all(|other| other.name != method.pages_name())
    };
    let methods = trait_.methods().filter(|_| trait_.is_plain()).filter(has_pages).filter_map(|method| {
        let (cfg, visibility, returns) = (&method.cfg.tokens, visibility(trait_), method.output.as_ref()?);
        let mut signature = method.signature.clone();
        signature.asyncness = None;
        signature.ident = Ident::new(&method.pages_name(), signature.ident.span());
        signature.output = syn::parse_quote!(-> #krate::Pages<#returns>);
        let (unused, body) = (arguments(method), unreachable());
        Some(quote! {
            #cfg
            #visibility #signature {
                #(let _ = #unused;)*
                #body
            }
        })
    });
    methods.collect()
}

/// Returns the names of the arguments of a method.
fn arguments(method: &Method) -> impl Iterator<Item = &Ident> {
    method.signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(argument) => match &*argument.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

/// Generates the constructors and methods of a client, which never run.
fn broken_client(trait_: &Trait, krate: &TokenStream, client: &Ident) -> TokenStream {
    let visibility = visibility(trait_);
    let ident = &trait_.ident;
    let methods = pending_methods(trait_.methods().filter(|method| method.body.is_none()));
    let pages = pending_pages(trait_, krate);
    let implementation =
        trait_.is_plain().then(|| quote!(#[automatically_derived] impl #ident for #client { #(#methods)* }));
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
                /// Builds a client that is set up from the environment.
                #visibility fn from_env() -> #krate::Result<Self> {
                    Self::builder().build()
                }

                /// Sets up a client by hand.
                #visibility fn builder() -> #krate::ClientBuilder<Self> {
                    #krate::ClientBuilder::new()
                }

                #(#pages)*
            }
        }

        #implementation
    }
}

/// Generates the trait and its public items if it is built on other capabilities, without behaviour and without their traits.
pub(crate) fn broken_composition(settings: &CapabilitySettings, trait_: &Trait, krate: &TokenStream) -> TokenStream {
    let client = definition_type(trait_, true);
    let (nothing, effects, visibility, ident) = (unreachable(), no_effects(), visibility(trait_), &trait_.ident);
    let item = item::item(trait_, krate, &item::into_capability_with(krate, &nothing), true);
    let attributes = block_attributes(trait_);
    let (uses, has_own) = (&settings.uses, !settings.consumes.is_empty() || settings.document.is_some());
    let parameters: Vec<Ident> = (0..uses.len()).map(|at| quote::format_ident!("__{at}")).collect();
    let (paths, clients) = (uses.iter().map(|used| &used.path), uses.iter().map(UsedCapability::client));
    let own = has_own.then(|| quote!(_: (),));
    let accessors =
        uses.iter().zip(&parameters).filter(|(used, _)| trait_.methods().all(|own| own.name != used.name()));
    let accessors = accessors.map(|(used, parameter)| {
        let name = &used.ident;
        quote!(#visibility fn #name(&self) -> &#parameter { #nothing })
    });
    let pages = pending_pages(trait_, krate);
    let builder = has_own.then(|| quote!(#visibility fn builder() -> #krate::ClientBuilder<Self> { #nothing }));
    let plain = trait_.is_plain().then(|| {
        let methods = pending_methods(trait_.methods().filter(|method| !is_templated(method)));
        let supertraits = &trait_.supertraits;
        let clause = (!supertraits.is_empty()).then(|| quote!(where Self: #supertraits));
        quote! {
            #[automatically_derived]
            impl<__T: #ident + 'static, #(#parameters: 'static + Send + Sync),*> __p::Expose<__T> for #client<#(#parameters),*> {
                fn operations(_: __T) -> __p::Arc<dyn __p::Operations> {
                    #nothing
                }
            }

            #[automatically_derived]
            impl<#(#parameters: Send + Sync),*> #ident for #client<#(#parameters),*> #clause { #(#methods)* }
        }
    });
    quote! {
        #item
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #visibility struct #client<#(#parameters = ()),*>(#(::core::marker::PhantomData<#parameters>),*);
        #attributes
        const _: () = {
            use #krate::__private as __p;

            #[automatically_derived]
            impl<#(#parameters: 'static + Send + Sync),*> __p::Describe for #client<#(#parameters),*> {
                #effects

                fn definition() -> &'static __p::Definition {
                    #nothing
                }
            }

            // Without this, the imports of the traits and clients would be reported as unused.
            #[allow(dead_code, reason = "it is not called")]
            fn __uses<#(#parameters: #paths),*>(_: (#(#clients,)*)) {}

            #[allow(dead_code, reason = "a client can be created in several ways")]
            impl<#(#parameters),*> #client<#(#parameters),*> {
                #visibility fn new(#own #(_: #parameters),*) -> Self { #nothing }
                #(#accessors)*
                #(#pages)*
            }

            __p::client! {
                #[allow(dead_code, reason = "a client can be created in several ways")]
                impl #client {
                    #visibility fn from_env() -> #krate::Result<Self> { #nothing }
                    #builder
                }

                #[automatically_derived]
                impl<#(#parameters: 'static),*> __p::ConnectClient for #client<#(#parameters),*> {
                    fn connect(_: &__p::SharedClients<'_>) -> #krate::Result<Self> { #nothing }
                    fn reconnected(self, _: &__p::SharedClients<'_>) -> #krate::Result<Self> { #nothing }
                }
            }

            #plain
        };
    }
}

/// Returns whether a method is a prompt with a template, whose body is in the trait itself.
fn is_templated(method: &Method) -> bool {
    method.body.is_none() && method.helpers.prompt.as_ref().is_some_and(|prompt| prompt.template.is_some())
}
