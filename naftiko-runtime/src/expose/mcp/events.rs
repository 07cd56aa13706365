//! Streams of server-sent events, as rmcp writes them: each frame is one event.

use super::message::is_response;
use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body_util::BodyExt;
use std::ops::Range;

/// The field that contains the message of an event (the HTML standard, section 9.2).
const DATA: &[u8] = b"data: ";

/// Returns the range of the message in an event; `None` if the event does not begin with a message.
fn message_in(event: &[u8]) -> Option<Range<usize>> {
    let rest = event.strip_prefix(DATA)?;
    Some(DATA.len()..DATA.len() + memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
}

/// Changes the message of each event of a stream.
pub(super) fn map_messages(events: Response<Body>, change: impl Fn(Bytes) -> Bytes + Send + 'static) -> Response<Body> {
    let changed = move |event: Bytes| {
        let Some(message) = message_in(&event) else { return event };
        let rest = event.slice(message.end..);
        [DATA, &change(event.slice(message)), &rest].concat().into()
    };
    events.map(|body| Body::new(body.map_frame(move |frame| frame.map_data(&changed))))
}

/// Returns the answer in a stream as JSON, for a client that does not accept streams; `None` if the stream ends without an answer.
pub(super) async fn answer_in(events: Response<Body>) -> Option<Response<Body>> {
    let (mut parts, mut body) = events.into_parts();
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(event) = frame.into_data() else { continue };
        let message = message_in(&event).map(|message| event.slice(message));
        if let Some(answer) = message.filter(|message| is_response(message)) {
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            return Some(Response::from_parts(parts, answer.into()));
        }
    }
    None
}
