//! Templates: `{{NAME}}` in strings, and the `{placeholders}` of paths, base URIs and the URIs of resources.
//!
//! Each kind of string has its own syntax: [`Template::text`] (credentials, constant headers), [`Template::base_uri`],
//! [`Template::path`], the URI templates of resources ([`uri_template_fault`]) and the texts of prompts ([`prompt_pieces`]). Parsing
//! takes linear time and never panics.

use crate::names::Case;
use crate::printable;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// A parsed string with holes, which are variables and placeholders.
///
/// ```
/// use naftiko_spec::template::{Part, Template};
///
/// let path = Template::path("/users/{userId}/tokens")?;
/// let filled = path.try_render(|part| match part {
///     Part::Placeholder { name } if name == "userId" => Ok("u-1".into()),
///     _ => Err("nothing fills this"),
/// });
/// assert_eq!(filled.as_deref(), Ok("/users/u-1/tokens"));
/// # Ok::<(), naftiko_spec::template::TemplateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// A part of a template, and its position in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The part.
    pub part: Part,
    /// Its range in the source, in bytes, braces included.
    pub span: Range<usize>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Literal(String),
    /// `{{NAME}}` or `{{namespace.NAME}}`: a value that `binds` declares.
    Variable {
        /// The namespace of the bind, if the template names it.
        namespace: Option<String>,
        /// The name.
        name: String,
    },
    /// `{name}`: an argument in a path; `{+name}`: an argument that fills several segments. `{name}` or `[name]`: a variable in a
    /// base URI.
    Placeholder {
        /// The name as it is written; see [`rest_name`].
        name: String,
    },
}

/// The reason why a string is not a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong.
    pub reason: Reason,
    /// The range of the mistake in the source, in bytes.
    pub span: Range<usize>,
}

/// The kinds of mistakes in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// This opening brace or bracket is not closed.
    Unclosed(&'static str),
    /// A closing brace has no opening brace.
    Unopened,
    /// There is nothing between the braces.
    Empty,
    /// This text between the braces is not a valid name.
    InvalidName(String),
    /// `{{name}}` in a path, where `{name}` is right.
    Doubled(String),
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Unclosed(open) => write!(f, "`{open}` at byte {} is not closed", self.span.start),
            Reason::Unopened => write!(f, "`}}` at byte {} closes nothing", self.span.start),
            Reason::Empty => write!(f, "a name is missing at byte {}", self.span.start),
            Reason::InvalidName(name) => write!(f, "`{name}` is not a name"),
            Reason::Doubled(name) => write!(f, "`{{{{{name}}}}}` is written `{{{name}}}` in a path"),
        }
    }
}

impl std::error::Error for TemplateError {}

/// The kind of a template, which determines its syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TemplateKind {
    Text,
    BaseUri,
    Path,
}

impl Template {
    /// Parses a string in which `{{NAME}}` and `{{namespace.NAME}}` are variables, and everything else is literal.
    ///
    /// # Errors
    /// Returns an error if a `{{` has no `}}`, or the text between them is not a name.
    pub fn text(source: &str) -> Result<Self, TemplateError> {
        parse(source, TemplateKind::Text)
    }

    /// Parses a base URI: `{{…}}` as in [`text`](Self::text); `{name}` and `[name]` are placeholders. An IPv6 address in brackets
    /// is literal.
    ///
    /// # Errors
    /// Returns an error if braces or brackets do not match, or contain no name.
    pub fn base_uri(source: &str) -> Result<Self, TemplateError> {
        parse(source, TemplateKind::BaseUri)
    }

    /// Parses a path: `{name}` is a placeholder, brackets are literal.
    ///
    /// # Errors
    /// Returns an error if braces do not match, are doubled, or contain no name.
    pub fn path(source: &str) -> Result<Self, TemplateError> {
        parse(source, TemplateKind::Path)
    }

    /// Returns its parts with their ranges, in order. Two literals never follow each other.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns its parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.pieces.iter().map(|piece| &piece.part)
    }

    /// Returns its variables, each as its namespace, if the template names it, and its name.
    pub fn variables(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.parts().filter_map(|part| match part {
            Part::Variable { namespace, name } => Some((namespace.as_deref(), name.as_str())),
            _ => None,
        })
    }

    /// Returns the names of its placeholders, as they are written.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts().filter_map(|part| match part {
            Part::Placeholder { name } => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns the first placeholder with the name of an earlier one.
    pub(crate) fn repeated_placeholder(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.placeholders().find(|name| !seen.insert(folded(name)))
    }

    /// Returns whether the template has no holes.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.parts().all(|part| matches!(part, Part::Literal(_)))
    }

    /// Returns the string with its holes filled; `fill` is never called for a literal.
    ///
    /// # Errors
    /// Returns the first error of `fill`.
    pub fn try_render<'a, E>(&'a self, mut fill: impl FnMut(&'a Part) -> Result<Cow<'a, str>, E>) -> Result<String, E> {
        let mut filled = String::new();
        for part in self.parts() {
            match part {
                Part::Literal(text) => filled.push_str(text),
                hole => filled.push_str(&fill(hole)?),
            }
        }
        Ok(filled)
    }

    /// Returns the string with its holes filled, or `None` if `fill` has no value for one of them.
    pub fn render<'a>(&'a self, mut fill: impl FnMut(&'a Part) -> Option<Cow<'a, str>>) -> Option<String> {
        self.try_render(|part| fill(part).ok_or(())).ok()
    }

    /// Returns the template with every hole replaced by `{}`, or by `{+}` if it may fill several segments. A router cannot
    /// distinguish two paths of the same shape.
    #[must_use]
    pub fn shape(&self) -> String {
        self.parts()
            .map(|part| match part {
                Part::Literal(text) => text.as_str(),
                Part::Placeholder { name } if rest_name(name).is_some() => "{+}",
                Part::Variable { .. } | Part::Placeholder { .. } => "{}",
            })
            .collect()
    }
}

/// Writes the source text, without the spaces inside `{{ NAME }}`, and with `{name}` for `[name]`.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Variable { namespace: Some(namespace), name } => write!(f, "{{{{{namespace}.{name}}}}}"),
            Part::Variable { namespace: None, name } => write!(f, "{{{{{name}}}}}"),
            Part::Placeholder { name } => write!(f, "{{{name}}}"),
        })
    }
}

/// Returns `name` for `+name`, the text of a placeholder for the rest of a path (RFC 6570, section 3.2.3); `None` for other texts.
#[must_use]
pub fn rest_name(placeholder: &str) -> Option<&str> {
    placeholder.strip_prefix('+').filter(|name| !name.is_empty())
}

/// A mistake in the URI template of a resource: no client can read the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplateFault {
    /// What is wrong.
    pub message: String,
    /// How to correct it.
    pub help: String,
}

/// Returns what is wrong with the URI template of a resource, or `None` if it is valid. `{name}` is one segment of the URI, and `{+name}`
/// several (RFC 6570, sections 3.2.2 and 3.2.3); the other expressions are not supported.
///
/// ```
/// use naftiko_spec::template::uri_template_fault;
///
/// assert_eq!(uri_template_fault("users://{id}/{+path}"), None);
/// assert_eq!(uri_template_fault("users://all{?page}").unwrap().message, "unsupported placeholder `{?page}` in a URI template");
/// ```
#[must_use]
pub fn uri_template_fault(uri: &str) -> Option<UriTemplateFault> {
    let is_name_char = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let unpaired_brace = || UriTemplateFault {
        message: format!("unpaired brace in the URI template `{}`", printable(uri)),
        help: "write `{name}` for a placeholder, and `%7B` and `%7D` for other braces".to_owned(),
    };
    let (mut rest, mut previous) = (uri, None);
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((inside, after)) = after.split_once('}').filter(|_| !literal.contains('}')) else {
            return Some(unpaired_brace());
        };
        if !rest_name(inside).unwrap_or(inside).chars().all(is_name_char) || inside.is_empty() {
            let names = inside
                .split(|c| !is_name_char(c))
                .filter(|name| !name.is_empty() && !name.starts_with(char::is_numeric));
            let names: Vec<String> = names.map(|name| format!("{{{name}}}")).collect();
            let names = if names.is_empty() { "{name}".to_owned() } else { names.join("/") };
            return Some(UriTemplateFault {
                message: format!("unsupported placeholder `{{{}}}` in a URI template", printable(inside)),
                help: format!("write `{names}`; a value with slashes is `{{+name}}`"),
            });
        }
        if let Some(previous) = previous.filter(|_| literal.is_empty()) {
            return Some(UriTemplateFault {
                message: format!("nothing separates `{{{previous}}}` and `{{{inside}}}` in a URI template"),
                help: "write text between the placeholders, such as `/`".to_owned(),
            });
        }
        (rest, previous) = (after, Some(inside));
    }
    rest.contains('}').then(unpaired_brace)
}

/// Returns whether an argument fills a placeholder: their names are equal, ignoring case, `_`, `-` and the `+` of `{+name}`.
///
/// ```
/// assert!(naftiko_spec::template::same_name("user_id", "userId"));
/// assert!(naftiko_spec::template::same_name("path", "+path"));
/// ```
#[must_use]
pub fn same_name(argument: &str, placeholder: &str) -> bool {
    folded_chars(argument).eq(folded_chars(placeholder))
}

/// Returns a key that is equal for two names if [`same_name`] is true for them.
pub(crate) fn folded(name: &str) -> String {
    folded_chars(name).collect()
}

fn folded_chars(name: &str) -> impl Iterator<Item = char> {
    rest_name(name).unwrap_or(name).chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase)
}

/// Returns the environment variable for a placeholder of a base URI: its name in upper snake case.
///
/// ```
/// use naftiko_spec::template::environment_name;
///
/// assert_eq!(environment_name("central-host"), "CENTRAL_HOST");
/// assert_eq!(environment_name("tenantId"), "TENANT_ID");
/// ```
#[must_use]
pub fn environment_name(name: &str) -> String {
    Case::ScreamingSnake.apply(name)
}

fn parse(source: &str, kind: TemplateKind) -> Result<Template, TemplateError> {
    let mut pieces = Vec::new();
    let (mut at, mut literal) = (0, 0);
    while let Some(found) = source.get(at..).and_then(|rest| rest.find(|c| kind.is_special(c))) {
        let open = at + found;
        match hole(source, open, kind)? {
            None => at = open + 1,
            Some(piece) => {
                push_literal(&mut pieces, source, literal..open);
                at = piece.span.end;
                literal = at;
                pieces.push(piece);
            }
        }
    }
    push_literal(&mut pieces, source, literal..source.len());
    Ok(Template { pieces })
}

fn push_literal(pieces: &mut Vec<Piece>, source: &str, span: Range<usize>) {
    if let Some(text) = source.get(span.clone()).filter(|text| !text.is_empty()) {
        pieces.push(Piece { part: Part::Literal(text.to_owned()), span });
    }
}

impl TemplateKind {
    /// Returns whether a character may open a hole, or is a `}` outside of a hole.
    fn is_special(self, c: char) -> bool {
        match self {
            Self::Text => c == '{',
            Self::BaseUri => matches!(c, '{' | '}' | '['),
            Self::Path => matches!(c, '{' | '}'),
        }
    }
}

/// Parses the hole that starts at `open`; `None` if the text there is literal.
fn hole(source: &str, open: usize, kind: TemplateKind) -> Result<Option<Piece>, TemplateError> {
    let rest = source.get(open..).unwrap_or_default();
    let error = |reason, span| Err(TemplateError { reason, span });
    if rest.starts_with('}') {
        return error(Reason::Unopened, open..open + 1);
    }
    let (opening, closing) = match rest {
        _ if rest.starts_with("{{") => ("{{", "}}"),
        _ if kind == TemplateKind::Text => return Ok(None),
        _ if rest.starts_with('[') => ("[", "]"),
        _ => ("{", "}"),
    };
    let inside = rest.get(opening.len()..).unwrap_or_default();
    // A hole contains no braces, and in brackets no brackets, so the next of these characters ends it, and no character is visited twice.
    let ends = |c| matches!(c, '{' | '}') || (matches!(c, '[' | ']') && opening == "[");
    let end = match inside.find(ends) {
        Some(end) if inside.get(end..).is_some_and(|rest| rest.starts_with(closing)) => end,
        _ => return error(Reason::Unclosed(opening), open..open + opening.len()),
    };
    let span = open..open + opening.len() + end + closing.len();
    let written = inside.get(..end).unwrap_or_default();
    let name = if opening == "{{" { written.trim() } else { written };
    if opening == "[" && name.contains(':') {
        return Ok(None);
    }
    if name.is_empty() {
        return error(Reason::Empty, span);
    }
    let part = match (opening, kind) {
        ("{{", TemplateKind::Path) => return error(Reason::Doubled(name.to_owned()), span),
        ("{{", _) => variable(name),
        (_, TemplateKind::Path) if name.chars().all(in_placeholder) => {
            Some(Part::Placeholder { name: name.to_owned() })
        }
        (_, TemplateKind::Path) => None,
        _ => is_name(name).then(|| Part::Placeholder { name: name.to_owned() }),
    };
    match part {
        Some(part) => Ok(Some(Piece { part, span })),
        None => error(Reason::InvalidName(name.to_owned()), span),
    }
}

/// Parses the name of a variable, with or without a namespace.
fn variable(name: &str) -> Option<Part> {
    let (namespace, name) = match name.split_once('.') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, name),
    };
    (is_name(name) && namespace.is_none_or(is_name))
        .then(|| Part::Variable { namespace: namespace.map(str::to_owned), name: name.to_owned() })
}

/// Returns whether a string is the name of a variable: a letter or `_`, then letters, digits, `_` and `-`.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
}

/// Returns whether the name of a path's placeholder may contain a character: any except spaces, control characters, `/`, `?`, `#`,
/// `\` and `*`. In other frameworks, `*` means several segments.
fn in_placeholder(c: char) -> bool {
    !(c.is_whitespace() || c.is_control() || matches!(c, '/' | '?' | '#' | '*' | '\\'))
}

/// Splits the text of a prompt at its placeholders, `{{name}}`. Returns their names, each with the text before it, and the rest of the
/// text.
///
/// ```
/// use naftiko_spec::template::prompt_pieces;
///
/// assert_eq!(prompt_pieces("Hello, {{ name }}!"), (vec![("Hello, ", "name")], "!"));
/// ```
#[must_use]
pub fn prompt_pieces(text: &str) -> (Vec<(&str, &str)>, &str) {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, remaining)) = after.split_once("}}") else { break };
        pieces.push((before, name.trim()));
        rest = remaining;
    }
    (pieces, rest)
}

#[cfg(test)]
mod tests;
