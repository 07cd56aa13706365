//! The rules, each with its explanation for `naftiko explain`.

pub(crate) mod calls;
mod declare;
pub(crate) mod paging;
pub(crate) mod people;
pub(crate) mod requests;
pub(crate) mod resilience;
pub(crate) mod secrets;
pub(crate) mod served;
pub(crate) mod structure;

use super::rule::Rule;

/// Returns every rule, by topic.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [calls::ALL, requests::ALL, resilience::ALL, paging::ALL, structure::ALL, served::ALL, secrets::ALL, people::ALL]
        .into_iter()
        .flat_map(|topic| topic.iter().copied())
}

/// Returns every rule that applies to traits.
pub fn trait_rules() -> impl Iterator<Item = &'static Rule> {
    rules().filter(|rule| rule.in_traits.is_some())
}

/// Returns the rule called `name`.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.name == name)
}
