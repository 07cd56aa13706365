//! The resources of one MCP adapter: methods with a URI or a URI template, folders of files, and skills.

use super::confirmation;
use super::folder::Folder;
use super::rights::Rights;
use super::skills::{SkillFile, Skills};
use super::uri_template::UriTemplate;
use crate::operation::{Capability, Operation};
use naftiko_spec::model::{Expose, McpResource};
use naftiko_spec::template::{UriTemplateFault, uri_template_fault};
use rmcp::ErrorData;
use rmcp::model::{Resource, ResourceTemplate};
use serde_json::json;
use std::cmp::Reverse;
use std::sync::Arc;

/// All resources of an adapter.
#[derive(Default)]
pub(super) struct Resources {
    methods: Vec<ResourceEntry>,
    folders: Vec<Folder>,
    pub(super) skills: Skills,
    /// Why resources of the document are not served.
    unserved: Vec<String>,
}

/// A method with a URI or a URI template.
pub(super) struct ResourceEntry {
    pub(super) resource: McpResource,
    template: UriTemplate,
    pub(super) operation: Arc<Operation>,
}

/// The target of a URI.
pub(super) enum UriTarget<'a> {
    /// A method, and the values of the placeholders by name.
    Method(&'a ResourceEntry, Vec<(&'a str, String)>),
    /// A folder, and the path of a file in the folder; empty for a single file.
    File(&'a Folder, String),
    Skill(&'a SkillFile),
}

impl Resources {
    /// Creates the resources of an adapter, by its index in the document's `exposes`.
    pub(super) fn of(capability: &Capability, expose: Option<usize>) -> Self {
        let (mut methods, mut unserved) = (Vec::new(), Vec::new());
        for operation in capability.operations() {
            for part in operation.fragment.resources.iter().filter(|part| Some(part.expose) == expose) {
                let (resource, operation) = (part.resource.clone(), operation.clone());
                let invalid = uri_template_fault(&resource.uri).map(|UriTemplateFault { message, .. }| message);
                if let Some(why) = invalid.or_else(|| confirmation::unserved(&operation, capability, expose)) {
                    unserved.push(format!("the resource `{}` is not served: {why}", resource.name));
                    continue;
                }
                methods.push(ResourceEntry { template: UriTemplate::parse(&resource.uri), resource, operation });
            }
        }
        let adapter = expose.and_then(|at| capability.document().capability.exposes.get(at));
        let documented = match adapter {
            Some(Expose::Mcp(adapter)) => adapter.resources.as_slice(),
            _ => &[],
        };
        let mut folder = |resource: &McpResource| {
            let location = resource.location.as_deref()?;
            let why = match capability.file(location) {
                Some(Ok(root)) => return Some(Folder::of(resource, root.clone())),
                Some(Err(why)) => why,
                None => {
                    "its `location` is available only if the document is opened with `document::open` or `document::capability`"
                }
            };
            unserved.push(format!("the resource `{}` is not served: {why}", resource.name));
            None
        };
        let folders = documented.iter().filter_map(&mut folder).collect();
        Self { methods, folders, skills: Skills::of(capability, expose), unserved }
    }

    /// Logs the resources that are not served, when their adapter is served.
    pub(super) fn log_unserved(&self) {
        for why in &self.unserved {
            tracing::warn!("{why}");
        }
    }

    /// Returns whether the list can change while the program runs.
    pub(super) fn can_change(&self) -> bool {
        !self.folders.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.folders.is_empty() && self.skills.is_empty()
    }

    /// Returns the resources with a URI, including the current files of folders and the `SKILL.md` of each skill. A file whose URI leads
    /// to another resource is left out.
    pub(super) fn list(&self, rights: &Rights) -> Vec<Resource> {
        let of_method = |entry: &ResourceEntry| {
            let declared = &entry.resource;
            let mut resource = Resource::new(&declared.uri, &declared.name);
            resource.title.clone_from(&declared.label);
            resource.description = entry.description();
            resource.mime_type.clone_from(&declared.mime_type);
            resource
        };
        let methods = self.methods.iter().filter(|entry| !entry.template.is_template());
        let methods = methods.filter(|entry| rights.include(&entry.resource.scopes)).map(of_method);
        let folders = self.folders.iter().filter(|folder| rights.include(folder.scopes()));
        let is_found_in = |folder: &Folder, file: &Resource| match self.find(&file.uri) {
            Ok(UriTarget::File(found, _)) => std::ptr::eq(found, folder),
            _ => false,
        };
        let files = folders.flat_map(|folder| folder.list().into_iter().filter(move |file| is_found_in(folder, file)));
        methods.chain(files).chain(self.skills.resources()).collect()
    }

    /// Returns the URI templates.
    pub(super) fn templates(&self, rights: &Rights) -> Vec<ResourceTemplate> {
        let templates = self.methods.iter().filter(|entry| entry.template.is_template());
        let templates = templates.filter(|entry| rights.include(&entry.resource.scopes)).map(|entry| {
            let declared = &entry.resource;
            let mut template = ResourceTemplate::new(&declared.uri, &declared.name);
            template.title.clone_from(&declared.label);
            template.description = entry.description();
            template.mime_type.clone_from(&declared.mime_type);
            template
        });
        templates.collect()
    }

    /// Returns all resources except skills, with the arguments of templates and folders.
    #[cfg(feature = "page")]
    pub(super) fn offered(&self) -> Vec<super::offered::OfferedResource> {
        let of_method = |entry: &ResourceEntry| {
            let declared = &entry.resource;
            let inputs = &entry.operation.inputs;
            super::offered::OfferedResource {
                name: declared.name.clone(),
                title: declared.label.clone(),
                description: entry.description(),
                uri: declared.uri.clone(),
                mime_type: declared.mime_type.clone(),
                folder: false,
                arguments: entry
                    .template
                    .names()
                    .map(|name| super::offered::OfferedArgument::of(name, None, true, inputs))
                    .collect(),
            }
        };
        self.methods.iter().map(of_method).chain(self.folders.iter().map(Folder::offered)).collect()
    }

    /// Returns the method with this URI template, for completion.
    pub(super) fn template(&self, uri: &str) -> Option<&ResourceEntry> {
        self.methods.iter().find(|entry| entry.resource.uri == uri)
    }

    /// Returns whether readers of any resource need scopes.
    pub(super) fn have_scopes(&self) -> bool {
        self.methods.iter().any(|entry| !entry.resource.scopes.is_empty())
            || self.folders.iter().any(|folder| !folder.scopes().is_empty())
    }

    /// Returns whether any template has an argument.
    pub(super) fn have_arguments(&self) -> bool {
        self.methods.iter().any(|entry| entry.template.is_template())
    }

    /// Finds the target of a URI: a method or a single file with exactly this URI, or else a method with a template, a file of the
    /// folder with the longest URI, or a file of a skill.
    pub(super) fn find(&self, uri: &str) -> Result<UriTarget<'_>, ErrorData> {
        let exact = self.methods.iter().find(|entry| !entry.template.is_template() && entry.resource.uri == uri);
        if let Some(entry) = exact {
            return Ok(UriTarget::Method(entry, Vec::new()));
        }
        if let Some(folder) = self.folders.iter().find(|folder| folder.is_at(uri)) {
            return Ok(UriTarget::File(folder, String::new()));
        }
        for entry in self.methods.iter().filter(|entry| entry.template.is_template()) {
            if let Some(values) = entry.template.match_uri(uri) {
                return Ok(UriTarget::Method(entry, values));
            }
        }
        let files = self.folders.iter().filter_map(|folder| Some((folder, folder.path_of(uri)?)));
        let file = files.min_by_key(|(folder, _)| Reverse(folder.base().len()));
        let file = file.map(|(folder, path)| UriTarget::File(folder, path));
        file.or_else(|| self.skills.file(uri).map(UriTarget::Skill)).ok_or_else(|| not_found(uri))
    }
}

impl ResourceEntry {
    fn description(&self) -> Option<String> {
        self.resource.description.clone().or_else(|| self.operation.fragment.description.clone())
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

/// Returns the error for an unknown resource.
fn not_found(uri: &str) -> ErrorData {
    let printed = naftiko_spec::printable(uri);
    ErrorData::resource_not_found(format!("unknown resource `{printed}`"), Some(json!({ "uri": uri })))
}
