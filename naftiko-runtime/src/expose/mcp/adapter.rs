//! One MCP adapter with its tools, resources and prompts: built once, and shared by all requests.

use super::changes::Changes;
use super::finder;
use super::message::RawArguments;
#[cfg(feature = "page")]
use super::offered::DescribedTool;
use super::prompts::Prompts;
use super::request_state::StateSeal;
use super::resources::Resources;
use super::rights::Rights;
use super::tasks::Tasks;
use super::tools::ToolEntry;
use crate::error::Result;
use crate::operation::Capability;
use crate::schema::{self, Given, Order};
use bytes::Bytes;
use naftiko_spec::model::{Expose, ExposeMcp, StructuredContent, ToolList};
use rmcp::ErrorData;
use rmcp::model::{
    Implementation, JsonObject, PromptsCapability, Resource, ResourcesCapability, ServerCapabilities, ServerConfig,
    TASKS_EXTENSION_ID, Tool,
};
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
            tools.iter().any(|entry| !entry.scopes().is_empty()) || resources.have_scopes() || prompts.have_scopes();
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

    /// Returns the name of the tool that was probably meant, among the tools that the caller may use. Also compares the
    /// names of operations and methods, and returns the name of their tool.
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

    /// Returns the resources with a URI that a caller may read. Folders are read on a thread for blocking work.
    pub(super) async fn list_resources(self: Arc<Self>, rights: Rights) -> Result<Vec<Resource>, ErrorData> {
        if !self.resources.can_change() {
            return Ok(self.resources.list(&rights));
        }
        let listed = tokio::task::spawn_blocking(move || self.resources.list(&rights)).await;
        listed.map_err(|_| ErrorData::internal_error("the resources cannot be listed", None))
    }

    /// Returns all tools, in the order of the document.
    pub(super) fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter().map(|entry| &entry.tool)
    }

    /// Returns all tools with facts that their definitions leave out, such as the whole description.
    #[cfg(feature = "page")]
    pub(super) fn described(&self) -> impl Iterator<Item = DescribedTool<'_>> {
        self.tools.iter().map(ToolEntry::described)
    }

    /// Checks the arguments of a call, and returns them in the order of the inputs.
    pub(super) fn bind(&self, entry: &ToolEntry, arguments: &RawArguments) -> Result<Vec<Given>> {
        let given = match &arguments.duplicate {
            Some(pointer) => Err(schema::duplicate_member(pointer.clone())),
            None => schema::bind_json(entry.inputs(), arguments.json.as_ref()),
        };
        let given = given.map_err(|error| error.in_operation(entry.operation.name()))?;
        if let Some(keywords) = &entry.keywords {
            let checked = keywords.check(entry.inputs(), arguments.json.as_ref());
            checked.map_err(|error| error.in_operation(entry.operation.name()))?;
        }
        if self.refuses_unknown_members {
            schema::no_unknown_members(entry.inputs(), &given)?;
        }
        Ok(given)
    }
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
