//! The prompts of one MCP adapter: methods, templates and files.

use super::confirmation;
use super::rights::Rights;
use crate::operation::{Capability, Operation};
use crate::schema;
use crate::telemetry::OTHER;
use naftiko_spec::model::{Expose, McpPrompt};
use rmcp::ErrorData;
use rmcp::model::{Prompt, PromptArgument};
use std::sync::Arc;

/// All prompts of an adapter.
#[derive(Default)]
pub(super) struct Prompts {
    entries: Vec<PromptEntry>,
    /// The prompts that are not served, each with the reason.
    unserved: Vec<(String, String)>,
}

/// One prompt.
pub(super) struct PromptEntry {
    pub(super) prompt: McpPrompt,
    /// The method that returns its messages; `None` for a template or a file.
    pub(super) operation: Option<Arc<Operation>>,
}

impl Prompts {
    /// Creates the prompts of an adapter, by its index in the document's `exposes`.
    pub(super) fn of(capability: &Capability, expose: Option<usize>) -> Self {
        let (mut entries, mut unserved) = (Vec::<PromptEntry>::new(), Vec::<(String, String)>::new());
        for operation in capability.operations() {
            for part in operation.fragment.prompts.iter().filter(|part| Some(part.expose) == expose) {
                if let Some(why) = confirmation::unserved(operation, capability, expose) {
                    unserved.push((part.prompt.name.clone(), why));
                    continue;
                }
                entries.push(PromptEntry { prompt: part.prompt.clone(), operation: Some(operation.clone()) });
            }
        }
        let adapter = expose.and_then(|at| capability.document().capability.exposes.get(at));
        if let Some(Expose::Mcp(adapter)) = adapter {
            for prompt in &adapter.prompts {
                let is_served = entries.iter().any(|entry| entry.prompt.name == prompt.name);
                let is_unserved = unserved.iter().any(|(name, _)| *name == prompt.name);
                if !is_served && !is_unserved {
                    entries.push(PromptEntry { prompt: prompt.clone(), operation: None });
                }
            }
        }
        Self { entries, unserved }
    }

    /// Logs the prompts that are not served, when their adapter is served.
    pub(super) fn log_unserved(&self) {
        for (name, why) in &self.unserved {
            tracing::warn!("the prompt `{name}` is not served: {why}");
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether callers of any prompt need scopes.
    pub(super) fn have_scopes(&self) -> bool {
        self.entries.iter().any(|entry| !entry.prompt.scopes.is_empty())
    }

    /// Returns whether any prompt has an argument.
    pub(super) fn have_arguments(&self) -> bool {
        self.entries.iter().any(|entry| !entry.prompt.arguments.is_empty())
    }

    pub(super) fn list(&self, rights: &Rights) -> Vec<Prompt> {
        let of = |entry: &PromptEntry| {
            let declared = &entry.prompt;
            let arguments = declared.arguments.iter().map(|argument| {
                let mut shown = PromptArgument::new(&argument.name).with_required(argument.required != Some(false));
                shown.title.clone_from(&argument.label);
                shown.description.clone_from(&argument.description);
                shown
            });
            let arguments: Vec<PromptArgument> = arguments.collect();
            let mut prompt =
                Prompt::new(&declared.name, entry.description(), (!arguments.is_empty()).then_some(arguments));
            prompt.title.clone_from(&declared.label);
            prompt
        };
        self.entries.iter().filter(|entry| rights.include(&entry.prompt.scopes)).map(of).collect()
    }

    /// Returns all prompts, with the schemas of their arguments.
    #[cfg(feature = "page")]
    pub(super) fn offered(&self) -> Vec<super::offered::OfferedPrompt> {
        let of = |entry: &PromptEntry| {
            let inputs = entry.operation.as_ref().map_or(&[][..], |operation| &operation.inputs);
            let arguments = entry.prompt.arguments.iter().map(|argument| {
                let description = argument.description.as_deref().or(argument.label.as_deref());
                super::offered::OfferedArgument::of(
                    &argument.name,
                    description,
                    argument.required != Some(false),
                    inputs,
                )
            });
            super::offered::OfferedPrompt {
                name: entry.prompt.name.clone(),
                title: entry.prompt.label.clone(),
                description: entry.description(),
                arguments: arguments.collect(),
            }
        };
        self.entries.iter().map(of).collect()
    }

    /// Returns the name of a prompt for measurements: [`OTHER`] if it is unknown.
    pub(super) fn known<'n>(&self, name: &'n str) -> &'n str {
        if self.entries.iter().any(|entry| entry.prompt.name == name) { name } else { OTHER }
    }

    /// Finds a prompt by its name. The error suggests only prompts that the caller may use.
    pub(super) fn find(&self, name: &str, rights: &Rights) -> Result<&PromptEntry, ErrorData> {
        self.entries.iter().find(|entry| entry.prompt.name == name).ok_or_else(|| {
            let permitted = self.entries.iter().filter(|entry| rights.include(&entry.prompt.scopes));
            let names = permitted.map(|entry| entry.prompt.name.as_str());
            ErrorData::invalid_params(schema::unknown("prompt", name, names).to_string(), None)
        })
    }
}

impl PromptEntry {
    fn description(&self) -> Option<String> {
        let of_method = || self.operation.as_ref()?.fragment.description.clone();
        self.prompt.description.clone().or_else(of_method)
    }

    /// Returns whether the method of this prompt takes a context.
    pub(super) fn takes_context(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.fragment.takes_context)
    }
}
