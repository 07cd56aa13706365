//! Runs steps: calls and lookups in order, each with the results of the earlier ones.

use super::results::Results;
use crate::consume::context::ClientContext;
use crate::consume::engine::{self, AnswerOptions};
use crate::consume::failure;
use crate::consume::reading::inexact;
use crate::consume::ready::ReadyCall;
use crate::consume::source::{Inputs, ReadySource, Scope, to_text};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{Budget, CompiledOutputs, on_blocking_thread};
use crate::limits::CallBudget;
use crate::numbers;
use crate::operation::{ArgumentValue, Context, Shape};
use crate::schema;
use http::StatusCode;
use naftiko_spec::jsonpath::Path;
use naftiko_spec::lower::Format;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

/// A step that is ready to run.
pub(super) struct ReadyStep {
    pub(super) name: String,
    pub(super) work: ReadyStepWork,
}

/// The work of a step.
pub(super) enum ReadyStepWork {
    Call(Arc<ReadyCall>, Arc<CompiledOutputs>),
    Lookup(Arc<Lookup>),
}

/// A search in a list for the first entry in which a given member has a given value.
pub(super) struct Lookup {
    /// The path of the list in the results of the steps.
    pub(super) table: Path,
    /// The path of the list in case the value at `table` is not a list.
    pub(super) part: Option<Path>,
    /// The type that the document declares for the value at `table`, if that is not `array`.
    pub(super) declared: Option<String>,
    /// The member of each entry that is compared.
    pub(super) key: String,
    /// The value to compare with, or a list of values.
    pub(super) value: ReadySource,
    /// The members of an entry that are returned; all if the list is empty.
    pub(super) members: Vec<String>,
}

/// The data that the steps of one call can read: the arguments of the call, and the results so far. The data is owned, so that large
/// results can be searched on another thread.
pub(super) struct StepInputs {
    given: Vec<ArgumentValue<'static>>,
    values: Vec<Option<Cow<'static, Value>>>,
    results: Results,
    context: Context,
    /// The size of the answers so far, in bytes.
    size: usize,
}

impl StepInputs {
    /// Creates the data for the first step: copies the arguments of the call.
    pub(super) fn new(inputs: Inputs<'_>) -> Self {
        let given = inputs.given.iter().map(|given| given.clone().into_owned());
        let values = inputs.values.iter().map(|value| value.clone().map(|value| Cow::Owned(value.into_owned())));
        let context = inputs.context.cloned().unwrap_or_default();
        Self { given: given.collect(), values: values.collect(), results: Results::new(), context, size: 0 }
    }

    /// Runs work that searches the results, on another thread if they are large.
    pub(super) async fn search<T: Send + 'static>(
        self,
        call_budget: &CallBudget,
        work: impl FnOnce(Inputs<'_>) -> Result<T> + Send + 'static,
    ) -> Result<(Self, T)> {
        // The memory that the call has reserved includes the memory used for decoding and shaping.
        let size = self.size.max(call_budget.reserved());
        let searched = on_blocking_thread(size, move || {
            let Self { given, values, results, context, .. } = &self;
            let found = work(Inputs { given, values, results: Some(results), context: Some(context) });
            if self.results.is_exceeded() { Err(search_exceeded()) } else { found.map(|found| (self, found)) }
        });
        searched.await
    }
}

/// Returns the error of a search that exceeded its limit.
fn search_exceeded() -> Error {
    let message = "the results of the steps are too large to search";
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message).too_large()
}

/// Runs the steps in order, and returns the result of `output`, which reads their results. Stops at the first error.
///
/// # Errors
/// Returns the error of the step that failed, with the step's name, or the error of `output`.
pub(super) async fn run<T: Send + 'static>(
    context: &Arc<ClientContext>,
    steps: &[ReadyStep],
    mut known: StepInputs,
    call_budget: &CallBudget,
    output: impl FnOnce(Inputs<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    // The last completed step whose effect would be repeated if the operation were called again.
    let mut done: Option<&str> = None;
    let after_effect = |error: Error, done: Option<&str>| match done {
        Some(done) => error.after_effect(&format!("the step `{done}` has taken effect")),
        None => error,
    };
    for step in steps {
        let failed = |error: Error| after_effect(error.in_step(&step.name), done);
        let (answer, outputs);
        (known, answer, outputs) = run_step(context, step, known, call_budget).await.map_err(failed)?;
        known.results.add(&step.name, answer, outputs);
        if let ReadyStepWork::Call(call, _) = &step.work {
            if !call.method.is_idempotent() {
                done = Some(&step.name);
            }
            if call.format == Format::Xml {
                known.results.mark_xml(&step.name);
            }
        }
    }
    let output = known.search(call_budget, output).await.and_then(|(_, output)| {
        numbers::check_rounded().map_err(inexact)?;
        Ok(output)
    });
    output.map_err(|error| after_effect(error, done))
}

/// Runs one step, and returns its result with its named outputs.
async fn run_step(
    context: &Arc<ClientContext>,
    step: &ReadyStep,
    known: StepInputs,
    call_budget: &CallBudget,
) -> Result<(StepInputs, Value, Map<String, Value>)> {
    match &step.work {
        ReadyStepWork::Call(call, outputs) => {
            let prepare = |known: StepInputs| {
                let (context, call) = (context.clone(), call.clone());
                known.search(call_budget, move |inputs| engine::prepare(&context, &call, inputs))
            };
            let (mut known, mut prepared) = prepare(known).await?;
            let (shape, head, pages) = (Shape::Value, false, false);
            let wanted = AnswerOptions { shape, as_text: false, checked: false, head, pages, call_budget };
            let renewal = engine::Renewal::begin(context, call, &mut prepared);
            let mut answer = engine::send(context, call, prepared, wanted).await;
            let again = match renewal {
                Some(renewal) => renewal.after(&answer).await,
                None => None,
            };
            if let Some(again) = again {
                (known, prepared) = prepare(known).await?;
                again.begin(&mut prepared);
                answer = engine::send(context, call, prepared, wanted).await;
            }
            let answer = answer?;
            let size = answer.size();
            known.size = known.size.saturating_add(size);
            let (size, outputs) = (size.max(call_budget.reserved()), outputs.clone());
            let answer = answer.value(context, call, call_budget).await?;
            let named = move || outputs.named(&answer).map(|outputs| (answer, outputs));
            let named =
                on_blocking_thread(size, named).await.map_err(|why| failure::mismatch(&call.upstream_call, &why));
            named.map(|(answer, outputs)| (known, answer, outputs))
        }
        ReadyStepWork::Lookup(lookup) => {
            let (lookup, shared) = (lookup.clone(), call_budget.clone());
            let (known, found) = known.search(call_budget, move |inputs| lookup.find(inputs, &shared)).await?;
            Ok((known, found, Map::new()))
        }
    }
}

impl Lookup {
    /// Returns the entry or entries that the lookup finds, or null.
    ///
    /// # Errors
    /// Returns an error if the value to search is not a list, or if the entries take too much memory.
    fn find(&self, inputs: Inputs<'_>, call_budget: &CallBudget) -> Result<Value> {
        let wanted = Scope::of(inputs).value(&self.value).unwrap_or_default();
        let find = |path: &Path| inputs.results.and_then(|results| results.find(path)).unwrap_or_default();
        let is_list = |value: &Value| value.is_array();
        let whole = find(&self.table);
        let part = self.part.as_ref().filter(|_| !is_list(&whole)).map(find).filter(is_list);
        let table = match part.unwrap_or(whole) {
            Value::Array(table) => table,
            other => {
                let (path, found) = (self.table.source(), schema::kind_of(&other));
                let message = format!("expected an array of entries with `{}` at `{path}`, found {found}", self.key);
                // If the value has the type that the document declares, the document is at fault, otherwise the API.
                return Err(match self.declared.as_deref().filter(|kind| has_type(&other, kind)) {
                    Some(kind) => Error::configuration(format!("{message}: the document declares it as `{kind}`")),
                    None => Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message),
                });
            }
        };
        self.entries(&table, &wanted, call_budget)
    }

    /// Returns the first entry that has the wanted value, or null; for a list of values, a list of the entries found.
    fn entries(&self, table: &[Value], wanted: &Value, call_budget: &CallBudget) -> Result<Value> {
        let mut index = EntryIndex { rest: table.iter(), key: &self.key, known: HashMap::new() };
        let mut budget = Budget::default();
        let mut find = |wanted| {
            let Some(entry) = index.find(wanted) else { return Ok(None) };
            let before = budget.used();
            let picked = picked(entry, &self.members, &mut budget).map_err(|why| {
                let message = format!("the entries that the lookup finds are too large: {why}");
                Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message).too_large()
            })?;
            call_budget.reserve(budget.used() - before)?;
            Ok(Some(picked))
        };
        match wanted {
            Value::Array(several) => {
                several.iter().filter_map(|one| find(one).transpose()).collect::<Result<_>>().map(Value::Array)
            }
            one => find(one).map(Option::unwrap_or_default),
        }
    }
}

/// Returns whether a value has the type `kind`, a `type` of an output in a document; `false` for `array` and unknown types.
fn has_type(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" | "integer" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// The entries of a list by the value of a member. Each entry is added when a search first reaches it, so that a search for many values
/// passes through the list once.
struct EntryIndex<'v> {
    /// The entries that no search has reached.
    rest: slice::Iter<'v, Value>,
    key: &'v str,
    known: HashMap<Compared<'v>, &'v Value>,
}

/// A value for comparison. Scalars are equal if their texts are: `7` and `"7"` are.
#[derive(PartialEq, Eq, Hash)]
enum Compared<'v> {
    Text(Cow<'v, str>),
    Other(&'v Value),
}

impl<'v> EntryIndex<'v> {
    /// Returns the first entry that has the wanted value.
    fn find(&mut self, wanted: &'v Value) -> Option<&'v Value> {
        let wanted = Compared::of(wanted);
        if let Some(entry) = self.known.get(&wanted) {
            return Some(entry);
        }
        for entry in self.rest.by_ref() {
            let Some(value) = member(entry, self.key).map(Compared::of) else { continue };
            let is_found = value == wanted;
            self.known.entry(value).or_insert(entry);
            if is_found {
                return Some(entry);
            }
        }
        None
    }
}

impl<'v> Compared<'v> {
    fn of(value: &'v Value) -> Self {
        match value {
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Other(value),
            scalar => Self::Text(to_text(scalar)),
        }
    }
}

/// Returns a member of an entry; `profile.name` is a member of a member, unless the entry has a member with that name.
fn member<'v>(entry: &'v Value, name: &str) -> Option<&'v Value> {
    let nested = || name.split('.').try_fold(entry, |value, name| value.get(name));
    entry.get(name).or_else(nested)
}

/// Copies an entry with only the given members, or the whole entry if none are given.
///
/// # Errors
/// Returns an error if the budget is exceeded.
fn picked(entry: &Value, members: &[String], budget: &mut Budget) -> Result<Value, String> {
    if !entry.is_object() || members.is_empty() {
        return budget.copy(entry);
    }
    let mut all = Map::new();
    budget.object()?;
    for name in members {
        let Some(value) = member(entry, name) else { continue };
        let names = if entry.get(name).is_some() { vec![name.as_str()] } else { name.split('.').collect() };
        // A member of a member may need an object.
        names.iter().skip(1).try_for_each(|_| budget.object())?;
        budget.take(name.len())?;
        insert(&mut all, &names, budget.copy(value)?);
    }
    Ok(Value::Object(all))
}

/// Inserts a value at a path of member names, and creates the objects on that path.
fn insert(all: &mut Map<String, Value>, names: &[&str], value: Value) {
    match names {
        [] => {}
        [name] => drop(all.insert((*name).to_owned(), value)),
        [first, rest @ ..] => {
            let inner = all.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;
    use crate::document::Settings;
    use crate::document::engine::ReadyWork;
    use crate::document::load::PreparedDocument;
    use crate::formats::{LARGE, all_turns};
    use futures_util::FutureExt;
    use naftiko_spec::load::{Policy, load};
    use serde_json::json;

    const DOCUMENT: &str = "
naftiko: 1.0.0-alpha2
info: { label: Owners, description: Finds owners. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://127.0.0.1:1
    resources:
    - { name: list, path: /list, operations: [{ name: list, method: GET }] }
    - { name: one, path: '/users/{id}', inputParameters: [{ name: id, in: path }], operations: [{ name: one, method: GET }] }
  exposes:
  - type: mcp
    namespace: owners
    port: 9090
    tools:
    - name: owner
      description: Finds the owner.
      steps:
      - { name: list, type: call, call: api.list }
      - { name: one, type: call, call: api.one, with: { id: \"$.list[0].id\" } }
      - { name: entry, type: lookup, index: list, match: id, lookupValue: '$.one.id', outputParameters: [name] }
";

    /// Searches in large results wait for their turn on another thread; searches in small ones do not.
    #[tokio::test]
    async fn large_results_are_searched_on_another_thread() {
        let loaded = load(DOCUMENT, &Policy::default()).unwrap();
        let settings = Settings::default();
        let connected = settings
            .client
            .connect(
                &loaded.document,
                |loader| PreparedDocument::new(loader, loaded.lowered.clone()),
                || unreachable!("its values cannot change"),
            )
            .unwrap();
        let engine = connected.loaded.with_context(connected.context);
        let ReadyWork::Steps { steps, .. } = &engine.operations[0].work else { panic!("it has steps") };
        let known = |size: usize| {
            let mut known = StepInputs::new(Inputs::default());
            known.results.add("list", json!([{ "id": 7, "name": "Ann" }]), Map::new());
            known.results.add("one", json!({ "id": 7 }), Map::new());
            known.size = size;
            known
        };
        let call_budget = CallBudget::default();
        let turns = all_turns().await;
        for step in &steps[1..] {
            assert!(
                run_step(&engine.context, step, known(LARGE), &call_budget).now_or_never().is_none(),
                "{}",
                step.name
            );
        }
        let (_, found, _) =
            run_step(&engine.context, &steps[2], known(LARGE - 1), &call_budget).now_or_never().unwrap().unwrap();
        assert_eq!(found["name"], "Ann");
        let output = known(LARGE).search(&call_budget, |_| Ok(())).now_or_never();
        assert!(output.is_none());
        drop(turns);
        let (_, found, _) = run_step(&engine.context, &steps[2], known(LARGE), &call_budget).await.unwrap();
        assert_eq!(found["name"], "Ann");
    }
}
