//! Tests of variables in paths, in queries and beside results of steps: which of them count as used, and which are
//! credentials in a URL.

use super::{document, found};

const PATH: &str = "/capability/consumes/0/resources/0/path";

/// Returns the findings in [`GOOD`](super::GOOD) with another path of the API, and with a bind for `ORG`.
fn path(path: &str) -> Vec<String> {
    let keys = ("{TOKEN: TOKEN}", "{TOKEN: TOKEN, ORG: ORG, API_KEY: API_KEY}");
    let uri = "    baseUri: https://api.code.dev\n";
    let header = format!("{uri}    inputParameters: [{{name: X-Key, in: header, value: '{{{{API_KEY}}}}'}}]\n");
    found(&document(&[keys, (uri, &header), ("path: /users/{userId}/repos", &format!("path: '{path}'"))]))
}

#[test]
fn a_variable_fills_a_placeholder_of_a_path() {
    for placeholder in ["{ORG}", "{{ORG}}", "{{env.ORG}}", "{env.ORG}"] {
        assert_eq!(path(&format!("/{placeholder}/{{userId}}")), Vec::<String>::new(), "{placeholder}");
    }
    let other = path("/{NAME}/{userId}");
    assert!(other.iter().any(|found| found.contains("unfilled_placeholder")), "{other:?}");
    assert!(other.contains(&"warning unused_bind /binds/0/keys/ORG".to_owned()), "{other:?}");
}

#[test]
fn a_credential_in_a_path_is_found() {
    let used = "warning unused_bind /binds/0/keys/ORG".to_owned();
    for placeholder in ["{TOKEN}", "{{TOKEN}}", "{{env.TOKEN}}", "bot{TOKEN}", "{API_KEY}"] {
        let expected = [used.clone(), format!("warning secret_in_url {PATH}")];
        assert_eq!(path(&format!("/{placeholder}/{{userId}}")), expected, "{placeholder}");
    }
}

#[test]
fn a_credential_in_a_query_or_a_base_uri_is_found() {
    let page = "{name: page, in: query, type: integer}";
    let query = |value: &str| {
        let parameter = format!("{page}\n        - {{name: k, in: query, value: '{value}'}}");
        found(&document(&[(page, &parameter), ("{TOKEN: TOKEN}", "{TOKEN: TOKEN, ORG: ORG}")]))
    };
    let at = "/capability/consumes/0/resources/0/operations/0/inputParameters/2";
    assert_eq!(query("{{env.ORG}}"), Vec::<String>::new());
    let unused = "warning unused_bind /binds/0/keys/ORG".to_owned();
    assert_eq!(query("a-{{TOKEN}}"), [unused, format!("warning secret_in_url {at}")]);
    let uri = |uri: &str| found(&document(&[("https://api.code.dev", uri)]));
    let expected = ["warning secret_in_url /capability/consumes/0/baseUri"];
    assert_eq!(uri("https://api.code.dev/bot{{env.TOKEN}}"), expected);
    assert_eq!(uri("https://api.code.dev/bot{token}"), expected);
    assert_eq!(uri("https://api.code.dev/{org}"), Vec::<String>::new());
}

#[test]
fn a_variable_beside_the_result_of_a_step_counts_as_used() {
    let call = "        call: code.list-repos\n        with: {userId: rest.userId, page: rest.page}\n        outputParameters:\n        - {type: object, mapping: $.}\n";
    let run = |with: &str, mapping: &str| {
        let steps = format!(
            "        steps:\n        - {{type: call, name: a, call: code.list-repos, with: {{userId: rest.userId}}}}\n        - {{type: call, name: b, call: code.list-repos, with: {{userId: '{with}'}}}}\n        mappings:\n        - {{targetName: first, value: '{mapping}'}}\n        outputParameters:\n        - {{name: first, type: string}}\n"
        );
        found(&document(&[(call, &steps), ("{TOKEN: TOKEN}", "{TOKEN: TOKEN, ORG: ORG}")]))
    };
    let none = Vec::<String>::new();
    assert_eq!(run("{{$.a.result}} {{env.ORG}}", "{{$.b.result}}"), none);
    assert_eq!(run("{{env.ORG}} {{$.a.result}}", "{{$.b.result}}"), none);
    assert_eq!(run("{{$.a.result}}", "{{$.b.result}} {{ORG}}"), none);
    assert_eq!(run("{{$.a.result}}", "{{env.ORG}} {{$.b.result}}"), none);
    assert_eq!(run("{{$.a.result}}", "{{$.b.result}}"), ["warning unused_bind /binds/0/keys/ORG"]);
}
