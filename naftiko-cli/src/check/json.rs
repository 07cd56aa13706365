//! What was found, as JSON: the crate's documentation describes it.

use super::{Checked, Summary};
use crate::document::Finding;
use serde_json::{Map, Value, json};

pub(super) fn write(all: &[Checked], summary: &Summary) -> String {
    let files: Vec<Value> = all
        .iter()
        .map(|checked| {
            let findings: Vec<Value> = checked.findings.iter().map(one).collect();
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

fn one(finding: &Finding) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    put("rule", finding.rule.into());
    put("level", finding.level.as_str().into());
    put("message", finding.message.as_str().into());
    if let Some(help) = &finding.help {
        put("help", help.as_str().into());
    }
    if let Some((line, column)) = finding.place {
        put("line", line.into());
        put("column", column.into());
    }
    if let Some(at) = &finding.at {
        put("at", at.as_str().into());
    }
    if let Some((place, at)) = &finding.also {
        let place = place.map(|(line, column)| json!({ "line": line, "column": column, "at": at }));
        put("also", place.unwrap_or_else(|| json!({ "at": at })));
    }
    Value::Object(object)
}
