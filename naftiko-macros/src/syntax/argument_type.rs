//! The type of an argument: its form, the type of one value, and the literals that fit it.

use super::types::{argument_of, plain, type_name};
use quote::ToTokens;
use serde_json::Value;
use syn::Type;

/// The form of an argument's type, without its `Option`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `&str`
    Str,
    /// `T`
    Value,
    /// `&T`
    Ref,
    /// `&[T]`
    Slice,
    /// `Vec<T>`
    Vec,
}

/// Returns the form of a type, whether it is optional, and the type of one value.
pub(super) fn form(ty: &Type) -> (Form, bool, Type) {
    if let Some(inside) = argument_of(ty, "Option", "option") {
        let (form, _, inner) = form(inside);
        return (form, true, inner);
    }
    match plain(ty) {
        Type::Reference(reference) => match plain(&reference.elem) {
            Type::Slice(slice) => (Form::Slice, false, (*slice.elem).clone()),
            Type::Path(path) if path.path.is_ident("str") => (Form::Str, false, (*reference.elem).clone()),
            inner => (Form::Ref, false, inner.clone()),
        },
        ty => match argument_of(ty, "Vec", "vec") {
            Some(inner) => (Form::Vec, false, inner.clone()),
            None => (Form::Value, false, ty.clone()),
        },
    }
}

/// The type of an argument: its form, and the type of one value.
#[derive(Clone, Copy)]
pub(super) struct ArgumentType<'a> {
    pub(super) form: Form,
    pub(super) optional: bool,
    pub(super) inner: &'a Type,
}

impl ArgumentType<'_> {
    pub(super) fn is_list(self) -> bool {
        matches!(self.form, Form::Slice | Form::Vec)
    }

    /// Returns the type as it was written, except for paths to `Option` and `Vec`.
    pub(super) fn written(self) -> String {
        let inner: String = self.inner.to_token_stream().to_string().split_whitespace().collect();
        let ty = match self.form {
            Form::Value => inner,
            Form::Str | Form::Ref => format!("&{inner}"),
            Form::Slice => format!("&[{inner}]"),
            Form::Vec => format!("Vec<{inner}>"),
        };
        if self.optional { format!("Option<{ty}>") } else { ty }
    }

    /// Returns whether one value is of a type whose JSON form is known: a string, a number, a boolean.
    pub(super) fn is_builtin(self) -> bool {
        // `null` fits only the types whose JSON form is unknown.
        mismatch(&Value::Null, &self.name()).is_some()
    }

    /// Returns the name of the type of one value: `str`, `u32`, `Order`.
    pub(super) fn name(self) -> String {
        type_name(self.inner).unwrap_or_default()
    }
}

/// Returns what was expected if a literal does not fit the type with that name. The user's types are checked at run time.
pub(super) fn mismatch(json: &Value, name: &str) -> Option<String> {
    macro_rules! integer {
        ($($kind:ident)*) => {
            match name {
                $(stringify!($kind) => {
                    let fits = json.is_i64() || json.is_u64();
                    let fits = fits && json.to_string().parse::<$kind>().is_ok();
                    return (!fits).then(|| format!("an integer from {} to {}", $kind::MIN, $kind::MAX));
                })*
                _ => {}
            }
        };
    }
    integer!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
    let (fits, expected) = match name {
        "f32" | "f64" => (json.is_number(), "a number"),
        "bool" => (json.is_boolean(), "`true` or `false`"),
        "char" => (json.as_str().is_some_and(|text| text.chars().count() == 1), "one character"),
        "str" | "String" => (json.is_string(), "a string"),
        _ => (!json.is_array(), "one value"),
    };
    (!fits).then(|| expected.to_owned())
}

/// Returns what was expected if a literal does not fit the type of an argument, and the part that does not fit.
pub(super) fn unexpected<'a>(json: &'a Value, ty: ArgumentType<'_>) -> Option<(String, &'a Value)> {
    let name = ty.name();
    let one = |value: &'a Value| mismatch(value, &name).map(|expected| (expected, value));
    match (json, ty.is_list()) {
        (Value::Array(items), true) => items.iter().find_map(one),
        (_, true) => Some(("a list".to_owned(), json)),
        (json, false) => one(json),
    }
}
