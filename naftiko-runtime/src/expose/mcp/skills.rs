//! The skills of one MCP adapter: their list, and their files as resources (SEP-2640).

use super::content::file_contents;
use crate::operation::{Capability, SkillFolder, encoded};
use crate::upload::media_type_of;
use bytes::Bytes;
use naftiko_spec::model::Expose;
use naftiko_spec::skill::SKILL_MD;
use rmcp::model::{JsonObject, Resource, ResourceContents, Skill, SkillFrontmatter, SkillResource, SkillResources};
use std::collections::{BTreeMap, HashMap};

/// The extension of MCP that lists skills.
pub(super) const EXTENSION: &str = rmcp::model::SKILLS_EXTENSION_ID;

/// The skills of an adapter.
#[derive(Default)]
pub(super) struct Skills {
    skills: Vec<Skill>,
    files: HashMap<String, SkillFile>,
}

/// A file of a skill.
pub(super) struct SkillFile {
    content: Bytes,
    mime_type: &'static str,
}

impl Skills {
    /// Creates the skills of the adapter at that index in the document's `exposes`: a skill adapter has its own skills,
    /// any other adapter has all skills but those of skill adapters that authenticate their own callers.
    pub(super) fn of(capability: &Capability, expose: Option<usize>) -> Self {
        let exposes = &capability.document().capability.exposes;
        let own = expose.filter(|at| matches!(exposes.get(*at), Some(Expose::Skill(_))));
        let mut skills = Self::default();
        let is_open = |at: usize| exposes.get(at).is_none_or(|skills| skills.authentication().is_none());
        for folder in capability.skills() {
            if own.map_or_else(|| is_open(folder.expose), |own| own == folder.expose) {
                skills.add(folder);
            }
        }
        skills
    }

    fn add(&mut self, folder: &SkillFolder) {
        let (Some(name), Some(description)) = (folder.text("name"), folder.text("description")) else { return };
        let uri_of = |path: &str| {
            let segments: Vec<String> = path.split('/').map(encoded).collect();
            format!("skill://{name}/{}", segments.join("/"))
        };
        let uri = uri_of(SKILL_MD);
        if self.files.contains_key(&uri) {
            tracing::warn!("another skill has the name `{name}`: only the first is served");
            return;
        }
        let mut front_matter = SkillFrontmatter::new(name, description);
        for (key, value) in
            folder.front_matter.iter().filter(|(key, _)| !["name", "description"].contains(&key.as_str()))
        {
            front_matter = front_matter.with_field(key, value.clone());
        }
        let mut resources = Vec::new();
        for (path, content) in &folder.files {
            resources.push(SkillResource::from_bytes(uri_of(path), content));
            let mime_type = media_type_of(path).unwrap_or("application/octet-stream");
            self.files.insert(uri_of(path), SkillFile { content: content.clone(), mime_type });
        }
        self.skills.push(Skill::new(uri, front_matter, SkillResources::Files(resources)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.skills.is_empty()
    }

    /// Returns all skills, with the digests of their files.
    pub(super) fn list(&self) -> Vec<Skill> {
        self.skills.clone()
    }

    /// Returns the skill whose `SKILL.md` has that URI.
    pub(super) fn get(&self, uri: &str) -> Option<&Skill> {
        self.skills.iter().find(|skill| skill.uri == uri)
    }

    /// Returns the file with that URI.
    pub(super) fn file(&self, uri: &str) -> Option<&SkillFile> {
        self.files.get(uri)
    }

    /// Returns the `SKILL.md` of each skill, for the list of resources.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource> {
        self.skills.iter().map(|skill| {
            let mut resource = Resource::new(&skill.uri, skill.name());
            resource.description = Some(skill.frontmatter.description.clone());
            resource.mime_type = Some("text/markdown".to_owned());
            resource
        })
    }

    /// Returns the declaration of the extension in the server's capabilities; `None` without skills.
    pub(super) fn extension(&self) -> Option<BTreeMap<String, JsonObject>> {
        (!self.is_empty()).then(|| BTreeMap::from([(EXTENSION.to_owned(), JsonObject::new())]))
    }
}

impl SkillFile {
    /// Returns the content of the file, as the resource with this URI.
    pub(super) fn read(&self, uri: &str) -> ResourceContents {
        file_contents(&self.content, uri, self.mime_type)
    }
}
