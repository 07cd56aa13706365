//! How one operation becomes a request: worked out once, when the client is built.

use super::answer::Selection;
use super::encode;
use super::exchange::{Exchange, LONGEST};
use super::resolve::Resolver;
use super::upstream::Upstream;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, Method};
use naftiko_spec::fragment::{Argument, Fragment};
use naftiko_spec::model::Place;
use naftiko_spec::template::{Part, Template, same_name};
use std::sync::Arc;
use std::time::Duration;

/// Headers that belong to the connection or frame the message (RFC 9110, sections 7.2 and 7.6.1; RFC 9112, section 6):
/// an argument there could make two requests of one.
pub(crate) const NOT_ARGUMENTS: [HeaderName; 7] =
    [CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// One operation, ready to be called.
pub(crate) struct Plan {
    /// What is known of it beside its request.
    pub(crate) exchange: Arc<Exchange>,
    /// Its method.
    pub(crate) method: Method,
    /// Its path, in pieces.
    pub(crate) path: Vec<Piece>,
    /// Where the other arguments go, in the order of the method.
    pub(crate) slots: Vec<Slot>,
    /// The names of all arguments, and which are not to be shown.
    pub(crate) arguments: Vec<Argument>,
}

/// A piece of a path.
pub(crate) enum Piece {
    /// Text, encoded as far as it must be.
    Literal(String),
    /// The argument of that index.
    Argument(usize),
}

/// Where an argument that is not in the path goes.
pub(crate) struct Slot {
    /// The index of the argument.
    pub(crate) argument: usize,
    /// The place.
    pub(crate) to: To,
}

/// A place in a request.
pub(crate) enum To {
    /// The query, under that name, which is encoded already.
    Query(String),
    /// That header.
    Header(HeaderName),
    /// A cookie of that name.
    Cookie(String),
    /// The body.
    Body,
}

impl Plan {
    /// The plan of an operation; none for an orchestration, and none if something is wrong, which the resolver then knows.
    pub(crate) fn new(
        resolver: &mut Resolver<'_>,
        upstreams: &[Arc<Upstream>],
        number: usize,
        fragment: &Fragment,
        timeout: Duration,
    ) -> Option<Self> {
        let consumed = fragment.consumed.as_ref()?;
        let name = &fragment.name;
        let Some(upstream) = upstreams.get(consumed.consume) else {
            resolver.wrong(format!("`{name}` consumes an API that the document does not have"));
            return None;
        };
        let path = path(&consumed.path, &fragment.arguments)
            .map_err(|why| resolver.wrong(format!("the path of `{name}`, {}: {why}", consumed.path)))
            .ok()?;
        let mut slots = Vec::new();
        for (index, argument) in fragment.arguments.iter().enumerate() {
            match slot(argument) {
                Ok(to) => slots.extend(to.map(|to| Slot { argument: index, to })),
                Err(why) => resolver.wrong(format!("the argument `{}` of `{name}`: {why}", argument.name)),
            }
        }
        let selection = fragment.output.as_deref().map(Selection::new).transpose().unwrap_or_else(|why| {
            resolver.wrong(format!("the output of `{name}`: {why}"));
            None
        });
        let exchange = Exchange {
            number,
            name: name.clone(),
            upstream: upstream.clone(),
            timeout: fragment.timeout_ms.map_or(timeout, Duration::from_millis).min(LONGEST),
            selection: selection.flatten(),
        };
        Some(Self {
            exchange: Arc::new(exchange),
            // The names of the document's methods are methods.
            method: Method::from_bytes(consumed.operation.method.as_str().as_bytes()).ok()?,
            path,
            slots,
            arguments: fragment.arguments.clone(),
        })
    }

    /// The name of an argument.
    pub(crate) fn argument(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", |argument| argument.name.as_str())
    }

    /// Whether an argument carries a credential.
    pub(crate) fn is_sensitive(&self, index: usize) -> bool {
        self.arguments.get(index).is_some_and(|argument| argument.sensitive)
    }
}

/// A path in pieces, each placeholder with the argument that fills it.
fn path(path: &str, arguments: &[Argument]) -> Result<Vec<Piece>, String> {
    let template = Template::path(path).map_err(|error| error.to_string())?;
    let pieces = template.parts().map(|part| match part {
        Part::Literal(literal) => {
            let mut encoded = String::new();
            encode::push_literal(&mut encoded, literal);
            Ok(Piece::Literal(encoded))
        }
        Part::Placeholder { name } | Part::Variable { name, .. } => arguments
            .iter()
            .position(|argument| argument.place == Place::Path && same_name(&argument.name, name))
            .map(Piece::Argument)
            .ok_or_else(|| format!("no argument fills `{{{name}}}`")),
    });
    let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
    // What the URL standard would make of it must be the same again; then values, being encoded, change nothing.
    let sample: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(literal) => literal.as_str(),
            Piece::Argument(_) => "x",
        })
        .collect();
    let whole = format!("http://localhost{sample}");
    match reqwest::Url::parse(&whole) {
        Ok(url) if url.as_str() == whole && url.path() == sample => Ok(pieces),
        _ => Err("it cannot be called as it is written; a path starts with a slash and has no `..`, query or fragment"
            .into()),
    }
}

/// Where an argument goes, unless it goes into the path.
fn slot(argument: &Argument) -> Result<Option<To>, String> {
    let name = &argument.name;
    Ok(Some(match argument.place {
        Place::Path => return Ok(None),
        Place::Query => {
            let mut encoded = String::new();
            encode::push_value(&mut encoded, name);
            To::Query(encoded)
        }
        Place::Header => match name.parse() {
            Ok(header) if NOT_ARGUMENTS.contains(&header) => {
                return Err(format!("the header `{name}` is the connection's own, and no argument can set it"));
            }
            Ok(header) => To::Header(header),
            Err(_) => return Err(format!("`{name}` is no name of a header")),
        },
        // A name of a cookie is a token, as a name of a header is (RFC 6265, section 4.1.1).
        Place::Cookie if name.parse::<HeaderName>().is_ok() => To::Cookie(name.clone()),
        Place::Cookie => return Err(format!("`{name}` is no name of a cookie")),
        Place::Body => To::Body,
    }))
}
