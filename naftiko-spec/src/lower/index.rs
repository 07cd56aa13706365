//! The names that calls and references may say: consumed operations and functions of aggregates.

use crate::model::{Consume, ConsumedOperation, ConsumedResource, Document, Function};
use std::collections::HashMap;

/// A consumed operation, and what it is part of.
#[derive(Clone, Copy)]
pub(super) struct Target<'d> {
    /// Which of the document's consumed APIs.
    pub(super) consume: usize,
    /// The API.
    pub(super) api: &'d Consume,
    /// The resource.
    pub(super) resource: &'d ConsumedResource,
    /// The operation.
    pub(super) operation: &'d ConsumedOperation,
    /// Whether an operation's own path is the whole path in this API, and is not appended to the resource's.
    pub(super) whole_paths: bool,
}

/// Everything that can be called or referred to.
pub(super) struct Index<'d> {
    operations: HashMap<String, Target<'d>>,
    functions: HashMap<String, (&'d str, &'d Function)>,
}

impl<'d> Index<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        let mut operations = HashMap::new();
        for (consume, api) in document.all_consumes().into_iter().enumerate() {
            let whole_paths = has_whole_paths(api);
            for resource in &api.resources {
                for operation in &resource.operations {
                    let target = Target { consume, api, resource, operation, whole_paths };
                    // Of two of one name the first is meant; that there are two is another finding.
                    operations.entry(format!("{}.{}", api.namespace, operation.name)).or_insert(target);
                }
            }
        }
        let aggregates = &document.capability.aggregates;
        let functions = aggregates.iter().flat_map(|aggregate| {
            let named = |function: &'d Function| {
                (format!("{}.{}", aggregate.namespace, function.name), (aggregate.namespace.as_str(), function))
            };
            aggregate.functions.iter().map(named)
        });
        Self { operations, functions: functions.collect() }
    }

    /// The operation of a `call`.
    pub(super) fn operation(&self, call: &str) -> Option<Target<'d>> {
        self.operations.get(call.trim()).copied()
    }

    /// The function of a `ref`, and the namespace of its aggregate.
    pub(super) fn function(&self, reference: &str) -> Option<(&'d str, &'d Function)> {
        self.functions.get(reference.trim()).copied()
    }

    /// The names of all operations.
    pub(super) fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// The names of all functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

/// Whether the operations of an API write whole paths: one whose own path begins with its resource's tells it of all.
fn has_whole_paths(api: &Consume) -> bool {
    api.resources.iter().any(|resource| {
        let base = resource.path.trim_end_matches('/');
        let begins =
            |path: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        !base.is_empty() && resource.operations.iter().any(|operation| operation.path.as_deref().is_some_and(begins))
    })
}

impl Target<'_> {
    /// The path of the operation, query included.
    pub(super) fn path(&self) -> String {
        let base = self.resource.path.as_str();
        match self.operation.path.as_deref() {
            None | Some("") => base.to_owned(),
            Some(own) if self.whole_paths => own.to_owned(),
            Some(own) if own.starts_with('?') => format!("{base}{own}"),
            Some(own) => format!("{}/{}", base.trim_end_matches('/'), own.trim_start_matches('/')),
        }
    }
}
