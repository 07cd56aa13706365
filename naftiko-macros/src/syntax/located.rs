//! `mcp(resources(…), prompts(…))` in `exposes(…)`: folders whose files are MCP resources, and MCP prompts whose text is in a file.

use super::uri::is_uri;
use super::{label, scopes};
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

/// `review(location = "prompts/review.txt", arguments(code, style(required = false)), …)`
pub(crate) struct LocatedPrompt {
    pub(crate) span: SourceSpan,
    pub(crate) name: TextLiteral,
    pub(crate) location: TextLiteral,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) arguments: Vec<LocatedArgument>,
    pub(crate) scopes: Vec<TextLiteral>,
}

/// An argument of a prompt: `style(description = "…", required = false)`
pub(crate) struct LocatedArgument {
    pub(crate) span: SourceSpan,
    pub(crate) name: TextLiteral,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) required: Option<bool>,
}

/// The form of the key `resources` of an adapter.
pub(super) const RESOURCES: &str = r#"resources(guide(uri = "docs://guide", location = "docs/guide"))"#;

/// The form of the key `prompts` of an adapter.
pub(super) const PROMPTS: &str = r#"prompts(review(location = "prompts/review.txt", arguments(code)))"#;

const ARGUMENTS: &str = r#"arguments(code, style(description = "…", required = false))"#;

const RESOURCE: &[Key] = &[
    Key("uri", r#"uri = "docs://guide""#),
    Key("location", r#"location = "docs/guide""#),
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("mime_type", r#"mime_type = "text/plain""#),
    Key("scopes", r#"scopes = ["…"]"#),
];

const PROMPT: &[Key] = &[
    Key("location", r#"location = "prompts/review.txt""#),
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("arguments", ARGUMENTS),
    Key("scopes", r#"scopes = ["…"]"#),
];

const ARGUMENT: &[Key] = &[
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("required", "required = true` or `required = false"),
];

/// A list of entries with names.
struct NamedEntries {
    key: &'static str,
    form: &'static str,
    /// What an entry must be, for the message about anything else.
    expected: &'static str,
    /// Whether an entry may have no keys.
    may_be_bare: bool,
}

impl NamedEntries {
    /// Reads the entries of a list, each with its name, and reports names that are given twice.
    fn read<T>(
        &self,
        keys: &mut Keys,
        errors: &mut Errors,
        read: impl Fn(&Ident, Vec<Element>, &mut Errors) -> Option<T>,
        name: impl Fn(&T) -> &TextLiteral,
    ) -> Vec<T> {
        let Self { key, form, expected, may_be_bare } = self;
        let mut entries: Vec<T> = Vec::new();
        let Some((written, elements)) = keys.list(key, errors) else { return entries };
        if elements.is_empty() {
            errors.add(written.span(), format!("`{key}` is empty"), format!("write `{form}`"));
        }
        for element in elements {
            let (ident, elements) = match element {
                Element::List(ident, elements) => (ident, elements),
                Element::Word(ident) if *may_be_bare => (ident, Vec::new()),
                Element::Word(ident) => {
                    errors.add(ident.span(), format!("`{ident}` has no keys"), format!("write `{form}`"));
                    continue;
                }
                other => {
                    let message = format!("expected {expected} in `{key}`, found {}", other.found());
                    errors.add(other.span(), message, format!("write `{form}`"));
                    continue;
                }
            };
            let Some(entry) = read(&ident, elements, errors) else { continue };
            let own = name(&entry);
            if entries.iter().any(|other| name(other).value == own.value) {
                let message = format!("another entry of `{key}` is called `{}`", own.value);
                errors.add(own.span, message, "give one of them another name");
            } else {
                entries.push(entry);
            }
        }
        entries
    }
}

/// Reads `resources(…)`.
pub(super) fn resources(keys: &mut Keys, errors: &mut Errors) -> Vec<LocatedResource> {
    let expected = "`NAME(KEY = …)`";
    let list = NamedEntries { key: "resources", form: RESOURCES, expected, may_be_bare: false };
    list.read(keys, errors, resource, |resource| &resource.name)
}

/// Reads `prompts(…)`.
pub(super) fn prompts(keys: &mut Keys, errors: &mut Errors) -> Vec<LocatedPrompt> {
    let expected = "`NAME(KEY = …)`";
    let list = NamedEntries { key: "prompts", form: PROMPTS, expected, may_be_bare: false };
    list.read(keys, errors, prompt, |prompt| &prompt.name)
}

fn resource(ident: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<LocatedResource> {
    let mut keys = keys_of(ident, elements, RESOURCE, errors);
    let uri = keys.required_text("uri", errors).filter(|uri| is_folder_uri(uri, errors));
    let location = keys.required_text("location", errors);
    let name = name(ident, &mut keys, names::kebab, errors);
    let label = label::take(&mut keys, errors);
    let (description, mime_type) = (keys.text("description", errors), keys.text("mime_type", errors));
    let scopes = scopes::take(&mut keys, errors);
    let span = ident.span().into();
    Some(LocatedResource { span, name, uri: uri?, location: location?, label, description, mime_type, scopes })
}

fn prompt(ident: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<LocatedPrompt> {
    let mut keys = keys_of(ident, elements, PROMPT, errors);
    let location = keys.required_text("location", errors);
    let name = name(ident, &mut keys, names::kebab, errors);
    let label = label::take(&mut keys, errors);
    let description = keys.text("description", errors);
    let list =
        NamedEntries { key: "arguments", form: ARGUMENTS, expected: "the name of an argument", may_be_bare: true };
    let arguments = list.read(&mut keys, errors, argument, |argument| &argument.name);
    let scopes = scopes::take(&mut keys, errors);
    let span = ident.span().into();
    Some(LocatedPrompt { span, name, location: location?, label, description, arguments, scopes })
}

#[allow(clippy::unnecessary_wraps, reason = "the functions that read an entry have the same type")]
fn argument(ident: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<LocatedArgument> {
    let mut keys = keys_of(ident, elements, ARGUMENT, errors);
    // The name is not converted, since the placeholder in the file has the same name.
    let name = name(ident, &mut keys, str::to_owned, errors);
    let label = label::take(&mut keys, errors);
    let (description, required) = (keys.text("description", errors), keys.flag("required", errors));
    Some(LocatedArgument { span: ident.span().into(), name, label, description, required })
}

/// Returns the keys of an entry.
fn keys_of(ident: &Ident, elements: Vec<Element>, known: &'static [Key], errors: &mut Errors) -> Keys {
    let mut keys = Keys::read(format!("`{ident}`"), ident.span(), elements, known, &[], errors);
    keys.reject_positional(errors);
    keys
}

/// Returns the name of an entry: the key `name`, or the name before the brackets as `convert` writes it.
fn name(ident: &Ident, keys: &mut Keys, convert: impl Fn(&str) -> String, errors: &mut Errors) -> TextLiteral {
    let of_ident = || TextLiteral { value: convert(&ident.unraw().to_string()), span: ident.span().into() };
    keys.name("name", errors).unwrap_or_else(of_ident)
}

/// Reports an invalid URI of a folder; returns whether it is valid.
fn is_folder_uri(uri: &TextLiteral, errors: &mut Errors) -> bool {
    if uri.value.contains(['{', '}']) {
        let help = "remove them: the paths of the files in the folder are appended to this URI";
        errors.add(uri.span, format!("the URI `{}` of a folder has placeholders", uri.value), help);
        return false;
    }
    is_uri(uri, r#"uri = "docs://guide""#, errors)
}
