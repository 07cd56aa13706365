//! Reports misspelt helper attributes, and attributes of other crates that are used instead. The compiler would only
//! report that it cannot find them.

use crate::errors::{Errors, SourceSpan};
use naftiko_spec::nearest;
use syn::{Attribute, Meta};

/// Attributes of Rust itself whose names are similar to ours.
const OF_RUST: [&str; 2] = ["path", "test"];

/// Attributes that other crates have for arguments, and what to write instead.
pub(super) const OF_OTHER_ARGUMENTS: [(&str, &str); 4] = [
    ("form", "write `#[body(form)]`"),
    ("json", "write `#[body]`"),
    ("multipart", "write `#[part]`"),
    ("serde", "write the name in `#[query(\"name\")]`, and a default in `#[query(default = 30)]`"),
];

/// HTTP methods that naftiko does not send, and what to do instead.
const OF_OTHER_METHODS: [(&str, &str); 3] =
    [("connect", OTHER_CLIENT), ("options", OTHER_CLIENT), ("trace", OTHER_CLIENT)];

const OTHER_CLIENT: &str =
    "naftiko does not send such requests: write a method with a body that sends them with another client";

/// Returns the HTTP methods that an attribute with a path may mean. Without a path, it is an attribute of another crate, such as `#[trace]`.
pub(super) fn other_methods(attribute: &Attribute) -> &'static [(&'static str, &'static str)] {
    match &attribute.meta {
        Meta::List(list) if list.tokens.to_string().starts_with("\"/") => &OF_OTHER_METHODS,
        _ => &[],
    }
}

/// Reports an attribute whose name is similar to a name in `known`, or is in `others`, which has the help text for each name. Returns
/// whether the attribute was reported.
pub(super) fn refuse(
    attribute: &Attribute,
    known: &[&'static str],
    others: &[(&str, &'static str)],
    errors: &mut Errors,
) -> bool {
    let Some(name) = attribute.path().get_ident().map(ToString::to_string) else { return false };
    if OF_RUST.contains(&name.as_str()) || known.contains(&name.as_str()) {
        return false;
    }
    let help = match others.iter().find(|(other, _)| *other == name) {
        Some((_, help)) => (*help).to_owned(),
        None => match nearest(&name, known.iter().copied()) {
            Some(meant) => format!("did you mean `#[{meant}]`?"),
            None => return false,
        },
    };
    errors.add(SourceSpan::of(attribute.path()), format!("unknown attribute `#[{name}]`"), help);
    true
}

/// Returns the help text for an attribute of arguments that is on a method.
pub(super) fn help_for_argument_helper(name: &str, attribute: &Attribute) -> String {
    match &attribute.meta {
        // `#[header("X-Org" = "acme")]`
        Meta::List(list) if ["header", "query"].contains(&name) && list.tokens.to_string().contains("\" =") => {
            let constant = &list.tokens;
            format!("to send a constant, write it in the verb: `#[get(\"/path\", {name}({constant}))]`")
        }
        _ => "put it before an argument".to_owned(),
    }
}
