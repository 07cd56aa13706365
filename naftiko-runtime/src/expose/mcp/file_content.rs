//! The content of files: read within the limits, and as the content of a resource.

use crate::error::{Error, Result};
use crate::limits::CallBudget;
use crate::operation::call::unanswered;
use crate::operation::{Capability, Download, Operation, base64};
use bytes::BytesMut;
use futures_util::TryStreamExt;
use http::StatusCode;
use rmcp::model::ResourceContents;
use std::time::Duration;

/// Reads a file.
///
/// # Errors
/// Returns an error if the file is larger than the limit, or cannot be read within `time_limit`.
pub(super) async fn read_file(
    capability: &Capability,
    operation: &Operation,
    file: Download,
    time_limit: Duration,
    call_budget: &CallBudget,
) -> Result<BytesMut> {
    let limit = capability.limits().blob;
    let too_large = |size: String| {
        let message = format!("the file has {size} bytes, but the limit is {limit}: request a part of it");
        Error::new(StatusCode::BAD_GATEWAY, message).in_operation(operation.name())
    };
    if let Some(length) = file.length().filter(|length| *length > limit as u64) {
        return Err(too_large(length.to_string()));
    }
    let pieces = file.try_fold(BytesMut::new(), |mut whole, piece| async move {
        whole.extend_from_slice(&piece);
        // One byte more than the limit proves that the file is too large.
        if whole.len() > limit { Err(too_large(format!("more than {limit}"))) } else { Ok(whole) }
    });
    let bytes = crate::operation::call::in_time(operation, pieces, time_limit).await?;
    // The file is base64-encoded, and copied once more into the answer.
    call_budget.reserve(bytes.len().saturating_mul(3)).map_err(|error| unanswered(operation, error))?;
    Ok(bytes)
}

/// Converts bytes to the content of a resource: text if its media type is textual and it is UTF-8, base64 otherwise.
pub(super) fn file_contents(content: &[u8], uri: &str, mime_type: &str) -> ResourceContents {
    let essence = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let structured = ["json", "xml", "yaml", "toml", "javascript"].iter().any(|word| essence.ends_with(word));
    let text = (essence.starts_with("text/") || structured).then(|| std::str::from_utf8(content).ok()).flatten();
    match text {
        Some(text) => ResourceContents::text(text, uri),
        None => ResourceContents::blob(base64(content), uri),
    }
    .with_mime_type(mime_type)
}
