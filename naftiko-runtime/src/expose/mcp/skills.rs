//! The skills of one MCP adapter: their list, and their files as resources (SEP-2640).

use super::file_content::file_contents;
use crate::operation::{Capability, SkillFolder, encoded};
use crate::upload::media_type_of;
use bytes::Bytes;
use naftiko_spec::model::Expose;
use naftiko_spec::skill::SKILL_MD;
use rmcp::ErrorData;
use rmcp::model::{
    DIRECTORY_MIME_TYPE, JsonObject, Resource, ResourceContents, Skill, SkillFrontmatter, SkillResource, SkillResources,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The extension of MCP that lists skills.
pub(super) const EXTENSION: &str = rmcp::model::SKILLS_EXTENSION_ID;

/// The type of a file whose name does not show its type.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// The skills of an adapter.
#[derive(Default)]
pub(super) struct Skills {
    entries: Vec<Skill>,
    files: HashMap<String, SkillFile>,
    /// The direct children of each folder, by the URI of the folder: files, and folders that contain files.
    folders: HashMap<String, Vec<Resource>>,
}

/// A file of a skill.
pub(super) struct SkillFile {
    content: Bytes,
    mime_type: &'static str,
}

impl Skills {
    /// Creates the skills of the adapter at that index in the document's `exposes`: a skill adapter has its own skills,
    /// any other adapter has all skills except those of skill adapters that authenticate their own callers.
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
            let mime_type = media_type_of(path).unwrap_or(UNKNOWN_TYPE);
            self.files.insert(uri_of(path), SkillFile { content: content.clone(), mime_type });
        }
        let mut paths: Vec<&(String, Bytes)> = folder.files.iter().collect();
        paths.sort();
        for (path, content) in paths {
            let mut parent = format!("skill://{name}");
            let (folders, file) =
                path.rsplit_once('/').map_or((None, path.as_str()), |(folders, file)| (Some(folders), file));
            for inner in folders.into_iter().flat_map(|folders| folders.split('/')) {
                let uri = format!("{parent}/{}", encoded(inner));
                let siblings = self.folders.entry(parent).or_default();
                if siblings.iter().all(|sibling| sibling.uri != uri) {
                    siblings.push(Resource::new(&uri, inner).with_mime_type(DIRECTORY_MIME_TYPE));
                }
                parent = uri;
            }
            let mut resource = Resource::new(uri_of(path), file);
            resource.mime_type = Some(media_type_of(path).unwrap_or(UNKNOWN_TYPE).to_owned());
            resource.size = Some(content.len() as u64);
            self.folders.entry(parent).or_default().push(resource);
        }
        self.entries.push(Skill::new(uri, front_matter, SkillResources::Files(resources)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns all skills, with the digests of their files.
    pub(super) fn list(&self) -> Vec<Skill> {
        self.entries.clone()
    }

    /// Returns the skill whose `SKILL.md` has that URI.
    pub(super) fn get(&self, uri: &str) -> Result<&Skill, ErrorData> {
        self.entries.iter().find(|skill| skill.uri == uri).ok_or_else(|| unknown("skill", uri))
    }

    /// Returns the direct children of the folder with that URI: the folder of a skill, or a folder in it. The URI may
    /// end with a slash.
    pub(super) fn folder(&self, uri: &str) -> Result<&[Resource], ErrorData> {
        let folder = self.folders.get(uri.strip_suffix('/').unwrap_or(uri));
        folder.map(Vec::as_slice).ok_or_else(|| unknown("folder of a skill", uri))
    }

    /// Returns the file with that URI.
    pub(super) fn file(&self, uri: &str) -> Option<&SkillFile> {
        self.files.get(uri)
    }

    /// Returns the `SKILL.md` of each skill, for the list of resources.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource> {
        self.entries.iter().map(|skill| {
            let mut resource = Resource::new(&skill.uri, skill.name());
            resource.description = Some(skill.frontmatter.description.clone());
            resource.mime_type = Some("text/markdown".to_owned());
            resource
        })
    }

    /// Returns the declaration of the extension in the server's capabilities; `None` without skills.
    pub(super) fn extension(&self) -> Option<BTreeMap<String, JsonObject>> {
        let settings = JsonObject::from_iter([("directoryRead".to_owned(), Value::Bool(true))]);
        (!self.is_empty()).then(|| BTreeMap::from([(EXTENSION.to_owned(), settings)]))
    }
}

/// Returns the error for a URI that leads to nothing of that kind.
fn unknown(what: &str, uri: &str) -> ErrorData {
    let message = format!("unknown {what} `{}`", naftiko_spec::printable(uri));
    ErrorData::invalid_params(message, None)
}

impl SkillFile {
    /// Returns the content of the file, as the resource with this URI.
    pub(super) fn read(&self, uri: &str) -> ResourceContents {
        file_contents(&self.content, uri, self.mime_type)
    }
}
