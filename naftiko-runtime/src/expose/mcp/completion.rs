//! Completes arguments: by a method, or from the values that a schema lists.

use super::adapter::McpAdapter;
use super::content;
use super::fault;
use super::rights::Rights;
use crate::operation::Operation;
use crate::schema::{self, InputSchema, OwnedArgument};
use naftiko_spec::template::same_name;
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The maximum number of values in an answer (MCP, `completion/complete`).
const MAX_VALUES: usize = 100;

/// Completes an argument of a prompt or of a resource template.
pub(super) async fn complete(
    adapter: &McpAdapter,
    request: CompleteRequestParams,
    rights: &Rights,
) -> Result<CompleteResult, ErrorData> {
    let operation = match &request.r#ref {
        Reference::Prompt(prompt) => {
            let entry = adapter.prompts.find(&prompt.name, rights)?;
            rights.check(&entry.prompt.scopes)?;
            entry.operation.clone()
        }
        Reference::Resource(resource) => {
            let entry = adapter.resources.template(&resource.uri).ok_or_else(|| {
                let printed = naftiko_spec::printable(&resource.uri);
                ErrorData::invalid_params(format!("unknown resource template `{printed}`"), None)
            })?;
            rights.check(&entry.resource.scopes)?;
            Some(entry.operation.clone())
        }
        _ => None,
    };
    let typed = request.argument.value.as_str();
    let Some(operation) = operation else { return result(Vec::new()) };
    let matches = |input: &InputSchema| same_name(&input.argument.name, &request.argument.name);
    let Some(at) = operation.inputs.iter().position(matches) else { return result(Vec::new()) };
    let by_method = operation.fragment.completions.iter().find(|completion| completion.argument == at);
    let completer = by_method.and_then(|completion| adapter.capability.operation(&completion.operation));
    if let Some(completer) = completer {
        let others = request.context.and_then(|context| context.arguments).unwrap_or_default();
        let other =
            |name: &str| others.iter().find(|(known, _)| same_name(known, name)).map(|(_, value)| value.clone());
        let given = arguments(completer, typed, other);
        let given = given.map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let values = content::completions(adapter, completer, given).await;
        return result(values.map_err(|error| fault::error_data(&error, None))?);
    }
    let choices = operation.inputs.get(at).map(|input| choices(&input.schema)).unwrap_or_default();
    let folded = typed.to_lowercase();
    result(choices.into_iter().filter(|choice| choice.to_lowercase().starts_with(&folded)).collect())
}

/// Returns the arguments of the completing method: first the text typed so far, then the values of other arguments, which `other`
/// returns by name.
fn arguments(
    completer: &Arc<Operation>,
    typed: &str,
    other: impl Fn(&str) -> Option<String>,
) -> crate::error::Result<Vec<OwnedArgument>> {
    let of = |(at, input): (usize, &InputSchema)| {
        let text = if at == 0 { Some(typed.to_owned()) } else { other(&input.argument.name) };
        let given = text.map_or(OwnedArgument::Absent, |text| OwnedArgument::Text(Cow::Owned(text)));
        schema::check(input, &given)?;
        Ok(given)
    };
    completer.inputs.iter().enumerate().map(of).collect()
}

/// Returns the first [`MAX_VALUES`] completions, with their total number and whether more exist.
fn result(mut values: Vec<String>) -> Result<CompleteResult, ErrorData> {
    let total = u32::try_from(values.len()).ok();
    let has_more = values.len() > MAX_VALUES;
    values.truncate(MAX_VALUES);
    let mut info = CompletionInfo::new(values).map_err(|error| ErrorData::internal_error(error, None))?;
    (info.total, info.has_more) = (total, Some(has_more));
    Ok(CompleteResult::new(info))
}

/// Returns the scalars that a schema lists, in `enum` or as `const` in `oneOf` or `anyOf`, as callers write them in a text.
fn choices(schema: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let listed = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut choices: Vec<String> = listed("enum").filter_map(text).collect();
    for one in listed("oneOf").chain(listed("anyOf")) {
        choices.extend(one.get("const").and_then(text));
        choices.extend(self::choices(one));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::choices;
    use serde_json::json;

    #[test]
    fn numbers_and_booleans_are_completed_as_callers_write_them() {
        let schema = json!({ "anyOf": [{ "enum": [10, 2.5, -1, "ten", null] }, { "const": 11 }, { "enum": [true] }] });
        assert_eq!(choices(&schema), ["10", "2.5", "-1", "ten", "11", "true"]);
    }
}
