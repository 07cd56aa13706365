//! The prompts of one MCP adapter: methods, templates and files.

use super::approval;
use super::content;
use super::fault;
use super::rights::Rights;
use super::tools::McpAdapter;
use crate::error::Error;
use crate::operation::{Capability, Context, Operation, PromptMessage, prompt_text};
use crate::schema::{self, Given};
use crate::telemetry::OTHER;
use naftiko_spec::model::{Expose, McpPrompt, PromptRole};
use naftiko_spec::template::prompt_pieces;
use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage as Message};
use serde_json::Value;
use std::borrow::Cow;
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
                if let Some(why) = approval::unserved(operation, capability, expose) {
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
    pub(super) fn offered(&self) -> Vec<super::OfferedPrompt> {
        let of = |entry: &PromptEntry| {
            let inputs = entry.operation.as_ref().map_or(&[][..], |operation| &operation.inputs);
            let arguments = entry.prompt.arguments.iter().map(|argument| {
                let description = argument.description.as_deref().or(argument.label.as_deref());
                super::OfferedArgument::of(&argument.name, description, argument.required != Some(false), inputs)
            });
            super::OfferedPrompt {
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

    /// Returns the messages of this prompt, for the given arguments.
    pub(super) async fn get(
        &self,
        adapter: &McpAdapter,
        arguments: JsonObject,
        context: Context,
    ) -> Result<GetPromptResult, ErrorData> {
        let made = async {
            let texts = self.texts(&arguments)?;
            match &self.operation {
                Some(operation) => {
                    let given = method_arguments(operation, &texts)?;
                    content::prompt_messages(adapter, operation, given, context).await
                }
                None => self.render(adapter, &texts).await,
            }
        };
        let messages = made.await.map_err(|error| fault::error_data(&error, None))?;
        let messages: Result<Vec<Message>, _> = messages.iter().map(to_mcp).collect();
        let messages = messages.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let mut result = GetPromptResult::new(messages);
        result.description.clone_from(&self.prompt.description);
        Ok(result)
    }

    /// Returns the given arguments, without nulls.
    ///
    /// # Errors
    /// Returns an error if an argument is not declared or not a string, or if a required argument is missing.
    fn texts<'a>(&self, given: &'a JsonObject) -> Result<Vec<(&'a str, &'a str)>, Error> {
        let declared = &self.prompt.arguments;
        let mut texts = Vec::new();
        for (name, value) in given {
            if !declared.iter().any(|argument| argument.name == *name) {
                return Err(schema::unknown("argument", name, declared.iter().map(|known| known.name.as_str())));
            }
            match value {
                Value::String(text) => texts.push((name.as_str(), text.as_str())),
                Value::Null => {}
                other => {
                    let pointer = schema::pointer(name);
                    let found = schema::kind_of(other);
                    let message =
                        format!("`{pointer}`: expected a string, found {found}; prompt arguments are strings");
                    return Err(Error::argument(pointer, message));
                }
            }
        }
        let is_missing = |name: &str| !texts.iter().any(|(given, _)| *given == name);
        let required = declared.iter().filter(|argument| argument.required != Some(false));
        match required.map(|argument| argument.name.as_str()).find(|name| is_missing(name)) {
            Some(name) => Err(schema::missing(name)),
            None => Ok(texts),
        }
    }

    /// Renders the template or the file of this prompt.
    async fn render(&self, adapter: &McpAdapter, texts: &[(&str, &str)]) -> Result<Vec<PromptMessage>, Error> {
        if let Some(location) = &self.prompt.location {
            let name = &self.prompt.name;
            let unusable = |why: &String| Error::internal(format!("the file of the prompt `{name}`: {why}"));
            let path = match adapter.capability.file(location) {
                Some(Ok(path)) => path.clone(),
                Some(Err(why)) => return Err(unusable(why)),
                None => {
                    let why = "it is available only if the document is opened with `document::open` or `document::capability`";
                    return Err(unusable(&why.to_owned()));
                }
            };
            let limit = adapter.capability.limits().blob;
            let read = tokio::task::spawn_blocking(move || prompt_text(&path, limit));
            let template = read.await.map_err(Error::internal)?;
            let template = template.map_err(|why| unusable(&why))?;
            return Ok(vec![PromptMessage::user(fill(&template, texts))]);
        }
        let messages = self.prompt.template.iter().map(|message| {
            let text = fill(&message.content, texts);
            match message.role {
                PromptRole::User => PromptMessage::user(text),
                PromptRole::Assistant => PromptMessage::assistant(text),
            }
        });
        Ok(messages.collect())
    }
}

/// Returns the arguments of a prompt's method.
fn method_arguments(operation: &Operation, texts: &[(&str, &str)]) -> Result<Vec<Given>, Error> {
    let of = |input: &schema::InputSchema| {
        let text = texts.iter().find(|(name, _)| *name == input.argument.name).map(|(_, text)| *text);
        let given = text.map_or(Given::Absent, |text| Given::Text(Cow::Owned(text.to_owned())));
        schema::check(input, &given)?;
        Ok(given)
    };
    operation.inputs.iter().map(of).collect::<Result<_, Error>>().map_err(|error| error.in_operation(operation.name()))
}

/// Fills a template; missing arguments become empty.
fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let (pieces, rest) = prompt_pieces(template);
    for (before, name) in pieces {
        text.push_str(before);
        let value = texts.iter().find(|(known, _)| *known == name);
        text.push_str(value.map_or("", |(_, value)| value));
    }
    text.push_str(rest);
    text
}

fn to_mcp(message: &PromptMessage) -> Result<Message, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(message)?)
}
