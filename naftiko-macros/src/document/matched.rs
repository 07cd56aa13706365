//! Matches methods of the trait with operations of the file, and their arguments.

use super::source::{DocumentOperation, GeneratedArgument};
use super::{generated, names};
use crate::errors::Errors;
use crate::keys::{did_you_mean, listed};
use crate::syntax::{Form, Method};
use naftiko_spec::fragment::Argument;
use naftiko_spec::template::same_name;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

/// The result of a match between a method and an operation of the file.
pub(crate) struct Matched {
    /// For each argument of the method: its index in the operation, and whether its type is the one that a generated method would have.
    pub(crate) arguments: Vec<(usize, bool)>,
    /// Whether the method has no body, and its return type is the one that a generated method would have.
    pub(crate) has_default_output: bool,
}

/// Matches a method with the operation that has its name. Reports each difference, and then returns `None`.
pub(crate) fn matched(documented: &DocumentOperation, method: &Method, errors: &mut Errors) -> Option<Matched> {
    let before = errors.count();
    let name = method.signature.ident.span();
    if !method.cfg.text.is_empty() {
        errors.add(
            name,
            format!("`{}` is an operation of the document, so it cannot be behind `cfg`", method.name),
            "remove the `cfg`",
        );
    }
    refuse_attributes(method, errors);
    let known = &documented.merged.operation.fragment.arguments;
    let mut arguments: Vec<(usize, bool)> = Vec::new();
    for parameter in &method.parameters {
        let span = parameter.ident.span();
        if let Some((_, span)) = parameter.place {
            let message = format!("the document already sets where `{}` is sent", parameter.name);
            let attribute = parameter.helpers.iter().find(|helper| *helper != "example");
            let attribute = attribute.map_or_else(|| "the attribute".to_owned(), |name| format!("`#[{name}]`"));
            errors.add(span, message, format!("remove {attribute}"));
        }
        if let Some(refinement) = parameter.refinement.as_ref().filter(|_| parameter.place.is_none()) {
            let (what, help) = if refinement.as_object().is_some_and(|keys| keys.keys().all(|key| key == "examples")) {
                ("already describes", "remove its examples")
            } else {
                ("already sets the constraints of", "remove `#[schemars]`")
            };
            errors.add(span, format!("the document {what} `{}`", parameter.name), help);
        }
        let all = || documented.arguments.iter().zip(known).enumerate();
        let has_name = |(_, (wanted, _)): &(usize, (&GeneratedArgument, _))| wanted.name == parameter.name;
        let has_wire_name = |(_, (_, argument)): &(usize, (_, &Argument))| same_name(&argument.name, &parameter.name);
        let found = all().find(has_name).or_else(|| all().find(has_wire_name));
        let Some((number, (wanted, argument))) = found else {
            let help = if known.is_empty() {
                "remove it".to_owned()
            } else {
                let names = documented.arguments.iter().map(|wanted| wanted.name.as_str());
                did_you_mean("the arguments are", &parameter.name, names)
            };
            let message = format!("`{}` has no argument `{}` in the document", method.name, parameter.name);
            errors.add(span, message, help);
            continue;
        };
        if parameter.optional == argument.required {
            let (message, help) = wrong_option(argument, &parameter.name);
            errors.add(span, message, help);
        }
        if argument.many && !matches!(parameter.form, Form::Slice | Form::Vec) {
            let message = format!("the document declares `{}` as a list", parameter.name);
            errors.add(span, message, "write `&[T]`");
        }
        if arguments.iter().any(|(known, _)| *known == number) {
            errors.add(span, format!("two arguments match `{}` in the document", argument.name), "keep one of them");
        }
        arguments.push((number, generated::is_same(&wanted.ty, &written_type(method, &parameter.ident))));
    }
    let is_missing = |number: &usize| arguments.iter().all(|(known, _)| known != number);
    let missing: Vec<String> = (0..known.len())
        .filter(|_| errors.count() == before)
        .filter(is_missing)
        .filter_map(|number| documented.arguments.get(number))
        .map(|wanted| declaration(wanted, name))
        .collect();
    if !missing.is_empty() {
        let message = format!("`{}` is missing arguments that the document declares", method.name);
        errors.add(name, message, format!("add {}", listed(missing.iter().map(String::as_str))));
    }
    let output = method.output.to_token_stream();
    let has_default_output = method.body.is_none() && generated::is_same(&documented.output, &output);
    (errors.count() == before).then_some(Matched { arguments, has_default_output })
}

/// Returns the declaration of an argument as a user would write it: `state: Option<&[String]>`.
fn declaration(wanted: &GeneratedArgument, span: Span) -> String {
    let ty = wanted.ty.to_string().replace(":: core :: option :: ", "").replace(":: std :: string :: ", "");
    let ty = ty.replace(":: naftiko ::", "naftiko ::").replace("& ", "&");
    let ty = ty.replace(" < ", "<").replace(" >", ">").replace(" :: ", "::");
    format!("{}: {ty}", names::ident(&wanted.name, span))
}

/// Reports attributes that a method cannot have because the document already describes its operation.
fn refuse_attributes(method: &Method, errors: &mut Errors) {
    let helpers = &method.helpers;
    let rest = helpers.rests().next().map(|rest| ("rest", rest.span));
    let tool = helpers.tools().next().map(|tool| ("tool", tool.span));
    let skip = helpers.skip.map(|span| ("skip", span));
    let output = helpers.output.as_ref().map(|output| ("output", output.span));
    let resource = helpers.resource.as_ref().map(|resource| ("resource", resource.span));
    let prompt = helpers.prompt.as_ref().map(|prompt| ("prompt", prompt.span));
    let scope = helpers.scopes.first().map(|scope| ("scope", scope.span));
    let example = helpers.example.map(|span| ("example", span));
    let complete = helpers.completes.first().map(|complete| ("complete", complete.argument.span().into()));
    let is_exposed_or_hidden = [rest, tool, skip, resource, prompt].iter().any(Option::is_some);
    let page = helpers.page.as_ref().map(|page| ("page", page.span));
    let all = [rest, tool, skip, output, resource, prompt, scope, example, complete, page];
    for (attribute, span) in all.into_iter().flatten() {
        let message = format!("`#[{attribute}]` is not allowed: `{}` is an operation of the document", method.name);
        let instead = match attribute {
            "scope" => "write `scopes` in the document".to_owned(),
            "page" => "write `page` in the document".to_owned(),
            _ => format!("remove `#[{attribute}]`"),
        };
        let to_replace = if matches!(attribute, "output" | "page") {
            "give the method a verb such as `#[get]`, and no body"
        } else if method.body.is_some() {
            "add `#[rest]` or `#[tool]`"
        } else if is_exposed_or_hidden {
            "give the method a verb such as `#[get]`, or a body"
        } else {
            "give the method a verb such as `#[get]`, or a body and `#[tool]`"
        };
        errors.add(span, message, format!("{instead}; or, to replace the operation, {to_replace}"));
    }
}

/// Returns the message and the help about an argument that is an `Option` but is required, or the other way round.
fn wrong_option(argument: &Argument, name: &str) -> (String, String) {
    if argument.required {
        (format!("the document requires `{name}`"), "write its type without `Option`".to_owned())
    } else {
        (format!("the document declares `{name}` as optional"), "write `Option<…>`".to_owned())
    }
}

/// Returns the type of an argument, as written in the source.
fn written_type(method: &Method, ident: &Ident) -> TokenStream {
    let ty = method.signature.inputs.iter().find_map(|input| match input {
        syn::FnArg::Typed(argument) if *ident == argument.pat.to_token_stream().to_string() => {
            Some(argument.ty.to_token_stream())
        }
        _ => None,
    });
    ty.unwrap_or_default()
}
