//! Tests that the published schemas of types have the form that real clients accept, for many features of serde and schemars.

use super::{argument, input_schema, operation, output};
use crate::operation::{RawJson, STR};
use crate::schema::publish::relocate;
use crate::schema::{for_argument, is_object, mcp_output_schema, tool_input_schema};
use naftiko_spec::model::ParameterIn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Static,
    Jwt,
}

/// How to sort.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
    Any,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Shape {
    Circle { radius: f64 },
    Square { side: f64 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Tree {
    name: String,
    parent: Option<Box<Tree>>,
    children: Vec<Tree>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Paging {
    limit: Option<u8>,
}

fn ttl() -> u32 {
    3600
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct New {
    /// Its name.
    #[schemars(length(min = 1, max = 256))]
    name: String,
    #[schemars(url)]
    indicator: Option<String>,
    #[schemars(email)]
    owner: Option<String>,
    #[schemars(regex(pattern = "^[a-z]+$"))]
    slug: Option<String>,
    #[schemars(range(min = 1, max = 10))]
    level: Option<i32>,
    #[serde(default = "ttl")]
    access_token_ttl: u32,
    #[serde(default)]
    tags: Vec<String>,
    kind: Option<Kind>,
    order: Option<Order>,
    labels: BTreeMap<String, Option<i64>>,
    anything: Value,
    #[serde(flatten)]
    paging: Paging,
}

#[test]
fn the_schemas_of_scalars_have_no_width_formats() {
    assert_eq!(input_schema::<String>(), json!({ "type": "string" }));
    assert_eq!(input_schema::<u32>(), json!({ "type": "integer", "minimum": 0 }));
    assert_eq!(input_schema::<u8>(), json!({ "type": "integer", "minimum": 0, "maximum": 255 }));
    assert_eq!(input_schema::<i64>(), json!({ "type": "integer" }));
    assert_eq!(input_schema::<f64>(), json!({ "type": "number" }));
    assert_eq!(input_schema::<bool>(), json!({ "type": "boolean" }));
    assert_eq!(input_schema::<char>(), json!({ "type": "string", "minLength": 1, "maxLength": 1 }));
    assert_eq!(input_schema::<std::net::Ipv4Addr>(), json!({ "type": "string", "format": "ipv4" }));
    assert_eq!(input_schema::<HashSet<u16>>()["items"], json!({ "type": "integer", "minimum": 0, "maximum": 65535 }));
    assert_eq!(input_schema::<Value>(), json!({}));
    assert_eq!(input_schema::<Vec<Value>>(), json!({ "type": "array", "items": {} }));
}

#[test]
fn optional_members_have_no_null_and_validation_attributes_stay() {
    let schema = input_schema::<New>();
    let members = &schema["properties"];
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["required"], json!(["name", "labels", "anything"]));
    assert_eq!(
        members["name"],
        json!({ "type": "string", "description": "Its name.", "minLength": 1, "maxLength": 256 })
    );
    assert_eq!(members["indicator"], json!({ "type": "string", "format": "uri" }));
    assert_eq!(members["owner"], json!({ "type": "string", "format": "email" }));
    assert_eq!(members["slug"], json!({ "type": "string", "pattern": "^[a-z]+$" }));
    assert_eq!(members["level"], json!({ "type": "integer", "minimum": 1, "maximum": 10 }));
    assert_eq!(members["access_token_ttl"], json!({ "type": "integer", "minimum": 0, "default": 3600 }));
    assert_eq!(members["tags"], json!({ "type": "array", "items": { "type": "string" }, "default": [] }));
    assert_eq!(members["kind"], json!({ "type": "string", "enum": ["static", "jwt"] }));
    assert_eq!(members["limit"], json!({ "type": "integer", "minimum": 0, "maximum": 255 }));
    assert_eq!(members["anything"], json!({}));
    let nullable = json!({ "type": ["integer", "null"] });
    assert_eq!(members["labels"], json!({ "type": "object", "additionalProperties": nullable }));
    assert!(schema.get("$schema").is_none() && schema.get("title").is_none());
}

#[test]
fn no_schema_contains_keywords_that_clients_refuse() {
    #[derive(Serialize, Deserialize, JsonSchema)]
    enum External {
        Unit,
        Newtype(Option<u64>),
        Tuple(i8, Value),
        Struct { member: Option<Box<External>> },
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Untagged {
        Number(f32),
        Text(String),
        List(Vec<Untagged>),
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        One(String),
        Two { kind: Option<Kind> },
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct All {
        new: New,
        tree: Option<Tree>,
        order: Option<Option<Order>>,
        external: Option<External>,
        untagged: Option<Untagged>,
        adjacent: Option<Box<Adjacent>>,
        anything: Option<Value>,
        map: Option<BTreeMap<u16, Value>>,
        pair: Option<(i32, bool)>,
        set: Option<HashSet<Kind2>>,
        address: Option<std::net::IpAddr>,
        #[serde(default)]
        unit: (),
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    #[derive(Serialize, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
    enum Kind2 {
        A,
    }
    /// Collects what a client would reject, with its location.
    fn noise(schema: &Value, at: &str, found: &mut Vec<String>) {
        let Value::Object(object) = schema else {
            if schema == &Value::Bool(true) {
                found.push(format!("{at} is true"));
            }
            return;
        };
        for (keyword, value) in object {
            match (keyword.as_str(), value) {
                ("$schema" | "title", _) => found.push(format!("{at}/{keyword}")),
                ("format", Value::String(format)) if format.contains("int") || format == "float" => {
                    found.push(format!("{at}: {format}"));
                }
                ("default", Value::Null) => found.push(format!("{at} is null by default")),
                _ => {}
            }
        }
        let required: Vec<_> = object.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        for (name, member) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let unions = ["anyOf", "oneOf"].into_iter().filter_map(|union| member[union].as_array()).flatten();
            let has_null = member["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("null")));
            if !required.iter().any(|required| *required == name)
                && (has_null || unions.into_iter().any(|branch| branch["type"] == "null"))
            {
                found.push(format!("{at}/{name} is optional and null"));
            }
        }
        let mut object = object.clone();
        crate::schema::subschemas::each_subschema(&mut object, |schema| noise(schema, &format!("{at}/…"), found));
    }
    let mut found = Vec::new();
    let schema = input_schema::<All>();
    noise(&schema, "", &mut found);
    noise(&output::<All>().schema, "output", &mut found);
    assert!(found.is_empty(), "{found:#?}\n{schema:#}");
    assert!(jsonschema::meta::is_valid(&schema));
    // A schema that allows only null is kept.
    assert_eq!(schema["properties"]["unit"]["type"], "null");
}

#[test]
fn a_union_of_documented_constants_becomes_one_enum() {
    assert_eq!(
        input_schema::<New>()["properties"]["order"],
        json!({
            "type": "string",
            "enum": ["any", "newest", "oldest"],
            "description": "How to sort.\n- `newest`: The newest first.\n- `oldest`: The oldest first.",
        })
    );
}

#[test]
fn tagged_unions_and_closed_objects_keep_their_form() {
    let schema = input_schema::<Shape>();
    let branches = schema["oneOf"].as_array().unwrap();
    assert_eq!(branches.len(), 2);
    assert_eq!(branches[0]["properties"]["type"], json!({ "type": "string", "const": "circle" }));
    assert_eq!(branches[0]["required"], json!(["type", "radius"]));
    let closed = json!({ "type": "object", "additionalProperties": false });
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Closed {}
    assert_eq!(input_schema::<Closed>(), closed);
}

#[test]
fn recursive_types_keep_valid_references() {
    let schema = input_schema::<Tree>();
    let back = json!({ "$ref": "#/$defs/Tree" });
    assert_eq!(schema["properties"]["parent"], back);
    assert_eq!(schema["properties"]["children"], json!({ "type": "array", "items": back }));
    assert_eq!(schema["$defs"]["Tree"]["properties"]["parent"], back);

    let mut many = argument("trees", ParameterIn::Query, true);
    many.many = true;
    let list = for_argument(&many, schema.clone());
    assert!(list["items"].get("$defs").is_none());
    assert_eq!(list["$defs"]["Tree"], schema["$defs"]["Tree"]);

    let tree = crate::operation::input::<Tree>();
    let tool = tool_input_schema(
        &operation(vec![
            (argument("body", ParameterIn::Body, true), &tree),
            (argument("other", ParameterIn::Body, false), &tree),
        ])
        .inputs,
    );
    // The definition is published once, however often it is used.
    assert_eq!(tool["properties"]["body"]["$ref"], back["$ref"]);
    assert_eq!(tool["properties"]["other"]["$ref"], back["$ref"]);
    assert_eq!(tool["$defs"].as_object().unwrap().len(), 1);
    assert_eq!(tool["$defs"]["Tree"]["properties"]["parent"], back);
    assert!(jsonschema::validator_for(&tool).is_ok());
}

#[test]
fn definitions_with_the_same_name_do_not_collide() {
    let of = |kind: &str| {
        json!({
            "items": { "$ref": "#/$defs/A%20b" },
            "$defs": { "A b": { "type": kind, "items": { "$ref": "#/$defs/A%20b" } } },
        })
    };
    let mut definitions = Map::new();
    let first = relocate(of("array"), &mut definitions);
    let again = relocate(of("array"), &mut definitions);
    let second = relocate(of("string"), &mut definitions);
    assert_eq!(first, json!({ "items": { "$ref": "#/$defs/A_b" } }));
    assert_eq!(again, first);
    assert_eq!(second, json!({ "items": { "$ref": "#/$defs/A_b2" } }));
    assert_eq!(definitions["A_b2"], json!({ "type": "string", "items": { "$ref": "#/$defs/A_b2" } }));
}

#[test]
fn a_tool_accepts_one_object() {
    let page = crate::operation::scalar::<u32>();
    let tool = tool_input_schema(
        &operation(vec![
            (argument("userId", ParameterIn::Path, true), &STR),
            (argument("page", ParameterIn::Query, false), &page),
        ])
        .inputs,
    );
    assert_eq!(
        tool,
        json!({
            "type": "object",
            "properties": {
                "userId": { "type": "string", "description": "What `userId` is." },
                "page": { "type": "integer", "minimum": 0, "description": "What `page` is." },
            },
            "required": ["userId"],
        })
    );
    let nothing = json!({ "type": "object", "properties": {} });
    assert_eq!(tool_input_schema(&operation(vec![]).inputs), nothing);
}

#[test]
fn a_tool_returns_an_object_or_nothing() {
    #[derive(Serialize, JsonSchema)]
    struct Answer {
        // The value may be null, so the schema allows it.
        scope: Option<String>,
        // `None` is omitted, but the schema allows null too.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    }
    let object = output::<Answer>();
    assert!(is_object(&object.schema));
    assert_eq!(
        mcp_output_schema(&object).unwrap(),
        json!({
            "type": "object",
            "properties": { "scope": { "type": ["string", "null"] }, "until": { "type": ["string", "null"] } },
            "required": ["scope"],
        })
    );
    let list = output::<Vec<String>>();
    assert!(!is_object(&list.schema));
    assert_eq!(
        mcp_output_schema(&list).unwrap(),
        json!({
            "type": "object",
            "properties": { "result": { "type": "array", "items": { "type": "string" } } },
            "required": ["result"],
        })
    );
    let trees = mcp_output_schema(&output::<Vec<Tree>>()).unwrap();
    assert!(jsonschema::validator_for(&trees).is_ok() && trees["$defs"]["Tree"].is_object());
    // Clients refuse a reference at the root, so the root is the type itself, to which `#` refers.
    let tree = mcp_output_schema(&output::<Tree>()).unwrap();
    assert_eq!((&tree["properties"]["children"]["items"], tree.get("$defs")), (&json!({ "$ref": "#" }), None));
    assert_eq!(mcp_output_schema(&output::<()>()), None);
    assert_eq!(mcp_output_schema(&output::<RawJson>()), None);
}

/// For a type without `Deserialize`, only the order of the required members is known, unless `serde_json` keeps the order of all.
#[test]
fn members_of_a_type_that_is_only_written_have_an_order() {
    #[derive(Serialize, JsonSchema)]
    struct Report {
        #[serde(skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        title: String,
        body: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        area: Option<String>,
    }
    let schema = output::<Report>().schema;
    let written = serde_json::to_string(&crate::schema::order::Order::of(&[]).schema(&schema)).unwrap();
    let mut places: Vec<(usize, &str)> =
        ["zone", "title", "body", "area"].map(|name| (written.find(&format!("\"{name}\":{{")).unwrap(), name)).into();
    places.sort_unstable();
    let names: Vec<&str> = places.into_iter().map(|(_, name)| name).collect();
    let keeps_order = json!({ "b": 1, "a": 2 }).to_string().starts_with("{\"b\"");
    let expected = if keeps_order { ["zone", "title", "body", "area"] } else { ["title", "body", "area", "zone"] };
    assert_eq!(names, expected, "{written}");
}
