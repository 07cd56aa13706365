//! What a caller of an MCP adapter may see and use: everything whose scopes the caller has.

use super::finder::{ToolKind, tool_name};
use super::resources::UriTarget;
use super::tools::{McpAdapter, ToolEntry};
use crate::expose::callers::has_scopes;
use crate::operation::Caller;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::RequestContext;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The rights of a caller.
pub(super) enum Rights {
    /// Everything: the caller started this program.
    All,
    /// Everything that needs no scopes, or only scopes that this caller has.
    Of(Option<Caller>),
}

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

impl Rights {
    /// Returns the rights of the caller of a request. A caller over stdio has all rights.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        match context.extensions.get::<Parts>() {
            Some(head) => Self::Of(head.extensions.get().cloned()),
            None => Self::All,
        }
    }

    /// Returns whether the caller may use what needs these scopes.
    pub(super) fn include(&self, scopes: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Of(caller) => has_scopes(scopes, caller.as_ref()),
        }
    }

    /// Returns the caller, if it is known.
    pub(super) fn caller(&self) -> Option<&Caller> {
        match self {
            Self::All => None,
            Self::Of(caller) => caller.as_ref(),
        }
    }

    /// Checks that the caller has these scopes.
    pub(super) fn check(&self, scopes: &[String]) -> Result<(), ErrorData> {
        if self.include(scopes) {
            return Ok(());
        }
        let noun = if scopes.len() == 1 { "scope" } else { "scopes" };
        let message = format!("the caller needs the {noun} `{}`", scopes.join("` and `"));
        Err(ErrorData::invalid_request(message, None))
    }
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

impl<'a> UriTarget<'a> {
    /// Returns the scopes that callers need to read the target.
    pub(super) fn scopes(&self) -> &'a [String] {
        match self {
            Self::Method(entry, _) => &entry.resource.scopes,
            Self::File(folder, _) => folder.scopes(),
            Self::Skill(_) => &[],
        }
    }
}
