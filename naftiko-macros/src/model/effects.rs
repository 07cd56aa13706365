//! Determines the effects of operations: as declared, as the HTTP method implies, or derived from the calls in the body.

use crate::document::DocumentSource;
use crate::syntax::calls::{self, BodyCall, CallTarget};
use crate::syntax::condition::Cfg;
use crate::syntax::{CapabilitySettings, Method, Trait, UsedCapability};
use naftiko_spec::model::{Hints, Method as Http};
use naftiko_spec::names;
use proc_macro2::Span;
use std::collections::HashMap;

/// The rule that finds tools whose hints promise too much.
const UNDERSTATED: &str = "understated_hint";

/// The maximum number of different conditions that are distinguished for the calls to one method. Further calls count as unconditional,
/// so that a trait with many conditions compiles in reasonable time.
const MOST_CONDITIONS: usize = 16;

/// The effects of a method.
pub(crate) struct MethodEffect<'a> {
    pub(crate) method: &'a Method,
    /// The effects that are declared, or follow from its HTTP method.
    pub(crate) declared: Hints,
    /// Whether its effects are derived from the calls in its body.
    pub(crate) is_derived: bool,
    /// Whether the HTTP method of its route writes, but is idempotent: PUT or DELETE.
    pub(crate) is_repeatable: bool,
    /// Why its callers expect that it only reads; `None` if they don't, or if the user allows that it does more.
    pub(crate) promise: Option<Promise>,
    /// What its body calls, also through other methods of the trait.
    pub(crate) calls: Vec<CallEffect<'a>>,
    /// The names of its tools with `max_output`, whose answers may be truncated, each with the span of that key.
    pub(crate) truncated: Vec<(String, Span)>,
}

/// A call with its effects.
pub(crate) struct CallEffect<'a> {
    pub(crate) target: CallTarget<'a>,
    /// Where the body of the method makes the call, or calls the method of the trait that leads to it.
    pub(crate) called_at: Span,
    /// The conditions (`cfg`) of the methods through which it is called, and of the target if that is a method of the trait.
    pub(crate) conditions: Conditions<'a>,
    /// The effects, if the target is a method of the trait. Generated code reads the effects of other targets.
    pub(crate) known: Hints,
}

/// Conditions that all have to hold, each once.
type Conditions<'a> = Vec<&'a Cfg>;

/// A method whose effects are already added.
struct Visited<'a> {
    method: &'a Method,
    conditions: Conditions<'a>,
    /// Whether it calls anything.
    reaches: bool,
}

/// The reason why callers expect that a method only reads.
#[derive(Clone, Copy)]
pub(crate) enum Promise {
    /// `hints(read_only)`
    Hint,
    /// `#[rest(get = "…")]`
    Get,
    /// `#[resource(…)]`
    Resource,
    /// `#[prompt]`
    Prompt,
    /// The hints of a tool of the document.
    Document,
    /// A route of the document.
    DocumentGet,
}

/// Finds the effects of the methods of a trait.
struct TraitEffects<'a> {
    item: &'a Trait,
    uses: &'a [UsedCapability],
    /// The effects of the document's operations, by the names of their methods.
    documented: HashMap<&'a str, Hints>,
}

/// Returns the effects of all operations, and in a trait with `uses` also of other methods that call something.
pub(super) fn of<'a>(
    settings: &'a CapabilitySettings,
    item: &'a Trait,
    source: Option<&'a DocumentSource>,
    is_operation: impl Fn(&Method) -> bool,
) -> Vec<MethodEffect<'a>> {
    let effects = TraitEffects { item, uses: &settings.uses, documented: documented(source) };
    let promised = promised(source);
    let allowed =
        |method: &Method| settings.allow.iter().chain(&method.helpers.allow).any(|rule| rule.name == UNDERSTATED);
    let all = item.methods().filter_map(|method| {
        let (declared, route) = (effects.declared(method), route(method));
        let mut calls = Vec::new();
        let itself = Visited { method, conditions: Vec::new(), reaches: true };
        effects.flatten((method, &[]), None, &mut vec![itself], &mut calls);
        let of_document = promised.get(method.name.as_str()).copied().filter(|_| method.body.is_some());
        let is_composed = !effects.uses.is_empty() && !calls.is_empty();
        let is_derived = is_composed && !is_declared(method) && !matches!(of_document, Some(Promise::Document));
        let is_repeatable = matches!(route, Some(Http::Put | Http::Delete));
        // The HTTP method of its own route adds its effects to those of the calls.
        if is_derived && route.is_some_and(|route| route != Http::Post) {
            let (target, called_at) = (CallTarget::Own(method), method.signature.ident.span());
            calls.push(CallEffect { target, called_at, conditions: Vec::new(), known: declared });
        }
        let promise = of_document.or_else(|| promise(method)).filter(|_| !allowed(method));
        let truncated = if is_derived { truncated_tools(method) } else { Vec::new() };
        let is_listed = is_operation(method) || is_composed;
        is_listed.then_some(MethodEffect { method, declared, is_derived, is_repeatable, promise, calls, truncated })
    });
    all.collect()
}

impl<'a> TraitEffects<'a> {
    /// Adds everything that the body of a method calls, also through other methods of the trait, and returns whether it calls anything. The
    /// method is called if `conditions` hold. `called_at` is the first call on the way to the method; `None` if the search begins with this
    /// method.
    fn flatten(
        &self,
        (method, conditions): (&'a Method, &[&'a Cfg]),
        called_at: Option<Span>,
        visited: &mut Vec<Visited<'a>>,
        found: &mut Vec<CallEffect<'a>>,
    ) -> bool {
        let mut reaches = false;
        for BodyCall { target, called_at: at } in calls::calls_in(method, self.item, self.uses) {
            let called_at = called_at.unwrap_or(at);
            let CallTarget::Own(own) = target else {
                let conditions = conditions.to_vec();
                found.push(CallEffect { target, called_at, conditions, known: Http::Post.hints() });
                reaches = true;
                continue;
            };
            let conditions = conditions_of(own, conditions, visited);
            let is_known = |known: &&Visited<'_>| {
                std::ptr::eq(known.method, own) && known.conditions.iter().all(|cfg| has(&conditions, cfg))
            };
            if let Some(known) = visited.iter().find(is_known) {
                reaches |= known.reaches;
                continue;
            }
            let number = visited.len();
            // A method that calls itself adds nothing to its own effects.
            visited.push(Visited { method: own, conditions: conditions.clone(), reaches: true });
            let is_open = own.body.is_some() && !is_declared(own);
            let mut own_reaches = is_open && self.flatten((own, &conditions), Some(called_at), visited, found);
            if self.is_effect(own, is_open, own_reaches) {
                let (target, known) = (CallTarget::Own(own), self.declared(own));
                found.push(CallEffect { target, called_at, conditions, known });
                own_reaches = true;
            }
            if let Some(known) = visited.get_mut(number) {
                known.reaches = own_reaches;
            }
            reaches |= own_reaches;
        }
        reaches
    }

    /// Returns whether a method has effects besides those of the calls in its body. `is_open` is whether it has a body and declares no
    /// effects, and `reaches` whether this body calls anything.
    fn is_effect(&self, own: &Method, is_open: bool, reaches: bool) -> bool {
        let writes = route(own).is_some_and(|route| route != Http::Post);
        if self.uses.is_empty() && own.body.is_some() {
            // Without `uses`, nothing else is known about the body. Most bodies only read.
            return writes || own.helpers.tools().any(|tool| tool.hints.read_only == Some(false));
        }
        // A helper that calls nothing counts as a part of its caller's body: it has no effects of its own.
        let is_helper = own.helpers.skip.is_some();
        !is_open || writes || (!reaches && !is_helper)
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

/// Returns the conditions under which a method is called by another, which is called if `conditions` hold; empty beyond
/// [`MOST_CONDITIONS`].
fn conditions_of<'a>(own: &'a Method, conditions: &[&'a Cfg], visited: &[Visited<'a>]) -> Conditions<'a> {
    if visited.iter().filter(|known| std::ptr::eq(known.method, own)).count() >= MOST_CONDITIONS {
        return Vec::new();
    }
    let mut conditions = conditions.to_vec();
    if !own.cfg.text.is_empty() && !has(&conditions, &own.cfg) {
        conditions.push(&own.cfg);
    }
    conditions
}

/// Returns whether a condition is among the others.
fn has(conditions: &[&Cfg], cfg: &Cfg) -> bool {
    conditions.iter().any(|known| known.text == cfg.text)
}

/// Returns the tools of a method with `max_output`, each with the span of that key.
fn truncated_tools(method: &Method) -> Vec<(String, Span)> {
    let tools = method.helpers.tools().filter(|tool| tool.skip.is_none());
    let truncated = tools.filter_map(|tool| {
        let name = tool.name.as_ref().map_or_else(|| names::kebab(&method.name), |name| name.value.clone());
        Some((name, tool.max_output?.1.start()))
    });
    truncated.collect()
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
    // The tool of a method with a GET route is read-only too, unless it declares `read_only = false`.
    let all_write = || tools().next().is_some() && tools().all(|tool| tool.hints.read_only == Some(false));
    if method.body.is_none() {
        None
    } else if tools().any(|tool| tool.hints.read_only == Some(true)) {
        Some(Promise::Hint)
    } else if method.helpers.resource.is_some() {
        Some(Promise::Resource)
    } else if method.helpers.prompt.is_some() {
        Some(Promise::Prompt)
    } else {
        route(method).filter(|route| route.hints().reads() && !all_write()).map(|_| Promise::Get)
    }
}

/// Returns, by method name, the operations that a tool or a route of a document declares as read-only, with the reason.
fn promised(source: Option<&DocumentSource>) -> HashMap<&str, Promise> {
    let operations = source.iter().flat_map(|source| &source.operations);
    let promised = operations.filter_map(|documented| {
        let fragment = &documented.merged.operation.fragment;
        let hints = || fragment.tools.iter().filter_map(|part| part.tool.hints);
        let all_write = hints().next().is_some() && hints().all(|hints| hints.read_only == Some(false));
        let is_get = fragment.routes.iter().any(|part| part.operation.method.hints().reads());
        let promise = if hints().any(Hints::reads) {
            Promise::Document
        } else if is_get && !all_write {
            Promise::DocumentGet
        } else {
            return None;
        };
        Some((documented.method.as_str(), promise))
    });
    promised.collect()
}

/// Returns the effects of the operations of a document: what their tools declare, completed by the effects of their requests.
fn documented(source: Option<&DocumentSource>) -> HashMap<&str, Hints> {
    let operations = source.iter().flat_map(|source| &source.operations);
    let all = operations.map(|documented| {
        let operation = &documented.merged.operation;
        let tools = operation.fragment.tools.iter().filter_map(|part| part.tool.hints);
        let tools = tools.map(|hints| Hints { open_world: hints.open_world.filter(|open| !open), ..hints });
        let tools = tools.map(|hints| hints.or(operation.work.hints()));
        (documented.method.as_str(), tools.reduce(Hints::and).unwrap_or_else(|| operation.work.hints()))
    });
    all.collect()
}
