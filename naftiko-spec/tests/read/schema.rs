//! Tests that documents which are valid against the formal schema need no repairs.

use super::reading;
use naftiko_spec::read::read;
use serde_json::Value;

/// Parses YAML 1.2, in which `n` is a string.
fn value(yaml: &str) -> Value {
    serde_saphyr::from_str_with_options(yaml, serde_saphyr::options! { strict_booleans: true }).unwrap()
}

#[test]
fn valid_examples_need_no_repair() {
    let schema = include_str!("../documents/naftiko-1.0.0-alpha2.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let shared = "naftiko: 1.0.0-alpha2\nbinds: [{namespace: env, keys: {A: A}}]\nconsumes:\n\
                  - {location: ./shared.yaml, import: shared, as: other}\n\
                  - {namespace: a, type: http, baseUri: 'https://a.io'}\n";
    for text in [
        include_str!("../documents/everything.yaml"),
        shared,
        "naftiko: 1.0.0-alpha2\ncapability: {exposes: [{type: control, port: 1}]}\n",
    ] {
        let published = value(text);
        let errors: Vec<_> = schema.iter_errors(&published).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "not valid by the formal schema: {errors:?}");
        let reading = reading(text);
        assert_eq!(reading.repairs, []);
        assert_eq!(reading.kept, []);
        let written = reading.document.to_yaml().unwrap();
        assert_eq!(value(&written), published);
        assert_eq!(read(&written).unwrap().document, reading.document);
    }
}
