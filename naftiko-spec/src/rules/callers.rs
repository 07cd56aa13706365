//! How callers of an adapter authenticate: what cannot be checked is not served, since it would let everybody in.

use super::parameters::wrong_name;
use super::secrets::literal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::table::secrets::SECRET_IN_URL;
use crate::diagnostic::table::served::UNCHECKED_CALLERS;
use crate::model::{Authentication, Document, Placement};

pub(super) fn check(document: &Document, findings: &mut Vec<Diagnostic>) {
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let Some(authentication) = expose.authentication() else { continue };
        let (at, name) = (format!("/capability/exposes/{index}/authentication"), expose.namespace());
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
                findings.push(found.fix("if callers can send it in a header, choose `header` and its name as the key"));
            }
            _ => {}
        }
    }
}

/// Finds an authentication that no adapter can check.
fn unchecked(at: &str, name: &str, authentication: &Authentication) -> Option<Diagnostic> {
    let (why, help) = match authentication {
        Authentication::Bearer { .. }
        | Authentication::Basic { .. }
        | Authentication::Apikey { placement: Placement::Header | Placement::Query, .. } => return None,
        Authentication::Apikey { placement, .. } => {
            let place = placement.as_str();
            (format!("a key in the {place}"), "write `placement: header`")
        }
        Authentication::Oauth2(_) => {
            let why = authentication.resource_server()?.err()?;
            let message = format!("callers of `{name}` cannot be checked: {why}");
            let help = "`oauth2` of an adapter has `authorizationServerUri`, the issuer of the tokens, and `resource`, the URI of the adapter";
            return Some(Diagnostic::new(&UNCHECKED_CALLERS, at, message).fix(help));
        }
        Authentication::Digest { .. }
        | Authentication::Hmac { .. }
        | Authentication::AwsSigV4 { .. }
        | Authentication::Other(_) => {
            let shown: String = authentication.word().chars().filter(|c| !c.is_control()).take(40).collect();
            (format!("authentication by `{shown}`"), "write it as bearer, apikey, basic or oauth2")
        }
    };
    let message = format!("callers of `{name}` cannot be checked: {why} is not supported for callers");
    Some(Diagnostic::new(&UNCHECKED_CALLERS, at, message).fix(help))
}
