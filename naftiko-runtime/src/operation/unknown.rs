//! The message about an operation that a capability does not have.

use super::exposed_operation::Operation;
use std::collections::HashSet;

/// Returns the message about an unknown operation: it suggests the most similar name, or lists all names.
pub(crate) fn unknown_operation<'a>(wanted: &str, operations: impl Iterator<Item = &'a Operation>) -> String {
    /// The maximum length of a name that is quoted in the message, in characters.
    const MAX_QUOTED: usize = 64;

    let names: Vec<Vec<&str>> = operations.map(Operation::names).collect();
    let near = crate::schema::nearest(wanted, names.iter().flatten().copied());
    let ways = |names: &Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    // A route and a tool with the same name can be two operations.
    let mut seen = HashSet::new();
    let all = names.iter().filter(|names| seen.insert(*names)).map(ways).collect::<Vec<_>>().join(", ");
    let all = if all.is_empty() { "none" } else { &all };
    match wanted.chars().nth(MAX_QUOTED) {
        Some(_) => format!("unknown operation: the name is too long; expected {all}"),
        None if near.is_empty() => format!("unknown operation `{}`; expected {all}", naftiko_spec::printable(wanted)),
        None => format!("unknown operation `{}`{near}", naftiko_spec::printable(wanted)),
    }
}
