//! One MCP adapter with its tools, resources and prompts: built once, and shared by all requests.

use super::approval::{self, Confirmation};
use super::changes::Changes;
use super::finder::{self, ToolKind};
use super::listed;
use super::output_limit::OutputLimit;
use super::prompts::Prompts;
use super::request_state::StateSeal;
use super::resources::Resources;
use super::rights::Rights;
use super::tasks::Tasks;
use crate::operation::{Capability, Operation, Shape};
use crate::schema::{self, InputSchema, Order, RootKeywords, SchemaValidator};
use bytes::Bytes;
use naftiko_spec::fragment::{Argument, ToolFragment};
use naftiko_spec::model::{Expose, ExposeMcp, Hints, StructuredContent, TaskSupport, ToolList};
use naftiko_spec::names;
use rmcp::model::{
    Implementation, JsonObject, PromptsCapability, ResourcesCapability, ServerCapabilities, ServerConfig,
    TASKS_EXTENSION_ID, Tool, ToolAnnotations,
};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// One MCP adapter of a capability.
pub(super) struct McpAdapter {
    pub(super) capability: Capability,
    /// Its namespace; empty for an adapter that has only skills.
    pub(super) namespace: String,
    /// What distinguishes it from other adapters that use the same store and the same key: the capability, and the namespace. Adapters
    /// of several capabilities can have the same namespace.
    pub(super) identity: String,
    /// The answer to `initialize` and `server/discover`.
    pub(super) info: ServerConfig,
    tools: Vec<ToolEntry>,
    /// The search tools that are listed instead of `tools`, if any.
    finders: Vec<ToolEntry>,
    /// The JSON array of the tools that are listed.
    pub(super) listed: Bytes,
    /// Whether results are sent as text, as structured content or as both.
    pub(super) results: StructuredContent,
    by_name: HashMap<String, usize>,
    pub(super) resources: Resources,
    pub(super) prompts: Prompts,
    /// The clients to notify of changes.
    pub(super) changes: Arc<Changes>,
    /// Whether methods may notify clients of changes.
    pub(super) notifies_of_changes: bool,
    /// Seals request states, and authenticates cursors, the IDs of sessions, owners of tasks and the headers of callers.
    pub(super) seal: StateSeal,
    /// Whether members that are not in a schema are rejected.
    pub(super) refuses_unknown_members: bool,
    /// Whether any tool, resource or prompt needs scopes.
    pub(super) has_scopes: bool,
    /// The tasks, if calls of any tool can run as tasks.
    pub(super) tasks: Option<Arc<Tasks>>,
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

impl McpAdapter {
    /// Creates the adapter at that index in the document's `exposes`; without an index, the adapter has only skills.
    pub(super) fn of(capability: &Capability, expose: Option<usize>) -> Self {
        let document = capability.document();
        let adapter = expose.and_then(|expose| match document.capability.exposes.get(expose) {
            Some(Expose::Mcp(adapter)) => Some(adapter),
            _ => None,
        });
        let results = adapter.and_then(|adapter| adapter.structured_content).unwrap_or_default();
        let searches = adapter.is_some_and(|adapter| adapter.tool_list == Some(ToolList::Search));
        let mut order = Order::default();
        for operation in capability.operations() {
            operation.inputs.iter().for_each(|input| order.extend(&input.order));
            order.extend(&operation.output_order);
        }
        let mut tools: Vec<ToolEntry> = Vec::new();
        let mut by_name = HashMap::new();
        for operation in capability.operations() {
            for part in operation.fragment.tools.iter().filter(|part| Some(part.expose) == expose) {
                by_name.entry(part.tool.name.clone()).or_insert(tools.len());
                tools.push(ToolEntry::of(operation, part, capability, &order, adapter));
            }
        }
        let adapter_of = |expose| document.capability.exposes.get(expose);
        let refuses_unknown_members = expose.and_then(adapter_of).is_some_and(Expose::refuses_unknown_members);
        let (resources, prompts) = (Resources::of(capability, expose), Prompts::of(capability, expose));
        let notifies_of_changes = capability.operations().iter().any(|operation| operation.fragment.takes_context);
        let mut info = info(capability, adapter);
        info.capabilities = capabilities(&resources, &prompts, notifies_of_changes);
        let limits = capability.limits();
        let has_tasks = tools.iter().any(|entry| entry.task.is_some());
        let tasks = has_tasks.then(|| Tasks::new(capability.approvals(), limits));
        if has_tasks {
            let extensions = info.capabilities.extensions.get_or_insert_default();
            extensions.insert(TASKS_EXTENSION_ID.to_owned(), JsonObject::new());
        }
        let has_scopes =
            tools.iter().any(|entry| !entry.scopes.is_empty()) || resources.have_scopes() || prompts.have_scopes();
        let finders = if searches { finder::tools(&tools.iter().collect::<Vec<_>>()) } else { Vec::new() };
        let (label, namespace) = (&document.info.label, adapter.map_or("", |adapter| adapter.namespace.as_str()));
        let identity = format!("{}|{label}{namespace}", label.len());
        Self {
            info,
            namespace: namespace.to_owned(),
            seal: StateSeal::new(&identity),
            identity,
            capability: capability.clone(),
            resources,
            prompts,
            changes: Arc::default(),
            notifies_of_changes,
            listed: listed_json(if searches { &finders } else { &tools }),
            results,
            finders,
            tools,
            by_name,
            refuses_unknown_members,
            has_scopes,
            tasks,
        }
    }

    /// Returns the tool that a client calls by that name, which may be a search tool.
    pub(super) fn get(&self, name: &str) -> Option<&ToolEntry> {
        self.finders.iter().find(|entry| entry.tool.name == name).or_else(|| self.tool(name))
    }

    /// Returns the capability's own tool with that name.
    pub(super) fn tool(&self, name: &str) -> Option<&ToolEntry> {
        self.by_name.get(name).and_then(|index| self.tools.get(*index))
    }

    /// Returns the most similar tool name, among the tools that the caller may use. The name of an operation
    /// is replaced by the name of its tool.
    pub(super) fn nearest(&self, name: &str, rights: &Rights) -> Option<&str> {
        let known = self.permitted(rights).into_iter().flat_map(|entry| {
            let tool = &*entry.tool.name;
            [tool, entry.operation.name(), &entry.operation.method].map(|name| (name, tool))
        });
        let known: Vec<(&str, &str)> = known.collect();
        let tool_of = |name: &str| known.iter().find(|(own, _)| *own == name).map(|(_, tool)| *tool);
        tool_of(name).or_else(|| tool_of(naftiko_spec::nearest(name, known.iter().map(|(own, _)| *own))?))
    }

    /// Returns the JSON of each tool that is listed.
    #[cfg(any(feature = "cli", feature = "page"))]
    pub(super) fn listed_json(&self) -> impl Iterator<Item = &str> {
        let listed = if self.finders.is_empty() { &self.tools } else { &self.finders };
        listed.iter().map(|entry| entry.json.as_str())
    }

    /// Returns the capability's own tools, in the order of the document.
    #[cfg(feature = "cli")]
    pub(super) fn own_tools(&self) -> impl Iterator<Item = &ToolEntry> {
        self.tools.iter()
    }

    /// Returns the capability's own tools that a caller may use, in the order of the document.
    pub(super) fn permitted(&self, rights: &Rights) -> Vec<&ToolEntry> {
        self.tools.iter().filter(|entry| rights.include(entry.scopes())).collect()
    }

    /// Returns the JSON of the list of tools for a caller: of the tools that the caller may use, or of the search
    /// tools that find these.
    pub(super) fn listed_for(&self, rights: &Rights) -> Bytes {
        let permitted = self.permitted(rights);
        if permitted.len() == self.tools.len() {
            self.listed.clone()
        } else if self.finders.is_empty() {
            listed_json(permitted)
        } else {
            listed_json(&finder::tools(&permitted))
        }
    }

    /// Returns the list of tools for a caller: the tools that the caller may use, or the search tools that find these.
    pub(super) fn tools_for(&self, rights: &Rights) -> Vec<Tool> {
        let permitted = self.permitted(rights);
        if self.finders.is_empty() {
            permitted.into_iter().map(|entry| entry.tool.clone()).collect()
        } else {
            finder::tools(&permitted).into_iter().map(|entry| entry.tool).collect()
        }
    }

    /// Returns all tools, in the order of the document.
    pub(super) fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter().map(|entry| &entry.tool)
    }

    /// Returns all tools with facts that their definitions leave out, such as the whole description.
    #[cfg(feature = "page")]
    pub(super) fn described(&self) -> impl Iterator<Item = super::DescribedTool<'_>> {
        self.tools.iter().map(|entry| super::DescribedTool {
            tool: &entry.tool,
            hints: entry.hints,
            needs_approval: entry.confirmation.is_some(),
            has_tasks: entry.task.is_some(),
            description: entry.description.as_deref(),
            tokens: super::tokens_of(&entry.json),
        })
    }
}

impl ToolEntry {
    fn of(
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
        // A method's body may do anything, so without an API, this hint has the default of MCP, too.
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
            approval::request(capability.document(), operation, tool)
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
                    "answers are not cut: a cursor cannot be added to the schema of the result"
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

/// Returns the JSON array of the tools.
fn listed_json<'e>(tools: impl IntoIterator<Item = &'e ToolEntry>) -> Bytes {
    let tools: Vec<&str> = tools.into_iter().map(|entry| entry.json.as_str()).collect();
    format!("[{}]", tools.join(",")).into()
}

/// Returns the capabilities of the server.
#[allow(deprecated, reason = "clients of older revisions have no other log")]
fn capabilities(resources: &Resources, prompts: &Prompts, notifies_of_changes: bool) -> ServerCapabilities {
    let mut capabilities = ServerCapabilities::builder().enable_tools().build();
    let changes = notifies_of_changes.then_some(true);
    if let Some(tools) = &mut capabilities.tools {
        tools.list_changed = changes;
    }
    if !resources.is_empty() {
        let mut capability = ResourcesCapability::default();
        (capability.list_changed, capability.subscribe) = (changes, changes);
        capabilities.resources = Some(capability);
    }
    capabilities.extensions = resources.skills.extension();
    if !prompts.is_empty() {
        let mut capability = PromptsCapability::default();
        capability.list_changed = changes;
        capabilities.prompts = Some(capability);
    }
    if resources.have_arguments() || prompts.have_arguments() {
        capabilities.completions = Some(JsonObject::new());
    }
    if notifies_of_changes {
        capabilities.logging = Some(JsonObject::new());
    }
    capabilities
}

/// Returns the server's name, version and instructions.
fn info(capability: &Capability, adapter: Option<&ExposeMcp>) -> ServerConfig {
    let info = &capability.document().info;
    let name = capability.server_name(adapter.map_or(info.label.as_str(), |adapter| adapter.namespace.as_str()));
    let version = info.version.as_deref().or(capability.crate_version()).unwrap_or(env!("CARGO_PKG_VERSION"));
    let server = Implementation::new(name, version).with_title(info.label.clone());
    let config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(server);
    let description = adapter.and_then(|adapter| adapter.description.as_deref()).unwrap_or(&info.description);
    if description.is_empty() { config } else { config.with_instructions(description) }
}

fn into_object(schema: Value) -> Option<JsonObject> {
    match schema {
        Value::Object(schema) => Some(schema),
        _ => None,
    }
}
