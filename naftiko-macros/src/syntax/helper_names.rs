//! The names of the helper attributes.

use syn::Attribute;

/// The attributes of methods.
pub(crate) const METHOD_HELPERS: [&str; 16] = [
    "get", "post", "put", "patch", "delete", "head", "rest", "tool", "skip", "output", "example", "resource", "prompt",
    "complete", "scope", "page",
];

/// The attributes of arguments.
pub(crate) const ARGUMENT_HELPERS: [&str; 6] = ["path", "query", "header", "cookie", "body", "part"];

/// Returns the name of a helper attribute, if this is one: `get`, or `naftiko::attributes::get`, also under another name of the crate.
pub(crate) fn helper_name(attribute: &Attribute, names: &[&str]) -> Option<String> {
    let path = attribute.path();
    let last = path.segments.last()?.ident.to_string();
    let is_in = |module: &str| path.segments.iter().nth_back(1).is_some_and(|parent| parent.ident == module);
    let is_in_crate = path.segments.first().is_some_and(|first| first.ident == "naftiko");
    let ours = path.segments.len() == 1 || is_in_crate || is_in("attributes");
    (ours && names.contains(&last.as_str())).then_some(last)
}
