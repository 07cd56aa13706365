//! Consumed APIs: what they are, where they are, how they are authenticated to.

use super::table::requests::{INVALID_BASE_URI, TRAILING_SLASH};
use super::table::secrets::{EXAMPLE_HOST, INSECURE_HTTP};
use super::table::served::{UNSUPPORTED_AUTHENTICATION, UNSUPPORTED_KIND};
use super::walk::{Api, Walk};
use super::{RuleFinding, Severity};
use crate::check::wrong_base_uri;
use crate::model::Authentication;

pub(super) fn check(walk: &Walk<'_>, findings: &mut Vec<RuleFinding>) {
    for api in &walk.apis {
        kind(api, findings);
        base_uri(api, findings);
        authentication(api, findings);
    }
}

fn kind(api: &Api<'_>, findings: &mut Vec<RuleFinding>) {
    let kind = &api.consume.kind;
    if kind != "http" {
        let message = format!(
            "`{}` is of the type `{}`, and only `http` is consumed",
            api.consume.namespace,
            kind.escape_debug()
        );
        findings.push(
            RuleFinding::new(&UNSUPPORTED_KIND, format!("{}/type", api.at), message)
                .help("write `type: http`, if it is an HTTP API; put a gateway in front of it, if it is none"),
        );
    }
}

fn base_uri(api: &Api<'_>, findings: &mut Vec<RuleFinding>) {
    let uri = api.consume.base_uri.as_str();
    let at = || format!("{}/baseUri", api.at);
    if let Some((message, help)) = wrong_base_uri(uri) {
        let rule = if message.ends_with("ends with a slash") { &TRAILING_SLASH } else { &INVALID_BASE_URI };
        let help =
            help.replace("authentication(basic(username = …, password = …))", "authentication: { type: basic, … }");
        findings.push(RuleFinding::new(rule, at(), message).help(help));
        return;
    }
    let Some((scheme, rest)) = uri.split_once("://") else { return };
    let host = host(rest);
    if let Some(why) = is_example(&host) {
        let finding = RuleFinding::new(&EXAMPLE_HOST, at(), format!("the host `{host}` {why}"))
            .help("write the real one, or a variable that is asked for at start: `https://{host}`");
        // What is installed on one's own machines has no other.
        findings.push(if is_loopback(&host) { finding.with_severity(Severity::Info) } else { finding });
    } else if scheme.eq_ignore_ascii_case("http") && !host.contains(['{', '[']) {
        findings.push(
            RuleFinding::new(&INSECURE_HTTP, at(), format!("`{}` is called without TLS", api.consume.namespace))
                .help(format!("write `https://{rest}`, if the API has it")),
        );
    }
}

/// The host of what follows a scheme, in lower case.
pub(super) fn host(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let end = if authority.starts_with('[') { authority.find(']').map(|end| end + 1) } else { authority.find(':') };
    end.and_then(|end| authority.get(..end)).unwrap_or(authority).to_ascii_lowercase()
}

/// What says that a host is no real one.
pub(super) fn is_example(host: &str) -> Option<&'static str> {
    const RESERVED: [&str; 6] = ["example.com", "example.org", "example.net", "example", "test", "invalid"];
    const OWN: [&str; 8] =
        ["your-", "your_", "yourdomain", "yourcompany", "yourinstance", "my-", "<your", "company-name"];
    let under = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if RESERVED.iter().any(under) {
        return Some("is one of examples");
    }
    if is_loopback(host) {
        return Some("is this machine, whichever that is");
    }
    let own =
        |label: &str| OWN.iter().any(|own| label.starts_with(own)) || matches!(label, "host" | "hostname" | "changeme");
    host.split('.').any(own).then_some("stands for one that has to be filled in")
}

/// Whether a host is the machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "[::1]" | "::1" | "0.0.0.0")
        || host.strip_prefix("127.").is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit() || c == b'.'))
}

fn authentication(api: &Api<'_>, findings: &mut Vec<RuleFinding>) {
    let Some(Authentication::Other(keys)) = &api.consume.authentication else { return };
    let kind = keys.get("type").and_then(serde_json::Value::as_str).unwrap_or_default();
    let shown: String = kind.chars().filter(|c| !c.is_control()).take(40).collect();
    let help = match kind.to_ascii_lowercase().as_str() {
        "oauth1" | "oauth1.0" | "oauth1a" => {
            "OAuth 1.0 signs each request: take an OAuth 2.0 or personal token of the API, or send the calls through a signing \
             proxy with `--upstream NAMESPACE=URL`"
        }
        "hmac" | "aws-sig-v4" | "awssigv4" | "aws-sigv4" | "aws" | "sigv4" => {
            "it signs each request: send the calls through a signing proxy (for AWS: aws-sigv4-proxy) with `--upstream NAMESPACE=URL`"
        }
        "certificate" | "mtls" | "client-certificate" => {
            "put a proxy that holds the certificate in front, and send the calls to it with `--upstream NAMESPACE=URL`"
        }
        "" => "say its `type`: bearer, apikey, basic, digest or oauth2",
        _ => "write it as bearer, apikey, basic, digest or oauth2, if it is one of these",
    };
    let message = if shown.is_empty() {
        "the authentication has no type".to_owned()
    } else {
        format!("authentication by `{shown}` is not supported")
    };
    findings
        .push(RuleFinding::new(&UNSUPPORTED_AUTHENTICATION, format!("{}/authentication", api.at), message).help(help));
}
