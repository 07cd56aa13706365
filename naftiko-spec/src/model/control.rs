//! The endpoints of a control port: all endpoints except those that the keys `management` and `observability` turn off.

use super::ExposeOther;
use serde_json::{Map, Value};

/// The endpoints that a control port serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each endpoint is turned off by its own key")]
pub struct ControlEndpoints {
    /// Whether it serves the health: whether the program runs, and whether calls can reach its APIs.
    pub health: bool,
    /// Whether it serves the status: the capabilities, their adapters and APIs.
    pub status: bool,
    /// Whether it serves the log level, which can be changed.
    pub log_level: bool,
    /// Whether it serves the metrics.
    pub metrics: bool,
}

impl Default for ControlEndpoints {
    fn default() -> Self {
        Self { health: true, status: true, log_level: true, metrics: true }
    }
}

/// A key of a control port that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredKey {
    /// Its path in the adapter: `management`, `reload`.
    pub path: Vec<String>,
    /// Whether the key turns an endpoint on or off. It then has no effect because its value is neither `true` nor `false`.
    pub is_toggle: bool,
}

/// The keys that turn endpoints off. Some endpoints are off by default in the specification, but this program serves each of them
/// unless its key is `false`.
const TOGGLES: [&[&str]; 6] = [
    &["management", "health"],
    &["management", "info"],
    &["management", "logs"],
    &["management", "logs", "level-control"],
    &["observability", "enabled"],
    &["observability", "metrics", "local", "enabled"],
];

/// The keys of features that a control port does not offer, each with the value that leaves the feature off. A key with
/// that value is not reported.
const NOT_OFFERED: [(&[&str], Value); 6] = [
    (&["management", "reload"], Value::Bool(false)),
    (&["management", "validate"], Value::Bool(false)),
    (&["management", "scripting", "enabled"], Value::Bool(false)),
    (&["management", "logs", "stream"], Value::Bool(false)),
    (&["observability", "traces", "local", "enabled"], Value::Bool(false)),
    (&["observability", "traces", "enabled"], Value::Bool(false)),
];

impl ExposeOther {
    /// Returns the endpoints of a control port.
    #[must_use]
    pub fn endpoints(&self) -> ControlEndpoints {
        let on = |path: &[&str]| at(&self.other_keys, path) != Some(&Value::Bool(false));
        let [health, info, logs, level, enabled, local] = TOGGLES.map(on);
        ControlEndpoints { health, status: info, log_level: logs && level, metrics: enabled && local }
    }

    /// Returns the keys of a control port's `management` and `observability` that have no effect.
    #[must_use]
    pub fn ignored_keys(&self) -> Vec<IgnoredKey> {
        let mut found = Vec::new();
        for key in ["management", "observability"] {
            if let Some(value) = self.other_keys.get(key) {
                ignored(value, &mut vec![key], &mut found);
            }
        }
        found
    }
}

/// Returns the value at a path of keys.
fn at<'v>(keys: &'v Map<String, Value>, path: &[&str]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(keys.get(*first)?, |value, key| value.get(*key))
}

/// Adds the keys at and below `path` that have no effect.
fn ignored<'v>(value: &'v Value, path: &mut Vec<&'v str>, found: &mut Vec<IgnoredKey>) {
    let is_toggle = TOGGLES.contains(&path.as_slice());
    let is_parent = |known: &[&str]| known.len() > path.len() && known.starts_with(path);
    let has_children = TOGGLES.into_iter().chain(NOT_OFFERED.map(|(known, _)| known)).any(is_parent);
    match value {
        Value::Bool(_) if is_toggle => {}
        value if NOT_OFFERED.iter().any(|(known, off)| *known == path && off == value) => {}
        Value::Object(keys) if has_children => {
            for (key, value) in keys {
                path.push(key);
                ignored(value, path, found);
                path.pop();
            }
        }
        Value::Null => {}
        _ => found.push(IgnoredKey { path: path.iter().map(|key| (*key).to_owned()).collect(), is_toggle }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn port(keys: Value) -> ExposeOther {
        let Value::Object(other_keys) = keys else { panic!("expected an object") };
        ExposeOther { other_keys, ..ExposeOther::default() }
    }

    #[test]
    fn everything_is_served_that_is_not_turned_off() {
        let all = ControlEndpoints::default();
        for (keys, expected) in [
            (json!({}), all),
            (json!({ "management": { "health": true, "info": true, "logs": true }, "observability": {} }), all),
            (json!({ "management": { "health": false } }), ControlEndpoints { health: false, ..all }),
            (json!({ "management": { "info": false } }), ControlEndpoints { status: false, ..all }),
            (json!({ "management": { "logs": false } }), ControlEndpoints { log_level: false, ..all }),
            (
                json!({ "management": { "logs": { "level-control": false } } }),
                ControlEndpoints { log_level: false, ..all },
            ),
            (json!({ "management": { "logs": { "stream": false } } }), all),
            (json!({ "observability": { "enabled": false } }), ControlEndpoints { metrics: false, ..all }),
            (
                json!({ "observability": { "metrics": { "local": { "enabled": false } } } }),
                ControlEndpoints { metrics: false, ..all },
            ),
            (json!({ "management": "off", "observability": [] }), all),
        ] {
            assert_eq!(port(keys.clone()).endpoints(), expected, "{keys}");
        }
    }

    #[test]
    fn keys_without_an_effect_are_found() {
        let keys = json!({
            "management": {
                "health": "no", "info": true, "reload": true, "validate": false, "logs": { "stream": true, "max-subscribers": 5 },
                "scripting": { "enabled": false, "timeout": 1 }, "other": {},
            },
            "observability": {
                "enabled": true, "metrics": { "local": { "enabled": 1 } }, "exporters": { "otlp": { "endpoint": "http://c" } },
                "traces": { "sampling": 0.5, "local": { "enabled": false, "buffer-size": 10 } },
            },
        });
        let mut found: Vec<String> = port(keys)
            .ignored_keys()
            .into_iter()
            .map(|key| format!("{}{}", key.path.join("."), if key.is_toggle { "?" } else { "" }))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                "management.health?",
                "management.logs.max-subscribers",
                "management.logs.stream",
                "management.other",
                "management.reload",
                "management.scripting.timeout",
                "observability.exporters",
                "observability.metrics.local.enabled?",
                "observability.traces.local.buffer-size",
                "observability.traces.sampling",
            ]
        );
        assert_eq!(port(json!({ "management": true })).ignored_keys().len(), 1);
    }
}
