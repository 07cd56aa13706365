//! Generates the client of a trait that is built on other capabilities. It contains the bodies of the trait's methods, and is
//! generic over the implementations that they call.

use super::item::{self, generated_at, passed_on, visibility};
use super::{client, definition, dispatch, effects};
use crate::model::Model;
use crate::syntax::UsedCapability;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Path;

/// The client of a composed capability, in generated code.
struct ComposedClient<'a> {
    model: &'a Model<'a>,
    ident: &'a Ident,
    /// The type that sends the trait's own requests, if it has some.
    requests: Option<Ident>,
    /// The type parameters, one for each capability.
    parameters: Vec<Ident>,
}

/// Generates the client's types, which are public.
pub(super) fn types(model: &Model<'_>, ident: &Ident) -> TokenStream {
    let composed = ComposedClient::new(model, ident);
    let (visibility, passed_on, krate) = (visibility(model.item), passed_on(model.item), &model.krate);
    let parameters: Vec<Ident> = (0..model.uses.len()).map(|at| letter("", at)).collect();
    let defaults = model.uses.iter().map(UsedCapability::client);
    let first = format!(" [`{}`] built on {}.", model.item.ident, names(model.uses));
    let requests = composed.requests.iter();
    let of_requests = composed.requests.as_ref().map(|requests| {
        quote! {
            #passed_on
            #[doc(hidden)]
            #[derive(::core::fmt::Debug, ::core::clone::Clone)]
            #visibility struct #requests(#krate::__private::Client);
        }
    });
    quote! {
        #passed_on
        #[doc = #first]
        ///
        /// It contains the bodies of the trait's methods, and calls any implementations of those traits.
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #visibility struct #ident<#(#parameters = #defaults),*>(#(#parameters,)* #(#requests)*);

        #of_requests
    }
}

/// Generates the client's constructors, its implementation of the trait, and what adapters need to serve it.
pub(super) fn implementation(model: &Model<'_>, ident: &Ident) -> TokenStream {
    ComposedClient::new(model, ident).implementation()
}

/// Returns the name of the type parameter with the index `at`, after `prefix`: `A`, `B`, …, `Z`, `A1`, …
fn letter(prefix: &str, at: usize) -> Ident {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    let letter = LETTERS.get(at % LETTERS.len()).map_or('A', |letter| char::from(*letter));
    match at / LETTERS.len() {
        0 => format_ident!("{prefix}{letter}"),
        round => format_ident!("{prefix}{letter}{round}"),
    }
}

/// Returns the names of the traits as links.
fn names(uses: &[UsedCapability]) -> String {
    let link = |used: &UsedCapability| format!("[`{}`]", used.path.to_token_stream().to_string().replace(' ', ""));
    uses.iter().map(link).collect::<Vec<_>>().join(" and ")
}

impl<'a> ComposedClient<'a> {
    fn new(model: &'a Model<'a>, ident: &'a Ident) -> Self {
        let span = generated_at(ident.span());
        let requests = model.has_client.then(|| format_ident!("__{}Requests", model.item.ident, span = span));
        let parameters = (0..model.uses.len()).map(|at| letter("__", at)).collect();
        Self { model, ident, requests, parameters }
    }

    /// Returns the type with its parameters.
    fn applied(&self) -> TokenStream {
        let Self { ident, parameters, .. } = self;
        quote!(#ident<#(#parameters),*>)
    }

    /// Returns its type parameters, each with its trait as a bound, and with the further bounds `more`, such as `+ 'static`.
    fn bounds(&self, more: &TokenStream) -> TokenStream {
        let bounds = self.parameters.iter().zip(self.model.uses).map(|(parameter, used)| {
            let path: &Path = &used.path;
            quote!(#parameter: #path #more,)
        });
        bounds.collect()
    }

    /// Returns the access to the field with the client of the trait's own requests, such as `.2`; `None` if it sends none.
    fn own(&self) -> Option<TokenStream> {
        let at = Literal::usize_unsuffixed(self.parameters.len());
        self.requests.as_ref().map(|_| quote!(.#at))
    }

    fn implementation(&self) -> TokenStream {
        let Self { model, ident, .. } = self;
        let (item, applied, own) = (&model.item.ident, self.applied(), self.own());
        let is_static = self.bounds(&quote!(+ 'static));
        let consumed = own.as_ref().map(|own| quote!(self #own.0));
        let effects = effects::member(model);
        let header = quote!(impl<#is_static> __p::Describe for #applied);
        let describe = definition::describe(&header, consumed.as_ref(), Some(&effects));
        let dispatch = dispatch::dispatch(model, &applied, &is_static);
        let constructors = self.constructors();
        let (of_requests, pages) = (self.of_requests(), self.pages());
        let connect = self.connect();
        let stub = client::stub(model, ident);
        let (bounds, supertraits) = (self.bounds(&TokenStream::new()), &model.item.supertraits);
        let clause = (!supertraits.is_empty()).then(|| quote!(where #applied: #supertraits));
        let methods = own.map_or_else(Vec::new, |own| client::request_methods(model, &quote!(#own.0)));
        let bodies = model.item.methods().filter_map(item::implementation);
        // The trait's own `into_capability` knows only the client with the default parameters. This one keeps, for any
        // parameters, the status of the answers to the client's own requests.
        let into_capability = self.requests.as_ref().map(|_| {
            let krate = &model.krate;
            quote! {
                fn into_capability(self) -> #krate::Capability
                where
                    Self: ::core::marker::Sized + 'static,
                {
                    #krate::Capability::of::<Self, Self>(self)
                }
            }
        });
        quote! {
            #describe
            #dispatch
            #of_requests
            #constructors

            __p::client! {
                #connect

                #pages
            }

            #stub

            #[automatically_derived]
            impl<#bounds> #item for #applied #clause {
                #(#methods)*
                #(#bodies)*
                #into_capability
            }
        }
    }

    /// Generates the implementations for the type that sends the trait's own requests.
    fn of_requests(&self) -> Option<TokenStream> {
        let requests = self.requests.as_ref()?;
        let describe = definition::describe(&quote!(impl __p::Describe for #requests), Some(&quote!(self.0)), None);
        let from_client = client::from_client(self.model, requests);
        Some(quote! {
            #describe
            __p::client! {
                #from_client
            }
        })
    }

    fn pages(&self) -> Option<TokenStream> {
        let (own, bounds, applied) = (self.own()?, self.bounds(&TokenStream::new()), self.applied());
        Some(client::pages(self.model, &quote!(impl<#bounds> #applied), &quote!(#own.0)))
    }

    /// Generates `new`, and the methods that return the used implementations.
    fn constructors(&self) -> TokenStream {
        let Self { model, parameters, .. } = self;
        let (visibility, bounds, applied) = (visibility(model.item), self.bounds(&TokenStream::new()), self.applied());
        let idents: Vec<&Ident> = model.uses.iter().map(|used| &used.ident).collect();
        let first = format!(" Builds the client on implementations of {}.", names(model.uses));
        let requests = self.requests.iter();
        let (own, docs) = match &self.requests {
            Some(_) => (
                Some(quote!(client)),
                Some(quote!(
                    ///
                    /// `client` sends the requests of the trait itself; `builder` builds it.
                )),
            ),
            None => (None, None),
        };
        let own_name = own.iter();
        let accessors = model.uses.iter().zip(parameters).enumerate().map(|(at, (used, parameter))| {
            let (name, at) = (&used.ident, Literal::usize_unsuffixed(at));
            let docs =
                format!(" Returns the implementation of {} that the client calls.", names(std::slice::from_ref(used)));
            quote! {
                #[doc = #docs]
                #[must_use]
                #visibility fn #name(&self) -> &#parameter {
                    &self.#at
                }
            }
        });
        quote! {
            #[allow(dead_code, reason = "a client can be created in several ways")]
            impl<#bounds> #applied {
                #[doc = #first]
                #docs
                #[must_use]
                #visibility fn new(#(#own_name: #requests,)* #(#idents: #parameters),*) -> Self {
                    Self(#(#idents,)* #own)
                }

                #(#accessors)*
            }
        }
    }

    /// Generates `from_env`, `builder`, and `ConnectClient`, with which programs connect the client.
    fn connect(&self) -> TokenStream {
        let Self { model, ident, parameters, requests } = self;
        let (krate, visibility, applied) = (&model.krate, visibility(model.item), self.applied());
        let bounds = self.bounds(&quote!(+ __p::ConnectClient));
        let count = parameters.len() + usize::from(requests.is_some());
        let fields: Vec<Ident> = (0..count).map(|at| format_ident!("__part{at}")).collect();
        let nested = fields.iter().rfold(quote!(()), |rest, name| quote!((#name, #rest)));
        let reads = match model.variables.as_slice() {
            [] => String::new(),
            variables => format!(": reads {}, and the variables of those clients", client::in_code(variables)),
        };
        let first =
            format!(" Builds the client on clients of {}, all set up from the environment{reads}.", names(model.uses));
        let builder = requests.as_ref().map(|requests| {
            quote! {
                /// Sets up the client of the trait's own requests by hand: base URI, variables, credentials, time limits. Pass
                /// what it builds to `new`.
                #[must_use]
                #visibility fn builder() -> #krate::ClientBuilder<#requests> {
                    #krate::ClientBuilder::new()
                }
            }
        });
        quote! {
            #[allow(dead_code, reason = "a client can be created in several ways")]
            impl #ident {
                #[doc = #first]
                ///
                /// # Errors
                /// Returns an error if a variable is missing (the error lists all of them) or does not fit where it is used.
                #visibility fn from_env() -> #krate::Result<Self> {
                    __p::from_environment()
                }

                #builder
            }

            #[automatically_derived]
            impl<#bounds> __p::ConnectClient for #applied {
                fn connect(clients: &__p::SharedClients<'_>) -> #krate::Result<Self> {
                    let #nested = __p::ConnectClient::connect(clients)?;
                    ::core::result::Result::Ok(Self(#(#fields),*))
                }

                fn reconnected(self, clients: &__p::SharedClients<'_>) -> #krate::Result<Self> {
                    let Self(#(#fields),*) = self;
                    let #nested = __p::ConnectClient::reconnected(#nested, clients)?;
                    ::core::result::Result::Ok(Self(#(#fields),*))
                }
            }
        }
    }
}
