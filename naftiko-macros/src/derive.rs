//! `#[derive(UpstreamError)]`: an error enum that distinguishes the 4xx statuses of an API.

use crate::attribute::{Element, Value, arguments};
use crate::errors::{Errors, SourceSpan};
use crate::keys::positional_number;
use crate::syntax::description;
use naftiko_spec::model::is_refusal;
use naftiko_spec::names;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Type, Variant};

const FORM: &str =
    "write `#[status(404)] NotFound`, or `#[status(409)] Conflict(Problem)` with the type of the API's answer";

/// One variant of the enum.
struct Case<'a> {
    ident: &'a Ident,
    /// Its status; `None` for the `#[other]` variant.
    status: Option<u16>,
    /// The type of its field; `None` for a unit variant.
    payload: Option<&'a Type>,
    /// The text of its doc comment, or the words of its name.
    description: String,
}

/// Expands the derive. After a mistake, the conversions are generated nevertheless, so that methods with this error are not
/// reported too.
pub(crate) fn upstream_error(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => {
            errors.add_syntax(error);
            return errors.into_tokens();
        }
    };
    let krate = krate(&input.attrs, &mut errors);
    let cases = cases(&input, &mut errors);
    if errors.is_empty() {
        return expanded(&input.ident, &krate, &cases);
    }
    let errors = errors.into_tokens();
    let (ident, (generics, types, clause)) = (&input.ident, input.generics.split_for_impl());
    quote! {
        #errors
        #[automatically_derived]
        impl #generics ::core::convert::From<#krate::Error> for #ident #types #clause {
            fn from(_: #krate::Error) -> Self {
                ::core::panic!("the error type has mistakes")
            }
        }
        #[automatically_derived]
        impl #generics ::core::convert::From<#ident #types> for #krate::Error #clause {
            fn from(_: #ident #types) -> Self {
                ::core::panic!("the error type has mistakes")
            }
        }
    }
}

/// Returns the path of the `naftiko` crate: `#[naftiko(crate = path)]`.
fn krate(attributes: &[Attribute], errors: &mut Errors) -> TokenStream {
    let mut krate = quote!(::naftiko);
    let attributes = attributes.iter().filter(|attribute| attribute.path().is_ident("naftiko"));
    for (number, attribute) in attributes.enumerate() {
        if number > 0 {
            errors.add(attribute.path().span(), "`#[naftiko]` is given twice", "keep one of them");
            continue;
        }
        let Some(elements) = arguments(attribute, errors) else { continue };
        match elements.as_slice() {
            [Element::Pair(key, Value::Other(path))] if key == "crate" => krate.clone_from(path),
            _ => errors.add(
                attribute.path().span(),
                "expected the path of the crate",
                "write `#[naftiko(crate = path::to::naftiko)]`",
            ),
        }
    }
    krate
}

/// Returns the variants of the enum, and reports variants without an attribute, with a status that is given twice or with a wrong field.
fn cases<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Case<'a>> {
    if !input.generics.params.is_empty() {
        let help = "remove the parameters, and write concrete types";
        errors.add(SourceSpan::of(&input.generics), "an upstream error cannot be generic", help);
    }
    let Data::Enum(data) = &input.data else {
        let help =
            "write an enum: a variant with its status, `#[status(404)] NotFound`, and `#[other] Other(naftiko::Error)`";
        errors.add(input.ident.span(), "`UpstreamError` can only be derived for an enum", help);
        return Vec::new();
    };
    let mut cases: Vec<Case<'_>> = Vec::new();
    for variant in &data.variants {
        let before = errors.count();
        let (status, span) = match status(variant, errors) {
            Some(found) => found,
            None if errors.count() > before => continue,
            None => {
                let help = format!("{FORM}; or `#[other]` for all other errors");
                errors.add(variant.ident.span(), "expected `#[status(…)]` or `#[other]` on this variant", help);
                continue;
            }
        };
        if cases.iter().any(|case| case.status == status) {
            let what = status.map_or_else(|| "`#[other]`".to_owned(), |status| format!("the status {status}"));
            errors.add(span, format!("{what} is given twice"), "keep one of them");
        }
        let payload = payload(variant, status.is_none(), errors);
        let description = description(&variant.attrs).map(|text| text.value);
        let description = description.unwrap_or_else(|| names::label(&variant.ident.to_string()));
        cases.push(Case { ident: &variant.ident, status, payload, description });
    }
    if errors.is_empty() && cases.iter().all(|case| case.status.is_some()) {
        let help = "add `#[other] Other(naftiko::Error)` for all other errors";
        errors.add(input.ident.span(), "missing a variant with `#[other]`", help);
    }
    cases
}

/// Returns the status of a variant (`None` inside for `#[other]`) and its span; `None` without either attribute, or if the status
/// is invalid.
fn status(variant: &Variant, errors: &mut Errors) -> Option<(Option<u16>, SourceSpan)> {
    let mut found: Option<(Option<u16>, SourceSpan)> = None;
    for attribute in &variant.attrs {
        let at: SourceSpan = attribute.path().span().into();
        let next = if attribute.path().is_ident("other") {
            if !matches!(attribute.meta, syn::Meta::Path(_)) {
                errors.add(at, "`#[other]` takes no arguments", "write `#[other]`");
            }
            (None, at)
        } else if attribute.path().is_ident("status") {
            let elements = arguments(attribute, errors)?;
            let one = match elements.as_slice() {
                [one] => one,
                [] => {
                    errors.add(at, "`#[status]` is empty", "write `#[status(404)]`");
                    return None;
                }
                [_, second, ..] => {
                    errors.add(second.span(), "a variant can have only one status", "write a variant for each");
                    return None;
                }
            };
            let Some(status) = positional_number(one).filter(|status| is_refusal(*status)) else {
                let help = "write a status from 400 to 499, except 407, 408, 411, 417, 421, 425 and 426, which concern the \
                    connection; `#[other]` receives all other errors";
                errors.add(one.span(), format!("expected a supported 4xx status, found {}", one.found()), help);
                return None;
            };
            (Some(status), one.span())
        } else {
            continue;
        };
        match found {
            Some((first, _)) if first == next.0 => {
                let name = if first.is_some() { "status" } else { "other" };
                errors.add(at, format!("`#[{name}]` is given twice"), "keep one of them");
            }
            Some((Some(_), _)) if next.0.is_some() => {
                errors.add(at, "a variant can have only one status", "write a variant for each");
            }
            Some(_) => {
                let message = "`#[status]` and `#[other]` cannot be combined on a variant";
                errors.add(at, message, "write a variant for each");
            }
            None => {}
        }
        found.get_or_insert(next);
    }
    found
}

/// Returns the type of a variant's field; `None` for a unit variant. Reports fields in any other form.
fn payload<'a>(variant: &'a Variant, is_other: bool, errors: &mut Errors) -> Option<&'a Type> {
    match &variant.fields {
        Fields::Unit if is_other => {
            let help = format!("write `{}(naftiko::Error)`", variant.ident);
            errors.add(variant.ident.span(), "missing a field for the error", help);
        }
        Fields::Unit => {}
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => return fields.unnamed.first().map(|field| &field.ty),
        fields if is_other => {
            let help = format!("write `{}(naftiko::Error)`", variant.ident);
            errors.add(SourceSpan::of(fields), "expected one unnamed field: the error", help);
        }
        fields => {
            let help = if fields.is_empty() {
                format!("write `{0}`, or `{0}(Problem)` with the type of the API's answer", variant.ident)
            } else {
                format!("put the API's answer into one type: `{}(Problem)`", variant.ident)
            };
            errors.add(SourceSpan::of(fields), "expected one unnamed field: the JSON of the answer", help);
        }
    }
    None
}

/// Generates the conversions between the enum and `naftiko::Error`, and the list of its statuses.
fn expanded(ident: &Ident, krate: &TokenStream, cases: &[Case<'_>]) -> TokenStream {
    let other = cases.iter().find(|case| case.status.is_none());
    let Some((other, other_type)) = other.and_then(|case| Some((case.ident, case.payload?))) else {
        return TokenStream::new();
    };
    let unit: Type = syn::parse_quote!(());
    let known: Vec<_> = cases.iter().filter_map(|case| Some((case, Literal::u16_unsuffixed(case.status?)))).collect();
    let slots: Vec<Ident> = (0..known.len()).map(|at| format_ident!("__REFUSAL_{at}")).collect();
    let constants = known.iter().zip(&slots).map(|((case, status), slot)| {
        let (description, ty) = (&case.description, case.payload.unwrap_or(&unit));
        let refusal = match case.payload {
            None => quote!(__p::refusal(#status, #description)),
            // The call has the span of the type, so that an unsuitable type is reported there.
            Some(ty) => quote_spanned!(ty.span()=> __p::refusal_with::<#ty>(#status, #description)),
        };
        quote!(const #slot: __p::StatusVariant<#ty> = #refusal;)
    });
    let others = quote_spanned!(other_type.span()=> __p::others::<#other_type>());
    let from = known.iter().zip(&slots).map(|((case, status), slot)| {
        let variant = case.ident;
        let (read, made) = match case.payload {
            None => (quote!(()), quote!(Self::#variant)),
            Some(_) => (quote!(value), quote!(Self::#variant(value))),
        };
        quote! {
            ::core::option::Option::Some(#status) => match #slot.read(error) {
                ::core::result::Result::Ok(#read) => #made,
                ::core::result::Result::Err(error) => Self::#other((__OTHERS.keep)(error)),
            },
        }
    });
    let into = known.iter().zip(&slots).map(|((case, _), slot)| {
        let variant = case.ident;
        if case.payload.is_some() {
            return quote!(#ident::#variant(value) => #slot.into_error(value),);
        }
        quote!(#ident::#variant => #slot.into_error(()),)
    });
    quote! {
        #[automatically_derived]
        const _: () = {
            use #krate::__private as __p;

            #(#constants)*
            const __OTHERS: __p::OtherErrors<#other_type> = #others;

            #[automatically_derived]
            impl __p::ErrorByStatus for #ident {
                const STATUSES: &'static [__p::ErrorStatus] = &[#(#slots.published()),*];
            }

            #[automatically_derived]
            impl ::core::convert::From<#krate::Error> for #ident {
                fn from(error: #krate::Error) -> Self {
                    match __p::refused_with(&error) {
                        #(#from)*
                        _ => Self::#other((__OTHERS.keep)(error)),
                    }
                }
            }

            #[automatically_derived]
            impl ::core::convert::From<#ident> for #krate::Error {
                fn from(error: #ident) -> Self {
                    match error {
                        #(#into)*
                        #ident::#other(error) => (__OTHERS.into_error)(error),
                    }
                }
            }
        };
    }
}
