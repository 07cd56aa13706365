//! Tests of the validation of arguments, and of the errors about invalid ones.

use super::{argument, body, operation};
use crate::error::{Error, ErrorKind};
use crate::operation::{Arguments, OwnedArgument, STR};
use crate::schema::check::check;
use crate::schema::explain;
use naftiko_spec::model::ParameterIn;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

fn ttl() -> u32 {
    3600
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(dead_code, reason = "only decoded")]
struct New {
    #[schemars(length(min = 1, max = 256))]
    name: String,
    #[schemars(url)]
    indicator: Option<String>,
    #[schemars(regex(pattern = "^[a-z]+$"))]
    slug: Option<String>,
    #[serde(default = "ttl")]
    access_token_ttl: u32,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Static,
    Jwt,
}

/// Decodes a body as `T`: returns the value, or the error for the caller.
fn read<T: DeserializeOwned + JsonSchema + Send + Sync + 'static>(json: &str) -> Result<T, Error> {
    let kind = crate::operation::input::<T>();
    let operation = Arc::new(operation(vec![(argument("body", ParameterIn::Body, true), &kind)]));
    let given = OwnedArgument::Json(json.to_owned().into());
    check(&operation.inputs[0], &given)?;
    Arguments::new(operation, vec![given]).value(0, &kind)
}

/// Returns the pointer and the message of an invalid body.
fn mistake<T: DeserializeOwned + JsonSchema + Send + Sync + 'static>(json: &str) -> (String, String) {
    let error = read::<T>(json).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
    assert_eq!(error.status(), 400);
    (error.pointer().unwrap().to_owned(), error.to_string())
}

#[track_caller]
fn refused(body: &Value, pointer: &str, message: &str) {
    assert_eq!(mistake::<New>(&body.to_string()), (pointer.to_owned(), message.to_owned()));
}

/// A type whose schema has nothing but types.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "only decoded")]
struct Plain {
    name: String,
    inner: Option<Box<Plain>>,
    #[serde(default)]
    all: Vec<Plain>,
    #[serde(default)]
    by_name: std::collections::BTreeMap<String, Plain>,
    anything: Option<Value>,
}

#[test]
fn an_object_is_not_a_list_of_its_members() {
    for (body, pointer) in [
        (json!(["a"]), ""),
        (json!({ "name": "a", "inner": ["b"] }), "/inner"),
        (json!({ "name": "a", "inner": { "name": "b", "inner": ["c"] } }), "/inner/inner"),
        (json!({ "name": "a", "all": [{ "name": "b" }, ["c"]] }), "/all/1"),
        (json!({ "name": "a", "by_name": { "x": ["c"] } }), "/by_name/x"),
    ] {
        let (at, message) = mistake::<Plain>(&body.to_string());
        let pointer = format!("/body{pointer}");
        assert_eq!((at, message), (pointer.clone(), format!("`{pointer}`: expected an object, found an array")));
        let kind = crate::operation::input::<Plain>();
        let operation = operation(vec![(argument("body", ParameterIn::Body, true), &kind)]);
        let error = check(&operation.inputs[0], &OwnedArgument::Value(body)).unwrap_err();
        assert_eq!(error.pointer(), Some(pointer.as_str()), "the arguments of a tool are checked too");
    }
    let all =
        json!({ "name": "[", "all": [{ "name": "b", "all": [] }], "anything": [[1], {}], "other": [1], "by_name": {} });
    assert_eq!(read::<Plain>(&all.to_string()).unwrap().all.len(), 1);
}

#[test]
fn valid_values_are_accepted() {
    let new = read::<New>(r#"{"name":"n","indicator":"https://x.example/a","slug":"abc","type":"jwt","tags":["a"]}"#);
    let new = new.unwrap();
    assert_eq!((new.name.as_str(), new.access_token_ttl), ("n", 3600));
}

#[test]
fn null_for_an_optional_member_means_absence() {
    let new = read::<New>(r#"{"name":"n","indicator":null,"accessTokenTtl":null,"tags":null,"type":null}"#).unwrap();
    assert_eq!((new.access_token_ttl, new.tags.len()), (3600, 0));
    refused(&json!({ "name": null }), "/body/name", "`/body/name`: expected a string, found null");
    refused(&json!({ "name": "n", "tags": [null] }), "/body/tags/0", "`/body/tags/0`: expected a string, found null");
}

#[test]
fn a_null_that_a_type_accepts_is_kept() {
    #[derive(Deserialize, JsonSchema)]
    struct Patch {
        #[serde(default, deserialize_with = "some")]
        until: Option<Option<String>>,
    }
    fn some<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(from).map(Some)
    }
    assert_eq!(read::<Patch>(r#"{"until":null}"#).unwrap().until, Some(None));
    assert_eq!(read::<Patch>("{}").unwrap().until, None);
}

#[test]
fn mistakes_are_described_with_their_pointer() {
    let long = "x".repeat(300);
    refused(
        &json!({ "name": long }),
        "/body/name",
        "`/body/name` is too long: at most 256 characters are allowed, found 300",
    );
    refused(&json!({ "name": "" }), "/body/name", "`/body/name` is empty: at least 1 character is needed");
    refused(
        &json!({ "name": "n", "accessTokenTtl": "1" }),
        "/body/accessTokenTtl",
        "`/body/accessTokenTtl`: expected an integer, found a string",
    );
    refused(
        &json!({ "name": "n", "accessTokenTtl": -1 }),
        "/body/accessTokenTtl",
        "`/body/accessTokenTtl` is too small: at least 0 is needed",
    );
    refused(
        &json!({ "name": "n", "accessTokenTtl": 5_000_000_000_u64 }),
        "/body/accessTokenTtl",
        "`/body/accessTokenTtl`: expected an integer from 0 to 4294967295",
    );
    refused(&json!({ "name": "n", "type": "x" }), "/body/type", "`/body/type`: expected one of \"static\", \"jwt\"");
    refused(
        &json!({ "name": "n", "indicator": "no uri" }),
        "/body/indicator",
        "`/body/indicator`: expected an absolute URI, like https://example.com/x",
    );
    refused(&json!({ "name": "n", "slug": "A1" }), "/body/slug", "`/body/slug` does not match the pattern `^[a-z]+$`");
    refused(&json!({}), "/body/name", "`/body`: missing member `name`");
    refused(&json!([1]), "/body", "`/body`: expected an object, found an array");
    refused(
        &json!({ "name": "n", "slugg": 1 }),
        "/body/slugg",
        "`/body`: unknown member `slugg`; did you mean `slug`?",
    );
    refused(
        &json!({ "name": "n", "tags": [1] }),
        "/body/tags/0",
        "`/body/tags/0`: expected a string, found an integer",
    );
}

#[test]
fn invalid_json_is_reported_with_its_position() {
    assert_eq!(mistake::<New>("{\"name\":").1, "the body is not valid JSON: it ends too early");
    assert_eq!(mistake::<New>("{\"name\": nope}").1, "the body is not valid JSON (line 1, column 11)");
    assert_eq!(mistake::<New>("{\"name\":\"n\"} x").1, "the body is not valid JSON (line 1, column 14)");
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(mistake::<New>(&deep).1, "the body is nested too deeply: the limit is 127 levels");
    assert_eq!(mistake::<Value>(&deep).1, "the body is nested too deeply: the limit is 127 levels");
    // A `Value` keeps the last member; a struct rejects the duplicate.
    assert_eq!(mistake::<New>(r#"{"name":"a","name":"b"}"#).1, "`/body`: the member `name` is given twice");
}

#[test]
fn long_and_sensitive_values_are_not_quoted() {
    let secret = "s3cret";
    let key = "k".repeat(5000);
    let (pointer, message) = mistake::<New>(&json!({ "name": "n", &*key: 1 }).to_string());
    assert!(pointer == "/body" && message.len() < 200, "{message}");

    let number = crate::operation::scalar::<u32>();
    let mut token = argument("token", ParameterIn::Header, true);
    let plain = operation(vec![(token.clone(), &number)]);
    let error = check(&plain.inputs[0], &OwnedArgument::Text(secret.to_owned().into())).unwrap_err();
    assert_eq!(error.to_string(), "`/token`: expected an integer, found `s3cret`");
    token.sensitive = true;
    let hidden = operation(vec![(token, &number)]);
    let error = check(&hidden.inputs[0], &OwnedArgument::Text(secret.to_owned().into())).unwrap_err();
    assert_eq!(error.to_string(), "`/token`: expected an integer, found a string");
    let error =
        explain(&hidden.inputs[0], &OwnedArgument::Value(json!(1)), "invalid value: string \"s3cret\", expected x");
    assert_eq!(error.to_string(), "`/token` is invalid");
}

#[test]
fn texts_are_parsed_as_the_schema_expects() {
    #[derive(Deserialize, JsonSchema)]
    #[serde(transparent)]
    #[allow(dead_code, reason = "only decoded")]
    struct Level(#[schemars(range(min = 1, max = 3))] u8);
    let level = body::<Level>();
    assert!(check(&level, &OwnedArgument::Text("2".into())).is_ok());
    let wrong = |text: &'static str| check(&level, &OwnedArgument::str(text)).unwrap_err().to_string();
    assert_eq!(wrong("4"), "`/body` is too large: at most 3 is allowed");
    assert_eq!(wrong("x"), "`/body`: expected an integer, found `x`");
    assert_eq!(wrong(""), "`/body`: expected an integer, found an empty string");
    assert_eq!(wrong("340282366920938463463374607431768211456"), "`/body`: number out of range");
    assert_eq!(wrong("-170141183460469231731687303715884105729"), "`/body`: number out of range");
    assert_eq!(wrong("-"), "`/body`: expected an integer, found `-`");
    assert_eq!(wrong("340282366920938463463374607431768211455"), "`/body` is too large: at most 3 is allowed");
    let number = body::<f64>();
    assert!(check(&number, &OwnedArgument::Text("1.5".into())).is_ok());
    assert!(check(&number, &OwnedArgument::Text("NaN".into())).is_err());
    assert!(check(&number, &OwnedArgument::Text("inf".into())).is_err());
    let mut many = argument("levels", ParameterIn::Query, true);
    many.many = true;
    let kind = crate::operation::input::<Level>();
    let list = operation(vec![(many, &kind)]).inputs.remove(0);
    assert!(check(&list, &OwnedArgument::Texts(vec!["1".into(), "3".into()])).is_ok());
    let error = check(&list, &OwnedArgument::Texts(vec!["1".into(), "7".into()])).unwrap_err();
    assert_eq!(error.pointer(), Some("/levels/1"));
}

#[test]
fn mistakes_in_unions_are_located() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "type", rename_all = "lowercase")]
    #[allow(dead_code, reason = "only decoded")]
    enum Filter {
        And { children: Vec<Filter> },
        Or { children: Vec<Filter> },
        Leaf { value: u8 },
    }
    assert_eq!(mistake::<Filter>(r#"{"type":"xor"}"#).1, "`/body/type`: expected one of \"and\", \"or\", \"leaf\"");
    assert_eq!(mistake::<Filter>("{}").1, "`/body`: missing member `type`");
    let (pointer, _) = mistake::<Filter>(r#"{"type":"and","children":[{"type":"leaf","value":"x"}]}"#);
    assert_eq!(pointer, "/body/children/0/value");

    // Deeply nested, valid and invalid: the time must not double with each level.
    let nested = |leaf: &str| {
        let open = r#"{"children":[{"type":"leaf","value":1},"#.repeat(30);
        format!("{open}{leaf}{}", r#"],"type":"and"}"#.repeat(30))
    };
    assert!(read::<Filter>(&nested(r#"{"type":"leaf","value":1}"#)).is_ok());
    assert!(mistake::<Filter>(&nested(r#"{"type":"leaf","value":"x"}"#)).0.ends_with("/value"));
}

#[test]
fn a_hostile_text_does_not_make_a_pattern_run_for_ever() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only decoded")]
    struct Text {
        #[schemars(regex(pattern = "^(a+)+$"))]
        linear: Option<String>,
        #[schemars(regex(pattern = "^(?=(a+)+b)a*$"))]
        backtracking: Option<String>,
    }
    let hostile = "a".repeat(50_000) + "!";
    assert_eq!(mistake::<Text>(&json!({ "linear": hostile }).to_string()).0, "/body/linear");
    assert_eq!(mistake::<Text>(&json!({ "backtracking": hostile }).to_string()).0, "/body/backtracking");
}

#[test]
fn a_number_without_a_fraction_is_an_integer() {
    let ttl = |json: &str| read::<New>(json).unwrap().access_token_ttl;
    assert_eq!(ttl(r#"{"name":"n","accessTokenTtl":60.0}"#), 60);
    assert_eq!(ttl(r#"{"name":"n","accessTokenTtl":6e1,"slug":null}"#), 60);
    assert_eq!(read::<i64>("-1.0").unwrap(), -1);
    assert_eq!(
        read::<Vec<Option<u64>>>("[1.0, null, 2, 1e15]").unwrap(),
        [Some(1), None, Some(2), Some(1_000_000_000_000_000)]
    );
    assert_eq!(mistake::<i64>("1.5"), ("/body".to_owned(), "`/body`: expected an integer, found a number".to_owned()));
    // Beyond 2^53, a float may have been rounded from another integer.
    assert_eq!(mistake::<u64>("9007199254740993.0").0, "/body");
    assert_eq!(mistake::<u64>("1e19").0, "/body");
    assert_eq!(mistake::<i64>("1e300").0, "/body");
    assert_eq!(mistake::<u32>("4294967296.0").0, "/body");
}

#[test]
fn the_known_names_are_listed_if_none_is_similar() {
    let operation = operation(vec![(argument("userId", ParameterIn::Path, true), &STR)]);
    let message = operation.bind(json!({ "colour": "u" })).unwrap_err().to_string();
    assert_eq!(message, "unknown argument `colour`; expected `userId`");
}

#[test]
fn a_tool_call_binds_by_name() {
    let page = crate::operation::scalar::<u32>();
    let operation = operation(vec![
        (argument("userId", ParameterIn::Path, true), &STR),
        (argument("page", ParameterIn::Query, false), &page),
    ]);
    let given = operation.bind(json!({ "page": 2, "userId": "u" })).unwrap();
    assert_eq!(given, [OwnedArgument::Value(json!("u")), OwnedArgument::Value(json!(2))]);
    let wrong = |arguments: Value| {
        let error = operation.bind(arguments).unwrap_err();
        assert_eq!(error.operation(), Some("make-token"));
        (error.pointer().unwrap().to_owned(), error.to_string())
    };
    let of = |pointer: &str, message: &str| (pointer.to_owned(), message.to_owned());
    assert_eq!(wrong(json!([])), of("", "expected the arguments as one JSON object, found an array"));
    assert_eq!(wrong(json!({})), of("/userId", "the argument `userId` is missing"));
    assert_eq!(wrong(Value::Null), of("/userId", "the argument `userId` is missing"));
    assert_eq!(wrong(json!({ "user_id": "u" })), of("/user_id", "unknown argument `user_id`; did you mean `userId`?"));
    assert_eq!(wrong(json!({ "userId": "u", "page": -1 })), of("/page", "`/page` is too small: at least 0 is needed"));
    // Null for an optional argument means absence too.
    assert!(operation.bind(json!({ "userId": "u", "page": null })).is_ok());
}

#[test]
fn a_mistake_at_the_end_of_a_long_value_is_found() {
    let mut tags = vec![json!("right"); 5_000];
    tags.push(json!(7));
    let long = json!({ "name": "n", "tags": tags });
    assert_eq!(mistake::<New>(&long.to_string()).0, "/body/tags/5000");
}

/// Generates bodies that are nearly valid.
fn nearly() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,3}|https://x\\.example|static|.{0,300}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    let names = prop::sample::select(vec!["name", "indicator", "slug", "accessTokenTtl", "tags", "type", "other"]);
    prop::collection::btree_map(names.prop_map(str::to_owned), value, 0..7).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn accepted_values_match_the_schema_and_mistakes_are_named(body in nearly()) {
        let schema = super::input_schema::<New>();
        let published = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        match read::<New>(&body.to_string()) {
            Ok(_) => {
                let given = crate::schema::nulls::pruned(&schema, &body).unwrap_or(body);
                prop_assert!(published.is_valid(&given));
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Argument);
                prop_assert!(error.pointer().is_some_and(|pointer| pointer.starts_with("/body")), "{error}");
                prop_assert!(error.to_string().len() < 400);
            }
        }
    }
}
