//! Fixes for diagnostics, as data. `Display` writes them as sentences for authors of documents.

use crate::model::{Milliseconds, ParameterIn};
use std::borrow::Cow;
use std::fmt;

/// A fix for a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fix {
    /// Do what this sentence says; documents and traits get the same text.
    Do(Cow<'static, str>),
    /// Write this text instead.
    Write(String),
    /// Use this name, which was probably intended.
    Meant(String),
    /// Rename the item, or one of two items with the same name.
    Rename {
        /// What to rename.
        what: NameKind,
        /// A suggested name.
        to: Option<String>,
    },
    /// Declare where an argument is sent.
    SendIn {
        /// The argument's name.
        argument: String,
        /// Where to send it.
        place: ParameterIn,
    },
    /// Declare an argument for a placeholder.
    AddArgument {
        /// The name of the placeholder.
        placeholder: String,
        /// Whether there are arguments that could fill it instead.
        has_spare: bool,
    },
    /// Add a placeholder for an argument to the path, or send the argument elsewhere.
    AddPlaceholder(String),
    /// Add a placeholder for an argument to the route.
    AddToRoute(String),
    /// Declare that a DELETE has a body.
    DeclareBody {
        /// The path of the consumed operation or of the route.
        path: String,
        /// Whether `path` is the path of a consumed operation.
        consumed: bool,
    },
    /// Take the members of a body as separate arguments.
    SplitBody(String),
    /// Send one of two bodies elsewhere.
    OneBody {
        /// The name of the argument to send elsewhere.
        argument: String,
        /// Whether that argument is an object.
        object: bool,
    },
    /// Send both of two bodies, one of which is a file, as parts of a multipart body.
    BothParts(String, String),
    /// Send the body with that name as a part of a multipart body, like another argument.
    AddPart(String),
    /// Change the path of a route, or remove the route.
    Reroute,
    /// Change the path of a route so that its placeholders are whole segments.
    WholeSegments,
    /// Describe the capability.
    DescribeCapability,
    /// Describe an operation.
    DescribeOperation,
    /// Describe a consumed API.
    DescribeApi,
    /// Describe a resource of a REST adapter.
    DescribeResource,
    /// Declare a variable.
    Bind {
        /// The namespace of the bind.
        namespace: String,
        /// The variable's name.
        name: String,
    },
    /// Use a variable that is declared.
    UseBind {
        /// The namespace of the bind.
        namespace: String,
        /// The variable's name.
        name: String,
    },
    /// Read a secret from a variable with this name.
    Hide(String),
    /// Use basic authentication for a user name and a password.
    Authenticate,
    /// Remove one of a tool's hints.
    RemoveHint(Hint),
    /// Don't split the answers of a tool (`maxOutput`), or declare that the tool only reads.
    OnlyReads,
    /// Listen on another port.
    Port,
    /// Listen on another address.
    Address,
    /// Send an idempotency key, or don't retry the request.
    IdempotencyKey,
    /// Shorten the limit of one attempt or one wait to the limit of the whole call, or give the call more time.
    AtMost {
        /// The time limit of the whole call.
        limit: Milliseconds,
        /// The declared limit of one attempt or one wait.
        wanted: Milliseconds,
    },
    /// Raise `maxBackoff` or lower `backoff`, so that the waits between attempts can grow.
    Backoff {
        /// The maximum for the first wait (`backoff`).
        first: Milliseconds,
        /// Alternatively, the minimum for the longest wait (`maxBackoff`).
        longest: Milliseconds,
    },
    /// Send the calls through a proxy, as this sentence describes.
    Proxy(&'static str),
    /// Implement the operation in Rust, as this sentence describes.
    InRust(&'static str),
    /// Do one of these.
    Either(Vec<Fix>),
}

/// The kind of name that a [`Fix::Rename`] changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A consumed operation.
    Operation,
    /// A tool.
    Tool,
    /// A bind; one of two binds with the same namespace can declare the keys of both.
    Bind,
    /// A consumed API, an aggregate or an adapter.
    Namespace,
    /// An argument, with its location if known.
    Argument(Option<ParameterIn>),
}

/// One of a tool's hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// `readOnlyHint: true`.
    ReadOnly,
    /// `destructiveHint: false`.
    NotDestructive,
}

impl From<&'static str> for Fix {
    fn from(sentence: &'static str) -> Self {
        Self::Do(Cow::Borrowed(sentence))
    }
}

impl From<String> for Fix {
    fn from(sentence: String) -> Self {
        Self::Do(Cow::Owned(sentence))
    }
}

impl Fix {
    /// Writes the fix as a sentence. `each` returns another text for a fix, or `None` to keep the text for authors of documents.
    pub fn render(&self, each: &dyn Fn(&Self) -> Option<String>) -> String {
        match self {
            Self::Either(all) => all.iter().map(|fix| fix.render(each)).collect::<Vec<_>>().join(", or "),
            fix => each(fix).unwrap_or_else(|| fix.to_string()),
        }
    }
}

/// Writes the fix for authors of documents.
impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Do(sentence) => f.write_str(sentence),
            Self::Write(text) => write!(f, "write `{text}`"),
            Self::Meant(name) => write!(f, "did you mean `{name}`?"),
            Self::Rename { to: Some(to), .. } => write!(f, "write `{to}`"),
            Self::Rename { what: NameKind::Argument(Some(ParameterIn::Path)), .. } => {
                f.write_str("one of them fills the placeholder; rename or remove the other")
            }
            Self::Rename { what: NameKind::Argument(_), .. } => {
                f.write_str("remove one of them, or give it another name")
            }
            Self::Rename { what: NameKind::Bind, .. } => f.write_str("declare the keys of both in one of them"),
            Self::Rename { what: NameKind::Namespace, .. } => f.write_str("give one of them another `namespace`"),
            Self::Rename { what: NameKind::Operation, .. } => f.write_str("give one of them another `name`"),
            Self::Rename { what: NameKind::Tool, .. } => f.write_str("give this tool another `name`"),
            Self::SendIn { argument, place } => write!(f, "declare `{argument}` with `in: {}`", place.as_str()),
            Self::AddArgument { placeholder: name, .. } => {
                write!(f, "declare `{name}` under `inputParameters`, with `in: path`, a type and a description")
            }
            Self::AddPlaceholder(name) => write!(f, "add `{{{name}}}` to the path, or write `in: query`"),
            Self::AddToRoute(name) => write!(f, "add `{{{name}}}` to the route"),
            Self::DeclareBody { .. } => f.write_str("if the API reads a body, declare it with `body`"),
            Self::SplitBody(name) => {
                write!(f, "declare the members of `{name}` as query parameters, or use a method with a body: POST")
            }
            Self::OneBody { argument, .. } => {
                write!(f, "put both into one object, or send `{argument}` in the query or in a header")
            }
            Self::BothParts(first, second) => write!(f, "send `{first}` and `{second}` as parts of a form"),
            Self::AddPart(name) => write!(f, "send `{name}` as a part, too"),
            Self::Reroute => f.write_str("give one of them another path, or remove it"),
            Self::WholeSegments => {
                f.write_str("write a path in which each placeholder is a whole segment, and `{+name}` the last one")
            }
            Self::DescribeCapability => f.write_str("write a `description`: what it does and for whom"),
            Self::DescribeApi => f.write_str("write a `description`: what the API offers"),
            Self::DescribeResource => f.write_str("write a `description`: what the resource is"),
            Self::DescribeOperation => f.write_str(
                "write a `description`: what it does and for whom; people and agents use it to choose an operation",
            ),
            Self::Bind { namespace, name } => {
                write!(f, "declare it under `binds`: `namespace: {namespace}`, `keys: {{{name}: {name}}}`")
            }
            Self::UseBind { namespace, name } => write!(f, "use it as `{{{{{namespace}.{name}}}}}`, or remove it"),
            Self::Hide(name) => {
                write!(
                    f,
                    "declare `{name}` under `binds`, write `{{{{env.{name}}}}}`, and revoke the secret if it was ever published"
                )
            }
            Self::Authenticate => f.write_str("remove it, and write `authentication: {type: basic, …}`"),
            Self::RemoveHint(Hint::ReadOnly) => f.write_str("remove `readOnly` from its hints"),
            Self::RemoveHint(Hint::NotDestructive) => f.write_str("remove `destructive: false` from its hints"),
            Self::OnlyReads => {
                f.write_str("remove `maxOutput`, or write `readOnly: true` in its hints if it only reads")
            }
            Self::IdempotencyKey => {
                f.write_str("remove `retry`, or add an `idempotencyKey` to it if the API supports one")
            }
            Self::AtMost { limit, .. } => write!(f, "write at most `{limit}`"),
            Self::Backoff { first, longest } => {
                write!(f, "write `maxBackoff: {longest}` or more, or `backoff: {first}` or less")
            }
            Self::Port => f.write_str("give one of them another port, or 0 for any free port"),
            Self::Address => f.write_str("write an address of this machine, or remove `address`"),
            Self::Proxy(sentence) | Self::InRust(sentence) => f.write_str(sentence),
            Self::Either(_) => f.write_str(&self.render(&|_| None)),
        }
    }
}
