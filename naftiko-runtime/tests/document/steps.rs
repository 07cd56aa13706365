//! Steps, each with the results of the earlier ones.

use crate::support::{capability, yaml};
use naftiko_runtime::testing::{Answer, Upstream};
use naftiko_runtime::{ErrorKind, Limits};
use serde_json::json;

fn document() -> String {
    let resources = "
- name: users
  path: /users
  operations:
  - name: list-users
    method: GET
- name: owner
  path: '/repos/{repo}/owner'
  operations:
  - name: get-owner
    method: GET
    inputParameters: [{ name: repo, in: path }]
    outputParameters: [{ name: login, type: string, value: $.owner.login }]
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: find-owner
    description: Finds who owns a repository.
    inputParameters: [{ name: repo, type: string, required: true, description: The repository. }]
    steps:
    - { type: call, name: get-owner, call: api.get-owner, with: { repo: tools.repo } }
    - { type: call, name: list-users, call: api.list-users }
    - { type: lookup, name: found, index: list-users, match: login, lookupValue: $.get-owner.login, outputParameters: [name] }
    mappings:
    - { targetName: who, value: $.found.name }
    - { targetName: login, value: $.get-owner.login }
    outputParameters: [{ name: who, type: string }, { name: login, type: string }]
";
    yaml("", resources, exposes)
}

#[tokio::test]
async fn a_step_uses_the_results_of_earlier_steps() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/repos/{repo}/owner", Answer::json(200, json!({ "owner": { "login": "ann" } })));
    upstream.answer(
        "GET",
        "/users",
        Answer::json(200, json!([{ "login": "bob", "name": "Bob" }, { "login": "ann", "name": "Ann" }])),
    );
    let given = capability(&document(), &upstream).call("find-owner", json!({ "repo": "a/b" })).await.unwrap();
    assert_eq!(given, json!({ "who": "Ann", "login": "ann" }));
    let paths: Vec<_> = upstream.requests().into_iter().map(|request| request.path_and_query).collect();
    assert_eq!(paths, ["/repos/a%2Fb/owner", "/users"]);
}

#[tokio::test]
async fn a_lookup_searches_a_list_in_an_answer() {
    let resources = |outputs: &str| {
        format!(
            "
- name: users
  path: /users
  operations:
  - name: list-users
    method: GET
    outputParameters: {outputs}
"
        )
    };
    let exposes = |index: &str| {
        format!(
            "
- type: mcp
  namespace: tools
  tools:
  - name: find
    description: Finds a user.
    inputParameters: [{{ name: login, type: string, required: true, description: A name. }}]
    steps:
    - {{ type: call, name: list, call: api.list-users }}
    - {{ type: lookup, name: found, index: {index}, match: login, lookupValue: tools.login, outputParameters: [name] }}
"
        )
    };
    let upstream = Upstream::start().await;
    let users = json!([{ "login": "bob", "name": "Bob" }, { "login": "ann", "name": "Ann" }]);
    upstream.answer("GET", "/users", Answer::json(200, json!({ "results": users, "total": 2 })));
    let find = async |outputs: &str, index: &str| {
        let yaml = yaml("", &resources(outputs), &exposes(index));
        capability(&yaml, &upstream).call("find", json!({ "login": "ann" })).await
    };
    let one = "[{ name: users, type: array, value: $.results }]";
    let several = "[{ name: total, type: number, value: $.total }, { name: users, type: array, value: $.results }]";
    for outputs in [one, several] {
        for index in ["list", "list.users", "$.list.users", "list.results"] {
            assert_eq!(find(outputs, index).await.unwrap(), json!({ "name": "Ann" }), "{outputs} {index}");
        }
    }
}

#[tokio::test]
async fn a_lookup_in_a_value_that_is_not_a_list_blames_the_document_or_the_api() {
    let upstream = Upstream::start().await;
    let answer = json!({ "results": "none", "total": 2, "page": { "next": null, "users": 3 } });
    upstream.answer("GET", "/users", Answer::json(200, answer));
    let find = async |outputs: &str, index: &str| {
        let yaml = yaml(
            "",
            &format!(
                "- {{ name: users, path: /users, operations: [{{ name: list, method: GET, outputParameters: {outputs} }}] }}\n"
            ),
            &format!(
                "- type: mcp\n  namespace: tools\n  tools:\n  - name: find\n    description: Finds a user.\n    steps:\n    \
                 - {{ type: call, name: list, call: api.list }}\n    \
                 - {{ type: lookup, name: found, index: {index}, match: login, lookupValue: ann }}\n"
            ),
        );
        let error = capability(&yaml, &upstream).call("find", json!({})).await.unwrap_err();
        (error.kind(), error.status().as_u16(), error.to_string())
    };
    let total = "[{ name: total, type: number, value: $.total }]";
    let page =
        "[{ name: page, type: object, value: $.page, properties: { users: { type: number, mapping: $.users } } }]";
    let users = "[{ name: users, type: array, value: $.results }]";
    for (outputs, index, found, declared) in [
        (total, "list.total", "`$.list.total`, found an integer", Some("number")),
        (total, "list", "`$.list`, found an object", Some("object")),
        (page, "list.page", "`$.list.page`, found an object", Some("object")),
        (page, "list.page.users", "`$.list.page.users`, found an integer", Some("number")),
        // The document does not declare the type of this value.
        (users, "list.total", "`$.list.total`, found an integer", None),
        ("[]", "list", "`$.list`, found an object", None),
        ("[]", "list.results", "`$.list.results`, found a string", None),
        (total, "list.results", "`$.list.results`, found a string", None),
    ] {
        let (kind, status, message) = find(outputs, index).await;
        let expected = format!("the step `found` failed: expected an array of entries with `login` at {found}");
        assert!(message.contains(&expected), "{index}: {message}");
        match declared {
            Some(declared) => {
                assert_eq!((kind, status), (ErrorKind::Configuration, 500), "{index}: {message}");
                assert!(message.ends_with(&format!("the document declares it as `{declared}`")), "{message}");
            }
            None => assert_eq!((kind, status), (ErrorKind::BadAnswer, 502), "{index}: {message}"),
        }
    }
}

#[tokio::test]
async fn a_step_reads_the_only_element_of_xml_as_a_list() {
    let resources = "
- name: files
  path: /files
  operations:
  - { name: list, method: GET, outputRawFormat: xml }
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: keys
    description: Lists keys.
    steps: [{ type: call, name: list, call: api.list }]
    mappings:
    - { targetName: keys, value: '$.list.Contents[*].Key' }
    - { targetName: first, value: '$.list.Contents[0].Key' }
    outputParameters: [{ name: keys, type: array }, { name: first, type: string }]
";
    let upstream = Upstream::start().await;
    let xml = "<L><Contents><Key>a</Key></Contents></L>";
    upstream.answer("GET", "/files", Answer::of(200, "application/xml", xml));
    let given = capability(&yaml("", resources, exposes), &upstream).call("keys", json!({})).await.unwrap();
    assert_eq!(given, json!({ "keys": ["a"], "first": "a" }));
}

#[tokio::test]
async fn an_output_without_a_name_is_made_of_its_members() {
    let resources = "
- name: user
  path: /user
  operations:
  - { name: get, method: GET }
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: user
    description: Reads a user.
    steps: [{ type: call, name: user, call: api.get }]
    outputParameters:
    - type: object
      properties:
        id: { type: number, mapping: $.user.id }
        owner: { type: object, properties: { name: { type: string, mapping: $.user.owner } } }
";
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/user", Answer::json(200, json!({ "id": 7, "owner": "Ann", "secret": "s" })));
    let given = capability(&yaml("", resources, exposes), &upstream).call("user", json!({})).await.unwrap();
    assert_eq!(given, json!({ "id": 7, "owner": { "name": "Ann" } }));
}

#[tokio::test]
async fn a_failed_step_ends_the_operation() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/repos/{repo}/owner", Answer::status(404));
    let error = capability(&document(), &upstream).call("find-owner", json!({ "repo": "a" })).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Upstream, 404));
    assert!(error.to_string().contains("the step `get-owner` failed"), "{error}");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn an_invalid_step_result_is_not_the_callers_fault() {
    let resources = "
- name: owner
  path: /owner
  operations:
  - { name: owner, method: GET }
- name: user
  path: '/users/{login}'
  operations:
  - { name: user, method: GET, inputParameters: [{ name: login, in: path }, { name: X-Trace, in: header }] }
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: find-owner
    description: Finds an owner.
    inputParameters: [{ name: trace, type: string, description: A trace. }]
    steps:
    - { type: call, name: owner, call: api.owner }
    - { type: call, name: user, call: api.user, with: { login: $.owner.login, X-Trace: $.owner.trace } }
    mappings: [{ targetName: name, value: $.user.name }]
    outputParameters: [{ name: name, type: string }]
";
    let yaml = yaml("", resources, exposes);
    for (given, why) in [
        (json!({ "login": null }), "needs a value"),
        (json!({}), "needs a value"),
        (json!({ "login": "" }), "empty"),
        (json!({ "login": ".." }), "`..`"),
        (json!({ "login": "x".repeat(70_000) }), "longer than 65534 bytes"),
        (json!({ "login": "a", "trace": "a\nb" }), "control character"),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/owner", Answer::json(200, given));
        let error = capability(&yaml, &upstream).call("find-owner", json!({ "trace": "t" })).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status().as_u16(), error.pointer()),
            (ErrorKind::BadAnswer, 502, None),
            "{error}"
        );
        assert!(error.to_string().contains(why) && error.to_string().contains("the step `user` failed"), "{error}");
        assert_eq!(upstream.requests().len(), 1);
    }
}

/// A caller that repeats the operation would repeat the step.
#[tokio::test]
async fn the_error_of_a_step_says_that_an_earlier_one_has_taken_effect() {
    let resources = "
- { name: notes, path: /notes, operations: [{ name: add, method: POST }, { name: put, method: PUT }] }
- { name: list, path: /list, operations: [{ name: list, method: GET }] }
";
    let tool = |step: &str| {
        format!(
            "    - name: {step}-and-list\n      description: Writes and lists.\n      steps:\n      - {{ type: call, name: first, call: api.{step} \
             }}\n      - {{ type: call, name: second, call: api.list }}\n      outputParameters: [{{ type: string, value: done }}]\n"
        )
    };
    let exposes =
        format!("- type: mcp\n  namespace: tools\n  tools:\n{}{}", tool("add"), tool("put")).replace("\n    ", "\n  ");
    let document = yaml("", resources, &exposes);
    let throttled = || Answer::status(429).header("retry-after", "60");
    for (tool, answer, kind, status) in [
        ("add-and-list", throttled(), ErrorKind::BadAnswer, 502),
        ("add-and-list", Answer::status(404), ErrorKind::Upstream, 404),
        ("add-and-list", Answer::status(500), ErrorKind::BadAnswer, 502),
        ("put-and-list", throttled(), ErrorKind::Throttled, 429),
    ] {
        let upstream = Upstream::start().await;
        upstream.answer("POST", "/notes", Answer::status(204)).answer("PUT", "/notes", Answer::status(204));
        upstream.answer("GET", "/list", answer);
        let error = capability(&document, &upstream).call(tool, json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (kind, status), "{tool}: {error}");
        let says = error.to_string().ends_with("; the step `first` has taken effect");
        assert_eq!((says, error.retry_after().is_none()), (tool == "add-and-list", tool == "add-and-list"), "{error}");
        assert!(error.to_string().starts_with("the step `second` failed: "), "{error}");
    }
}

/// No step fails here, but the output cannot be created after a step has taken effect.
#[tokio::test]
async fn the_error_of_an_output_says_that_a_step_has_taken_effect() {
    let resources = "
- { name: notes, path: /notes, operations: [{ name: add, method: POST }, { name: put, method: PUT }] }
";
    let tool = |step: &str, output: &str| {
        format!(
            "    - name: {step}\n      description: Writes.\n      steps:\n      - {{ type: call, name: first, call: api.{step} }}\n      \
             outputParameters: [{{ name: made, type: string, {output} }}]\n"
        )
    };
    for output in ["mapping: $.first", "value: 'made {{$.first}}'"] {
        let exposes =
            format!("- type: mcp\n  namespace: tools\n  tools:\n{}{}", tool("add", output), tool("put", output))
                .replace("\n    ", "\n  ");
        let document = yaml("", resources, &exposes);
        for (tool, says_so) in [("add", true), ("put", false)] {
            let upstream = Upstream::start().await;
            // As a float, both numbers are the same, so their digits are not known.
            let ambiguous = || {
                Answer::of(
                    200,
                    "application/json",
                    r#"{"price":12345678901234567890123,"paid":12345678901234567890124}"#,
                )
            };
            upstream.answer("POST", "/notes", ambiguous()).answer("PUT", "/notes", ambiguous());
            let error = capability(&document, &upstream).call(tool, json!({})).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadAnswer, "{error}");
            assert_eq!(error.to_string().ends_with("; the step `first` has taken effect"), says_so, "{error}");
        }
    }
}

#[tokio::test]
async fn a_lookup_compares_a_member_of_a_member() {
    let upstream = Upstream::start().await;
    let groups = json!([
        { "id": 1, "profile": { "name": "Ops", "note": "o" } }, { "id": 2, "profile": { "name": "Eng", "note": "e" } },
        { "id": 3, "profile.name": "Dot" },
    ]);
    upstream.answer("GET", "/groups", Answer::json(200, groups));
    let find = async |name: &str, outputs: &str| {
        let resources = "- { name: groups, path: /groups, operations: [{ name: list, method: GET }] }\n";
        let exposes = format!(
            "- type: mcp\n  namespace: tools\n  tools:\n  - name: find\n    description: Finds a group.\n    steps:\n    \
             - {{ type: call, name: list, call: api.list }}\n    \
             - {{ type: lookup, name: found, index: list, match: profile.name, lookupValue: {name}, outputParameters: {outputs} }}\n"
        );
        capability(&yaml("", resources, &exposes), &upstream).call("find", json!({})).await.unwrap()
    };
    assert_eq!(find("Eng", "[id]").await, json!({ "id": 2 }));
    assert_eq!(find("Eng", "[id, profile.note]").await, json!({ "id": 2, "profile": { "note": "e" } }));
    assert_eq!(find("Dot", "[profile.name, id]").await, json!({ "profile.name": "Dot", "id": 3 }));
    assert_eq!(find("Other", "[id]").await, json!(null));
}

/// Returns a document with a tool `find`, which looks up the `ids` of its caller in the list of the API, and a tool `hold`, which then
/// makes another call.
fn lookup_of_ids() -> String {
    let resources = "
- { name: list, path: /list, operations: [{ name: list, method: GET }] }
- { name: slow, path: /slow, operations: [{ name: slow, method: GET }] }
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: find
    description: Finds entries.
    inputParameters: [{ name: ids, type: array, required: true, description: The identifiers., items: {} }]
    steps:
    - { type: call, name: list, call: api.list }
    - { type: lookup, name: found, index: list, match: id, lookupValue: tools.ids }
  - name: hold
    description: Finds entries, and waits.
    inputParameters: [{ name: ids, type: array, required: true, description: The identifiers., items: {} }]
    steps:
    - { type: call, name: list, call: api.list }
    - { type: lookup, name: found, index: list, match: id, lookupValue: tools.ids }
    - { type: call, name: slow, call: api.slow }
";
    yaml("", resources, exposes)
}

#[tokio::test]
async fn a_lookup_finds_the_first_entry_for_each_value_of_a_list() {
    let upstream = Upstream::start().await;
    let list = json!([
        { "id": 7, "n": 0 }, { "id": "7", "n": 1 }, { "n": 2 }, { "id": null, "n": 3 }, { "id": [1], "n": 4 }, { "id": "null", "n": 5 },
        { "id": { "a": 1, "b": 2 }, "n": 6 }, { "id": true, "n": 7 },
    ]);
    upstream.answer("GET", "/list", Answer::json(200, list));
    let ids = json!(["true", "7", 7, 8, null, [1], "[1]", { "b": 2, "a": 1 }, "null", "", 7]);
    let found = capability(&lookup_of_ids(), &upstream).call("find", json!({ "ids": ids })).await.unwrap();
    let numbers: Vec<_> = found.as_array().unwrap().iter().map(|entry| entry["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [7, 0, 0, 3, 4, 6, 5, 0]);
}

#[tokio::test]
async fn a_lookup_of_many_values_passes_through_the_list_once() {
    let upstream = Upstream::start().await;
    let entries: Vec<_> = (0..100_000).map(|id| json!({ "id": id })).collect();
    upstream.answer("GET", "/list", Answer::json(200, entries.into()));
    // A pass for each value would take minutes.
    let ids: Vec<_> = (100_000..300_000).chain([99_999]).collect();
    let found = capability(&lookup_of_ids(), &upstream).call("find", json!({ "ids": ids })).await.unwrap();
    assert_eq!(found, json!([{ "id": 99_999 }]));
}

#[tokio::test]
async fn a_lookup_does_not_copy_entries_without_limit() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/list", Answer::json(200, json!([{ "id": 7, "text": "x".repeat(100_000) }])));
    let capability = capability(&lookup_of_ids(), &upstream);
    let error = capability.call("find", json!({ "ids": vec![7; 3_000] })).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
    assert!(error.to_string().contains("it would take more than 256 MiB of memory"), "{error}");
    // The entries that one call has found count as memory of that call.
    upstream.answer("GET", "/slow", Answer::hang());
    let limited = capability.with_limits(Limits { answers: 1024 * 1024, ..Limits::default() });
    let (holder, ids) = (limited.clone(), json!({ "ids": vec![7; 20] }));
    let held = tokio::spawn(async move { holder.call("hold", ids).await });
    while !upstream.requests().iter().any(|request| request.path() == "/slow") {
        tokio::task::yield_now().await;
    }
    let error = limited.call("find", json!({ "ids": [] })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled, "{error}");
    held.abort();
}

#[tokio::test]
async fn a_null_in_a_list_is_left_out_of_queries_and_headers() {
    let resources = "
- name: items
  path: /items
  operations:
  - name: list
    method: GET
    description: Lists identifiers.
- name: item
  path: /item
  operations:
  - name: read
    method: GET
    description: Reads items.
    inputParameters:
    - { name: ids, in: query, type: array, style: comma }
    - { name: X-Ids, in: header, type: array, style: comma }
";
    let exposes = "
- type: mcp
  namespace: tools
  tools:
  - name: read
    description: Reads items.
    steps:
    - { type: call, name: list, call: api.list }
    - { type: call, name: items, call: api.read, with: { ids: $.list.ids, X-Ids: $.list.ids } }
";
    for (ids, path, header) in [(json!([1, null, 2]), "/item?ids=1,2", Some("1, 2")), (json!([null]), "/item", None)] {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/items", Answer::json(200, json!({ "ids": ids })));
        upstream.answer("GET", "/item", Answer::json(200, json!({})));
        capability(&yaml("", resources, exposes), &upstream).call("read", json!({})).await.unwrap();
        let sent = &upstream.requests()[1];
        assert_eq!((&*sent.path_and_query, sent.header("x-ids")), (path, header));
    }
}
