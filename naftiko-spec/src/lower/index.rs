//! An index of the names that calls and references can use: consumed operations and functions of aggregates.

use super::scan::{shape, without_query};
use super::scope::Scope;
use crate::diagnostic::RepairKind;
use crate::model::{Consume, ConsumedOperation, ConsumedResource, Document, Function, InputParameter, Method};
use crate::nearest::Suggestions;
use serde::Serialize;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A consumed operation, and its position in the document.
#[derive(Clone, Copy)]
pub(super) struct Target<'d> {
    /// The index of its API in the document.
    pub(super) consume: usize,
    /// The API.
    pub(super) api: &'d Consume,
    /// The resource.
    pub(super) resource: &'d ConsumedResource,
    /// The operation.
    pub(super) operation: &'d ConsumedOperation,
    /// The indices of the resource and of the operation.
    indices: (usize, usize),
    /// Whether an operation's own path is the whole path in this API, instead of being appended to the resource's.
    pub(super) whole_paths: bool,
}

/// A function of an aggregate.
#[derive(Clone, Copy)]
pub(super) struct FunctionTarget<'d> {
    /// The namespace of the aggregate.
    pub(super) namespace: &'d str,
    /// The function.
    pub(super) function: &'d Function,
    /// The indices of the aggregate and of the function.
    indices: (usize, usize),
}

impl FunctionTarget<'_> {
    /// Returns its location in the document.
    pub(super) fn at(&self) -> String {
        format!("/capability/aggregates/{}/functions/{}", self.indices.0, self.indices.1)
    }

    /// Returns how many values the function adds to each operation that refers to it.
    pub(super) fn values(&self) -> usize {
        Size::of(self.function) / BYTES_PER_VALUE
    }
}

/// Properties of a route, a tool or an MCP resource that help to choose between operations with the same name.
#[derive(Clone, Default)]
pub(super) struct Evidence<'d> {
    /// For a route: its method, its path and the name of its resource.
    pub(super) route: Option<(Method, &'d str, Option<&'d str>)>,
    /// Its description, and the description of its function.
    pub(super) descriptions: Vec<&'d str>,
}

/// A property in which operations with the same name may differ.
#[derive(PartialEq, Eq, Hash)]
enum OperationProperty {
    /// The method, and the path with every placeholder replaced by `{}`.
    Path(Method, String),
    /// The method, and the name of the resource.
    Resource(Method, String),
    Description(String),
}

/// The operations with the same name.
#[derive(Default)]
struct Namesakes<'d> {
    targets: Vec<Target<'d>>,
    /// The operations that share each property; filled only if there are several operations.
    by_property: HashMap<OperationProperty, Vec<usize>>,
}

/// The fix for a call of an operation or a function that cannot be read.
pub(super) const FIX_DEFINITION: &str = "correct the error in its definition";

/// The maximum number of suffixes of a route that are looked up among consumed paths.
const MAX_SUFFIXES: usize = 64;

/// The maximum number of operations with one name that are compared with the first one.
const MAX_COMPARED: usize = 64;

/// The maximum number of values in the requests of all operations together: each call lists the parameters of its operation, of the
/// resource and of the API, so their number grows with the square of a document. Long texts and comparisons count as values, too.
const MAX_SENT: usize = 250_000;

/// The number of bytes of an operation or a function that count as one value.
const BYTES_PER_VALUE: usize = 32;

/// The number of comparisons (of a key of `with` or a placeholder with a parameter) that count as one value.
const COMPARISONS_PER_VALUE: usize = 10;

/// Everything that can be called or referred to.
pub(super) struct Index<'d> {
    operations: HashMap<String, Namesakes<'d>>,
    functions: HashMap<String, FunctionTarget<'d>>,
    /// Operations and functions that cannot be read.
    unreadable_names: HashSet<String>,
    pub(super) suggestions: Rc<Suggestions>,
    /// How many values the lowered operations send.
    sent: Cell<usize>,
}

impl<'d> Index<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        let mut operations: HashMap<String, Namesakes<'d>> = HashMap::new();
        for (consume, api) in document.all_consumes().into_iter().enumerate() {
            let whole_paths = has_whole_paths(api);
            for (position, resource) in api.resources.iter().enumerate() {
                for (number, operation) in resource.operations.iter().enumerate() {
                    let indices = (position, number);
                    let target = Target { consume, api, resource, operation, indices, whole_paths };
                    let name = format!("{}.{}", api.namespace, operation.name);
                    operations.entry(name).or_default().targets.push(target);
                }
            }
        }
        operations.values_mut().filter(|namesakes| namesakes.targets.len() > 1).for_each(Namesakes::compare);
        let aggregates = &document.capability.aggregates;
        let functions = aggregates.iter().enumerate().flat_map(|(position, aggregate)| {
            let namespace = aggregate.namespace.as_str();
            let named = move |(number, function): (usize, &'d Function)| {
                let name = format!("{namespace}.{}", function.name);
                (name, FunctionTarget { namespace, function, indices: (position, number) })
            };
            aggregate.functions.iter().enumerate().map(named)
        });
        let functions = functions.collect();
        Self {
            operations,
            functions,
            unreadable_names: document.unreadable_names().collect(),
            suggestions: Rc::default(),
            sent: Cell::new(0),
        }
    }

    /// Returns whether an operation or a function cannot be read.
    pub(super) fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable_names.contains(name.trim())
    }

    /// Returns the operation of a `call`: the one with that name, or, of several, the one that matches the evidence.
    pub(super) fn operation(&self, call: &str, evidence: &Evidence<'_>) -> Option<Target<'d>> {
        // If an operation of this name cannot be read, the call may mean that operation, so no other is chosen.
        let known = self.operations.get(call.trim()).filter(|_| !self.is_unreadable(call));
        known.and_then(|namesakes| namesakes.choose(evidence))
    }

    /// Returns the operation of a `call`. Reports a choice between several operations, and the reason if the operation is not found.
    /// `keys` is the number of keys in its `with`.
    pub(super) fn resolve(
        &self,
        scope: &mut Scope<'d>,
        call: &str,
        keys: usize,
        evidence: &Evidence<'_>,
    ) -> Option<Target<'d>> {
        if self.is_unreadable(call) {
            scope.report(format!("`{call}` cannot be read"), FIX_DEFINITION);
            return None;
        }
        let Some(namesakes) = self.operations.get(call.trim()) else {
            let help = match self.suggestions.nearest(call, self.operations.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name an operation of `consumes`, as `NAMESPACE.OPERATION`".to_owned(),
            };
            scope.report(format!("unknown consumed operation `{call}`"), help);
            return None;
        };
        let count = namesakes.targets.len();
        // A call is compared with all operations of its name, so each of them counts as a value.
        if count > 1 && !self.has_room_for(|| count) {
            let (message, help) = too_many();
            scope.report(message, help);
            return None;
        }
        let chosen = namesakes.choose(evidence);
        match &chosen {
            Some(_) if count == 1 => {}
            Some(target) => {
                let (method, path) = (target.operation.method.as_str(), target.path());
                let message =
                    format!("`{call}` names {count} operations: the matching one, `{method} {path}`, is called");
                scope.report_repair(RepairKind::DuplicateOperation, message);
                let at = target.at(scope.document);
                if let Some(found) = scope.diagnostics.last_mut() {
                    found.related = Some(at);
                }
            }
            None => scope.report(
                format!("{count} operations are named `{call}`, and it is not clear which one this call means"),
                "give each operation a unique name, and use it in the call",
            ),
        }
        let target = chosen?;
        if !self.has_room_for(|| target.sent_values(keys)) {
            let (message, help) = too_many();
            scope.report(message, help);
            return None;
        }
        Some(target)
    }

    /// Adds the number that `values` returns to the values of all operations. Returns whether the sum is at most [`MAX_SENT`]. After
    /// the first `false`, it always returns `false`, and does not call `values`, which reads a whole operation or function.
    pub(super) fn has_room_for(&self, values: impl FnOnce() -> usize) -> bool {
        let sent = self.sent.get();
        let sent = if sent > MAX_SENT { sent } else { sent.saturating_add(values()) };
        let has_room = sent <= MAX_SENT;
        self.sent.set(if has_room { sent } else { usize::MAX });
        has_room
    }

    /// Returns the function of a `ref`.
    pub(super) fn function(&self, reference: &str) -> Option<FunctionTarget<'d>> {
        self.functions.get(reference.trim()).copied()
    }

    /// Returns the name of a function that is nearest to an unknown reference.
    pub(super) fn near_function(&self, reference: &str) -> Option<&str> {
        self.suggestions.nearest(reference, self.functions.keys().map(String::as_str))
    }
}

/// Returns the message and the help about an operation that exceeds the limit of a document.
pub(super) fn too_many() -> (String, &'static str) {
    let message = format!("the parameters, texts and placeholders of all operations are more than {MAX_SENT} values");
    (message, "use fewer parameters and placeholders, or split it into several capabilities")
}

/// The number of bytes of a part of a document as JSON.
#[derive(Default)]
struct Size(usize);

impl Size {
    fn of(part: &impl Serialize) -> usize {
        let mut size = Self::default();
        // Counting does not fail. If a part cannot be serialized, only the bytes before the error count.
        let _ = serde_json::to_writer(&mut size, part);
        size.0
    }
}

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'d> Namesakes<'d> {
    /// Records the properties of each operation.
    fn compare(&mut self) {
        for (at, target) in self.targets.iter().enumerate() {
            let method = target.operation.method;
            let description = target.operation.description.as_deref().map(folded).filter(|text| !text.is_empty());
            let properties = [
                Some(OperationProperty::Path(method, comparable_path(&target.path()))),
                Some(OperationProperty::Resource(method, folded(&target.resource.name))),
                description.map(OperationProperty::Description),
            ];
            let properties = properties.into_iter().flatten();
            properties.for_each(|property| self.by_property.entry(property).or_default().push(at));
        }
    }

    /// Returns the operation that matches the evidence, if it is the only one. Path, resource and description are compared in this order;
    /// if a property matches some of the remaining operations, the other operations are excluded.
    fn choose(&self, evidence: &Evidence<'_>) -> Option<Target<'d>> {
        let (first, others) = self.targets.split_first()?;
        let same = |other: &Target<'_>| {
            other.consume == first.consume && other.operation == first.operation && other.path() == first.path()
        };
        // Identical operations count as one. More than `MAX_COMPARED` are not compared, because this runs for every call.
        if others.is_empty() || others.len() <= MAX_COMPARED && others.iter().all(same) {
            return Some(*first);
        }
        let mut remaining: Option<HashSet<usize>> = None;
        // Keeps the operations with a property. Returns whether there are any, and the operation if there is only one.
        let mut narrow = |property: &OperationProperty| {
            let fits = |at: &usize| {
                let target = self.targets.get(*at);
                let has_method =
                    evidence.route.is_none_or(|(method, ..)| target.is_some_and(|it| it.operation.method == method));
                has_method && remaining.as_ref().is_none_or(|remaining| remaining.contains(at))
            };
            let known = self.by_property.get(property).into_iter().flatten().copied();
            let fitting: Vec<usize> = known.filter(fits).collect();
            let one = if let [one] = fitting.as_slice() { self.targets.get(*one).copied() } else { None };
            let is_found = !fitting.is_empty();
            if is_found {
                remaining = Some(fitting.into_iter().collect());
            }
            (is_found, one)
        };
        if let Some((method, route, resource)) = evidence.route {
            let whole = comparable_path(without_query(route));
            // A route may have a prefix that the consumed path does not have.
            let ends = whole.match_indices('/').take(MAX_SUFFIXES).filter_map(|(start, _)| whole.get(start..));
            for end in ends {
                match narrow(&OperationProperty::Path(method, end.to_owned())) {
                    (_, Some(one)) => return Some(one),
                    (true, None) => break,
                    (false, None) => {}
                }
            }
            if let (_, Some(one)) = narrow(&OperationProperty::Resource(method, folded(resource.unwrap_or_default()))) {
                return Some(one);
            }
        }
        evidence.descriptions.iter().find_map(|text| narrow(&OperationProperty::Description(folded(text))).1)
    }
}

/// Normalizes a path for comparison: its shape, without a trailing slash, ignoring case.
fn comparable_path(path: &str) -> String {
    shape(without_query(path)).trim_end_matches('/').to_ascii_lowercase()
}

/// Normalizes a description or a name: lower case, without surrounding spaces and without a full stop at the end.
fn folded(text: &str) -> String {
    text.trim().trim_end_matches('.').to_lowercase()
}

/// Returns whether the operations of an API declare whole paths. They do if the path of at least one operation begins with
/// the path of its resource.
fn has_whole_paths(api: &Consume) -> bool {
    api.resources.iter().any(|resource| {
        let base = resource.path.trim_end_matches('/');
        let begins =
            |path: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        !base.is_empty() && resource.operations.iter().any(|operation| operation.path.as_deref().is_some_and(begins))
    })
}

impl Target<'_> {
    /// Returns how many values a call sends at most; `keys` is the number of keys in its `with`.
    pub(super) fn sent_values(&self, keys: usize) -> usize {
        let lists = [&self.operation.input_parameters, &self.resource.input_parameters, &self.api.input_parameters];
        let headers = self.api.caller_headers.len();
        let parameters = headers + lists.iter().map(|list| list.len()).sum::<usize>();
        let paths = [Some(&self.resource.path), self.operation.path.as_ref()];
        let placeholders: usize = paths.into_iter().flatten().map(|path| path.matches('{').count()).sum();
        let values = parameters + (Size::of(self.operation) + self.resource.path.len()) / BYTES_PER_VALUE;
        let compared = keys.saturating_mul(values) + parameters.saturating_mul(placeholders);
        1 + values + compared / COMPARISONS_PER_VALUE
    }

    /// Returns the location of its API in the document.
    fn api_at(&self, document: &Document) -> String {
        match self.consume.checked_sub(document.capability.consumes.len()) {
            None => format!("/capability/consumes/{}", self.consume),
            Some(shared) => format!("/consumes/{shared}"),
        }
    }

    /// Returns the location of the operation in the document.
    pub(super) fn at(&self, document: &Document) -> String {
        format!("{}/resources/{}/operations/{}", self.api_at(document), self.indices.0, self.indices.1)
    }

    /// Returns the location of its path.
    pub(super) fn path_at(&self, document: &Document) -> String {
        match self.operation.path {
            Some(_) => format!("{}/path", self.at(document)),
            None => format!("{}/resources/{}/path", self.api_at(document), self.indices.0),
        }
    }

    /// Returns the location of one of its parameters; `None` if the parameter belongs to another operation.
    pub(super) fn parameter_at(&self, document: &Document, parameter: &InputParameter) -> Option<String> {
        let at = self.api_at(document);
        let lists = [
            (self.at(document), &self.operation.input_parameters),
            (format!("{at}/resources/{}", self.indices.0), &self.resource.input_parameters),
            (at, &self.api.input_parameters),
        ];
        let find = |(at, list): (String, &Vec<InputParameter>)| {
            let index = list.iter().position(|other| std::ptr::eq(other, parameter))?;
            Some(format!("{at}/inputParameters/{index}"))
        };
        lists.into_iter().find_map(find)
    }

    /// Returns the path of the operation, including its query.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_when_there_is_no_more_room() {
        let document = Document::default();
        let index = Index::new(&document);
        assert!(index.has_room_for(|| MAX_SENT));
        assert!(!index.has_room_for(|| 1));
        assert!(!index.has_room_for(|| unreachable!("the operation is counted")));
    }
}
