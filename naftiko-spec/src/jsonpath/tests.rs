//! Tests of JSONPath: parsing, picking values, and invalid paths.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Path, Picked};
use proptest::prelude::*;
use serde_json::{Value, json};

fn pick(path: &str, value: &Value) -> Value {
    match Path::parse(path).unwrap().pick(value).unwrap() {
        Picked::Nothing => json!("nothing"),
        Picked::One(one) => one.clone(),
        Picked::Length(length) => json!(length),
        Picked::Many(many) => json!({ "many": many }),
    }
}

#[test]
fn paths_follow_the_standard() {
    let value = json!({ "a": { "b": [1, 2, { "c": "x" }] }, "n": null, "a.b": 5, "it's": 6 });
    for (path, expected) in [
        ("$", value.clone()),
        ("$.a.b[0]", json!(1)),
        ("$.a.b[-1].c", json!("x")),
        ("$['a']['b'][1]", json!(2)),
        (r#"$["a.b"]"#, json!(5)),
        (r"$['it\'s']", json!(6)),
        ("$.n", Value::Null),
        ("$.missing", json!("nothing")),
        ("$.a.b[9]", json!("nothing")),
        ("$.a.b[-9]", json!("nothing")),
        ("$.a.b[*]", json!({ "many": [1, 2, { "c": "x" }] })),
        ("$.a.b[:2]", json!({ "many": [1, 2] })),
        ("$..c", json!({ "many": ["x"] })),
        ("$.a.b[?@.c == 'x'].c", json!({ "many": ["x"] })),
        ("$.a['b', 'z']", json!({ "many": [[1, 2, { "c": "x" }]] })),
        ("$.z[*]", json!({ "many": [] })),
    ] {
        assert_eq!(pick(path, &value), expected, "{path}");
    }
}

#[test]
fn published_variants_of_paths_are_accepted() {
    let value = json!({
        "data": [{ "id": 1 }, { "id": 2 }], "get-database": { "database_id": "d" }, "@type": "t", "length": 9, "First Name": "f",
    });
    for (path, expected) in [
        ("$.", value.clone()),
        (" $. ", value.clone()),
        ("$.data.length", json!(2)),
        ("$.data.length()", json!(2)),
        ("$.length", json!(9)),
        ("$.data.", value["data"].clone()),
        ("$.[\"data\"]", value["data"].clone()),
        ("$.data.[0].id", json!(1)),
        ("$.data.[*].id", json!({ "many": [1, 2] })),
        ("$.data.1.id", json!(2)),
        ("data[0].id", json!(1)),
        (".data[0].id", json!(1)),
        ("@.data[0].id", json!(1)),
        ("$.get-database.database_id", json!("d")),
        ("$.get-database[*]", json!({ "many": ["d"] })),
        ("$.@type", json!("t")),
        ("$.First Name", json!("f")),
        ("$.data[?(@.id == 2)].id", json!({ "many": [2] })),
        ("$.data[0].length", json!("nothing")),
    ] {
        assert_eq!(pick(path, &value), expected, "{path}");
    }
}

#[test]
fn an_annotation_of_odata_is_one_member() {
    let value = json!({
        "@odata.nextLink": "next", "@odata.count": 2, "@OData.Community.Display.V1.FormattedValue": "f",
        "owner@odata.type": "#user", "@microsoft.graph.downloadUrl": "url", "@odata": "plain", "odata": { "x": 1 },
        "value": [{ "@odata.id": "a", "tags@odata.context": [1, 2] }, { "@odata.id": "b" }],
        "@attr": { "page": 3 }, "@type": { "odata": 4 }, "$ref": "r", "foo-bar": "b", "a@b": { "c": 5 },
    });
    for (path, expected) in [
        ("$.@odata.nextLink", json!("next")),
        ("@odata.nextLink", json!("next")),
        ("@.@odata.nextLink", json!("next")),
        ("$['@odata.nextLink']", json!("next")),
        ("$.@odata.count", json!(2)),
        (" $.@odata.count. ", json!(2)),
        ("$.@OData.Community.Display.V1.FormattedValue", json!("f")),
        ("$.owner@odata.type", json!("#user")),
        ("$.@microsoft.graph.downloadUrl", json!("url")),
        ("$.@odata", json!("plain")),
        ("$.value[0].@odata.id", json!("a")),
        ("$.value[0].tags@odata.context[1]", json!(2)),
        ("$.value[*].@odata.id", json!({ "many": ["a", "b"] })),
        ("$..@odata.id", json!({ "many": ["a", "b"] })),
        ("$.@odata.missing", json!("nothing")),
        // Other names end at a dot.
        ("$.odata.x", json!(1)),
        ("$.@attr.page", json!(3)),
        ("$.@type.odata", json!(4)),
        ("$.a@b.c", json!(5)),
        ("$.$ref", json!("r")),
        ("$.foo-bar", json!("b")),
    ] {
        assert_eq!(pick(path, &value), expected, "{path}");
    }
}

#[test]
fn an_element_of_xml_that_occurs_once_is_a_list_of_one() {
    let many = json!({ "a": [{ "k": "x", "n": "1" }, { "k": "y", "n": "2" }], "s": ["t", "u"] });
    let one = json!({ "a": { "k": "x", "n": "1" }, "s": "t" });
    let of = |path: &str, value: &Value| match Path::parse(path).unwrap().pick_in_xml(value).unwrap() {
        Picked::Nothing => json!("nothing"),
        Picked::One(one) => one.clone(),
        Picked::Length(length) => json!(length),
        Picked::Many(many) => json!({ "many": many }),
    };
    for (path, in_many, in_one) in [
        ("$.a[*].k", json!({ "many": ["x", "y"] }), json!({ "many": ["x"] })),
        ("$['a'][*].k", json!({ "many": ["x", "y"] }), json!({ "many": ["x"] })),
        ("$.a[*]['k']", json!({ "many": ["x", "y"] }), json!({ "many": ["x"] })),
        ("$.a[0].k", json!("x"), json!("x")),
        ("$.a[-1].k", json!("y"), json!("x")),
        ("$.a[1].k", json!("y"), json!("nothing")),
        ("$.a.0.k", json!("x"), json!("x")),
        ("$.a.length", json!(2), json!(1)),
        ("$.a[:1].n", json!({ "many": ["1"] }), json!({ "many": ["1"] })),
        ("$.a[1:].n", json!({ "many": ["2"] }), json!({ "many": [] })),
        ("$..a[?(@.n==\"1\")].k", json!({ "many": ["x"] }), json!({ "many": ["x"] })),
        ("$.a[?@.n=='2'].k", json!({ "many": ["y"] }), json!({ "many": [] })),
        ("$.s[*]", json!({ "many": ["t", "u"] }), json!({ "many": ["t"] })),
        ("$.s[0]", json!("t"), json!("t")),
        ("$.missing[*].k", json!({ "many": [] }), json!({ "many": [] })),
        // `.*` selects members.
        ("$.*", json!({ "many": [many["a"], many["s"]] }), json!({ "many": [one["a"], "t"] })),
    ] {
        assert_eq!(of(path, &many), in_many, "{path}");
        assert_eq!(of(path, &one), in_one, "{path}");
    }
    // The root element occurs once in every answer, and an element of a list is not a list.
    assert_eq!(of("$[*]", &one), json!({ "many": [one["a"], "t"] }));
    assert_eq!(of("$[0]", &one), json!("nothing"));
    assert_eq!(of("$.a[0][*]", &one), json!({ "many": ["x", "1"] }));
    assert_eq!(of("$.a[0][*]", &many), json!({ "many": ["x", "1"] }));
    // The rest of a path continues after the name.
    for path in ["$.a[*].k", "$.a[0].k"] {
        let path = Path::parse(path).unwrap();
        let (_, rest) = path.split_first().unwrap().unwrap();
        assert!(!matches!(rest.pick_in_xml(&one["a"]).unwrap(), Picked::Nothing), "{rest:?}");
        assert_ne!(rest.pick_in_xml(&one["a"]).unwrap(), Picked::Many(vec![]), "{rest:?}");
    }
    // JSON follows the standard.
    assert_eq!(pick("$.a[*]", &one), json!({ "many": ["x", "1"] }));
    assert_eq!(pick("$.a[0]", &one), json!("nothing"));
}

#[test]
fn invalid_paths_are_refused() {
    let deep = format!("$[?{}@.a{}]", "(".repeat(40), ")".repeat(40));
    let long = format!("$.{}", "a".repeat(3000));
    for path in ["", "$[", "$..", "$...a", "$.a[", "$['a", "$.a[?]", "$.{a}", "$.a()", "$.a]", "$[1e3]", &deep, &long] {
        let error = Path::parse(path).unwrap_err().to_string();
        assert!(error.contains("is not a JSONPath") && error.len() < 600, "{path}: {error}");
    }
}

#[test]
fn functions_that_are_not_supported_are_named() {
    for (path, name) in [
        ("$.a[?match(@.b, '[a-z]+')]", "match"),
        ("$.a[?@.n > 1 && !search(@.b, 'x')].c", "search"),
        ("$.a[?length(@.b) > 1 || first(@.*) == 1]", "first"),
    ] {
        let error = Path::parse(path).unwrap_err().to_string();
        let expected = format!("the function `{name}` is not supported; `length`, `count` and `value` are");
        assert!(error.ends_with(&expected), "{error}");
    }
    let value = json!({ "a": [{ "b": "xyz", "c": [1, 2] }, { "b": "x", "c": ["match(1)"] }] });
    for (path, expected) in [
        ("$.a[?length(@.b) > 1].b", json!({ "many": ["xyz"] })),
        ("$.a[?count(@.c[*]) == 1].b", json!({ "many": ["x"] })),
        ("$.a[?value(@.c[0]) == 'match(1)'].b", json!({ "many": ["x"] })),
        ("$.a[?(@.b == 'x' && (@.c[0] == 'match(1)'))].b", json!({ "many": ["x"] })),
    ] {
        assert_eq!(pick(path, &value), expected, "{path}");
    }
}

#[test]
fn a_path_can_be_split_after_its_first_name() {
    for (path, name, rest) in
        [("$.a.b", "a", json!(1)), ("$['a'].b", "a", json!(1)), ("$.a[*]", "a", json!({ "many": [1] }))]
    {
        let path = Path::parse(path).unwrap();
        let (first, remaining) = path.split_first().unwrap().unwrap();
        assert_eq!(first, name);
        let inner = json!({ "b": 1 });
        match remaining.pick(&inner).unwrap() {
            Picked::One(one) => assert_eq!(*one, rest),
            Picked::Many(many) => assert_eq!(json!({ "many": many }), rest),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(Path::parse("$[0]").unwrap().split_first().unwrap(), None);
    assert_eq!(Path::parse("$").unwrap().split_first().unwrap(), None);
}

#[test]
fn an_expensive_path_is_refused() {
    let mut nested = json!(1);
    for _ in 0..100 {
        nested = json!([nested]);
    }
    let large = Value::Array(vec![nested; 100]);
    for path in [
        &format!("${}", "[*,*]".repeat(90)),
        "$..*..*..*..*",
        "$..[?$..a]..b",
        "$[?@..[?@..[?@..[?@..x]]]]",
        "$..[?$..[?$..x]]",
    ] {
        let error = Path::parse(path).unwrap().pick(&large).unwrap_err().to_string();
        assert!(error.contains("is too expensive for an answer"), "{error}");
    }
    for path in ["$..x", "$..*", "$[*,*][0]", "$[?@.id == $.selected]"] {
        Path::parse(path).unwrap().pick(&large).unwrap();
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_path_panic(source in r#"\$?([.\[\]'"*:,?@$()!&|<>= a0-9\\-]|length|\.\.){0,40}"#) {
        let value = json!({ "a": [{ "a": 1 }, [0, { "0": "a" }]], "length": [[]] });
        if let Ok(path) = Path::parse(&source) {
            let _ = path.pick(&value);
            let _ = path.pick_in_xml(&value);
            let _ = path.split_first();
            let mut value = value;
            let _ = path.get_mut(&mut value);
        }
    }

    #[test]
    fn standard_paths_are_accepted(names in prop::collection::vec("[a-z_][a-z0-9_]{0,8}", 1..6), index in -3..3_i64) {
        let source = format!("$.{}[{index}]", names.join("."));
        let value = names.iter().rev().fold(json!([1, 2]), |value, name| json!({ name: value }));
        let standard = serde_json_path::JsonPath::parse(&source).unwrap().query(&value).first().cloned();
        let ours = match Path::parse(&source).unwrap().pick(&value).unwrap() { Picked::One(one) => Some(one.clone()), _ => None };
        prop_assert_eq!(ours, standard);
    }
}
