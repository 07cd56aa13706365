//! Checks the helper attributes of a method against each other, its body and the capability.

use super::places::wire_name;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{did_you_mean, listed};
use crate::syntax::helpers::Helpers;
use crate::syntax::verb::Verb;
use crate::syntax::{CapabilitySettings, Method, Parameter, Trait};
use naftiko_spec::model::{Document, Expose};
use syn::ext::IdentExt;
use syn::{GenericArgument, PathArguments, Type};

/// The ways to expose a method that is not a request to an API.
const HOW_TO_EXPOSE: &str =
    "add `#[rest(get = \"/path\")]` for a route and a tool, `#[tool]` for a tool alone, or `#[skip]` for neither";

/// Reports contradictory attributes; returns `true` if nothing is reported.
pub(super) fn check(settings: &CapabilitySettings, head: &Document, method: &Method, errors: &mut Errors) -> bool {
    let before = errors.count();
    let helpers = &method.helpers;
    refuse_beside_skip(helpers, errors);
    check_adapters(settings, head, method, errors);
    super::offered::check(head, method, errors);
    match &helpers.verb {
        Some(verb) => check_request(settings, head, method, verb, errors),
        None => check_orchestration(settings, head, method, errors),
    }
    check_page(method, errors);
    check_content(method, errors);
    errors.count() == before
}

/// Returns the `T` of `Result<T>`; `None` if an alias hides it.
fn success_type(method: &Method) -> Option<&Type> {
    let Some(Type::Path(output)) = &method.output else { return None };
    let PathArguments::AngleBracketed(arguments) = &output.path.segments.last()?.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(success) => Some(success),
        _ => None,
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Reports a result that is never sent, since its status has no content (RFC 9110, sections 15.3.5 and 15.3.6).
fn check_content(method: &Method, errors: &mut Errors) {
    let verb = method.helpers.verb.iter().filter_map(|verb| verb.status);
    let rests = method.helpers.rests().filter_map(|rest| rest.status.map(|(status, _)| status));
    let Some(status) = verb.chain(rests).find(|status| [204, 205].contains(status)) else { return };
    // An `http::Response` has a status of its own.
    let has_status = |ty: &Type| matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Response"));
    if let Some(success) = success_type(method).filter(|success| !is_unit(success) && !has_status(success)) {
        let message = format!("the method returns a value, but an answer with the status {status} has no content");
        errors.add(SourceSpan::of(success), message, "return `Result<()>`, or remove `status`");
    }
}

/// Reports a `#[page]` that finds the next page in the answer, on a method that returns nothing.
fn check_page(method: &Method, errors: &mut Errors) {
    let Some(page) = method.helpers.page.as_ref().filter(|page| page.paging.is_in_body()) else { return };
    if success_type(method).is_some_and(is_unit) {
        let help = "return the page, as `Result<Value>` or as a `Result` of your own type, or remove `#[page]`";
        errors.add(page.span, "the next page is found in the answer, but the method returns nothing", help);
    }
}

/// Refuses `#[rest]` and `#[tool]` beside `#[skip]`.
fn refuse_beside_skip(helpers: &Helpers, errors: &mut Errors) {
    let rests = helpers.rests().map(|rest| ("rest", rest.span));
    let tools = helpers.tools().map(|tool| ("tool", tool.span));
    if helpers.skip.is_some() {
        for (name, span) in rests.chain(tools) {
            errors.add(span, format!("`#[{name}]` cannot be combined with `#[skip]`"), "keep one of them");
        }
    }
}

/// Checks the names of adapters and of a tool's arguments.
fn check_adapters(settings: &CapabilitySettings, head: &Document, method: &Method, errors: &mut Errors) {
    let namespaces = |is_rest: bool| {
        let exposes = head.capability.exposes.iter();
        exposes.filter_map(move |expose| match expose {
            Expose::Rest(rest) if is_rest => Some(rest.namespace.as_str()),
            Expose::Mcp(mcp) if !is_rest => Some(mcp.namespace.as_str()),
            _ => None,
        })
    };
    let rests = method.helpers.rests().flat_map(|rest| &rest.on).map(|on| (on, true));
    for (on, is_rest) in rests.chain(method.helpers.tools().flat_map(|tool| &tool.on).map(|on| (on, false))) {
        if !namespaces(is_rest).any(|known| known == on.value) {
            let kind = if is_rest { "REST" } else { "MCP" };
            let help = did_you_mean(&format!("the {kind} adapters are"), &on.value, namespaces(is_rest));
            errors.add(on.span, format!("no {kind} adapter has the namespace `{}`", on.value), help);
        }
    }
    for tool in method.helpers.tools() {
        let name_of =
            |own: &Parameter| tool.arguments.iter().find(|argument| argument.ident.unraw() == own.name)?.name.as_ref();
        for (at, own) in method.parameters.iter().enumerate() {
            let Some(name) = name_of(own) else { continue };
            let mut others = method.parameters.iter().enumerate().filter(|(other, _)| *other != at);
            let name_in_tool = |other: &Parameter| {
                name_of(other).map_or_else(|| wire_name(settings, other), |name| name.value.clone())
            };
            if others.any(|(_, other)| name_in_tool(other) == name.value) {
                errors.add(
                    name.span,
                    format!("another argument of this tool is called `{}`", name.value),
                    "give one of them another name",
                );
            }
        }
    }
    for argument in method.helpers.tools().flat_map(|tool| &tool.arguments) {
        let names = method.parameters.iter().map(|parameter| parameter.name.as_str());
        let name = argument.ident.unraw().to_string();
        if !names.clone().any(|known| known == name) {
            let help = did_you_mean("the arguments are", &name, names);
            errors.add(argument.ident.span(), format!("`{}` has no argument `{name}`", method.name), help);
        }
    }
}

/// Checks a method with a verb.
fn check_request(settings: &CapabilitySettings, head: &Document, method: &Method, verb: &Verb, errors: &mut Errors) {
    let rest = method.helpers.rest.as_ref();
    super::content_type::check(settings, method, verb, errors);
    if method.body.is_some() {
        let word = verb.method.as_str().to_lowercase();
        let help = format!(
            "remove the body; or, to serve the method as a route, replace the verb with `#[rest({word} = \"/path\")]`"
        );
        errors.add(verb.span, "a method with a verb cannot have a body: the client sends the request", help);
    } else if head.capability.consumes.is_empty() && !settings.broken.contains(&"consumes") {
        let help = "add `consumes(namespace = \"…\", base_uri = \"https://…\")` to `#[capability]`";
        errors.add(verb.span, "no API is declared for this request", help);
    }
    if let Some((_, key, path)) = rest.and_then(|rest| rest.route.as_ref()) {
        let help = format!("for another path of the route, write `#[rest(path = \"{}\")]`", path.value);
        errors.add(key.span(), "the verb already sets the method of the route", help);
    }
    if let Some(rest) = rest.filter(|rest| rest.response_headers.is_some()) {
        let help = format!("move it to `#[{}]`", verb.method.as_str().to_lowercase());
        errors.add(rest.span, "`response_headers` must be in the verb", help);
    }
    if let (Some(_), Some((_, span))) = (verb.status, rest.and_then(|rest| rest.status)) {
        errors.add(span, "the verb already sets the status", "keep one of them");
    }
}

/// Reports the capabilities in `uses` that have the name of a method, so that `self.name()` would not reach them.
pub(super) fn check_uses(settings: &CapabilitySettings, item: &Trait, errors: &mut Errors) {
    for used in &settings.uses {
        let name = used.name();
        let mut methods = item.methods();
        let has_stream = |method: &Method| method.helpers.page.is_some() && method.pages_name() == name;
        if methods.any(|method| method.name == name || has_stream(method)) {
            let message = format!("`{name}` is also the name of a method");
            let help = format!("rename one of the two: `self.{name}()` is the capability");
            errors.add(used.ident.span(), message, help);
        }
    }
}

/// Checks a method without a verb.
fn check_orchestration(settings: &CapabilitySettings, head: &Document, method: &Method, errors: &mut Errors) {
    let helpers = &method.helpers;
    let name = method.signature.ident.span();
    let rest = helpers.rest.as_ref();
    let route = rest.and_then(|rest| rest.route.as_ref());
    let has_template = helpers.prompt.as_ref().is_some_and(|prompt| prompt.template.is_some());
    let calls_apis = !head.capability.consumes.is_empty();
    // In a trait without `consumes` and `uses`, the user implements the methods without a body.
    if method.body.is_none() && !has_template && (calls_apis || settings.composed) {
        let help = if calls_apis {
            "add a verb, `#[get(\"/path\")]`, for a request to the API; or a body that calls other methods"
        } else {
            "add a body that calls the capabilities in `uses`"
        };
        errors.add(name, format!("`{}` has neither a verb nor a body", method.name), help);
    } else if !is_exposed_or_hidden(helpers) {
        errors.add(
            name,
            format!("expected `#[rest]`, `#[tool]`, `#[resource]`, `#[prompt]` or `#[skip]` on `{}`", method.name),
            HOW_TO_EXPOSE,
        );
    }
    if let Some(output) = &helpers.output {
        let help = "remove it, and return the part from the body";
        errors.add(output.span, "`#[output]` requires a verb: it selects a part of an API's answer", help);
    }
    if let Some(page) = &helpers.page {
        let help = "move it to a method with a verb, such as `#[get(\"/path\")]`, and call that method here";
        errors.add(page.span, "`#[page]` requires a verb: the pages are answers of an API", help);
    }
    if let Some(rest) = rest.filter(|rest| rest.route.is_none() && rest.skip.is_none()) {
        errors.add(rest.span, "expected a method and a path in `#[rest]`", "write `#[rest(get = \"/path\")]`");
    }
    if let (Some(_), Some(path)) = (route, rest.and_then(|rest| rest.path.as_ref())) {
        errors.add(path.span, "the path is given twice", "keep the one after the method");
    }
}

/// Returns whether an attribute exposes or hides a method without a verb.
fn is_exposed_or_hidden(helpers: &Helpers) -> bool {
    // A `#[rest]` without a route is reported separately.
    let by_rest = helpers.rest.as_ref().is_some_and(|rest| rest.skip.is_none());
    let by_tool = helpers.tools().any(|tool| tool.skip.is_none());
    by_rest || by_tool || helpers.skip.is_some() || helpers.is_offered()
}

/// Returns the index of the API that a verb calls; `None` if the trait does not consume that API, or if the verb has to name one of
/// several APIs.
pub(super) fn upstream(head: &Document, verb: &Verb, errors: &mut Errors) -> Option<usize> {
    let consumes = &head.capability.consumes;
    let names: Vec<&str> = consumes.iter().map(|consume| consume.namespace.as_str()).collect();
    match &verb.consumes {
        Some(namespace) => {
            let found = names.iter().position(|name| *name == namespace.value);
            if found.is_none() {
                let help = did_you_mean("the namespaces are", &namespace.value, names);
                errors.add(namespace.span, format!("no `consumes` has the namespace `{}`", namespace.value), help);
            }
            found
        }
        None if consumes.len() == 1 => Some(0),
        // This has already been reported.
        None if consumes.is_empty() => None,
        // The duplicate namespace is reported by a rule.
        None if names.iter().all(|name| *name == names[0]) => None,
        None => {
            let help = format!("add `consumes = \"…\"` with one of {}", listed(names));
            errors.add(verb.span, "missing `consumes`: the capability has several APIs", help);
            None
        }
    }
}
