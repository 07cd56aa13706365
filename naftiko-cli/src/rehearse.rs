//! Finds the reasons why `serve` would fail to start a document, or leave a part of it out, without starting it.

use crate::source::{Permissions, folder};
use naftiko_runtime::document::{self, DryRun, Settings};
use naftiko_spec::lower::Lowered;
use naftiko_spec::model::{Document, Expose};
use naftiko_spec::pointer::escape;
use naftiko_spec::rules::{invalid_pattern, not_served, not_startable};
use naftiko_spec::{Diagnostic, Loaded, Severity, printable};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Returns the reasons why `serve` would fail to start a document, or leave a part of it out, regardless of environment variables.
pub(crate) fn rehearse(name: &str, loaded: &Loaded, permissions: Permissions) -> Vec<Diagnostic> {
    let Loaded { document, lowered, diagnostics, places, .. } = loaded;
    let mut found = patterns(document, lowered);
    let record = DryRun::reading_files();
    let settings = Settings::default().folder(folder(name)).dry_run(record.clone());
    let settings = permissions.apply(settings);
    let error = document::capability(document.clone(), lowered.clone(), settings).err();
    let mut located: HashMap<String, Vec<Located>> = HashMap::new();
    for part in self::located(document) {
        located.entry(part.location.clone()).or_default().push(part);
    }
    let reported: HashSet<&str> = diagnostics.iter().map(|found| found.at.as_str()).collect();
    for (location, why) in record.unreadable() {
        // A rule may have reported this location already.
        let parts = located.get(&location).into_iter().flatten().filter(|part| !reported.contains(part.at.as_str()));
        found.extend(parts.map(|part| Diagnostic { at: part.at.clone(), ..part.finding(&why) }));
    }
    for found in &mut found {
        found.location = places.of(&found.at);
    }
    // After other errors, a failure to start may only be their consequence, so it is not reported.
    let is_known = diagnostics.iter().chain(&found).any(|found| found.severity == Severity::Error);
    found.extend(error.filter(|_| !is_known).map(|error| not_startable(error.to_string())));
    found
}

/// Returns a finding for each `pattern` of an input that is not a valid regular expression.
fn patterns(document: &Document, lowered: &Lowered) -> Vec<Diagnostic> {
    let bad = document::bad_patterns(lowered);
    let mut places: HashMap<(&str, &str), Vec<String>> =
        bad.iter().map(|(_, name, pattern)| ((*name, *pattern), Vec::new())).collect();
    // Many parts of a document have inputs (routes, tools, functions, APIs and so on), so all of it is searched.
    let whole = if bad.is_empty() { Value::Null } else { serde_json::to_value(document).unwrap_or_default() };
    inputs(&whole, "", &mut places);
    // Several routes and tools may have the same input, which is reported once.
    let mut reported: HashSet<(&str, &str)> = HashSet::new();
    let mut found = Vec::new();
    for (at, name, pattern) in bad {
        let places = places.get(&(name, pattern)).map(Vec::as_slice).unwrap_or_default();
        if places.is_empty() {
            found.push(invalid_pattern(at, name, pattern));
        } else if reported.insert((name, pattern)) {
            found.extend(places.iter().map(|place| invalid_pattern(place, name, pattern)));
        }
    }
    found
}

/// Adds the locations of the `pattern` of each input whose name and pattern are a key of `places`.
fn inputs<'a>(part: &'a Value, at: &str, places: &mut HashMap<(&'a str, &'a str), Vec<String>>) {
    match part {
        Value::Object(members) => {
            let text = |key: &str| members.get(key).and_then(Value::as_str).unwrap_or_default();
            if let Some(places) = places.get_mut(&(text("name"), text("pattern"))) {
                places.push(format!("{at}/pattern"));
            }
            for (key, value) in members {
                inputs(value, &format!("{at}/{}", escape(key)), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                inputs(item, &format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

/// A part of a document with a `location`.
struct Located {
    /// The kind of the part: `bind`, `resource`, `prompt` or `skill`.
    what: &'static str,
    name: String,
    location: String,
    /// The JSON Pointer of its `location`.
    at: String,
}

impl Located {
    /// Returns the finding for a location that cannot be read.
    fn finding(&self, why: &str) -> Diagnostic {
        let (what, name) = (self.what, printable(&self.name));
        match what {
            "bind" => not_startable(why),
            "skill" => not_served(format!("the skill `{name}` is not served: {why}")),
            _ => not_startable(format!("the {what} `{name}` cannot be served: {why}")),
        }
    }
}

/// Returns the parts of a document that have a location. Of several binds with the same location, only the first is returned.
fn located(document: &Document) -> Vec<Located> {
    let mut parts: Vec<Located> = Vec::new();
    let mut of_binds: HashSet<&str> = HashSet::new();
    for (list, binds) in [("/capability", &document.capability.binds), ("", &document.binds)] {
        for (index, bind) in binds.iter().enumerate() {
            let Some(location) = bind.location.as_deref() else { continue };
            if of_binds.insert(location) {
                let (name, location) = (bind.namespace.clone(), location.to_owned());
                parts.push(Located { what: "bind", name, location, at: format!("{list}/binds/{index}/location") });
            }
        }
    }
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let at = |list: &str, number: usize| format!("/capability/exposes/{index}/{list}/{number}/location");
        match expose {
            Expose::Mcp(mcp) => {
                let resources = mcp.resources.iter().map(|part| ("resource", &part.name, &part.location)).enumerate();
                let prompts = mcp.prompts.iter().map(|part| ("prompt", &part.name, &part.location)).enumerate();
                for (number, (what, name, location)) in resources.chain(prompts) {
                    let (name, Some(location)) = (name.clone(), location.clone()) else { continue };
                    parts.push(Located { what, name, location, at: at(&format!("{what}s"), number) });
                }
            }
            Expose::Skill(adapter) => {
                for (number, skill) in adapter.skills().into_iter().enumerate() {
                    let Some(location) = skill.location else { continue };
                    parts.push(Located { what: "skill", name: skill.name, location, at: at("skills", number) });
                }
            }
            Expose::Rest(_) | Expose::Control(_) => {}
        }
    }
    parts
}
