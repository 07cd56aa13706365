//! Runs steps: calls and lookups in order, each with the results of the earlier ones.

use super::engine::{Engine, scope, within_reach};
use super::results::Results;
use crate::consume::engine::AnswerOptions;
use crate::consume::failure;
use crate::consume::ready::ReadyCall;
use crate::consume::source::{Inputs, ReadySource, to_text};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{CompiledOutputs, off_reactor};
use crate::limits::Room;
use crate::operation::Shape;
use http::StatusCode;
use naftiko_spec::jsonpath::Path;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A step that is ready to run.
pub(super) struct ReadyStep {
    pub(super) name: String,
    pub(super) work: ReadyStepWork,
}

/// What a step does.
#[allow(clippy::large_enum_variant, reason = "there is one for each step, and it is never moved")]
pub(super) enum ReadyStepWork {
    Call(Box<ReadyCall>, Arc<CompiledOutputs>),
    Lookup { table: Path, key: String, value: ReadySource, members: Vec<String> },
}

/// Runs the steps in order, and stops at the first error.
///
/// # Errors
/// Returns the error of the failed step, with its name.
pub(super) async fn run(engine: &Engine, steps: &[ReadyStep], inputs: Inputs<'_>, room: &Room) -> Result<Results> {
    let mut results = Results::new();
    for step in steps {
        let (answer, outputs) = one(engine, step, Inputs { results: Some(&results), ..inputs }, room)
            .await
            .map_err(|error| error.in_step(&step.name))?;
        results.add(&step.name, answer, outputs);
    }
    Ok(results)
}

async fn one(
    engine: &Engine,
    step: &ReadyStep,
    inputs: Inputs<'_>,
    room: &Room,
) -> Result<(Value, Map<String, Value>)> {
    match &step.work {
        ReadyStepWork::Call(call, outputs) => {
            let wanted = AnswerOptions { shape: Shape::Value, as_text: false, checked: false, head: false, room };
            let answer = engine.send(call, inputs, wanted).await?;
            let (size, outputs) = (answer.size(), outputs.clone());
            let answer = answer.value(&engine.context, call, room).await?;
            let named = move || outputs.named(&answer).map(|outputs| (answer, outputs));
            off_reactor(size, named).await.map_err(|why| failure::unfit(&call.upstream_call, &why))
        }
        ReadyStepWork::Lookup { table, key, value, members } => {
            let scope = scope(inputs);
            let wanted = scope.value(value).map(Cow::into_owned).unwrap_or_default();
            let table = inputs.results.and_then(|results| results.find(table));
            inputs.results.map_or(Ok(()), within_reach)?;
            let Some(Value::Array(table)) = table else {
                let message = format!("expected a list of entries with a `{key}` to search");
                return Err(Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message));
            };
            let (key, members) = (key.clone(), members.clone());
            let found = off_reactor(room.reserved(), move || lookup(&table, &key, &wanted, &members)).await;
            Ok((found, Map::new()))
        }
    }
}

/// Returns the entry whose member has the value, or null; for a list of values, the list of their entries.
fn lookup(table: &[Value], key: &str, wanted: &Value, members: &[String]) -> Value {
    let find = |wanted: &Value| {
        let fits = |entry: &&Value| entry.get(key).is_some_and(|value| is_same(value, wanted));
        table.iter().find(fits).map(|entry| picked(entry, members))
    };
    match wanted {
        Value::Array(several) => Value::Array(several.iter().filter_map(find).collect()),
        one => find(one).unwrap_or(Value::Null),
    }
}

/// Returns whether two values are equal as text: `7` and `"7"` are.
fn is_same(one: &Value, other: &Value) -> bool {
    let is_scalar = |value: &Value| !value.is_null() && !value.is_array() && !value.is_object();
    one == other || (is_scalar(one) && is_scalar(other) && to_text(one) == to_text(other))
}

/// Returns an entry with only those members; the whole entry if none are named.
fn picked(entry: &Value, members: &[String]) -> Value {
    match entry {
        Value::Object(all) if !members.is_empty() => {
            let picked = members.iter().filter_map(|name| Some((name.clone(), all.get(name)?.clone())));
            Value::Object(picked.collect())
        }
        entry => entry.clone(),
    }
}
