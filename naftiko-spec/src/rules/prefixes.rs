//! Rules for the prefixes of inputs: `rest.` in a route, `tools.` in a tool, or the adapter's namespace.

use super::walk::{Callable, CallableKind, DocumentView};
use crate::diagnostic::table::calls::UNKNOWN_PREFIX;
use crate::diagnostic::table::requests::INVALID_TEMPLATE;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lower::{Prefixed, is_name, open_braces, prefixed};
use crate::model::{Bind, Document, Expose, Step};
use crate::names::is_word_for_callers;
use crate::nearest::Suggestions;
use std::collections::{HashMap, HashSet};

pub(super) fn check(document: &Document, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let exposes = &document.capability.exposes;
    let names = Names {
        adapters: exposes.iter().map(Expose::namespace).collect(),
        binds: document.all_binds(),
        suggestions: Suggestions::default(),
    };
    // The prefixes of the adapters that call an operation, or refer to a function.
    let mut callers: HashMap<&str, HashSet<[&str; 2]>> = HashMap::new();
    let mut function_callers: HashMap<&str, (&Callable<'_>, HashSet<[&str; 2]>)> = HashMap::new();
    for callable in walk.callables.iter().filter(|callable| callable.kind != CallableKind::Function) {
        let own = if callable.kind == CallableKind::Tool { "tools" } else { "rest" };
        let index = callable.at.split('/').nth(3).and_then(|index| index.parse::<usize>().ok());
        let namespace = index.and_then(|index| exposes.get(index)).map_or(own, Expose::namespace);
        let steps: HashSet<&str> = callable.steps.iter().map(Step::name).collect();
        callable.texts(&mut |at, text| names.check_callable_text(at, text, [own, namespace], &steps, findings));
        if let Some(function) = walk.function_behind(callable) {
            function_callers
                .entry(&function.at)
                .or_insert_with(|| (function, HashSet::new()))
                .1
                .insert([own, namespace]);
        } else {
            for consumed in walk.behind(callable) {
                callers.entry(&consumed.at).or_default().insert([own, namespace]);
            }
        }
    }
    for (function, prefixes) in function_callers.values() {
        for consumed in walk.calls_of(function) {
            callers.entry(&consumed.at).or_default().extend(prefixes);
        }
    }
    for texts in walk.sent_texts() {
        let callers = Callers::new(texts.senders.iter().filter_map(|own| callers.get(own.at.as_str())).flatten());
        let mut found = Vec::new();
        texts.visit(&mut |at, text| names.check_consumed_text(at, text, &callers, &mut found));
        // Of the findings of severity info, the first is enough.
        let mut is_reported = false;
        found.retain(|found| found.severity != Severity::Info || !std::mem::replace(&mut is_reported, true));
        findings.append(&mut found);
    }
}

/// The prefixes of the adapters that call an operation, or the operations of a resource or an API.
#[derive(Default)]
struct Callers<'d> {
    /// The prefixes of any of them.
    any: HashSet<&'d str>,
    /// The prefixes that all of them have.
    all: HashSet<&'d str>,
    /// `rest` or `tools`, if all are of one kind.
    kind: Option<&'d str>,
}

impl<'d> Callers<'d> {
    /// Collects `prefixes`, the two prefixes of each caller: `rest` or `tools`, and the namespace of its adapter.
    fn new<'c>(prefixes: impl Iterator<Item = &'c [&'d str; 2]>) -> Self
    where
        'd: 'c,
    {
        let mut callers = Self::default();
        for own in prefixes {
            if callers.any.is_empty() {
                callers.all.extend(own);
                callers.kind = Some(own[0]);
            }
            callers.all.retain(|word| own.contains(word));
            callers.kind = callers.kind.filter(|kind| *kind == own[0]);
            callers.any.extend(own);
        }
        callers
    }
}

/// The adapters and binds of a document, whose namespaces are valid prefixes.
struct Names<'d> {
    adapters: HashSet<&'d str>,
    binds: Vec<&'d Bind>,
    suggestions: Suggestions,
}

impl Names<'_> {
    /// Returns whether a prefix refers to the callers of this adapter or of another.
    fn means_callers(&self, prefix: &str) -> bool {
        let bound = || self.binds.iter().any(|bind| bind.namespace == prefix);
        (is_word_for_callers(prefix) || prefix == "$" || self.adapters.contains(prefix)) && !bound()
    }

    /// Checks a string of a route or of a tool, which has two valid prefixes for its inputs.
    fn check_callable_text(
        &self,
        at: &str,
        text: &str,
        own: [&str; 2],
        steps: &HashSet<&str>,
        findings: &mut Vec<Diagnostic>,
    ) {
        for word in prefixed(text).into_iter().filter(|word| is_name(word.name)) {
            // `${rest.q}` and `<rest.q>` are reported even with the right prefix.
            let is_own =
                own.contains(&word.prefix) && word.written.trim_start_matches("$this.").starts_with(word.prefix);
            if is_own || steps.contains(word.prefix) {
                continue;
            }
            let starts_as_a_name = word.name.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if self.means_callers(word.prefix) {
                // Without steps, `$.q` can only be the input `q`.
                let is_input = steps.is_empty() && starts_as_a_name && !word.name.contains(['.', '[']);
                if word.prefix == "$" && !is_input {
                    continue;
                }
                findings.push(wrong_prefix(at, &word, Some(own[0])));
                continue;
            }
            // Lowering reports an unknown name in braces.
            let bound = self.binds.iter().find(|bind| bind.namespace == word.prefix);
            if word.in_braces || bound.is_some_and(|bind| bind.keys.contains_key(word.name)) {
                continue;
            }
            let binds = self.binds.iter().map(|bind| bind.namespace.as_str());
            let known = own.into_iter().chain(binds).chain(steps.iter().copied()).filter(|name| name.len() > 2);
            let is_name = starts_as_a_name && is_name(word.prefix);
            let near = self.suggestions.nearest(word.prefix, known).filter(|_| is_name && bound.is_none());
            if let Some(near) = near {
                let message = format!("`{}` is sent as text: `{}` is not a known prefix", word.written, word.prefix);
                let fix = Fix::Write(format!("{near}.{}", word.name));
                findings.push(Diagnostic::new(&UNKNOWN_PREFIX, at, message).fix(fix));
            }
        }
    }

    /// Checks a string of a consumed operation. Documents use the prefix of any adapter that calls the operation.
    fn check_consumed_text(&self, at: &str, text: &str, callers: &Callers<'_>, findings: &mut Vec<Diagnostic>) {
        // Lowering reports all other cases, and leaves out the routes and tools that call the operation.
        if let Some((message, fix)) = open_braces(text).filter(|_| callers.any.is_empty() || at.contains("/body")) {
            let message = format!("{message}, so it is sent as text");
            let found = Diagnostic::new(&INVALID_TEMPLATE, at, message).with_severity(Severity::Warning);
            findings.push(found.fix(fix));
        }
        for word in prefixed(text).into_iter().filter(|word| word.in_braces && is_name(word.name)) {
            let of_all = callers.any.is_empty() || callers.all.contains(word.prefix);
            if of_all || !self.means_callers(word.prefix) || word.prefix == "$" {
                continue;
            }
            let found = wrong_prefix(at, &word, callers.kind);
            findings.push(if callers.any.contains(word.prefix) { found.with_severity(Severity::Info) } else { found });
        }
    }
}

/// Reports a word with a wrong prefix, which is read as an input. `own` is the correct prefix; `None` if adapters of
/// several kinds use the text.
fn wrong_prefix(at: &str, word: &Prefixed<'_>, own: Option<&str>) -> Diagnostic {
    let name = own.map_or_else(|| word.name.to_owned(), |own| format!("{own}.{}", word.name));
    let (written, fix) = if word.in_braces {
        (format!("{{{{{}}}}}", word.written), format!("{{{{{name}}}}}"))
    } else {
        (word.written.to_owned(), name)
    };
    let whose = match own {
        Some(_) => format!("`{}` is not the prefix of this adapter", word.prefix),
        None => format!("adapters with another prefix than `{}` call this operation, too", word.prefix),
    };
    let message = format!("`{written}` is read as the input `{}`: {whose}", word.name);
    Diagnostic::new(&UNKNOWN_PREFIX, at, message).fix(Fix::Write(fix))
}
