//! The work of the rules grows with the size of a document, not with its square.

use super::findings;
use crate::diagnostic::table::structure::DUPLICATE_TOOL;
use crate::diagnostic::{Diagnostic, RepairKind};
use crate::nearest::COMPARISONS;
use crate::rules::work::work_of;
use crate::rules::{is_repaired, repair_places};

/// Returns `n` lines, each with its number in place of `#`.
fn lines(n: usize, line: &str) -> String {
    (0..n).map(|index| line.replace('#', &index.to_string()) + "\n").collect()
}

/// Returns a document with these parameters of its API, these parts of a resource of the API, and these tools.
fn document(api: &str, resource: &str, tools: &str) -> String {
    format!(
        "naftiko: 1.0.0-alpha2\ninfo: {{label: L, description: D.}}\ncapability:\n  consumes:\n  - type: http\n    namespace: n\n    \
         baseUri: https://a.dev\n    timeout: 5m\n    resilience: {{timeout: 10s, retry: {{tries: 7}}}}\n    inputParameters:\n    \
         - {{name: first, in: query}}\n{api}    resources:\n    - name: r\n{resource}  exposes:\n  - type: mcp\n    namespace: m\n    \
         port: 9090\n    transport: http\n    tools:\n    - {{name: first, description: D., call: n.o0}}\n{tools}"
    )
}

#[test]
fn what_operations_share_is_checked_once() {
    let operations = |n| format!("      operations:\n{}", lines(n, "      - {name: o#, method: GET}"));
    let constants = |n, indent: &str| lines(n, &format!("{indent}- {{name: X-#, in: header, value: a}}"));
    let cases: [(&str, &dyn Fn(usize) -> String); 7] = [
        ("constants of an API", &|n| {
            document(&constants(n, "    "), &format!("      path: /r\n{}", operations(n)), "")
        }),
        ("constants of a resource", &|n| {
            let parameters = format!("      inputParameters:\n{}", constants(n, "      "));
            document("", &format!("      path: /r\n{parameters}{}", operations(n)), "")
        }),
        ("placeholders of a resource, filled by its API", &|n| {
            let path: String = lines(n, "/{p#}").replace('\n', "");
            let parameters = lines(n, "    - {name: p#, in: path}");
            document(&parameters, &format!("      path: '{path}'\n{}", operations(n)), "")
        }),
        ("placeholders of a resource that nothing fills", &|n| {
            let path: String = lines(n, "/{p#}").replace('\n', "");
            document("", &format!("      path: '{path}'\n{}", operations(n)), "")
        }),
        ("tasks", &|n| {
            let tools = lines(n, "    - {name: t#, description: D., call: n.o#, task: required}");
            document("", &format!("      path: /r\n{}", operations(n)), &tools)
        }),
        ("errors in the steps of a tool", &|n| {
            let steps = lines(
                n,
                "      - {name: s#, type: lookup, index: s#, match: id, lookupValue: '{{nobody.x}}'}\n      - {name: c#, type: call, call: n.o0}",
            );
            let tool = format!("    - name: t\n      description: D.\n      steps:\n{steps}");
            document("", &format!("      path: /r\n{}", operations(1)), &tool)
        }),
        ("tools that refer to a function of many steps", &|n| {
            let steps = lines(n, "      - {name: c#, type: call, call: n.o#}");
            let function = format!(
                "  aggregates:\n  - namespace: a\n    label: A\n    functions:\n    - name: f\n      description: D.\n      steps:\n{steps}"
            );
            let tools = lines(n, "    - {name: t#, description: D., ref: a.f, maxOutput: 1000}");
            let document = document("", &format!("      path: /r\n{}", operations(n)), &tools);
            document.replace("  exposes:\n", &format!("{function}  exposes:\n"))
        }),
    ];
    for (name, yaml) in cases {
        let work = |n| work_of(|| drop(findings(&yaml(n))));
        let (once, twice) = (work(100), work(200));
        assert!(once > 100 && twice < 3 * once, "{name}: {once} for 100, {twice} for 200");
    }
}

/// If each finding repeated the path, a few thousand operations of a resource with a long path would need gigabytes of memory.
#[test]
fn findings_about_operations_do_not_repeat_a_long_path() {
    let long = format!("/{{ids}}/{{id:[0-9]+}}/{}", "a".repeat(100_000));
    let own = "      - {name: o0, method: GET, inputParameters: [{name: id, in: path}, {name: other, in: path}]}\n";
    let resource = |path: &str| format!("      path: '{path}'\n      operations:\n{own}");
    let of_operation = |path: &str| {
        let found = findings(&document("", &resource(path), ""));
        let found = found.into_iter().filter(|found| found.at.contains("/operations/0"));
        found.map(|found| found.message + &found.fix.map(|fix| fix.to_string()).unwrap_or_default()).collect::<Vec<_>>()
    };
    let (short, long) = (of_operation("/{ids}/{id:[0-9]+}"), of_operation(&long));
    assert_eq!(short.len(), long.len());
    assert!(
        short.len() > 1 && long.iter().all(|text| text.len() < 500),
        "{short:?} {:?}",
        long.iter().map(String::len)
    );
}

/// Without a limit, each of a few hundred unknown names would be compared with a few hundred known names.
#[test]
fn the_comparisons_of_unknown_names_are_limited() {
    let operation = "      path: /r\n      operations:\n      - {name: o0, method: GET}\n";
    let tool = |keys: &str| document("", operation, &format!("    - name: t\n      description: D.\n{keys}"));
    let steps = |n| format!("      steps:\n{}", lines(n, "      - {name: step#, type: call, call: n.o0}"));
    let forwards = {
        let apis = lines(300, "  - {type: http, namespace: known#, baseUri: 'https://a.dev'}");
        let routes = lines(300, "    - {path: '/r#', forward: {targetNamespace: unlike#}}");
        let rest = format!("  exposes:\n  - type: rest\n    namespace: r\n    port: 8080\n    resources:\n{routes}");
        document("", operation, "").replace("  exposes:\n", &format!("{apis}{rest}"))
    };
    let holes: String = lines(400, "{{nobody#.x}}").replace('\n', "");
    let last = format!("      - {{name: last, type: lookup, index: step0, match: id, lookupValue: '{holes}'}}\n");
    let paged = lines(400, "      - {name: p#, method: GET, page: {cursor: $.next, into: unlike#}}");
    for (name, yaml) in [
        ("APIs of forwards", forwards),
        (
            "steps of mappings",
            tool(&format!(
                "{}      mappings:\n{}",
                steps(400),
                lines(400, "      - {targetName: t, value: $.unlike#}")
            )),
        ),
        (
            "outputs of mappings",
            tool(&format!(
                "{}      mappings:\n{}      outputParameters:\n{}",
                steps(1),
                lines(400, "      - {targetName: unlike#, value: $.step0}"),
                lines(400, "      - {name: known#, type: string}")
            )),
        ),
        ("prefixes of holes", tool(&format!("{}{last}", steps(400)))),
        (
            "arguments of pages",
            document(&lines(400, "    - {name: known#, in: query}"), &format!("{operation}{paged}"), ""),
        ),
    ] {
        let before = COMPARISONS.get();
        assert!(findings(&yaml).len() >= 100, "{name}");
        let comparisons = COMPARISONS.get() - before;
        assert!((300..70_000).contains(&comparisons), "{name}: {comparisons}");
    }
}

/// If each finding were compared with each repair, this test would run for minutes.
#[test]
fn findings_are_not_compared_with_each_repair() {
    let rule = RepairKind::DuplicateRoute.rule();
    let repairs: Vec<Diagnostic> = (0..50_000).map(|at| Diagnostic::new(rule, format!("/tools/{at}"), "")).collect();
    let places = repair_places(repairs.iter());
    let is_left_out = |at: String| is_repaired(&Diagnostic::new(&DUPLICATE_TOOL, at, ""), &places);
    assert!((0..100_000).all(|at| is_left_out(format!("/tools/{at}/name")) == (at < 50_000)));
    assert!(is_left_out("/tools".to_owned()) && !is_left_out("/too".to_owned()));
}
