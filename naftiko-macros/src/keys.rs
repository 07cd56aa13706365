//! Reads the arguments of an attribute by key, and checks their types.

mod misplaced;

use crate::attribute::{Element, Value};
use crate::errors::{Errors, SourceSpan};
use naftiko_spec::model::Milliseconds;
use naftiko_spec::names::{either, known};
use naftiko_spec::nearest;
use proc_macro2::{Ident, TokenStream};
use std::borrow::Cow;
use std::fmt::Display;
use syn::Lit;

/// A string literal and its span.
#[derive(Debug, Clone)]
pub(crate) struct TextLiteral {
    pub(crate) value: String,
    pub(crate) span: SourceSpan,
}

impl TextLiteral {
    /// Returns the name; reports it and returns `None` if it is empty.
    pub(crate) fn or_refuse_empty(self, help: &str, errors: &mut Errors) -> Option<Self> {
        if self.value.is_empty() {
            errors.add(self.span, "a name cannot be empty", help);
        }
        Some(self).filter(|name| !name.value.is_empty())
    }
}

/// A key that an attribute may have: its name, and an example of its use for help texts (its form).
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) &'static str, pub(crate) &'static str);

/// The arguments of an attribute, or of a list in one.
pub(crate) struct Keys {
    /// The attribute or list, as messages name it: `` `#[tool]` ``.
    owner: String,
    span: SourceSpan,
    known: Cow<'static, [Key]>,
    keyed: Vec<Element>,
    /// Whether there are unknown keys. One of them may be a misspelt required key, so missing keys are then not reported.
    pub(crate) has_unknown: bool,
    /// The arguments that have no key.
    pub(crate) positional: Vec<Element>,
}

/// Lists names in backticks, separated by commas.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Lists forms in backticks as alternatives: `` `a`, `b` or `c` ``.
fn alternatives<'a>(forms: impl IntoIterator<Item = &'a str>) -> String {
    let mut forms: Vec<String> = forms.into_iter().map(|form| format!("`{form}`")).collect();
    match forms.pop() {
        Some(last) if !forms.is_empty() => format!("{} or {last}", forms.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Returns the message for a key that is written in another form than `form`: `` expected `rest(…)`, found `rest = …` ``. `form` may contain
/// several forms, separated as in help texts: `` confirm` or `confirm = false ``.
pub(crate) fn other_form(form: &str, found: &Element) -> String {
    let mut outlines: Vec<String> = Vec::new();
    for form in form.split('`').step_by(2) {
        let outline = match (form.split_once('('), form.split_once(" =")) {
            (Some((name, _)), None) => format!("{name}(…)"),
            (Some((name, _)), Some((key, _))) if name.len() < key.len() => format!("{name}(…)"),
            (_, Some((key, _))) => format!("{key} = …"),
            (None, None) => form.to_owned(),
        };
        if !outlines.contains(&outline) {
            outlines.push(outline);
        }
    }
    format!("expected {}, found {}", alternatives(outlines.iter().map(String::as_str)), found.found())
}

/// Returns the help for an unknown name: the nearest known name, and all known names after `what` (`the keys are`).
pub(crate) fn did_you_mean<'a>(what: &str, name: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let known = all_of(what, names.clone());
    match nearest(name, names.clone()) {
        Some(nearest) if names.into_iter().nth(1).is_none() => format!("did you mean `{nearest}`?"),
        Some(nearest) => format!("did you mean `{nearest}`? {known}"),
        None => known,
    }
}

/// Lists known names after `what`; without known names, returns `remove it`.
fn all_of<'a>(what: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if names.clone().into_iter().next().is_none() { "remove it".to_owned() } else { known(what, names) }
}

impl Keys {
    /// Reads the arguments of `owner` at `span`: separates those with a known key from those without a key, and reports unknown keys.
    /// The keys in `repeatable` may be repeated.
    pub(crate) fn read(
        owner: impl Into<String>,
        span: impl Into<SourceSpan>,
        elements: Vec<Element>,
        known: impl Into<Cow<'static, [Key]>>,
        repeatable: &[&str],
        errors: &mut Errors,
    ) -> Self {
        let mut keys = Self {
            owner: owner.into(),
            span: span.into(),
            known: known.into(),
            keyed: Vec::new(),
            has_unknown: false,
            positional: Vec::new(),
        };
        for element in elements {
            let Some(key) = element.key() else {
                keys.positional.push(element);
                continue;
            };
            let name = key.to_string();
            if !keys.known.iter().any(|known| known.0 == name) {
                let help = misplaced::help(&keys.owner, &name).map_or_else(
                    || did_you_mean("the keys are", &name, keys.known.iter().map(|key| key.0)),
                    str::to_owned,
                );
                errors.add(key.span(), format!("unknown key `{name}` in {}", keys.owner), help);
                keys.has_unknown = true;
            } else if !repeatable.contains(&name.as_str()) && keys.has(&name) {
                errors.add(key.span(), format!("`{name}` is given twice"), "keep one of them");
            } else {
                keys.keyed.push(element);
            }
        }
        keys
    }

    /// Reports every argument without a key.
    pub(crate) fn reject_positional(&mut self, errors: &mut Errors) {
        for element in std::mem::take(&mut self.positional) {
            let help = format!("write {}", alternatives(self.known.iter().map(|key| key.1)));
            let message = format!("expected a key in {}, found {}", self.owner, element.found());
            errors.add(element.span(), message, help);
        }
    }

    /// Returns whether the key is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.keyed.iter().any(|element| element.key().is_some_and(|key| key == name))
    }

    /// Returns the key itself, if it is given.
    pub(crate) fn key(&self, name: &str) -> Option<Ident> {
        self.keyed.iter().filter_map(Element::key).find(|key| *key == name).cloned()
    }

    /// Removes every element with the given key, and returns their keys.
    pub(crate) fn remove(&mut self, name: &str) -> Vec<Ident> {
        let matches = |element: &Element| element.key().is_some_and(|key| key == name);
        let removed = self.keyed.iter().filter(|element| matches(element)).filter_map(Element::key).cloned().collect();
        self.keyed.retain(|element| !matches(element));
        removed
    }

    /// Returns whether the key is a list: `name(…)`.
    pub(crate) fn is_list(&self, name: &str) -> bool {
        self.keyed.iter().any(|element| matches!(element, Element::List(key, _) if key == name))
    }

    /// Takes the first element with the given key.
    fn take(&mut self, name: &str) -> Option<Element> {
        let at = self.keyed.iter().position(|element| element.key().is_some_and(|key| key == name))?;
        Some(self.keyed.remove(at))
    }

    /// Reports a key that is written in another form, such as `rest = 8080` for `rest(port = 8080)`.
    fn wrong_form(&self, name: &str, found: &Element, errors: &mut Errors) {
        let form = self.form(name);
        errors.add(found.span(), other_form(form, found), format!("write `{form}`"));
    }

    /// Reports a value of another kind than the key has; `expected` is that kind.
    fn wrong_value(&self, name: &str, expected: &str, found: &Value, errors: &mut Errors) {
        let message = format!("expected {expected} for `{name}`, found {}", found.found());
        errors.add(found.span(), message, format!("write `{}`", self.form(name)));
    }

    /// Takes a value: `name = …`.
    pub(crate) fn value(&mut self, name: &str, errors: &mut Errors) -> Option<Value> {
        match self.take(name)? {
            Element::Pair(_, value) => Some(value),
            other => {
                self.wrong_form(name, &other, errors);
                None
            }
        }
    }

    /// Takes a string: `name = "…"`.
    pub(crate) fn text(&mut self, name: &str, errors: &mut Errors) -> Option<TextLiteral> {
        let value = self.value(name, errors)?;
        text(&value, name, self.form(name), errors)
    }

    /// Takes a version: a string, or `env!("CARGO_PKG_VERSION")` for the version of the crate that is being compiled.
    pub(crate) fn version(&mut self, name: &str, errors: &mut Errors) -> Option<TextLiteral> {
        const OF_CRATE: &str = "CARGO_PKG_VERSION";

        let value = self.value(name, errors)?;
        if let Value::Other(tokens) = &value
            && let Ok(call) = syn::parse2::<syn::Macro>(tokens.clone())
            && call.path.is_ident("env")
            && call.parse_body::<syn::LitStr>().is_ok_and(|variable| variable.value() == OF_CRATE)
        {
            // Cargo sets it; without Cargo, the document has no version.
            return std::env::var(OF_CRATE).ok().map(|version| TextLiteral { value: version, span: value.span() });
        }
        text(&value, name, self.form(name), errors)
    }

    /// Takes a name: a string that is not empty.
    pub(crate) fn name(&mut self, key: &str, errors: &mut Errors) -> Option<TextLiteral> {
        let name = self.text(key, errors)?;
        let help = format!("write `{}`, or remove `{key}`", self.form(key));
        name.or_refuse_empty(&help, errors)
    }

    /// Takes a required string, and reports it if it is missing.
    pub(crate) fn required_text(&mut self, name: &str, errors: &mut Errors) -> Option<TextLiteral> {
        if !self.has(name) && !self.has_unknown {
            errors.add(self.span, format!("missing `{name}` in {}", self.owner), format!("add `{}`", self.form(name)));
        }
        self.text(name, errors)
    }

    /// Returns the form of a key, for help texts.
    fn form(&self, name: &str) -> &str {
        self.known.iter().find(|key| key.0 == name).map_or("", |key| key.1)
    }

    /// Takes several strings: `name = ["…", "…"]`.
    pub(crate) fn texts(&mut self, name: &str, errors: &mut Errors) -> Vec<TextLiteral> {
        match self.value(name, errors) {
            None => Vec::new(),
            Some(Value::Array(_, values)) => {
                let form = self.form(name);
                values.iter().filter_map(|value| text(value, name, form, errors)).collect()
            }
            Some(other) => {
                self.wrong_value(name, "an array of string literals", &other, errors);
                Vec::new()
            }
        }
    }

    /// Takes a number: `name = 8080`.
    pub(crate) fn number(&mut self, name: &str, errors: &mut Errors) -> Option<(u16, SourceSpan)> {
        let value = self.value(name, errors)?;
        let span = value.span();
        let number = number(&value);
        if number.is_none() {
            let help = match quoted_number(&value) {
                Some(number) => format!("write `{name} = {number}`"),
                None => format!("write `{}`", self.form(name)),
            };
            let message = format!("expected an integer from 0 to 65535 for `{name}`, found {}", value.found());
            errors.add(span, message, help);
        }
        number.map(|number| (number, span))
    }

    /// Takes a duration, `name = "5s"`, in milliseconds.
    pub(crate) fn duration(&mut self, name: &str, errors: &mut Errors) -> Option<u64> {
        let value = self.value(name, errors)?;
        if let Some(number @ 1..) = number(&value) {
            // A large number is probably meant as milliseconds.
            let unit = if number < 1000 { "s" } else { "ms" };
            let message = format!("expected a string literal for `{name}`, found `{number}`");
            errors.add(value.span(), message, format!("write `{name} = \"{number}{unit}\"`"));
            return None;
        }
        let text = text(&value, name, self.form(name), errors)?;
        let milliseconds = Milliseconds::parse(&text.value).map(|length| length.0);
        if milliseconds.is_none() {
            let help = "write an integer and a unit, `ms`, `s` or `m`: `\"250ms\"`, `\"5s\"`, `\"1m\"`";
            if Milliseconds::is_zero(&text.value) {
                let help = "write a longer time: `\"250ms\"`, `\"5s\"`, `\"1m\"`";
                errors.add(text.span, format!("`{name}` must be longer than 0, found `{}`", text.value), help);
            } else {
                errors.add(text.span, format!("invalid duration `{}`", text.value), help);
            }
        }
        milliseconds
    }

    /// Takes a date: `name = "2026-05-19"`.
    pub(crate) fn date(&mut self, name: &str, errors: &mut Errors) -> Option<TextLiteral> {
        let text = self.text(name, errors)?;
        if is_date(&text.value) {
            return Some(text);
        }
        let help = "write a day of the calendar as year, month and day: `\"2026-05-19\"`";
        errors.add(text.span, format!("invalid date `{}`", text.value), help);
        None
    }

    /// Takes tokens: `name = …`. `expected` describes them in the message about a literal.
    pub(crate) fn tokens(&mut self, name: &str, expected: &str, errors: &mut Errors) -> Option<TokenStream> {
        match self.value(name, errors)? {
            Value::Other(tokens) => Some(tokens),
            other => {
                self.wrong_value(name, expected, &other, errors);
                None
            }
        }
    }

    /// Takes a bare word: `name`.
    pub(crate) fn word(&mut self, name: &str, errors: &mut Errors) -> Option<Ident> {
        match self.take(name)? {
            Element::Word(word) => Some(word),
            other => {
                self.wrong_form(name, &other, errors);
                None
            }
        }
    }

    /// Takes a bare word or a boolean: `name`, `name = false`.
    pub(crate) fn flag(&mut self, name: &str, errors: &mut Errors) -> Option<bool> {
        match self.take(name)? {
            Element::Word(_) => Some(true),
            Element::Pair(_, Value::Literal(Lit::Bool(flag))) => Some(flag.value),
            Element::Pair(_, value) => {
                self.wrong_value(name, "`true` or `false`", &value, errors);
                None
            }
            other => {
                self.wrong_form(name, &other, errors);
                None
            }
        }
    }

    /// Reads a key whose value must be one of several words, the default first.
    pub(crate) fn one_of<T: Copy>(&mut self, key: &str, words: &[(&str, T)], errors: &mut Errors) -> Option<T> {
        let text = self.text(key, errors)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let all = words.iter().map(|(word, _)| *word);
            let message = format!("expected {}, found `{}`", either(all.clone()), text.value);
            let meant = nearest(&text.value, all.clone()).or(all.clone().nth(1)).unwrap_or_default();
            errors.add(text.span, message, format!("write `{key} = \"{meant}\"`, or remove it"));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Returns whether the key is a bare word.
    pub(crate) fn bare(&self, name: &str) -> bool {
        self.keyed.iter().any(|element| matches!(element, Element::Word(key) if key == name))
    }

    /// Takes the next list with that key: `name(…)`.
    pub(crate) fn list(&mut self, name: &str, errors: &mut Errors) -> Option<(Ident, Vec<Element>)> {
        loop {
            match self.take(name)? {
                Element::List(key, elements) => return Some((key, elements)),
                other => self.wrong_form(name, &other, errors),
            }
        }
    }
}

/// Returns the string of a value, or reports a mistake; `form` is the form of its key.
pub(crate) fn text(value: &Value, name: &str, form: &str, errors: &mut Errors) -> Option<TextLiteral> {
    match value {
        Value::Literal(Lit::Str(text)) => Some(TextLiteral { value: text.value(), span: text.span().into() }),
        other => {
            let message = format!("expected a string literal for `{name}`, found {}", other.found());
            errors.add(other.span(), message, format!("write `{form}`"));
            None
        }
    }
}

/// Returns the string of an element without a key, or reports a mistake. `what` is what the string contains, for the message.
pub(crate) fn positional_text(element: &Element, what: impl Display, errors: &mut Errors) -> Option<TextLiteral> {
    match element {
        Element::Literal(Lit::Str(text)) => Some(TextLiteral { value: text.value(), span: text.span().into() }),
        other => {
            let help = match other {
                Element::Word(_) | Element::Literal(_) => "write it in quotes",
                Element::Expression(_) => {
                    "write the text itself in quotes: attributes do not evaluate constants and macros"
                }
                _ => "write the text alone, in quotes",
            };
            errors.add(other.span(), format!("expected a string literal with {what}, found {}", other.found()), help);
            None
        }
    }
}

/// Returns the only element of an attribute, a string; reports any other number of elements. `form` is how the attribute is written, and
/// `what` is what the string contains.
pub(crate) fn one_text(
    at: SourceSpan,
    elements: &[Element],
    form: &str,
    what: &str,
    errors: &mut Errors,
) -> Option<TextLiteral> {
    match elements {
        [one] => positional_text(one, what, errors),
        [] => {
            errors.add(at, format!("expected {what}"), format!("write `{form}`"));
            None
        }
        [_, second, ..] => {
            let message = format!("unexpected {} after {what}", second.found());
            errors.add(second.span(), message, format!("write `{form}`"));
            None
        }
    }
}

/// Returns the number of an element without a key; `None` for anything but an integer literal up to 65535.
pub(crate) fn positional_number(element: &Element) -> Option<u16> {
    match element {
        Element::Literal(Lit::Int(number)) => number.base10_parse().ok(),
        _ => None,
    }
}

/// Returns the integer of a value; `None` for anything but an integer literal up to 65535.
fn number(value: &Value) -> Option<u16> {
    match value {
        Value::Literal(Lit::Int(number)) => number.base10_parse().ok(),
        _ => None,
    }
}

/// Returns the number in a string literal: `"8080"`.
fn quoted_number(value: &Value) -> Option<u16> {
    match value {
        Value::Literal(Lit::Str(text)) => text.value().parse().ok(),
        _ => None,
    }
}

/// Returns whether a string is a valid date, `YYYY-MM-DD` (RFC 3339, full-date).
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |digits: usize| {
        let part = parts.next()?;
        (part.len() == digits && part.bytes().all(|c| c.is_ascii_digit())).then(|| part.parse::<u32>().ok())?
    };
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_must_exist_in_the_calendar() {
        assert!(is_date("2026-05-19") && is_date("2024-02-29") && is_date("2000-02-29"));
        for bad in [
            "",
            "2026-5-19",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-04-31",
            "2026-05-00",
            "2026-05-19-",
            "+026-05-19",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
