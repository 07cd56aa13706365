//! The effects of operations: declared, those of their HTTP method, or those of the operations that their bodies call.

use crate::document::DocumentSource;
use crate::syntax::calls::{self, Reached};
use crate::syntax::{CapabilitySettings, Method, Trait, UsedCapability};
use naftiko_spec::lower::{StepWork, Work};
use naftiko_spec::model::{Hints, Method as Http};
use proc_macro2::Span;
use std::collections::HashMap;
use syn::ext::IdentExt;

/// The rule that finds tools whose hints promise too much.
const UNDERSTATED: &str = "understated_hint";

/// The effects of a method.
pub(crate) struct MethodEffect<'a> {
    pub(crate) method: &'a Method,
    /// The effects that are declared, or follow from its HTTP method.
    pub(crate) declared: Hints,
    /// Whether its effects are those of all that its body reaches.
    pub(crate) is_derived: bool,
    /// Whether its HTTP method says that it can be repeated although it writes.
    pub(crate) is_repeatable: bool,
    /// Why its callers expect that it only reads, unless the user allows what its body calls.
    pub(crate) promise: Option<Promise>,
    /// What its body reaches.
    pub(crate) reached: Vec<Reach<'a>>,
}

/// Something that a body reaches.
pub(crate) struct Reach<'a> {
    pub(crate) target: ReachedTarget<'a>,
    /// Where the body mentions it.
    pub(crate) span: Span,
}

/// The target of a call.
pub(crate) enum ReachedTarget<'a> {
    /// A method of a used capability.
    Operation(&'a UsedCapability, String),
    /// A used capability as a value.
    Value(&'a UsedCapability),
    /// A method of the trait.
    Own(&'a str, Hints),
}

/// Why callers expect that a method only reads.
#[derive(Clone, Copy)]
pub(crate) enum Promise {
    /// `hints(read_only)`
    Hint,
    /// `#[rest(get = "…")]`
    Get,
    /// The hints of a tool of the document.
    Document,
}

/// The source of what is known about methods.
struct Known<'a> {
    item: &'a Trait,
    uses: &'a [UsedCapability],
    /// The effects of the document's operations, by the names of their methods.
    documented: HashMap<&'a str, Hints>,
}

/// Returns the effects of all operations, and of helpers that reach others.
pub(super) fn of<'a>(
    settings: &'a CapabilitySettings,
    item: &'a Trait,
    source: Option<&'a DocumentSource>,
    is_operation: impl Fn(&Method) -> bool,
) -> Vec<MethodEffect<'a>> {
    let known = Known { item, uses: &settings.uses, documented: documented(source) };
    let reading = reading(source);
    let allowed =
        |method: &Method| settings.allow.iter().chain(&method.helpers.allow).any(|rule| rule.name == UNDERSTATED);
    let all = item.methods().filter_map(|method| {
        let (declared, route) = (known.declared(method), route(method));
        let mut reached = Vec::new();
        if !known.uses.is_empty() {
            known.flatten(method, None, &mut vec![(method, true)], &mut reached);
        }
        let in_document = reading.contains(&method.name.as_str()) && method.body.is_some();
        let promise = if in_document { Some(Promise::Document) } else { promise(method) };
        let promise = promise.filter(|_| !allowed(method));
        let is_derived = !reached.is_empty() && !is_declared(method) && !in_document;
        let is_repeatable = matches!(route, Some(Http::Put | Http::Delete));
        if is_derived && route.is_some_and(|route| route != Http::Post) {
            reached.push(Reach {
                target: ReachedTarget::Own(&method.name, declared),
                span: method.signature.ident.span(),
            });
        }
        let is_known = is_operation(method) || !reached.is_empty();
        is_known.then_some(MethodEffect { method, declared, is_derived, is_repeatable, promise, reached })
    });
    all.collect()
}

impl<'a> Known<'a> {
    /// Adds all that the body of a method reaches, also through other methods of the trait, and returns whether it reaches anything.
    /// `span` is where the first of them was mentioned; `visited` are the methods whose effects are already added, and whether they
    /// reach anything.
    fn flatten(
        &self,
        method: &'a Method,
        span: Option<Span>,
        visited: &mut Vec<(&'a Method, bool)>,
        found: &mut Vec<Reach<'a>>,
    ) -> bool {
        let mut reaches = false;
        for reached in calls::reached(method, self.item, self.uses) {
            match reached {
                Reached::Operation { used, method } => {
                    let name = method.unraw().to_string();
                    found.push(Reach {
                        target: ReachedTarget::Operation(used, name),
                        span: span.unwrap_or(method.span()),
                    });
                    reaches = true;
                }
                Reached::Value { used, span: at } => {
                    found.push(Reach { target: ReachedTarget::Value(used), span: span.unwrap_or(at) });
                    reaches = true;
                }
                Reached::Own { method: own, span: at } => {
                    let known = visited.iter().find(|(known, _)| std::ptr::eq(*known, own));
                    if let Some((_, own_reaches)) = known {
                        reaches |= own_reaches;
                        continue;
                    }
                    let (number, at) = (visited.len(), span.unwrap_or(at));
                    // A method that calls itself adds nothing to its own effects.
                    visited.push((own, true));
                    let is_open = own.body.is_some() && !is_declared(own);
                    let mut own_reaches = is_open && self.flatten(own, Some(at), visited, found);
                    // A helper that reaches nothing is a part of the body.
                    let is_helper = own.body.is_some() && own.helpers.skip.is_some();
                    let writes = route(own).is_some_and(|route| route != Http::Post);
                    if !is_open || writes || (!own_reaches && !is_helper) {
                        found.push(Reach { target: ReachedTarget::Own(&own.name, self.declared(own)), span: at });
                        own_reaches = true;
                    }
                    if let Some((_, known)) = visited.get_mut(number) {
                        *known = own_reaches;
                    }
                    reaches |= own_reaches;
                }
            }
        }
        reaches
    }

    /// Returns the effects of a method according to its attributes, its HTTP method, or its document.
    fn declared(&self, method: &Method) -> Hints {
        if let Some(hints) = self.documented.get(method.name.as_str()) {
            return *hints;
        }
        let is_template = method.helpers.prompt.as_ref().is_some_and(|prompt| prompt.template.is_some());
        let verb = method.helpers.verb.as_ref().map(|verb| verb.method);
        let http = match verb.or_else(|| route(method)) {
            None if is_template => Http::Get,
            http => http.unwrap_or(Http::Post),
        };
        let tools = method.helpers.tools().map(|tool| tool.hints.completed(http));
        tools.reduce(Hints::and).unwrap_or_else(|| http.hints())
    }
}

/// Returns the HTTP method of the route of a method with a body.
fn route(method: &Method) -> Option<Http> {
    method.helpers.rest.as_ref()?.route.as_ref().map(|(http, ..)| *http)
}

/// Returns whether the effects of a method are declared: by hints, or by a route that only reads.
fn is_declared(method: &Method) -> bool {
    let mut tools = method.helpers.tools();
    tools.any(|tool| tool.hints.declared() != Hints::default())
        || route(method).is_some_and(|route| route.hints().reads())
}

/// Returns why callers expect that a method with a body only reads.
fn promise(method: &Method) -> Option<Promise> {
    let tools = || method.helpers.tools().filter(|tool| tool.skip.is_none());
    // A tool that does not declare `read_only` makes the promise of the GET route.
    let all_write = || tools().next().is_some() && tools().all(|tool| tool.hints.read_only == Some(false));
    if method.body.is_none() {
        None
    } else if tools().any(|tool| tool.hints.read_only == Some(true)) {
        Some(Promise::Hint)
    } else {
        route(method).filter(|route| route.hints().reads() && !all_write()).map(|_| Promise::Get)
    }
}

/// Returns the methods of the operations of a document that a tool claims only to read.
fn reading(source: Option<&DocumentSource>) -> Vec<&str> {
    let operations = source.iter().flat_map(|source| &source.operations);
    let reading = operations.filter(|documented| {
        let tools = &documented.merged.operation.fragment.tools;
        tools.iter().filter_map(|part| part.tool.hints).any(Hints::reads)
    });
    reading.map(|documented| documented.method.as_str()).collect()
}

/// Returns the effects of the operations of a document: those that their tools declare, and those of the requests that they send.
fn documented(source: Option<&DocumentSource>) -> HashMap<&str, Hints> {
    let operations = source.iter().flat_map(|source| &source.operations);
    let all = operations.map(|documented| {
        let operation = &documented.merged.operation;
        let tools = operation.fragment.tools.iter().filter_map(|part| part.tool.hints);
        let tools = tools.map(|hints| Hints { open_world: hints.open_world.filter(|open| !open), ..hints });
        let tools = tools.map(|hints| hints.or(behind(&operation.work)));
        (documented.method.as_str(), tools.reduce(Hints::and).unwrap_or_else(|| behind(&operation.work)))
    });
    all.collect()
}

/// Returns the effects of the requests of an operation. Several requests cannot always be repeated together, even if each can.
fn behind(work: &Work) -> Hints {
    let steps = match work {
        Work::Call { call } => return call.method.hints(),
        Work::Steps { steps, .. } => steps.as_slice(),
        Work::Constant(_) => &[],
    };
    let calls = steps.iter().filter_map(|step| match &step.work {
        StepWork::Call(call) => Some(call.method.hints()),
        StepWork::Lookup { .. } => None,
    });
    let calls: Vec<Hints> = calls.collect();
    let mut all = calls.iter().copied().reduce(Hints::and).unwrap_or_else(|| Http::Get.hints());
    if calls.len() > 1 && !all.reads() {
        all.idempotent = Some(false);
    }
    all
}
