//! Operations that adapters share, and orchestrations: aggregates, their functions, steps.

use super::{InputParameter, OutputParameter};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Functions under one namespace, which routes and tools refer to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aggregate {
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The first part of `ref: NAMESPACE.FUNCTION`.
    pub namespace: String,
    /// Its functions.
    #[serde(default)]
    pub functions: Vec<Function>,
    /// The names of its functions that cannot be read. Operations that refer to them cannot run.
    #[serde(skip)]
    pub unreadable_names: Vec<String>,
}

/// One function of an aggregate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Function {
    /// Its name within the aggregate.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its hints, for all adapters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantics: Option<Semantics>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// Calls and lookups in order, instead of one call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its outputs, and parameters of its steps, come from, if it has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// Its input parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// Its output parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
}

/// The hints of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Semantics {
    /// Whether the function changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<bool>,
    /// Whether calling the function again has no further effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// Whether the result may be cached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacheable: Option<bool>,
}

/// One step of an orchestration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// Calls a consumed operation.
    Call {
        /// The name of its result in later steps and mappings.
        name: String,
        /// `NAMESPACE.OPERATION`.
        call: String,
        /// Where the operation's parameters come from.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        with: IndexMap<String, Value>,
    },
    /// Looks up values in the result of an earlier step.
    Lookup {
        /// The name of its result in later steps and mappings.
        name: String,
        /// The list of objects that is searched: the result of a step (`users`), or a part of it (`users.items`). If the result of the
        /// step is not a list, the list that the step's operation declares as its output is searched.
        index: String,
        /// The name of the member to compare, in each entry.
        #[serde(rename = "match")]
        key: String,
        /// The value or list of values to compare with: a JSONPath into the results of earlier steps, or an input (`tools.id`).
        lookup_value: String,
        /// The members of the entry that are the result; all members if the list is empty.
        #[serde(default)]
        output_parameters: Vec<String>,
    },
    /// Runs a script. Scripts are not supported; the step is kept so that the error can name it.
    Script(serde_json::Map<String, Value>),
}

impl Step {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Call { name, .. } | Self::Lookup { name, .. } => name,
            Self::Script(keys) => keys.get("name").and_then(Value::as_str).unwrap_or_default(),
        }
    }
}

/// The source of one output of an orchestration, or of one parameter of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The output parameter, where a dotted name is a member of an object (`user.name`); or `STEP.PARAMETER`, if the first part is the
    /// name of a step.
    pub target_name: String,
    /// The value: a JSONPath into the results of the steps (`$.step.member`), an input, a variable or a constant.
    pub value: String,
}
