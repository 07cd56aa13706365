//! What is wrong with the head: descriptions, namespaces, ports, base URIs.

use super::{At, Finding, Rule, head_at};
use crate::model::{Document, Expose};
use crate::template::{Part, Reason, Template};

pub(super) fn check(head: &Document, findings: &mut Vec<Finding>) {
    if head.info.description.trim().is_empty() {
        findings.push(
            Finding::new(
                Rule::MissingDescription,
                At::Head("/info/description".to_owned()),
                "this capability has no description",
            )
            .help("write a doc comment above the trait: what it does, for whom"),
        );
    }
    namespaces("binds", "/binds", head.binds.iter().map(|bind| bind.namespace.as_str()), findings);
    let capability = &head.capability;
    let consumed = capability.consumes.iter().map(|consume| consume.namespace.as_str());
    namespaces("consumed APIs", "/capability/consumes", consumed, findings);
    namespaces("adapters", "/capability/exposes", capability.exposes.iter().map(Expose::namespace), findings);
    for (index, consume) in capability.consumes.iter().enumerate() {
        base_uri(index, &consume.base_uri, findings);
    }
    ports(&capability.exposes, findings);
}

fn namespaces<'a>(what: &str, at: &str, names: impl Iterator<Item = &'a str>, findings: &mut Vec<Finding>) {
    let names: Vec<_> = names.collect();
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = names.iter().take(index).position(|other| other == name) {
            findings.push(
                Finding::new(
                    Rule::DuplicateNamespace,
                    At::Head(format!("{at}/{index}/namespace")),
                    format!("two {what} have the namespace `{name}`"),
                )
                .help("give one of them another: `namespace = \"…\"`")
                .also(At::Head(format!("{at}/{first}/namespace"))),
            );
        }
    }
}

fn ports(exposes: &[Expose], findings: &mut Vec<Finding>) {
    let address = |expose: &Expose| match expose {
        Expose::Rest(rest) => rest.address.clone(),
        Expose::Mcp(mcp) => mcp.address.clone(),
        Expose::Skill(other) | Expose::Control(other) => {
            other.rest.get("address").and_then(serde_json::Value::as_str).map(str::to_owned)
        }
    };
    for (index, expose) in exposes.iter().enumerate() {
        let Some(port) = expose.port().filter(|port| *port != 0) else { continue };
        let taken = |other: &Expose| other.port() == Some(port) && address(other) == address(expose);
        if let Some(first) = exposes.iter().take(index).position(taken) {
            findings.push(
                Finding::new(
                    Rule::DuplicatePort,
                    head_at(&[&"capability", &"exposes", &index, &"port"]),
                    format!("two adapters listen on port {port}"),
                )
                .help("give one of them another port, or 0 for any that is free")
                .also(head_at(&[&"capability", &"exposes", &first, &"port"])),
            );
        }
    }
}

fn base_uri(index: usize, uri: &str, findings: &mut Vec<Finding>) {
    let at = head_at(&[&"capability", &"consumes", &index, &"baseUri"]);
    if let Some((message, help)) = wrong_base_uri(uri) {
        findings.push(Finding::new(Rule::InvalidBaseUri, at, message).help(help));
    }
}

/// What is wrong with a base URI, and what to do. The first thing only: the rest often follows from it.
pub(crate) fn wrong_base_uri(uri: &str) -> Option<(String, String)> {
    let wrong = |what: &str, help: String| Some((format!("the base URI `{uri}` {what}"), help));
    let template = match Template::base_uri(uri) {
        Ok(template) => template,
        Err(error) => {
            let help = match &error.reason {
                Reason::Unclosed(open) => format!("close the `{open}`"),
                _ => "a variable is `{name}` or `[name]`, a bind's value is `{{env.NAME}}`".to_owned(),
            };
            return Some((format!("the base URI `{uri}` cannot be read: {error}"), help));
        }
    };
    if uri.is_empty() {
        return Some((
            "the base URI is empty".to_owned(),
            "write it with scheme and host: `https://api.example.com`".to_owned(),
        ));
    }
    if uri.contains(|c: char| c.is_whitespace() && !in_variable(&template, uri, c) || c.is_control()) {
        return wrong("holds a blank or a control character", "write it without".to_owned());
    }
    // Where it begins with a variable, the scheme is the variable's.
    let after_scheme = match template.parts().next() {
        Some(Part::Variable { .. }) => uri.split_once("}}").map_or("", |(_, rest)| rest),
        Some(Part::Placeholder { .. })
            if !uri.contains("://") && uri.ends_with(['}', ']']) && template.parts().count() == 1 =>
        {
            ""
        }
        _ => match uri.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
                if rest.is_empty() || rest.starts_with(['/', ':', '?', '#']) {
                    return wrong(
                        "has no host",
                        format!("write `{scheme}://` and the host: `{scheme}://api.example.com`"),
                    );
                }
                rest
            }
            Some((scheme, rest)) => {
                return wrong(
                    &format!("has the scheme `{scheme}`"),
                    format!("only http and https are spoken: `https://{rest}`"),
                );
            }
            None => return wrong("has no scheme", format!("write `https://{}`", uri.trim_start_matches('/'))),
        },
    };
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((_, host)) = authority.rsplit_once('@') {
        // The message must not repeat what stands before the `@`.
        return Some((
            format!("the base URI of `{host}` holds a user name or a password"),
            "take it out and say it as `authentication(basic(username = …, password = …))`".to_owned(),
        ));
    }
    if let Some((before, _)) = uri.split_once('#') {
        return wrong("has a fragment", format!("end it before the `#`: `{before}`"));
    }
    if let Some((before, _)) = uri.split_once('?') {
        return wrong(
            "has a query",
            format!("end it before the `?`: `{before}`; what every call sends belongs into its arguments"),
        );
    }
    if uri.ends_with('/') {
        return wrong("ends with a slash", format!("paths begin with one, so write `{}`", uri.trim_end_matches('/')));
    }
    None
}

/// Whether blanks of that kind stand between the braces of variables alone, where they are fine.
fn in_variable(template: &Template, uri: &str, blank: char) -> bool {
    let inside = |piece: &crate::template::Piece| matches!(piece.part, Part::Variable { .. });
    !template
        .pieces()
        .iter()
        .filter(|piece| !inside(piece))
        .any(|piece| uri.get(piece.span.clone()).is_some_and(|text| text.contains(blank)))
}
