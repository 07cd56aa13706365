//! Generates the methods that the trait does not declare.

use super::source::{DocumentOperation, GeneratedArgument};
use super::{docs, names};
use crate::errors::{Errors, SourceSpan};
use crate::syntax::{Item, method};
use naftiko_spec::fragment::Argument;
use naftiko_spec::lower::LoweredOperation;
use naftiko_spec::model::ParameterIn;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use serde_json::Value;
use syn::Attribute;
use syn::parse::{ParseStream, Parser};

/// The number of arguments from which clippy reports a method: it counts `self`, and allows 7.
const MANY_ARGUMENTS: usize = 7;

/// Returns the arguments of an operation as arguments of a generated method.
pub(super) fn arguments(operation: &LoweredOperation, krate: &TokenStream) -> Vec<GeneratedArgument> {
    let arguments = &operation.fragment.arguments;
    let names = names::arguments(arguments.iter().map(|argument| argument.name.as_str()));
    let schemas = operation.schemas.iter().chain(std::iter::repeat(&Value::Null));
    names
        .into_iter()
        .zip(arguments.iter().zip(schemas))
        .map(|(name, (argument, schema))| GeneratedArgument { name, ty: ty(argument, schema, krate) })
        .collect()
}

/// Returns the type of an argument of a generated method, for the schema of the argument in the document.
fn ty(argument: &Argument, schema: &Value, krate: &TokenStream) -> TokenStream {
    let kind = |schema: &Value| schema.get("type").and_then(Value::as_str).map(str::to_owned);
    let is_list = argument.many || argument.place == ParameterIn::Body;
    let one = match kind(schema).as_deref() {
        _ if argument.file => quote!(#krate::Upload),
        Some("string") => quote!(&str),
        Some("integer") => quote!(i64),
        Some("number") => quote!(f64),
        Some("boolean") => quote!(bool),
        Some("array") if is_list => match schema.get("items").and_then(kind).as_deref() {
            _ if !argument.many && argument.whole_body => quote!(&#krate::Value),
            Some("string") => quote!(&[::std::string::String]),
            Some("integer") => quote!(&[i64]),
            Some("number") => quote!(&[f64]),
            Some("boolean") => quote!(&[bool]),
            _ => quote!(&[#krate::Value]),
        },
        _ => quote!(&#krate::Value),
    };
    if argument.required { one } else { quote!(::core::option::Option<#one>) }
}

/// Returns the return type of a generated method.
pub(super) fn output(krate: &TokenStream) -> TokenStream {
    quote!(#krate::Result<#krate::RawJson>)
}

/// Generates the method of an operation.
pub(super) fn method(documented: &DocumentOperation, at: SourceSpan, errors: &mut Errors) -> Option<Item> {
    // Names resolve at the trait; errors are shown at the file's path in the attribute.
    let span = Span::call_site().located_at(at.start());
    let docs = docs::tokens(documented);
    let name = names::ident(&documented.method, span);
    let arguments = documented.arguments.iter().map(|wanted| {
        let (name, ty) = (names::ident(&wanted.name, span), &wanted.ty);
        quote!(#name: #ty)
    });
    let output = &documented.output;
    let many = (documented.arguments.len() >= MANY_ARGUMENTS)
        .then(|| quote!(#[allow(clippy::too_many_arguments, reason = "the document declares the arguments")]));
    let tokens = quote_spanned! {span=>
        #docs
        #many
        async fn #name(&self #(, #arguments)*) -> #output;
    };
    let read = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        method::read(attributes, input, errors)
    };
    match read.parse2(tokens) {
        Ok(method) => Some(Item::Method(Box::new(method))),
        Err(error) => {
            let message =
                format!("`{}` of the document cannot be a method: {error}", documented.merged.operation.fragment.name);
            errors.add_plain(at, message);
            None
        }
    }
}

/// Returns whether a declared type is the type that a generated method would have.
pub(super) fn is_same(wanted: &TokenStream, written: &TokenStream) -> bool {
    let plain = |tokens: &TokenStream| {
        let text: String = tokens.to_string().split_whitespace().collect();
        text.replace("::core::option::", "").replace("::std::string::", "")
    };
    plain(wanted) == plain(written)
}
