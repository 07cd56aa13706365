//! What a rule is: its name, how much it matters where, and what `naftiko explain` says of it.

use super::{RepairKind, Severity, table};
use std::fmt;

/// Where `allow(…)` may switch a rule off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// The document runs nevertheless.
    Anywhere,
    /// Where it is a warning or an info.
    UnlessError,
    /// The document would not run, or would send what nobody meant.
    Nowhere,
}

/// What an error of a rule does to the document that is to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// Nothing, or it is found again at start, where an option may have put it right.
    AtStart,
    /// What it is about is left out; the rest is served.
    LeftOut,
    /// It is not served at all: what it would do is not what it says.
    Refused,
}

/// A rule, and what `naftiko explain` says of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its name: `understated_hint`; of a repair, its number: `R07`.
    pub name: &'static str,
    /// How much its findings in a file matter, at most.
    pub severity: Severity,
    /// Where a comment or an option may switch it off in a file.
    pub allow: Allow,
    /// Whether traits are held to it, where each finding is an error, and whether `allow(…)` may switch it off there.
    pub in_traits: Option<Allow>,
    /// What an error of it does to a document that is to be served.
    pub serving: Serving,
    /// What it wants, in one sentence.
    pub summary: &'static str,
    /// Why, in a paragraph.
    pub why: &'static str,
    /// A document that breaks it, as YAML; nothing for a repair.
    pub wrong: &'static str,
    /// The same document, put right.
    pub right: &'static str,
    /// The repair that it stands for.
    pub repair: Option<RepairKind>,
    /// The repairs that say the same: where one was made, the rule is silent.
    pub(crate) repaired_as: &'static [RepairKind],
}

impl Rule {
    /// What most rules have in common.
    pub(crate) const NONE: Self = Self {
        name: "",
        severity: Severity::Warning,
        allow: Allow::Anywhere,
        in_traits: None,
        serving: Serving::AtStart,
        summary: "",
        why: "",
        wrong: "",
        right: "",
        repair: None,
        repaired_as: &[],
    };

    /// The rule of a repair.
    pub(crate) const fn repair(kind: RepairKind) -> Self {
        // These change what the document is called, and nothing that it does.
        let is_about_form = matches!(kind, RepairKind::Version | RepairKind::InfoLabel | RepairKind::DescriptionPlace);
        Self {
            name: kind.code(),
            severity: if is_about_form { Severity::Info } else { Severity::Warning },
            summary: kind.title(),
            why: "Published documents differ from the specification in many ways. Where what is meant is plain, it is done \
                  and reported. Write what the document is taken for.",
            repair: Some(kind),
            ..Self::NONE
        }
    }

    /// Whether it stands for a repair.
    #[must_use]
    pub const fn is_repair(&self) -> bool {
        self.repair.is_some()
    }

    /// Whether `allow(…)` may switch it off in a trait.
    #[must_use]
    pub fn can_be_allowed_in_traits(&self) -> bool {
        self.in_traits == Some(Allow::Anywhere)
    }
}

/// Rules are told apart by name.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Every rule, by topic.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    table::all()
}

/// Every rule that traits are held to.
pub fn trait_rules() -> impl Iterator<Item = &'static Rule> {
    rules().filter(|rule| rule.in_traits.is_some())
}

/// The rule of that name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.name == name)
}
