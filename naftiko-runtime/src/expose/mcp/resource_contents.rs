//! The contents of a resource: the result of a method, a file of a folder, or a file of a skill.

use super::adapter::McpAdapter;
use super::cache_hints::LIST_LIFETIME;
use super::content;
use super::fault;
use super::resources::{ResourceEntry, UriTarget};
use crate::error::Error;
use crate::operation::Context;
use crate::schema::{self, OwnedArgument};
use http::StatusCode;
use naftiko_spec::template::same_name;
use rmcp::ErrorData;
use rmcp::model::ResourceContents;
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;

impl ResourceEntry {
    /// Returns the arguments of a call: the values of the placeholders.
    fn arguments(&self, values: &[(&str, String)]) -> Result<Vec<OwnedArgument>, Error> {
        let of = |input: &schema::InputSchema| {
            let name = input.argument.name.as_str();
            let value = values.iter().find(|(placeholder, _)| same_name(placeholder, name));
            let given = match value {
                Some((_, value)) => OwnedArgument::Text(Cow::Owned(value.clone())),
                None if input.argument.required => return Err(schema::missing(name)),
                None => OwnedArgument::Absent,
            };
            schema::check(input, &given)?;
            Ok(given)
        };
        self.operation.inputs.iter().map(of).collect()
    }
}

impl UriTarget<'_> {
    /// Returns whether the target is a method that takes a context.
    pub(super) fn takes_context(&self) -> bool {
        matches!(self, Self::Method(entry, _) if entry.operation.fragment.takes_context)
    }

    /// Returns the content of the resource, and how long clients may cache it.
    pub(super) async fn read(
        &self,
        adapter: &McpAdapter,
        uri: &str,
        context: Context,
    ) -> Result<(Vec<ResourceContents>, Duration), ErrorData> {
        let read = async {
            match self {
                Self::Method(entry, values) => {
                    let given = entry.arguments(values).map_err(|error| error.in_operation(entry.operation.name()))?;
                    let mime_type = entry.resource.mime_type.as_deref();
                    content::resource_contents(adapter, &entry.operation, given, context, (uri, mime_type)).await
                }
                Self::File(folder, path) => {
                    let contents = folder.read(path, uri, adapter.capability.limits().blob).await?;
                    Ok((contents, Duration::ZERO))
                }
                Self::Skill(file) => Ok((vec![file.read(uri)], LIST_LIFETIME)),
            }
        };
        read.await.map_err(|error| error_data(&error, uri))
    }
}

/// Converts the error of reading a resource to MCP.
fn error_data(error: &Error, uri: &str) -> ErrorData {
    let data = Some(json!({ "uri": uri }));
    if error.status() == StatusCode::NOT_FOUND {
        return ErrorData::resource_not_found(fault::message(error), data);
    }
    fault::error_data(error, data)
}
