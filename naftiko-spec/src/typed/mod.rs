//! Documents with full types: the output of `document --style schema`.
//!
//! Published documents declare few types, and use keys that the specification's formal JSON Schema forbids. A document with full types
//! declares each input and output from the schemas of the Rust types. It has no forbidden keys, not even the keys that restrict
//! callers (`scopes`, `confirm`), except the keys that determine the requests to an API (`callerHeaders`, `tls`, `style`).

mod shape;

use crate::fragment::{Argument, ConsumedFragment, Draft, Fragment, RouteFragment, ToolFragment};
use crate::model::{
    Document, ErrorAnswer, Expose, ExposeMcp, ExposeRest, Format, InputParameter, OutputParameter, ParameterIn,
    Resilience,
};
use crate::names::label;
use crate::openapi::OperationTypes;
use crate::template::{Part, Template, rest_name, same_name};
use serde_json::Value;
use shape::{input_kind, named_outputs, output, output_kind};

/// Returns the document of a draft with full types; `types[i]` belongs to `draft.fragments[i]`.
///
/// It conforms to the formal JSON Schema of `1.0.0-alpha2`, except for features that the schema lacks: HEAD, underscores in names
/// that callers use, adapters without a port, and keys that determine the requests to an API. A tool without a consumed operation
/// is written like a mock, with named outputs, because its behaviour is in Rust. Placeholders of routes are renamed to
/// the names that the arguments have on the wire.
#[must_use]
pub fn typed(draft: &Draft, types: &[OperationTypes]) -> Document {
    let mut draft = draft.clone();
    strip_head(&mut draft.head);
    let nothing = OperationTypes::default();
    for (index, fragment) in draft.fragments.iter_mut().enumerate() {
        let types = types.get(index).unwrap_or(&nothing);
        let shared = SharedParts::of(fragment, types);
        if let Some(part) = &mut fragment.consumed {
            consumed(part, types);
        }
        fragment.routes.iter_mut().for_each(|part| route(part, &shared));
        fragment.tools.iter_mut().for_each(|part| tool(part, &shared));
        fragment.resources.iter_mut().for_each(|part| part.resource.scopes.clear());
        fragment.prompts.iter_mut().for_each(|part| part.prompt.scopes.clear());
    }
    draft.assemble().0
}

/// Replaces guessed types of arguments in a draft with the types of the schemas, and adds the errors and formats that the types specify.
/// A whole body, and the body of a consumed operation, stay an `object`, as published documents declare them.
pub fn refine(draft: &mut Draft, types: &[OperationTypes]) {
    for (fragment, types) in draft.fragments.iter_mut().zip(types) {
        errors(fragment, types);
        let known: Vec<(&Argument, &'static str)> = fragment
            .arguments
            .iter()
            .zip(&types.inputs)
            .filter(|(argument, _)| {
                argument.place != ParameterIn::Body || !(argument.whole_body || fragment.consumed.is_some())
            })
            .filter_map(|(argument, schema)| Some((argument, input_kind(schema)?)))
            .collect();
        fragment.consumed.iter_mut().for_each(|part| format(part, types));
        let of_consumed = fragment.consumed.iter_mut().flat_map(|part| &mut part.operation.input_parameters);
        let of_routes = fragment.routes.iter_mut().flat_map(|part| &mut part.operation.input_parameters);
        let of_tools = fragment.tools.iter_mut().flat_map(|part| &mut part.tool.input_parameters);
        for parameter in of_consumed.chain(of_routes).chain(of_tools) {
            if let Some((_, kind)) = known.iter().find(|(argument, _)| argument.name == parameter.name) {
                parameter.kind = Some((*kind).to_owned());
            }
        }
    }
}

/// Declares the errors that the types distinguish, at the consumed operation or else at each route and tool.
fn errors(fragment: &mut Fragment, types: &OperationTypes) {
    let declare = |declared: &mut Vec<ErrorAnswer>| {
        for error in &types.errors {
            declared.retain(|other| other.status != error.status);
            let (description, schema) = (Some(error.description.clone()), error.body.clone());
            declared.push(ErrorAnswer { status: error.status, description, schema });
        }
        declared.sort_by_key(|error| error.status);
    };
    if let Some(part) = &mut fragment.consumed {
        declare(&mut part.operation.errors);
        return;
    }
    fragment.routes.iter_mut().for_each(|part| declare(&mut part.operation.errors));
    fragment.tools.iter_mut().for_each(|part| declare(&mut part.tool.errors));
}

/// The parts that routes and tools of one operation share.
struct SharedParts {
    description: String,
    /// The arguments, each with its type.
    arguments: Vec<(Argument, &'static str)>,
    /// The outputs of routes, and of tools with a call.
    output: Vec<OutputParameter>,
    /// The named outputs of tools without a call.
    mock: Vec<OutputParameter>,
}

impl SharedParts {
    fn of(fragment: &Fragment, types: &OperationTypes) -> Self {
        let schemas = types.inputs.iter().chain(std::iter::repeat(&Value::Null));
        let kind = |argument: &Argument, schema| {
            input_kind(schema).unwrap_or(if argument.place == ParameterIn::Body { "object" } else { "string" })
        };
        let schema = whole_output(types);
        Self {
            description: fragment.description.clone().unwrap_or_else(|| format!("{}.", label(&fragment.name))),
            arguments: fragment
                .arguments
                .iter()
                .zip(schemas)
                .map(|(argument, schema)| (argument.clone(), kind(argument, schema)))
                .collect(),
            output: schema.iter().map(output).collect(),
            mock: named_outputs(schema.as_ref()),
        }
    }
}

/// Returns the schema of an operation's result, if it has one.
fn whole_output(types: &OperationTypes) -> Option<Value> {
    if types.raw || types.file {
        return Some(Value::Bool(true));
    }
    // The outputs of a stream describe one item.
    types.item().or_else(|| types.output.clone())
}

/// Removes the keys of a head that the formal schema forbids, and describes a capability without a description by its label.
fn strip_head(head: &mut Document) {
    head.info.version = None;
    if head.info.description.is_empty() {
        head.info.description.clone_from(&head.info.label);
    }
    for consume in &mut head.capability.consumes {
        consume.input_parameters.iter_mut().for_each(bare);
        consume.timeout = None;
        consume.resilience = Resilience::default();
        consume.cache = None;
    }
    for expose in &mut head.capability.exposes {
        match expose {
            Expose::Rest(rest) => {
                *rest = ExposeRest {
                    namespace: std::mem::take(&mut rest.namespace),
                    port: rest.port,
                    address: rest.address.take(),
                    authentication: rest.authentication.take(),
                    resources: std::mem::take(&mut rest.resources),
                    ..ExposeRest::default()
                };
            }
            Expose::Mcp(mcp) => {
                mcp.resources.iter_mut().for_each(|resource| resource.scopes.clear());
                mcp.prompts.iter_mut().for_each(|prompt| prompt.scopes.clear());
                *mcp = ExposeMcp {
                    namespace: std::mem::take(&mut mcp.namespace),
                    port: mcp.port,
                    address: mcp.address.take(),
                    transport: mcp.transport.take(),
                    description: mcp.description.take(),
                    authentication: mcp.authentication.take(),
                    tools: std::mem::take(&mut mcp.tools),
                    resources: std::mem::take(&mut mcp.resources),
                    prompts: std::mem::take(&mut mcp.prompts),
                    ..ExposeMcp::default()
                };
            }
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
}

/// Removes all keys of a consumed parameter except its name, location, value and serialization.
fn bare(parameter: &mut InputParameter) {
    *parameter = InputParameter {
        name: std::mem::take(&mut parameter.name),
        place: parameter.place,
        value: parameter.value.take(),
        style: parameter.style,
        format: parameter.format.take(),
        limit: parameter.limit,
        content_type: parameter.content_type.take(),
        ..InputParameter::default()
    };
}

/// Sets the format of an answer that is a file or a stream, which only the Rust types specify.
fn format(part: &mut ConsumedFragment, types: &OperationTypes) {
    let format = match types {
        _ if types.file => Format::Binary,
        _ if types.stream => Format::Stream,
        _ => return,
    };
    part.operation.output_raw_format = Some(format.word().to_owned());
}

/// Removes the keys of a consumed operation that the formal schema forbids, and sets the types of its outputs.
fn consumed(part: &mut ConsumedFragment, types: &OperationTypes) {
    format(part, types);
    part.resource = identifier(&part.resource);
    let operation = &mut part.operation;
    operation.input_parameters.iter_mut().for_each(bare);
    operation.none_on.clear();
    operation.response_headers.clear();
    operation.errors.clear();
    operation.examples.clear();
    operation.timeout = None;
    operation.resilience = Resilience::default();
    operation.page = None;
    operation.cache = None;
    match whole_output(types) {
        Some(schema) => {
            for parameter in &mut operation.output_parameters {
                output_kind(&schema).clone_into(&mut parameter.kind);
            }
        }
        None => operation.output_parameters.clear(),
    }
}

/// Removes the keys of a route that the formal schema forbids, and declares its inputs and outputs with types.
fn route(part: &mut RouteFragment, shared: &SharedParts) {
    part.path = with_names_of(&part.path, &shared.arguments);
    part.resource = identifier(&part.resource);
    let operation = &mut part.operation;
    operation.errors.clear();
    operation.examples.clear();
    operation.scopes.clear();
    operation.description.get_or_insert_with(|| shared.description.clone());
    let with = &operation.with;
    let parameter = |(argument, kind): &(Argument, &str)| {
        let mut parameter = InputParameter { place: Some(argument.place), ..parameter(argument, kind) };
        // The whole body of a called operation is named `body`, even if the argument has another name.
        if argument.whole_body && !with.contains_key(&argument.name) && with.contains_key("body") {
            "body".clone_into(&mut parameter.name);
        }
        parameter
    };
    operation.input_parameters = shared.arguments.iter().map(parameter).collect();
    operation.output_parameters.clone_from(&shared.output);
}

/// Removes the keys of a tool that the formal schema forbids, and declares its inputs and outputs with types.
fn tool(part: &mut ToolFragment, shared: &SharedParts) {
    let tool = &mut part.tool;
    tool.errors.clear();
    tool.examples.clear();
    tool.scopes.clear();
    tool.confirm = None;
    tool.max_output = None;
    tool.task = None;
    tool.input_schema = None;
    tool.description.get_or_insert_with(|| shared.description.clone());
    let parameter = |(argument, kind): &(Argument, &str)| InputParameter {
        required: Some(argument.required),
        ..parameter(argument, kind)
    };
    tool.input_parameters = shared.arguments.iter().map(parameter).collect();
    for argument in &part.arguments {
        let Some(parameter) = tool.input_parameters.get_mut(argument.argument) else { continue };
        parameter.name = argument.name.clone().unwrap_or_else(|| std::mem::take(&mut parameter.name));
        parameter.description = argument.description.clone().or(parameter.description.take());
    }
    tool.output_parameters.clone_from(if tool.call.is_some() { &shared.output } else { &shared.mock });
}

/// Returns an argument as an input parameter with a type and a description.
fn parameter(argument: &Argument, kind: &str) -> InputParameter {
    InputParameter {
        name: argument.name.clone(),
        kind: Some(kind.to_owned()),
        description: Some(argument.description.clone().unwrap_or_else(|| format!("{}.", label(&argument.name)))),
        ..InputParameter::default()
    }
}

/// Returns a route with its placeholders renamed to the arguments' names.
fn with_names_of(path: &str, arguments: &[(Argument, &str)]) -> String {
    let renamed = |name: &str| {
        let argument = arguments
            .iter()
            .find(|(argument, _)| argument.place == ParameterIn::Path && same_name(&argument.name, name));
        let plus = if rest_name(name).is_some() { "+" } else { "" };
        argument.map_or_else(|| format!("{{{name}}}"), |(argument, _)| format!("{{{plus}{}}}", argument.name))
    };
    let path_template = Template::path(path).ok();
    let rewritten = path_template.as_ref().and_then(|template| {
        template.render(|part| match part {
            Part::Placeholder { name } => Some(renamed(name).into()),
            Part::Literal(_) | Part::Variable { .. } => None,
        })
    });
    rewritten.unwrap_or_else(|| path.to_owned())
}

/// Returns a valid name for a resource: letters, digits and `-`. Nothing refers to a resource by its name.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
