//! Rules for consumed APIs: type, base URI, TLS and authentication.

use super::Subject;
use super::paths::{declared_query, query_names};
use super::walk::{Api, DocumentView};
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::{INVALID_BASE_URI, TRAILING_SLASH, UNMATCHED_PATH_ARGUMENT};
use crate::diagnostic::table::secrets::{EXAMPLE_HOST, INSECURE_HTTP, INVALID_OAUTH, UNUSED_TLS};
use crate::diagnostic::table::served::{UNSUPPORTED_AUTHENTICATION, UNSUPPORTED_KIND};
use crate::diagnostic::{Diagnostic, Severity};
use crate::host::{is_this_machine, of_authority, without_user};
use crate::lower::placeholders;
use crate::model::{Authentication, OAuth2, Placement};
use crate::printable;
use crate::template::{Part, Reason, Template, same_name};
use serde_json::Value;

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for api in &walk.apis {
        if api.consume.is_imported() {
            findings.push(imported(api));
            continue;
        }
        kind(api, findings);
        base_uri(api, findings);
        let incomplete = || incomplete_pair(api).filter(|_| !subject.is_trait());
        findings.extend(unused_tls(api).or_else(incomplete));
        authentication(api, findings);
        findings.extend(unplaced_key(api));
        oauth2(subject, api, findings);
    }
}

/// What to do instead of importing an API.
pub(super) const COPY_API: &str = "copy the API into this file, in place of `import`";

/// Returns the finding for an API of another document.
fn imported(api: &Api<'_>) -> Diagnostic {
    let location = api.consume.location.as_deref();
    let location = location.map_or_else(|| "another file".to_owned(), |location| format!("`{}`", printable(location)));
    let message = format!("importing an API from {location} is not supported");
    Diagnostic::new(&UNSUPPORTED_KIND, &api.at, message).fix(COPY_API)
}

/// Finds an API that is not an HTTP API.
fn kind(api: &Api<'_>, findings: &mut Vec<Diagnostic>) {
    let kind = &api.consume.kind;
    if kind != "http" {
        let message = format!(
            "`{}` has the type `{}`, but only `http` can be consumed",
            api.consume.namespace,
            kind.escape_debug()
        );
        let found = Diagnostic::new(&UNSUPPORTED_KIND, format!("{}/type", api.at), message);
        findings.push(found.fix("write `type: http` if it is an HTTP API; otherwise put a gateway in front of it"));
    }
}

/// Finds an invalid base URI, a host that is not real, and a base URI without TLS.
fn base_uri(api: &Api<'_>, findings: &mut Vec<Diagnostic>) {
    let uri = api.consume.base_uri.as_str();
    let at = || format!("{}/baseUri", api.at);
    if let Some(wrong) = wrong_base_uri(uri, at()) {
        findings.push(wrong);
        return;
    }
    let Some((scheme, rest)) = uri.split_once("://") else { return };
    let host = of_authority(rest);
    if let Some(why) = why_not_real(&host) {
        let finding = Diagnostic::new(&EXAMPLE_HOST, at(), format!("the host `{host}` {why}"))
            .fix("write the real host, or a variable that is set at startup: `https://{host}`");
        // Software that runs on the same machine often has no other host.
        findings.push(if is_this_machine(&host) { finding.with_severity(Severity::Info) } else { finding });
    } else if scheme.eq_ignore_ascii_case("http") && !host.contains(['{', '[']) && !has_unused_tls(api) {
        findings.push(
            Diagnostic::new(&INSECURE_HTTP, at(), format!("`{}` is called without TLS", api.consume.namespace))
                .fix(format!("write `https://{rest}`, if the API supports it")),
        );
    }
}

/// Finds certificates of an API that is called without TLS.
fn unused_tls(api: &Api<'_>) -> Option<Diagnostic> {
    if !has_unused_tls(api) {
        return None;
    }
    let message =
        format!("the `tls` of `{}` has no effect, because the API is called over http", api.consume.namespace);
    let found = Diagnostic::new(&UNUSED_TLS, format!("{}/baseUri", api.at), message);
    Some(found.fix("call it over https, or remove `tls`"))
}

/// Finds a client certificate without its private key, and a private key without its certificate. In a trait, the macro reports both.
fn incomplete_pair(api: &Api<'_>) -> Option<Diagnostic> {
    let (key, other, help) = match (&api.consume.tls.certificate, &api.consume.tls.key) {
        (Some(_), None) => {
            ("certificate", "key", "add `key`, the private key of the certificate, or remove `certificate`")
        }
        (None, Some(_)) => {
            ("key", "certificate", "add `certificate`, the certificate of the private key, or remove `key`")
        }
        _ => return None,
    };
    let message = format!("the `tls` of `{}` has `{key}`, but no `{other}`", api.consume.namespace);
    Some(Diagnostic::new(&UNUSED_TLS, format!("{}/tls/{key}", api.at), message).fix(help))
}

/// Returns whether an API has certificates that no connection uses. With `oauth2`, the token endpoint may use them.
fn has_unused_tls(api: &Api<'_>) -> bool {
    let consume = api.consume;
    let has_tokens = consume.authentication.as_ref().is_some_and(|how| how.oauth2().is_some());
    let is_http = consume.base_uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    is_http && !consume.tls.is_empty() && !has_tokens
}

/// Returns why a host is not real: it is an example, a placeholder or this machine; `None` if it is real.
pub(super) fn why_not_real(host: &str) -> Option<&'static str> {
    const RESERVED: [&str; 6] = ["example.com", "example.org", "example.net", "example", "test", "invalid"];
    const PLACEHOLDERS: [&str; 8] =
        ["your-", "your_", "yourdomain", "yourcompany", "yourinstance", "my-", "<your", "company-name"];
    let under = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if RESERVED.iter().any(under) {
        return Some("is reserved for examples");
    }
    if is_this_machine(host) {
        return Some("is the machine on which the document runs");
    }
    let is_placeholder = |label: &str| {
        PLACEHOLDERS.iter().any(|start| label.starts_with(start)) || matches!(label, "host" | "hostname" | "changeme")
    };
    host.split('.').any(is_placeholder).then_some("is a placeholder")
}

/// Finds an authentication that is not supported or not complete.
fn authentication(api: &Api<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(authentication @ Authentication::Other(_)) = &api.consume.authentication else { return };
    let kind = authentication.word();
    let shown: String = kind.chars().filter(|c| !c.is_control()).take(40).collect();
    let fix = match kind.to_ascii_lowercase().as_str() {
        "oauth1" | "oauth1.0" | "oauth1a" | "oauth1.0a" => {
            "write `consumerKey` and `signingKey`; `signatureMethod` can be HMAC-SHA1, HMAC-SHA256 or RSA-SHA256".into()
        }
        "hmac" => "write `apiId` and `apiKey` if it is the signature of Veracode; for another one, implement \
                   `naftiko::Authenticate`, or send the calls through a signing proxy"
            .into(),
        "aws-sig-v4" | "awssigv4" | "aws-sigv4" | "aws" | "sigv4" => {
            "write `accessKeyId`, `secretKey`, `region` and `service`".into()
        }
        "certificate" | "mtls" | "client-certificate" => {
            "remove `authentication`, and write the certificate and its key beside `baseUri`, as `tls: {certificate: '{{env.CERT}}', key: '{{env.KEY}}'}`".into()
        }
        "" => "write `type: bearer`, `apikey`, `basic`, `digest` or `oauth2`".into(),
        _ => Fix::Proxy(
            "write `type: bearer`, `apikey`, `basic`, `digest` or `oauth2` if it is one of these; otherwise send the calls through a \
             proxy that authenticates them",
        ),
    };
    let message = match authentication.missing_keys() {
        _ if shown.is_empty() => "the authentication has no type".to_owned(),
        Some(missing) => format!("`{shown}` authentication has no {missing}"),
        None => format!("`{shown}` authentication is not supported"),
    };
    findings.push(Diagnostic::new(&UNSUPPORTED_AUTHENTICATION, format!("{}/authentication", api.at), message).fix(fix));
}

/// Finds an API key with `placement: path`, but without a placeholder in the base URI or in a path: it is never sent.
fn unplaced_key(api: &Api<'_>) -> Option<Diagnostic> {
    let key = unsent_key(api)?;
    let message = format!("the key `{key}` of `{}` is never sent: no path has `{{{key}}}`", api.consume.namespace);
    let found = Diagnostic::new(&UNMATCHED_PATH_ARGUMENT, format!("{}/authentication/key", api.at), message);
    let fix = format!("write `{{{key}}}` in the base URI or in the paths, or write `placement: header`");
    Some(found.fix(fix))
}

/// Returns the name of an API key for a path, if neither the base URI nor any path has its placeholder.
pub(super) fn unsent_key<'a>(api: &Api<'a>) -> Option<&'a str> {
    let (Placement::Path, key) = api.consume.authentication.as_ref()?.key()? else { return None };
    let base_uri = Template::base_uri(&api.consume.base_uri).ok()?;
    let operations = api.consume.resources.iter().flat_map(|resource| &resource.operations);
    let paths = api.consume.resources.iter().map(|resource| resource.path.as_str());
    let mut paths = paths.chain(operations.filter_map(|operation| operation.path.as_deref()));
    let is_sent = base_uri.placeholders().any(|placeholder| placeholder == key)
        || paths.any(|path| placeholders(path).into_iter().any(|placeholder| same_name(placeholder, key)));
    (!is_sent).then_some(key)
}

/// Finds the faults of an authentication of type `oauth2`.
fn oauth2(subject: Subject<'_>, api: &Api<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(Authentication::Oauth2(keys)) = &api.consume.authentication else { return };
    for fault in OAuth2::faults(keys) {
        let mut at = format!("{}/authentication", api.at);
        for step in fault.written.iter().cloned().chain(fault.scope.map(|scope| scope.to_string())) {
            at.push('/');
            at.push_str(&step);
        }
        let key = subject.key(fault.written.as_deref().unwrap_or(fault.key));
        let value = fault.written.as_ref().and_then(|key| keys.get(key));
        let is_text = value.is_none_or(Value::is_string);
        let fix: Fix = match fault.key {
            key if !is_text && key != "scopes" => "write it in quotes".into(),
            "scopes" if fault.scope.is_some() => {
                "write one scope, without spaces or quotes, in each element (RFC 6749, section 3.3)".into()
            }
            "scopes" => "write the names of the scopes, without quotes, as a list (RFC 6749, section 3.3)".into(),
            "tokenUrl" => "write the `https://` URL of the token endpoint; `http://` is only for this machine".into(),
            "grant" if subject.is_trait() => "remove `grant`, or remove `refresh_token`".into(),
            "grant" => {
                "remove `grant`, or write `client_credentials` or `token-exchange` without a refresh token, or `refresh_token` \
                 with one"
                    .into()
            }
            "clientAuthentication" => "write `header` or `body`".into(),
            "clientSecret" => format!(
                "write `{key}` or `{}`, or get a token by other means and send it as `bearer`",
                subject.key("refreshToken")
            )
            .into(),
            _ => format!("write `{key}`, or get a token by other means and send it as `bearer`").into(),
        };
        let message = format!("`{key}` of `{}` {}", api.consume.namespace, fault.what);
        findings.push(Diagnostic::new(&INVALID_OAUTH, at, message).fix(fix));
    }
}

/// Returns the first mistake in a base URI; others often follow from it.
fn wrong_base_uri(uri: &str, at: String) -> Option<Diagnostic> {
    let found = |message: String, fix: Fix| Some(Diagnostic::new(&INVALID_BASE_URI, &at, message).fix(fix));
    let wrong = |what: &str, fix: String| found(format!("the base URI `{uri}` {what}"), fix.into());
    // This is checked first, because the other messages contain the URI.
    let shown = without_user(uri);
    if let Some((_, after)) = shown.rsplit_once('@').filter(|_| shown != uri) {
        let has_user = "contains a user name or a password";
        // With more than one `@`, each part may be a part of the password.
        let message = match uri.matches('@').count() {
            1 => format!("the base URI of `{}` {has_user}", of_authority(after)),
            _ => format!("this base URI {has_user}"),
        };
        return found(message, Fix::Authenticate);
    }
    let template = match Template::base_uri(uri) {
        Ok(template) => template,
        Err(error) => {
            let help = match &error.reason {
                Reason::Unclosed(open) => format!("close the `{open}`"),
                _ => "write `{name}` or `[name]` for a variable, and `{{env.NAME}}` for the value of a bind".to_owned(),
            };
            return wrong(&format!("cannot be read: {error}"), help);
        }
    };
    if uri.is_empty() {
        return found(
            "the base URI is empty".to_owned(),
            "write it with scheme and host: `https://api.example.com`".into(),
        );
    }
    let is_wrong = |c: &char| c.is_control() || c.is_whitespace() && !only_in_variables(&template, uri, *c);
    if let Some(c) = uri.chars().find(is_wrong) {
        let what = if c.is_control() { "contains a control character" } else { "contains a space" };
        return wrong(what, "remove it".to_owned());
    }
    // If the URI begins with a variable, the variable is assumed to contain the scheme.
    match template.parts().next() {
        Some(Part::Variable { .. }) => {}
        Some(Part::Placeholder { .. })
            if !uri.contains("://") && uri.ends_with(['}', ']']) && template.parts().count() == 1 => {}
        _ => match uri.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
                if rest.is_empty() || rest.starts_with(['/', ':', '?', '#']) {
                    return wrong(
                        "has no host",
                        format!("write `{scheme}://` and the host: `{scheme}://api.example.com`"),
                    );
                }
            }
            Some((scheme, rest)) => {
                return wrong(
                    &format!("has the scheme `{scheme}`"),
                    format!("write `https://{rest}`; only http and https are supported"),
                );
            }
            None => return wrong("has no scheme", format!("write `https://{}`", uri.trim_start_matches('/'))),
        },
    }
    if let Some((before, _)) = uri.split_once('#') {
        return wrong("has a fragment", format!("end it before the `#`: `{before}`"));
    }
    if let Some((before, query)) = uri.split_once('?') {
        let names: Vec<&str> = query_names(query).filter(|name| !name.is_empty()).collect();
        return wrong("has a query", declared_query(before, &names));
    }
    if uri.ends_with('/') {
        let message = format!("the base URI `{uri}` ends with a slash");
        let fix = format!("paths begin with a slash, so write `{}`", uri.trim_end_matches('/'));
        return Some(Diagnostic::new(&TRAILING_SLASH, at, message).fix(fix));
    }
    None
}

/// Returns whether all occurrences of `blank` are inside the braces of variables, where it is allowed.
fn only_in_variables(template: &Template, uri: &str, blank: char) -> bool {
    let inside = |piece: &crate::template::Piece| matches!(piece.part, Part::Variable { .. });
    !template
        .pieces()
        .iter()
        .filter(|piece| !inside(piece))
        .any(|piece| uri.get(piece.span.clone()).is_some_and(|text| text.contains(blank)))
}
