//! Tests of the limit for what all operations send together. Without it, lowering would take time and memory that grow with the square of
//! the document, or faster.

use super::read;
use crate::lower::lower;
use serde_json::{Value, json};

/// Lowers a document whose API has these keys, with these functions and tools. Returns the number of lowered tools, and the reasons why
/// others are left out, each once.
fn lowered(api: &Value, functions: &Value, tools: &[Value]) -> (usize, Vec<String>) {
    let mut consumed = json!({ "namespace": "a", "baseUri": "https://a.example" });
    consumed.as_object_mut().unwrap().extend(api.as_object().unwrap().clone());
    let document = read(json!({ "capability": {
        "consumes": [consumed],
        "aggregates": [{ "namespace": "shared", "label": "S", "functions": functions }],
        "exposes": [{ "type": "mcp", "namespace": "m", "tools": tools }],
    } }));
    let (lowered, diagnostics) = lower(&document);
    let mut reasons: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    assert!(lowered.operations.len() + reasons.len() >= tools_of(&document));
    reasons.dedup();
    (lowered.operations.len(), reasons)
}

fn tools_of(document: &crate::Document) -> usize {
    let crate::model::Expose::Mcp(mcp) = &document.capability.exposes[0] else { return 0 };
    mcp.tools.len()
}

fn numbered(n: usize, one: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..n).map(one).collect()
}

#[test]
fn operations_that_send_too_much_together_are_left_out() {
    const REASON: &str = "the parameters, texts and placeholders of all operations are more than 250000 values; use fewer parameters \
                          and placeholders, or split it into several capabilities";
    let get = json!({ "name": "get", "method": "GET" });
    let api = |parameters: usize| {
        let parameters = numbered(parameters, |at| json!({ "name": format!("p{at}"), "in": "query" }));
        json!({ "inputParameters": parameters, "resources": [{ "name": "r", "path": "/r", "operations": [get] }] })
    };
    let tools = |n: usize| numbered(n, |at| json!({ "name": format!("t{at}"), "call": "a.get" }));
    assert_eq!(lowered(&api(100), &json!([]), &tools(100)), (100, vec![]));
    // Each tool sends the parameters of the API.
    let (served, reasons) = lowered(&api(20_000), &json!([]), &tools(50));
    assert!(
        (10..=12).contains(&served) && reasons.iter().all(|reason| reason.contains(REASON)),
        "{served} {reasons:?}"
    );
    // Each tool sends the caller headers of the API.
    let mut with_headers = api(0);
    with_headers["callerHeaders"] = numbered(20_000, |at| json!(format!("X-{at}"))).into();
    let (served, reasons) = lowered(&with_headers, &json!([]), &tools(50));
    assert!((10..=12).contains(&served) && reasons == [REASON], "{served} {reasons:?}");
    // Each call is compared with all operations of its name.
    let namesakes = numbered(3000, |at| json!({ "name": "get", "method": "GET", "path": format!("/{at}") }));
    let namesakes = json!({ "resources": [{ "name": "r", "path": "/r", "operations": namesakes }] });
    let (served, reasons) = lowered(&namesakes, &json!([]), &tools(3000));
    assert!(served == 0 && reasons.len() == 2 && reasons[1] == REASON, "{served} {reasons:?}");
    // A long description is copied to each tool.
    let described = json!({ "name": "get", "method": "GET", "description": "x".repeat(1_000_000) });
    let (served, reasons) = lowered(
        &json!({ "resources": [{ "name": "r", "path": "/r", "operations": [described] }] }),
        &json!([]),
        &tools(50),
    );
    assert!((5..=8).contains(&served) && reasons == [REASON], "{served} {reasons:?}");
    // Each key of `with` is compared with each parameter.
    let with: Value = (0..6000).map(|at| (format!("k{at}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    let (served, reasons) = lowered(&api(6000), &json!([]), &[json!({ "name": "t", "call": "a.get", "with": with })]);
    assert_eq!((served, reasons), (0, vec![REASON.to_owned()]));
    // Each placeholder is compared with each parameter.
    let path = (0..2000).map(|at| format!("/{{p{at}}}")).collect::<Vec<_>>().concat();
    let mut compared = api(2000);
    let get = json!({ "name": "get", "method": "GET", "path": path });
    compared["resources"] = json!([{ "name": "r", "path": "/r", "operations": [get] }]);
    assert_eq!(lowered(&compared, &json!([]), &tools(1)), (0, vec![REASON.to_owned()]));
    // Each tool runs the steps of the function.
    let steps = numbered(5000, |at| json!({ "type": "call", "name": format!("s{at}"), "call": "a.get" }));
    let function = json!([{ "name": "f", "steps": steps }]);
    let references = numbered(100, |at| json!({ "name": format!("t{at}"), "ref": "shared.f" }));
    let (served, reasons) = lowered(&api(1), &function, &references);
    assert!((5..=30).contains(&served) && reasons.iter().all(|reason| reason.contains(REASON)), "{served} {reasons:?}");
}

#[test]
fn many_parameters_and_placeholders_of_one_body_are_lowered() {
    // Comparing each parameter with each placeholder would take minutes.
    const MANY: usize = 20_000;
    let parameters = numbered(MANY, |at| json!({ "name": format!("p{at}"), "in": "body" }));
    let hole = |at: usize| format!("{{{{p{at}}}}}");
    let text = (0..MANY).map(hole).collect::<Vec<_>>().join(" ");
    let members: serde_json::Map<_, _> = (0..MANY).map(|at| (format!("m{at}"), hole(at).into())).collect();
    let parts = numbered(MANY, |at| json!({ "name": format!("m{at}"), "value": hole(at) }));
    for body in [
        json!(text),
        json!({ "type": "json", "data": members }),
        json!({ "type": "formUrlEncoded", "data": members }),
        json!({ "type": "multipartForm", "data": parts }),
    ] {
        let post = json!({ "name": "post", "method": "POST", "inputParameters": parameters, "body": body });
        let api = json!({ "resources": [{ "name": "r", "path": "/r", "operations": [post] }] });
        assert_eq!(lowered(&api, &json!([]), &[json!({ "name": "t", "call": "a.post" })]), (1, vec![]));
    }
}
