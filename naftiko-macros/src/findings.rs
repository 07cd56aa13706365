//! What the checks of the document find, as mistakes at the tokens that caused them.

use crate::errors::Errors;
use crate::lower::Lowered;
use crate::syntax::Settings;
use naftiko_spec::check::{At, Finding, check};
use proc_macro2::Ident;

/// Reports what is wrong with a draft, unless it is allowed.
pub(crate) fn report(settings: &Settings, lowered: &Lowered<'_>, errors: &mut Errors) {
    for finding in check(&lowered.draft) {
        if is_allowed(settings, lowered, &finding) || is_follow_up(settings, &finding) {
            continue;
        }
        let spot = lowered.spots.find(&finding.at);
        match &finding.help {
            Some(help) => errors.add(spot, &finding.message, help),
            None => errors.add_plain(spot, &finding.message),
        }
    }
}

fn is_allowed(settings: &Settings, lowered: &Lowered<'_>, finding: &Finding) -> bool {
    let names = |rule: &Ident| finding.rule.can_be_allowed() && *rule == finding.rule.name();
    let on_method = |at: &At| match at {
        At::Head(_) => false,
        At::Fragment(index, _) => lowered
            .operations
            .get(*index)
            .is_some_and(|operation| operation.method.helpers.allow.iter().any(|allow| names(&allow.rule))),
    };
    settings.allow.iter().any(|allow| names(&allow.rule))
        || on_method(&finding.at)
        || finding.also.as_ref().is_some_and(on_method)
}

/// Whether a finding may come of a mistake that has been reported already.
fn is_follow_up(settings: &Settings, finding: &Finding) -> bool {
    match &finding.at {
        At::Fragment(..) => false,
        At::Head(pointer) => settings.broken.iter().any(|key| pointer.contains(key)),
    }
}
