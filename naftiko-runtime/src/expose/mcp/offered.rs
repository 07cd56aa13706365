//! The tools, resources and prompts of an adapter, for its page, regardless of the scopes that callers need for them.

use crate::schema::InputSchema;
use naftiko_spec::model::Hints;
use naftiko_spec::template::same_name;
use rmcp::model::Tool;
use serde::Serialize;
use serde_json::{Value, json};

/// A tool, with the facts that its definition omits.
pub(crate) struct DescribedTool<'a> {
    pub(crate) tool: &'a Tool,
    pub(crate) hints: Hints,
    /// Whether each call needs the approval of a person.
    pub(crate) needs_approval: bool,
    /// Whether its calls can run as tasks.
    pub(crate) has_tasks: bool,
    /// The whole description, even if it only repeats the name.
    pub(crate) description: Option<&'a str>,
    /// The approximate size of its definition, in tokens of a language model.
    pub(crate) tokens: usize,
}

/// A resource, a template of resources, or a folder of files.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedResource {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    /// The URI, with a placeholder for each argument.
    pub(crate) uri: String,
    pub(crate) mime_type: Option<String>,
    /// Whether it is a folder: clients can list its files, and its argument is the path of a file.
    pub(crate) folder: bool,
    pub(crate) arguments: Vec<OfferedArgument>,
}

/// A prompt.
#[derive(Serialize)]
pub(crate) struct OfferedPrompt {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) arguments: Vec<OfferedArgument>,
}

/// An argument of a template or of a prompt.
#[derive(Serialize)]
pub(crate) struct OfferedArgument {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

impl OfferedArgument {
    /// Describes an argument, with the schema of the input of that name, or as a string if `inputs` has no such input.
    pub(super) fn of(name: &str, description: Option<&str>, required: bool, inputs: &[InputSchema]) -> Self {
        let input = inputs.iter().find(|input| same_name(&input.argument.name, name));
        let described = || input?.argument.description.clone();
        Self {
            name: name.to_owned(),
            description: description.map(str::to_owned).or_else(described),
            required,
            schema: input.map_or_else(|| json!({ "type": "string" }), |input| input.schema.clone()),
        }
    }
}
