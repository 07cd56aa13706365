//! Lowers routes, tools and MCP resources: each becomes an operation.

use super::index::{Evidence, FunctionTarget, Index, too_many};
use super::plan::{ForwardRoute, Lowered, LoweredOperation, Shaping, Work};
use super::scan::{self, shape, without_query};
use super::scope::{Interface, Scope};
use super::steps::{self, Places};
use super::{call, outcome, output, output_schema};
use crate::diagnostic::table::calls::NOT_RUNNABLE;
use crate::diagnostic::{Diagnostic, Fix, RepairKind};
use crate::fragment::{Fragment, ResourceFragment, RouteFragment, ToolFragment};
use crate::model::{
    CallerHeader, Document, Expose, ExposeMcp, ExposeRest, ExposedOperation, ExposedResource, Hints, InputParameter,
    Mapping, McpResource, Method, OutputParameter, Step, Tool,
};
use crate::printable;
use crate::template::{folded, rest_name};
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::HashSet;

/// The state of lowering a document.
pub(super) struct Lowering<'d> {
    pub(super) document: &'d Document,
    pub(super) index: Index<'d>,
    pub(super) lowered: Lowered,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// The keys of a route, a tool, an MCP resource or a function that declare its work.
#[derive(Clone, Copy)]
struct Declaration<'d> {
    call: Option<&'d str>,
    with: &'d IndexMap<String, Value>,
    steps: &'d [Step],
    mappings: &'d [Mapping],
    outputs: &'d [OutputParameter],
}

impl<'d> Lowering<'d> {
    /// Reports what keeps an operation from running.
    fn report(&mut self, at: String, message: String, fix: impl Into<Fix>) {
        self.diagnostics.push(Diagnostic::new(&NOT_RUNNABLE, at, message).fix(fix));
    }

    /// Reports a route or a tool that is not served because an earlier one has the same path or name.
    fn report_hidden(&mut self, at: String, message: String, what: &str) {
        let fix = format!("give one of the two another {what}");
        self.diagnostics.push(Diagnostic::new(RepairKind::DuplicateRoute.rule(), at, message).fix(fix));
    }

    /// Lowers every route, tool and MCP resource of the document.
    pub(super) fn run(&mut self) {
        let exposes: &'d [Expose] = &self.document.capability.exposes;
        for (at, expose) in exposes.iter().enumerate() {
            match expose {
                Expose::Rest(rest) => self.rest(at, rest),
                Expose::Mcp(mcp) => self.mcp(at, mcp),
                Expose::Skill(_) | Expose::Control(_) => {}
            }
        }
    }

    fn rest(&mut self, expose: usize, rest: &'d ExposeRest) {
        let mut routes: HashSet<(Method, String)> = HashSet::new();
        for (number, resource) in rest.resources.iter().enumerate() {
            let at = format!("/capability/exposes/{expose}/resources/{number}");
            self.forward(expose, resource, &at);
            for (number, operation) in resource.operations.iter().enumerate() {
                let at = format!("{at}/operations/{number}");
                if !routes.insert((operation.method, shape(without_query(&resource.path)))) {
                    let route = format!("{} {}", operation.method.as_str(), resource.path);
                    self.report_hidden(at, format!("the route {route} already exists: this one is not served"), "path");
                    continue;
                }
                self.route(expose, rest, resource, operation, at);
            }
        }
    }

    /// Lowers the `forward` of a resource, and reports a target that is not a consumed API.
    fn forward(&mut self, expose: usize, resource: &'d ExposedResource, at: &str) {
        let Some(forward) = &resource.forward else { return };
        let consumes = self.document.all_consumes();
        let Some(consume) = consumes.iter().position(|consume| consume.namespace == forward.target_namespace) else {
            let near = {
                let namespaces = consumes.iter().map(|consume| consume.namespace.as_str());
                self.index.suggestions.nearest(&forward.target_namespace, namespaces)
            };
            let fix = near.map_or("name a namespace of `consumes`".into(), |near| Fix::Meant(near.to_owned()));
            let message = format!("no consumed API has the namespace `{}`", forward.target_namespace);
            self.report(format!("{at}/forward/targetNamespace"), message, fix);
            return;
        };
        // In other frameworks, `:path*` and `*rest` mean the rest of the path. The prefix ends before them, because everything below
        // it is forwarded.
        let literal = resource.path.split('{').next().unwrap_or_default().split('/');
        let literal = literal.take_while(|segment| !segment.starts_with([':', '*'])).collect::<Vec<_>>().join("/");
        let prefix = literal.trim_end_matches(['/', '*']).to_owned();
        self.lowered.forwards.push(ForwardRoute {
            expose,
            prefix,
            consume,
            trusted_headers: forward.trusted_headers.clone(),
            at: format!("{at}/forward"),
        });
    }

    fn route(
        &mut self,
        expose: usize,
        rest: &'d ExposeRest,
        resource: &'d ExposedResource,
        operation: &'d ExposedOperation,
        at: String,
    ) {
        let placeholders = placeholders(without_query(&resource.path));
        let interface = Interface::Rest { method: operation.method, placeholders };
        let function = self.function(operation.reference.as_deref(), &at);
        let evidence = Evidence {
            route: Some((operation.method, &resource.path, resource.name.as_deref())),
            descriptions: descriptions(operation.description.as_deref(), function),
        };
        let own = Declaration {
            call: operation.call.as_deref(),
            with: &operation.with,
            steps: &operation.steps,
            mappings: &operation.mappings,
            outputs: &operation.output_parameters,
        };
        let inputs = operation.input_parameters.iter().chain(&resource.input_parameters).collect();
        let target = operation.reference.as_deref().or(operation.call.as_deref());
        let fragment = Fragment {
            name: operation
                .name
                .clone()
                .or_else(|| target.map(|target| last_segment(target).to_owned()))
                .unwrap_or_else(|| crate::names::resource(&format!("{}-{}", operation.method.as_str(), resource.path))),
            description: operation
                .description
                .clone()
                .or_else(|| function.and_then(|referred| referred.function.description.clone()))
                .or_else(|| self.described(operation.call.as_deref(), &evidence)),
            routes: vec![RouteFragment {
                expose,
                path: without_query(&resource.path).to_owned(),
                resource: resource.name.clone().unwrap_or_else(|| crate::names::resource(&resource.path)),
                description: resource.description.clone().unwrap_or_default(),
                operation: operation.clone(),
            }],
            errors: operation.errors.clone(),
            examples: operation.examples.clone(),
            ..Fragment::default()
        };
        self.operation(fragment, interface, &rest.namespace, own, function, inputs, &evidence, at);
    }

    fn mcp(&mut self, expose: usize, mcp: &'d ExposeMcp) {
        let mut names = HashSet::new();
        for (number, tool) in mcp.tools.iter().enumerate() {
            let at = format!("/capability/exposes/{expose}/tools/{number}");
            let name = tool_name(tool);
            if !names.insert(name) {
                self.report_hidden(at, format!("the tool `{name}` already exists: this one is not served"), "name");
                continue;
            }
            self.tool(expose, mcp, tool, at);
        }
        for (number, resource) in mcp.resources.iter().enumerate().filter(|(_, resource)| resource.location.is_none()) {
            self.resource(expose, mcp, resource, format!("/capability/exposes/{expose}/resources/{number}"));
        }
    }

    fn resource(&mut self, expose: usize, mcp: &'d ExposeMcp, resource: &'d McpResource, at: String) {
        let own = Declaration {
            call: resource.call.as_deref(),
            with: &resource.with,
            steps: &resource.steps,
            mappings: &resource.mappings,
            outputs: &resource.output_parameters,
        };
        if own.call.is_none() && own.steps.is_empty() && !own.outputs.iter().any(is_constant) {
            let help = "add one of them: `call: NAMESPACE.OPERATION`, `steps`, `location`, or output parameters with a `value`";
            let name = printable(&resource.name);
            let message = format!("the resource `{name}` has no `call`, `steps`, `location` or constant output");
            self.report(at, message, help);
            return;
        }
        let evidence = Evidence { route: None, descriptions: descriptions(resource.description.as_deref(), None) };
        let fragment = Fragment {
            name: resource.name.clone(),
            description: resource.description.clone().or_else(|| self.described(own.call, &evidence)),
            resources: vec![ResourceFragment { expose, resource: resource.clone() }],
            ..Fragment::default()
        };
        self.operation(fragment, Interface::Tool, &mcp.namespace, own, None, Vec::new(), &evidence, at);
    }

    fn tool(&mut self, expose: usize, mcp: &'d ExposeMcp, tool: &'d Tool, at: String) {
        let function = self.function(tool.reference.as_deref(), &at);
        let own = Declaration {
            call: tool.call.as_deref(),
            with: &tool.with,
            steps: &tool.steps,
            mappings: &tool.mappings,
            outputs: &tool.output_parameters,
        };
        let call = tool.call.as_deref().or_else(|| function.and_then(|referred| referred.function.call.as_deref()));
        let evidence = Evidence { route: None, descriptions: descriptions(tool.description.as_deref(), function) };
        let mut shown = tool.clone();
        tool_name(tool).clone_into(&mut shown.name);
        let semantics = function.and_then(|referred| referred.function.semantics);
        let of_function = semantics.map_or_else(Hints::default, |semantics| Hints {
            read_only: semantics.safe,
            destructive: semantics.safe.filter(|safe| *safe).map(|_| false),
            idempotent: semantics.idempotent,
            open_world: None,
        });
        shown.hints = Some(tool.hints.unwrap_or_default().or(of_function));
        let fragment = Fragment {
            name: shown.name.clone(),
            description: tool
                .description
                .clone()
                .or_else(|| function.and_then(|referred| referred.function.description.clone()))
                .or_else(|| self.described(call, &evidence)),
            errors: tool.errors.clone(),
            examples: tool.examples.clone(),
            tools: vec![ToolFragment { expose, tool: shown, arguments: Vec::new() }],
            ..Fragment::default()
        };
        let inputs = tool.input_parameters.iter().collect();
        self.operation(fragment, Interface::Tool, &mcp.namespace, own, function, inputs, &evidence, at);
    }

    /// Returns the description of the called operation.
    fn described(&self, call: Option<&str>, evidence: &Evidence<'_>) -> Option<String> {
        call.filter(|_| self.index.has_room_for(|| 0))
            .and_then(|call| self.index.operation(call, evidence))
            .and_then(|target| target.operation.description.clone())
    }

    /// Returns the function of a `ref`.
    fn function(&mut self, reference: Option<&'d str>, at: &str) -> Option<FunctionTarget<'d>> {
        let reference = reference?;
        let found = self.index.function(reference).filter(|_| !self.index.is_unreadable(reference));
        if self.index.is_unreadable(reference) {
            self.report(format!("{at}/ref"), format!("`{reference}` cannot be read"), super::index::FIX_DEFINITION);
        } else if found.is_none() {
            let near = self.index.near_function(reference);
            let fix = near.map_or("write `ref: NAMESPACE.FUNCTION`".into(), |near| Fix::Meant(near.to_owned()));
            self.report(format!("{at}/ref"), format!("no aggregate has a function `{reference}`"), fix);
        }
        found
    }

    /// Lowers one operation and adds it, unless an error keeps it from running. What it does not declare is taken from its function.
    #[allow(clippy::too_many_arguments, reason = "they are the parts of one operation")]
    fn operation(
        &mut self,
        mut fragment: Fragment,
        interface: Interface,
        namespace: &'d str,
        own: Declaration<'d>,
        function: Option<FunctionTarget<'d>>,
        mut inputs: Vec<&'d InputParameter>,
        evidence: &Evidence<'_>,
        at: String,
    ) {
        let mut namespaces = vec![namespace];
        let mut declaration = own;
        let mut places = Places { with: at.clone(), steps: at.clone(), mappings: at.clone(), outputs: at.clone() };
        if let Some(referred) = function {
            let function = referred.function;
            namespaces.push(referred.namespace);
            for (place, is_empty) in [
                (&mut places.with, own.with.is_empty()),
                (&mut places.steps, own.steps.is_empty()),
                (&mut places.mappings, own.mappings.is_empty()),
                (&mut places.outputs, own.outputs.is_empty()),
            ] {
                if is_empty {
                    *place = referred.at();
                }
            }
            inputs.extend(&function.input_parameters);
            declaration = Declaration {
                call: own.call.or(function.call.as_deref()),
                with: if own.with.is_empty() { &function.with } else { own.with },
                steps: if own.steps.is_empty() { &function.steps } else { own.steps },
                mappings: if own.mappings.is_empty() { &function.mappings } else { own.mappings },
                outputs: if own.outputs.is_empty() { &function.output_parameters } else { own.outputs },
            };
        } else if fragment.routes.iter().any(|part| part.operation.reference.is_some())
            || fragment.tools.iter().any(|part| part.tool.reference.is_some())
        {
            return;
        }
        if !self.index.has_room_for(|| 1 + function.map_or(0, |referred| referred.values())) {
            let (message, help) = too_many();
            return self.report(at, message, help);
        }
        let mut scope =
            Scope::new(self.document, interface, namespaces, inputs, at.clone(), self.index.suggestions.clone());
        let work = self.work(&mut scope, declaration, &places, evidence);
        scope.settle();
        let is_broken = scope.diagnostics.iter().any(|diagnostic| !diagnostic.rule.is_repair());
        self.diagnostics.append(&mut scope.diagnostics);
        let Some(work) = work.filter(|_| !is_broken) else { return };
        fragment.arguments = scope.arguments;
        fragment.caller_headers = self.caller_headers(&work);
        let default = Hints { open_world: Some(!self.document.all_consumes().is_empty()), ..Hints::default() };
        for part in &mut fragment.tools {
            part.tool.hints = Some(part.tool.hints.unwrap_or_default().completed(work.hints()).or(default));
        }
        if let Work::Call { call } = &work {
            fragment.response_headers.clone_from(&call.response_headers);
            fragment.has_pages = call.page.is_some();
            let target = declaration.call.and_then(|call| self.index.operation(call, evidence));
            if let Some(operation) = target.map(|target| target.operation) {
                if fragment.errors.is_empty() {
                    fragment.errors.clone_from(&operation.errors);
                }
                if fragment.examples.is_empty() {
                    fragment.examples.clone_from(&operation.examples);
                }
            }
        }
        let output = match &work {
            Work::Call { call } => match call.output.as_ref().map_or_else(|| json!({}), output_schema) {
                schema if call.none_on.is_empty() || schema == json!({}) => schema,
                schema => json!({ "anyOf": [schema, { "type": "null" }] }),
            },
            Work::Constant(_) => match declaration.outputs {
                [one] if one.name.is_none() => output_schema(&Shaping::One(one.clone())),
                several => output_schema(&Shaping::Named(several.to_vec())),
            },
            Work::Steps { output, .. } => output::steps_schema(output, declaration.outputs),
        };
        self.lowered.operations.push(LoweredOperation { fragment, schemas: scope.schemas, output, work, at });
    }

    /// Returns the caller headers that an operation's calls send, without duplicates. A header is required if one of the calls requires it.
    fn caller_headers(&self, work: &Work) -> Vec<CallerHeader> {
        let apis = self.document.all_consumes();
        let mut all: IndexMap<String, CallerHeader> = IndexMap::new();
        for call in work.calls() {
            let of_api = apis.get(call.consume).map(|api| api.sent_caller_headers()).unwrap_or_default();
            for header in of_api.iter().chain(&call.caller_headers) {
                let known = all.entry(header.name.to_ascii_lowercase()).or_insert_with(|| header.clone());
                known.required |= header.required;
            }
        }
        all.into_values().collect()
    }

    /// Lowers the work that an operation declares: steps, a call or a constant.
    fn work(
        &self,
        scope: &mut Scope<'d>,
        declaration: Declaration<'d>,
        places: &Places,
        evidence: &Evidence<'_>,
    ) -> Option<Work> {
        let Declaration { call, with, steps, mappings, outputs } = declaration;
        if !steps.is_empty() {
            return Some(steps::lower(scope, &self.index, steps, mappings, outputs, places));
        }
        if let Some(call) = call {
            let target = self.index.resolve(scope, call, with.len(), evidence)?;
            let mut call = call::lower(scope, target, (with, &format!("{}/with", places.with)), &[]);
            call.output = outcome::shaping(outputs, &call.outputs);
            return Some(Work::Call { call: Box::new(call) });
        }
        if outputs.iter().any(is_constant) {
            let at = format!("{}/outputParameters", places.outputs);
            return Some(Work::Constant(scope.at(at, |scope| outcome::constant(scope, outputs))));
        }
        scope.report(
            "this operation has no `call`, `ref`, `steps` or constant output",
            "add one of them: `call: NAMESPACE.OPERATION`, `ref`, `steps`, or output parameters with a `value`",
        );
        None
    }
}

/// Returns the descriptions of a route or a tool and of its function.
fn descriptions<'d>(own: Option<&'d str>, function: Option<FunctionTarget<'d>>) -> Vec<&'d str> {
    own.into_iter().chain(function.and_then(|referred| referred.function.description.as_deref())).collect()
}

/// Returns whether an output parameter contains a constant, at any depth.
pub(crate) fn is_constant(output: &OutputParameter) -> bool {
    output.value.is_some()
        || output.constant.is_some()
        || output.properties.iter().flat_map(IndexMap::values).any(is_constant)
        || output.items.as_deref().is_some_and(is_constant)
}

/// Returns the names in the braces of a route.
fn placeholders(path: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = scan::inside(scan::path(path)).map(|inside| rest_name(inside).unwrap_or(inside));
    names.filter(|name| seen.insert(folded(name))).map(str::to_owned).collect()
}

/// Returns the name of a tool: its own, or the last segment of its `ref` or `call`.
pub(crate) fn tool_name(tool: &Tool) -> &str {
    let target = || tool.reference.as_deref().or(tool.call.as_deref());
    if tool.name.is_empty() { target().map_or("", last_segment) } else { &tool.name }
}

/// Returns the name after the last dot of a reference.
fn last_segment(reference: &str) -> &str {
    reference.rsplit('.').next().unwrap_or_default()
}
