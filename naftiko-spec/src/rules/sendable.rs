//! Rules for what can be sent in a request: no dot segments in paths, and only headers and cookies that HTTP allows.
//! `serve` refuses documents that break these rules.

use super::parameters::wrong_name;
use super::walk::DocumentView;
use super::work::count_work;
use crate::diagnostic::table::requests::{INVALID_HEADER_VALUE, INVALID_PATH};
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lower::{Call, Lowered, Piece, Source};
use crate::model::{Authentication, Document, Expose, InputParameter, ParameterIn, Placement};
use crate::template::{Part, Template};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;

pub(super) fn check(document: &Document, lowered: &Lowered, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    for view in walk.resources() {
        check_constants(&view.resource.input_parameters, view.at, findings);
        for consumed in view.operations {
            check_constants(&consumed.operation.input_parameters, &consumed.at, findings);
        }
    }
    for api in &walk.apis {
        for (index, parameter) in api.consume.input_parameters.iter().enumerate() {
            let text = parameter.value.as_deref().unwrap_or_default();
            let at = || format!("{}/inputParameters/{index}/value", api.at);
            match parameter.place {
                Some(ParameterIn::Header) => check_literals("header", &parameter.name, text, at(), findings),
                Some(ParameterIn::Cookie) => check_literals("cookie", &parameter.name, text, at(), findings),
                _ => {}
            }
        }
        let at = |key: &str| format!("{}/authentication/{key}", api.at);
        match &api.consume.authentication {
            Some(Authentication::Bearer { token }) => {
                check_literals("header", "Authorization", token, at("token"), findings);
            }
            Some(Authentication::Apikey { key, value, placement: Placement::Header }) => {
                check_literals("header", key, value, at("value"), findings);
            }
            Some(Authentication::Apikey { key, value, placement: Placement::Cookie }) => {
                check_literals("cookie", key, value, at("value"), findings);
            }
            Some(Authentication::Basic { username, .. }) if literal(username).any(|text| text.contains(':')) => {
                let found = Diagnostic::new(
                    &INVALID_HEADER_VALUE,
                    at("username"),
                    "the user name contains a colon (RFC 7617, section 2)",
                );
                findings
                    .push(found.fix("end the user name before the colon; what follows it is probably the password"));
            }
            _ => {}
        }
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let Expose::Rest(rest) = expose else { continue };
        for (position, resource) in rest.resources.iter().enumerate() {
            let trusted = resource.forward.iter().flat_map(|forward| &forward.trusted_headers);
            for (number, name) in trusted.enumerate() {
                let at = format!("/capability/exposes/{index}/resources/{position}/forward/trustedHeaders/{number}");
                let found = wrong_name("header", name, true, at);
                findings.extend(found.map(|found| found.with_severity(Severity::Error)));
            }
        }
    }
    // A mistake that is reported at its declaration is not reported again for each route and tool that sends it.
    let errors = findings.iter().filter(|found| found.severity == Severity::Error);
    let reported: HashSet<(&str, String)> = errors.map(|found| (found.rule.name, found.message.clone())).collect();
    let mut found = Vec::new();
    for lowered in &lowered.operations {
        lowered.work.calls().for_each(|call| request(call, &lowered.at, &mut found));
    }
    found.retain(|found| !reported.contains(&(found.rule.name, found.message.clone())));
    findings.extend(found);
}

/// Checks the constant headers and cookies of a consumed resource or operation.
fn check_constants(parameters: &[InputParameter], at: &str, findings: &mut Vec<Diagnostic>) {
    for (index, parameter) in parameters.iter().enumerate() {
        count_work();
        let what = match parameter.place {
            Some(ParameterIn::Header) => "header",
            Some(ParameterIn::Cookie) => "cookie",
            _ => continue,
        };
        if literal(parameter.value.as_deref().unwrap_or_default()).any(|text| !can_be_sent(what, &text)) {
            let at = format!("{at}/inputParameters/{index}/value");
            let found = Diagnostic::new(&INVALID_HEADER_VALUE, at, unsendable(what, &parameter.name));
            findings.push(found.fix(how_to_send(what)));
        }
    }
}

/// Checks a request of a route, a tool or an MCP resource.
fn request(call: &Call, at: &str, findings: &mut Vec<Diagnostic>) {
    let wrong = |findings: &mut Vec<Diagnostic>, rule: &'static Rule, message: String, fix: &'static str| {
        findings.push(Diagnostic::new(rule, at, message).fix(fix));
    };
    let text = |piece: &Piece| match piece {
        Piece::Literal(text) => text.replace('\\', "/"),
        Piece::Value(_) | Piece::Rest(_) => "x".to_owned(),
    };
    let path: String = call.path.iter().map(text).collect();
    let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if let Some(segment) = path.split('/').find(|segment| dots(segment)) {
        let message = format!("the path of `{}` has the segment `{segment}`", call.operation);
        wrong(findings, &INVALID_PATH, message, "write the path without `.` and `..` segments");
    } else if path.contains(|c: char| c.is_control()) {
        let message = format!("the path of `{}` contains a control character", call.operation);
        wrong(findings, &INVALID_PATH, message, "remove it");
    }
    for (name, source) in &call.headers {
        // A header whose value is an argument is checked when a call arrives, so its name does not prevent the start.
        if source.argument().is_none()
            && !matches!(source, Source::Styled(..))
            && let Some(found) = wrong_name("header", name, true, at.to_owned())
        {
            findings.push(found.with_severity(Severity::Error));
        }
        if texts(source).iter().any(|text| !can_be_sent("header", text)) {
            wrong(findings, &INVALID_HEADER_VALUE, unsendable("header", name), how_to_send("header"));
        }
    }
    for (name, source) in &call.cookies {
        if texts(source).iter().any(|text| !can_be_sent("cookie", text)) {
            wrong(findings, &INVALID_HEADER_VALUE, unsendable("cookie", name), how_to_send("cookie"));
        }
    }
}

/// Returns the help for a value that cannot be sent in a header or a cookie.
fn how_to_send(what: &str) -> &'static str {
    match what {
        "cookie" => "write it in printable ASCII characters, without spaces, `\"`, `,`, `;` and `\\`",
        _ => "write it in printable ASCII characters, on one line",
    }
}

fn unsendable(what: &str, name: &str) -> String {
    format!("the value of the {what} `{}` cannot be sent", name.escape_debug())
}

/// Checks the literal text in the value of a header or a cookie.
fn check_literals(what: &str, name: &str, text: &str, at: String, findings: &mut Vec<Diagnostic>) {
    if literal(text).any(|text| !can_be_sent(what, &text) || !text.is_ascii()) {
        findings.push(Diagnostic::new(&INVALID_HEADER_VALUE, at, unsendable(what, name)).fix(how_to_send(what)));
    }
}

/// Returns the literal text between variables.
fn literal(text: &str) -> impl Iterator<Item = String> {
    let template = Template::text(text).ok();
    let pieces: Vec<String> = template
        .iter()
        .flat_map(Template::parts)
        .filter_map(|part| match part {
            Part::Literal(literal) => Some(literal.clone()),
            _ => None,
        })
        .collect();
    pieces.into_iter()
}

/// Returns the literal strings in a value.
fn texts(source: &Source) -> Vec<Cow<'_, str>> {
    match source {
        Source::Constant(Value::String(text)) => vec![text.as_str().into()],
        Source::Json(json) => vec![json.as_str().into()],
        Source::Constant(value) if !value.is_array() => vec![value.to_string().into()],
        Source::Text(pieces) => pieces
            .iter()
            .flat_map(|piece| match piece {
                Piece::Literal(text) => vec![text.as_str().into()],
                Piece::Value(source) | Piece::Rest(source) => texts(source),
            })
            .collect(),
        Source::Styled(_, source) | Source::Typed(_, source) => texts(source),
        Source::Default(first, second) => texts(first).into_iter().chain(texts(second)).collect(),
        _ => Vec::new(),
    }
}

/// Returns whether a header or a cookie can have a value that contains this text.
fn can_be_sent(what: &str, text: &str) -> bool {
    match what {
        "header" => text.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control()),
        _ => text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')),
    }
}
