//! The tool, prompt or resource that a message names, with the scopes that its callers need.

use super::adapter::McpAdapter;
use super::finder::tool_name;
use super::rights::Rights;
use super::tools::{ToolEntry, ToolKind};
use rmcp::model::RequestId;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The tool, prompt or resource that a message names.
#[derive(Deserialize)]
pub(super) struct NamedTarget<'a> {
    #[serde(default)]
    pub(super) id: Option<RequestId>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: NamedParams<'a>,
}

/// The params of a message. Each member may have any type, since the members that the method does not use are not checked.
#[derive(Default, Deserialize)]
struct NamedParams<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    uri: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "ref")]
    reference: Option<&'a RawValue>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

impl NamedTarget<'_> {
    /// Returns the scopes that a caller needs for the target.
    pub(super) fn scopes<'t>(&self, adapter: &'t McpAdapter) -> &'t [String] {
        let params = &self.params;
        let scopes = match &*self.method {
            "tools/call" => text(params.name).and_then(|name| adapter.get(&name)).map(|entry| match entry.kind {
                ToolKind::Describe | ToolKind::Call => {
                    let target = params.arguments.and_then(|arguments| tool_name(arguments.get().as_bytes()));
                    target.and_then(|name| adapter.tool(&name)).map_or(&[][..], ToolEntry::scopes)
                }
                ToolKind::Operation | ToolKind::Search => entry.scopes(),
            }),
            "prompts/get" => prompt_scopes(adapter, params),
            "completion/complete" => {
                let reference = params.reference.and_then(|reference| serde_json::from_str(reference.get()).ok());
                reference.and_then(|reference| {
                    prompt_scopes(adapter, &reference).or_else(|| resource_scopes(adapter, &reference))
                })
            }
            _ => resource_scopes(adapter, params),
        };
        scopes.unwrap_or_default()
    }
}

/// Parses a string of a message.
fn text(json: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(json?.get()).ok()
}

/// Returns the scopes of the prompt that the params name.
fn prompt_scopes<'t>(adapter: &'t McpAdapter, params: &NamedParams<'_>) -> Option<&'t [String]> {
    adapter.prompts.find(&text(params.name)?, &Rights::Of(None)).ok().map(|entry| &*entry.prompt.scopes)
}

/// Returns the scopes of the resource, or of the template, that the params name.
fn resource_scopes<'t>(adapter: &'t McpAdapter, params: &NamedParams<'_>) -> Option<&'t [String]> {
    let uri = text(params.uri)?;
    match adapter.resources.find(&uri) {
        Ok(found) => Some(found.scopes()),
        Err(_) => adapter.resources.template(&uri).map(|entry| &*entry.resource.scopes),
    }
}
