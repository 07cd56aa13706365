//! Tests of keys without effect, of functions with the same name, and of imported APIs.

use super::{document, found};

const AT: &str = "/capability/exposes/1/tools/0";
const CALL: &str = "      call: code.delete-repo\n      with: {userId: tools.userId}\n";

/// Returns the findings in [`GOOD`](super::GOOD) with an aggregate, and with these keys in place of the tool's `call` and `with`.
fn tool(keys: &str) -> Vec<String> {
    let aggregates = "  aggregates:\n  - namespace: shared\n    functions:\n    - {name: remove, description: Removes., call: code.delete-repo, with: {userId: shared.userId}}\n  exposes:\n";
    let found = found(&document(&[(CALL, keys), ("  exposes:\n", aggregates)]));
    found
        .into_iter()
        .filter(|found| !found.contains("unused_function") && !found.contains("unused_operation"))
        .collect()
}

#[test]
fn only_one_key_specifies_what_runs() {
    let steps = "      steps:\n      - {name: a, type: call, call: code.delete-repo, with: {userId: tools.userId}}\n";
    assert_eq!(tool(steps), Vec::<String>::new());
    assert_eq!(tool("      ref: shared.remove\n"), Vec::<String>::new());
    for (keys, place) in [
        (format!("{CALL}{steps}"), "call"),
        (format!("{CALL}      ref: shared.remove\n"), "call"),
        (format!("{steps}      ref: shared.remove\n"), "steps"),
    ] {
        let found = tool(&keys);
        assert!(found.contains(&format!("warning unused_key {AT}/{place}")), "{keys}: {found:?}");
    }
    let resource =
        "    transport: http\n    resources: [{name: a, uri: 'code://a', location: docs, call: code.list-repos}]\n";
    assert_eq!(
        found(&document(&[("    transport: http\n", resource)])),
        ["warning unused_key /capability/exposes/1/resources/0/call"]
    );
}

#[test]
fn mappings_need_steps_and_different_targets() {
    let outputs = "      outputParameters: [{name: x, type: object}]\n";
    let mappings = |mappings: &str| {
        let steps =
            "      steps:\n      - {name: a, type: call, call: code.list-repos, with: {userId: tools.userId}}\n";
        tool(&format!("{steps}      mappings: [{mappings}]\n{outputs}"))
    };
    let (x, id) = ("{targetName: x, value: $.a.result}", "{targetName: x.id, value: $.a.id}");
    let hint = "info overstated_hint /capability/exposes/1/tools/0/hints".to_owned();
    assert_eq!(mappings(x), [hint.as_str()]);
    let second = format!("warning unused_key {AT}/mappings/1/targetName");
    for both in [[x, x], [x, id], [id, x]] {
        assert_eq!(mappings(&both.join(", ")), [hint.clone(), second.clone()], "{both:?}");
    }
    assert_eq!(mappings(&[id, "{targetName: x.name, value: $.a.name}"].join(", ")), [hint]);
    let call = tool(&format!("{CALL}      mappings: [{{targetName: x, value: $.path}}]\n{outputs}"));
    assert_eq!(call, [format!("warning unused_key {AT}/mappings")]);
}

#[test]
fn functions_of_an_aggregate_have_unique_names() {
    let functions = "  aggregates:\n  - namespace: shared\n    functions:\n    - {name: ping, description: A., outputParameters: [{type: string, value: a}]}\n    - {name: ping, description: B., outputParameters: [{type: string, value: b}]}\n  exposes:\n";
    let tools = format!("{CALL}    - {{ref: shared.ping}}\n");
    assert_eq!(
        found(&document(&[("  exposes:\n", functions), (CALL, &tools)])),
        ["warning duplicate_operation /capability/aggregates/0/functions/1/name"]
    );
}

#[test]
fn an_imported_api_is_one_error_and_so_is_each_call_of_it() {
    let import = "  - {location: ./other.yaml, import: other, as: more}\n  exposes:\n";
    let imported = "error unsupported_kind /capability/consumes/1".to_owned();
    assert_eq!(found(&document(&[("  exposes:\n", import)])), [imported.as_str()]);
    let calls = found(&document(&[("  exposes:\n", import), ("call: code.delete-repo", "call: more.delete-repo")]));
    let call = format!("error unresolved_call {AT}/call");
    assert!(calls.contains(&imported) && calls.contains(&call), "{calls:?}");
    assert!(!calls.iter().any(|found| found.contains("base_uri") || found.contains("not_runnable")), "{calls:?}");
}
