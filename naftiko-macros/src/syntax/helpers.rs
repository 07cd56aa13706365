//! All the helper attributes of a method together.

use super::helper_names::{ARGUMENT_HELPERS, METHOD_HELPERS, helper_name};
use super::offered::{self, Completion, Prompt, Resource};
use super::rest::{self, Rest};
use super::tool::{self, ToolAttribute};
use super::verb::{self, Verb, http_method};
use super::{adapters, example, misspelt, page, scopes};
use crate::attribute::arguments;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{TextLiteral, one_text};
use naftiko_spec::rules::Rule;
use proc_macro2::Ident;
use syn::{Attribute, Meta, spanned::Spanned};

/// All the helper attributes of one method.
#[derive(Default)]
pub(crate) struct Helpers {
    /// The names of all the attributes, with the user's spans.
    pub(crate) names: Vec<Ident>,
    pub(crate) verb: Option<Verb>,
    pub(crate) rest: Option<Rest>,
    /// Each `#[rest]` with `on`.
    pub(crate) rest_on: Vec<Rest>,
    pub(crate) tool: Option<ToolAttribute>,
    /// Each `#[tool]` with `on`.
    pub(crate) tool_on: Vec<ToolAttribute>,
    pub(crate) resource: Option<Resource>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) completes: Vec<Completion>,
    /// Whether it completes arguments of other methods.
    pub(crate) completes_others: bool,
    /// The scopes that its callers need.
    pub(crate) scopes: Vec<TextLiteral>,
    pub(crate) skip: Option<SourceSpan>,
    pub(crate) output: Option<TextLiteral>,
    pub(crate) page: Option<page::Page>,
    /// Examples of its result.
    pub(crate) examples: Vec<serde_json::Value>,
    /// The span of the last `#[example]`.
    pub(crate) example: Option<SourceSpan>,
    pub(crate) allow: Vec<&'static Rule>,
}

impl Helpers {
    /// Returns whether the method has a verb, a `#[rest]` or a `#[tool]`.
    pub(crate) fn is_exposed(&self) -> bool {
        self.verb.is_some() || self.rests().next().is_some() || self.tools().next().is_some()
    }

    /// Returns whether the method is a resource or a prompt, or completes arguments of other methods.
    pub(crate) fn is_offered(&self) -> bool {
        self.resource.is_some() || self.prompt.is_some() || self.completes_others
    }

    /// Returns whether the method is a resource or a prompt or completes arguments, and has no verb, `#[rest]` or `#[tool]`.
    pub(crate) fn is_only_offered(&self) -> bool {
        self.is_offered() && self.verb.is_none() && self.rests().next().is_none() && self.tools().next().is_none()
    }

    /// Returns the `#[rest]` for all adapters, then each with `on`.
    pub(crate) fn rests(&self) -> impl Iterator<Item = &Rest> {
        self.rest.iter().chain(&self.rest_on)
    }

    /// Returns the `#[tool]` for all adapters, then each with `on`.
    pub(crate) fn tools(&self) -> impl Iterator<Item = &ToolAttribute> {
        self.tool.iter().chain(&self.tool_on)
    }

    /// Returns the scopes that the callers of the method need.
    pub(crate) fn scope_names(&self) -> Vec<String> {
        self.scopes.iter().map(|scope| scope.value.clone()).collect()
    }

    /// Parses the helper attributes of a method, and removes them from its attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut helpers = Self::default();
        attributes.retain(|attribute| {
            if let Some(name) = helper_name(attribute, &METHOD_HELPERS) {
                helpers.names.extend(attribute.path().segments.last().map(|last| last.ident.clone()));
                helpers.add(&name, attribute, errors);
                return false;
            }
            if let Some(name) =
                helper_name(attribute, &ARGUMENT_HELPERS).filter(|name| name != "path" || !has_value(attribute))
            {
                let help = misspelt::help_for_argument_helper(&name, attribute);
                errors.add(attribute.path().span(), format!("`#[{name}]` can only be applied to an argument"), help);
                return false;
            }
            !misspelt::refuse(attribute, &METHOD_HELPERS, misspelt::other_methods(attribute), errors)
        });
        helpers
    }

    fn add(&mut self, name: &str, attribute: &Attribute, errors: &mut Errors) {
        let at: SourceSpan = attribute.path().span().into();
        let given_twice = |errors: &mut Errors| {
            errors.add(at, format!("`#[{name}]` is given twice"), "keep one of them");
        };
        if name == "example" {
            self.example = Some(at);
            self.examples.extend(example::read(attribute, errors).map(|(example, _)| example));
            return;
        }
        let Some(elements) = arguments(attribute, errors) else { return };
        match name {
            "rest" => {
                let rest = rest::read(at, elements, &mut self.allow, errors);
                adapters::add(rest, (name, at), &mut self.rest, &mut self.rest_on, errors);
            }
            "tool" => {
                let tool = tool::read(at, elements, &mut self.allow, errors);
                adapters::add(tool, (name, at), &mut self.tool, &mut self.tool_on, errors);
            }
            "resource" if self.resource.is_some() => given_twice(errors),
            "resource" => self.resource = offered::resource(at, elements, errors),
            "prompt" if self.prompt.is_some() => given_twice(errors),
            "prompt" => self.prompt = Some(offered::prompt(at, elements, errors)),
            "complete" => self.completes.extend(offered::complete(at, elements, errors)),
            "scope" if !self.scopes.is_empty() => given_twice(errors),
            "scope" => self.scopes = scopes::read(at, &elements, errors),
            "skip" if self.skip.is_some() => given_twice(errors),
            "skip" => {
                self.skip = Some(at);
                for element in elements {
                    let help = "write `#[skip]`, `#[rest(skip)]` or `#[tool(skip)]`";
                    errors.add(element.span(), "`#[skip]` takes no arguments", help);
                }
            }
            "page" if self.page.is_some() => given_twice(errors),
            "page" => self.page = page::read(at, elements, errors),
            "output" if self.output.is_some() => given_twice(errors),
            "output" => self.output = one_text(at, &elements, r#"#[output("$.data.items")]"#, "the JSONPath", errors),
            word => {
                let Some(method) = http_method(word) else { return };
                match &self.verb {
                    Some(first) if first.method == method => given_twice(errors),
                    Some(_) => errors.add(
                        at,
                        "a method can have only one HTTP verb",
                        "keep one of them, or write a method for each",
                    ),
                    None => self.verb = Some(verb::read(method, word, at, elements, &mut self.allow, errors)),
                }
            }
        }
    }
}

/// Returns whether an attribute has a value, as Rust's own `#[path = "…"]`.
fn has_value(attribute: &Attribute) -> bool {
    matches!(attribute.meta, Meta::NameValue(_))
}
