//! The checks that run on a document before anything else does, and what they find.
//!
//! They run once for every way in: the macro turns a [`Finding`] into a compile error at the token that caused it, a program
//! prints it. [`RULES`] lists them all.

mod arguments;
mod exposed;
mod head;
mod headers;
mod operations;
mod paths;
mod rule;
mod secrets;
mod variables;

pub(crate) use exposed::LONGEST_TOOL_NAME;
pub(crate) use head::wrong_base_uri;
pub(crate) use headers::wrong_header_name;
pub use rule::{RULES, Rule};
pub(crate) use secrets::begins_like_a_secret;
pub use secrets::is_secret_name;

use crate::fragment::{Draft, Fragment};

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it.
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
    ///
    /// The value may be one that the source leaves out, and the document makes up or lacks.
    Head(String),
    /// A part of a fragment.
    Fragment(usize, Part),
}

/// A part of a fragment that a finding can point at, in the order of the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The description.
    Description,
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
    /// The JSONPath of the output.
    Output,
    /// The argument of that index.
    Argument(usize),
}

impl Finding {
    fn new(rule: Rule, at: At, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), help: None, at, also: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn also(mut self, also: At) -> Self {
        self.also = Some(also);
        self
    }
}

/// Everything that is wrong with a draft, in the order of the source.
///
/// Findings that `allow(…)` switches off are among them: what is allowed where is for the caller to know.
#[must_use]
pub fn check(draft: &Draft) -> Vec<Finding> {
    let mut findings = Vec::new();
    head::check(&draft.head, &mut findings);
    variables::check(draft, &mut findings);
    secrets::check(&draft.head, &mut findings);
    headers::check(draft, &mut findings);
    operations::check(draft, &mut findings);
    exposed::check(draft, &mut findings);
    for (index, fragment) in draft.fragments.iter().enumerate() {
        paths::check(index, fragment, &mut findings);
        arguments::check(index, fragment, &mut findings);
    }
    findings.sort_by_cached_key(|finding| order(&finding.at));
    // Adapters of one kind repeat what is wrong with what they share.
    findings.dedup();
    findings.iter_mut().for_each(name_rule);
    findings
}

/// Tells the name of a check that may be switched off, as nothing else does.
fn name_rule(finding: &mut Finding) {
    if finding.rule.can_be_allowed() {
        let allow = format!("allow({}, reason = \"…\")", finding.rule);
        finding.help = Some(match finding.help.take() {
            Some(help) => format!("{help}; if it is meant, say `{allow}`"),
            None => format!("if it is meant, say `{allow}`"),
        });
    }
}

/// Where a place stands in the source: the head before the fragments, its sections and their entries in order.
fn order(at: &At) -> (usize, usize, Option<Part>) {
    const SECTIONS: [&str; 4] = ["/info", "/binds", "/capability/consumes", "/capability/exposes"];
    match at {
        At::Head(pointer) => {
            let section = SECTIONS.iter().position(|section| pointer.starts_with(section)).unwrap_or(0);
            let entry = pointer.split('/').find_map(|token| token.parse().ok()).unwrap_or(0);
            (section, entry, None)
        }
        At::Fragment(index, part) => (SECTIONS.len(), *index, Some(part.clone())),
    }
}

/// A JSON Pointer (RFC 6901) of those tokens, as a place in the head.
fn head_at(tokens: &[&dyn std::fmt::Display]) -> At {
    let escape =
        |token: &&dyn std::fmt::Display| format!("/{}", token.to_string().replace('~', "~0").replace('/', "~1"));
    At::Head(tokens.iter().map(escape).collect())
}

/// Whether `cfg` keeps two operations from being there together: both have one, and not the same.
fn apart(one: &Fragment, other: &Fragment) -> bool {
    !one.cfg.is_empty() && !other.cfg.is_empty() && one.cfg != other.cfg
}

/// A name as Rust code would have it: `userId` is `user_id`.
fn snake(name: &str) -> String {
    crate::names::Case::Snake.apply(name)
}

#[cfg(test)]
mod tests;
