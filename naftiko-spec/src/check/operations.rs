//! What is wrong with operations as a whole: names that are taken, descriptions that are missing.

use super::{At, Finding, Part, Rule, apart};
use crate::fragment::{Draft, Fragment};

pub(super) fn check(draft: &Draft, findings: &mut Vec<Finding>) {
    for (index, fragment) in draft.fragments.iter().enumerate() {
        if fragment.description.as_deref().is_none_or(|text| text.trim().is_empty()) {
            findings.push(
                Finding::new(
                    Rule::MissingDescription,
                    At::Fragment(index, Part::Description),
                    format!("the operation `{}` has no description", fragment.name),
                )
                .help("write a doc comment above the method: people and agents choose by it"),
            );
        }
        let taken = |other: &Fragment| same_name(fragment, other) && !apart(fragment, other);
        if let Some(first) = draft.fragments.iter().take(index).position(taken) {
            findings.push(
                Finding::new(
                    Rule::DuplicateOperation,
                    At::Fragment(index, Part::Name),
                    format!("two operations are called `{}`", name(fragment)),
                )
                .help("give one of them another name: `name = \"…\"`")
                .also(At::Fragment(first, Part::Name)),
            );
        }
    }
}

fn name(fragment: &Fragment) -> &str {
    fragment.consumed.as_ref().map_or(&fragment.name, |part| &part.operation.name)
}

/// Whether two operations have one name in one namespace; orchestrations have one of their own.
fn same_name(one: &Fragment, other: &Fragment) -> bool {
    let namespace = |fragment: &Fragment| fragment.consumed.as_ref().map(|part| part.consume);
    namespace(one) == namespace(other) && name(one) == name(other)
}
