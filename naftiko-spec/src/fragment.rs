//! A document in pieces: a head, and one fragment for each operation, so that `cfg` on a method removes its fragment.
//!
//! The macro embeds the head and the fragments as JSON literals; [`Draft::assemble`] assembles the document from them, in the macro
//! (to check the whole) and at startup (without the fragments that `cfg` removes).

use crate::model::{
    BodyKind, CallerHeader, ConsumedOperation, ConsumedResource, Document, ErrorAnswer, Expose, ExposedOperation,
    ExposedResource, McpPrompt, McpResource, Method, ParameterIn, Style, Tool,
};
use crate::names::{is_tool_argument, numbered_tool_argument, tool_argument};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The head of a document and its operations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The document without the parts that its operations add.
    pub head: Document,
    /// Its operations, in the order of the source.
    pub fragments: Vec<Fragment>,
}

/// One operation: its parts of the document, and data that the document has no keys for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Fragment {
    /// The name of the consumed operation, or else the name of the method in kebab-case.
    pub name: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The consumed operation, unless this is an orchestration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumed: Option<ConsumedFragment>,
    /// Its routes, at most one for each REST adapter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteFragment>,
    /// Its tools, at most one for each MCP adapter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolFragment>,
    /// Its resources, at most one for each MCP adapter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceFragment>,
    /// Its prompts, at most one for each MCP adapter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<PromptFragment>,
    /// The operations that suggest values for its arguments (MCP completion).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub completions: Vec<Completion>,
    /// Its arguments, in the order of the method.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// The declared success status. `None` means 200, or 204 if the answer has no content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error statuses that the operation may answer with, for OpenAPI.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorAnswer>,
    /// The headers of the answer that are passed on to callers of its routes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<String>,
    /// The headers of a caller's request that the operation sends to APIs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caller_headers: Vec<CallerHeader>,
    /// The JSONPath (RFC 9535) of the result in the upstream's answer; `None` if the result is the whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Examples of the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// Additions to the schemas of the arguments (`maximum`, `default`), one for each argument; empty if there are none.
    /// If a caller sends no value for an argument with a `default`, the default is used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refinements: Vec<Value>,
    /// Whether the method takes the `Context` of its call, with which it can send messages and elicitation requests to its caller.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub takes_context: bool,
    /// Whether the source declares a body for a method that has none by default: `#[delete("/x", body)]`.
    #[serde(skip)]
    pub declares_body: bool,
    /// Whether the result is a page of a list, and callers of its routes get a `Link` to the next page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_pages: bool,
    /// The `cfg` conditions of the method, as written. Methods with different conditions may have the same route.
    #[serde(skip)]
    pub cfg: String,
}

impl Fragment {
    /// Returns the additions to the schema of an argument, by its index.
    #[must_use]
    pub fn refinement(&self, argument: usize) -> Option<&Value> {
        self.refinements.get(argument).filter(|refinement| !refinement.is_null())
    }

    /// Returns the HTTP method of the consumed operation, or else of the first route; `None` if there is neither.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        let consumed = self.consumed.as_ref().map(|part| part.operation.method);
        consumed.or_else(|| self.routes.first().map(|route| route.operation.method))
    }
}

/// The consumed side of a fragment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumedFragment {
    /// The index of its API in the head's `consumes`.
    pub consume: usize,
    /// The resource's name.
    pub resource: String,
    /// The resource's path.
    pub path: String,
    /// The operation.
    pub operation: ConsumedOperation,
}

/// A route of a fragment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteFragment {
    /// The index of its adapter in the head's `exposes`.
    pub expose: usize,
    /// The resource's path, prefix included.
    pub path: String,
    /// The resource's name.
    pub resource: String,
    /// The resource's description.
    pub description: String,
    /// The operation.
    pub operation: ExposedOperation,
}

/// A tool of a fragment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolFragment {
    /// The index of its adapter in the head's `exposes`.
    pub expose: usize,
    /// The tool.
    pub tool: Tool,
    /// The arguments that have another name or description in the tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<ToolArgument>,
}

impl ToolFragment {
    /// Returns the names that callers of the tool use for the arguments of its operation. A name that model providers reject is
    /// replaced by a name derived from it; a derived name that is already taken gets a number.
    #[must_use]
    pub fn argument_names<'a>(&self, arguments: impl IntoIterator<Item = &'a Argument>) -> Vec<String> {
        let own = |at: usize| self.arguments.iter().find(|own| own.argument == at).and_then(|own| own.name.as_ref());
        let names = arguments.into_iter().enumerate();
        let mut names: Vec<String> = names.map(|(at, argument)| own(at).unwrap_or(&argument.name).clone()).collect();
        let mut taken: HashSet<String> = names.iter().cloned().collect();
        // The next number of each derived name.
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for name in names.iter_mut().filter(|name| !is_tool_argument(name)) {
            let derived = tool_argument(name);
            let number = numbers.entry(derived.clone()).or_insert(2);
            name.clone_from(&derived);
            while !taken.insert(name.clone()) {
                *name = numbered_tool_argument(&derived, *number);
                *number += 1;
            }
        }
        names
    }
}

/// A resource of a fragment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceFragment {
    /// The index of its adapter in the head's `exposes`.
    pub expose: usize,
    /// The resource.
    pub resource: McpResource,
}

/// A prompt of a fragment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptFragment {
    /// The index of its adapter in the head's `exposes`.
    pub expose: usize,
    /// The prompt.
    pub prompt: McpPrompt,
}

/// An operation that suggests values for an argument (MCP completion).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// The index of the argument.
    pub argument: usize,
    /// The name of the operation, whose first argument is the text typed so far.
    pub operation: String,
}

/// An argument's name and description in a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ToolArgument {
    /// The index of the operation's argument.
    pub argument: usize,
    /// The argument's name in the tool; `None` for its name in the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The argument's description in the tool; `None` for its description in the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One argument of an operation, as its callers see it.
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each a key of the JSON")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Argument {
    /// Its name on the wire: errors, tools and OpenAPI use it.
    pub name: String,
    /// Where it is sent. In an orchestration's route, `body` is one member of a JSON body unless `whole_body` is set.
    #[serde(rename = "in")]
    pub place: ParameterIn,
    /// Whether it is required.
    #[serde(default)]
    pub required: bool,
    /// Whether callers may repeat it: a list in the query, in a header or in a cookie.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    /// For `in: body`: the argument is the whole body, not a member of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_body: bool,
    /// For a member of the body: it is accepted in the query as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub also_in_query: bool,
    /// Whether it contains a credential, which is never printed, and is a security scheme in OpenAPI.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// How a list or an object is serialized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// For `in: body`: the type of the body, if it is not JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyKind>,
    /// Whether it is a file, which is streamed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub file: bool,
    /// The maximum size of a file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// For a part of a multipart body: its Content-Type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Argument {
    /// Returns whether its value is JSON, and not text. For a file, the result has no meaning.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match self.place {
            ParameterIn::Body => !self.body.is_some_and(BodyKind::is_text),
            _ => self.style.is_some_and(Style::is_of_objects),
        }
    }
}

/// The locations of a fragment's parts in the assembled document, as JSON Pointers (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssembledPaths {
    /// The consumed operation.
    pub consumed: Option<String>,
    /// The consumed resource that it is part of.
    pub resource: Option<String>,
    /// The routes, in the order of the fragment.
    pub routes: Vec<String>,
    /// The tools, in the order of the fragment.
    pub tools: Vec<String>,
    /// The resources, in the order of the fragment.
    pub resources: Vec<String>,
    /// The prompts, in the order of the fragment.
    pub prompts: Vec<String>,
}

impl AssembledPaths {
    /// Returns the locations of all its parts, the consumed operation first.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        let offered = self.tools.iter().chain(&self.resources).chain(&self.prompts);
        self.consumed.iter().chain(&self.routes).chain(offered).map(String::as_str)
    }
}

impl Draft {
    /// Assembles the whole document, and returns the locations of each fragment's parts.
    ///
    /// Operations with the same path share a resource; resources are in the order of their first use. A part is ignored if the head
    /// has no API or adapter with its index.
    #[must_use]
    pub fn assemble(&self) -> (Document, Vec<AssembledPaths>) {
        let mut document = self.head.clone();
        let paths = self.fragments.iter().map(|fragment| assemble(&mut document, fragment)).collect();
        (document, paths)
    }
}

/// Adds one fragment to the document.
fn assemble(document: &mut Document, fragment: &Fragment) -> AssembledPaths {
    let mut paths = AssembledPaths::default();
    let capability = &mut document.capability;
    if let Some(part) = &fragment.consumed
        && let Some(consume) = capability.consumes.get_mut(part.consume)
    {
        let at = consume.resources.iter().position(|resource| resource.path == part.path).unwrap_or_else(|| {
            consume.resources.push(ConsumedResource {
                name: part.resource.clone(),
                path: part.path.clone(),
                ..ConsumedResource::default()
            });
            consume.resources.len() - 1
        });
        let operations = &mut consume.resources[at].operations;
        operations.push(part.operation.clone());
        let resource = format!("/capability/consumes/{}/resources/{at}", part.consume);
        paths.consumed = Some(format!("{resource}/operations/{}", operations.len() - 1));
        paths.resource = Some(resource);
    }
    for part in &fragment.routes {
        if let Some(Expose::Rest(rest)) = capability.exposes.get_mut(part.expose) {
            let at = rest.resources.iter().position(|resource| resource.path == part.path).unwrap_or_else(|| {
                rest.resources.push(ExposedResource {
                    path: part.path.clone(),
                    name: Some(part.resource.clone()),
                    description: Some(part.description.clone()),
                    ..ExposedResource::default()
                });
                rest.resources.len() - 1
            });
            let operations = &mut rest.resources[at].operations;
            operations.push(part.operation.clone());
            paths.routes.push(format!(
                "/capability/exposes/{}/resources/{at}/operations/{}",
                part.expose,
                operations.len() - 1
            ));
        }
    }
    for part in &fragment.tools {
        if let Some(Expose::Mcp(mcp)) = capability.exposes.get_mut(part.expose) {
            mcp.tools.push(part.tool.clone());
            paths.tools.push(format!("/capability/exposes/{}/tools/{}", part.expose, mcp.tools.len() - 1));
        }
    }
    for part in &fragment.resources {
        if let Some(Expose::Mcp(mcp)) = capability.exposes.get_mut(part.expose) {
            mcp.resources.push(part.resource.clone());
            let last = mcp.resources.len() - 1;
            paths.resources.push(format!("/capability/exposes/{}/resources/{last}", part.expose));
        }
    }
    for part in &fragment.prompts {
        if let Some(Expose::Mcp(mcp)) = capability.exposes.get_mut(part.expose) {
            mcp.prompts.push(part.prompt.clone());
            let last = mcp.prompts.len() - 1;
            paths.prompts.push(format!("/capability/exposes/{}/prompts/{last}", part.expose));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_arguments_differ_and_are_short_enough() {
        let long = "x".repeat(62);
        let part = ToolFragment { expose: 0, tool: Tool::default(), arguments: Vec::new() };
        for names in [
            vec![format!("{long}_b"), format!("{long}$b"), format!("{long}/b"), format!("{long}[b")],
            (0..12).map(|at| char::from(b' ' + at).to_string()).collect(),
            // If the search for a free number started at 2 for each name, this test would run for minutes.
            vec!["$x".to_owned(); 30_000],
        ] {
            let argument = |name: &String| Argument { name: name.clone(), ..Argument::default() };
            let arguments: Vec<Argument> = names.iter().map(argument).collect();
            let found = part.argument_names(&arguments);
            assert!(found.iter().all(|name| is_tool_argument(name)), "{found:?}");
            assert_eq!(found.iter().collect::<HashSet<_>>().len(), names.len(), "{found:?}");
        }
    }
}
