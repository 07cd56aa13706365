//! What all calls of one consumed operation have in common.

use super::layers::Layers;
use super::upstream::Upstream;
use http::HeaderName;
use naftiko_spec::lower::{Piece, Source};
use std::sync::Arc;
use std::time::Duration;

/// The longest time limit; a longer one could overflow the deadline.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The fixed properties of all calls of one consumed operation.
pub(crate) struct UpstreamCall {
    /// The operation's name, for messages.
    pub(crate) name: String,
    /// The API that is called.
    pub(crate) upstream: Arc<Upstream>,
    /// The time limit of a call.
    pub(crate) timeout: Duration,
    /// The layers above the transport.
    pub(crate) layers: Option<Layers>,
    /// The header in which a layer adds an idempotency key to requests that are not idempotent.
    pub(crate) idempotency_header: Option<HeaderName>,
    /// The path with the names of arguments in place of values, for traces.
    pub(crate) template: Option<Arc<str>>,
    /// The JSONPath of the part of the answer that is returned, for messages.
    pub(crate) part: Option<String>,
    /// The index of a forward route among the client's forward routes; other calls do not use it.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) number: usize,
}

/// Returns a path without its query, and with names in place of values: `/items/{itemId}`.
pub(super) fn template(path: &[Piece], arguments: &[String]) -> String {
    let mut template = String::new();
    for piece in path {
        match piece {
            Piece::Literal(literal) => match literal.split_once('?') {
                Some((path, _)) => return template + path,
                None => template.push_str(literal),
            },
            Piece::Value(source) | Piece::Rest(source) => {
                let name = match source {
                    Source::Variable { name, .. } => Some(name.as_str()),
                    source => source.argument().and_then(|index| arguments.get(index)).map(String::as_str),
                };
                template.extend(["{", name.unwrap_or_default(), "}"]);
            }
        }
    }
    template
}
