//! Generates the schemas of types.

use super::order::Order;
use super::types::{Clearable, Declared, InputType, OutputType, ReturnType};
use super::{publish, tidy};
use naftiko_spec::fragment::Argument;
use naftiko_spec::openapi::ErrorType;
use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

/// The location of the schemas of named types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedTypes {
    /// Inline; only recursive types are in `$defs`.
    Inline,
    /// In `$defs`.
    Named,
}

/// Creates a generator for JSON Schema 2020-12.
pub(super) fn generator(contract: Contract, types: NamedTypes) -> SchemaGenerator {
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
pub(super) fn finished(mut schema: Value, generator: &mut SchemaGenerator, keeps_null: tidy::KeepsNull<'_>) -> Value {
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
