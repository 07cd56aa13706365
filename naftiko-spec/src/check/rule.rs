//! The names of the checks, and what each is for.

use std::fmt;

/// Declares [`Rule`] and [`RULES`] in one place, so that a check cannot be without a name and an explanation.
macro_rules! rules {
    ($($variant:ident = $name:literal, $allowed:ident, $explanation:literal;)*) => {
        /// A check. Its name is what `allow(…)` takes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $explanation] $variant,)*
        }

        /// Every check.
        pub const RULES: &[Rule] = &[$(Rule::$variant,)*];

        impl Rule {
            /// Its name: `understated_hint`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is for, in one sentence.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }

            /// Whether `allow(…)` may switch it off: only where the program would still run as it is written.
            #[must_use]
            pub const fn can_be_allowed(self) -> bool {
                match self { $(Self::$variant => rules!(@ $allowed),)* }
            }
        }
    };
    (@ may_be_allowed) => { true };
    (@ always) => { false };
}

rules! {
    MissingDescription = "missing_description", may_be_allowed,
        "People and agents choose by description, so the capability and each operation have one.";
    DuplicateNamespace = "duplicate_namespace", always,
        "A namespace is what calls and options name, so no two of a kind share one.";
    DuplicatePort = "duplicate_port", may_be_allowed,
        "Two adapters cannot listen on one port.";
    InvalidBaseUri = "invalid_base_uri", always,
        "A base URI is a scheme, a host and a path that operations' paths are appended to, and nothing else.";
    InvalidTemplate = "invalid_template", always,
        "The braces of a `{{NAME}}` match and hold a name.";
    UndeclaredVariable = "undeclared_variable", always,
        "A `{{NAME}}` takes its value from a bind, so a bind declares it.";
    UnusedBind = "unused_bind", may_be_allowed,
        "A value that is asked for at start is used somewhere.";
    LiteralSecret = "literal_secret", may_be_allowed,
        "A secret in the source is a secret no more; it belongs into a bind.";
    InvalidHeaderName = "invalid_header_name", always,
        "Headers and cookies have names that HTTP allows, and those of the connection belong to the client.";
    DuplicateOperation = "duplicate_operation", always,
        "An operation is called by its name, so no two of a namespace share one.";
    InvalidPath = "invalid_path", always,
        "A path begins with `/`, and holds literals and `{placeholders}` of different names, and no query.";
    UnfilledPlaceholder = "unfilled_placeholder", always,
        "Each `{placeholder}` of a path is filled by an argument.";
    UnmatchedPathArgument = "unmatched_path_argument", always,
        "A path argument has a `{placeholder}` to fill.";
    DuplicateArgument = "duplicate_argument", always,
        "Callers tell arguments apart by their names.";
    UnexpectedBody = "unexpected_body", always,
        "GET, HEAD and DELETE requests carry no body.";
    SeveralBodies = "several_bodies", always,
        "A request has one body.";
    InvalidJsonpath = "invalid_jsonpath", always,
        "The output is picked by a JSONPath of RFC 9535.";
    CollidingRoutes = "colliding_routes", always,
        "A router cannot tell two routes of one method and shape apart, whatever their placeholders are called.";
    DuplicateTool = "duplicate_tool", always,
        "A tool is called by its name, so no two of an adapter share one.";
    InvalidToolName = "invalid_tool_name", may_be_allowed,
        "Clients refuse tool names over 64 characters or with other characters than letters, digits, `_` and `-`.";
    UnderstatedHint = "understated_hint", may_be_allowed,
        "Agents trust hints, so a tool does not claim less danger than its HTTP method has.";
}

impl Rule {
    /// The check of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        RULES.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{RULES, Rule};

    #[test]
    fn every_rule_is_found_by_its_own_name_alone() {
        for rule in RULES {
            assert_eq!(Rule::from_name(rule.name()), Some(*rule));
            assert!(rule.name().bytes().all(|c| c.is_ascii_lowercase() || c == b'_'), "{rule}");
            assert!(rule.explanation().ends_with('.'), "{rule}");
        }
        assert_eq!(Rule::from_name("UnderstatedHint"), None);
    }

    #[test]
    fn what_could_not_run_cannot_be_allowed() {
        assert!(Rule::UnusedBind.can_be_allowed() && Rule::UnderstatedHint.can_be_allowed());
        assert!(!Rule::UnfilledPlaceholder.can_be_allowed() && !Rule::CollidingRoutes.can_be_allowed());
    }
}
