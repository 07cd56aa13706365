//! Decides which tools and methods need the approval of a person, by the document and by the hints of a tool.

use super::message::RawArguments;
use super::output_limit::free_name;
use crate::error::{Error, Result};
use crate::operation::{Capability, Operation, from_document};
use naftiko_spec::model::{Approval, Confirm, Document, Expose, ExposeMcp, Hints, Tool};
use serde_json::{Map, Value, json};

/// The approval that calls of a tool need.
pub(super) struct Confirmation {
    /// Who can approve the calls.
    pub(super) by: Approval,
    pub(super) adapter: String,
    /// The HTTP method and the path of the request that the tool sends, without values.
    pub(super) request: Option<String>,
    /// The name of the argument for the token, if the host can approve calls.
    pub(super) argument: Option<String>,
}

impl Confirmation {
    /// Returns the approval that the calls of a tool need, or `None`. `arguments` are the names of the tool's arguments; `request`
    /// describes the HTTP request that the tool sends.
    pub(super) fn of(
        tool: &Tool,
        hints: Hints,
        adapter: Option<&ExposeMcp>,
        arguments: &[&str],
        request: impl FnOnce() -> Option<String>,
    ) -> Option<Self> {
        if !is_confirmed(tool.confirm, hints, adapter) {
            return None;
        }
        let by = adapter.and_then(|adapter| adapter.approval).unwrap_or_default();
        Some(Self {
            by,
            adapter: adapter.map_or_else(String::new, |adapter| adapter.namespace.clone()),
            request: request(),
            argument: (by != Approval::Client).then(|| free_name("approval", |name| arguments.contains(&name))),
        })
    }

    /// Adds the argument for the token to the schema of a tool's arguments.
    pub(super) fn publish(&self, schema: &mut Map<String, Value>) {
        let Some(argument) = &self.argument else { return };
        let members = schema.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(members) = members {
            let description = "The token of this call, once it has been approved.";
            members.insert(argument.clone(), json!({ "type": "string", "description": description }));
        }
    }

    /// Separates the token from the other arguments.
    pub(super) fn split(&self, arguments: RawArguments) -> Result<(RawArguments, Option<String>)> {
        let Some(argument) = &self.argument else { return Ok((arguments, None)) };
        let (arguments, token) = arguments.without(argument)?;
        let token = token.map(|token| serde_json::from_str(token.get())).transpose().map_err(|_| {
            let message =
                format!("expected the token of an approved call as `{argument}`; leave it out for a new call");
            Error::argument(format!("/{argument}"), message)
        })?;
        Ok((arguments, token))
    }
}

/// Returns whether calls with these hints need approval. `declared` is the `confirm` of the tool itself.
fn is_confirmed(declared: Option<bool>, hints: Hints, adapter: Option<&ExposeMcp>) -> bool {
    let asks = adapter.is_some_and(|adapter| adapter.confirm == Some(Confirm::Destructive));
    declared.unwrap_or(asks && hints.may_destroy())
}

/// Returns why an adapter does not serve an operation as a resource or a prompt, or `None` if it does: clients read resources and get
/// prompts without approval, so an operation whose calls as a tool need approval is served only as a tool.
pub(super) fn unserved(operation: &Operation, capability: &Capability, expose: Option<usize>) -> Option<String> {
    let adapter = expose.and_then(|at| capability.document().capability.exposes.get(at));
    let adapter = match adapter {
        Some(Expose::Mcp(adapter)) => Some(adapter),
        _ => None,
    };
    let mut tools = operation.fragment.tools.iter().filter(|part| Some(part.expose) == expose).peekable();
    let needs_approval = if tools.peek().is_some() {
        let hints = |tool: &Tool| tool.hints.unwrap_or_default().completed(operation.method_hints());
        tools.any(|part| is_confirmed(part.tool.confirm, hints(&part.tool), adapter))
    } else {
        // The requests of a method with a Rust body are not known: its author must ensure that a resource or a prompt only reads.
        !operation.reads && !operation.has_body && is_confirmed(None, operation.method_hints(), adapter)
    };
    needs_approval.then(|| "its calls need the approval of a person, which only tools ask for".to_owned())
}

/// Returns the HTTP method and the path of the request that a tool sends, without values.
pub(super) fn request(document: &Document, operation: &Operation, tool: &Tool) -> Option<String> {
    let fragment = &operation.fragment;
    let consumed = fragment.consumed.as_ref().map(|part| (part.operation.method, &part.path));
    // A tool of a document names the operation that it calls, as `NAMESPACE.OPERATION`.
    let apis = document.all_consumes();
    let called = || {
        let call = from_document::called(document, tool.call.as_deref(), tool.reference.as_deref());
        let (namespace, name) = call?.split_once('.')?;
        let api = apis.iter().find(|api| api.namespace == namespace)?;
        let operations = api.resources.iter().flat_map(|own| own.operations.iter().map(move |one| (one, &own.path)));
        let mut named = operations.filter(|(one, _)| one.name == name);
        // Several operations may have the same name.
        named.next().filter(|_| named.next().is_none()).map(|(one, path)| (one.method, path))
    };
    let route = || fragment.routes.first().map(|part| (part.operation.method, &part.path));
    let (method, path) = consumed.or_else(called).or_else(route)?;
    Some(format!("{} {}", method.as_str(), path.replace("{{", "{").replace("}}", "}")))
}
