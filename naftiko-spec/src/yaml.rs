//! Conversion of documents from and to YAML: strict when reading, in the style of published documents when writing.

use crate::model::Document;
use crate::printable::is_raw_in_yaml;
#[cfg(feature = "yaml")]
use serde_saphyr::{Options, UserMessageFormatter, options::DuplicateKeyPolicy};
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

/// The maximum size of a document, in bytes: 50 times the largest published document.
#[cfg(feature = "yaml")]
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The maximum nesting of lists and objects.
#[cfg(feature = "yaml")]
const MAX_DEPTH: usize = 64;

/// The reason why a document could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    message: String,
    /// The line and the column, both counted from 1.
    place: Option<(u64, u64)>,
}

impl YamlError {
    /// Returns the message, without the location.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the line, counted from 1; `None` if it is unknown.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.place.map(|(line, _)| line)
    }

    /// Returns the column in characters, counted from 1; `None` if it is unknown.
    #[must_use]
    pub fn column(&self) -> Option<u64> {
        self.place.map(|(_, column)| column)
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for YamlError {}

/// Writes JSON as YAML.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn json_to_yaml(value: &serde_json::Value) -> Result<String, YamlError> {
    write_yaml(value)
}

/// Reads a YAML text as JSON, with the limits of a document except for its size.
#[cfg(feature = "yaml")]
pub(crate) fn yaml_to_json(yaml: &str) -> Result<serde_json::Value, YamlError> {
    serde_saphyr::from_str_with_options(yaml, read_options()).map_err(|error| read_error(&error))
}

fn write_yaml(value: &impl serde::Serialize) -> Result<String, YamlError> {
    let options = serde_saphyr::ser_options! {
        // Single-line strings are not folded; multi-line strings become blocks.
        folded_wrap_chars: usize::MAX,
    };
    serde_saphyr::to_string_with_options(value, options).map_err(|error| cannot_write(&error))
}

fn cannot_write(why: &impl fmt::Display) -> YamlError {
    YamlError { message: format!("the document cannot be written as YAML: {why}"), place: None }
}

impl Document {
    /// Writes the document as YAML, with keys in the order of published documents.
    ///
    /// # Errors
    /// Returns an error if it cannot be written, which does not happen for documents of this crate.
    pub fn to_yaml(&self) -> Result<String, YamlError> {
        let yaml = self.printable_yaml(write_yaml(self)?)?;
        let floats =
            self.exact_numbers.iter().map(|(float, literal)| Ok((write_yaml(&float)?.trim_end().to_owned(), literal)));
        let literals: HashMap<String, &str> = floats.collect::<Result<_, YamlError>>()?;
        Ok(if literals.is_empty() { yaml } else { with_exact_numbers(&yaml, &literals) })
    }

    /// Returns the YAML of the document with its bidirectional and invisible characters escaped, as in the outputs of commands.
    /// `serde_saphyr` escapes only control characters, and writes a string in double quotes only if it escapes a character.
    fn printable_yaml(&self, yaml: String) -> Result<String, YamlError> {
        if !yaml.contains(is_raw_in_yaml) {
            return Ok(yaml);
        }
        // Each of these characters is replaced by a control character, so that its string gets double quotes, a mark that the document
        // does not contain, and its code. In the written YAML, a backslash then replaces the control character and the mark.
        let used: HashSet<&str> = yaml.split("escape").skip(1).filter_map(|rest| rest.get(..8)).collect();
        let mut numbers = (0..u32::MAX).map(|number| format!("{number:08x}"));
        let mark = format!("escape{}", numbers.find(|number| !used.contains(&**number)).unwrap_or_default());
        let json = serde_json::to_string(self).map_err(|error| cannot_write(&error))?;
        let mut marked = String::with_capacity(json.len() * 2);
        for c in json.chars() {
            if is_raw_in_yaml(c) {
                // Writing to a string does not fail.
                let _ = write!(marked, "\\u0001{mark}U{:08X}", u32::from(c));
            } else {
                marked.push(c);
            }
        }
        let marked: Self = serde_json::from_str(&marked).map_err(|error| cannot_write(&error))?;
        Ok(write_yaml(&marked)?.replace(&format!("\\x01{mark}"), "\\"))
    }

    /// Reads a document. Unknown and repeated keys are errors. Documents that exceed a limit (8 MiB, 64 levels, 100 anchors,
    /// 100 aliases) are refused.
    ///
    /// # Errors
    /// Returns an error if the text exceeds a limit, is not YAML, or is not a valid document. The error has a line and a column, if they
    /// are known.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(yaml: &str) -> Result<Self, YamlError> {
        if yaml.len() > MAX_BYTES {
            let message = format!("the document has {} bytes, but the maximum is {MAX_BYTES}", yaml.len());
            return Err(YamlError { message, place: None });
        }
        serde_saphyr::from_str_with_options(yaml, read_options()).map_err(|error| read_error(&error))
    }
}

/// Replaces floats by their source texts in YAML as [`write_yaml`] writes it: each number is the whole value of a key or an element of a
/// list, on one line. Strings are quoted if they look like a number or contain `: `, and those of several lines are blocks.
fn with_exact_numbers(yaml: &str, literals: &HashMap<String, &str>) -> String {
    let mut exact = String::with_capacity(yaml.len());
    // The column of the key or the list whose value is a block; the lines of the block are indented more.
    let mut block: Option<usize> = None;
    for line in yaml.split_inclusive('\n') {
        let text = line.trim_end();
        let mut entry = text.trim_start();
        let mut column = text.len() - entry.len();
        if block.is_some_and(|outer| text.is_empty() || column > outer) {
            exact.push_str(line);
            continue;
        }
        // `- - key: value`: the column of the innermost list, or else of the key.
        let mut list = column;
        while let Some(rest) = entry.strip_prefix("- ") {
            list = column;
            column += 2;
            entry = rest;
        }
        let (key, value) = match entry.rsplit_once(' ') {
            Some((key, value)) if key.ends_with(':') => (Some(key), value),
            Some(_) => (None, ""),
            None => (None, entry),
        };
        block = value.starts_with(['|', '>']).then(|| if key.is_some() { column } else { list });
        match (literals.get(value), text.strip_suffix(value)) {
            (Some(literal), Some(before)) => {
                exact.push_str(before);
                exact.push_str(literal);
                exact.push('\n');
            }
            _ => exact.push_str(line),
        }
    }
    exact
}

#[cfg(feature = "yaml")]
fn read_error(error: &serde_saphyr::Error) -> YamlError {
    let error = error.without_snippet();
    let place = error.location().map(|location| (location.line(), location.column()));
    let text = error.render_with_formatter(&UserMessageFormatter);
    // `YamlError` has the location in a field of its own.
    let location = place.map(|(line, column)| format!(" at line {line}, column {column}")).unwrap_or_default();
    YamlError { message: text.strip_suffix(&location).unwrap_or(&text).to_owned(), place }
}

#[cfg(feature = "yaml")]
fn read_options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH, max_documents: 1, max_aliases: 100, max_anchors: 100 },
        duplicate_keys: DuplicateKeyPolicy::Error,
        // `yes` and `on` are strings.
        strict_booleans: true,
        with_snippet: false,
    }
}
