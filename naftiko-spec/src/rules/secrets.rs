//! Rules for secrets in the document or in URLs. Messages never contain the secret.

use super::Subject;
use super::walk::{Api, DocumentView};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::secrets::{LITERAL_SECRET, SECRET_IN_URL};
use crate::model::{InputParameter, ParameterIn, Placement};
use crate::pointer::escape;
use crate::template::environment_name;

/// Words in a name that mark its value as a secret.
const SECRET_WORDS: &[&str] = &[
    "authorization",
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
    "cookie",
    "apikey",
    "accesskey",
    "privatekey",
];

/// The prefixes of well-known credentials.
const SECRET_PREFIXES: &[&str] = &[
    "Bearer ",
    "Basic ",
    "Token ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "SG.",
    "ntn_",
    "secret_",
    "-----BEGIN",
];

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for api in &walk.apis {
        credential(subject, api, findings);
        parameters(&api.at, &api.consume.input_parameters, findings);
        for (position, resource) in api.consume.resources.iter().enumerate() {
            let at = format!("{}/resources/{position}", api.at);
            parameters(&at, &resource.input_parameters, findings);
            path(&format!("{at}/path"), &resource.path, findings);
        }
    }
    for consumed in &walk.operations {
        parameters(&consumed.at, &consumed.operation.input_parameters, findings);
        if let Some(own) = &consumed.operation.path {
            path(&format!("{}/path", consumed.at), own, findings);
        }
    }
    for callable in &walk.callables {
        for (key, value) in callable.with {
            if value.as_str().is_some_and(begins_like_a_secret) {
                let token = escape(key);
                findings.push(literal(format!("{}/with/{token}", callable.at), &format!("the value of `{key}`"), key));
            }
        }
    }
}

pub(super) fn literal(at: String, what: &str, name: &str) -> Diagnostic {
    Diagnostic::new(&LITERAL_SECRET, at, format!("{what} looks like a secret in the source"))
        .fix(Fix::Hide(environment_name(name)))
}

fn has_variable(value: &str) -> bool {
    value.contains("{{")
}

fn credential(subject: Subject<'_>, api: &Api<'_>, findings: &mut Vec<Diagnostic>) {
    let namespace = &api.consume.namespace;
    if api.consume.tls.key.as_ref().is_some_and(|key| !has_variable(key)) {
        let at = format!("{}/tls/key", api.at);
        findings.push(literal(at, &format!("the private key of `{namespace}`"), &format!("{namespace}_key")));
    }
    let Some(authentication) = &api.consume.authentication else { return };
    let secrets = authentication.secrets().into_iter();
    for (key, _) in secrets.filter(|(_, value)| !value.is_empty() && !has_variable(value)) {
        let at = format!("{}/authentication/{key}", api.at);
        let what = format!("the `{}` of `{namespace}`", subject.key(key));
        findings.push(literal(at, &what, &format!("{namespace}_{key}")));
    }
    if let Some((placement @ (Placement::Query | Placement::Path), key)) = authentication.key() {
        let place = placement.as_str();
        let message = format!("the key `{key}` of `{namespace}` is sent in the {place}, which servers and proxies log");
        let found = Diagnostic::new(&SECRET_IN_URL, format!("{}/authentication/placement", api.at), message);
        findings.push(
            found.fix("if the API accepts it in a header, write `placement: header` and the header's name as `key`"),
        );
    }
}

fn parameters(at: &str, parameters: &[InputParameter], findings: &mut Vec<Diagnostic>) {
    for (index, parameter) in parameters.iter().enumerate() {
        let name = &parameter.name;
        let in_url = matches!(parameter.place, Some(ParameterIn::Query | ParameterIn::Path));
        match parameter.value.as_deref().filter(|value| !value.is_empty()) {
            Some(value) if !has_variable(value) => {
                let named = parameter.place != Some(ParameterIn::Path) && is_secret_name(name);
                let found = (named || begins_like_a_secret(value)).then(|| {
                    literal(format!("{at}/inputParameters/{index}/value"), &format!("the value of `{name}`"), name)
                });
                findings.extend(found);
            }
            // An argument or a variable.
            _ if in_url && is_credential_name(name) => {
                let place = if parameter.place == Some(ParameterIn::Path) { "path" } else { "query" };
                let message = format!("`{name}` looks like a credential, but is sent in the {place}");
                let found = Diagnostic::new(&SECRET_IN_URL, format!("{at}/inputParameters/{index}"), message);
                findings.push(found.fix("if the API accepts it in a header, write `authentication` or `in: header`"));
            }
            _ => {}
        }
    }
}

/// Returns whether a name always means a credential; `page_token` and `token_id` do not.
fn is_credential_name(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "apikey",
        "accesstoken",
        "authtoken",
        "clientsecret",
        "password",
        "passwd",
        "secret",
        "secretkey",
        "privatekey",
        "appkey",
        "accesskey",
        "authkey",
        "apitoken",
        "authorization",
    ];
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&folded.as_str())
}

/// Checks the literals in a path and its query.
fn path(at: &str, path: &str, findings: &mut Vec<Diagnostic>) {
    let (before, query) = path.split_once('?').unwrap_or((path, ""));
    let in_path = before.split('/').any(begins_like_a_secret);
    let in_query = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, value)| {
        !value.is_empty() && !value.contains('{') && (begins_like_a_secret(value) || is_credential_name(name))
    });
    if in_path || in_query.is_some() {
        let name = in_query.map_or("TOKEN", |(name, _)| name);
        findings.push(literal(at.to_owned(), "a part of the path", name));
    }
}

/// Returns whether the name of a header, a parameter or a member indicates a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Returns whether a string starts like a well-known credential.
fn begins_like_a_secret(value: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| value.starts_with(prefix))
}
