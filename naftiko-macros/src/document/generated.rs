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
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, GenericArgument, Path, PathArguments, Type, TypePath};

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

/// Returns whether a declared type is the type that a generated method would have, written with any path and with any lifetimes.
pub(super) fn is_same(wanted: &TokenStream, written: &TokenStream) -> bool {
    let ty = |tokens: &TokenStream| syn::parse2::<Type>(tokens.clone());
    matches!((ty(wanted), ty(written)), (Ok(wanted), Ok(written)) if is_same_type(&wanted, &written))
}

fn is_same_type(wanted: &Type, written: &Type) -> bool {
    match (wanted, written) {
        (_, Type::Group(written)) => is_same_type(wanted, &written.elem),
        (_, Type::Paren(written)) => is_same_type(wanted, &written.elem),
        (Type::Reference(wanted), Type::Reference(written)) => {
            written.mutability.is_none() && is_same_type(&wanted.elem, &written.elem)
        }
        (Type::Slice(wanted), Type::Slice(written)) => is_same_type(&wanted.elem, &written.elem),
        (Type::Path(TypePath { path: wanted, .. }), Type::Path(TypePath { qself: None, path: written, .. })) => {
            is_same_path(wanted, written)
        }
        _ => false,
    }
}

/// Returns whether a path in a declared type names the type of a generated path.
fn is_same_path(wanted: &Path, written: &Path) -> bool {
    let (Some(wanted), Some(mut written)) = (NamedType::of(wanted), NamedType::of(written)) else { return false };
    let is_error = |ty: &Type| match ty {
        Type::Path(TypePath { qself: None, path, .. }) => {
            NamedType::of(path).is_some_and(|ty| ty.name == "Error" && ty.has_parent_in(&wanted.parent))
        }
        _ => false,
    };
    // `Result<T>` has naftiko's error, which may be written.
    if wanted.name == "Result" && written.arguments.get(1).is_some_and(|ty| is_error(ty)) {
        written.arguments.remove(1);
    }
    let mut arguments = wanted.arguments.iter().zip(&written.arguments);
    wanted.name == written.name
        && written.has_parent_in(&wanted.parent)
        && wanted.arguments.len() == written.arguments.len()
        && arguments.all(|(wanted, written)| is_same_type(wanted, written))
}

/// A type with a path: `parent::Name<…>`.
struct NamedType<'a> {
    /// The path before the name, without a leading `::`.
    parent: String,
    name: String,
    /// The types in angle brackets.
    arguments: Vec<&'a Type>,
}

impl<'a> NamedType<'a> {
    /// Returns the parts of a path; `None` if it has arguments other than types and lifetimes at its end.
    fn of(path: &'a Path) -> Option<Self> {
        let last = path.segments.last()?;
        let arguments = match &last.arguments {
            PathArguments::None => Vec::new(),
            PathArguments::AngleBracketed(inside) => {
                let types = inside.args.iter().filter(|argument| !matches!(argument, GenericArgument::Lifetime(_)));
                let ty = |argument: &'a GenericArgument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                };
                types.map(ty).collect::<Option<_>>()?
            }
            PathArguments::Parenthesized(_) => return None,
        };
        let before = path.segments.iter().take(path.segments.len() - 1);
        let parents = before.map(|segment| segment.arguments.is_none().then(|| segment.ident.to_string()));
        Some(Self { parent: parents.collect::<Option<Vec<_>>>()?.join("::"), name: last.ident.to_string(), arguments })
    }

    /// Returns whether it is imported, or named in naftiko's crate, whose path may be `krate`, or in the crate that defines the type.
    fn has_parent_in(&self, krate: &str) -> bool {
        let homes: &[&str] = match self.name.as_str() {
            "Option" => &["core::option", "std::option"],
            "Result" => &["core::result", "std::result"],
            "String" => &["std::string"],
            "Value" => &["serde_json", "serde_json::value"],
            _ => &[],
        };
        matches!(&*self.parent, "" | "naftiko") || self.parent == krate || homes.contains(&&*self.parent)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[test]
    fn a_declared_type_is_that_of_the_document_whatever_its_path() {
        for (wanted, written) in [
            ("&str", "&str"),
            ("&str", "&'a str"),
            ("i64", "i64"),
            ("&::naftiko::Value", "&naftiko::Value"),
            ("&::naftiko::Value", "&::naftiko::Value"),
            ("&::naftiko::Value", "&Value"),
            ("&::naftiko::Value", "&serde_json::Value"),
            ("&::naftiko::Value", "&::serde_json::value::Value"),
            ("&own::naftiko::Value", "&own::naftiko::Value"),
            ("&[::naftiko::Value]", "&[serde_json::Value]"),
            ("&[::std::string::String]", "&[String]"),
            ("::naftiko::Upload", "Upload"),
            ("::core::option::Option<&[i64]>", "Option<&[i64]>"),
            ("::core::option::Option<&::naftiko::Value>", "std::option::Option<&naftiko::Value>"),
            ("::naftiko::Result<::naftiko::RawJson>", "Result<naftiko::RawJson>"),
            ("::naftiko::Result<::naftiko::RawJson>", "naftiko::Result<RawJson>"),
            ("::naftiko::Result<::naftiko::RawJson>", "Result<RawJson, naftiko::Error>"),
            ("::naftiko::Result<::naftiko::RawJson>", "std::result::Result<naftiko::RawJson, Error>"),
        ] {
            assert!(is_same(&tokens(wanted), &tokens(written)), "{wanted}: {written}");
        }
    }

    #[test]
    fn another_type_is_not_that_of_the_document() {
        for (wanted, written) in [
            ("&str", "String"),
            ("i64", "u32"),
            ("&::naftiko::Value", "::naftiko::Value"),
            ("&::naftiko::Value", "&own::Value"),
            ("&::naftiko::Value", "&Value<i64>"),
            ("&::naftiko::Value", "&<Own as Has>::Value"),
            ("&[i64]", "&[u32]"),
            ("&[i64]", "Vec<i64>"),
            ("::core::option::Option<i64>", "i64"),
            ("::naftiko::Result<::naftiko::RawJson>", "Result<Vec<Token>>"),
            ("::naftiko::Result<::naftiko::RawJson>", "Result<RawJson, OwnError>"),
            ("::naftiko::Result<::naftiko::RawJson>", "io::Result<RawJson>"),
        ] {
            assert!(!is_same(&tokens(wanted), &tokens(written)), "{wanted}: {written}");
        }
    }
}
