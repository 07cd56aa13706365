//! The skills of a capability: their front matter and their files.
#![cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP serves them"))]

use bytes::Bytes;
use serde_json::{Map, Value};

/// A skill that `#[capability(skills = "…")]` embeds in a program.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedSkill {
    /// The front matter of its `SKILL.md`, as JSON.
    pub front_matter: &'static str,
    /// Its files: the path in its folder, and the content.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// A skill that is served.
#[derive(Debug, Clone)]
pub(crate) struct SkillFolder {
    /// The index of its adapter in the document's `exposes`.
    pub(crate) expose: usize,
    /// The front matter of its `SKILL.md`, with its name.
    pub(crate) front_matter: Map<String, Value>,
    /// Its files: the path in its folder, and the content.
    pub(crate) files: Vec<(String, Bytes)>,
}

impl SkillFolder {
    /// Creates a skill from an embedded skill. `expose` is the index of its adapter in the document's `exposes`.
    pub(crate) fn embedded(expose: usize, skill: &EmbeddedSkill) -> Self {
        let front_matter = serde_json::from_str(skill.front_matter).unwrap_or_default();
        let files = skill.files.iter().map(|(path, content)| ((*path).to_owned(), Bytes::from_static(content)));
        Self { expose, front_matter, files: files.collect() }
    }

    /// Returns the string at a key of the front matter; `None` if there is none.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.front_matter.get(key)?.as_str()
    }
}
