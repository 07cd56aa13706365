//! Lowers a method to a resource or a prompt, and `#[complete]` to the completions of its arguments.

use super::places::{consumed_name, placeholders};
use crate::errors::Errors;
use crate::keys::{TextLiteral, did_you_mean};
use crate::syntax::{Form, Method, Parameter};
use naftiko_spec::fragment::{Completion, Fragment, PromptFragment, ResourceFragment};
use naftiko_spec::model::{Document, Expose, McpPrompt, McpResource, PromptArgument, PromptMessage, PromptRole};
use naftiko_spec::names::{self, Case};
use naftiko_spec::template::{prompt_pieces, same_name, uri_template_fault};
use syn::ext::IdentExt;

/// Checks `#[resource]` and `#[prompt]` against the adapters and the arguments of the method.
pub(super) fn check(head: &Document, method: &Method, errors: &mut Errors) {
    let helpers = &method.helpers;
    let adapters = || {
        head.capability.exposes.iter().filter_map(|expose| match expose {
            Expose::Mcp(mcp) => Some(mcp.namespace.as_str()),
            _ => None,
        })
    };
    let resource = helpers.resource.as_ref().map(|resource| (resource.span, &resource.on, "resource"));
    let prompt = helpers.prompt.as_ref().map(|prompt| (prompt.span, &prompt.on, "prompt"));
    for (span, on, what) in resource.into_iter().chain(prompt) {
        if helpers.skip.is_some() {
            errors.add(span, format!("`#[{what}]` cannot be combined with `#[skip]`"), "keep one of them");
        }
        if adapters().next().is_none() {
            let help = "add `exposes(mcp(port = 9090))` to `#[capability]`";
            errors.add(span, format!("a {what} needs an MCP adapter"), help);
        }
        for name in on.iter().filter(|name| !adapters().any(|known| known == name.value)) {
            let help = did_you_mean("the MCP adapters are", &name.value, adapters());
            errors.add(name.span, format!("no MCP adapter has the namespace `{}`", name.value), help);
        }
    }
    if let Some(resource) = &helpers.resource {
        check_uri(method, &resource.uri, errors);
    }
    if let Some(prompt) = &helpers.prompt {
        check_arguments(method, errors);
        if let Some(template) = &prompt.template {
            check_template(method, template, errors);
        }
    }
}

/// Checks that each placeholder is an argument, and that each required argument has a placeholder.
fn check_uri(method: &Method, uri: &TextLiteral, errors: &mut Errors) {
    // A rule reports an invalid template.
    if uri_template_fault(&uri.value).is_some() {
        return;
    }
    let placeholders = placeholders(&uri.value);
    let names = || method.parameters.iter().map(|parameter| parameter.name.as_str());
    for (at, placeholder) in placeholders.iter().enumerate() {
        if placeholders.iter().take(at).any(|other| same_name(other, placeholder)) {
            let message = format!("the URI has the placeholder `{{{placeholder}}}` twice");
            errors.add(uri.span, message, "give each a unique name");
        }
        if !names().any(|name| same_name(name, placeholder)) {
            let help = match names().next() {
                Some(_) => did_you_mean("the arguments are", placeholder, names()),
                None => format!("add an argument `{}: &str`", Case::Snake.apply(placeholder)),
            };
            errors.add(uri.span, format!("no argument fills `{{{placeholder}}}`"), help);
        }
    }
    for parameter in method.parameters.iter().filter(|parameter| !parameter.may_be_left_out()) {
        if !placeholders.iter().any(|placeholder| same_name(placeholder, &parameter.name)) {
            let message = format!("the URI has no placeholder for the required argument `{}`", parameter.name);
            let help = format!("write `{{{}}}` in the URI, or make the argument an `Option`", parameter.name);
            errors.add(uri.span, message, help);
        }
    }
}

/// Checks that each argument of a prompt can be given as a string.
fn check_arguments(method: &Method, errors: &mut Errors) {
    for parameter in &method.parameters {
        if matches!(parameter.form, Form::Slice | Form::Vec) || parameter.format.file {
            let message =
                format!("invalid argument `{}` of a prompt: clients send each argument as one string", parameter.name);
            errors.add(parameter.ident.span(), message, "take a `&str`, a number, a `bool` or an enum");
        }
    }
}

/// Checks that each name in a template is an argument, that the template uses each argument, and that the method has neither a
/// body nor a verb.
fn check_template(method: &Method, template: &TextLiteral, errors: &mut Errors) {
    let names = || method.parameters.iter().map(|parameter| parameter.name.as_str());
    let (pieces, _) = prompt_pieces(&template.value);
    let before = errors.count();
    for (_, name) in &pieces {
        if !names().any(|known| known == *name) {
            let argument = Case::Snake.apply(name);
            let help = match names().next() {
                Some(_) => did_you_mean("the arguments are", name, names()),
                None => format!("add an argument `{argument}: &str`, or remove `{{{{{name}}}}}` from the template"),
            };
            errors.add(template.span, format!("no argument fills `{{{{{name}}}}}`"), help);
        }
    }
    // A misspelt name in the template may be meant for an argument that seems to be unused.
    let is_complete = errors.count() == before;
    let unused = |parameter: &&Parameter| is_complete && !pieces.iter().any(|(_, name)| *name == parameter.name);
    for Parameter { name, ident, .. } in method.parameters.iter().filter(unused) {
        let help = format!("write `{{{{{name}}}}}` in the template, or remove the argument");
        errors.add(ident.span(), format!("the template does not use the argument `{name}`"), help);
    }
    if method.body.is_some() || method.helpers.verb.is_some() {
        let help = "remove the template, or remove the body and the verb";
        errors.add(template.span, "a prompt with a template cannot have a body or a verb", help);
    }
}

/// Returns a template with the names that callers give the arguments.
fn published_template(template: &TextLiteral, method: &Method, fragment: &Fragment) -> String {
    let (pieces, end) = prompt_pieces(&template.value);
    let name_of = |name: &str| {
        let at = method.parameters.iter().position(|parameter| parameter.name == name);
        at.and_then(|at| fragment.arguments.get(at)).map_or_else(|| name.to_owned(), |argument| argument.name.clone())
    };
    let pieces = pieces.into_iter().map(|(before, name)| format!("{before}{{{{{}}}}}", name_of(name)));
    pieces.chain([end.to_owned()]).collect()
}

/// Adds the resources, the prompts and the completions of a method to its fragment.
pub(super) fn offer(head: &Document, method: &Method, fragment: &mut Fragment, call: Option<&str>) {
    let helpers = &method.helpers;
    let adapters = |on: &[TextLiteral]| {
        let is_on = |namespace: &str| on.is_empty() || on.iter().any(|name| name.value == namespace);
        let of = |(at, expose): (usize, &Expose)| match expose {
            Expose::Mcp(mcp) if is_on(&mcp.namespace) => Some(at),
            _ => None,
        };
        head.capability.exposes.iter().enumerate().filter_map(of).collect::<Vec<_>>()
    };
    let text = |declared: &Option<TextLiteral>| declared.as_ref().map(|text| text.value.clone());
    if let Some(declared) = &helpers.resource {
        let resource = McpResource {
            name: text(&declared.name).unwrap_or_else(|| names::kebab(&method.name)),
            label: Some(text(&declared.label).unwrap_or_else(|| default_label(&method.name))),
            uri: declared.uri.value.clone(),
            description: text(&declared.description).or_else(|| fragment.description.clone()),
            mime_type: text(&declared.mime_type),
            call: call.map(str::to_owned),
            with: match call {
                Some(_) => {
                    let arguments = &fragment.arguments;
                    arguments.iter().map(|argument| with(consumed_name(arguments, argument), &argument.name)).collect()
                }
                None => indexmap::IndexMap::new(),
            },
            scopes: method.helpers.scope_names(),
            ..McpResource::default()
        };
        let parts = adapters(&declared.on).into_iter();
        fragment.resources = parts.map(|expose| ResourceFragment { expose, resource: resource.clone() }).collect();
    }
    if let Some(declared) = &helpers.prompt {
        let arguments = fragment.arguments.iter().map(|argument| PromptArgument {
            name: argument.name.clone(),
            label: None,
            description: argument.description.clone(),
            required: (!argument.required).then_some(false),
        });
        let template = declared.template.iter().map(|template| PromptMessage {
            role: PromptRole::User,
            content: published_template(template, method, fragment),
        });
        let prompt = McpPrompt {
            name: text(&declared.name).unwrap_or_else(|| names::kebab(&method.name)),
            label: Some(text(&declared.label).unwrap_or_else(|| default_label(&method.name))),
            description: text(&declared.description).or_else(|| fragment.description.clone()),
            arguments: arguments.collect(),
            template: template.collect(),
            location: None,
            scopes: method.helpers.scope_names(),
        };
        let parts = adapters(&declared.on).into_iter();
        fragment.prompts = parts.map(|expose| PromptFragment { expose, prompt: prompt.clone() }).collect();
    }
    let completions = helpers.completes.iter().filter_map(|complete| {
        let name = complete.argument.unraw().to_string();
        let argument = method.parameters.iter().position(|parameter| parameter.name == name)?;
        Some(Completion { argument, operation: complete.method.unraw().to_string() })
    });
    fragment.completions = completions.collect();
}

/// Maps a parameter of the called operation to an input of the caller.
fn with(parameter: &str, input: &str) -> (String, serde_json::Value) {
    (parameter.to_owned(), serde_json::Value::String(format!("tools.{input}")))
}

/// Returns the words of a method's name, with a capital at the beginning: `List tokens`.
fn default_label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
