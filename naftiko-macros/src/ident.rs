//! Rust identifiers from names on the wire.

use naftiko_spec::names::Case;
use proc_macro2::{Ident, Span};

/// Returns a name as an identifier, raw if necessary.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    if is_ident(name) { Ident::new(name, span) } else { Ident::new_raw(name, span) }
}

/// Returns a name in `snake_case` that is valid as an identifier, or as a raw identifier; `otherwise` if no character of it is valid.
pub(crate) fn snake(name: &str, otherwise: &str) -> String {
    let snake: String = Case::Snake.apply(name).chars().filter(|c| can_be_in_ident(*c)).collect();
    let snake = snake.trim_matches('_');
    match snake {
        "" => otherwise.to_owned(),
        // These are not identifiers, not even raw ones.
        "self" | "super" | "crate" => format!("{snake}_"),
        snake if is_ident(snake) || is_ident(&format!("r#{snake}")) => snake.to_owned(),
        snake => format!("_{snake}"),
    }
}

/// Returns whether an identifier can contain a character after its first one.
fn can_be_in_ident(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && is_ident(&format!("a{c}")))
}

/// Returns whether a name is an identifier as it is. `syn` does not know `gen`, a keyword since the edition 2024, in which
/// generated tokens are read.
pub(crate) fn is_ident(name: &str) -> bool {
    name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}
