//! The types that are bytes: `Vec<u8>`, `&[u8]`, `bytes::Bytes`.

use super::argument_type::{ArgumentType, Form};
use super::types::{argument_of, first_argument_of, plain, type_name};
use quote::ToTokens;
use syn::Type;

/// Returns whether the type of an argument is bytes.
pub(super) fn is_bytes_argument(ty: ArgumentType<'_>) -> bool {
    match ty.form {
        Form::Slice | Form::Vec => is_byte(ty.inner),
        // `parameter::read` refuses any reference to a `Vec`.
        Form::Ref if argument_of(ty.inner, "Vec", "vec").is_some() => false,
        Form::Value | Form::Ref => bytes(ty.inner).is_some(),
        Form::Str => false,
    }
}

/// Returns the part of a type that is bytes, without `Option`, `Box`, `Rc`, `Arc` and `http::Response` around it.
pub(super) fn bytes(ty: &Type) -> Option<&Type> {
    let ty = plain(ty);
    let outer = [("Option", "option"), ("Box", "boxed"), ("Rc", "rc"), ("Arc", "sync")];
    let inside = outer.into_iter().find_map(|(name, module)| argument_of(ty, name, module));
    if let Some(inner) = inside.or_else(|| first_argument_of(ty, "Response")) {
        return if is_byte_slice(inner) { Some(ty) } else { bytes(inner) };
    }
    let is_byte_vec = argument_of(ty, "Vec", "vec").is_some_and(is_byte);
    (is_byte_vec || is_bytes_struct(ty)).then_some(ty)
}

/// Returns whether a type is `bytes::Bytes`.
pub(super) fn is_bytes_struct(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.to_token_stream().to_string().replace(' ', "").ends_with("bytes::Bytes"))
}

/// Returns whether a type is `u8`.
fn is_byte(ty: &Type) -> bool {
    type_name(ty).as_deref() == Some("u8")
}

/// Returns whether a type is `[u8]`, as in `Box<[u8]>`.
fn is_byte_slice(ty: &Type) -> bool {
    matches!(plain(ty), Type::Slice(slice) if is_byte(&slice.elem))
}
