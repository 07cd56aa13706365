//! A method as a fragment of a document.

use super::OperationSpots;
use super::places::{self, Route};
use crate::errors::{Errors, Spot};
use crate::keys::{Text, did_you_mean, listed};
use crate::syntax::helpers::{Hints as SaidHints, Verb};
use crate::syntax::{Method, Settings};
use indexmap::IndexMap;
use naftiko_spec::Fragment;
use naftiko_spec::fragment::{Argument, ConsumedFragment, RouteFragment, ToolFragment};
use naftiko_spec::model::{
    ConsumedOperation, Document, Expose, ExposedOperation, Hints, InputParameter, Method as Http, OutputParameter,
    Place, Tool,
};
use naftiko_spec::names;
use proc_macro2::Span;
use serde_json::Value;

/// A method that callers can call.
pub(crate) struct Operation<'a> {
    pub(crate) method: &'a Method,
    /// Whether it is an operation of a consumed API.
    pub(crate) consumed: bool,
}

/// Lowers a method; none if it is no operation.
pub(super) fn lower<'a>(
    settings: &Settings,
    head: &Document,
    method: &'a Method,
    errors: &mut Errors,
) -> Option<(Operation<'a>, Fragment, OperationSpots)> {
    if method.broken {
        return None;
    }
    let helpers = &method.helpers;
    let name: Spot = method.signature.ident.span().into();
    let described = |said: Option<&Text>| said.or(method.description.as_ref()).map(|text| text.value.clone());
    let is_consistent = is_consistent(head, method, errors);
    let skipped = helpers.skip.is_some();
    if (skipped && helpers.verb.is_none()) || !is_consistent {
        return None;
    }
    let route = match &helpers.verb {
        Some(verb) => Route {
            path: verb.path.as_ref().map(|path| path.value.as_str()),
            method: verb.method,
            consume: Some(upstream(head, verb, errors)?),
        },
        None => match helpers.rest.as_ref().and_then(|rest| rest.route.as_ref()) {
            Some((method, _, path)) => Route { path: Some(&path.value), method: *method, consume: None },
            None => Route { path: None, method: Http::Post, consume: None },
        },
    };
    let arguments = places::arguments(settings, head, method, &route);
    let verb = helpers.verb.as_ref();
    let mut fragment = Fragment {
        name: verb
            .and_then(|verb| verb.name.as_ref())
            .map_or_else(|| names::kebab(&method.name), |name| name.value.clone()),
        description: described(verb.and_then(|verb| verb.description.as_ref())),
        status: verb.and_then(|verb| verb.status).or(helpers
            .rest
            .as_ref()
            .and_then(|rest| rest.status)
            .map(|(status, _)| status)),
        errors: verb.map(|verb| verb.errors.clone()).unwrap_or_default(),
        output: helpers.output.as_ref().map(|output| output.value.clone()),
        timeout_ms: verb.and_then(|verb| verb.timeout_ms.or_else(|| settings.consumes.get(route.consume?)?.timeout_ms)),
        cfg: method.cfg.text.clone(),
        ..Fragment::default()
    };
    let inputs = |place: bool| -> Vec<InputParameter> {
        let parameters = method.parameters.iter().zip(&arguments);
        parameters
            .map(|(parameter, argument)| input(argument, places::kind(parameter, argument.whole_body), place))
            .collect()
    };
    let mut call = None;
    let mut resource = route.path.map(names::resource).unwrap_or_default();
    if let (Some(verb), Some(consume)) = (verb, route.consume) {
        let path = route.path.unwrap_or_default().to_owned();
        let namespace = head.capability.consumes.get(consume).map_or("", |api| api.namespace.as_str());
        call = Some(format!("{namespace}.{}", fragment.name));
        fragment.consumed = Some(ConsumedFragment {
            consume,
            resource: resource.clone(),
            path,
            operation: ConsumedOperation {
                name: fragment.name.clone(),
                method: verb.method,
                description: fragment.description.clone(),
                output_raw_format: Some("json".to_owned()),
                output_parameters: vec![published_result(fragment.output.as_deref())],
                input_parameters: inputs(true),
            },
        });
    }
    let with = |from: &str| -> IndexMap<String, Value> {
        let named = |argument: &Argument| (argument.name.clone(), Value::String(format!("{from}.{}", argument.name)));
        if call.is_some() { arguments.iter().map(named).collect() } else { IndexMap::new() }
    };
    let rest = helpers.rest.as_ref();
    let tool = helpers.tool.as_ref();
    let no_route = skipped || route.path.is_none() || rest.is_some_and(|rest| rest.skip.is_some());
    let no_tool = skipped || tool.is_some_and(|tool| tool.skip.is_some());
    let said_path = rest.and_then(|rest| rest.path.as_ref());
    let tool_name = tool.and_then(|tool| tool.name.as_ref());
    for (at, expose) in head.capability.exposes.iter().enumerate() {
        match expose {
            Expose::Rest(_) if !no_route => {
                let prefix = settings.exposes.get(at).and_then(|expose| expose.prefix.as_ref());
                let prefix = prefix.map_or("", |prefix| prefix.value.as_str());
                let path = match (said_path, route.path.unwrap_or_default()) {
                    (Some(path), _) => written(prefix, &path.value),
                    (None, path) if call.is_some() => names::route(prefix, path),
                    (None, path) => written(prefix, path),
                };
                if let Some(path) = said_path {
                    resource = names::resource(&path.value);
                }
                fragment.routes.push(RouteFragment {
                    expose: at,
                    path,
                    resource: names::exposed_resource(&resource),
                    description: format!("REST surface for {resource}."),
                    operation: ExposedOperation {
                        method: route.method,
                        name: Some(
                            rest.and_then(|rest| rest.name.as_ref())
                                .map_or_else(|| fragment.name.clone(), |name| name.value.clone()),
                        ),
                        description: rest
                            .and_then(|rest| rest.description.as_ref())
                            .map(|text| text.value.clone())
                            .or_else(|| fragment.description.clone()),
                        call: call.clone(),
                        with: with("rest"),
                        input_parameters: if call.is_some() { Vec::new() } else { inputs(true) },
                        output_parameters: vec![exposed_result()],
                    },
                });
            }
            Expose::Mcp(_) if !no_tool => fragment.tools.push(ToolFragment {
                expose: at,
                tool: Tool {
                    name: tool_name.map_or_else(|| names::kebab(&method.name), |name| name.value.clone()),
                    label: tool.and_then(|tool| tool.label.as_ref()).map(|label| label.value.clone()),
                    description: tool
                        .and_then(|tool| tool.description.as_ref())
                        .map(|text| text.value.clone())
                        .or_else(|| fragment.description.clone()),
                    hints: Some(hints(route.method, tool.map(|tool| &tool.hints))),
                    call: call.clone(),
                    with: with("tools"),
                    input_parameters: if call.is_some() { Vec::new() } else { inputs(false) },
                    output_parameters: vec![exposed_result()],
                },
            }),
            _ => {}
        }
    }
    fragment.arguments = arguments;
    let at = |text: Option<&Text>| text.map(|text| text.spot);
    let spots = OperationSpots {
        operation: name,
        path: at(verb.and_then(|verb| verb.path.as_ref())),
        name: at(verb.and_then(|verb| verb.name.as_ref())),
        route_path: at(said_path.or_else(|| rest.and_then(|rest| rest.route.as_ref()).map(|(_, _, path)| path))),
        tool_name: at(tool_name),
        hints: tool.and_then(|tool| tool.hints.spot),
        arguments: method.parameters.iter().map(argument_spot).collect(),
        output: at(helpers.output.as_ref()),
        description: at(verb.and_then(|verb| verb.description.as_ref()).or(method.description.as_ref())),
    };
    Some((Operation { method, consumed: call.is_some() }, fragment, spots))
}

fn argument_spot(parameter: &crate::syntax::Parameter) -> Spot {
    match &parameter.rename {
        Some(rename) => rename.spot,
        None => parameter.ident.span().into(),
    }
}

/// A path as it is written, after the prefix.
fn written(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "/") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}{path}"),
    }
}

/// Whether verb, body and the other helpers of a method go together.
fn is_consistent(head: &Document, method: &Method, errors: &mut Errors) -> bool {
    let before = errors.count();
    let helpers = &method.helpers;
    let name: Span = method.signature.ident.span();
    let route = helpers.rest.as_ref().and_then(|rest| rest.route.as_ref());
    if let Some(skip) = helpers.skip {
        for (what, spot) in [
            ("rest", helpers.rest.as_ref().map(|rest| rest.spot)),
            ("tool", helpers.tool.as_ref().map(|tool| tool.spot)),
        ] {
            if let Some(spot) = spot {
                errors.add(spot, format!("`#[skip]` leaves nothing for `#[{what}]` to say"), "keep one of them");
            }
        }
        let _ = skip;
    }
    match (&helpers.verb, &method.body) {
        (Some(verb), Some(_)) => {
            let help = format!(
                "remove the body: the client sends the request; or, to expose the body, write `#[rest({} = …)]`",
                verb.method.as_str().to_lowercase()
            );
            errors.add(verb.spot, "a method with a verb is a request to the consumed API, and has no body", help);
        }
        (Some(verb), None) => {
            if head.capability.consumes.is_empty() {
                errors.add(
                    verb.spot,
                    "there is no API that this request goes to",
                    r#"add `consumes(namespace = "…", base_uri = "https://…")` to `#[capability]`"#,
                );
            }
            if let Some((_, key, _)) = route {
                let help = "write `#[rest(path = \"…\")]`; the method is that of the consumed operation";
                errors.add(key.span(), "the verb says the method already", help);
            }
            if let Some((_, spot)) = helpers.rest.as_ref().and_then(|rest| rest.status) {
                if verb.status.is_some() {
                    errors.add(spot, "the verb says the status already", "keep one of them");
                }
            }
        }
        (None, Some(_)) => {
            if helpers.skip.is_none() && helpers.tool.is_none() && route.is_none() {
                errors.add(
                    name,
                    format!("nothing says how callers reach `{}`", method.name),
                    "add `#[rest(get = \"/path\")]` for a route and a tool, `#[tool]` for a tool alone, or `#[skip]` for neither",
                );
            }
        }
        (None, None) if !head.capability.consumes.is_empty() => {
            let help = "add a verb, `#[get(\"/path\")]`, for a request to the consumed API, or a body that calls other methods";
            errors.add(name, format!("nothing says what `{}` does", method.name), help);
        }
        // Without a client, whoever implements the trait does it.
        (None, None) => {
            if helpers.skip.is_none() && helpers.tool.is_none() && route.is_none() {
                errors.add(
                    name,
                    format!("nothing says how callers reach `{}`", method.name),
                    "add `#[rest(get = \"/path\")]` for a route and a tool, `#[tool]` for a tool alone, or `#[skip]` for neither",
                );
            }
        }
    }
    if helpers.verb.is_none() {
        if let Some(output) = &helpers.output {
            let help = "remove it: the body returns what it wants to";
            errors.add(output.spot, "`#[output]` picks a part of a consumed API's answer; this has none", help);
        }
        if let Some(rest) = &helpers.rest {
            if rest.route.is_none() && rest.skip.is_none() {
                let help = "say the method and the path: `#[rest(get = \"/path\")]`";
                errors.add(rest.spot, "this makes no route", help);
            }
            if let (Some(_), Some(path)) = (&rest.route, &rest.path) {
                errors.add(path.spot, "the path is said twice", "keep the one behind the method");
            }
        }
    }
    errors.count() == before
}

/// Which of the `consumes` a verb calls.
fn upstream(head: &Document, verb: &Verb, errors: &mut Errors) -> Option<usize> {
    let consumes = &head.capability.consumes;
    let names = || consumes.iter().map(|consume| consume.namespace.as_str());
    match &verb.consumes {
        Some(said) => {
            let found = names().position(|name| name == said.value);
            if found.is_none() {
                let help = did_you_mean("the namespaces", &said.value, names().collect::<Vec<_>>());
                errors.add(said.spot, format!("no `consumes` has the namespace `{}`", said.value), help);
            }
            found
        }
        None if consumes.len() == 1 => Some(0),
        None => {
            let help = format!("add `consumes = \"…\"` with one of {}", listed(names()));
            errors.add(verb.spot, "there are several APIs that this request could go to", help);
            None
        }
    }
}

fn input(argument: &Argument, kind: &str, place: bool) -> InputParameter {
    InputParameter {
        name: argument.name.clone(),
        place: place.then_some(argument.place),
        kind: Some(kind.to_owned()),
        description: argument.description.clone(),
        required: match argument {
            Argument { required: true, .. } => Some(true),
            // As published: an optional body says so, other optional arguments leave it out.
            Argument { place: Place::Body, whole_body: true, .. } => Some(false),
            _ => None,
        },
        value: None,
    }
}

fn hints(method: Http, said: Option<&SaidHints>) -> Hints {
    let mut hints = method.hints();
    if let Some(said) = said {
        hints.read_only = said.read_only.unwrap_or(hints.read_only);
        hints.destructive = said.destructive.unwrap_or(hints.destructive);
        hints.idempotent = said.idempotent.unwrap_or(hints.idempotent);
        hints.open_world = said.open_world;
    }
    hints
}

/// `result`, object, `$.`: how published documents say "the whole answer" on the consumed side.
fn published_result(output: Option<&str>) -> OutputParameter {
    OutputParameter {
        name: Some("result".to_owned()),
        kind: "object".to_owned(),
        value: Some(output.unwrap_or("$.").to_owned()),
        ..OutputParameter::default()
    }
}

/// The same on the exposed side.
fn exposed_result() -> OutputParameter {
    OutputParameter { kind: "object".to_owned(), mapping: Some("$.".to_owned()), ..OutputParameter::default() }
}
