//! The definitions of the search tools, which replace all others in the list: they search, describe and call tools.

use super::tools::{ToolEntry, ToolKind};
use crate::operation::{Operation, OutputType, Shape};
use crate::schema::Order;
use naftiko_spec::fragment::{Argument, Fragment};
use naftiko_spec::model::{Hints, TaskSupport};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// The default number of tools that a search returns.
pub(super) const DEFAULT_RESULTS: usize = 10;

/// An argument: its name, its schema, its description, whether it is required.
type DeclaredArgument = (&'static str, Value, &'static str, bool);

/// Returns the three search tools for the given tools.
pub(super) fn tools(all: &[&ToolEntry]) -> Vec<ToolEntry> {
    let name = || ("name", json!({ "type": "string" }), "The name of the tool, as `search` returns it.", true);
    let reads = Hints { read_only: Some(true), open_world: Some(false), ..Hints::default() };
    let search = format!(
        "Searches the {} tools of this server. Returns names and descriptions, the best match first. Then use \
         `describe` to get a tool's arguments, and `call` to call it.",
        all.len()
    );
    let describe = "Returns the schemas of a tool's arguments and of its result.";
    let call = "Calls a tool with the arguments that `describe` shows.";
    let query = ("query", json!({ "type": "string" }), "Words that describe what the tool should do.", true);
    let limit = (
        "limit",
        json!({ "type": "integer", "minimum": 1, "default": DEFAULT_RESULTS }),
        "How many tools to return.",
        false,
    );
    let arguments = ("arguments", json!({ "type": "object" }), "The arguments of the tool.", false);
    // Clients call a tool as a task only if its definition allows it.
    let task = all.iter().any(|entry| entry.task.is_some()).then_some(TaskSupport::Optional);
    vec![
        entry(ToolKind::Search, "search", &search, vec![query, limit], reads, None),
        entry(ToolKind::Describe, "describe", describe, vec![name()], reads, None),
        entry(ToolKind::Call, "call", call, vec![name(), arguments], common_hints(all), task),
    ]
}

/// Returns the hints that are true for every tool.
fn common_hints(all: &[&ToolEntry]) -> Hints {
    let each = |is: fn(&Hints) -> bool| all.iter().all(|entry| is(&entry.hints));
    Hints {
        read_only: Some(each(|hints| hints.read_only == Some(true))),
        destructive: each(|hints| hints.read_only == Some(true) || hints.destructive == Some(false)).then_some(false),
        idempotent: Some(each(|hints| hints.read_only == Some(true) || hints.idempotent == Some(true))),
        open_world: each(|hints| hints.open_world == Some(false)).then_some(false),
    }
}

/// Creates a search tool.
fn entry(
    kind: ToolKind,
    name: &str,
    description: &str,
    declared: Vec<DeclaredArgument>,
    hints: Hints,
    task: Option<TaskSupport>,
) -> ToolEntry {
    let (mut arguments, mut schemas) = (Vec::new(), Vec::new());
    for (name, schema, description, required) in declared {
        let (name, description) = (name.to_owned(), Some(description.to_owned()));
        arguments.push(Argument { name, required, description, ..Argument::default() });
        schemas.push(schema);
    }
    let fragment = Fragment { name: name.to_owned(), arguments, ..Fragment::default() };
    let output = OutputType { shape: Shape::Raw, schema: json!({}) };
    // No method has this index: the adapter answers the search tools itself.
    let operation = Arc::new(Operation::new(usize::MAX, name, fragment, schemas, output));
    let mut entry = ToolEntry::new(kind, name, Some(description), hints, operation, None);
    entry.task = task;
    entry.with_json(&Order::default())
}

/// Returns the name of the tool in the arguments of `describe` or `call`.
pub(super) fn tool_name(arguments: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct NamedTool<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
    }

    serde_json::from_slice::<NamedTool<'_>>(arguments).ok().map(|named| named.name)
}
