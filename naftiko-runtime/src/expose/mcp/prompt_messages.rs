//! The messages of a prompt: the result of a method, or a filled template or file.

use super::adapter::McpAdapter;
use super::content;
use super::fault;
use super::prompts::PromptEntry;
use crate::error::Error;
use crate::operation::{Context, Operation, PromptMessage, prompt_text};
use crate::schema::{self, OwnedArgument};
use naftiko_spec::model::PromptRole;
use naftiko_spec::template::prompt_pieces;
use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, PromptMessage as Message};
use serde_json::Value;
use std::borrow::Cow;

impl PromptEntry {
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
fn method_arguments(operation: &Operation, texts: &[(&str, &str)]) -> Result<Vec<OwnedArgument>, Error> {
    let of = |input: &schema::InputSchema| {
        let text = texts.iter().find(|(name, _)| *name == input.argument.name).map(|(_, text)| *text);
        let given = text.map_or(OwnedArgument::Absent, |text| OwnedArgument::Text(Cow::Owned(text.to_owned())));
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
