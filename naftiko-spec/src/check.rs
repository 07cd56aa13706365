//! The checks that run on a document before anything else does, and what they find.

use crate::fragment::Draft;

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check, as `allow(…)` takes it: `understated_hint`.
    pub rule: Rule,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where.
    pub at: At,
    /// A second place that has to do with it (the other of two colliding routes).
    pub also: Option<At>,
}

/// A place that a finding points at: the value of a key in the head, or a part of one fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum At {
    /// A value of the head, as a JSON Pointer (RFC 6901) into it: `/capability/consumes/0/baseUri`.
    Head(String),
    /// A part of a fragment.
    Fragment(usize, Part),
}

/// A part of a fragment that a finding can point at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// The operation as a whole (its method's name).
    Operation,
    /// The path of the consumed operation.
    Path,
    /// One `{placeholder}` of that path, by its name.
    Placeholder(String),
    /// The consumed operation's name.
    Name,
    /// The path of a route.
    RoutePath,
    /// The name of a tool.
    ToolName,
    /// The hints of a tool.
    Hints,
    /// The argument of that index.
    Argument(usize),
    /// The JSONPath of the output.
    Output,
    /// The description.
    Description,
}

/// The names of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule(pub &'static str);

/// Everything that is wrong with a draft, in the order of the source.
#[must_use]
pub fn check(draft: &Draft) -> Vec<Finding> {
    let _ = draft;
    Vec::new()
}
