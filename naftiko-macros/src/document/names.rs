//! Turns names on the wire into Rust names.

pub(super) use crate::ident::ident;
use crate::ident::snake;
use naftiko_spec::lower::LoweredOperation;
use std::collections::{HashMap, HashSet};

/// Returns the names of the methods of operations: in `snake_case`, unique, and not reserved.
///
/// A name that is already taken, for instance because a tool and a different route have the same name, gets the suffix `_route` if
/// the operation has a route, else `_tool`, and then, if necessary, a number.
pub(super) fn methods<'a>(operations: impl Iterator<Item = &'a LoweredOperation>, reserved: &[String]) -> Vec<String> {
    let mut taken = Taken::default();
    // The macro generates `into_capability` for every trait.
    taken.names.extend(reserved.iter().cloned().chain(["into_capability".to_owned()]));
    let method = |operation: &LoweredOperation| {
        let fragment = &operation.fragment;
        let kind = if fragment.routes.is_empty() { "tool" } else { "route" };
        let name = snake(&fragment.name, "operation");
        let name = if taken.names.contains(&name) { format!("{name}_{kind}") } else { name };
        taken.unique(&name)
    };
    operations.map(method).collect()
}

/// Returns the names of the arguments of a method: in `snake_case`, and unique.
pub(super) fn arguments<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = Taken::default();
    names.map(|name| taken.unique(&snake(name, "argument"))).collect()
}

/// The names that are taken.
#[derive(Default)]
struct Taken {
    names: HashSet<String>,
    /// For each name that is repeated, the next number.
    numbers: HashMap<String, u64>,
}

impl Taken {
    /// Returns the name if it is not taken, otherwise the name with the first free number from 2 on.
    fn unique(&mut self, name: &str) -> String {
        if self.names.insert(name.to_owned()) {
            return name.to_owned();
        }
        let number = self.numbers.entry(name.to_owned()).or_insert(2);
        loop {
            let numbered = format!("{name}_{number}");
            *number += 1;
            if self.names.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
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

    /// If this took quadratic time, this test would run for minutes.
    #[test]
    fn many_arguments_with_one_name_are_numbered() {
        let names = arguments(std::iter::repeat_n("id", 50_000));
        assert_eq!(names.last().map(String::as_str), Some("id_50000"));
    }
}
