//! Binds the ID of a session to its caller: the ID that a client gets ends with a mark, a keyed digest that only this server, or a
//! replica with the same key, can create.

use crate::expose::mcp::adapter::McpAdapter;
use crate::operation::Caller;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header with the ID of a session.
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// Adds the caller's mark to the ID of a new session.
pub(in super::super) fn mark_session(headers: &mut HeaderMap, adapter: &McpAdapter, caller: Option<&Caller>) {
    let id = headers.get(SESSION).and_then(|id| id.to_str().ok());
    let marked = id.map(|id| format!("{id}.{}", adapter.seal.digest(&bound(id, caller))));
    if let Some(marked) = marked.and_then(|marked| HeaderValue::try_from(marked).ok()) {
        headers.insert(SESSION, marked);
    }
}

/// Removes the caller's mark from the ID of a session. An ID with another caller's mark is replaced by an ID that no session has.
pub(in super::super) fn unmark_session(headers: &mut HeaderMap, adapter: &McpAdapter, caller: Option<&Caller>) {
    let Some(given) = headers.get(SESSION) else { return };
    let parts = given.to_str().ok().and_then(|given| given.rsplit_once('.'));
    let own = parts.filter(|(id, mark)| adapter.seal.is_digest(&bound(id, caller), mark));
    let unmarked = own.and_then(|(id, _)| HeaderValue::from_str(id).ok());
    headers.insert(SESSION, unmarked.unwrap_or(HeaderValue::from_static("unknown")));
}

/// Returns the bytes whose digest is the mark.
fn bound(id: &str, caller: Option<&Caller>) -> Vec<u8> {
    let mut bound = [b"session|", &(id.len() as u64).to_be_bytes()[..], id.as_bytes()].concat();
    if let Some(subject) = caller.and_then(Caller::subject) {
        bound.push(0);
        bound.extend_from_slice(subject.as_bytes());
    }
    bound
}
