//! Tests of comments that allow findings: what they cover, and mistakes in them.

use super::super::*;
use crate::diagnostic::Location;

#[test]
fn comments_allow_by_line_by_entry_and_by_file() {
    let text = "# naftiko: allow(unused_bind, reason = \"for later\")\na:\n# naftiko: allow(R07, reason = 'as published')\n# more\n- b: c # naftiko: allow(unused_input, reason = \"x\")\n  d: '# naftiko: allow(unused_step)'\n";
    let mut allowances = Allowances::of(text);
    assert!(allowances.allow("unused_bind", &[99]));
    assert!(allowances.allow("R07", &[6, 5]) && !allowances.allow("R07", &[6]));
    assert!(allowances.allow("unused_input", &[5]) && !allowances.allow("unused_input", &[6]));
    assert_eq!(allowances.findings(), []);
}

#[test]
fn invalid_and_unused_allow_comments_are_reported() {
    let text = "a:\n  # naftiko: allow(unused_bnd, reason = \"x\")\n  # naftiko: allow(unresolved_call, reason = \"x\")\n  # naftiko: allow(unused_bind)\n  # naftiko: alow\n  b: c\n";
    let shown: Vec<_> = Allowances::of(text)
        .findings()
        .into_iter()
        .map(|finding| {
            let Location { line, column } = finding.location.unwrap();
            format!("{line}:{column} {} {}", finding.rule.name, finding.message)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "2:3 invalid_allow unknown rule `unused_bnd`",
            "3:3 invalid_allow the rule `unresolved_call` cannot be allowed",
            "4:3 invalid_allow `allow(unused_bind)` gives no reason",
            "4:3 unused_allow `allow(unused_bind)` switches off nothing here",
            "5:3 invalid_allow expected `allow(…)` after `naftiko:`, found `alow`",
        ]
    );
}

#[cfg(feature = "yaml")]
#[test]
fn a_policy_allows_findings_about_comments_as_it_allows_others() {
    use crate::load::{Errors, Policy, load};
    let text = "# naftiko: alow\n# naftiko: allow(R07, reason = \"x\")\nnaftiko: 1.0.0-alpha2\ninfo: {label: A, description: A., tags: [a]}\n";
    let loaded = |allow: &[&str]| {
        let allow = allow.iter().map(|name| (*name).to_owned()).collect();
        let loaded = load(text, &Policy { errors: Errors::Report, allow, ..Policy::default() }).unwrap();
        let comments = loaded.diagnostics.iter().filter(|found| found.rule.name.ends_with("_allow"));
        (comments.map(|found| found.rule.name).collect::<Vec<_>>(), loaded.allowed)
    };
    assert_eq!(loaded(&[]), (vec!["invalid_allow", "unused_allow"], 0));
    // `invalid_allow` cannot be allowed.
    assert_eq!(loaded(&["invalid_allow", "unused_allow"]), (vec!["invalid_allow"], 1));
}

proptest::proptest! {
    #[test]
    fn reading_comments_never_panics(text in "([#a: \\n,()='\"é]|naftiko:|allow|reason){0,60}") {
        let mut allowances = Allowances::of(&text);
        allowances.allow("unused_bind", &[1, 2, 3]);
        let _ = allowances.findings();
    }
}
