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

#[test]
fn a_lookup_has_only_the_members_that_it_returns() {
    let pick = |returned: &str| {
        format!(
            "        - {{type: call, name: repos, call: code.list-repos, with: {{userId: rest.userId}}}}\n        - {{type: lookup, name: pick, index: repos, match: id, lookupValue: $.repos.first{returned}}}\n"
        )
    };
    let mapped = |path: &str| format!("        - {{targetName: first, value: \"{path}\"}}\n");
    let returned = ", outputParameters: [name, owner.mail, a.b]";
    for path in [
        "$.pick",
        "$.pick.name",
        "$['pick']['name']",
        "$.pick.owner.mail",
        "$.pick['a.b']",
        "$.pick..id",
        "$.pick[*].name",
        "$.pick.length",
    ] {
        assert_eq!(steps(&pick(returned), &mapped(path)), Vec::<String>::new(), "{path}");
    }
    for path in ["$.pick.id", "$['pick'].id", "$.pick.mail", "$.pick.id[0]", "$.pick.names"] {
        assert_eq!(steps(&pick(returned), &mapped(path)), ["error unknown_step /mappings/0/value"], "{path}");
        // Without `outputParameters`, it returns every member.
        assert_eq!(steps(&pick(""), &mapped(path)), Vec::<String>::new(), "{path}");
    }
    let next = "        - {type: call, name: again, call: code.list-repos, with: {userId: $.pick.id}}\n";
    assert_eq!(
        steps(&format!("{}{next}", pick(returned)), &mapped("$.again.result")),
        ["error unknown_step /steps/2/with/userId"]
    );
}

#[test]
fn an_output_has_only_the_members_that_a_lookup_returns() {
    let call = "        call: code.list-repos\n        with: {userId: rest.userId, page: rest.page}\n        outputParameters:\n        - {type: object, mapping: $.}\n";
    let picked = |output: &str| {
        let new = format!(
            "        steps:\n        - {{type: call, name: repos, call: code.list-repos, with: {{userId: rest.userId}}}}\n        - {{type: lookup, name: pick, index: repos, match: id, lookupValue: $.repos.first, outputParameters: [name]}}\n        outputParameters:\n        - {output}\n"
        );
        found(&document(&[(call, &new)]))
    };
    let at = "/capability/exposes/0/resources/0/operations/0/outputParameters/0";
    let inner = "properties: {a: {type: string, mapping: $.pick.id}}";
    assert_eq!(picked("{type: string, mapping: $.pick.name}"), Vec::<String>::new());
    assert_eq!(picked("{type: string, mapping: $.pick.id}"), [format!("error unknown_step {at}/mapping")]);
    assert_eq!(picked("{type: string, value: $.pick.id}"), [format!("error unknown_step {at}/value")]);
    assert_eq!(
        picked(&format!("{{type: object, {inner}}}")),
        [format!("error unknown_step {at}/properties/a/mapping")]
    );
}
