//! The faults, the kinds of answers, the adapters, and the documented outcome of each combination.

use super::served::MAX_ANSWER;
use super::upstream::{End, Script};
use std::fmt::Write;

/// How an operation returns its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Typed,
    Maybe,
    Picked,
    Raw,
    Unit,
    Json,
    Shaped,
    Text,
    Csv,
    Xml,
    Yaml,
    Html,
    Binary,
    Steps,
    Forward,
}

impl Kind {
    pub(crate) const ALL: [Self; 15] = [
        Self::Typed,
        Self::Maybe,
        Self::Picked,
        Self::Raw,
        Self::Unit,
        Self::Json,
        Self::Shaped,
        Self::Text,
        Self::Csv,
        Self::Xml,
        Self::Yaml,
        Self::Html,
        Self::Binary,
        Self::Steps,
        Self::Forward,
    ];

    /// Returns the name of its operation, route and tool.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Maybe => "maybe",
            Self::Picked => "picked",
            Self::Raw => "raw",
            Self::Unit => "unit",
            Self::Json => "d-json",
            Self::Shaped => "d-shaped",
            Self::Text => "d-text",
            Self::Csv => "d-csv",
            Self::Xml => "d-xml",
            Self::Yaml => "d-yaml",
            Self::Html => "d-html",
            Self::Binary => "d-binary",
            Self::Steps => "d-steps",
            Self::Forward => "d-forward",
        }
    }

    pub(crate) fn is_of_trait(self) -> bool {
        matches!(self, Self::Typed | Self::Maybe | Self::Picked | Self::Raw | Self::Unit)
    }

    /// Returns whether it is also a tool.
    pub(crate) fn is_tool(self) -> bool {
        !matches!(self, Self::Steps | Self::Forward)
    }

    /// Returns whether REST callers get the answer as a stream, before its end is known.
    fn streams(self) -> bool {
        matches!(self, Self::Raw | Self::Binary | Self::Forward)
    }

    /// Returns whether the answer must be JSON.
    fn wants_json(self) -> bool {
        matches!(self, Self::Typed | Self::Maybe | Self::Picked | Self::Raw | Self::Json | Self::Shaped | Self::Steps)
    }

    /// Returns whether the JSON is parsed.
    fn reads_json(self) -> bool {
        self.wants_json() && !self.streams()
    }

    /// Returns a correct media type and body.
    fn right(self) -> (&'static str, &'static str) {
        match self {
            Self::Picked => ("application/json", r#"{"data":{"items":[{"id":"a"}]}}"#),
            Self::Text => ("text/plain", "a"),
            Self::Csv => ("text/csv", "id\na\n"),
            Self::Xml => ("application/xml", "<thing><id>a</id></thing>"),
            Self::Yaml => ("application/yaml", "id: a\n"),
            Self::Html => ("text/html", "<table><tr><th>id</th></tr><tr><td>a</td></tr></table>"),
            Self::Binary => ("image/png", "\u{1}\u{2}"),
            _ => ("application/json", r#"{"id":"a"}"#),
        }
    }
}

/// How an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adapter {
    /// From Rust.
    Call,
    Rest,
    Mcp,
}

impl Adapter {
    pub(crate) const ALL: [Self; 3] = [Self::Call, Self::Rest, Self::Mcp];

    /// Returns whether the adapter serves operations of this kind.
    pub(crate) fn serves(self, kind: Kind) -> bool {
        match self {
            Self::Call => kind != Kind::Forward,
            Self::Rest => true,
            Self::Mcp => kind.is_tool(),
        }
    }
}

/// The faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An answer with that status, an optional `Retry-After`, and optionally a JSON body.
    Status { status: u16, retry_after: Option<&'static str>, body: bool },
    /// A connection that is closed or reset before the first byte.
    Nothing { reset: bool },
    /// A head that is not HTTP.
    NotHttp(&'static str),
    /// A head, then the end of the connection after `sent` bytes of an incomplete body.
    CutOff { sent: usize, chunked: bool, reset: bool },
    /// A chunk with an invalid size, after `sent` bytes of the body.
    BadChunk { sent: usize },
    /// A hang before the head.
    NoHead,
    /// A head, then a hang after `sent` bytes of the body.
    Stalls { sent: usize },
    /// An empty body.
    Empty,
    /// A body that does not match its media type.
    Garbled,
    /// An HTML page instead of data.
    Page,
    /// More bytes than the client's limit, declared or endless.
    TooLarge { declared: bool },
    /// An unusual head before a correct answer.
    Odd(&'static str),
    /// That many informational answers before a correct answer.
    Informational(usize),
    /// An unsupported content coding.
    UnknownEncoding(&'static str),
    /// No fault.
    None,
}

/// The outcome for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    /// An error with that status.
    Error(u16),
    /// A success that is cut off, so that it is not mistaken for a complete one.
    Aborted,
}

impl Fault {
    /// Returns what the upstream sends.
    pub(crate) fn script(&self, kind: Kind) -> Script {
        let (media, body) = kind.right();
        let head = |status: u16, more: &str| format!("HTTP/1.1 {status} X\r\nContent-Type: {media}\r\n{more}\r\n");
        let sized = |length: usize| head(200, &format!("Content-Length: {length}\r\n"));
        let script = |text: String, end| Script { bytes: text.into_bytes(), end };
        let closing = |reset: bool| if reset { End::Reset } else { End::Close };
        match self {
            Self::None => script(sized(body.len()) + body, End::Keep),
            Self::Status { status, retry_after, body } => {
                let body = if *body { r#"{"why":"because"}"# } else { "" };
                let mut more = format!("Content-Length: {}\r\n", body.len());
                if let Some(after) = retry_after {
                    let _ = write!(more, "Retry-After: {after}\r\n");
                }
                let text = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}\r\n{body}");
                script(text, End::Close)
            }
            Self::Nothing { reset } => script(String::new(), closing(*reset)),
            Self::NotHttp(text) => script((*text).to_owned(), End::Close),
            Self::CutOff { sent, chunked: true, reset } => {
                let sent = &body[..(*sent).min(body.len())];
                let chunk = if sent.is_empty() { String::new() } else { format!("{:x}\r\n{sent}\r\n", sent.len()) };
                script(head(200, "Transfer-Encoding: chunked\r\n") + &chunk, closing(*reset))
            }
            Self::CutOff { sent, chunked: false, reset } => {
                script(sized(body.len() + 100) + &body[..(*sent).min(body.len())], closing(*reset))
            }
            Self::BadChunk { sent } => {
                let sent = &body[..(*sent).min(body.len())];
                let chunk = if sent.is_empty() { String::new() } else { format!("{:x}\r\n{sent}\r\n", sent.len()) };
                script(head(200, "Transfer-Encoding: chunked\r\n") + &chunk + "zz\r\nmore\r\n", End::Close)
            }
            Self::NoHead => script(String::new(), End::Hang),
            Self::Stalls { sent } => script(sized(body.len() + 100) + &body[..(*sent).min(body.len())], End::Hang),
            Self::Empty => script(sized(0), End::Keep),
            Self::Garbled => script(sized(5) + "<[{a:", End::Keep),
            Self::Page => {
                let page = "<html><body>Log in</body></html>";
                let text = format!(
                    "HTTP/1.1 200 X\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{page}",
                    page.len()
                );
                script(text, End::Keep)
            }
            Self::TooLarge { declared: true } => script(sized(MAX_ANSWER + 1) + body, End::Hang),
            Self::TooLarge { declared: false } => script(head(200, "Connection: close\r\n") + "\"a", End::Endless),
            Self::Odd(more) => {
                let chunked = more.contains("chunked");
                let length = if chunked { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
                let text = if chunked {
                    format!("{:x}\r\n{body}\r\n0\r\nX-A: b\r\n\r\n", body.len())
                } else {
                    body.to_owned()
                };
                script(head(200, &(length + more)) + &text, End::Close)
            }
            Self::Informational(count) => {
                let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(*count);
                script(hints + &sized(body.len()) + body, End::Keep)
            }
            Self::UnknownEncoding(encoding) => {
                let more = format!("Content-Encoding: {encoding}\r\nContent-Length: {}\r\n", body.len());
                script(head(200, &more) + body, End::Keep)
            }
        }
    }

    /// Returns the documented outcome; `None` if the combination is not documented, and not tested.
    pub(crate) fn documented(&self, kind: Kind, adapter: Adapter) -> Option<Outcome> {
        // Callers that wait for the whole answer get an error; callers that have its beginning get a broken connection.
        let late = |sent: usize, status: u16| match kind {
            Kind::Unit => None,
            kind if kind.streams() && adapter == Adapter::Rest && sent > 0 => Some(Outcome::Aborted),
            _ => Some(Outcome::Error(status)),
        };
        match self {
            Self::None | Self::Odd(_) | Self::Informational(_) => Some(Outcome::Success),
            Self::Status { status, retry_after, .. } => of_status(*status, retry_after.is_some()).map(Outcome::Error),
            Self::Nothing { .. } | Self::NotHttp(_) => Some(Outcome::Error(502)),
            Self::NoHead => Some(Outcome::Error(504)),
            Self::CutOff { sent, .. } | Self::BadChunk { sent } => late(*sent, 502),
            Self::Stalls { sent } => late(*sent, 504),
            Self::Empty => match kind {
                Kind::Typed | Kind::Picked => Some(Outcome::Error(502)),
                Kind::Maybe | Kind::Raw | Kind::Unit | Kind::Binary | Kind::Forward => Some(Outcome::Success),
                _ => None,
            },
            Self::Garbled => (kind.reads_json() || kind == Kind::Xml).then_some(Outcome::Error(502)),
            Self::Page => match kind {
                kind if kind.wants_json() => Some(Outcome::Error(502)),
                Kind::Forward | Kind::Unit | Kind::Binary | Kind::Html => Some(Outcome::Success),
                _ => None,
            },
            // A file that is passed on unbuffered can have any length. With a declared length, its rest never
            // arrives; without one, it would never end, so that case is not tested.
            Self::TooLarge { declared } if kind == Kind::Binary && adapter == Adapter::Rest => {
                declared.then_some(Outcome::Aborted)
            }
            // In a tool's result, the limit of a file is `Limits::blob`, which is higher, so the call waits for the rest.
            Self::TooLarge { declared: true } if kind == Kind::Binary && adapter == Adapter::Mcp => {
                Some(Outcome::Error(504))
            }
            Self::TooLarge { declared: true } => (kind != Kind::Unit).then_some(Outcome::Error(502)),
            Self::TooLarge { declared: false } => late(1, 502),
            Self::UnknownEncoding(_) => match kind {
                Kind::Unit => Some(Outcome::Success),
                // A caller that requested the coding can decode it.
                Kind::Forward => None,
                _ => Some(Outcome::Error(502)),
            },
        }
    }
}

/// Returns the caller's status for an upstream's status; `None` for a success.
fn of_status(status: u16, retry_after: bool) -> Option<u16> {
    Some(match status {
        200..300 => return None,
        // 401 and 407 concern the capability's own credential; the others concern the connection or the framing of our
        // request.
        401 | 407 | 408 | 411 | 417 | 421 | 425 | 426 => 502,
        400..500 => status,
        503 if retry_after => 503,
        _ => 502,
    })
}
