//! The rules, each with what `naftiko explain` says of it.

/// Declares the rules of one topic, and `ALL`, the list of them, so that a rule cannot be missing from it.
macro_rules! rules {
    ($($name:ident = $text:literal, $severity:ident, $allow:ident $(, repaired_as $repair:ident)?;
        $summary:literal $why:literal wrong: $wrong:literal right: $right:literal)*) => {
        $(pub(in crate::rules) static $name: $crate::rules::Rule = $crate::rules::Rule {
            name: $text,
            severity: $crate::rules::Severity::$severity,
            allow: $crate::rules::Allow::$allow,
            summary: $summary,
            why: $why,
            wrong: $wrong,
            right: $right,
            repaired_as: &[$($crate::read::RepairKind::$repair)?],
        };)*
        pub(super) static ALL: &[&$crate::rules::Rule] = &[$(&$name,)*];
    };
}
use rules;

pub(super) mod calls;
pub(super) mod people;
pub(super) mod requests;
pub(super) mod secrets;
pub(super) mod served;
pub(super) mod structure;

use super::Rule;

/// Every rule, by topic.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [calls::ALL, requests::ALL, structure::ALL, served::ALL, secrets::ALL, people::ALL]
        .into_iter()
        .flat_map(|topic| topic.iter().copied())
}
