//! Tests of operations and tools with the same name.

use super::{Severity, document, findings, found, rule};
use crate::lower::lower;
use crate::model::Document;

/// Returns the findings in [`GOOD`](super::GOOD) with another consumed operation between its two.
fn with_operation(operation: &str) -> Vec<String> {
    let next = "      - name: delete-repo\n        method: DELETE\n";
    found(&document(&[(next, &format!("      - {operation}\n{next}"))]))
}

#[test]
fn of_operations_with_one_name_only_an_ambiguous_call_is_an_error() {
    let warning = "warning duplicate_operation /capability/consumes/0/resources/0/operations";
    // It is not clear which of the two operations the tool calls.
    assert_eq!(
        with_operation("{name: delete-repo, method: DELETE, path: /all, description: Removes one.}"),
        [format!("{warning}/2/name"), "error not_runnable /capability/exposes/1/tools/0".to_owned()]
    );
    // The method of the route tells which of the two operations it calls.
    assert_eq!(
        with_operation("{name: list-repos, method: POST, inputParameters: [{name: userId, in: path}]}"),
        [format!("{warning}/1/name")]
    );
    assert_eq!(rule("duplicate_operation").map(|rule| rule.severity), Some(Severity::Warning));
}

#[test]
fn of_operations_with_one_name_and_method_the_called_one_is_checked() {
    let at = "/capability/consumes/0/resources/0/operations";
    let second = "{name: list-repos, method: GET, path: /all, inputParameters: [{name: userId, in: path, type: string}, {name: by, in: query, value: '{{env.TOKEN}}'}]}";
    let next = "      - name: delete-repo\n        method: DELETE\n";
    let yaml = document(&[
        (next, &format!("      - {second}\n{next}")),
        // The path of the route tells that it calls the second operation, which has no description.
        ("    - path: /users/{userId}/repos\n", "    - path: /users/{userId}/repos/all\n"),
        ("        name: list-repos\n        description: Lists them.\n", "        name: list-repos\n"),
    ]);
    assert_eq!(
        found(&yaml),
        [
            format!("warning secret_in_url {at}/1/inputParameters/1"),
            format!("warning duplicate_operation {at}/1/name"),
            "info missing_description /capability/exposes/0/resources/0/operations/0".to_owned(),
        ]
    );
}

#[test]
fn a_second_tool_with_the_same_name_is_reported_by_lowering_alone() {
    let second = "    - name: delete-repo\n      description: Removes one.\n      call: code.delete-repo\n";
    let yaml = document(&[("    tools:\n", &format!("    tools:\n{second}"))]);
    assert_eq!(found(&yaml), [""; 0]);
    let (_, lowering) = lower(&Document::from_yaml(&yaml).unwrap());
    let repairs: Vec<_> = lowering.iter().map(|repair| (repair.rule.name, repair.at.as_str())).collect();
    assert!(repairs.contains(&("R21", "/capability/exposes/1/tools/1")), "{repairs:?}");
}

/// The consumed operation has a path parameter of another name, so nothing uses the input.
#[test]
fn the_fix_of_an_unused_input_does_not_name_the_input_itself() {
    let yaml = document(&[
        (
            "- {name: userId, in: path, type: string}\n        - {name: page",
            "- {name: no, in: path, type: string}\n        - {name: page",
        ),
        ("with: {userId: rest.userId, page", "with: {userId: rest.nobody, page"),
    ]);
    let found = findings(&yaml);
    let unused = found.iter().filter(|found| found.rule.name == "unused_input" && found.message.contains("`nobody`"));
    let help: Vec<String> = unused.filter_map(|found| found.fix.as_ref()).map(ToString::to_string).collect();
    assert_eq!(help, ["map it under `with`, or remove it"]);
}

/// If each help listed all known names, a document with thousands of names and mistakes would lead to gigabytes of help.
#[test]
fn the_help_for_an_unknown_name_lists_only_some_of_the_known_names() {
    let names = |name: &str, item: &dyn Fn(String) -> String| -> String {
        (0..40).map(|index| item(format!("{name}{index}"))).collect()
    };
    for name in ["q".repeat(8), "q".repeat(200), "q".repeat(20_000)] {
        let apis =
            names(&name, &|name| format!("  - {{type: http, namespace: {name}, baseUri: 'https://a.code.dev'}}\n"));
        let parameters = names(&name, &|name| format!("        - {{name: {name}, in: query}}\n"));
        let steps = names(&name, &|name| {
            format!("      - {{type: call, name: {name}, call: code.delete-repo, with: {{userId: tools.userId}}}}\n")
        });
        let last = "      - {type: lookup, name: last, index: zzzz, match: id, lookupValue: a}\n";
        let page = "        - {name: page, in: query, type: integer}\n";
        let call = "      call: code.delete-repo\n      with: {userId: tools.userId}\n";
        for (at, old, new) in [
            ("/call", "call: code.delete-repo", "call: zzzz.yyyy"),
            (
                "/forward/targetNamespace",
                "    resources:\n    - path: /u",
                "    resources:\n    - {path: /z, forward: {targetNamespace: zzzz}}\n    - path: /u",
            ),
            ("/index", call, &format!("      steps:\n{steps}{last}")),
            ("/into", page, &format!("{page}{parameters}        page: {{cursor: $.next, into: zzzz}}\n")),
        ] {
            let yaml = document(&[("  exposes:\n", &format!("{apis}  exposes:\n")), (old, new)]);
            let found = findings(&yaml).into_iter().find(|found| found.at.ends_with(at));
            let help = found.and_then(|found| found.fix).map(|fix| fix.to_string()).unwrap_or_default();
            let listed = help.matches("`, ").count();
            assert!(help.ends_with(" …") && help.len() < 800 && listed <= 10, "{at}: {help:.900}");
            assert!(name.len() > 8 || listed == 10, "{at}: {help}");
        }
    }
}
