//! The skills that a `type: skill` adapter lists.

use super::{Document, Expose, ExposeOther, Hints};
use serde_json::Value;

/// One skill of a `type: skill` adapter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Skill {
    /// Its name, which is also the name of its folder.
    pub name: String,
    /// Its title, for people.
    pub label: Option<String>,
    /// What it does, and when to use it.
    pub description: String,
    /// Its folder, which contains a `SKILL.md`; without a folder, a `SKILL.md` is written from the other fields.
    pub location: Option<String>,
    /// The MCP server that provides its tools.
    pub server: Option<String>,
    /// The tools that it uses.
    pub tools: Vec<SkillTool>,
}

/// A tool that a skill uses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SkillTool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Its hints.
    pub hints: Option<Hints>,
}

impl ExposeOther {
    /// Returns the skills of a skill adapter, in the order of the document.
    #[must_use]
    pub fn skills(&self) -> Vec<Skill> {
        let skills = self.other_keys.get("skills").and_then(Value::as_array);
        skills.into_iter().flatten().map(skill).collect()
    }
}

impl Document {
    /// Returns whether the skills of a skill adapter have a server of their own. The MCP adapters, if there are any, serve the skills,
    /// too, unless the skill adapter authenticates its callers.
    #[must_use]
    pub fn has_own_server(&self, skills: &Expose) -> bool {
        skills.port().is_some()
            || skills.authentication().is_some()
            || !self.capability.exposes.iter().any(|expose| matches!(expose, Expose::Mcp(_)))
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn skill(value: &Value) -> Skill {
    let tools = value.get("tools").and_then(Value::as_array);
    let tool = |tool: &Value| SkillTool {
        name: text(tool, "name").unwrap_or_default(),
        description: text(tool, "description"),
        hints: tool.get("hints").and_then(|hints| serde_json::from_value(hints.clone()).ok()),
    };
    let server = |tool: &Value| text(tool.get("from")?, "sourceNamespace");
    Skill {
        name: text(value, "name").unwrap_or_default(),
        label: text(value, "label"),
        description: text(value, "description").unwrap_or_default(),
        location: text(value, "location"),
        server: tools.and_then(|tools| tools.iter().find_map(server)),
        tools: tools.into_iter().flatten().map(tool).collect(),
    }
}
