//! The tools of an adapter: their definitions, and the operations behind them.

use super::confirmation::{self, Confirmation};
use super::fault;
use super::listed;
#[cfg(feature = "page")]
use super::offered::DescribedTool;
use super::output_limit::OutputLimit;
use crate::error::Error;
use crate::operation::{Capability, Operation, Shape};
use crate::schema::{self, InputSchema, Order, RootKeywords, SchemaValidator};
use naftiko_spec::fragment::{Argument, ToolFragment};
use naftiko_spec::model::{ExposeMcp, Hints, StructuredContent, TaskSupport};
use naftiko_spec::names;
use rmcp::model::{CallToolResult, JsonObject, Tool, ToolAnnotations};
use serde_json::Value;
use std::sync::Arc;

/// The kind of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolKind {
    /// It calls its operation.
    Operation,
    /// It searches the tools.
    Search,
    /// It describes a tool.
    Describe,
    /// It calls a tool.
    Call,
}

/// One tool, and the operation behind it.
pub(super) struct ToolEntry {
    pub(super) tool: Tool,
    /// Its JSON in the list of tools.
    pub(super) json: String,
    /// Whether it calls its operation, or is one of the search tools.
    pub(super) kind: ToolKind,
    /// Its hints, with the defaults of its HTTP method.
    pub(super) hints: Hints,
    /// Its description, even if it only repeats the name.
    #[cfg(feature = "page")]
    description: Option<String>,
    pub(super) operation: Arc<Operation>,
    /// The tool's own arguments, if they differ from the arguments of the operation.
    inputs: Option<Vec<InputSchema>>,
    /// Whether the result is not an object, and therefore wrapped as `{"result": …}`.
    pub(super) wrapped: bool,
    /// Whether some arguments are also sent in headers (`x-mcp-header`): rmcp compares the headers with the arguments.
    pub(super) has_header_arguments: bool,
    /// The scopes that its callers need.
    scopes: Vec<String>,
    /// The approval that its calls need.
    pub(super) confirmation: Option<Confirmation>,
    /// The maximum length of its answers.
    pub(super) limit: Option<OutputLimit>,
    /// Whether its calls can or must run as tasks; `None` if they cannot.
    pub(super) task: Option<TaskSupport>,
    /// The keywords that are added to its input schema.
    pub(super) keywords: Option<RootKeywords>,
}

impl ToolEntry {
    /// Creates a tool of an operation. `order` is the order of members that the tool does not declare itself.
    pub(super) fn of(
        operation: &Arc<Operation>,
        part: &ToolFragment,
        capability: &Capability,
        order: &Order,
        adapter: Option<&ExposeMcp>,
    ) -> Self {
        let plain = |input: &InputSchema| names::is_tool_argument(&input.argument.name);
        let has_same_arguments = part.arguments.is_empty() && operation.inputs.iter().all(plain);
        let inputs = (!has_same_arguments).then(|| inputs(operation, part));
        let ToolFragment { tool, .. } = part;
        let description = tool.description.as_deref().or(operation.fragment.description.as_deref());
        let mut hints = tool.hints.unwrap_or_default().completed(operation.method_hints());
        // Without an API, the hint stays unset, so clients assume MCP's default (open world): the body of a method may do anything.
        hints.open_world = hints.open_world.or(capability.calls_apis().then_some(true));
        let mut entry = Self::new(ToolKind::Operation, &tool.name, description, hints, operation.clone(), inputs);
        // Without a label, clients derive a title from the name.
        entry.tool.title.clone_from(&tool.label);
        entry.scopes.clone_from(&tool.scopes);
        entry.task = tool.task;
        if let Some(keywords) = &tool.input_schema {
            let schema = Arc::make_mut(&mut entry.tool.input_schema);
            entry.keywords = Some(RootKeywords::add(&tool.name, keywords, schema));
        }
        let names: Vec<String> = entry.inputs().iter().map(|input| input.argument.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        entry.confirmation = Confirmation::of(tool, hints, adapter, &names, || {
            confirmation::request(capability.document(), operation, tool)
        });
        if let Some(confirmation) = &entry.confirmation {
            confirmation.publish(Arc::make_mut(&mut entry.tool.input_schema));
        }
        entry.limit = OutputLimit::of(tool, hints, &names);
        if adapter.and_then(|adapter| adapter.structured_content) != Some(StructuredContent::Text) {
            let mut output = schema::mcp_output_schema(&operation.output).and_then(into_object);
            if let (Some(limit), Some(output)) = (&mut entry.limit, &mut output)
                && !limit.publish_output(output)
            {
                tracing::warn!(
                    tool = tool.name,
                    "answers are not truncated: a cursor cannot be added to the schema of the result"
                );
                entry.limit = None;
            }
            entry.tool.output_schema = output.map(Arc::new);
        }
        if let Some(limit) = &entry.limit {
            limit.publish(Arc::make_mut(&mut entry.tool.input_schema));
        }
        entry.with_json(order)
    }

    /// Creates a tool without its JSON: call [`Self::with_json`] when the tool is complete.
    pub(super) fn new(
        kind: ToolKind,
        name: &str,
        description: Option<&str>,
        hints: Hints,
        operation: Arc<Operation>,
        inputs: Option<Vec<InputSchema>>,
    ) -> Self {
        let input = schema::tool_input_schema(inputs.as_deref().unwrap_or(&operation.inputs));
        let has_header_arguments = input.to_string().contains("x-mcp-header");
        let shown = description.filter(|description| !names::repeats_name(description, name));
        let shown = shown.map(|description| description.to_owned().into());
        let mut tool = Tool::new_with_raw(name.to_owned(), shown, into_object(input).unwrap_or_default());
        tool.annotations = Some(annotations(hints));
        let wrapped = match operation.output.shape {
            Shape::Value => !schema::is_object(&operation.output.schema),
            shape => shape == Shape::Stream,
        };
        Self {
            tool,
            json: String::new(),
            kind,
            hints,
            #[cfg(feature = "page")]
            description: description.map(str::to_owned),
            operation,
            inputs,
            wrapped,
            has_header_arguments,
            scopes: Vec::new(),
            confirmation: None,
            limit: None,
            task: None,
            keywords: None,
        }
    }

    /// Returns the tool with its JSON in the list of tools.
    pub(super) fn with_json(mut self, order: &Order) -> Self {
        let mut output_order = self.operation.output_order.clone();
        output_order.extend(order);
        self.json = listed::tool_json(&self.tool, self.task, &self.argument_order(order), &output_order);
        self
    }

    /// Returns the order of its arguments and of their members; `order` is the order of other members.
    pub(super) fn argument_order(&self, order: &Order) -> Order {
        let mut all = Order::default();
        self.inputs().iter().map(|input| &input.order).chain([order]).for_each(|order| all.extend(order));
        all.with_preferred(self.inputs().iter().map(|input| input.argument.name.as_str()))
    }

    /// Returns the scopes that its callers need.
    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Returns the tool's arguments.
    pub(super) fn inputs(&self) -> &[InputSchema] {
        self.inputs.as_deref().unwrap_or(&self.operation.inputs)
    }

    /// Returns whether a result is a string, which is sent as text without quotes. The schema may allow other values too.
    pub(super) fn is_string(&self, json: &[u8]) -> bool {
        self.wrapped && json.trim_ascii_start().starts_with(b"\"")
    }

    /// Returns the tool with facts that its definition leaves out, such as the whole description.
    #[cfg(feature = "page")]
    pub(super) fn described(&self) -> DescribedTool<'_> {
        DescribedTool {
            tool: &self.tool,
            hints: self.hints,
            needs_approval: self.confirmation.is_some(),
            has_tasks: self.task.is_some(),
            description: self.description.as_deref(),
            tokens: listed::tokens_of(&self.json),
        }
    }

    /// Returns the result of a failed call. The error names the tool, since the client does not know the name of the operation.
    pub(super) fn failed(&self, error: Error) -> CallToolResult {
        fault::result(&error.with_operation_name(&self.tool.name), self.is_repeatable())
    }

    /// Returns whether a second call has no further effect.
    pub(super) fn is_repeatable(&self) -> bool {
        let hints = self.tool.annotations.as_ref();
        hints.is_some_and(|hints| hints.read_only_hint == Some(true) || hints.idempotent_hint == Some(true))
    }
}

/// Returns the hints of a tool. Each tool declares either that it only reads or whether it is destructive, since
/// directories of MCP servers require this. The other hints are left out if they have the specification's defaults (MCP,
/// `ToolAnnotations`): not idempotent, and open world.
fn annotations(hints: Hints) -> ToolAnnotations {
    let mut annotations = ToolAnnotations::new();
    let reads = hints.read_only == Some(true);
    annotations.read_only_hint = reads.then_some(true);
    annotations.destructive_hint = (!reads).then(|| hints.destructive.unwrap_or(true));
    annotations.idempotent_hint = hints.idempotent.filter(|idempotent| !reads && *idempotent);
    annotations.open_world_hint = hints.open_world.filter(|open| !open);
    annotations
}

/// Returns the arguments of an operation as the tool names and describes them.
fn inputs(operation: &Operation, part: &ToolFragment) -> Vec<InputSchema> {
    let names = part.argument_names(operation.inputs.iter().map(|input| &input.argument));
    let all = operation.inputs.iter().zip(names).enumerate().map(|(at, (input, name))| {
        let mut argument = Argument { name, ..input.argument.clone() };
        if let Some(renamed) = part.arguments.iter().find(|renamed| renamed.argument == at) {
            argument.description = renamed.description.clone().or(argument.description);
        }
        InputSchema {
            argument,
            check: SchemaValidator::new(&input.schema),
            schema: input.schema.clone(),
            order: input.order.clone(),
        }
    });
    all.collect()
}

fn into_object(schema: Value) -> Option<JsonObject> {
    match schema {
        Value::Object(schema) => Some(schema),
        _ => None,
    }
}
