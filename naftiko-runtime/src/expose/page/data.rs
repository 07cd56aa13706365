//! The data of a page: the OpenAPI description of the REST adapter, the tools, resources and prompts, and how callers authenticate.

use super::redact;
use crate::expose::mcp::{DescribedTool, McpService, OfferedPrompt, OfferedResource};
use crate::operation::{Capability, Forwarded};
use naftiko_spec::model::{Authentication, Document, Expose, Info};
use naftiko_spec::openapi::ForwardPath;
use naftiko_spec::template::Template;
use serde_json::{Value, json};

/// The data of a page.
pub(super) struct PageData {
    pub(super) info: Info,
    pub(super) version: Option<String>,
    /// The description of the REST adapter.
    pub(super) description: Option<String>,
    pub(super) openapi: Value,
    /// The operations of `openapi`, in the order of the document.
    pub(super) operations: Vec<OperationRow>,
    pub(super) forwards: Vec<ForwardRow>,
    pub(super) tools: Vec<ToolRow>,
    /// The size of the list of tools that clients get, in tokens: of all tools, or of the search tools.
    pub(super) tokens: usize,
    pub(super) resources: Vec<OfferedResource>,
    pub(super) prompts: Vec<OfferedPrompt>,
    pub(super) mcp: Option<McpData>,
    pub(super) rest_auth: Option<Value>,
    /// Whether callers send a key whose name is a variable, which the page does not know.
    pub(super) has_variable_key: bool,
    pub(super) document: Document,
}

/// The heading of a route whose requests are forwarded.
pub(super) struct ForwardRow {
    pub(super) prefix: String,
    /// Its path in `openapi`.
    pub(super) path: String,
}

/// The data of the MCP adapter.
pub(super) struct McpData {
    pub(super) namespace: String,
    pub(super) sessions: bool,
    pub(super) auth: Option<Value>,
}

/// The heading of an operation.
pub(super) struct OperationRow {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) name: String,
}

/// One tool.
pub(super) struct ToolRow {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) badges: Vec<Badge>,
    /// The approximate size of its definition, in tokens of a language model.
    pub(super) tokens: usize,
    pub(super) json: Value,
}

/// A property of a tool, in words.
pub(super) struct Badge {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    pub(super) meaning: &'static str,
}

const READ_ONLY: Badge = Badge { word: "read-only", class: "badge calm", meaning: "It changes nothing." };
const DESTRUCTIVE: Badge =
    Badge { word: "destructive", class: "badge care", meaning: "It may remove or overwrite something." };
const IDEMPOTENT: Badge =
    Badge { word: "idempotent", class: "badge", meaning: "Calling it again has no further effect." };
const APPROVAL: Badge =
    Badge { word: "needs approval", class: "badge care", meaning: "A person approves each call before it runs." };
const TASK: Badge =
    Badge { word: "task", class: "badge", meaning: "A call can run in the background; its result is fetched later." };
const OPEN_WORLD: Badge = Badge { word: "open world", class: "badge", meaning: "It interacts with other systems." };

impl PageData {
    /// Collects the data of a REST adapter and an MCP adapter, by their indices in `exposes`.
    pub(super) fn of(capability: &Capability, rest: Option<usize>, mcp: Option<usize>) -> Self {
        let document = capability.document();
        let exposes = &document.capability.exposes;
        let adapter = rest.and_then(|rest| exposes.get(rest));
        // Without a REST adapter, use an index that no adapter has: the description then contains no routes.
        let described = capability.openapi_of(rest.unwrap_or(usize::MAX));
        let operations = described.order.iter().map(|(method, path)| operation(&described.document, method, path));
        let operations = operations.collect();
        let forwards = capability.forwards().iter().filter(|forwarded| Some(forwarded.expose) == rest);
        let mcp = mcp.and_then(|mcp| exposes.get(mcp));
        let service = mcp.and_then(|mcp| capability.mcp_service_of(mcp.namespace()));
        Self {
            info: document.info.clone(),
            version: document.info.version.clone().or_else(|| capability.crate_version().map(str::to_owned)),
            description: adapter.and_then(|adapter| match adapter {
                Expose::Rest(rest) => rest.description.clone(),
                _ => None,
            }),
            operations,
            openapi: described.document,
            forwards: forwards.map(forward).collect(),
            tools: service.iter().flat_map(McpService::described).map(|described| tool(&described)).collect(),
            tokens: service.as_ref().map_or(0, McpService::listed_tokens),
            resources: service.as_ref().map(McpService::offered_resources).unwrap_or_default(),
            prompts: service.as_ref().map(McpService::offered_prompts).unwrap_or_default(),
            mcp: mcp.map(|mcp| McpData {
                namespace: mcp.namespace().to_owned(),
                sessions: matches!(mcp, Expose::Mcp(mcp) if mcp.sessions == Some(true)),
                auth: authentication(capability, mcp),
            }),
            rest_auth: adapter.and_then(|adapter| authentication(capability, adapter)),
            has_variable_key: [adapter, mcp].into_iter().flatten().any(|expose| has_variable_key(capability, expose)),
            document: redact::document(document),
        }
    }

    /// Returns whether the page asks for a credential: browsers themselves ask for the credentials of Digest.
    pub(super) fn asks_for_token(&self) -> bool {
        self.rest_auth.is_some() || self.mcp.as_ref().is_some_and(|mcp| mcp.auth.is_some())
    }

    /// Returns whether each credential that the page asks for is a user name and a password.
    pub(super) fn is_basic(&self) -> bool {
        let all = [self.rest_auth.as_ref(), self.mcp.as_ref().and_then(|mcp| mcp.auth.as_ref())];
        all.into_iter().flatten().all(|auth| auth.get("kind").and_then(Value::as_str) == Some("basic"))
    }

    /// Returns the data for the script, as text for a `script` element. `rest` and `mcp_path` are the paths where the REST routes
    /// and the MCP service are mounted.
    pub(super) fn to_script(&self, rest: Option<&str>, mcp_path: Option<&str>) -> String {
        let order: Vec<_> = self.operations.iter().map(|row| json!([row.method, row.path])).collect();
        let mcp =
            self.mcp.as_ref().map(|mcp| json!({ "name": mcp.namespace, "path": mcp_path, "sessions": mcp.sessions }));
        let data = json!({
            "openapi": self.openapi,
            "order": order,
            "tools": self.tools.iter().map(|tool| &tool.json).collect::<Vec<_>>(),
            "resources": self.resources,
            "prompts": self.prompts,
            "rest": rest,
            "mcp": mcp,
            "auth": { "rest": self.rest_auth, "mcp": self.mcp.as_ref().and_then(|mcp| mcp.auth.clone()) },
        });
        escaped(&data)
    }
}

/// Writes JSON in which no text can end the enclosing element or open a comment.
pub(super) fn escaped(data: &Value) -> String {
    let text = data.to_string();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

fn operation(openapi: &Value, method: &str, path: &str) -> OperationRow {
    let described = openapi.get("paths").and_then(|paths| paths.get(path)?.get(method));
    let text = |key: &str| described.and_then(|own| own.get(key)?.as_str()).unwrap_or_default().to_owned();
    OperationRow {
        method: method.to_owned(),
        path: path.to_owned(),
        summary: text("summary"),
        name: text("operationId"),
    }
}

fn tool(described: &DescribedTool<'_>) -> ToolRow {
    let json = serde_json::to_value(described.tool).unwrap_or_default();
    let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let hints = described.hints;
    let badges = [
        (hints.read_only, READ_ONLY),
        (hints.destructive, DESTRUCTIVE),
        (hints.idempotent, IDEMPOTENT),
        (hints.open_world, OPEN_WORLD),
        (Some(described.needs_approval), APPROVAL),
        (Some(described.has_tasks), TASK),
    ];
    ToolRow {
        name: text("name"),
        title: text("title"),
        summary: first_paragraph(described.description).to_owned(),
        badges: badges.into_iter().filter_map(|(hint, badge)| (hint == Some(true)).then_some(badge)).collect(),
        tokens: described.tokens,
        json,
    }
}

/// Returns the first paragraph of a description.
pub(super) fn first_paragraph(description: Option<&str>) -> &str {
    description.unwrap_or_default().split("\n\n").next().unwrap_or_default()
}

fn forward(forwarded: &Forwarded) -> ForwardRow {
    let path = ForwardPath { expose: forwarded.expose, prefix: forwarded.prefix.clone() }.path();
    ForwardRow { prefix: forwarded.prefix.trim_end_matches('/').to_owned(), path }
}

/// Returns the credential that the page asks for: its type, and the location of a key. `None` if the page asks for none. What the
/// program sets takes precedence over the document. The result never contains a secret.
fn authentication(capability: &Capability, expose: &Expose) -> Option<Value> {
    let set = capability.authentication().map(|callers| &callers.scheme);
    if has_variable_key(capability, expose) {
        return None;
    }
    Some(match set.or(expose.authentication())? {
        // Browsers ask for the name and the password themselves, and compute what each request sends.
        Authentication::Digest { .. } => return None,
        Authentication::Apikey { key, placement, .. } => json!({ "kind": "apikey", "name": key, "in": placement }),
        Authentication::Basic { .. } => json!({ "kind": "basic" }),
        _ => json!({ "kind": "bearer" }),
    })
}

/// Returns whether callers send a key whose name is a variable of the document. A page has no values of the environment, so it cannot
/// send such a key.
fn has_variable_key(capability: &Capability, expose: &Expose) -> bool {
    let is_variable = |key: &str| Template::text(key).is_ok_and(|name| name.variables().next().is_some());
    let own = expose.authentication().filter(|_| capability.authentication().is_none());
    matches!(own, Some(Authentication::Apikey { key, .. }) if is_variable(key))
}
