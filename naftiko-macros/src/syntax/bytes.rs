//! Refuses bytes where JSON is sent: serde writes `Vec<u8>` as an array of numbers, which is rarely intended.

use super::argument_type::ArgumentType;
use super::byte_types::{bytes, is_bytes_argument, is_bytes_struct};
use super::helpers::Helpers;
use super::parameter::Parameter;
use super::types::first_argument_of;
use crate::errors::{Errors, SourceSpan};
use naftiko_spec::model::ParameterIn;
use quote::ToTokens;
use syn::Type;

/// Refuses bytes as a return type.
pub(super) fn refuse_output(output: &Type, errors: &mut Errors) {
    let Some(inner) = first_argument_of(output, "Result") else { return };
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

fn message(written: &str) -> String {
    format!("`{written}` would be a JSON array of numbers, not bytes")
}
