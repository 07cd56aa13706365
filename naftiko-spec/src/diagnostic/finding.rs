//! The type of findings: a rule, a location, a message and a fix.

use super::fix::Fix;
use super::rule::{Allow, Rule};
use super::severity::Severity;
use super::show::show;
use std::fmt;

/// A position in the text of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The line, counted from 1.
    pub line: u64,
    /// The column in characters, counted from 1.
    pub column: u64,
}

/// A finding: a mistake, or a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Its severity: `Error` in a trait; in a file the severity of the rule, unless the rule lowers it for this finding.
    pub severity: Severity,
    /// The location, as a JSON Pointer (RFC 6901) into the document.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// The fix. Each user interface formats it for its users: as YAML, an attribute or an option.
    pub fix: Option<Fix>,
    /// A second, related location, as a JSON Pointer.
    pub related: Option<String>,
    /// The position of `related` in the text.
    pub also_location: Option<Location>,
    /// The position in the text, if it is known.
    pub location: Option<Location>,
    /// The location in the file as written, as a JSON Pointer, if a repair made it differ from `at`.
    pub written: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(rule: &'static Rule, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            at: at.into(),
            message: message.into(),
            fix: None,
            related: None,
            also_location: None,
            location: None,
            written: None,
        }
    }

    pub(crate) fn fix(self, fix: impl Into<Fix>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Sets a second location that is related to the finding.
    pub(crate) fn also(self, at: impl Into<String>) -> Self {
        Self { related: Some(at.into()), ..self }
    }

    pub(crate) fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// Returns whether a comment or an option may switch off this finding in a file.
    #[must_use]
    pub fn can_be_allowed(&self) -> bool {
        match self.rule.allow {
            Allow::Anywhere => true,
            Allow::UnlessError => self.severity != Severity::Error,
            Allow::Nowhere => false,
        }
    }

    /// Formats the diagnostic with its line of the text and a caret; `name` and `text` are the name and the content of
    /// the file.
    #[must_use]
    pub fn show(&self, name: &str, text: &str) -> String {
        let label = if self.rule.is_repair() { self.rule.name } else { self.severity.as_str() };
        let (line, column) = self.location.map_or((0, 0), |location| (location.line, location.column));
        let help = self.fix.as_ref().map(ToString::to_string);
        show(name, text, line, column, label, &self.message, help.as_deref())
    }
}

/// Formats a finding as `line 3, column 9: what is wrong; what to do`, and a repair as `R07: what is repaired`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rule.is_repair() {
            return write!(f, "{}: {}", self.rule.name, self.message);
        }
        if let Some(Location { line, column }) = self.location {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.message)?;
        self.fix.as_ref().map_or(Ok(()), |fix| write!(f, "; {fix}"))
    }
}

impl std::error::Error for Diagnostic {}
