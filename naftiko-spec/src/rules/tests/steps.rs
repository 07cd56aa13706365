//! Tests of steps that use results: only those of earlier steps exist.

use super::{document, found};

/// Returns the findings in [`GOOD`](super::GOOD) with these steps and mappings in place of a call, with locations relative to the route.
fn steps(steps: &str, mappings: &str) -> Vec<String> {
    let call = "        call: code.list-repos\n        with: {userId: rest.userId, page: rest.page}\n        outputParameters:\n        - {type: object, mapping: $.}\n";
    let new = format!(
        "        steps:\n{steps}        mappings:\n{mappings}        outputParameters:\n        - {{name: first, type: string}}\n"
    );
    let route = "/capability/exposes/0/resources/0/operations/0";
    found(&document(&[(call, &new)])).into_iter().map(|found| found.replace(route, "")).collect()
}

#[test]
fn steps_use_only_earlier_results() {
    let list = "        - {type: call, name: repos, call: code.list-repos, with: {userId: rest.userId}}\n";
    let again = list.replace("repos, call", "again, call");
    let pick = "        - {type: lookup, name: pick, index: repos, match: id, lookupValue: $.repos.first, outputParameters: [name]}\n";
    let first = "        - {targetName: first, value: '$.repos.result[0]'}\n";
    let picked = "        - {targetName: first, value: $.pick.name}\n";
    assert_eq!(steps(list, first), Vec::<String>::new());
    assert_eq!(steps(&format!("{list}{pick}"), picked), Vec::<String>::new());
    assert_eq!(steps(&format!("{list}{list}"), first), ["error duplicate_step /steps/1/name"]);
    assert_eq!(steps(&format!("{list}{again}"), first), ["warning unused_step /steps/1"]);
    assert_eq!(steps(list, &first.replace("$.repos", "$.repo")), ["error unknown_step /mappings/0/value"]);
    assert_eq!(
        steps(&format!("{pick}{list}"), picked),
        ["error unknown_step /steps/0/index", "error unknown_step /steps/0/lookupValue"]
    );
    assert_eq!(steps(list, &first.replace("first,", "frist,")), ["warning unknown_target /mappings/0/targetName"]);
    for part in ["repos.items", "$.repos.items", "$.repos", "'repos.items[*]'"] {
        let part = pick.replace("index: repos", &format!("index: {part}"));
        assert_eq!(steps(&format!("{list}{part}"), picked), Vec::<String>::new());
    }
    for (part, finding) in [("repo.items", "error unknown_step"), ("'$.repos[?]'", "error invalid_jsonpath")] {
        let part = pick.replace("index: repos", &format!("index: {part}"));
        assert_eq!(steps(&format!("{list}{part}"), picked), [format!("{finding} /steps/1/index")]);
    }
    let feeds = format!("{list}{again}");
    let fed =
        format!("        - {{targetName: again.userId, value: $.repos.owner}}\n{}", first.replace("repos", "again"));
    assert_eq!(steps(&feeds, &fed), Vec::<String>::new());
    // A template is not a `JSONPath`.
    let template = pick.replace("$.repos.first", "'{{repos.first}}'");
    assert_eq!(
        steps(&format!("{list}{template}"), &picked.replace("$.pick.name", "'{{pick.name}}'")),
        Vec::<String>::new()
    );
    let script = "        - {type: script, name: sum, language: javascript}\n";
    assert_eq!(steps(&format!("{list}{script}"), first), ["error script_step /steps/1"]);
}
