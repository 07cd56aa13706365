//! Reads `exposes`: adapters, and the routes of REST adapters.

use super::consumes::{with_method, with_path};
use super::fields::Fields;
use super::keys::ObjectShape;
use super::lists::{ListShape, text_member};
use super::messages::describe;
use super::outputs;
use super::parameters::ParameterContext;
use super::paths::PlaceholderNames;
use super::reader::Reader;
use super::tree::{Member, Node, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::model::{
    Approval, Confirm, Expose, ExposeMcp, ExposeOther, ExposeRest, ExposedOperation, ExposedResource, Forward, Method,
    StructuredContent, ToolList, Unknown,
};
use crate::names;

static EXPOSES: ListShape = ListShape {
    key: "exposes",
    entry_keys: &["type", "namespace", "port", "resources", "tools", "skills"],
    named: Some(by_type),
};

static REST: ObjectShape = ObjectShape {
    what: "a REST adapter",
    keys: &[
        "type",
        "namespace",
        "port",
        "address",
        "description",
        "authentication",
        "unknownQuery",
        "unknownMembers",
        "page",
        "resources",
    ],
    more: &[],
    aliases: &[("address", "host bind"), ("namespace", "name"), ("resources", "endpoints paths routes")],
};

static MCP: ObjectShape = ObjectShape {
    what: "an MCP adapter",
    keys: &[
        "type",
        "namespace",
        "port",
        "address",
        "transport",
        "description",
        "authentication",
        "unknownMembers",
        "sessions",
        "structuredContent",
        "toolList",
        "confirm",
        "approval",
        "tools",
        "resources",
        "prompts",
    ],
    more: &[],
    aliases: &[("address", "host bind"), ("namespace", "name"), ("tools", "operations")],
};

static RESOURCE: ObjectShape = ObjectShape {
    what: "a resource of a REST adapter",
    keys: &["path", "name", "label", "description", "inputParameters", "forward", "operations"],
    more: &[],
    aliases: &[("path", "uri route"), ("operations", "methods")],
};

static RESOURCES: ListShape =
    ListShape { key: "resources", entry_keys: &["path", "operations", "forward"], named: Some(with_path) };

static OPERATION: ObjectShape = ObjectShape {
    what: "an operation of a REST adapter",
    keys: &[
        "method",
        "name",
        "label",
        "description",
        "ref",
        "call",
        "with",
        "steps",
        "mappings",
        "inputParameters",
        "outputParameters",
        "errors",
        "examples",
        "scopes",
    ],
    more: &[],
    aliases: &[
        ("method", "verb httpmethod"),
        ("name", "operationid"),
        ("call", "operation"),
        ("with", "arguments args"),
    ],
};

static OPERATIONS: ListShape =
    ListShape { key: "operations", entry_keys: &["method", "call", "ref", "steps"], named: Some(with_method) };

static FORWARD: ObjectShape = ObjectShape {
    what: "`forward`",
    keys: &["targetNamespace", "trustedHeaders"],
    more: &[],
    aliases: &[("targetNamespace", "namespace target to"), ("trustedHeaders", "headers")],
};

/// Returns an entry of a map as an adapter: in `rest: {…}` the key is its type, in `notes-mcp: {…}` its namespace.
fn by_type(member: Member) -> Node {
    let key = if kind_of(&member.key).is_some() { "type" } else { "namespace" };
    super::lists::with_name(key, member)
}

/// Returns the adapter type for a name.
fn kind_of(word: &str) -> Option<&'static str> {
    Some(match super::keys::folded(word).as_str() {
        "rest" | "api" | "http" | "https" | "restapi" | "web" | "openapi" => "rest",
        "mcp" | "mcpserver" | "tool" | "tools" => "mcp",
        "skill" | "skills" | "agentskill" | "agentskills" => "skill",
        "control" | "management" | "admin" => "control",
        _ => return None,
    })
}

impl Reader {
    pub(super) fn exposes(&mut self, fields: &mut Fields) -> Vec<Expose> {
        self.list_field(fields, &EXPOSES, Self::expose)
    }

    fn expose(&mut self, node: Node) -> Option<Expose> {
        let place = node.place;
        if node.members().is_none() {
            let message = format!("expected an object for an adapter, found {}", node.kind());
            self.error(place, message, "write an object with `type: rest` or `type: mcp`, a `namespace` and a `port`");
            return None;
        }
        let word = node.get("type").and_then(Node::text).map(str::to_owned);
        let by_keys = [("tools", "mcp"), ("skills", "skill"), ("resources", "rest")]
            .into_iter()
            .find_map(|(key, kind)| node.has(key).then_some(kind));
        let Some(kind) = word.as_deref().and_then(kind_of).or_else(|| by_keys.filter(|_| word.is_none())) else {
            let message = match word {
                Some(word) => format!("an adapter of type `{}` cannot be served", plain(&word)),
                None => "an adapter has no `type`".to_owned(),
            };
            self.error(place, message, "the types are `rest`, `mcp`, `skill` and `control`");
            return None;
        };
        if word.as_deref() != Some(kind) {
            let at = node.get("type").map_or(place, |node| node.place);
            let found = word.map_or_else(|| "without a type".to_owned(), |word| format!("of type `{}`", plain(&word)));
            self.repair_member(RepairKind::TypeName, "type", at, format!("an adapter {found}, read as `{kind}`"));
        }
        match kind {
            "rest" => self.expose_rest(node).map(Expose::Rest),
            "mcp" => self.expose_mcp(node).map(Expose::Mcp),
            "skill" => Some(Expose::Skill(self.expose_other(node))),
            _ => Some(Expose::Control(self.expose_other(node))),
        }
    }

    fn expose_rest(&mut self, node: Node) -> Option<ExposeRest> {
        self.caller = "rest";
        let mut fields = self.object(node, &REST)?;
        fields.take("type");
        let place = fields.place;
        let description = self.text_field(&mut fields, "description");
        if description.is_some() {
            self.keep(RepairKind::DescriptionPlace, place, "the description of a REST adapter is kept");
        }
        let rest = ExposeRest {
            namespace: self.text_field(&mut fields, "namespace").unwrap_or_default(),
            port: self.port(&mut fields),
            address: self.text_field(&mut fields, "address"),
            description,
            authentication: self.field(&mut fields, "authentication", Self::authentication),
            unknown_query: self.field(&mut fields, "unknownQuery", |reader, node| reader.unknown(&node)),
            unknown_members: self.field(&mut fields, "unknownMembers", |reader, node| reader.unknown(&node)),
            page: self.flag_field(&mut fields, "page"),
            resources: self.list_field(&mut fields, &RESOURCES, Self::exposed_resource),
        };
        if rest.namespace.is_empty() {
            self.nameless.push((self.here(), place));
        }
        Some(rest)
    }

    fn exposed_resource(&mut self, node: Node) -> Option<ExposedResource> {
        let mut fields = self.object(node, &RESOURCE)?;
        let path = if fields.has("path") {
            self.field(&mut fields, "path", Self::path)
        } else {
            let message = "a resource of a REST adapter has no `path`";
            self.error(fields.place, message, "write `path: /…`, the path of the route");
            None
        }
        .unwrap_or_default();
        let names = PlaceholderNames::of(&path);
        Some(ExposedResource {
            name: self.text_field(&mut fields, "name"),
            label: self.text_field(&mut fields, "label"),
            description: self.text_field(&mut fields, "description"),
            input_parameters: self.parameters_field(&mut fields, &ParameterContext::route(&[&names], None)),
            forward: self.field(&mut fields, "forward", Self::forward),
            operations: self.list_field(&mut fields, &OPERATIONS, |reader, node| {
                reader.read_or_skip(node, |reader, node| reader.exposed_operation(node, &names))
            }),
            path,
        })
    }

    fn forward(&mut self, node: Node) -> Option<Forward> {
        let node = match node {
            Node { place, tree: Tree::Text(target) } => {
                self.repair(RepairKind::ListShape, place, "`forward` is a string; read as its `targetNamespace`");
                Node { place, tree: Tree::Map(vec![text_member("targetNamespace", target, place)], false) }
            }
            node => node,
        };
        let mut fields = self.object(node, &FORWARD)?;
        let help = "write `targetNamespace: NAMESPACE`, the namespace of a consumed API";
        Some(Forward {
            target_namespace: self.required(&mut fields, "targetNamespace", "`forward`", help)?,
            trusted_headers: self
                .field(&mut fields, "trustedHeaders", |reader, node| Some(reader.texts("trustedHeaders", node)))
                .unwrap_or_default(),
        })
    }

    fn exposed_operation(&mut self, node: Node, path: &PlaceholderNames<'_>) -> Option<ExposedOperation> {
        let mut fields = self.object(node, &OPERATION)?;
        let place = fields.place;
        let method = self.method_field(&mut fields);
        if method == Err(true) {
            self.methodless.push((self.here(), place));
        }
        let method = method.unwrap_or(Method::Get);
        let behaviour = self.behaviour(&mut fields);
        let (errors, examples) = self.answers(&mut fields);
        Some(ExposedOperation {
            errors,
            examples,
            scopes: self.scopes(&mut fields),
            method,
            name: self.text_field(&mut fields, "name"),
            label: self.text_field(&mut fields, "label"),
            description: self.text_field(&mut fields, "description"),
            reference: behaviour.reference,
            call: behaviour.call,
            with: behaviour.with,
            steps: behaviour.steps,
            mappings: behaviour.mappings,
            input_parameters: self.parameters_field(&mut fields, &ParameterContext::route(&[path], Some(method))),
            output_parameters: self.outputs_field(&mut fields, outputs::Side::Exposed),
        })
    }

    fn expose_mcp(&mut self, node: Node) -> Option<ExposeMcp> {
        self.caller = "tools";
        let mut fields = self.object(node, &MCP)?;
        fields.take("type");
        let place = fields.place;
        let mcp = ExposeMcp {
            namespace: self.text_field(&mut fields, "namespace").unwrap_or_default(),
            port: self.port(&mut fields),
            address: self.text_field(&mut fields, "address"),
            transport: self.field(&mut fields, "transport", Self::transport),
            description: self.text_field(&mut fields, "description"),
            authentication: self.field(&mut fields, "authentication", Self::authentication),
            unknown_members: self.field(&mut fields, "unknownMembers", |reader, node| reader.unknown(&node)),
            tools: self.tools(&mut fields),
            sessions: self.flag_field(&mut fields, "sessions"),
            structured_content: self
                .field(&mut fields, "structuredContent", |reader, node| reader.word(&node, &StructuredContent::WORDS)),
            tool_list: self.field(&mut fields, "toolList", |reader, node| reader.word(&node, &ToolList::WORDS)),
            confirm: self.field(&mut fields, "confirm", |reader, node| reader.word(&node, &Confirm::WORDS)),
            approval: self.field(&mut fields, "approval", |reader, node| reader.word(&node, &Approval::WORDS)),
            resources: self.mcp_resources(&mut fields),
            prompts: self.mcp_prompts(&mut fields),
        };
        if mcp.namespace.is_empty() {
            self.nameless.push((self.here(), place));
        }
        Some(mcp)
    }

    /// Returns the meaning of a string that is one of `words`, and reports any other value.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let found = node.text().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let expected = names::either(words.iter().map(|(word, _)| *word));
            let shown = node.text().map_or_else(|| node.kind().to_string(), |text| format!("`{}`", plain(text)));
            self.error(node.place, format!("expected {expected}, found {shown}"), "write one of them");
        }
        found.map(|(_, meaning)| *meaning)
    }

    fn unknown(&mut self, node: &Node) -> Option<Unknown> {
        let place = node.place;
        match node.text() {
            Some("refuse") => Some(Unknown::Refuse),
            Some("ignore") => Some(Unknown::Ignore),
            _ => {
                let message = format!("expected `refuse` or `ignore`, found {}", describe(node));
                self.error(place, message, "write `refuse`, or remove it");
                None
            }
        }
    }

    fn transport(&mut self, node: Node) -> Option<String> {
        let place = node.place;
        let written = self.text("transport", node)?;
        let known = match super::keys::folded(&written).as_str() {
            "http" | "https" | "streamablehttp" | "streaminghttp" | "sse" | "httpsse" => "http",
            "stdio" | "stdin" => "stdio",
            _ => {
                let message = format!("`{}` is not a transport", plain(&written));
                self.error(place, message, "write `transport: http` or `transport: stdio`");
                return None;
            }
        };
        if written != known {
            let message = format!("the transport `{}` read as `{known}`", plain(&written));
            self.repair(RepairKind::TypeName, place, message);
        }
        Some(known.to_owned())
    }

    /// Reads a skill adapter or a control port, whose other keys are kept unchanged.
    fn expose_other(&mut self, node: Node) -> ExposeOther {
        let place = node.place;
        let mut other = ExposeOther::default();
        let Tree::Map(members, _) = node.tree else { return other };
        let mut fields = self.fields(place, "an adapter");
        for member in members {
            match member.key.as_str() {
                "type" => {}
                "namespace" if !member.node.is_null() => fields.put("namespace", member),
                "port" if !member.node.is_null() => fields.put("port", member),
                "authentication" if !member.node.is_null() => fields.put("authentication", member),
                "namespace" | "port" | "authentication" => self.empty(member),
                _ => {
                    let Member { key, place, node } = member;
                    let value = self.enter(key.clone(), place, |reader| reader.verbatim(node));
                    other.other_keys.insert(key, value);
                }
            }
        }
        other.namespace = self.text_field(&mut fields, "namespace");
        other.port = self.port(&mut fields);
        other.authentication = self.field(&mut fields, "authentication", Self::authentication);
        other
    }
}
