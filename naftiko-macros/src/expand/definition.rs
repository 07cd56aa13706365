//! Generates the definition of a capability: the codecs of its types, the plans of its operations, and its checks.

use super::effects;
use super::item::{passed_on, visibility};
use crate::model::{InputModel, Model, OperationModel};
use crate::skills::Skill;
use crate::syntax::{Trait, UsedCapability};
use naftiko_spec::model::{Cache, Format};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;

/// Generates a static with the codec of each type.
pub(super) fn descriptors(model: &Model<'_>) -> TokenStream {
    let statics = model.descriptors.iter().map(|descriptor| {
        let (ident, ty, cfg) = (&descriptor.ident, &descriptor.ty, &descriptor.cfg);
        let constructor = Ident::new(descriptor.kind.constructor(), descriptor.span);
        let kind = format_ident!("{}", if descriptor.kind.is_input() { "ArgumentCodec" } else { "ReturnCodec" });
        // The call has the span of the type, so that an unsuitable type is reported there.
        let describe = if descriptor.kind.is_input() {
            quote_spanned!(descriptor.span=> __p::#constructor::<#ty>())
        } else {
            // `answer` examines the members itself. `MEMBERS` is empty for types that do not implement `Deserialize`.
            let members = (constructor == "output").then(|| quote!(.with_members(__p::SuccessOf::<#ty>::MEMBERS)));
            quote_spanned!(descriptor.span=> __p::#constructor::<#ty, _>(__p::ErrorsOf::<#ty>::STATUSES) #members)
        };
        quote!(#cfg static #ident: __p::#kind<#ty> = #describe;)
    });
    quote! {
        #[allow(unused_imports, reason = "not used if the error type distinguishes statuses: the inherent `STATUSES` of `ErrorsOf` takes precedence")]
        use __p::NoStatuses as _;
        #[allow(unused_imports, reason = "not used if all types implement `Deserialize`: the inherent `MEMBERS` takes precedence")]
        use __p::NotExamined as _;
        #(#statics)*
    }
}

/// Generates checks that depend on types and features: whether a method returns what its `none_on`, `response_headers`,
/// `format`, `cache`, `#[output]` and `#[page]` need, whether its error has variants that never occur, and whether callers can be
/// authenticated by `oauth2`.
pub(super) fn checks(model: &Model<'_>) -> TokenStream {
    let checks = model.operations.iter().map(|operation| {
        let (cfg, method) = (&operation.method.cfg.tokens, operation.method);
        let verb = method.helpers.verb.as_ref();
        let output = method.output.as_ref();
        let none_on = verb.and_then(|verb| verb.none_on.as_ref()).zip(output).map(|(none_on, output)| {
            let check = quote_spanned!(none_on.key.span()=> __p::none_on::<#output>());
            let unreachable = none_on.statuses.iter().map(|(status, span)| unreachable(*status, span.start(), output));
            quote!(#cfg const _: () = #check; #(#cfg #unreachable)*)
        });
        // With a verb, the headers come from the API's answer, so the method need not return a response.
        let of_response = method.helpers.rest.as_ref().filter(|_| verb.is_none());
        let of_response = of_response.and_then(|rest| rest.response_headers.as_ref()).zip(output);
        let headers = of_response.map(|(headers, output)| {
            let check = quote_spanned!(headers.key.span()=> __p::response_headers::<#output>());
            quote!(#cfg const _: () = #check;)
        });
        let format = verb.and_then(|verb| verb.format).map(|(format, span)| match format {
            Format::Binary => {
                let check = quote_spanned!(span.start()=> __p::binary::<#output>());
                quote!(#cfg const _: () = #check;)
            }
            Format::Stream => {
                let check = quote_spanned!(span.start()=> __p::streamed::<#output>());
                quote!(#cfg const _: () = #check;)
            }
            format if format.needs_decoder() => quote_spanned!(span.start()=> #cfg __p::formats! {}),
            _ => TokenStream::new(),
        });
        let picked = method.helpers.output.as_ref().zip(output).map(|(part, output)| {
            let check = quote_spanned!(part.span.start()=> __p::picked::<#output, _>());
            quote!(#cfg const _: () = #check;)
        });
        // Pages in the body are found in JSON; the rule `INVALID_PAGE` reports streams and binary answers.
        let is_json = verb.is_none_or(|verb| verb.format.is_none_or(|(format, _)| format == Format::Json));
        let in_body = method.helpers.page.as_ref().filter(|page| is_json && page.paging.is_in_body());
        let pages_in_json = in_body.map(|page| {
            let check = quote_spanned!(page.span.start()=> __p::pages_in_json::<#output, _>());
            quote!(#cfg const _: () = #check;)
        });
        let page = method.helpers.page.as_ref().map(|page| page.span);
        let cache = verb.and_then(|verb| verb.cache).filter(|(cache, _)| *cache != Cache::Off).map(|(_, span)| span);
        let not_streamed = page.into_iter().chain(cache).map(|span| {
            let check = quote_spanned!(span.start()=> __p::complete::<#output, _>());
            quote!(#cfg const _: () = #check;)
        });
        quote!(#none_on #headers #format #picked #pages_in_json #(#not_streamed)*)
    });
    let oauth = model.oauth.iter().map(|span| quote_spanned!(span.start()=> __p::oauth! {}));
    checks.chain(oauth).collect()
}

/// Generates a check that the error of a method has no variant for a status that means `None`. The macro does not see the enum, so
/// the compiler checks it.
fn unreachable(status: u16, span: Span, output: &Type) -> TokenStream {
    let message = format!(
        "`none_on({status})` turns this status into `None`, so the error's variant with `#[status({status})]` never occurs\n\
         help: remove one of them"
    );
    let status = Literal::u16_unsuffixed(status);
    quote_spanned!(span=> const _: () = ::core::assert!(
        !__p::has_status(__p::ErrorsOf::<#output>::STATUSES, #status),
        #message
    );)
}

/// Generates the static with the definition of the capability.
pub(super) fn definition(model: &Model<'_>) -> TokenStream {
    let head = json(&model.head);
    let new = format_ident!("{}", if model.location.is_some() { "implemented_by" } else { "new" });
    let forwards = model.location.map(|_| {
        let forwards = json(&model.forwards);
        quote!(#forwards,)
    });
    let operations =
        model.operations.iter().enumerate().map(|(index, operation)| operation_definition(index, operation));
    let skills = skills(model.skills);
    let uses = model.uses.iter().map(UsedCapability::client);
    let uses = (!model.uses.is_empty()).then(|| quote!(.using(&[#(<#uses as __p::Describe>::definition),*])));
    let effects = effects::of_definition(model);
    let named = &model.named_adapters;
    quote! {
        static __DEFINITION: __p::Definition = __p::Definition::#new(#head, #forwards &[#(#operations)*])
            .of_crate(::core::option_env!("CARGO_PKG_NAME"), ::core::option_env!("CARGO_PKG_VERSION"), &[#(#named),*])
            #skills
            #uses
            #effects;
    }
}

/// Generates the implementation of `Describe`, which returns the definition; `own` is the expression for the field that sends requests, and
/// `effects` the associated item with the effects of the methods.
pub(super) fn describe(header: &TokenStream, own: Option<&TokenStream>, effects: Option<&TokenStream>) -> TokenStream {
    let consumed = own.map(|own| {
        quote! {
            fn consumed(&self) -> ::core::option::Option<__p::Arc<dyn __p::Consumed>> {
                #own.consumed()
            }
        }
    });
    quote! {
        #[automatically_derived]
        #header {
            #effects

            fn definition() -> &'static __p::Definition {
                &__DEFINITION
            }
            #consumed
        }
    }
}

/// Generates the skills, with the contents of their files.
fn skills(skills: &[Skill]) -> TokenStream {
    if skills.is_empty() {
        return TokenStream::new();
    }
    let skills = skills.iter().map(|skill| {
        let front_matter = json(&serde_json::Value::from(skill.front_matter.clone()).to_string());
        let files = skill.files.iter().map(|(path, location)| quote!((#path, ::core::include_bytes!(#location))));
        quote!(__p::EmbeddedSkill { front_matter: #front_matter, files: &[#(#files),*] })
    });
    quote!(.with_skills(&[#(#skills),*]))
}

/// Generates the definition of one operation.
fn operation_definition(index: usize, operation: &OperationModel<'_>) -> TokenStream {
    let cfg = &operation.method.cfg.tokens;
    let index = index_literal(index);
    let method = &operation.method.name;
    let plan = json(&operation.plan);
    let inputs = inputs_in_order(operation).map(|input| match &input.descriptor {
        _ if input.documented => quote!(&__p::AS_DOCUMENTED),
        Some(descriptor) if input.is_list => quote!(&__p::List(&#descriptor)),
        Some(descriptor) => quote!(&#descriptor),
        None => quote!(&__p::STR),
    });
    let output = if operation.documented { quote!(__p::AS_DOCUMENTED) } else { operation.output.to_token_stream() };
    quote! {
        #cfg
        __p::OperationDefinition {
            index: #index,
            method: #method,
            plan: #plan,
            inputs: &[#(#inputs),*],
            output: &#output,
        },
    }
}

/// Returns the arguments of an operation in the order of their indices.
pub(super) fn inputs_in_order<'a>(operation: &'a OperationModel<'_>) -> impl Iterator<Item = &'a InputModel<'a>> {
    let mut inputs: Vec<&InputModel<'_>> = operation.inputs.iter().collect();
    inputs.sort_by_key(|input| input.number);
    inputs.into_iter()
}

/// Generates an `include_bytes!` of the file, so that the crate is compiled again when the file changes.
pub(super) fn file_dependency(location: &TokenStream) -> TokenStream {
    quote!(
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#location);
    )
}

/// Returns JSON as a readable literal: a raw string if possible.
fn json(text: &str) -> Literal {
    let raw = (text.contains('"') && !text.contains("\"#")).then(|| format!("r#\"{text}\"#").parse().ok()).flatten();
    raw.unwrap_or_else(|| Literal::string(text))
}

/// Generates the type that represents a capability without a client.
pub(super) fn type_without_client(item: &Trait, definition_type: &Ident) -> TokenStream {
    let visibility = visibility(item);
    let passed_on = passed_on(item);
    let docs = format!(" The type that represents [`{}`] without a client.", item.ident);
    quote! {
        #passed_on
        #[doc = #docs]
        #[doc(hidden)]
        #[derive(::core::fmt::Debug)]
        #visibility struct #definition_type;
    }
}

/// Returns the index of an operation as a literal, for a match arm or an argument.
pub(super) fn index_literal(index: usize) -> Literal {
    Literal::usize_unsuffixed(index)
}
