//! A method as routes and tools.

use super::places::{self, Route};
use crate::keys::Text;
use crate::syntax::helpers::Hints as SaidHints;
use crate::syntax::{Method, Settings};
use indexmap::IndexMap;
use naftiko_spec::fragment::{Argument, Fragment, RouteFragment, ToolFragment};
use naftiko_spec::model::{
    Document, Expose, ExposedOperation, Hints, InputParameter, Method as Http, OutputParameter, Place, Tool,
};
use naftiko_spec::names;
use serde_json::Value;

/// What is exposed, whichever adapter it is on.
struct Exposed<'a> {
    method: &'a Method,
    route: &'a Route<'a>,
    fragment: &'a Fragment,
    /// `NAMESPACE.OPERATION`; none for an orchestration.
    call: Option<String>,
}

/// Adds the routes and the tools of a method to its fragment, which has all else.
pub(super) fn expose(
    settings: &Settings,
    head: &Document,
    method: &Method,
    route: &Route<'_>,
    fragment: &mut Fragment,
) {
    let helpers = &method.helpers;
    let no_route = route.path.is_none() || helpers.rest.as_ref().is_some_and(|rest| rest.skip.is_some());
    let no_tool = helpers.tool.as_ref().is_some_and(|tool| tool.skip.is_some());
    let namespace = route.consume.and_then(|at| head.capability.consumes.get(at)).map(|api| api.namespace.as_str());
    let call = namespace.map(|namespace| format!("{namespace}.{}", fragment.name));
    let exposed = Exposed { method, route, fragment, call };
    let (mut routes, mut tools) = (Vec::new(), Vec::new());
    if helpers.skip.is_none() {
        for (at, expose) in head.capability.exposes.iter().enumerate() {
            match expose {
                Expose::Rest(_) if !no_route => {
                    let prefix = settings.exposes.get(at).and_then(|expose| expose.prefix.as_ref());
                    routes.push(exposed.route(at, prefix.map_or("", |prefix| &prefix.value)));
                }
                Expose::Mcp(_) if !no_tool => tools.push(exposed.tool(at)),
                _ => {}
            }
        }
    }
    fragment.routes = routes;
    fragment.tools = tools;
}

impl Exposed<'_> {
    fn route(&self, expose: usize, prefix: &str) -> RouteFragment {
        let rest = self.method.helpers.rest.as_ref();
        let consumed = self.route.path.unwrap_or_default();
        let said = rest.and_then(|rest| rest.path.as_ref()).map(|path| path.value.as_str());
        let path = match said {
            None if self.call.is_some() => names::route(prefix, consumed),
            said => written(prefix, said.unwrap_or(consumed)),
        };
        let resource = names::resource(said.unwrap_or(consumed));
        RouteFragment {
            expose,
            path,
            resource: names::exposed_resource(&resource),
            description: format!("REST surface for {resource}."),
            operation: ExposedOperation {
                method: self.route.method,
                name: Some(said_or(rest.and_then(|rest| rest.name.as_ref()), || self.fragment.name.clone())),
                description: self.description(rest.and_then(|rest| rest.description.as_ref())),
                call: self.call.clone(),
                with: self.with("rest"),
                input_parameters: self.inputs(true),
                output_parameters: vec![whole_answer()],
                ..ExposedOperation::default()
            },
        }
    }

    fn tool(&self, expose: usize) -> ToolFragment {
        let tool = self.method.helpers.tool.as_ref();
        let name = tool.and_then(|tool| tool.name.as_ref());
        ToolFragment {
            expose,
            tool: Tool {
                name: said_or(name, || names::kebab(&self.method.name)),
                label: tool.and_then(|tool| tool.label.as_ref()).map(|label| label.value.clone()),
                description: self.description(tool.and_then(|tool| tool.description.as_ref())),
                hints: Some(hints(self.route.method, tool.map(|tool| &tool.hints))),
                call: self.call.clone(),
                with: self.with("tools"),
                input_parameters: self.inputs(false),
                output_parameters: vec![whole_answer()],
                ..Tool::default()
            },
        }
    }

    fn description(&self, said: Option<&Text>) -> Option<String> {
        said.map(|text| text.value.clone()).or_else(|| self.fragment.description.clone())
    }

    /// Every argument of the called operation, from this adapter.
    fn with(&self, from: &str) -> IndexMap<String, Value> {
        let named = |argument: &Argument| (argument.name.clone(), Value::String(format!("{from}.{}", argument.name)));
        match self.call {
            Some(_) => self.fragment.arguments.iter().map(named).collect(),
            None => IndexMap::new(),
        }
    }

    /// The arguments of an orchestration; those of a called operation are known from there.
    fn inputs(&self, place: bool) -> Vec<InputParameter> {
        match self.call {
            Some(_) => Vec::new(),
            None => inputs(self.method, &self.fragment.arguments, place),
        }
    }
}

fn said_or(said: Option<&Text>, default: impl FnOnce() -> String) -> String {
    said.map_or_else(default, |text| text.value.clone())
}

/// A path as it is written, after the prefix.
fn written(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "/") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}{path}"),
    }
}

/// Arguments as a document has them.
pub(super) fn inputs(method: &Method, arguments: &[Argument], place: bool) -> Vec<InputParameter> {
    let parameters = method.parameters.iter().zip(arguments);
    parameters
        .map(|(parameter, argument)| InputParameter {
            name: argument.name.clone(),
            place: place.then_some(argument.place),
            kind: Some(places::kind(parameter, argument.place).to_owned()),
            description: argument.description.clone(),
            required: match argument {
                Argument { required: true, .. } => Some(true),
                // As published: an optional body says so, other optional arguments leave it out.
                Argument { place: Place::Body, whole_body: true, .. } => Some(false),
                _ => None,
            },
            style: argument.style.filter(|_| argument.place != Place::Body),
            format: argument.file.then(|| "binary".to_owned()),
            limit: argument.limit,
            ..InputParameter::default()
        })
        .collect()
}

fn hints(method: Http, said: Option<&SaidHints>) -> Hints {
    let said = said.map_or_else(Hints::default, |said| Hints {
        read_only: said.read_only,
        destructive: said.destructive,
        idempotent: said.idempotent,
        open_world: said.open_world,
    });
    said.or(method.hints())
}

/// Object, `$.`: how published documents say "the whole answer".
fn whole_answer() -> OutputParameter {
    OutputParameter { kind: "object".to_owned(), mapping: Some("$.".to_owned()), ..OutputParameter::default() }
}
