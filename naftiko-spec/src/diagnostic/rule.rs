//! The definition of a rule: its name, its severity, and what `naftiko explain` prints.

use super::repair::{REPAIRS, RepairKind};
use super::severity::Severity;
use std::fmt;

/// The places where `allow(…)` may switch a rule off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// Anywhere: the document runs nevertheless.
    Anywhere,
    /// Only where its finding is a warning or an info.
    UnlessError,
    /// Nowhere: the document would not run, or would send a request that nobody intended.
    Nowhere,
}

/// The effect of a rule's error on a document that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// No effect by itself: the document is checked again at startup, because an option may have fixed the error.
    AtStart,
    /// The operation with the error is left out; the rest is served.
    LeftOut,
    /// The document is not served, because it would behave differently from what it declares.
    Refused,
}

/// A rule, with the text that `naftiko explain` prints.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, such as `understated_hint`; for a repair, its number, such as `R07`.
    pub name: &'static str,
    /// The highest severity of its findings in a file; a rule may lower the severity of a finding.
    pub severity: Severity,
    /// Where a comment or an option may switch it off in a file.
    pub allow: Allow,
    /// Where `allow(…)` may switch it off in a trait, where each finding is an error; `None` if it does not apply to traits.
    pub in_traits: Option<Allow>,
    /// The effect of its errors when the document is served.
    pub serving: Serving,
    /// What it requires, in one sentence.
    pub summary: &'static str,
    /// The reason, in a paragraph.
    pub why: &'static str,
    /// An excerpt of a document that breaks it, as YAML; empty for a repair.
    pub wrong: &'static str,
    /// The same excerpt, corrected.
    pub right: &'static str,
    /// The repair that it describes; `None` for other rules.
    pub repair: Option<RepairKind>,
    /// The repairs that report the same mistake. If one of them was made, the rule reports nothing.
    pub(crate) repaired_as: &'static [RepairKind],
}

impl Rule {
    /// A rule with default values, which all other rules are based on.
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

    /// Returns the rule of a repair.
    const fn repair(kind: RepairKind) -> Self {
        // These repairs change the document's metadata, but not what it does.
        let is_about_metadata =
            matches!(kind, RepairKind::Version | RepairKind::InfoLabel | RepairKind::DescriptionPlace);
        Self {
            name: kind.code(),
            severity: if is_about_metadata { Severity::Info } else { Severity::Warning },
            summary: kind.title(),
            why: "Published documents differ from the specification in many ways. If the intention is clear, the document is \
                repaired and the repair is reported. Write what the repair suggests.",
            repair: Some(kind),
            ..Self::NONE
        }
    }

    /// Returns whether it describes a repair.
    #[must_use]
    pub const fn is_repair(&self) -> bool {
        self.repair.is_some()
    }

    /// Returns whether `allow(…)` may switch it off in a trait.
    #[must_use]
    pub fn can_be_allowed_in_traits(&self) -> bool {
        self.in_traits == Some(Allow::Anywhere)
    }
}

/// The rule of each repair, by number.
static OF_REPAIRS: [Rule; REPAIRS.len()] = {
    let mut rules = [Rule::NONE; REPAIRS.len()];
    let mut at = 0;
    while at < rules.len() {
        rules[at] = Rule::repair(REPAIRS[at]);
        at += 1;
    }
    rules
};

impl RepairKind {
    /// Returns the rule of its diagnostics.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        &OF_REPAIRS[self as usize]
    }
}

/// Rules are equal if their names are.
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
