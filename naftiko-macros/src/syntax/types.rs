//! Reads types by their names: `u8`, `Result<T, E>`, `std::option::Option<T>`.

use syn::{GenericArgument, PathArguments, Type};

/// Returns a type without the parentheses and invisible groups around it.
pub(super) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        ty => ty,
    }
}

/// Returns the name of a type, without its path: `u8`.
pub(super) fn type_name(ty: &Type) -> Option<String> {
    match plain(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// Returns `T` of `Name<T>` or `std::module::Name<T>`.
pub(super) fn argument_of<'a>(ty: &'a Type, name: &str, module: &str) -> Option<&'a Type> {
    let Type::Path(path) = plain(ty) else { return None };
    let segments: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let ours = match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [last] => *last == name,
        ["std" | "core" | "alloc", parent, last] => *parent == module && *last == name,
        _ => false,
    };
    let last = path.path.segments.last().filter(|_| ours && path.qself.is_none())?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

/// Returns the first generic argument of a type whose last name is `name`, whatever the path before it: `T` of `Result<T, E>`.
pub(super) fn first_argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = plain(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}
