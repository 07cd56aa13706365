//! A flat view of a document for the rules: lists of its APIs, operations and callables, with their locations.

use super::work::count_work;
use crate::diagnostic::{Diagnostic, RepairKind};
use crate::lower::{LoweredOperation, Work, tool_name};
use crate::model::{
    Consume, ConsumedOperation, ConsumedResource, Document, Expose, Hints, InputParameter, Mapping, Method,
    OutputParameter, Semantics, Step,
};
use crate::pointer::escape;
use indexmap::IndexMap;
use serde_json::Value;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A document's APIs, operations and callables as lists.
pub(super) struct DocumentView<'a> {
    /// Every consumed API, in the order of [`Document::all_consumes`].
    pub(super) apis: Vec<Api<'a>>,
    /// Every consumed operation.
    pub(super) operations: Vec<Consumed<'a>>,
    /// Every route, tool and function.
    pub(super) callables: Vec<Callable<'a>>,
    /// The operations by `NAMESPACE.OPERATION`; the first one of each name.
    by_call: HashMap<String, usize>,
    /// The functions by `NAMESPACE.FUNCTION`; the last one of each name.
    by_reference: HashMap<String, usize>,
    /// The operation that lowering chose for a callable, by the callable's location, if several operations have the same name.
    chosen: HashMap<&'a str, usize>,
    /// The HTTP methods of the operations that a function calls, by the function's location.
    function_methods: RefCell<HashMap<String, Rc<[Method]>>>,
}

/// A consumed API.
pub(super) struct Api<'a> {
    pub(super) at: String,
    pub(super) consume: &'a Consume,
    /// Whether it is declared outside of `capability`, so that other documents may use it.
    pub(super) shared: bool,
}

/// A consumed operation.
pub(super) struct Consumed<'a> {
    pub(super) at: String,
    /// The index of its API.
    pub(super) api: usize,
    pub(super) resource: &'a ConsumedResource,
    pub(super) operation: &'a ConsumedOperation,
}

/// The kinds of callables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallableKind {
    Route(Method),
    Tool,
    Function,
}

/// A route, a tool, or a function of an aggregate.
pub(super) struct Callable<'a> {
    pub(super) at: String,
    pub(super) kind: CallableKind,
    /// Its name; empty for a route without a name.
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) hints: Option<Hints>,
    /// Whether its answers are truncated (`maxOutput`).
    pub(super) cuts: bool,
    pub(super) semantics: Option<Semantics>,
    pub(super) reference: Option<&'a str>,
    pub(super) call: Option<&'a str>,
    pub(super) with: &'a IndexMap<String, Value>,
    pub(super) steps: &'a [Step],
    pub(super) mappings: &'a [Mapping],
    pub(super) inputs: &'a [InputParameter],
    pub(super) outputs: &'a [OutputParameter],
}

/// Converts a route, a tool or a function to a [`Callable`].
macro_rules! callable {
    ($at:expr, $kind:expr, $name:expr, $reference:expr, $of:ident) => {
        Callable {
            at: $at,
            kind: $kind,
            name: $name,
            description: $of.description.as_deref(),
            hints: None,
            cuts: false,
            semantics: None,
            reference: $reference,
            call: $of.call.as_deref(),
            with: &$of.with,
            steps: &$of.steps,
            mappings: &$of.mappings,
            inputs: &$of.input_parameters,
            outputs: &$of.output_parameters,
        }
    };
}

impl Callable<'_> {
    /// Returns its name in messages: ``the tool `search` ``.
    pub(super) fn title(&self) -> String {
        match (self.kind, self.name) {
            (CallableKind::Route(method), "") => format!("this {} route", method.as_str()),
            (CallableKind::Route(_), name) => format!("the route `{name}`"),
            (CallableKind::Tool, name) => format!("the tool `{name}`"),
            (CallableKind::Function, name) => format!("the function `{name}`"),
        }
    }

    /// Visits each text that may contain a reference: `with`, mappings, lookups.
    pub(super) fn texts(&self, visit: &mut dyn FnMut(&str, &str)) {
        let with = |at: String, with: &IndexMap<String, Value>, visit: &mut dyn FnMut(&str, &str)| {
            with.iter().for_each(|(key, value)| strings(&format!("{at}/with/{}", escape(key)), value, visit));
        };
        with(self.at.clone(), self.with, visit);
        for (index, step) in self.steps.iter().enumerate() {
            let at = format!("{}/steps/{index}", self.at);
            match step {
                Step::Call { with: own, .. } => with(at, own, visit),
                Step::Lookup { lookup_value, .. } => visit(&format!("{at}/lookupValue"), lookup_value),
                Step::Script(_) => {}
            }
        }
        // Mappings have no effect without steps, which may be those of the referenced function.
        let mappings = self.mappings.iter().enumerate().filter(|_| !self.steps.is_empty() || self.reference.is_some());
        for (index, mapping) in mappings {
            visit(&format!("{}/mappings/{index}/value", self.at), &mapping.value);
        }
    }

    /// Returns its call and the calls of its steps, each with its location.
    pub(super) fn calls(&self) -> impl Iterator<Item = (String, &str)> {
        let own = self.call.map(|call| (format!("{}/call", self.at), call));
        let steps = self.steps.iter().enumerate().filter_map(|(index, step)| match step {
            Step::Call { call, .. } => Some((format!("{}/steps/{index}/call", self.at), call.as_str())),
            Step::Lookup { .. } | Step::Script(_) => None,
        });
        own.into_iter().chain(steps)
    }
}

impl<'a> Consumed<'a> {
    /// Returns the location of its resource.
    pub(super) fn resource_at(&self) -> &str {
        self.at.rsplitn(3, '/').nth(2).unwrap_or_default()
    }

    /// Returns the location of the path that it calls, and the path: its own, or its resource's.
    pub(super) fn path(&self) -> (String, &'a str) {
        match &self.operation.path {
            Some(path) => (format!("{}/path", self.at), path),
            None => (format!("{}/path", self.resource_at()), &self.resource.path),
        }
    }

    /// Returns the lists of parameters that apply to it, each with the location of its owner: its own, its resource's and its API's.
    pub(super) fn parameters<'o>(&'o self, api: &'o Api<'a>) -> [(&'o str, &'a [InputParameter]); 3] {
        [
            (&self.at, &self.operation.input_parameters),
            (self.resource_at(), &self.resource.input_parameters),
            (&api.at, &api.consume.input_parameters),
        ]
    }
}

/// Visits each string in a value. The recursion is bounded, because the reader limits the depth of documents.
pub(super) fn strings(at: &str, value: &Value, visit: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(at, text),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| strings(&format!("{at}/{index}"), value, visit));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| strings(&format!("{at}/{}", escape(name)), value, visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl<'a> DocumentView<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let mut walk = Self {
            apis: Vec::new(),
            operations: Vec::new(),
            callables: Vec::new(),
            by_call: HashMap::new(),
            by_reference: HashMap::new(),
            chosen: HashMap::new(),
            function_methods: RefCell::default(),
        };
        for (index, consume) in document.capability.consumes.iter().enumerate() {
            walk.api(format!("/capability/consumes/{index}"), consume, false);
        }
        for (index, consume) in document.consumes.iter().enumerate() {
            walk.api(format!("/consumes/{index}"), consume, true);
        }
        walk.functions(document);
        for (index, expose) in document.capability.exposes.iter().enumerate() {
            walk.adapter(&format!("/capability/exposes/{index}"), expose);
        }
        walk
    }

    /// Records which of several operations with the same name lowering has chosen for each callable. The chosen
    /// operation's location is in `related` of the repair.
    pub(super) fn choose(&mut self, subject: super::Subject<'a>) {
        let super::RuleContext::File { lowered, lowering, .. } = subject.context else { return };
        let is_choice = |diagnostic: &&Diagnostic| diagnostic.rule.repair == Some(RepairKind::DuplicateOperation);
        let choices = lowering.iter().filter(is_choice);
        let choices: HashMap<&str, &str> =
            choices.filter_map(|diagnostic| Some((diagnostic.at.as_str(), diagnostic.related.as_deref()?))).collect();
        if choices.is_empty() {
            return;
        }
        let operations = self.operations.iter().enumerate();
        let by_location: HashMap<&str, usize> = operations.map(|(index, own)| (own.at.as_str(), index)).collect();
        // Steps need no choice: lowering accepts several operations with the name of a step's call only if they are
        // identical.
        let calls = lowered.operations.iter().filter(|lowered| matches!(lowered.work, Work::Call { .. }));
        for LoweredOperation { at, .. } in calls {
            if let Some(index) = choices.get(at.as_str()).and_then(|target| by_location.get(target)) {
                self.chosen.insert(at, *index);
            }
        }
    }

    /// Returns the operation that lowering chose for the callable at a location.
    pub(super) fn chosen(&self, at: &str) -> Option<&Consumed<'a>> {
        self.chosen.get(at).and_then(|index| self.operations.get(*index))
    }

    /// Returns the operation with exactly the name of a call.
    pub(super) fn operation_of_call(&self, call: &str) -> Option<&Consumed<'a>> {
        self.by_call.get(call).and_then(|index| self.operations.get(*index))
    }

    /// Returns the function with exactly the name of a reference.
    pub(super) fn referred(&self, reference: &str) -> Option<&Callable<'a>> {
        self.by_reference.get(reference).and_then(|index| self.callables.get(*index))
    }

    /// Returns the valid values of `call`.
    pub(super) fn known_calls(&self) -> impl Iterator<Item = &str> {
        self.by_call.keys().map(String::as_str)
    }

    /// Returns the valid values of `ref`.
    pub(super) fn known_references(&self) -> impl Iterator<Item = &str> {
        self.by_reference.keys().map(String::as_str)
    }

    /// Returns the consumed operations behind a callable: the operation that lowering chose; or the operations that the function of its
    /// `ref` calls; or else the operations that the callable and its steps call.
    pub(super) fn behind<'w>(
        &'w self,
        callable: &'w Callable<'a>,
    ) -> impl Iterator<Item = &'w Consumed<'a>> + use<'w, 'a> {
        let chosen = self.chosen(&callable.at);
        let calling = chosen.is_none().then(|| self.function_behind(callable).unwrap_or(callable));
        chosen.into_iter().chain(calling.into_iter().flat_map(|calling| self.calls_of(calling)))
    }

    /// Returns the consumed operations behind several callables. A function that many of them refer to is read once.
    pub(super) fn behind_all<'w>(
        &'w self,
        callables: impl IntoIterator<Item = &'w Callable<'a>>,
    ) -> Vec<&'w Consumed<'a>> {
        let (mut functions, mut found) = (HashSet::new(), Vec::new());
        for callable in callables {
            match self.function_behind(callable) {
                Some(function) if !functions.insert(function.at.as_str()) => {}
                Some(function) => found.extend(self.calls_of(function)),
                None => found.extend(self.behind(callable)),
            }
        }
        found
    }

    /// Returns the HTTP methods of the operations behind a callable, each once, in the order of their last calls.
    pub(super) fn methods_behind(&self, callable: &Callable<'a>) -> Rc<[Method]> {
        let methods = |operations: &mut dyn Iterator<Item = &Consumed<'a>>| {
            let mut methods = Vec::new();
            for consumed in operations {
                methods.retain(|method| *method != consumed.operation.method);
                methods.push(consumed.operation.method);
            }
            methods.into()
        };
        let Some(function) = self.function_behind(callable) else { return methods(&mut self.behind(callable)) };
        if let Some(known) = self.function_methods.borrow().get(&function.at) {
            return known.clone();
        }
        let found: Rc<[Method]> = methods(&mut self.calls_of(function));
        self.function_methods.borrow_mut().insert(function.at.clone(), found.clone());
        found
    }

    /// Returns the function whose operations are those behind a callable; `None` if they are the callable's own, or lowering chose one.
    pub(super) fn function_behind(&self, callable: &Callable<'_>) -> Option<&Callable<'a>> {
        if self.chosen(&callable.at).is_some() {
            return None;
        }
        callable.reference.and_then(|reference| self.referred(reference))
    }

    /// Returns the consumed operations that a callable and its steps call.
    pub(super) fn calls_of<'w>(
        &'w self,
        callable: &Callable<'a>,
    ) -> impl Iterator<Item = &'w Consumed<'a>> + use<'w, 'a> {
        self.called(callable.call, callable.steps)
    }

    /// Returns the consumed operations that the MCP resources of a document call.
    pub(super) fn behind_resources<'w>(&'w self, document: &'a Document) -> impl Iterator<Item = &'w Consumed<'a>> {
        let resources = document.capability.exposes.iter().flat_map(|expose| match expose {
            Expose::Mcp(mcp) => mcp.resources.as_slice(),
            _ => &[],
        });
        resources.flat_map(|resource| self.called(resource.call.as_deref(), &resource.steps))
    }

    fn called<'w>(
        &'w self,
        call: Option<&'a str>,
        steps: &'a [Step],
    ) -> impl Iterator<Item = &'w Consumed<'a>> + use<'w, 'a> {
        let steps = steps.iter().filter_map(|step| match step {
            Step::Call { call, .. } => Some(call.as_str()),
            Step::Lookup { .. } | Step::Script(_) => None,
        });
        let calls = call.into_iter().chain(steps);
        calls.inspect(|_| count_work()).filter_map(|call| self.operation_of_call(call))
    }

    /// Returns the steps that a callable runs: its own, or its function's.
    pub(super) fn steps<'c>(&'c self, callable: &'c Callable<'a>) -> &'c [Step] {
        let function = callable.reference.and_then(|reference| self.referred(reference));
        function.filter(|_| callable.steps.is_empty()).map_or(callable.steps, |function| function.steps)
    }

    fn api(&mut self, at: String, consume: &'a Consume, shared: bool) {
        let api = self.apis.len();
        for (position, resource) in consume.resources.iter().enumerate() {
            let resource_at = format!("{at}/resources/{position}");
            for (index, operation) in resource.operations.iter().enumerate() {
                let call = format!("{}.{}", consume.namespace, operation.name);
                self.by_call.entry(call).or_insert(self.operations.len());
                let at = format!("{resource_at}/operations/{index}");
                self.operations.push(Consumed { at, api, resource, operation });
            }
        }
        self.apis.push(Api { at, consume, shared });
    }

    fn functions(&mut self, document: &'a Document) {
        for (position, aggregate) in document.capability.aggregates.iter().enumerate() {
            for (index, function) in aggregate.functions.iter().enumerate() {
                let reference = format!("{}.{}", aggregate.namespace, function.name);
                // Lowering uses the last function of a name.
                self.by_reference.insert(reference, self.callables.len());
                let at = format!("/capability/aggregates/{position}/functions/{index}");
                self.callables.push(Callable {
                    semantics: function.semantics,
                    ..callable!(at, CallableKind::Function, &function.name, None, function)
                });
            }
        }
    }

    fn adapter(&mut self, at: &str, expose: &'a Expose) {
        match expose {
            Expose::Rest(rest) => {
                for (position, resource) in rest.resources.iter().enumerate() {
                    for (index, operation) in resource.operations.iter().enumerate() {
                        let at = format!("{at}/resources/{position}/operations/{index}");
                        let name = operation.name.as_deref().unwrap_or_default();
                        let reference = operation.reference.as_deref();
                        self.callables.push(callable!(
                            at,
                            CallableKind::Route(operation.method),
                            name,
                            reference,
                            operation
                        ));
                    }
                }
            }
            Expose::Mcp(mcp) => {
                self.callables.extend(mcp.tools.iter().enumerate().map(|(index, tool)| {
                    let at = format!("{at}/tools/{index}");
                    Callable {
                        hints: tool.hints,
                        cuts: tool.max_output.is_some(),
                        ..callable!(at, CallableKind::Tool, tool_name(tool), tool.reference.as_deref(), tool)
                    }
                }));
            }
            Expose::Skill(_) | Expose::Control(_) => {}
        }
    }
}

/// Returns whether a string is missing or blank.
pub(super) fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// Compares two locations: numbers as numbers, sections in the order of published documents.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    let number = |token: &str| token.parse::<usize>().ok();
    let mut others = other.split('/');
    for token in one.split('/') {
        let Some(other) = others.next() else { return Ordering::Greater };
        let ordering = match (number(token), number(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => section(token).cmp(&section(other)).then_with(|| token.cmp(other)),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    if others.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

/// Returns the position of a section in published documents; 0 for other names.
fn section(token: &str) -> usize {
    ["info", "binds", "consumes", "capability", "aggregates", "exposes"]
        .iter()
        .position(|section| *section == token)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn findings_are_in_the_order_of_the_document() {
        let mut places = [
            "/capability/exposes/10",
            "/info",
            "/capability/exposes/9/tools",
            "/capability/consumes/0",
            "/binds/0",
            "/capability/exposes/9",
        ];
        places.sort_by(|one, other| order(one, other));
        assert_eq!(
            places,
            [
                "/info",
                "/binds/0",
                "/capability/consumes/0",
                "/capability/exposes/9",
                "/capability/exposes/9/tools",
                "/capability/exposes/10"
            ]
        );
    }
}
