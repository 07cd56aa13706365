//! Writes findings as JSON, in the format that the crate's README describes.

use super::checked::{Checked, Summary};
use crate::fix::help;
use naftiko_spec::Diagnostic;
use serde_json::{Map, Value, json};

pub(super) fn write(all: &[Checked], summary: &Summary) -> String {
    let files: Vec<Value> = all
        .iter()
        .map(|checked| {
            let findings: Vec<Value> = checked.findings.iter().map(finding).collect();
            json!({ "file": checked.name, "findings": findings })
        })
        .collect();
    let report = json!({
        "version": 1,
        "files": files,
        "summary": {
            "files": summary.files,
            "errors": summary.errors,
            "warnings": summary.warnings,
            "infos": summary.infos,
            "allowed": summary.allowed,
        },
    });
    format!("{report:#}\n")
}

fn finding(found: &Diagnostic) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    put("rule", found.rule.name.into());
    put("level", found.severity.as_str().into());
    put("message", found.message.as_str().into());
    if let Some(help) = help(found) {
        put("help", help.into());
    }
    if let Some(location) = found.location {
        put("line", location.line.into());
        put("column", location.column.into());
    }
    if !found.at.is_empty() {
        put("at", found.at.as_str().into());
    }
    if let Some(at) = &found.related {
        let also = found.also_location.map(|also| json!({ "line": also.line, "column": also.column, "at": at }));
        put("also", also.unwrap_or_else(|| json!({ "at": at })));
    }
    Value::Object(object)
}
