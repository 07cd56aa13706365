//! Writes findings as SARIF 2.1.0 (OASIS), which code hosts display as annotations on source lines.

use super::checked::Checked;
use crate::fix::help;
use naftiko_spec::read::REPAIRS;
use naftiko_spec::rules::{Rule, rules};
use naftiko_spec::{Diagnostic, Location as Position, Severity};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use std::collections::HashMap;

/// The characters of a path that are percent-encoded in a URI reference (RFC 3986). An unencoded colon in the first
/// segment would make a parser read the text before it as a URI scheme.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[derive(Serialize)]
struct Log {
    version: &'static str,
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Text>,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    start_column: u64,
}

pub(super) fn write(all: &[Checked]) -> String {
    let descriptors = descriptors();
    let index: HashMap<&str, usize> =
        descriptors.iter().enumerate().map(|(index, descriptor)| (descriptor.id, index)).collect();
    let results = all
        .iter()
        .flat_map(|checked| checked.findings.iter().map(|finding| outcome(&checked.name, finding, &index)))
        .collect();
    let log = Log {
        version: "2.1.0",
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        runs: [Run {
            tool: Tool { driver: Driver { name: "naftiko", version: env!("CARGO_PKG_VERSION"), rules: descriptors } },
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    // Strings and numbers always serialize.
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

/// Returns the SARIF name of a level.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn text(text: impl Into<String>) -> Text {
    Text { text: text.into() }
}

fn descriptors() -> Vec<Descriptor> {
    let rule = |rule: &'static Rule| Descriptor {
        id: rule.name,
        short_description: text(rule.summary),
        full_description: Some(text(rule.why)),
        help: text(format!("{}\n\nWrong:\n{}\n\nRight:\n{}", rule.why, rule.wrong, rule.right)),
        default_configuration: Configuration { level: level(rule.severity) },
    };
    let repairs = REPAIRS.iter().map(|repair| Descriptor {
        id: repair.code(),
        short_description: text(sentence(repair.title())),
        full_description: None,
        help: text(if repair.stays() {
            "The specification does not define what this means. Write it in a way that the specification defines, or allow the repair."
        } else {
            "The document is read differently from how it is written. Write it the way it is read."
        }),
        default_configuration: Configuration { level: "warning" },
    });
    rules().map(rule).chain(repairs).collect()
}

/// Returns a string with a capital at the beginning and a full stop at the end.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn outcome(name: &str, found: &Diagnostic, index: &HashMap<&str, usize>) -> Outcome {
    let help = help(found).map(|help| format!("\n{help}")).unwrap_or_default();
    let also = found.related.iter().map(|_| location(name, found.also_location, Some("related location")));
    Outcome {
        rule_id: found.rule.name,
        rule_index: index.get(found.rule.name).copied().unwrap_or_default(),
        level: level(found.severity),
        message: text(format!("{}{help}", found.message)),
        locations: vec![location(name, found.location, None)],
        related_locations: also.collect(),
    }
}

fn location(name: &str, place: Option<Position>, message: Option<&str>) -> Location {
    let slashes = if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: Artifact { uri: utf8_percent_encode(&slashes, PATH).to_string() },
            region: place.map(|place| Region { start_line: place.line, start_column: place.column }),
        },
        message: message.map(text),
    }
}
