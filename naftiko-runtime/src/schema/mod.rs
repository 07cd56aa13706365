//! JSON Schemas: generated from types in a form that real clients accept, published, and enforced.

mod bind;
mod check;
#[cfg(any(feature = "mcp", test))]
mod client;
mod explain;
#[cfg(feature = "rest")]
mod form;
mod integers;
pub(crate) mod json_location;
mod layers;
mod lists;
mod messages;
mod nulls;
mod order;
mod publish;
mod question;
mod refine;
#[cfg(feature = "mcp")]
mod root;
#[cfg(feature = "client")]
mod single;
mod strict;
mod tidy;
mod types;
#[cfg(any(feature = "rest", feature = "mcp"))]
mod unknown;
#[cfg(feature = "document")]
mod untyped;

#[cfg(any(feature = "client", feature = "rest", feature = "mcp"))]
pub(crate) use bind::unknown;
pub(crate) use bind::{bind, bind_json, duplicate_member, missing, nearest};
#[cfg(feature = "document")]
pub(crate) use check::bad_pattern;
pub(crate) use check::{SchemaValidator, check, check_types};
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use explain::body_not_json;
#[cfg(feature = "rest")]
pub(crate) use explain::not_json;
pub(crate) use explain::{arguments_not_json, explain};
#[cfg(feature = "rest")]
pub(crate) use form::{is_list_at, typed};
pub(crate) use integers::{with_integers, with_integers_of};
#[cfg(any(feature = "client", feature = "mcp"))]
pub(crate) use messages::kind_of;
pub(crate) use messages::without_rust_types;
pub(crate) use nulls::{declares_null, without_absent};
pub(crate) use order::Order;
#[cfg(feature = "mcp")]
pub(crate) use order::Ordered;
#[cfg(any(feature = "mcp", test))]
pub(crate) use publish::{is_object, mcp_output_schema, tool_input_schema};
pub(crate) use question::{of_question, question_fault, question_order, reply_fault};
pub(crate) use refine::refined;
#[cfg(feature = "mcp")]
pub(crate) use root::RootKeywords;
#[cfg(feature = "client")]
pub(crate) use single::with_lists_of;
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use strict::Members;
#[cfg(any(feature = "mcp", feature = "rest"))]
pub(crate) use strict::strict_of_parsed;
pub(crate) use strict::{Fault, strict};
pub(crate) use types::StatusType;
pub use types::{ArgumentValue, Clearable, Declared, Given, InputSchema, InputType, OutputType, ReturnType, Shape};
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) use unknown::no_unknown_members;
#[cfg(feature = "document")]
pub(crate) use untyped::untyped;

use naftiko_spec::fragment::Argument;
use naftiko_spec::openapi::ErrorType;
use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

/// The location of the schemas of named types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamedTypes {
    /// Inline; only recursive types are in `$defs`.
    Inline,
    /// In `$defs`.
    Named,
}

/// Creates a generator for JSON Schema 2020-12.
fn generator(contract: Contract, types: NamedTypes) -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = types == NamedTypes::Inline;
            settings.meta_schema = None;
            settings.contract = contract;
        })
        .into_generator()
}

/// Returns the schema of an argument's type, for the values that callers send, and the order of the members in it.
pub(crate) fn of_input(input: &dyn InputType) -> (Value, Order) {
    input_schema(input, NamedTypes::Inline)
}

/// Returns the schema of an argument's type, with named types in `$defs`.
pub(crate) fn of_input_named(input: &dyn InputType) -> Value {
    input_schema(input, NamedTypes::Named).0
}

fn input_schema(input: &dyn InputType, types: NamedTypes) -> (Value, Order) {
    let mut generator = generator(Contract::Deserialize, types);
    let schema = input.schema(&mut generator).to_value();
    let Declared { lists, clearable } = input.declared();
    let schema = finished(schema, &mut generator, &|members, name| {
        let matches =
            |(fields, own): &Clearable| *own == name && members.keys().all(|key| fields.contains(&key.as_str()));
        clearable.iter().any(matches)
    });
    (schema, Order::of(&lists))
}

/// Returns the schema of an operation's result. A result without a schema, such as `()`, `RawJson` or a file, has an empty one.
pub(crate) fn of_output(output: &dyn ReturnType) -> OutputType {
    let shape = output.shape();
    let schema = if shape.has_schema() { output_schema(output, NamedTypes::Inline) } else { Value::Object(Map::new()) };
    OutputType { shape, schema }
}

/// Returns the order of the members in the schema of an operation's result.
pub(crate) fn output_order(output: &dyn ReturnType) -> Order {
    Order::of(&output.declared().lists)
}

/// Returns the schema of an operation's result, with named types in `$defs`; `None` if it has no schema.
pub(crate) fn of_output_named(output: &dyn ReturnType) -> Option<Value> {
    output.shape().has_schema().then(|| output_schema(output, NamedTypes::Named))
}

fn output_schema(output: &dyn ReturnType, types: NamedTypes) -> Value {
    let mut generator = generator(Contract::Serialize, types);
    let schema = output.schema(&mut generator).to_value();
    // The schema does not show whether a type omits a member or writes null.
    finished(schema, &mut generator, &|_, _| true)
}

/// Returns the statuses that the error of an operation distinguishes.
pub(crate) fn of_errors(output: &dyn ReturnType) -> Vec<ErrorType> {
    errors(output, NamedTypes::Inline)
}

/// Returns the statuses that the error of an operation distinguishes, with named types in `$defs`.
pub(crate) fn of_errors_named(output: &dyn ReturnType) -> Vec<ErrorType> {
    errors(output, NamedTypes::Named)
}

fn errors(output: &dyn ReturnType, types: NamedTypes) -> Vec<ErrorType> {
    let body = |schema: fn(&mut SchemaGenerator) -> schemars::Schema| {
        let mut generator = generator(Contract::Serialize, types);
        finished(schema(&mut generator).to_value(), &mut generator, &|_, _| true)
    };
    let errors = output.errors().into_iter().map(|(status, description, schema)| ErrorType {
        status,
        description: description.to_owned(),
        body: schema.map(body),
    });
    errors.collect()
}

/// Returns a tidied schema with the definitions that it references.
fn finished(mut schema: Value, generator: &mut SchemaGenerator, keeps_null: tidy::KeepsNull<'_>) -> Value {
    let definitions = generator.take_definitions(true);
    if let Value::Object(schema) = &mut schema
        && !definitions.is_empty()
    {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    tidy::tidy(&mut schema, keeps_null);
    schema
}

/// Returns the schema of an argument, given the schema of one value: a list if the argument can be repeated.
pub(crate) fn for_argument(argument: &Argument, schema: Value) -> Value {
    if !argument.many {
        return schema;
    }
    let mut definitions = Map::new();
    let items = publish::relocate(schema, &mut definitions);
    let mut list = json!({ "type": "array", "items": items });
    if !definitions.is_empty() {
        list["$defs"] = Value::Object(definitions);
    }
    list
}

/// Returns the JSON Pointer of an argument (RFC 6901, section 3).
pub(crate) fn pointer(name: &str) -> String {
    format!("/{}", naftiko_spec::pointer::escape(name))
}

/// The keywords with a single subschema.
const SINGLE: [&str; 10] = [
    "items",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// The keywords with a list of subschemas.
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// The keywords with subschemas by name.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// Calls `work` on each direct subschema (JSON Schema 2020-12, core, section 10).
fn each_subschema(schema: &mut Map<String, Value>, mut work: impl FnMut(&mut Value)) {
    for (keyword, value) in schema {
        match value {
            Value::Object(map) if NAMED.contains(&keyword.as_str()) => map.values_mut().for_each(&mut work),
            Value::Array(list) if LISTS.contains(&keyword.as_str()) => list.iter_mut().for_each(&mut work),
            value if SINGLE.contains(&keyword.as_str()) => work(value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
