//! Checks `#[complete(…)]`: what it completes, and the methods that it names.

use super::argument_type::{ArgumentType, Form};
use super::method::Item;
use super::method::Method;
use super::parameter::Parameter;
use super::types::{first_argument_of, plain, type_name};
use crate::errors::{Errors, SourceSpan};
use crate::keys::did_you_mean;
use syn::Type;
use syn::ext::IdentExt;

/// The primitive types that are neither a text nor a list.
const NUMBERS_AND_BOOL: [&str; 15] =
    ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool"];

/// Marks the methods that complete arguments of others, and reports unknown or wrong methods, and unknown arguments.
pub(super) fn check(items: &mut [Item], errors: &mut Errors) {
    let names: Vec<String> = methods(items).map(|method| method.name.clone()).collect();
    let mut completers = Vec::new();
    for method in methods(items) {
        for complete in &method.helpers.completes {
            let arguments = method.parameters.iter().map(|parameter| parameter.name.as_str());
            let (argument, completer) = (complete.argument.unraw().to_string(), complete.method.unraw().to_string());
            if method.helpers.resource.is_none() && method.helpers.prompt.is_none() {
                let message = format!(
                    "`{}` is neither a resource nor a prompt: MCP clients complete no other arguments",
                    method.name
                );
                let help = "remove `#[complete]`, or add `#[resource(uri = \"…\")]` or `#[prompt]`";
                errors.add(complete.argument.span(), message, help);
            }
            if !arguments.clone().any(|known| known == argument) {
                let help = did_you_mean("the arguments are", &argument, arguments);
                let message = format!("`{}` has no argument `{argument}`", method.name);
                errors.add(complete.argument.span(), message, help);
            }
            if let Some(completer) = methods(items).find(|method| method.name == completer) {
                check_completer(method, &argument, completer, errors);
            } else {
                let help = did_you_mean("the methods are", &completer, names.iter().map(String::as_str));
                errors.add(complete.method.span(), format!("the trait has no method `{completer}`"), help);
            }
            completers.push(completer);
        }
    }
    for item in items {
        if let Item::Method(method) = item
            && completers.contains(&method.name)
        {
            method.helpers.completes_others = true;
            errors.append(std::mem::take(&mut method.deferred_errors));
        }
    }
}

fn methods(items: &[Item]) -> impl Iterator<Item = &Method> {
    items.iter().filter_map(|item| match item {
        Item::Method(method) => Some(&**method),
        Item::Other(_) => None,
    })
}

/// Checks the signature of a method that completes an argument.
fn check_completer(method: &Method, argument: &str, completer: &Method, errors: &mut Errors) {
    let name = &completer.name;
    match completer.parameters.split_first() {
        // An argument with a mistake, which has been reported, is not among the parameters.
        None if completer.broken => {}
        None => {
            let message = format!("`{name}` completes `{argument}`, but has no argument for the text typed so far");
            errors.add(completer.signature.ident.span(), message, "add an argument: `typed: &str`");
        }
        Some((typed, others)) => {
            if !may_be_text(typed) {
                let ty = ArgumentType { form: typed.form, optional: typed.optional, inner: &typed.inner };
                let found = ty.written();
                let message =
                    format!("the first argument of `{name}` is the text typed so far, so it cannot be `{found}`");
                errors.add(SourceSpan::of(&typed.inner), message, "write `&str`");
            }
            let known = method.parameters.iter().map(|parameter| parameter.name.as_str());
            for other in others.iter().filter(|other| !other.may_be_left_out()) {
                if !known.clone().any(|known| known == other.name) {
                    let message =
                        format!("`{}` has no argument `{}`, so clients cannot send it", method.name, other.name);
                    let help = did_you_mean("the arguments are", &other.name, known.clone());
                    errors.add(other.ident.span(), message, help);
                }
            }
        }
    }
    let success = completer.output.as_ref().and_then(|output| first_argument_of(output, "Result"));
    if let Some(found) = success.filter(|found| !may_be_list(found)) {
        let message = format!("`{name}` completes `{argument}`, but does not return a list");
        errors.add(SourceSpan::of(found), message, "return a `Result<Vec<String>>`");
    }
}

/// Returns whether an argument may be a text: whether its type is neither a list, nor a number, nor `bool`.
fn may_be_text(typed: &Parameter) -> bool {
    match typed.form {
        Form::Str => true,
        Form::Slice | Form::Vec => false,
        Form::Value | Form::Ref => {
            type_name(&typed.inner).is_none_or(|name| !NUMBERS_AND_BOOL.contains(&name.as_str()))
        }
    }
}

/// Returns whether a type may be a list: whether it is neither `()`, nor `String`, nor a number, nor `bool`.
fn may_be_list(output: &Type) -> bool {
    match plain(output) {
        Type::Tuple(tuple) => !tuple.elems.is_empty(),
        output => type_name(output).is_none_or(|name| name != "String" && !NUMBERS_AND_BOOL.contains(&name.as_str())),
    }
}
