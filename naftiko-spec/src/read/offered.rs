//! Reads resources and prompts of MCP adapters.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::lists::{ListShape, with_name};
use super::outputs;
use super::reader::Reader;
use super::tree::Node;
use crate::diagnostic::plain;
use crate::model::{McpPrompt, McpResource, PromptArgument, PromptMessage, PromptRole};

static RESOURCE: ObjectShape = ObjectShape {
    what: "an MCP resource",
    keys: &[
        "name",
        "label",
        "uri",
        "description",
        "mimeType",
        "call",
        "with",
        "steps",
        "mappings",
        "outputParameters",
        "location",
        "scopes",
    ],
    more: &[],
    aliases: &[("label", "title"), ("mimeType", "mediatype contenttype"), ("location", "directory folder")],
};

static RESOURCES: ListShape = ListShape {
    key: "resources",
    entry_keys: &["name", "uri", "location"],
    named: Some(|member| with_name("name", member)),
};

static PROMPT: ObjectShape = ObjectShape {
    what: "an MCP prompt",
    keys: &["name", "label", "description", "arguments", "template", "location", "scopes"],
    more: &[],
    aliases: &[("label", "title"), ("arguments", "inputparameters"), ("template", "messages")],
};

static PROMPTS: ListShape = ListShape {
    key: "prompts",
    entry_keys: &["name", "template", "location"],
    named: Some(|member| with_name("name", member)),
};

static ARGUMENT: ObjectShape = ObjectShape {
    what: "an argument of a prompt",
    keys: &["name", "label", "description", "required"],
    more: &[],
    aliases: &[("label", "title")],
};

static ARGUMENTS: ListShape =
    ListShape { key: "arguments", entry_keys: &["name"], named: Some(|member| with_name("name", member)) };

static MESSAGE: ObjectShape = ObjectShape {
    what: "a message of a prompt",
    keys: &["role", "content"],
    more: &[],
    aliases: &[("content", "text message")],
};

static TEMPLATE: ListShape = ListShape { key: "template", entry_keys: &["role", "content"], named: None };

impl Reader {
    pub(super) fn mcp_resources(&mut self, fields: &mut Fields) -> Vec<McpResource> {
        self.list_field(fields, &RESOURCES, |reader, node| reader.read_or_skip(node, Self::mcp_resource))
    }

    fn mcp_resource(&mut self, node: Node) -> Option<McpResource> {
        let mut fields = self.object(node, &RESOURCE)?;
        let uri = self.required(&mut fields, "uri", "an MCP resource", "write `uri: SCHEME://NAME`")?;
        let name = self.text_field(&mut fields, "name").unwrap_or_else(|| crate::names::resource(&uri));
        let behaviour = self.behaviour(&mut fields);
        Some(McpResource {
            name,
            label: self.text_field(&mut fields, "label"),
            uri,
            description: self.text_field(&mut fields, "description"),
            mime_type: self.text_field(&mut fields, "mimeType"),
            call: behaviour.call,
            with: behaviour.with,
            steps: behaviour.steps,
            mappings: behaviour.mappings,
            output_parameters: self.outputs_field(&mut fields, outputs::Side::Exposed),
            location: self.text_field(&mut fields, "location"),
            scopes: self.scopes(&mut fields),
        })
    }

    pub(super) fn mcp_prompts(&mut self, fields: &mut Fields) -> Vec<McpPrompt> {
        self.list_field(fields, &PROMPTS, |reader, node| reader.read_or_skip(node, Self::mcp_prompt))
    }

    fn mcp_prompt(&mut self, node: Node) -> Option<McpPrompt> {
        let mut fields = self.object(node, &PROMPT)?;
        Some(McpPrompt {
            name: self.required(&mut fields, "name", "an MCP prompt", "write `name: NAME`, in kebab-case")?,
            label: self.text_field(&mut fields, "label"),
            description: self.text_field(&mut fields, "description"),
            arguments: self.list_field(&mut fields, &ARGUMENTS, |reader, node| {
                let mut fields = reader.object(node, &ARGUMENT)?;
                Some(PromptArgument {
                    name: reader.required(&mut fields, "name", "an argument of a prompt", "write `name: NAME`")?,
                    label: reader.text_field(&mut fields, "label"),
                    description: reader.text_field(&mut fields, "description"),
                    required: reader.flag_field(&mut fields, "required"),
                })
            }),
            template: self.list_field(&mut fields, &TEMPLATE, Self::prompt_message),
            location: self.text_field(&mut fields, "location"),
            scopes: self.scopes(&mut fields),
        })
    }

    fn prompt_message(&mut self, node: Node) -> Option<PromptMessage> {
        let mut fields = self.object(node, &MESSAGE)?;
        let role = self.field(&mut fields, "role", |reader, node| {
            let place = node.place;
            let word = reader.text("role", node)?;
            match word.as_str() {
                "user" => Some(PromptRole::User),
                "assistant" => Some(PromptRole::Assistant),
                other => {
                    let message = format!("expected `user` or `assistant`, found `{}`", plain(other));
                    reader.error(place, message, "write `role: user` or `role: assistant`");
                    None
                }
            }
        });
        let content = self.required(&mut fields, "content", "a message of a prompt", "write `content: TEXT`")?;
        Some(PromptMessage { role: role.unwrap_or_default(), content })
    }
}
