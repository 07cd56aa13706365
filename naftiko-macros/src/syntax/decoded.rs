//! Refuses strings as the return type of answers that are decoded into rows or objects: such answers are never strings.

use super::types;
use crate::errors::{Errors, SourceSpan};
use naftiko_spec::model::Format;
use syn::{GenericArgument, PathArguments, Type};

/// Refuses a string as the return type if the format is decoded into rows or an object.
pub(super) fn refuse_string((format, span): (Format, SourceSpan), output: &Type, errors: &mut Errors) {
    let (becomes, fitting) = match format {
        Format::Csv | Format::Tsv | Format::Psv => ("a list of rows", "a list of rows, such as `Vec<Row>`"),
        Format::Html => ("the rows of its tables", "a list of rows, such as `Vec<Row>`"),
        Format::Markdown => ("an object with its `text`", "a struct with the member `text`"),
        _ => return,
    };
    if is_string(output) {
        let message = format!("`{}` is decoded into {becomes}, not into a string", format.word());
        errors.add(span, message, format!("write `format = \"text\"` for the unchanged text, or return {fitting}"));
    }
}

/// Returns whether the success of a `Result` is a string, without `Option` and `http::Response` around it.
fn is_string(output: &Type) -> bool {
    let Type::Path(path) = types::plain(output) else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let is_around = ["Result", "Option", "Response"].iter().any(|name| last.ident == name);
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if is_around => {
            matches!(arguments.args.first(), Some(GenericArgument::Type(inner)) if is_string(inner))
        }
        PathArguments::None => last.ident == "String",
        _ => false,
    }
}
