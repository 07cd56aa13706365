//! The rules, each with its explanation for `naftiko explain`.

/// Declares the rules of one topic and their list, `ALL`, so that the list is always complete.
macro_rules! rules {
    ($($name:ident = $text:literal, $severity:ident, $allow:ident
        $(, repaired_as $repair:ident)? $(, in_traits $in_traits:ident)? $(, serving $serving:ident)?;
        $summary:literal $why:literal wrong: $wrong:literal right: $right:literal)*) => {
        $(pub(crate) static $name: $crate::diagnostic::Rule = $crate::diagnostic::Rule {
            name: $text,
            severity: $crate::diagnostic::Severity::$severity,
            allow: $crate::diagnostic::Allow::$allow,
            $(in_traits: Some($crate::diagnostic::Allow::$in_traits),)?
            $(serving: $crate::diagnostic::Serving::$serving,)?
            summary: $summary,
            why: $why,
            wrong: $wrong,
            right: $right,
            repaired_as: &[$($crate::diagnostic::RepairKind::$repair)?],
            ..$crate::diagnostic::Rule::NONE
        };)*
        pub(super) static ALL: &[&$crate::diagnostic::Rule] = &[$(&$name,)*];
    };
}
use rules;

pub(crate) mod calls;
pub(crate) mod paging;
pub(crate) mod people;
pub(crate) mod requests;
pub(crate) mod resilience;
pub(crate) mod secrets;
pub(crate) mod served;
pub(crate) mod structure;

use super::Rule;

/// Returns every rule, by topic.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [calls::ALL, requests::ALL, resilience::ALL, paging::ALL, structure::ALL, served::ALL, secrets::ALL, people::ALL]
        .into_iter()
        .flat_map(|topic| topic.iter().copied())
}
