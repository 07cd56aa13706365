//! Generates the HTTP client of the trait.

use super::definition::{index_literal, inputs_in_order};
use super::item::{passed_on, signature, this, visibility};
use crate::model::{InputModel, Model};
use crate::syntax::context::ContextArgument;
use crate::syntax::{Form, Method, Trait};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// Generates the client's type.
pub(super) fn client_type(item: &Trait, krate: &TokenStream, client: &Ident, upstreams: &[String]) -> TokenStream {
    let visibility = visibility(item);
    let passed_on = passed_on(item);
    let first = if upstreams.is_empty() {
        format!(" The client of [`{}`]: its operations are those of the document.", item.ident)
    } else {
        format!(" The HTTP client of [`{}`]: its operations are requests to {}.", item.ident, in_code(upstreams))
    };
    quote! {
        #passed_on
        #[doc = #first]
        ///
        /// It is cheap to clone; the clones share one pool of connections.
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #visibility struct #client(#krate::__private::Client);
    }
}

/// Returns the texts as code, joined by `and`.
pub(super) fn in_code(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" and ")
}

/// Generates the client's constructors and its implementation of the trait.
pub(super) fn client(model: &Model<'_>, client: &Ident) -> TokenStream {
    let item = &model.item.ident;
    let (constructors, stub) = (constructors(model, client), stub(model, client));
    let from_client = from_client(model, client);
    let own = quote!(.0);
    let methods = request_methods(model, &own);
    let pages = pages(model, &quote!(impl #client), &own);
    quote! {
        __p::client! {
            #from_client

            #constructors

            #pages
        }

        #stub

        #[automatically_derived]
        impl #item for #client {
            #(#methods)*
        }
    }
}

/// Generates the conversion from and to the client of the runtime.
pub(super) fn from_client(model: &Model<'_>, client: &Ident) -> TokenStream {
    let document = model.location.is_some().then(|| {
        quote!(
            const DOCUMENT: ::core::option::Option<__p::LoadDocument> = __p::DOCUMENT;
        )
    });
    quote! {
        #[automatically_derived]
        impl __p::FromClient for #client {
            #document

            fn from_client(client: __p::Client) -> Self {
                Self(client)
            }

            fn client(&self) -> &__p::Client {
                &self.0
            }
        }
    }
}

/// Generates the methods that are requests; `own` is the path of the runtime's client in the type: `.0`.
pub(super) fn request_methods(model: &Model<'_>, own: &TokenStream) -> Vec<TokenStream> {
    let methods = model.operations.iter().enumerate().filter(|(_, operation)| operation.consumed);
    let methods = methods.map(|(index, operation)| {
        let cfg = &operation.method.cfg.tokens;
        let signature = signature(operation.method);
        let (index, output) = (index_literal(index), &operation.output);
        let sent = inputs_in_order(operation).map(encoded_argument);
        let this = this(operation.method);
        let called = if operation.method.context.is_some() { "call_with" } else { "call" };
        let call = runtime_call(called, &index, output, sent, operation.method);
        quote! {
            #cfg
            #signature {
                #this #own.#call
            }
        }
    });
    methods.collect()
}

/// Generates a call of the runtime's function `name`, which sends the request of `method`: `index` is the index of the operation, `codec`
/// the static with the codec of its return type, and `sent` the encoded arguments. The call has the span of the method's return type, so
/// that a type that is not `Send` is reported there.
fn runtime_call(
    name: &str,
    index: &Literal,
    codec: &Ident,
    sent: impl Iterator<Item = TokenStream>,
    method: &Method,
) -> TokenStream {
    let span = method.output.as_ref().map_or_else(Span::call_site, Spanned::span);
    let name = Ident::new(name, span);
    let mut codec = codec.clone();
    codec.set_span(span);
    let codec = quote_spanned!(span=> &#codec);
    // The context has the headers of the caller that are sent to the API.
    let context = method.context.iter().map(|ContextArgument { ident, .. }| ident);
    quote!(#name(#index, #codec, &[#(#sent),*] #(, #context)*))
}

/// Generates `from_env` and `builder` for builds without a client: a call of either is a compile error that names the missing feature.
pub(super) fn stub(model: &Model<'_>, client: &Ident) -> TokenStream {
    let (krate, visibility) = (&model.krate, visibility(model.item));
    quote! {
        __p::no_client! {
            #[allow(dead_code, reason = "these functions exist only for an error that names the missing feature")]
            impl #client {
                #[doc(hidden)]
                #visibility fn from_env() -> #krate::Result<Self>
                where
                    for<'__a> Self: __p::HasClient<'__a>,
                {
                    __p::without_client()
                }

                #[doc(hidden)]
                #visibility fn builder() -> #krate::Result<Self>
                where
                    for<'__a> Self: __p::HasClient<'__a>,
                {
                    __p::without_client()
                }
            }
        }
    }
}

/// Generates `from_env` and `builder`.
fn constructors(model: &Model<'_>, client: &Ident) -> TokenStream {
    let (krate, visibility) = (&model.krate, visibility(model.item));
    let reads = match model.variables.as_slice() {
        [] => String::new(),
        variables => format!(" Reads {}.", in_code(variables)),
    };
    let first = format!(
        " Builds a client that is set up from the environment: credentials and the variables of the base URI.{reads}"
    );
    quote! {
        #[allow(dead_code, reason = "a client can be created in several ways")]
        impl #client {
            #[doc = #first]
            ///
            /// # Errors
            /// Returns an error if a variable is missing (the error lists all of them) or does not fit where it is used.
            #visibility fn from_env() -> #krate::Result<Self> {
                Self::builder().build()
            }

            /// Sets up a client by hand: base URI, variables, credentials, time limits.
            #[must_use]
            #visibility fn builder() -> #krate::ClientBuilder<Self> {
                #krate::ClientBuilder::new()
            }
        }
    }
}

/// Generates the methods that return the pages of lists, in a block that begins with `header`; `own` is the path of the runtime's client in
/// the type.
pub(super) fn pages(model: &Model<'_>, header: &TokenStream, own: &TokenStream) -> TokenStream {
    let (krate, visibility, item) = (&model.krate, visibility(model.item), &model.item.ident);
    let methods = model.operations.iter().enumerate().filter_map(|(index, operation)| {
        let (name, method) = (operation.pages.as_ref()?, operation.method);
        let (cfg, output) = (&method.cfg.tokens, &operation.output);
        let mut signature = method.signature.clone();
        let returns = method.output.as_ref()?;
        signature.asyncness = None;
        signature.ident = Ident::new(name, signature.ident.span());
        signature.output = syn::parse_quote!(-> #krate::Pages<#returns>);
        let (index, sent, this) =
            (index_literal(index), inputs_in_order(operation).map(encoded_argument), this(method));
        let called = if method.context.is_some() { "pages_with" } else { "pages" };
        let call = runtime_call(called, &index, output, sent, method);
        let long = (signature.inputs.len() > 7).then(|| quote!(clippy::too_many_arguments,));
        let docs =
            format!(" Returns the pages of [`{item}::{}`], beginning with the page for these arguments.", method.name);
        Some(quote! {
            #cfg
            #[doc = #docs]
            ///
            /// Each page is one call, made when the stream is polled for it.
            #[allow(dead_code, deprecated, #long reason = "a program need not call the method, and it may be deprecated")]
            #visibility #signature {
                #this #own.#call
            }
        })
    });
    let methods: Vec<_> = methods.collect();
    if methods.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        #header {
            #(#methods)*
        }
    }
}

/// Generates the encoding of one argument.
fn encoded_argument(input: &InputModel<'_>) -> TokenStream {
    let parameter = input.parameter;
    let name = &parameter.ident;
    let Some(descriptor) = &input.descriptor else {
        let encode = match (input.is_json, parameter.optional) {
            (false, false) => "str",
            (false, true) => "opt_str",
            (true, false) => "json_str",
            (true, true) => "opt_json_str",
        };
        let encode = format_ident!("{encode}");
        return quote!(__p::Arg::#encode(#name));
    };
    if parameter.format.file {
        return if parameter.optional { quote!(__p::Arg::opt_upload(#name)) } else { quote!(__p::Arg::upload(#name)) };
    }
    let encode = match (input.is_json, parameter.form) {
        (false, Form::Slice | Form::Vec) => "texts",
        (true, Form::Slice | Form::Vec) => "json_many",
        (false, _) => "text",
        (true, _) => "json",
    };
    let encode = if parameter.optional { format_ident!("opt_{encode}") } else { format_ident!("{encode}") };
    let value = match (parameter.form, parameter.optional) {
        (Form::Value, true) => quote!(#name.as_ref()),
        (Form::Vec, true) => quote!(#name.as_deref()),
        (Form::Value | Form::Vec, false) => quote!(&#name),
        (Form::Str | Form::Ref | Form::Slice, _) => quote!(#name),
    };
    quote!(#descriptor.#encode(#value))
}
