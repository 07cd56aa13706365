//! Bodies that are not JSON: a streamed file, a string, a form or a multipart form.

use super::body::{self, media_type};
use super::body_error::{too_late, unsupported};
use super::decoding::decode_stream;
use super::given::{BodyArguments, file_limit};
use super::{form, multipart};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::operation::OwnedArgument;
use crate::upload::Upload;
use axum::body::Body;
use http::HeaderMap;
use http_body::Body as _;
use naftiko_spec::model::BodyKind;

/// Reads a body that is not JSON. Returns `false`, without reading the body, if it must be read as JSON.
///
/// # Errors
/// Returns an error if the Content-Type is not supported, or the body is too large, too slow, incomplete or not valid.
pub(super) async fn read(
    arguments: &mut BodyArguments<'_, '_>,
    headers: &HeaderMap,
    body: &mut Body,
    limits: &Limits,
) -> Result<bool> {
    let kind = arguments.first().and_then(|(input, _)| input.argument.body);
    match (kind, arguments) {
        (Some(BodyKind::MultipartForm), arguments) => {
            let Some(boundary) = multipart::boundary(media_type(headers)) else {
                return expect_json(headers, body, BodyKind::MultipartForm).map(|()| false);
            };
            let body = decode_stream(headers, std::mem::take(body), form_limit(arguments, limits))?;
            let boundary = boundary?;
            let reading = multipart::read(arguments, &boundary, body, limits);
            tokio::time::timeout(limits.operation, reading).await.unwrap_or_else(|_| Err(too_late()))?;
            Ok(true)
        }
        (Some(BodyKind::Binary), [(input, given)]) if input.argument.file => {
            if body.is_end_stream() && media_type(headers).is_empty() {
                return Ok(true);
            }
            let file = body::file(headers, std::mem::take(body), file_limit(input, limits)).await?;
            let declared = Some(media_type(headers)).filter(|declared| !declared.is_empty());
            **given = OwnedArgument::Upload(declared.into_iter().fold(file, Upload::typed));
            Ok(true)
        }
        (Some(BodyKind::FormUrlEncoded), [(input, given)]) => {
            if !form::is_form(media_type(headers)) {
                return expect_json(headers, body, BodyKind::FormUrlEncoded).map(|()| false);
            }
            let body = decode_stream(headers, std::mem::take(body), limits.body)?;
            let bytes = body::read_any(headers, body, limits).await?;
            if !bytes.is_empty() {
                **given = OwnedArgument::Value(form::read(input, &bytes)?);
            }
            Ok(true)
        }
        (Some(kind), [(_, given)]) if kind.is_text() && !body::is_json(headers) && !body.is_end_stream() => {
            if media_type(headers).is_empty() {
                let why = format!("the body has no Content-Type: send `{}`, or JSON", kind.media_type());
                return Err(unsupported(why));
            }
            let body = decode_stream(headers, std::mem::take(body), limits.body)?;
            let bytes = body::read_any(headers, body, limits).await?;
            let text = String::from_utf8(bytes.into());
            **given = OwnedArgument::Text(text.map_err(|_| Error::argument("", "the body is not UTF-8 text"))?.into());
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Checks that a body can be read as JSON, since its Content-Type is not the type of `kind`.
fn expect_json(headers: &HeaderMap, body: &Body, kind: BodyKind) -> Result<()> {
    if body.is_end_stream() || body::is_json(headers) {
        return Ok(());
    }
    let found = if media_type(headers).is_empty() {
        "the body has no Content-Type".to_owned()
    } else {
        format!("the Content-Type {}is not supported here", body::shown_type(headers))
    };
    Err(unsupported(format!("{found}: send `{}` or `application/json`", kind.media_type())))
}

/// Returns the maximum size of a form: the limit of bodies plus the limits of its files.
fn form_limit(arguments: &BodyArguments<'_, '_>, limits: &Limits) -> usize {
    let files = arguments.iter().filter(|(input, _)| input.argument.file).map(|(input, _)| file_limit(input, limits));
    files.fold(limits.body, usize::saturating_add)
}
