//! Rules for secrets that are written in the document or sent in URLs. Messages never contain the secret.

use super::upstreams::unsent_key;
use super::walk::{Api, DocumentView};
use super::{RuleContext, Subject};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::secrets::{LITERAL_SECRET, SECRET_IN_URL};
use crate::lower::{Call, Piece, Source};
use crate::model::{Authentication, Document, Expose, InputParameter, ParameterIn, Placement};
use crate::template::{Template, environment_name};
use std::collections::HashSet;

/// How to send a secret outside of the URL.
const HEADER: &str = "if the API accepts it in a header, write `authentication` or `in: header`";

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
    in_urls(subject, walk, findings);
}

/// Returns the finding for a secret in the source; `name` suggests the name of a variable for it.
pub(super) fn literal(at: String, what: &str, name: &str) -> Diagnostic {
    Diagnostic::new(&LITERAL_SECRET, at, format!("{what} looks like a secret in the source"))
        .fix(Fix::Hide(environment_name(name)))
}

pub(super) fn has_variable(value: &str) -> bool {
    value.contains("{{")
}

/// Finds secrets in the credential and the private key of an API, and a key that is sent in a URL.
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
    if let Some((placement @ (Placement::Query | Placement::Path), key)) = authentication.key()
        && unsent_key(api).is_none()
    {
        let place = placement.as_str();
        let message = format!("the key `{key}` of `{namespace}` is sent in the {place}, which servers and proxies log");
        let found = Diagnostic::new(&SECRET_IN_URL, format!("{}/authentication/placement", api.at), message);
        findings.push(
            found.fix("if the API accepts it in a header, write `placement: header` and the header's name as `key`"),
        );
    }
}

/// Finds parameters with a secret as their constant value, and parameters in a URL whose names mean credentials.
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
            // The value is an argument, or contains a variable.
            _ if in_url && is_credential_name(name) => {
                let place = if parameter.place == Some(ParameterIn::Path) { "path" } else { "query" };
                let message = format!("`{name}` looks like a credential, but is sent in the {place}");
                let found = Diagnostic::new(&SECRET_IN_URL, format!("{at}/inputParameters/{index}"), message);
                findings.push(found.fix(HEADER));
            }
            _ => {}
        }
    }
}

/// A variable: the index of the bind that declares it (`None` if no bind does), and its name.
type Variable<'a> = (Option<usize>, &'a str);

/// Returns the variable called `name`; with a namespace, only a bind of that namespace can declare it.
fn variable<'a>(document: &Document, namespace: Option<&str>, name: &'a str) -> Variable<'a> {
    let is_own = |bind: &&crate::model::Bind| {
        namespace.is_none_or(|namespace| bind.namespace == namespace) && bind.keys.contains_key(name)
    };
    (document.all_binds().iter().position(is_own), name)
}

/// Returns the variables in the credentials of APIs and adapters.
fn credentials(subject: Subject<'_>, walk: &DocumentView<'_>) -> HashSet<(Option<usize>, String)> {
    let of_apis = walk.apis.iter().filter_map(|api| api.consume.authentication.as_ref());
    let of_adapters = subject.document.capability.exposes.iter().filter_map(Expose::authentication);
    let secrets = of_apis.chain(of_adapters).flat_map(|authentication| authentication.secrets());
    let keys = walk.apis.iter().filter_map(|api| api.consume.tls.key.as_deref());
    let templates = secrets.map(|(_, text)| text).chain(keys).filter_map(|text| Template::text(text).ok());
    let variables = templates.flat_map(|template| {
        let variables = template.variables().map(|(namespace, name)| variable(subject.document, namespace, name));
        variables.map(|(bind, name)| (bind, name.to_owned())).collect::<Vec<_>>()
    });
    variables.collect()
}

/// Finds credentials in URLs: variables in base URIs, and in the paths and queries of requests. Traits are not checked.
fn in_urls(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let RuleContext::File { lowered, .. } = subject.context else { return };
    let credentials = credentials(subject, walk);
    let is_credential = |variable: &Variable<'_>| {
        is_credential_name(variable.1) || credentials.contains(&(variable.0, variable.1.to_owned()))
    };
    let found = |at: &str, name: &str, place: &str| {
        let message = format!("the credential `{name}` is sent in the {place}, which servers and proxies log");
        Diagnostic::new(&SECRET_IN_URL, at, message).fix(HEADER)
    };
    let mut reported: HashSet<(String, String)> = HashSet::new();
    for api in &walk.apis {
        let Ok(template) = Template::base_uri(&api.consume.base_uri) else { continue };
        // The placeholder of the API's own key is skipped: `credential` reports that key.
        let key = api.consume.authentication.as_ref().and_then(Authentication::key).map(|(_, key)| key);
        let placeholders = template.placeholders().filter(|name| Some(*name) != key).map(environment_name);
        let placeholders: Vec<String> = placeholders.collect();
        let names = placeholders.iter().map(|name| (None, name.as_str()));
        let all = template.variables().chain(names).map(|(space, name)| variable(subject.document, space, name));
        for (_, name) in all.filter(is_credential) {
            findings.push(found(&format!("{}/baseUri", api.at), name, "base URI"));
        }
    }
    for lowered in &lowered.operations {
        for call in lowered.work.calls() {
            for (place, sent, variables) in in_url(call) {
                let of = |(space, name)| variable(subject.document, space, name);
                for (_, name) in variables.into_iter().map(of).filter(is_credential) {
                    let at = sent_at(walk, &lowered.at, call, sent).unwrap_or_else(|| lowered.at.clone());
                    // A parameter whose name means a credential is already reported.
                    let is_named = sent.is_some_and(is_credential_name);
                    if !is_named && reported.insert((at.clone(), name.to_owned())) {
                        findings.push(found(&at, name, place));
                    }
                }
            }
        }
    }
}

/// A part of a URL: `path` or `query`, the name of the query parameter, and the variables in it.
type InUrl<'c> = (&'static str, Option<&'c str>, Vec<(Option<&'c str>, &'c str)>);

/// Returns the path and the query parameters of a call, with the variables in them.
fn in_url(call: &Call) -> Vec<InUrl<'_>> {
    let mut path = Vec::new();
    call.path.iter().for_each(|piece| piece_variables(piece, &mut path));
    let query = call.query.iter().map(|(name, source)| {
        let mut variables = Vec::new();
        source_variables(source, &mut variables);
        ("query", Some(name.as_str()), variables)
    });
    [("path", None, path)].into_iter().chain(query).collect()
}

fn piece_variables<'c>(piece: &'c Piece, found: &mut Vec<(Option<&'c str>, &'c str)>) {
    match piece {
        Piece::Value(source) | Piece::Rest(source) => source_variables(source, found),
        Piece::Literal(_) => {}
    }
}

/// Adds the variables in a source. The recursion is bounded, because the reader limits the depth of documents.
fn source_variables<'c>(source: &'c Source, found: &mut Vec<(Option<&'c str>, &'c str)>) {
    match source {
        Source::Variable { namespace, name } => found.push((namespace.as_deref(), name)),
        Source::Text(pieces) => pieces.iter().for_each(|piece| piece_variables(piece, found)),
        Source::Object(members) => members.iter().for_each(|(_, source)| source_variables(source, found)),
        Source::List(list) => list.iter().for_each(|source| source_variables(source, found)),
        Source::Styled(_, source) | Source::Typed(_, source) => source_variables(source, found),
        Source::Default(source, other) => [source, other].iter().for_each(|source| source_variables(source, found)),
        Source::Argument(_) | Source::Step(_) | Source::Credential | Source::Constant(_) | Source::Json(_) => {}
    }
}

/// Returns the location of the path of the operation that the callable at `at` calls or, with a name, of its query parameter; `None`
/// if the callable adds the parameter.
fn sent_at(walk: &DocumentView<'_>, at: &str, call: &Call, parameter: Option<&str>) -> Option<String> {
    let api = walk.apis.get(call.consume)?;
    let named = || walk.operation_of_call(&format!("{}.{}", api.consume.namespace, call.operation));
    let consumed = walk.chosen(at).or_else(named)?;
    let Some(name) = parameter else { return Some(consumed.path().0) };
    consumed.parameters(api).into_iter().find_map(|(at, parameters)| {
        let index = parameters.iter().position(|parameter| parameter.name == name && parameter.value.is_some())?;
        Some(format!("{at}/inputParameters/{index}"))
    })
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

/// Finds secrets in the literals of a path and its query.
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
pub(super) fn begins_like_a_secret(value: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| value.starts_with(prefix))
}
