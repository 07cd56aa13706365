//! Lowers a method to routes and tools.

use super::places::{self, PathAndMethod, consumed_name};
use crate::errors::SourceSpan;
use crate::keys::TextLiteral;
use crate::syntax::adapters::attribute_for;
use crate::syntax::rest::Rest;
use crate::syntax::tool::ToolAttribute;
use crate::syntax::{CapabilitySettings, Method};
use indexmap::IndexMap;
use naftiko_spec::fragment::{Argument, Fragment, RouteFragment, ToolArgument, ToolFragment};
use naftiko_spec::model::{Document, Expose, ExposedOperation, InputParameter, OutputParameter, ParameterIn, Tool};
use naftiko_spec::names;
use serde_json::Value;
use syn::ext::IdentExt;

/// The parts of an exposed operation that all adapters have in common.
struct Exposed<'a> {
    method: &'a Method,
    route: &'a PathAndMethod<'a>,
    fragment: &'a Fragment,
    /// `NAMESPACE.OPERATION`; `None` for an orchestration.
    call: Option<String>,
}

/// Adds the routes, tools, resources, prompts and completions of a method to its fragment, which is otherwise complete.
pub(super) fn expose(
    settings: &CapabilitySettings,
    head: &Document,
    method: &Method,
    route: &PathAndMethod<'_>,
    fragment: &mut Fragment,
) {
    let helpers = &method.helpers;
    let namespace = route.consume.and_then(|at| head.capability.consumes.get(at)).map(|api| api.namespace.as_str());
    let call = namespace.map(|namespace| format!("{namespace}.{}", fragment.name));
    super::offered::offer(head, method, fragment, call.as_deref());
    let exposed = Exposed { method, route, fragment, call };
    let (mut routes, mut tools) = (Vec::new(), Vec::new());
    if helpers.skip.is_none() && !helpers.is_only_offered() {
        for (at, expose) in head.capability.exposes.iter().enumerate() {
            match expose {
                Expose::Rest(rest) if route.path.is_some() => {
                    let prefix = settings.exposes.get(at).and_then(|expose| expose.prefix.as_ref());
                    let prefix = prefix.map_or("", |prefix| &prefix.value);
                    let declared = attribute_for(helpers.rest.as_ref(), &helpers.rest_on, &rest.namespace);
                    routes.extend(declared.map(|declared| exposed.route(at, prefix, declared)));
                }
                Expose::Mcp(mcp) => {
                    let declared = attribute_for(helpers.tool.as_ref(), &helpers.tool_on, &mcp.namespace);
                    tools.extend(declared.map(|declared| exposed.tool(at, declared)));
                }
                _ => {}
            }
        }
    }
    fragment.routes = routes;
    fragment.tools = tools;
}

/// Returns, for each tool of the fragment, the spans of the parts of its `input_schema`.
pub(super) fn input_schemas(head: &Document, method: &Method, fragment: &Fragment) -> Vec<Vec<(String, SourceSpan)>> {
    let spans = |part: &ToolFragment| {
        let expose = head.capability.exposes.get(part.expose)?;
        let declared = attribute_for(method.helpers.tool.as_ref(), &method.helpers.tool_on, expose.namespace());
        declared.flatten()?.input_schema.as_ref().map(|schema| schema.spans.clone())
    };
    fragment.tools.iter().map(|part| spans(part).unwrap_or_default()).collect()
}

impl Exposed<'_> {
    /// Returns the route on the adapter with the index `expose`. `prefix` is the prefix of the adapter, and `rest` the attribute for it.
    fn route(&self, expose: usize, prefix: &str, rest: Option<&Rest>) -> RouteFragment {
        let consumed = self.route.path.unwrap_or_default();
        let declared = rest.and_then(|rest| rest.path.as_ref()).map(|path| path.value.as_str());
        let path = match declared {
            None if self.call.is_some() => names::route(prefix, consumed),
            declared => prefixed(prefix, declared.unwrap_or(consumed)),
        };
        let resource = names::resource(declared.unwrap_or(consumed));
        RouteFragment {
            expose,
            path,
            resource: names::exposed_resource(&resource),
            description: format!("REST surface for {resource}."),
            operation: ExposedOperation {
                method: self.route.method,
                name: Some(text_or(rest.and_then(|rest| rest.name.as_ref()), || self.fragment.name.clone())),
                description: self.description(rest.and_then(|rest| rest.description.as_ref())),
                call: self.call.clone(),
                with: self.with("rest", |_| None),
                input_parameters: self.inputs(),
                output_parameters: vec![whole_answer()],
                examples: self.examples(),
                scopes: self.method.helpers.scope_names(),
                ..ExposedOperation::default()
            },
        }
    }

    /// Returns the tool on the adapter with the index `expose`. `tool` is the attribute for the adapter.
    fn tool(&self, expose: usize, tool: Option<&ToolAttribute>) -> ToolFragment {
        let arguments = tool.map_or_else(Vec::new, |tool| self.renamed(tool));
        let (name, method) = (tool.and_then(|tool| tool.name.as_ref()), self.route.method);
        ToolFragment {
            expose,
            tool: Tool {
                name: text_or(name, || names::kebab(&self.method.name)),
                label: tool.and_then(|tool| tool.label.as_ref()).map(|label| label.value.clone()),
                description: self.description(tool.and_then(|tool| tool.description.as_ref())),
                hints: Some(tool.map_or_else(|| method.hints(), |tool| tool.hints.completed(method))),
                call: self.call.clone(),
                with: self.with("tools", |at| tool_argument_name(&arguments, at)),
                input_parameters: self.tool_inputs(&arguments),
                output_parameters: vec![whole_answer()],
                examples: self.examples(),
                scopes: self.method.helpers.scope_names(),
                confirm: tool.and_then(|tool| tool.confirm),
                max_output: tool.and_then(|tool| tool.max_output).map(|(most, _)| most),
                task: tool.and_then(|tool| tool.task),
                input_schema: tool.and_then(|tool| tool.input_schema.as_ref()).map(|schema| schema.keywords.clone()),
                ..Tool::default()
            },
            arguments,
        }
    }

    /// Returns the arguments that a tool renames or describes.
    fn renamed(&self, tool: &ToolAttribute) -> Vec<ToolArgument> {
        let declared = tool.arguments.iter().filter_map(|declared| {
            let name = declared.ident.unraw().to_string();
            let argument = self.method.parameters.iter().position(|parameter| parameter.name == name)?;
            let text = |text: &Option<TextLiteral>| text.as_ref().map(|text| text.value.clone());
            Some(ToolArgument { argument, name: text(&declared.name), description: text(&declared.description) })
        });
        declared.collect()
    }

    /// Returns the inputs of a tool: all arguments of an orchestration; otherwise those that the tool renames or describes.
    fn tool_inputs(&self, declared: &[ToolArgument]) -> Vec<InputParameter> {
        let all = inputs(self.method, &self.fragment.arguments, false).into_iter().enumerate();
        let of_tool = all.filter_map(|(at, input)| match declared.iter().find(|declared| declared.argument == at) {
            Some(declared) => Some(InputParameter {
                name: declared.name.clone().unwrap_or(input.name),
                description: declared.description.clone().or(input.description),
                ..input
            }),
            None => self.call.is_none().then_some(input),
        });
        of_tool.collect()
    }

    fn description(&self, declared: Option<&TextLiteral>) -> Option<String> {
        declared.map(|text| text.value.clone()).or_else(|| self.fragment.description.clone())
    }

    /// Returns the examples of an orchestration; a called operation has its own.
    fn examples(&self) -> Vec<Value> {
        if self.call.is_some() { Vec::new() } else { self.fragment.examples.clone() }
    }

    /// Maps every argument of the called operation to an input of this adapter, `FROM.NAME`; empty for an orchestration. `renamed` returns
    /// the name of an input, by the index of its argument, if it differs from the argument's name.
    fn with<'n>(&self, from: &str, renamed: impl Fn(usize) -> Option<&'n str>) -> IndexMap<String, Value> {
        let arguments = &self.fragment.arguments;
        let named = |(at, argument): (usize, &Argument)| {
            let consumed = consumed_name(arguments, argument);
            // The body of a route is `rest.body`; a tool has arguments with names.
            let name = if from == "rest" { consumed } else { renamed(at).unwrap_or(&argument.name) };
            (consumed.to_owned(), Value::String(format!("{from}.{name}")))
        };
        match self.call {
            Some(_) => arguments.iter().enumerate().map(named).collect(),
            None => IndexMap::new(),
        }
    }

    /// Returns the arguments of an orchestration; a called operation declares its own.
    fn inputs(&self) -> Vec<InputParameter> {
        match self.call {
            Some(_) => Vec::new(),
            None => inputs(self.method, &self.fragment.arguments, true),
        }
    }
}

/// Returns the name of an argument in a tool, if the tool renames it.
fn tool_argument_name(declared: &[ToolArgument], argument: usize) -> Option<&str> {
    declared.iter().find(|declared| declared.argument == argument)?.name.as_deref()
}

fn text_or(declared: Option<&TextLiteral>, default: impl FnOnce() -> String) -> String {
    declared.map_or_else(default, |text| text.value.clone())
}

/// Returns a path with the prefix in front.
fn prefixed(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "/") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}{path}"),
    }
}

/// Returns the arguments of a request as input parameters of the consumed operation.
pub(super) fn consumed_inputs(method: &Method, arguments: &[Argument]) -> Vec<InputParameter> {
    let parameters = inputs(method, arguments, true).into_iter().zip(arguments);
    let named =
        |(parameter, argument)| InputParameter { name: consumed_name(arguments, argument).to_owned(), ..parameter };
    parameters.map(named).collect()
}

/// Returns arguments as input parameters of a document; `with_place` is whether they have an `in`.
pub(super) fn inputs(method: &Method, arguments: &[Argument], with_place: bool) -> Vec<InputParameter> {
    let parameters = method.parameters.iter().zip(arguments);
    parameters
        .map(|(parameter, argument)| InputParameter {
            name: argument.name.clone(),
            place: with_place.then_some(argument.place),
            kind: Some(places::kind(parameter, argument.place).to_owned()),
            description: argument.description.clone(),
            required: match argument {
                Argument { required: true, .. } => Some(true),
                // Published documents write `required: false` only for an optional body.
                Argument { place: ParameterIn::Body, whole_body: true, .. } => Some(false),
                _ => None,
            },
            style: argument.style.filter(|_| argument.place != ParameterIn::Body),
            format: argument.file.then(|| "binary".to_owned()),
            limit: argument.limit,
            content_type: argument.content_type.clone(),
            ..refined(parameter.refinement.as_ref())
        })
        .collect()
}

/// Returns the constraints that attributes set for an argument's values, under the keys of documents.
fn refined(refinement: Option<&Value>) -> InputParameter {
    let mut parameter = InputParameter::default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for (keyword, value) in refinement.and_then(Value::as_object).into_iter().flatten() {
        match keyword.as_str() {
            "default" => parameter.default = Some(value.clone()),
            "examples" => parameter.examples = list(value),
            "enum" => parameter.choices = list(value),
            "pattern" => parameter.pattern = value.as_str().map(str::to_owned),
            "items" => parameter.items = Some(value.clone()),
            // The parser has checked the values of keywords.
            keyword => match parameter.bound_mut(keyword) {
                Some(bound) => *bound = value.as_number().cloned(),
                None => {
                    parameter.constraints.insert(keyword.to_owned(), value.clone());
                }
            },
        }
    }
    parameter
}

/// Returns the output parameter `type: object, mapping: $.`, which published documents use for the whole answer.
fn whole_answer() -> OutputParameter {
    OutputParameter { kind: "object".to_owned(), mapping: Some("$.".to_owned()), ..OutputParameter::default() }
}
