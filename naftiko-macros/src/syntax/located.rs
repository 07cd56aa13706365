//! `mcp(resources(…))` in `exposes(…)`: folders whose files are MCP resources.

use super::offered;
use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral};
use naftiko_spec::names;
use proc_macro2::Ident;
use syn::ext::IdentExt;

/// `guide(uri = "docs://guide", location = "docs/guide", …)`
pub(crate) struct LocatedResource {
    pub(crate) span: SourceSpan,
    pub(crate) name: TextLiteral,
    pub(crate) uri: TextLiteral,
    pub(crate) location: TextLiteral,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) mime_type: Option<TextLiteral>,
    pub(crate) scopes: Vec<TextLiteral>,
}

/// The form of the key `resources` of an adapter.
pub(super) const FORM: &str = r#"resources(guide(uri = "docs://guide", location = "docs/guide"))"#;

const KEYS: &[Key] = &[
    Key("uri", r#"uri = "docs://guide""#),
    Key("location", r#"location = "docs/guide""#),
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("mime_type", r#"mime_type = "text/plain""#),
    Key("scopes", r#"scopes = ["…"]"#),
];

/// Reads `resources(…)`.
pub(super) fn resources(keys: &mut Keys, errors: &mut Errors) -> Vec<LocatedResource> {
    let mut resources: Vec<LocatedResource> = Vec::new();
    let Some((key, elements)) = keys.list("resources", errors) else { return resources };
    if elements.is_empty() {
        errors.add(key.span(), "`resources` is empty", format!("write `{FORM}`"));
    }
    for element in elements {
        let Element::List(name, elements) = element else {
            let message = "expected the name of a resource with its keys in `resources`";
            errors.add(element.span(), message, format!("write `{FORM}`"));
            continue;
        };
        let Some(resource) = resource(&name, elements, errors) else { continue };
        if resources.iter().any(|other| other.name.value == resource.name.value) {
            let message = format!("two resources are called `{}`", resource.name.value);
            errors.add(resource.name.span, message, "give it another name");
        } else {
            resources.push(resource);
        }
    }
    resources
}

fn resource(ident: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<LocatedResource> {
    let span = SourceSpan::from(ident.span());
    let mut keys = Keys::read(format!("`{ident}`"), span, elements, KEYS, &[], errors);
    keys.reject_positional(errors);
    let uri = keys.required_text("uri", errors).filter(|uri| is_uri(uri, errors));
    let location = keys.required_text("location", errors);
    let name = keys.text("name", errors);
    let name = name.unwrap_or_else(|| TextLiteral { value: names::kebab(&ident.unraw().to_string()), span });
    let label = offered::label(&mut keys, errors);
    let (description, mime_type) = (keys.text("description", errors), keys.text("mime_type", errors));
    let mut scopes = Vec::new();
    for scope in keys.texts("scopes", errors) {
        offered::add_scope(scope, &mut scopes, r#"scopes = ["a", "b"]"#, errors);
    }
    Some(LocatedResource { span, name, uri: uri?, location: location?, label, description, mime_type, scopes })
}

/// Reports an invalid URI of a folder; returns whether it is valid.
fn is_uri(uri: &TextLiteral, errors: &mut Errors) -> bool {
    if uri.value.contains(['{', '}']) {
        let help = "remove them: the path of a file in the folder follows this URI";
        errors.add(uri.span, format!("the URI `{}` of a folder has placeholders", uri.value), help);
        return false;
    }
    offered::is_uri(uri, r#"uri = "docs://guide""#, errors)
}
