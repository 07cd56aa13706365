//! Rules for the authentication of callers. A document whose authentication cannot be checked is not served, because anybody could
//! call it.

use super::parameters::wrong_name;
use super::secrets::literal;
use super::{RuleContext, Subject};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::requests::INVALID_CALLER_HEADER;
use crate::diagnostic::table::secrets::SECRET_IN_URL;
use crate::diagnostic::table::served::{CREDENTIAL_ARGUMENT, UNCHECKED_CALLERS, UNCHECKED_SCOPES};
use crate::fragment::Fragment;
use crate::model::{Authentication, Expose, ParameterIn, Placement};

pub(super) fn check(subject: Subject<'_>, findings: &mut Vec<Diagnostic>) {
    match subject.context {
        RuleContext::Trait { .. } => {
            for (fragment, paths) in subject.fragments() {
                if let Some(at) = paths.places().next() {
                    let at = |argument: usize| format!("{at}/inputParameters/{argument}");
                    removed_arguments(subject, fragment, &at, findings);
                }
                let api = fragment.consumed.as_ref().map(|part| part.consume);
                callers_without_token(subject, fragment, api.into_iter(), findings);
            }
        }
        RuleContext::File { lowered, .. } => {
            for operation in &lowered.operations {
                removed_arguments(subject, &operation.fragment, &|_| operation.at.clone(), findings);
                let apis = operation.work.calls().map(|call| call.consume);
                callers_without_token(subject, &operation.fragment, apis, findings);
            }
        }
    }
    for (index, expose) in subject.document.capability.exposes.iter().enumerate() {
        let name = expose.namespace();
        let Some(authentication) = expose.authentication() else {
            for (at, operation) in scoped(index, expose) {
                let message = format!(
                    "`{operation}` requires scopes, but `{name}` has no `authentication` that could give callers any"
                );
                let help = "authenticate the callers of the adapter with `oauth2`, or remove the scopes";
                findings.push(Diagnostic::new(&UNCHECKED_SCOPES, at, message).fix(help));
            }
            continue;
        };
        let at = format!("/capability/exposes/{index}/authentication");
        findings.extend(unchecked(&at, name, authentication));
        let secrets = authentication.secrets().into_iter();
        for (key, _) in secrets.filter(|(_, value)| !value.is_empty() && !value.contains("{{")) {
            let what = format!("the {key} of the callers of `{name}`");
            findings.push(literal(format!("{at}/{key}"), &what, &format!("{name}_{key}")));
        }
        match authentication.key() {
            Some((Placement::Header, key)) => {
                findings.extend(wrong_name("header", key, false, format!("{at}/key")));
            }
            Some((Placement::Query, key)) => {
                let message = format!("callers send the key `{key}` in the query, which servers and proxies log");
                let found = Diagnostic::new(&SECRET_IN_URL, format!("{at}/placement"), message);
                findings.push(found.fix(
                    "if callers can send it in a header, write `placement: header` and the header's name as `key`",
                ));
            }
            _ => {}
        }
    }
}

/// Finds arguments of routes that never arrive, since their adapter removes the credential of callers from requests.
fn removed_arguments(
    subject: Subject<'_>,
    fragment: &Fragment,
    at: &impl Fn(usize) -> String,
    findings: &mut Vec<Diagnostic>,
) {
    let adapters = fragment.routes.iter().filter_map(|route| subject.document.capability.exposes.get(route.expose));
    for (adapter, authentication) in adapters.filter_map(|adapter| Some((adapter, adapter.authentication()?))) {
        for (index, argument) in fragment.arguments.iter().enumerate() {
            let what = match (argument.place, authentication.header(), authentication.key()) {
                (ParameterIn::Header, Some(header), _) if argument.name.eq_ignore_ascii_case(header) => "header",
                (ParameterIn::Query, _, Some((Placement::Query, key))) if argument.name == key => "query parameter",
                _ => continue,
            };
            let (name, adapter) = (&argument.name, adapter.namespace());
            let message = format!(
                "the {what} `{name}` never arrives: `{adapter}` authenticates callers with it, and then removes it"
            );
            let help =
                format!("authenticate the callers with `apikey` in another {what}, or give the argument another name");
            findings.push(Diagnostic::new(&CREDENTIAL_ARGUMENT, at(index), message).fix(help));
        }
    }
}

/// Finds adapters whose callers have no token that could be exchanged for a token of one of these APIs: they send a user name and a
/// password in `Authorization`.
fn callers_without_token(
    subject: Subject<'_>,
    fragment: &Fragment,
    mut apis: impl Iterator<Item = usize>,
    findings: &mut Vec<Diagnostic>,
) {
    let all = subject.document.all_consumes();
    let exchanges = |api: usize| {
        let api = all.get(api)?;
        api.authentication.as_ref()?.exchanges().then_some(&api.namespace)
    };
    let Some(api) = apis.find_map(exchanges) else { return };
    let routes = fragment.routes.iter().map(|part| part.expose).chain(fragment.tools.iter().map(|part| part.expose));
    let resources = fragment.resources.iter().map(|part| part.expose);
    for index in routes.chain(resources).chain(fragment.prompts.iter().map(|part| part.expose)) {
        let Some(adapter) = subject.document.capability.exposes.get(index) else { continue };
        let how = adapter.authentication().map(Authentication::word).unwrap_or_default();
        let at = format!("/capability/exposes/{index}/authentication");
        if matches!(how, "basic" | "digest") && !findings.iter().any(|known| known.at == at) {
            let message = format!(
                "expected callers of `{}` to send a bearer token, which is exchanged for a token of `{api}`, found `{how}`",
                adapter.namespace()
            );
            let help =
                "authenticate the callers with `oauth2`, or with `apikey` in a header other than `Authorization`";
            findings.push(Diagnostic::new(&INVALID_CALLER_HEADER, at, message).fix(help));
        }
    }
}

/// Returns the routes, tools, resources and prompts of an adapter that need scopes, with their locations and names.
fn scoped(index: usize, expose: &Expose) -> Vec<(String, &str)> {
    let mut scoped = Vec::new();
    match expose {
        Expose::Rest(rest) => {
            for (at, resource) in rest.resources.iter().enumerate() {
                for (number, operation) in
                    resource.operations.iter().enumerate().filter(|(_, own)| !own.scopes.is_empty())
                {
                    let at = format!("/capability/exposes/{index}/resources/{at}/operations/{number}/scopes");
                    scoped.push((at, operation.name.as_deref().unwrap_or(&resource.path)));
                }
            }
        }
        Expose::Mcp(mcp) => {
            let tools = mcp.tools.iter().map(|own| (&own.scopes, own.name.as_str())).enumerate();
            let resources = mcp.resources.iter().map(|own| (&own.scopes, own.name.as_str())).enumerate();
            let prompts = mcp.prompts.iter().map(|own| (&own.scopes, own.name.as_str())).enumerate();
            let all = tools.map(|own| ("tools", own)).chain(resources.map(|own| ("resources", own)));
            for (list, (number, (scopes, name))) in all.chain(prompts.map(|own| ("prompts", own))) {
                if !scopes.is_empty() {
                    scoped.push((format!("/capability/exposes/{index}/{list}/{number}/scopes"), name));
                }
            }
        }
        Expose::Skill(_) | Expose::Control(_) => {}
    }
    scoped
}

/// Finds an authentication that no adapter can check.
fn unchecked(at: &str, name: &str, authentication: &Authentication) -> Option<Diagnostic> {
    let (why, help) = match authentication {
        Authentication::Apikey {
            placement: placement @ (Placement::Path | Placement::Body | Placement::Cookie),
            ..
        } => {
            let place = placement.as_str();
            (format!("a key in the {place}"), "write `placement: header`")
        }
        Authentication::Oauth2(_) => {
            let why = authentication.resource_server()?.err()?;
            let message = format!("callers of `{name}` cannot be checked: {why}");
            let found = Diagnostic::new(&UNCHECKED_CALLERS, at, message);
            let is_about = |keys: [&str; 2]| keys.iter().any(|key| why.starts_with(&format!("`{key}` ")));
            return Some(if why.ends_with("must be a string") {
                found.fix("write it in quotes")
            } else if is_about(["authorizationServerUri", "resource"]) {
                found.fix("write both keys: `authorizationServerUri` (the issuer of the tokens) and `resource` (the URI of the adapter)")
            } else if is_about(["clientId", "clientSecret"]) {
                found.fix("write both `clientId` and `clientSecret`, with which the adapter asks the authorization server, or neither")
            } else {
                // The message names the valid values.
                found
            });
        }
        known if known.is_for_callers() => return None,
        _ => {
            let shown: String = authentication.word().chars().filter(|c| !c.is_control()).take(40).collect();
            (format!("authentication by `{shown}`"), "write `type: bearer`, `apikey`, `basic`, `digest` or `oauth2`")
        }
    };
    let message = format!("callers of `{name}` cannot be checked: {why} is not supported for callers");
    Some(Diagnostic::new(&UNCHECKED_CALLERS, at, message).fix(help))
}
