//! The words before the names in `with`: `rest.` in a route, `tools.` in a tool, or the adapter's namespace.

use super::walk::{Callable, Kind, Walk};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::Fix;
use crate::diagnostic::table::calls::UNKNOWN_PREFIX;
use crate::lower::CALLER;
use crate::model::{Document, Step};
use crate::nearest::Suggestions;
use crate::pointer::escape;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashSet;

pub(super) fn check(document: &Document, walk: &Walk<'_>, findings: &mut Vec<Diagnostic>) {
    let exposes = &document.capability.exposes;
    let adapters: HashSet<&str> = exposes.iter().map(crate::model::Expose::namespace).collect();
    let binds: HashSet<&str> = document.all_binds().iter().map(|bind| bind.namespace.as_str()).collect();
    let suggestions = Suggestions::default();
    for callable in walk.callables.iter().filter(|callable| callable.kind != Kind::Function) {
        let own = if callable.kind == Kind::Tool { "tools" } else { "rest" };
        let index = callable.at.split('/').nth(3).and_then(|index| index.parse::<usize>().ok());
        let namespace = index.and_then(|index| exposes.get(index)).map_or(own, crate::model::Expose::namespace);
        let steps: HashSet<&str> = callable.steps.iter().map(Step::name).collect();
        for (at, key, text) in values(callable) {
            let word = text.trim().trim_start_matches("$this.");
            let Some((first, rest)) = word.split_once('.') else { continue };
            if first == own || first == namespace || binds.contains(first) || steps.contains(first) || !is_name(rest) {
                continue;
            }
            let (message, near) = if CALLER.contains(&first) || adapters.contains(first) {
                (format!("`{word}` is taken for the input `{rest}`: `{first}` is not this adapter"), Some(own))
            } else {
                let known = [own, namespace].into_iter().chain(binds.iter().copied()).chain(steps.iter().copied());
                (
                    format!("`{word}` is sent as this text: `{first}` names nothing"),
                    suggestions.nearest(first, known.filter(|name| name.len() > 2)),
                )
            };
            if let Some(near) = near {
                let at = format!("{at}/{}", escape(key));
                findings.push(Diagnostic::new(&UNKNOWN_PREFIX, at, message).fix(Fix::Write(format!("{near}.{rest}"))));
            }
        }
    }
}

/// The texts of `with`, of the callable's own and of its steps', with the places of the maps that they are in.
fn values<'a>(callable: &'a Callable<'_>) -> impl Iterator<Item = (String, &'a String, &'a str)> {
    fn texts(at: String, with: &IndexMap<String, Value>) -> impl Iterator<Item = (String, &String, &str)> {
        with.iter().filter_map(move |(key, value)| Some((at.clone(), key, value.as_str()?)))
    }
    let own = texts(format!("{}/with", callable.at), callable.with);
    let steps = callable.steps.iter().enumerate().filter_map(|(index, step)| match step {
        Step::Call { with, .. } => Some(texts(format!("{}/steps/{index}/with", callable.at), with)),
        Step::Lookup { .. } | Step::Script(_) => None,
    });
    own.chain(steps.flatten())
}

/// Whether what follows a word can be a name, and the whole is not a host or a sentence.
fn is_name(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !rest.contains(|c: char| c.is_whitespace())
}
