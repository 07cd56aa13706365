//! Turns names on the wire into Rust names.

pub(super) use crate::ident::ident;
use crate::ident::snake;
use naftiko_spec::lower::LoweredOperation;

/// Returns the names of the methods of operations: in `snake_case`, unique, and not reserved.
///
/// A name that is already taken, for instance because a tool and a different route have the same name, gets the suffix `_route` if
/// the operation has a route, else `_tool`, and then, if necessary, a number.
pub(super) fn methods<'a>(operations: impl Iterator<Item = &'a LoweredOperation>, reserved: &[String]) -> Vec<String> {
    let mut taken: Vec<String> = reserved.to_vec();
    // The macro generates this method for every trait.
    taken.push("into_capability".to_owned());
    let reserved_count = taken.len();
    for operation in operations {
        let fragment = &operation.fragment;
        let kind = if fragment.routes.is_empty() { "tool" } else { "route" };
        let name = snake(&fragment.name, "operation");
        let name = if taken.contains(&name) { format!("{name}_{kind}") } else { name };
        taken.push(unique(&name, &taken));
    }
    taken.split_off(reserved_count)
}

/// Returns the names of the arguments of a method: in `snake_case`, and unique.
pub(super) fn arguments<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        taken.push(unique(&snake(name, "argument"), &taken));
    }
    taken
}

/// Returns the name if it is not taken, otherwise the name with the first free number from 2 on.
fn unique(name: &str, taken: &[String]) -> String {
    let is_free = |name: &String| !taken.contains(name);
    let numbered = (2..).map(|number: u64| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::is_ident;
    use proc_macro2::Span;

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
