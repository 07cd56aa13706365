//! Resolves `NAMESPACE.OPERATION` and `NAMESPACE.FUNCTION`, and fills in missing names and methods that other parts of the document
//! determine.

use super::keys::folded;
use super::reader::Reader;
use super::tree::Position;
use crate::diagnostic::{RepairKind, plain};
use crate::model::{Document, Expose, Method, Step};
use crate::names;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The operations or functions that references can name.
struct Targets {
    exact: HashSet<String>,
    /// Maps names in lower case, without `_` and `-`, to their targets: each name once with its namespace and once without it.
    /// `None` marks an ambiguous name.
    folded: HashMap<String, Option<String>>,
}

impl Targets {
    fn new<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut targets = Self { exact: HashSet::new(), folded: HashMap::new() };
        for (namespace, name) in names {
            let whole = format!("{namespace}.{name}");
            if !targets.exact.insert(whole.clone()) {
                continue;
            }
            for key in [folded(&whole), folded(name)] {
                targets.folded.entry(key).and_modify(|known| *known = None).or_insert_with(|| Some(whole.clone()));
            }
        }
        targets
    }

    /// Returns the likely target of a reference without an exact match.
    fn likely_target(&self, reference: &str) -> Option<&str> {
        if self.exact.contains(reference) {
            return None;
        }
        self.folded.get(&folded(reference))?.as_deref()
    }
}

impl Reader {
    /// Repairs the references, and fills in the namespaces and methods that depend on the whole document.
    pub(super) fn resolve(&mut self, document: &mut Document) {
        self.name_adapters(document);
        let operations = Targets::new(document.all_consumes().into_iter().flat_map(|consume| {
            consume
                .resources
                .iter()
                .flat_map(|resource| &resource.operations)
                .map(|operation| &operation.name)
                .chain(&consume.unreadable_names)
                .map(move |name| (consume.namespace.as_str(), name.as_str()))
        }));
        let functions = Targets::new(document.capability.aggregates.iter().flat_map(|aggregate| {
            let names = aggregate.functions.iter().map(|function| &function.name).chain(&aggregate.unreadable_names);
            names.map(move |name| (aggregate.namespace.as_str(), name.as_str()))
        }));
        for Callable { at, call, reference, steps, .. } in callables(document) {
            if let Some(call) = call {
                self.repair_reference(&operations, call, at.clone() + "/call");
            }
            if let Some(reference) = reference {
                self.repair_reference(&functions, reference, at.clone() + "/ref");
            }
            for (number, step) in steps.iter_mut().enumerate() {
                if let Step::Call { call, .. } = step {
                    self.repair_reference(&operations, call, format!("{at}/steps/{number}/call"));
                }
            }
        }
        self.set_methods(document);
    }

    /// Sets the method of operations without a method to the method of the operation that they, or the functions that they refer to,
    /// call.
    fn set_methods(&mut self, document: &mut Document) {
        let methodless = std::mem::take(&mut self.methodless);
        if methodless.is_empty() {
            return;
        }
        let mut methods: HashMap<String, Vec<Method>> = HashMap::new();
        for consume in document.all_consumes() {
            for operation in consume.resources.iter().flat_map(|resource| &resource.operations) {
                let known = methods.entry(format!("{}.{}", consume.namespace, operation.name)).or_default();
                if !known.contains(&operation.method) {
                    known.push(operation.method);
                }
            }
        }
        let functions = document.capability.aggregates.iter().flat_map(|aggregate| {
            let functions = aggregate.functions.iter();
            functions.map(|function| (format!("{}.{}", aggregate.namespace, function.name), function.call.clone()))
        });
        let calls: HashMap<String, Option<String>> = functions.collect();
        let places: HashMap<String, Position> =
            methodless.into_iter().map(|(at, place)| (self.places.pointer(at), place)).collect();
        for (e, expose) in document.capability.exposes.iter_mut().enumerate() {
            let Expose::Rest(rest) = expose else { continue };
            for (r, resource) in rest.resources.iter_mut().enumerate() {
                for (o, operation) in resource.operations.iter_mut().enumerate() {
                    let at = format!("/capability/exposes/{e}/resources/{r}/operations/{o}");
                    let Some(place) = places.get(&at) else { continue };
                    let in_function = || calls.get(operation.reference.as_ref()?)?.as_ref();
                    let call = operation.call.as_ref().or_else(in_function).cloned().unwrap_or_default();
                    let message = match methods.get(&call).map(Vec::as_slice) {
                        Some([method]) => {
                            operation.method = *method;
                            format!(
                                "an operation without a method, read as a {} like the operation it calls",
                                method.as_str()
                            )
                        }
                        // The call is ambiguous, so no operation is chosen.
                        Some([_, ..]) => {
                            format!(
                                "an operation without a method, read as a GET: the operations called `{}` have different \
                                 methods",
                                plain(&call)
                            )
                        }
                        _ => "an operation without a method, read as a GET".to_owned(),
                    };
                    let at = at + "/method";
                    self.push_repair(RepairKind::Method, *place, message, at.clone(), at);
                }
            }
        }
    }

    /// Gives namespaces to REST and MCP adapters that have none: the name of the first API or of the capability, with a suffix and, if
    /// that namespace is taken, a number. Names a consumed API only if one name is possible.
    fn name_adapters(&mut self, document: &mut Document) {
        let nameless = std::mem::take(&mut self.nameless);
        if nameless.is_empty() {
            return;
        }
        let places: HashMap<String, Position> =
            nameless.into_iter().map(|(at, place)| (self.places.pointer(at), place)).collect();
        self.name_consumes(document, &places);
        let stem = match document.all_consumes().into_iter().find(|consume| !consume.namespace.is_empty()) {
            Some(consume) => consume.namespace.clone(),
            None => names::kebab(&document.info.label),
        };
        let stem = if stem.is_empty() { "capability".to_owned() } else { stem };
        let mut taken: HashSet<String> =
            document.capability.exposes.iter().map(|expose| expose.namespace().to_owned()).collect();
        for (e, expose) in document.capability.exposes.iter_mut().enumerate() {
            let at = format!("/capability/exposes/{e}");
            let Some(place) = places.get(&at) else { continue };
            let (namespace, suffix) = match expose {
                Expose::Rest(rest) => (&mut rest.namespace, "rest"),
                Expose::Mcp(mcp) => (&mut mcp.namespace, "mcp"),
                _ => continue,
            };
            let mut name = format!("{stem}-{suffix}");
            for number in 2.. {
                if taken.insert(name.clone()) {
                    break;
                }
                name = format!("{stem}-{suffix}-{number}");
            }
            let message = format!("an adapter without a namespace, named `{}`", plain(&name));
            *namespace = name;
            let at = at + "/namespace";
            self.push_repair(RepairKind::MissingName, *place, message, at.clone(), at);
        }
    }

    /// Names the first consumed API that has no namespace after the undeclared namespace that calls use, if they use exactly one. Reports
    /// all other APIs that have no namespace.
    fn name_consumes(&mut self, document: &mut Document, places: &HashMap<String, Position>) {
        let known: HashSet<String> = document.all_consumes().iter().map(|consume| consume.namespace.clone()).collect();
        let called = callables(document).into_iter().flat_map(|Callable { call, steps, .. }| {
            let stepped = steps.iter().filter_map(|step| match step {
                Step::Call { call, .. } => Some(call),
                _ => None,
            });
            call.iter().map(|call| &**call).chain(stepped).cloned().collect::<Vec<_>>()
        });
        let unknown: HashSet<String> = called
            .filter_map(|call| call.split_once('.').map(|(namespace, _)| namespace.to_owned()))
            .filter(|namespace| !known.contains(namespace))
            .collect();
        let lists =
            [("/capability/consumes", &mut document.capability.consumes), ("/consumes", &mut document.consumes)];
        let mut named = false;
        for (list, consumes) in lists {
            for (c, consume) in consumes.iter_mut().enumerate() {
                let at = format!("{list}/{c}");
                let Some(place) = places.get(&at) else { continue };
                let mut only = unknown.iter();
                if let (Some(name), None, false) = (only.next(), only.next(), named) {
                    consume.namespace.clone_from(name);
                    let message =
                        format!("a consumed API without a namespace, named `{}` after its calls", plain(name));
                    let at = at + "/namespace";
                    self.push_repair(RepairKind::MissingName, *place, message, at.clone(), at);
                    named = true;
                } else {
                    let help = "write `namespace: NAME`; calls refer to it: `call: NAME.OPERATION`";
                    let (_, written) = self.written_at(&at);
                    self.error_at((at, written), *place, "a consumed API has no `namespace`", help);
                }
            }
        }
    }

    /// Replaces a reference by its likely target, if it has no exact match, and reports the repair.
    fn repair_reference(&mut self, targets: &Targets, reference: &mut String, pointer: String) {
        let Some(meant) = targets.likely_target(reference) else { return };
        let message = format!("`{}` read as `{}`", plain(reference), plain(meant));
        reference.clear();
        reference.push_str(meant);
        let (place, written) = self.written_at(&pointer);
        self.push_repair(RepairKind::Reference, place, message, pointer, written);
    }
}

/// A function, a route, a tool or an MCP resource: its location, its references to operations and functions, and its values.
pub(super) struct Callable<'a> {
    pub(super) at: String,
    pub(super) call: Option<&'a mut String>,
    pub(super) reference: Option<&'a mut String>,
    pub(super) with: &'a mut IndexMap<String, Value>,
    pub(super) steps: &'a mut [Step],
}

/// Returns everything in a document that can call an operation.
pub(super) fn callables(document: &mut Document) -> Vec<Callable<'_>> {
    let mut all = Vec::new();
    for (a, aggregate) in document.capability.aggregates.iter_mut().enumerate() {
        all.extend(aggregate.functions.iter_mut().enumerate().map(|(f, function)| Callable {
            at: format!("/capability/aggregates/{a}/functions/{f}"),
            call: function.call.as_mut(),
            reference: None,
            with: &mut function.with,
            steps: &mut function.steps,
        }));
    }
    for (e, expose) in document.capability.exposes.iter_mut().enumerate() {
        let at = format!("/capability/exposes/{e}");
        match expose {
            Expose::Rest(rest) => {
                for (r, resource) in rest.resources.iter_mut().enumerate() {
                    all.extend(resource.operations.iter_mut().enumerate().map(|(o, operation)| Callable {
                        at: format!("{at}/resources/{r}/operations/{o}"),
                        call: operation.call.as_mut(),
                        reference: operation.reference.as_mut(),
                        with: &mut operation.with,
                        steps: &mut operation.steps,
                    }));
                }
            }
            Expose::Mcp(mcp) => {
                all.extend(mcp.tools.iter_mut().enumerate().map(|(t, tool)| Callable {
                    at: format!("{at}/tools/{t}"),
                    call: tool.call.as_mut(),
                    reference: tool.reference.as_mut(),
                    with: &mut tool.with,
                    steps: &mut tool.steps,
                }));
                all.extend(mcp.resources.iter_mut().enumerate().map(|(r, resource)| Callable {
                    at: format!("{at}/resources/{r}"),
                    call: resource.call.as_mut(),
                    reference: None,
                    with: &mut resource.with,
                    steps: &mut resource.steps,
                }));
            }
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
    all
}
