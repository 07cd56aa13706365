//! `NAMESPACE.OPERATION` and `NAMESPACE.FUNCTION`, and the names that only a whole document can give.

use super::keys::folded;
use super::reader::Reader;
use super::tree::Place;
use crate::diagnostic::RepairKind;
use crate::diagnostic::plain;
use crate::model::{Document, Expose, Method, Step};
use crate::names;
use std::collections::{HashMap, HashSet};

/// The names that references may have.
struct Targets {
    exact: HashSet<String>,
    /// Names without case, `_` and `-`; those that several names share stand for none. Operations alone as well.
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

    /// The name that a reference was meant to be, if it is none.
    fn meant(&self, reference: &str) -> Option<&str> {
        if self.exact.contains(reference) {
            return None;
        }
        self.folded.get(&folded(reference))?.as_deref()
    }
}

impl Reader {
    /// Resolves what needs the whole document.
    pub(super) fn resolve(&mut self, document: &mut Document) {
        self.name_adapters(document);
        let operations = Targets::new(document.all_consumes().into_iter().flat_map(|consume| {
            consume
                .resources
                .iter()
                .flat_map(|resource| &resource.operations)
                .map(move |operation| (consume.namespace.as_str(), operation.name.as_str()))
        }));
        let functions = Targets::new(document.capability.aggregates.iter().flat_map(|aggregate| {
            aggregate.functions.iter().map(move |function| (aggregate.namespace.as_str(), function.name.as_str()))
        }));
        let mut references = References { reader: self, operations: &operations, functions: &functions };
        for (a, aggregate) in document.capability.aggregates.iter_mut().enumerate() {
            for (f, function) in aggregate.functions.iter_mut().enumerate() {
                let at = || format!("/capability/aggregates/{a}/functions/{f}");
                references.check(at, &mut function.call, &mut None, &mut function.steps);
            }
        }
        for (e, expose) in document.capability.exposes.iter_mut().enumerate() {
            match expose {
                Expose::Rest(rest) => {
                    for (r, resource) in rest.resources.iter_mut().enumerate() {
                        for (o, operation) in resource.operations.iter_mut().enumerate() {
                            let at = || format!("/capability/exposes/{e}/resources/{r}/operations/{o}");
                            references.check(at, &mut operation.call, &mut operation.reference, &mut operation.steps);
                        }
                    }
                }
                Expose::Mcp(mcp) => {
                    for (t, tool) in mcp.tools.iter_mut().enumerate() {
                        let at = || format!("/capability/exposes/{e}/tools/{t}");
                        references.check(at, &mut tool.call, &mut tool.reference, &mut tool.steps);
                    }
                }
                _ => {}
            }
        }
        self.give_methods(document);
    }

    /// Gives operations without method that of what they call.
    fn give_methods(&mut self, document: &mut Document) {
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
        let places: HashMap<String, Place> =
            methodless.into_iter().map(|(at, place)| (self.places.pointer(at), place)).collect();
        for (e, expose) in document.capability.exposes.iter_mut().enumerate() {
            let Expose::Rest(rest) = expose else { continue };
            for (r, resource) in rest.resources.iter_mut().enumerate() {
                for (o, operation) in resource.operations.iter_mut().enumerate() {
                    let at = format!("/capability/exposes/{e}/resources/{r}/operations/{o}");
                    let Some(place) = places.get(&at) else { continue };
                    let called = operation.call.as_ref().and_then(|call| methods.get(call)).map(Vec::as_slice);
                    let message = match called {
                        Some([method]) => {
                            operation.method = *method;
                            format!("an operation without method, taken for a {} as what it calls", method.as_str())
                        }
                        // What shares a name may be told apart by its path: a GET calls nothing that writes.
                        Some([_, ..]) => {
                            "an operation without method, taken for a GET: what it calls has several".to_owned()
                        }
                        _ => "an operation without method, taken for a GET".to_owned(),
                    };
                    let at = at + "/method";
                    self.push(RepairKind::Method, *place, message, at.clone(), at);
                }
            }
        }
    }

    /// Names adapters and APIs without namespace, where there is one way to do it.
    fn name_adapters(&mut self, document: &mut Document) {
        let nameless = std::mem::take(&mut self.nameless);
        if nameless.is_empty() {
            return;
        }
        let places: HashMap<String, Place> =
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
            let message = format!("an adapter without namespace, named `{}`", plain(&name));
            *namespace = name;
            let at = at + "/namespace";
            self.push(RepairKind::MissingName, *place, message, at.clone(), at);
        }
    }

    /// A consumed API without namespace has the one that calls name and no other API has.
    fn name_consumes(&mut self, document: &mut Document, places: &HashMap<String, Place>) {
        let known: HashSet<String> = document.all_consumes().iter().map(|consume| consume.namespace.clone()).collect();
        let unknown: HashSet<String> = calls(document)
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
                    let message = format!("a consumed API without namespace, named `{}` as calls name it", plain(name));
                    let at = at + "/namespace";
                    self.push(RepairKind::MissingName, *place, message, at.clone(), at);
                    named = true;
                } else {
                    let help = "write `namespace: NAME`; calls refer to it: `call: NAME.OPERATION`";
                    self.error(*place, "a consumed API has no `namespace`".to_owned(), help);
                }
            }
        }
    }
}

/// All calls of a document.
fn calls(document: &Document) -> impl Iterator<Item = &str> {
    let functions = document.capability.aggregates.iter().flat_map(|aggregate| &aggregate.functions);
    let functions = functions.flat_map(|function| function.call.as_deref().into_iter().chain(stepped(&function.steps)));
    let exposed = document.capability.exposes.iter().flat_map(|expose| -> Box<dyn Iterator<Item = &str>> {
        match expose {
            Expose::Rest(rest) => Box::new(
                rest.resources
                    .iter()
                    .flat_map(|resource| &resource.operations)
                    .flat_map(|operation| operation.call.as_deref().into_iter().chain(stepped(&operation.steps))),
            ),
            Expose::Mcp(mcp) => {
                Box::new(mcp.tools.iter().flat_map(|tool| tool.call.as_deref().into_iter().chain(stepped(&tool.steps))))
            }
            _ => Box::new(std::iter::empty()),
        }
    });
    functions.chain(exposed)
}

/// The calls of steps.
fn stepped(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().filter_map(|step| match step {
        Step::Call { call, .. } => Some(call.as_str()),
        _ => None,
    })
}

struct References<'a> {
    reader: &'a mut Reader,
    operations: &'a Targets,
    functions: &'a Targets,
}

impl References<'_> {
    fn check(
        &mut self,
        at: impl Fn() -> String,
        call: &mut Option<String>,
        reference: &mut Option<String>,
        steps: &mut [Step],
    ) {
        if let Some(call) = call {
            self.mend(self.operations, call, || at() + "/call");
        }
        if let Some(reference) = reference {
            self.mend(self.functions, reference, || at() + "/ref");
        }
        for (s, step) in steps.iter_mut().enumerate() {
            if let Step::Call { call, .. } = step {
                self.mend(self.operations, call, || format!("{}/steps/{s}/call", at()));
            }
        }
    }

    fn mend(&mut self, targets: &Targets, reference: &mut String, at: impl Fn() -> String) {
        let Some(meant) = targets.meant(reference) else { return };
        let message = format!("`{}` taken for `{}`", plain(reference), plain(meant));
        reference.clear();
        reference.push_str(meant);
        let pointer = at();
        let (place, written) = self.reader.written_at(&pointer);
        self.reader.push(RepairKind::Reference, place, message, pointer, written);
    }
}
