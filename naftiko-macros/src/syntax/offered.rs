//! `#[resource]`, `#[prompt]` and `#[complete]`: MCP features other than tools.

use super::uri::is_uri;
use super::{adapters, label};
use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral};
use proc_macro2::Ident;

/// `#[resource(uri = "…", …)]`
#[derive(Clone)]
pub(crate) struct Resource {
    pub(crate) span: SourceSpan,
    pub(crate) uri: TextLiteral,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) mime_type: Option<TextLiteral>,
    /// The adapters that have it; empty for all adapters.
    pub(crate) on: Vec<TextLiteral>,
}

/// `#[prompt(…)]`
#[derive(Clone)]
pub(crate) struct Prompt {
    pub(crate) span: SourceSpan,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    /// The message of the user, with `{{name}}` for each argument.
    pub(crate) template: Option<TextLiteral>,
    /// The adapters that have it; empty for all adapters.
    pub(crate) on: Vec<TextLiteral>,
}

/// `#[complete(user_id = complete_user)]`
#[derive(Clone)]
pub(crate) struct Completion {
    pub(crate) argument: Ident,
    /// The method that completes it.
    pub(crate) method: Ident,
}

const RESOURCE: &[Key] = &[
    Key("uri", r#"uri = "config://app/current""#),
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("mime_type", r#"mime_type = "text/plain""#),
    Key("on", r#"on = "namespace""#),
];

const PROMPT: &[Key] = &[
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("template", r#"template = "Summarize {{topic}}.""#),
    Key("on", r#"on = "namespace""#),
];

/// Reads `#[resource(…)]`.
pub(super) fn resource(at: SourceSpan, elements: Vec<Element>, errors: &mut Errors) -> Option<Resource> {
    let mut keys = Keys::read("`#[resource]`", at, elements, RESOURCE, &[], errors);
    keys.reject_positional(errors);
    let uri = keys.required_text("uri", errors);
    let (name, label) = (keys.name("name", errors), label::take(&mut keys, errors));
    let (description, mime_type) = (keys.text("description", errors), keys.text("mime_type", errors));
    let on = adapters::on(&mut keys, errors);
    let uri = uri?;
    if !is_uri(&uri, "uri = \"config://app/current\"`; a template is `uri = \"tokens://{user_id}\"", errors) {
        return None;
    }
    if let Some((before, after)) = uri.value.split_once("}{") {
        let first = before.rsplit_once('{').map_or(before, |(_, name)| name);
        let second = after.split_once('}').map_or(after, |(name, _)| name);
        let message = format!("nothing separates `{{{first}}}` and `{{{second}}}` in the URI");
        errors.add(uri.span, message, "write a `/` between them");
        return None;
    }
    Some(Resource { span: at, uri, name, label, description, mime_type, on })
}

/// Reads `#[prompt(…)]`.
pub(super) fn prompt(at: SourceSpan, elements: Vec<Element>, errors: &mut Errors) -> Prompt {
    let mut keys = Keys::read("`#[prompt]`", at, elements, PROMPT, &[], errors);
    keys.reject_positional(errors);
    Prompt {
        span: at,
        name: keys.name("name", errors),
        label: label::take(&mut keys, errors),
        description: keys.text("description", errors),
        template: keys.text("template", errors),
        on: adapters::on(&mut keys, errors),
    }
}

/// Reads `#[complete(…)]`.
pub(super) fn complete(at: SourceSpan, elements: Vec<Element>, errors: &mut Errors) -> Vec<Completion> {
    const FORM: &str = "write `#[complete(user_id = complete_user)]`: an argument, and the method that completes it";
    if elements.is_empty() {
        errors.add(at, "`#[complete]` is empty", FORM);
    }
    let mut completes: Vec<Completion> = Vec::new();
    for element in elements {
        let Element::Pair(argument, value) = element else {
            let message = format!("expected an argument and the method that completes it, found {}", element.found());
            errors.add(element.span(), message, FORM);
            continue;
        };
        let method = match &value {
            Value::Other(method) => syn::parse2::<Ident>(method.clone()).ok(),
            _ => None,
        };
        let Some(method) = method else {
            let message = format!("expected the name of a method of this trait, found {}", value.found());
            errors.add(value.span(), message, FORM);
            continue;
        };
        if completes.iter().any(|other| other.argument == argument) {
            errors.add(argument.span(), format!("`{argument}` is given twice"), "keep one of them");
        } else {
            completes.push(Completion { argument, method });
        }
    }
    completes
}
