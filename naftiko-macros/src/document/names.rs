//! Turns names on the wire into Rust names.

use naftiko_spec::lower::LoweredOperation;
use naftiko_spec::names::Case;
use proc_macro2::{Ident, Span};

/// Returns the names of the methods of operations: in `snake_case`, unique, and not reserved.
///
/// A name that is already taken, for instance because a tool and a different route have the same name, gets the suffix `_route` if
/// the operation has a route, else `_tool`, and then, if necessary, a number.
pub(super) fn methods<'a>(operations: impl Iterator<Item = &'a LoweredOperation>, reserved: &[String]) -> Vec<String> {
    let mut taken: Vec<String> = reserved.to_vec();
    taken.push("into_capability".to_owned());
    let known = taken.len();
    for operation in operations {
        let fragment = &operation.fragment;
        let kind = if fragment.routes.is_empty() { "tool" } else { "route" };
        let name = snake(&fragment.name, "operation");
        let name = if taken.contains(&name) { format!("{name}_{kind}") } else { name };
        taken.push(unique(&name, &taken));
    }
    taken.split_off(known)
}

/// Returns the names of the arguments of a method: in `snake_case`, and unique.
pub(super) fn arguments<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        taken.push(unique(&snake(name, "argument"), &taken));
    }
    taken
}

/// Returns a name as an identifier, raw if necessary.
pub(super) fn ident(name: &str, span: Span) -> Ident {
    if is_ident(name) { Ident::new(name, span) } else { Ident::new_raw(name, span) }
}

fn unique(name: &str, taken: &[String]) -> String {
    let is_free = |name: &String| !taken.contains(name);
    let numbered = (2..).map(|number: u64| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// Returns a name in `snake_case` that is valid as an identifier, or as a raw one.
fn snake(name: &str, otherwise: &str) -> String {
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

fn can_be_in_ident(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && is_ident(&format!("a{c}")))
}

/// Returns whether a name is an identifier as it is. `syn` does not know `gen`, a keyword since the edition 2024, in which
/// generated tokens are read.
fn is_ident(name: &str) -> bool {
    name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_name_becomes_an_identifier() {
        let names = ["listUserTokens", "list-tokens", "$filter", "page[size]", "type", "self", "2fa", "", "名前", "§"];
        let expected = ["list_user_tokens", "list_tokens", "filter", "page_size", "type", "self_", "_2fa", "argument"];
        let names_of_arguments = arguments(names.into_iter());
        assert_eq!(names_of_arguments.get(..8), Some(expected.map(str::to_owned).as_slice()));
        assert_eq!(names_of_arguments.get(8..), Some(["名前".to_owned(), "argument_2".to_owned()].as_slice()));
        for name in &names_of_arguments {
            let ident = ident(name, Span::call_site()).to_string();
            assert!(is_ident(&ident), "{ident}");
        }
        for keyword in ["type", "gen", "try", "async", "dyn", "abstract"] {
            assert_eq!(ident(keyword, Span::call_site()).to_string(), format!("r#{keyword}"));
        }
    }

    #[test]
    fn names_are_unique() {
        assert_eq!(arguments(["id", "ID", "_id"].into_iter()), ["id", "id_2", "id_3"]);
    }
}
