//! Refuses bytes where JSON is sent: serde writes `Vec<u8>` as an array of numbers, which is rarely intended.

use super::helpers::Helpers;
use super::parameter::{self, Form, Parameter};
use super::refinement::ArgumentType;
use crate::errors::{Errors, SourceSpan};
use naftiko_spec::model::ParameterIn;
use quote::ToTokens;
use syn::Type;

/// Refuses bytes as a return type.
pub(super) fn refuse_output(output: &Type, errors: &mut Errors) {
    let Some(inner) = parameter::first_argument_of(output, "Result") else { return };
    // `bytes::Bytes` is returned as a file.
    if let Some(bytes) = bytes(inner).filter(|bytes| !is_bytes_struct(bytes)) {
        let help = "for a file write `naftiko::Download` or `bytes::Bytes`, for unchanged JSON `naftiko::RawJson`, for an array of numbers \
                    `Vec<u16>` or a newtype";
        let written: String = bytes.to_token_stream().to_string().split_whitespace().collect();
        errors.add(SourceSpan::of(bytes), message(&written), help);
    }
}

/// Refuses bytes as a body, or as a member of one.
pub(super) fn refuse_arguments(helpers: &Helpers, parameters: &[Parameter], errors: &mut Errors) {
    let route = helpers.rest.as_ref().and_then(|rest| rest.route.as_ref());
    // Whether arguments without an attribute are members of the JSON body.
    let has_members = helpers.verb.is_none() && route.is_none_or(|(method, ..)| method.takes_body());
    for parameter in parameters {
        let is_json = match &parameter.place {
            Some((place, _)) => *place == ParameterIn::Body,
            None => parameter.name == "body" || has_members,
        };
        let ty = ArgumentType { form: parameter.form, optional: parameter.optional, inner: &parameter.inner };
        if is_json && parameter.format.body.is_none() && is_bytes_argument(ty) {
            let attribute = if has_members && parameter.name != "body" { "part" } else { "body(bytes)" };
            let other = parameters.iter().find(|other| other.name == "body" && other.name != parameter.name);
            let parts = other.map_or("", |_| " and `#[part]` before `body`,");
            let upload = if parameter.optional { "Option<naftiko::Upload>" } else { "naftiko::Upload" };
            let help = format!(
                "for bytes write `#[{attribute}] {}: {upload}`,{parts} for an array of numbers `&[u16]`",
                parameter.name
            );
            errors.add(SourceSpan::of(&parameter.inner), message(&ty.written()), help);
        }
    }
}

/// Returns whether the type of an argument is bytes.
pub(super) fn is_bytes_argument(ty: ArgumentType<'_>) -> bool {
    match ty.form {
        Form::Slice | Form::Vec => is_byte(ty.inner),
        // `parameter::read` refuses any reference to a `Vec`.
        Form::Ref if parameter::argument_of(ty.inner, "Vec", "vec").is_some() => false,
        Form::Value | Form::Ref => bytes(ty.inner).is_some(),
        Form::Str => false,
    }
}

fn message(written: &str) -> String {
    format!("`{written}` would be sent as a JSON array of numbers, not as bytes")
}

/// Returns the part of a type that is bytes, without `Option`, `Box`, `Rc`, `Arc` and `http::Response` around it.
fn bytes(ty: &Type) -> Option<&Type> {
    let ty = parameter::plain(ty);
    let outer = [("Option", "option"), ("Box", "boxed"), ("Rc", "rc"), ("Arc", "sync")];
    let inside = outer.into_iter().find_map(|(name, module)| parameter::argument_of(ty, name, module));
    if let Some(inner) = inside.or_else(|| parameter::first_argument_of(ty, "Response")) {
        return if is_byte_slice(inner) { Some(ty) } else { bytes(inner) };
    }
    let is_byte_vec = parameter::argument_of(ty, "Vec", "vec").is_some_and(is_byte);
    (is_byte_vec || is_bytes_struct(ty)).then_some(ty)
}

/// Returns whether a type is `bytes::Bytes`.
fn is_bytes_struct(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.to_token_stream().to_string().replace(' ', "").ends_with("bytes::Bytes"))
}

/// Returns whether a type is `u8`.
fn is_byte(ty: &Type) -> bool {
    parameter::type_name(ty).as_deref() == Some("u8")
}

/// Returns whether a type is `[u8]`, as in `Box<[u8]>`.
fn is_byte_slice(ty: &Type) -> bool {
    matches!(parameter::plain(ty), Type::Slice(slice) if is_byte(&slice.elem))
}
