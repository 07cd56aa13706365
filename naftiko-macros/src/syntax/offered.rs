//! `#[resource]`, `#[prompt]` and `#[complete]`: MCP features other than tools; and `#[scope]`, required scopes.

use super::adapters;
use super::helpers::Helpers;
use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral, positional_text};
use proc_macro2::Ident;
use quote::ToTokens;
use syn::Lit;

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

/// Reads `label`, or its synonym `title`.
pub(super) fn label(keys: &mut Keys, errors: &mut Errors) -> Option<TextLiteral> {
    let label = keys.text("label", errors);
    let title = keys.key("title").map(|key| (key, keys.text("title", errors)));
    match (label, title) {
        (Some(label), Some((title, _))) => {
            errors.add(title.span(), "`title` and `label` mean the same thing", "keep one of them");
            Some(label)
        }
        (label, title) => label.or_else(|| title.and_then(|(_, text)| text)),
    }
}

/// Reads `#[resource(…)]`.
pub(super) fn resource(at: SourceSpan, elements: Vec<Element>, errors: &mut Errors) -> Option<Resource> {
    let mut keys = Keys::read("`#[resource]`", at, elements, RESOURCE, &[], errors);
    keys.reject_positional(errors);
    let uri = keys.required_text("uri", errors);
    let (name, label) = (keys.name("name", errors), label(&mut keys, errors));
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

/// Reports a URI without a scheme (RFC 3986, section 3.1), or with whitespace; returns whether it is valid. `form` is how to write it.
pub(super) fn is_uri(uri: &TextLiteral, form: &str, errors: &mut Errors) -> bool {
    let scheme = uri.value.split_once(':').map(|(scheme, _)| scheme);
    let fits = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    if !scheme.is_some_and(fits) {
        let message = format!("the URI `{}` does not begin with a scheme", uri.value.escape_debug());
        errors.add(uri.span, message, format!("write `{form}`"));
        return false;
    }
    let has_whitespace = uri.value.contains(char::is_whitespace);
    if has_whitespace {
        let message = format!("the URI `{}` contains whitespace", uri.value.escape_debug());
        errors.add(uri.span, message, "remove it, or write `%20` for a space");
    }
    !has_whitespace
}

/// Reads `#[prompt(…)]`.
pub(super) fn prompt(at: SourceSpan, elements: Vec<Element>, errors: &mut Errors) -> Prompt {
    let mut keys = Keys::read("`#[prompt]`", at, elements, PROMPT, &[], errors);
    keys.reject_positional(errors);
    Prompt {
        span: at,
        name: keys.name("name", errors),
        label: label(&mut keys, errors),
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

/// Removes the key `path` before the path of a verb, and reports it. A constant in place of the path becomes an element without a key.
pub(super) fn without_path_key(verb: &str, elements: Vec<Element>, errors: &mut Errors) -> Vec<Element> {
    let take = |element: Element| match element {
        Element::Pair(key, Value::Literal(Lit::Str(path))) if key == "path" => {
            let help = format!("write `#[{verb}(\"{}\")]`", path.value());
            errors.add(key.span(), format!("unknown key `path` in `#[{verb}]`"), help);
            Element::Literal(Lit::Str(path))
        }
        Element::Word(name) if !name.to_string().contains(|c: char| c.is_lowercase()) => {
            Element::Expression(name.into_token_stream())
        }
        element => element,
    };
    elements.into_iter().map(take).collect()
}

impl Helpers {
    /// Returns whether the method is a resource or a prompt, or completes arguments of other methods.
    pub(crate) fn is_offered(&self) -> bool {
        self.resource.is_some() || self.prompt.is_some() || self.completes_others
    }

    /// Returns whether the method is a resource or a prompt or completes arguments, and has no verb, `#[rest]` or `#[tool]`.
    pub(crate) fn is_only_offered(&self) -> bool {
        self.is_offered() && self.verb.is_none() && self.rests().next().is_none() && self.tools().next().is_none()
    }
}

/// Reads `#[scope("tokens:write")]`. Callers need all of the scopes (RFC 6749, section 3.3).
pub(super) fn scopes(at: SourceSpan, elements: &[Element], errors: &mut Errors) -> Vec<TextLiteral> {
    let help = "write `#[scope(\"tokens:write\")]`";
    if elements.is_empty() {
        errors.add(at, "expected a scope", help);
    }
    let mut scopes: Vec<TextLiteral> = Vec::new();
    for element in elements {
        let Some(scope) = positional_text(element, "a scope", errors) else { continue };
        add_scope(scope, &mut scopes, "#[scope(\"a\", \"b\")]", errors);
    }
    scopes
}

/// Adds a scope; reports a malformed one, and one that is given twice. `several` is how to write several scopes.
pub(super) fn add_scope(scope: TextLiteral, scopes: &mut Vec<TextLiteral>, several: &str, errors: &mut Errors) {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    if scope.value.is_empty() || !scope.value.chars().all(fits) {
        let help = format!("write printable ASCII without spaces, `\"` or `\\`; for several scopes, write `{several}`");
        errors.add(scope.span, format!("invalid scope `{}`", scope.value.escape_debug()), help);
    } else if scopes.iter().any(|other| other.value == scope.value) {
        errors.add(scope.span, format!("the scope `{}` is given twice", scope.value), "keep one of them");
    } else {
        scopes.push(scope);
    }
}
