//! The macro that declares the rules of one topic.

/// Declares rules and their list, `ALL`, so that the list is always complete.
macro_rules! rules {
    ($($name:ident = $text:literal, $severity:ident, $allow:ident
        $(, repaired_as $repair:ident)? $(, in_traits $in_traits:ident)? $(, serving $serving:ident)?;
        $summary:literal $why:literal wrong: $wrong:literal right: $right:literal)*) => {
        $(pub(crate) static $name: $crate::diagnostic::rule::Rule = $crate::diagnostic::rule::Rule {
            name: $text,
            severity: $crate::diagnostic::severity::Severity::$severity,
            allow: $crate::diagnostic::rule::Allow::$allow,
            $(in_traits: Some($crate::diagnostic::rule::Allow::$in_traits),)?
            $(serving: $crate::diagnostic::rule::Serving::$serving,)?
            summary: $summary,
            why: $why,
            wrong: $wrong,
            right: $right,
            repaired_as: &[$($crate::diagnostic::repair::RepairKind::$repair)?],
            ..$crate::diagnostic::rule::Rule::NONE
        };)*
        pub(super) static ALL: &[&$crate::diagnostic::rule::Rule] = &[$(&$name,)*];
    };
}
pub(super) use rules;
