//! What the checks of the document find, as mistakes at the tokens that caused them.

use crate::errors::Errors;
use crate::lower::Lowered;
use crate::syntax::Settings;
use naftiko_spec::check::{At, Finding, Rule, check};

/// Reports what is wrong with a draft, unless it is allowed.
pub(crate) fn report(settings: &Settings, lowered: &Lowered<'_>, errors: &mut Errors) {
    for finding in check(&lowered.draft) {
        if is_of_document(lowered, &finding)
            || is_allowed(settings, lowered, &finding)
            || is_follow_up(settings, lowered, &finding)
        {
            continue;
        }
        let spot = lowered.spots.find(&finding.at);
        match &finding.help {
            Some(help) => errors.add(spot, &finding.message, help),
            None => errors.add_plain(spot, &finding.message),
        }
    }
}

/// Whether a finding is about what the document says, which has been judged where it was read.
fn is_of_document(lowered: &Lowered<'_>, finding: &Finding) -> bool {
    let first = lowered.operations.iter().position(|operation| operation.filled.is_none());
    lowered.filling.is_some()
        && match &finding.at {
            At::Head(_) => true,
            At::Fragment(index, _) => first.is_none_or(|first| *index < first),
        }
}

fn is_allowed(settings: &Settings, lowered: &Lowered<'_>, finding: &Finding) -> bool {
    let on_method = |at: &At| match at {
        At::Head(_) => false,
        At::Fragment(index, _) => lowered
            .operations
            .get(*index)
            .is_some_and(|operation| operation.method.helpers.allow.contains(&finding.rule)),
    };
    // What cannot be allowed has been refused where `allow` was read.
    settings.allow.contains(&finding.rule) || on_method(&finding.at) || finding.also.as_ref().is_some_and(on_method)
}

/// Whether a finding may come of a mistake that has been reported already.
fn is_follow_up(settings: &Settings, lowered: &Lowered<'_>, finding: &Finding) -> bool {
    let is_broken = |key: &str| settings.broken.contains(&key);
    match finding.rule {
        Rule::UnusedBind => is_broken("consumes") || is_broken("binds"),
        Rule::UndeclaredVariable => is_broken("binds"),
        _ => match &finding.at {
            At::Fragment(..) => false,
            // What could not be read is not in the source as far as the checks can see.
            At::Head(pointer) => {
                !lowered.spots.is_in_source(pointer)
                    && settings.broken.iter().any(|key| pointer.split('/').any(|token| token == *key))
            }
        },
    }
}
