//! Resolves words such as `rest.q` and holes such as `{{tools.q}}`.

use super::plan::Source;
use super::scan::{self, ScanPart};
use super::scope::{ArgumentUse, Scope};
use crate::diagnostic::Fix;
use crate::model::{Bind, Document, Expose};
use crate::names::is_word_for_callers;
use indexmap::IndexMap;
use serde_json::Value;

/// The target of a word or a hole.
#[derive(PartialEq)]
pub(super) enum Reference<'a> {
    /// An input of the caller.
    Input(&'a str),
    /// A variable of a bind: its namespace, if it is given, and its name.
    Variable(Option<&'a str>, &'a str),
    /// A part of the result of a step, as a JSONPath.
    Step(String),
    /// Nothing: literal text.
    Text,
    /// A reference that cannot be resolved: the message and the fix.
    Unresolved(String, Fix),
}

/// A prefix and a name: `rest.q`, or `{{rest.q}}` somewhere in a string.
pub(crate) struct Prefixed<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) name: &'a str,
    /// Whether it is inside `{{…}}`.
    pub(crate) in_braces: bool,
    /// Its text, without the braces.
    pub(crate) written: &'a str,
}

/// Returns the prefixed names in a string: the word itself, or each of its holes.
pub(crate) fn prefixed(text: &str) -> Vec<Prefixed<'_>> {
    let prefixed = |written, word, in_braces| {
        let (prefix, name) = without_this(word).split_once('.')?;
        Some(Prefixed { prefix, name, in_braces, written })
    };
    let holes = holes(text);
    if holes.is_empty() {
        return prefixed(text.trim(), undecorated(text), false).into_iter().collect();
    }
    holes.into_iter().filter_map(|inside| prefixed(inside, inside, true)).collect()
}

/// Returns the words in the holes of a string: the text before the first dot, if there is one, and the rest.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    holes(text).into_iter().map(|inside| split(without_this(inside)))
}

/// Splits a word at its first dot.
pub(crate) fn split(word: &str) -> (Option<&str>, &str) {
    word.split_once('.').map_or((None, word), |(namespace, name)| (Some(namespace), name))
}

/// Returns whether a word is the prefix of a kind of adapter. Without a name after it, such a word does not name an input.
fn is_adapter_prefix(word: &str) -> bool {
    matches!(word, "rest" | "tool" | "tools")
}

/// Finds the first `{{` of a string that is not closed, or that contains no name. Returns what is wrong with it, and the fix.
pub(crate) fn open_braces(text: &str) -> Option<(String, Fix)> {
    let after = scan::text(text).into_iter().find_map(|part| match part {
        ScanPart::Literal(literal) => literal.split_once("{{").map(|(_, after)| after),
        ScanPart::Hole { .. } => None,
    })?;
    let end = after.find(['{', '}']).unwrap_or(after.len());
    let (inside, rest) = after.split_at(end);
    // The message contains only the first word, because the text may be a secret.
    let word = inside.split_whitespace().next().filter(|word| is_name(word)).unwrap_or_default();
    let message = match rest.get(..1) {
        Some("{") => "`{{` is followed by another brace".to_owned(),
        _ if rest.starts_with("}}") => "the braces of a `{{…}}` contain no name".to_owned(),
        _ if word.is_empty() => "`{{` has no closing `}}`".to_owned(),
        _ => format!("`{{{{{word}` has no closing `}}}}`"),
    };
    let fix = if word.is_empty() {
        "write `{{NAME}}`, with the name of an input or of a variable between the braces".into()
    } else {
        Fix::Write(format!("{{{{{word}}}}}"))
    };
    Some((message, fix))
}

/// Returns whether the text after a prefix can be a name. If not, the text is prose that only contains a dot.
pub(crate) fn is_name(name: &str) -> bool {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || "{}()<>|'\"`=,;\\".contains(c);
    let starts = |c: char| !matches!(c, '.' | '#' | '/' | '&' | '^' | '!');
    name.len() <= scan::MAX_NAME && name.starts_with(starts) && !name.ends_with('.') && !name.contains(breaks)
}

/// Returns whether a string is a name that begins with a letter or `_`.
fn is_word(name: &str) -> bool {
    is_name(name) && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns the text in the braces of each hole of a string.
fn holes(text: &str) -> Vec<&str> {
    scan::inside(scan::text(text)).collect()
}

/// Removes `$this.` from a word.
pub(super) fn without_this(word: &str) -> &str {
    let word = word.trim();
    word.strip_prefix("$this.").unwrap_or(word)
}

/// Returns `rest.q` for `${rest.q}`, `{rest.q}`, `<rest.q>` and `$rest.q`; any other text unchanged.
fn undecorated(text: &str) -> &str {
    let text = text.trim();
    let inside = |(open, close)| {
        let word: &str = text.strip_prefix(open)?.strip_suffix(close)?;
        let (first, rest) = word.split_once('.')?;
        (is_word_for_callers(first) && is_name(rest)).then_some(word)
    };
    [("${", "}"), ("{", "}"), ("<", ">"), ("$", "")].into_iter().find_map(inside).unwrap_or(text)
}

/// Returns whether a bind declares that variable.
pub(crate) fn is_declared(document: &Document, namespace: Option<&str>, name: &str) -> bool {
    let fits = |bind: &Bind| namespace.is_none_or(|wanted| wanted == bind.namespace);
    document.all_binds().iter().any(|bind| fits(bind) && bind.keys.contains_key(name))
}

impl<'d> Scope<'d> {
    /// Returns the source of the hole with the text `inside` between its braces. A source in `with` under this name takes precedence.
    pub(super) fn hole(&mut self, inside: &str, with: &IndexMap<String, Source>, usage: ArgumentUse<'d>) -> Source {
        let word = without_this(inside);
        let given =
            || word.split_once('.').filter(|(first, _)| self.is_caller(first)).and_then(|(_, name)| with.get(name));
        if let Some(source) = with.get(word).or_else(given) {
            return source.clone();
        }
        match self.target_of(word, true) {
            Reference::Text => Source::Constant(Value::Null),
            reference => self.source_of(reference, usage),
        }
    }

    /// Returns the source of the value of a word such as `rest.x`, `env.KEY` or `$.step.member`; `None` if it is literal text.
    pub(super) fn word(&mut self, text: &str, usage: ArgumentUse<'d>) -> Option<Source> {
        match self.target_of(undecorated(text), false) {
            Reference::Text => None,
            reference => Some(self.source_of(reference, usage)),
        }
    }

    /// Returns the source of the value that a reference refers to, and reports a reference that cannot be resolved.
    fn source_of(&mut self, reference: Reference<'_>, usage: ArgumentUse<'d>) -> Source {
        match reference {
            Reference::Input(name) => self.input(name, usage),
            Reference::Variable(namespace, name) => {
                Source::Variable { namespace: namespace.map(str::to_owned), name: name.to_owned() }
            }
            Reference::Step(path) => Source::Step(path),
            Reference::Text => Source::Constant(Value::Null),
            Reference::Unresolved(message, fix) => {
                self.report(message, fix);
                Source::Constant(Value::Null)
            }
        }
    }

    /// Returns the targets of a string's holes, or the target of the text itself if it is a value without holes.
    pub(super) fn references<'a>(&self, text: &'a str, is_value: bool) -> Vec<Reference<'a>> {
        match holes(text) {
            holes if holes.is_empty() && is_value => vec![self.target_of(undecorated(text), false)],
            holes => holes.into_iter().map(|inside| self.target_of(inside, true)).collect(),
        }
    }

    /// Returns the target of a word, with or without braces.
    fn target_of<'a>(&self, word: &'a str, in_braces: bool) -> Reference<'a> {
        let word = without_this(word);
        let shown = || if in_braces { format!("`{{{{{word}}}}}`") } else { format!("`{word}`") };
        let write_input = |name: &str| {
            let word = format!("{}.{name}", self.caller());
            Fix::Write(if in_braces { format!("{{{{{word}}}}}") } else { word })
        };
        if let Some(path) = word.strip_prefix("$.") {
            let first = path.split(['.', '[']).next().unwrap_or_default();
            if self.steps.contains(&first) {
                return Reference::Step(word.to_owned());
            }
            return match path.split_once('.') {
                _ if self.declares(path) => Reference::Input(path),
                Some((first, rest)) if self.is_caller(first) && is_name(rest) => Reference::Input(rest),
                // Without steps, `$.name` can only be an input.
                None if self.steps.is_empty() && is_word(path) && !path.contains('[') => Reference::Input(path),
                _ if is_word(path) || in_braces => Reference::Unresolved(
                    format!("{} refers to nothing: no step `{first}` ran before it", shown()),
                    write_input(first),
                ),
                _ => Reference::Text,
            };
        }
        if self.declares(word) {
            return Reference::Input(word);
        }
        let Some((first, rest)) = word.split_once('.') else {
            return match () {
                () if !in_braces => Reference::Text,
                () if self.is_variable(None, word) && self.find(word).is_none() => Reference::Variable(None, word),
                () if self.find(word).is_some() => Reference::Input(word),
                () if is_name(word) && !word.split('[').next().is_some_and(is_adapter_prefix) => Reference::Input(word),
                () => Reference::Unresolved(
                    format!("{} contains no name", shown()),
                    "write the name of an input or of a variable between the braces".into(),
                ),
            };
        };
        match () {
            () if self.is_caller(first) && (is_name(rest) || self.find(rest).is_some()) => Reference::Input(rest),
            () if self.is_caller(first) && (in_braces || !rest.contains(char::is_whitespace)) => {
                let fix = match self.here.rsplit('/').next() {
                    Some(key) if self.here.contains("/with/") && is_name(key) => write_input(key),
                    _ => format!("write the name of an input: `{first}.NAME`").into(),
                };
                Reference::Unresolved(format!("{} does not name an input", shown()), fix)
            }
            () if self.is_variable(Some(first), rest) => Reference::Variable(Some(first), rest),
            () if self.steps.contains(&first) => Reference::Step(format!("$.{word}")),
            () if (in_braces && self.is_bound(first)) || (first == "env" && is_word(rest)) => Reference::Unresolved(
                format!("no bind declares {}", shown()),
                Fix::Bind { namespace: first.to_owned(), name: rest.to_owned() },
            ),
            () if !in_braces => Reference::Text,
            () => {
                let binds = self.document.all_binds().into_iter().map(|bind| bind.namespace.as_str());
                let known = [self.caller()].into_iter().chain(self.steps.iter().copied()).chain(binds);
                let near = self.suggestions.nearest(first, known);
                let fix = match near.filter(|_| is_name(rest)) {
                    Some(near) => Fix::Write(format!("{{{{{near}.{rest}}}}}")),
                    None if is_name(rest) => write_input(rest),
                    None => write_input("NAME"),
                };
                let message = "is not a bind, a step or a prefix for inputs";
                Reference::Unresolved(format!("{} refers to nothing: `{first}` {message}", shown()), fix)
            }
        }
    }

    /// Returns whether a hole can contain an input: its prefix is not a bind or a step.
    pub(super) fn is_for_inputs(&self, hole: &str) -> bool {
        let prefix = without_this(hole).split_once('.').map(|(first, _)| first);
        prefix.is_none_or(|first| self.is_caller(first) || !(self.is_bound(first) || self.steps.contains(&first)))
    }

    /// Returns whether a prefix refers to the caller's inputs.
    fn is_caller(&self, word: &str) -> bool {
        let bound = || self.is_bound(word) || self.steps.contains(&word);
        let other = || self.document.capability.exposes.iter().any(|expose: &Expose| expose.namespace() == word);
        self.namespaces.contains(&word) || ((is_word_for_callers(word) || other()) && !bound())
    }

    /// Returns whether a bind has that namespace.
    fn is_bound(&self, namespace: &str) -> bool {
        self.document.all_binds().iter().any(|bind| bind.namespace == namespace)
    }

    /// Returns whether a bind declares that variable.
    pub(super) fn is_variable(&self, namespace: Option<&str>, name: &str) -> bool {
        is_declared(self.document, namespace, name)
    }
}
