//! Rules for the headers of callers that are sent to an API: each can be sent, and nothing else sets it.

use super::walk::{Consumed, DocumentView};
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::{INVALID_CALLER_HEADER, INVALID_HEADER_NAME};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Authentication, CallerHeader, Consume, Document, Expose, InputParameter, ParameterIn};
use std::collections::HashSet;

pub(super) fn check(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    forwarded(document, walk, findings);
    for api in &walk.apis {
        for (index, header) in api.consume.caller_headers.iter().enumerate() {
            let at = format!("{}/callerHeaders/{index}", api.at);
            let before = api.consume.caller_headers.iter().take(index);
            findings.extend(invalid(header, at, api.consume, before, &[]));
        }
    }
    let distinct: Vec<Vec<&CallerHeader>> = walk.apis.iter().map(|api| distinct(&api.consume.caller_headers)).collect();
    for consumed in &walk.operations {
        let (Some(api), Some(distinct)) = (walk.apis.get(consumed.api), distinct.get(consumed.api)) else { continue };
        let Consumed { resource, operation, .. } = consumed;
        let of_api = api.consume.caller_headers.iter();
        let parameters = [resource.input_parameters.as_slice(), &operation.input_parameters];
        for (index, header) in operation.caller_headers.iter().enumerate() {
            let at = format!("{}/callerHeaders/{index}", consumed.at);
            let before = of_api.clone().chain(operation.caller_headers.iter().take(index));
            findings.extend(invalid(header, at, api.consume, before, &parameters));
        }
        for header in distinct {
            for (list, at) in parameters.iter().zip([consumed.resource_at(), &consumed.at]) {
                if let Some(index) = list.iter().position(|parameter| sends(parameter, header)) {
                    let at = format!("{at}/inputParameters/{index}");
                    let why = format!("is already sent with every call to `{}`", api.consume.namespace);
                    let name = &header.name;
                    let api = &api.consume.namespace;
                    let help = format!("remove this parameter, or `{name}` from the caller's headers of `{api}`");
                    findings.push(duplicate(header, at, &why, help));
                }
            }
        }
    }
}

/// Returns the first header of each name. A repeated header has its own finding.
fn distinct(headers: &[CallerHeader]) -> Vec<&CallerHeader> {
    let mut names = HashSet::new();
    headers.iter().filter(|header| names.insert(header.name.to_ascii_lowercase())).collect()
}

/// Finds headers of forwarded requests that replace the capability's own credential, names with a `*`, and routes on which the header
/// with the token to exchange is lost.
fn forwarded(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let Expose::Rest(rest) = expose else { continue };
        for (position, resource) in rest.resources.iter().enumerate() {
            let Some(forward) = &resource.forward else { continue };
            let api = walk.apis.iter().find(|api| api.consume.namespace == forward.target_namespace);
            let own = api.and_then(|api| api.consume.authentication.as_ref());
            let exchanges = own.and_then(Authentication::oauth2).is_some_and(|oauth2| oauth2.exchanges);
            let own = own.and_then(Authentication::header);
            if let Some(own) = own.filter(|_| exchanges) {
                let at = format!("/capability/exposes/{index}/resources/{position}/forward");
                let removed = expose.authentication().and_then(Authentication::header);
                let lost = |why: &str| {
                    let message = format!(
                        "{why}, so there is no token to exchange for a token of `{}`, and every request is refused",
                        forward.target_namespace
                    );
                    Diagnostic::new(&INVALID_CALLER_HEADER, at, message).with_severity(Severity::Warning)
                };
                if !forward.trusted_headers.iter().any(|name| own.eq_ignore_ascii_case(name)) {
                    findings.push(lost(&format!("this route drops the caller's `{own}`")).fix(EXCHANGED));
                } else if removed.is_some_and(|removed| own.eq_ignore_ascii_case(removed)) {
                    let why = format!("the adapter uses `{own}` to authenticate callers and removes it");
                    findings.push(lost(&why).fix(REMOVED));
                }
            }
            for (number, name) in forward.trusted_headers.iter().enumerate() {
                let at = format!("/capability/exposes/{index}/resources/{position}/forward/trustedHeaders/{number}");
                if name.contains('*') {
                    let message = format!(
                        "`{}` is read as the name of one header: patterns are not supported",
                        name.escape_debug()
                    );
                    let found = Diagnostic::new(&INVALID_HEADER_NAME, at, message).fix("write the name of each header");
                    findings.push(found.with_severity(Severity::Warning));
                } else if name.eq_ignore_ascii_case("accept-encoding") {
                    let message =
                        format!("the caller's header `{name}` is not forwarded: the capability decodes the answers");
                    let found = Diagnostic::new(&INVALID_CALLER_HEADER, at, message).fix("remove it");
                    findings.push(found.with_severity(Severity::Warning));
                } else if own.is_some_and(|own| own.eq_ignore_ascii_case(name)) && !exchanges {
                    let whose = &forward.target_namespace;
                    let message =
                        format!("the caller's header `{name}` replaces the capability's own credential for `{whose}`");
                    let found = Diagnostic::new(&INVALID_CALLER_HEADER, at, message).fix(OWN_CREDENTIALS);
                    // Only a warning: callers may send credentials of their own. Without them, the capability's credential is sent.
                    findings.push(found.with_severity(Severity::Warning));
                }
            }
        }
    }
}

/// The help for a route that drops the caller's token, although it is exchanged for one of the API.
const EXCHANGED: &str = "add `Authorization` to `trustedHeaders`; the API gets the new token, not the caller's";

/// The help for an adapter that removes the caller's token, although it is exchanged for one of the API.
const REMOVED: &str = "authenticate the callers of the adapter with `apikey` in a header other than `Authorization`";

/// The help for a header that is used both for the credential of callers and for the capability's own.
const OWN_CREDENTIALS: &str =
    "remove the `authentication` of the API if callers have their own credentials, or remove the header";

/// Finds a header that cannot be sent to the API, or that something else sends as well.
fn invalid<'a>(
    header: &CallerHeader,
    at: String,
    api: &Consume,
    mut before: impl Iterator<Item = &'a CallerHeader>,
    parameters: &[&[InputParameter]],
) -> Option<Diagnostic> {
    if let Some(why) = header.why_not_sent() {
        let message = if header.name.is_empty() {
            "the name of a caller's header cannot be empty".to_owned()
        } else {
            format!("the caller's header `{}` cannot be passed on: it {why}", header.name.escape_debug())
        };
        let found = Diagnostic::new(&INVALID_CALLER_HEADER, at, message);
        return Some(
            found.fix(
                "remove it, or write a header that callers send for the API, such as `Authorization` or `X-Tenant`",
            ),
        );
    }
    let credential = api.authentication.as_ref().and_then(Authentication::header);
    if credential.is_some_and(|own| header.has_name(own)) {
        let message =
            format!("`{}` is the header of the capability's own credential for `{}`", header.name, api.namespace);
        let found = Diagnostic::new(&INVALID_CALLER_HEADER, at, message);
        return Some(found.fix(OWN_CREDENTIALS));
    }
    if before.any(|other| other.has_name(&header.name)) {
        return Some(duplicate(header, at, "is declared twice", "remove it here"));
    }
    let mut parameters = api.input_parameters.iter().chain(parameters.iter().copied().flatten());
    parameters.any(|parameter| sends(parameter, header)).then(|| {
        duplicate(
            header,
            at,
            "is also a parameter or a constant of the request",
            "remove it here, or remove that parameter or constant",
        )
    })
}

fn sends(parameter: &InputParameter, header: &CallerHeader) -> bool {
    parameter.place == Some(ParameterIn::Header) && header.has_name(&parameter.name)
}

fn duplicate(header: &CallerHeader, at: String, why: &str, fix: impl Into<Fix>) -> Diagnostic {
    let message = format!("the caller's header `{}` {why}", header.name);
    Diagnostic::new(&INVALID_CALLER_HEADER, at, message).fix(fix)
}
