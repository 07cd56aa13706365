//! The table that `tools` prints: name, tokens, arguments, description.

use super::adapter;
use crate::operation::{Capability, InputSchema};
use naftiko_spec::model::{Expose, ToolList};
use naftiko_spec::printable;
use serde_json::Value;
use std::io::{self, Write};

/// One line of the table.
#[derive(Default)]
struct Row {
    tool: String,
    tokens: String,
    argument: String,
    description: String,
}

/// Writes the tools of a capability, one argument per line.
pub(super) fn write(out: &mut dyn Write, capability: &Capability) -> io::Result<()> {
    let adapters: Vec<_> = capability.document().capability.exposes.iter().enumerate().collect();
    let several = adapters.iter().filter(|(_, adapter)| matches!(adapter, Expose::Mcp(_))).count() > 1;
    let mut any = false;
    for (index, adapter) in adapters {
        let (facts, sum) = adapter::tool_facts(capability, index);
        let count = facts.len();
        let rows = rows(capability, index, facts);
        if rows.is_empty() {
            continue;
        }
        if std::mem::replace(&mut any, true) {
            writeln!(out)?;
        }
        if several {
            writeln!(out, "{}", printable(adapter.namespace()))?;
        }
        write_rows(out, &rows)?;
        let searched = matches!(adapter, Expose::Mcp(mcp) if mcp.tool_list == Some(ToolList::Search));
        match count {
            0 => {}
            count if searched => {
                let tools = if count == 1 { "tool" } else { "tools" };
                writeln!(
                    out,
                    "\n{count} {tools} behind `search`, `describe` and `call`, which take about {sum} tokens"
                )?;
            }
            1 => writeln!(out, "\n1 tool, about {sum} tokens")?,
            count => writeln!(out, "\n{count} tools, about {sum} tokens")?,
        }
    }
    if !any {
        writeln!(out, "This capability has no tools.")?;
    }
    Ok(())
}

/// Returns the lines of an adapter's tools. `facts` has the tokens and the notes of each tool, and is empty without the feature `mcp`.
fn rows(capability: &Capability, adapter: usize, facts: Vec<(usize, String)>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut facts = facts.into_iter();
    for operation in capability.operations() {
        for part in operation.fragment.tools.iter().filter(|part| part.expose == adapter) {
            let description = part.tool.description.as_ref().or(operation.fragment.description.as_ref());
            // A tool may have other names for its arguments than the operation.
            let names = part.argument_names(operation.inputs.iter().map(|input| &input.argument));
            let mut arguments = operation.inputs.iter().zip(&names).map(|(input, name)| describe(input, name));
            let (tokens, notes) = facts.next().unzip();
            let notes: String = notes.unwrap_or_default();
            let description = description.map(|text| one_line(text)).unwrap_or_default();
            rows.push(Row {
                tool: printable(&part.tool.name).into_owned(),
                tokens: tokens.map(|tokens| tokens.to_string()).unwrap_or_default(),
                argument: arguments.next().unwrap_or_default(),
                description: [notes, description]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(" "),
            });
            rows.extend(arguments.map(|argument| Row { argument, ..Row::default() }));
        }
    }
    rows
}

fn write_rows(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let head = Row {
        tool: "TOOL".into(),
        tokens: "TOKENS".into(),
        argument: "ARGUMENTS".into(),
        description: "DESCRIPTION".into(),
    };
    let widest = |text: fn(&Row) -> &str| {
        rows.iter().chain([&head]).map(|row| text(row).chars().count()).max().unwrap_or_default()
    };
    let (tool, argument) = (widest(|row| &row.tool), widest(|row| &row.argument));
    for row in [&head].into_iter().chain(rows) {
        let (name, size) = (&row.tool, &row.tokens);
        let line = format!("{name:tool$}  {size:>6}  {:argument$}  {}", row.argument, row.description);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Describes an argument in a few words: `userId: string (required)`.
fn describe(input: &InputSchema, name: &str) -> String {
    let required = if input.argument.required { " (required)" } else { "" };
    printable(&format!("{name}: {}{required}", kind(&input.schema))).into_owned()
}

/// Describes the type of a schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> =
            values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
        return values.join("|");
    }
    match schema.get("type") {
        Some(Value::String(list)) if list == "array" => {
            format!("list of {}", schema.get("items").map_or_else(|| "anything".to_owned(), kind))
        }
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|"),
        _ => "anything".to_owned(),
    }
}

/// Joins the lines of a string.
fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}
