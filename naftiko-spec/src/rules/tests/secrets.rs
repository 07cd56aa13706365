//! Tests of the rule `literal_secret` for constants of bodies, of `with`, and of parameters.

use super::{document, findings};
use crate::rules::is_literal_secret;

const OPERATION: &str = "/capability/consumes/0/resources/0/operations/1";
const TOOL: &str = "/capability/exposes/1/tools/0";

const DELETE: &str = "\
      - name: delete-repo
        method: DELETE
        description: Removes one.
        inputParameters:
        - {name: userId, in: path, type: string}
";

fn post(keys: &str) -> String {
    let id = "{name: userId, in: path, type: string}, {name: token, in: query}";
    format!("- name: delete-repo\n        method: POST\n        inputParameters: [{id}]\n        {keys}\n")
}

/// Returns the locations of the secrets in [`GOOD`](super::GOOD), with a POST that has the keys `operation` in place of
/// the DELETE, and with the keys `tool` in the tool.
fn secrets(operation: &str, tool: &str) -> Vec<String> {
    let yaml =
        document(&[(DELETE, &post(operation)), ("      with: {userId: tools.userId}\n", &format!("      {tool}\n"))]);
    let found = findings(&yaml).into_iter().filter(|found| found.rule.name == "literal_secret");
    found
        .map(|found| {
            assert!(!found.message.contains("hunter2"), "{}", found.message);
            found.at.replace(OPERATION, "OP").replace(TOOL, "TOOL")
        })
        .collect()
}

const WITH: &str = "with: {userId: tools.userId}";

#[test]
fn secrets_in_bodies_are_found() {
    for (body, expected) in [
        ("{type: json, data: {user: ann, password: hunter2}}", "OP/body/data/password"),
        ("{type: json, data: {a: [{client_secret: hunter2}]}}", "OP/body/data/a/0/client_secret"),
        ("{type: json, data: {password: {value: hunter2}}}", "OP/body/data/password/value"),
        ("{type: json, data: {note: Bearer hunter2}}", "OP/body/data/note"),
        ("{type: formUrlEncoded, data: {grant_type: password, apiKey: hunter2}}", "OP/body/data/apiKey"),
        ("{type: formUrlEncoded, data: 'a=1&password=hunter2'}", "OP/body/data"),
        ("{type: multipartForm, data: [{name: token, value: hunter2}]}", "OP/body/data/0/value"),
        ("{type: json, data: '{\"token\": \"hunter2\", \"a\": {{a}}}'}", "OP/body/data"),
        ("'{\"token\": \"hunter2\"}'", "OP/body"),
    ] {
        assert_eq!(secrets(&format!("body: {body}"), WITH), [expected], "{body}");
    }
    for body in [
        "{type: json, data: {password: '{{env.TOKEN}}', token: '{{tools.token}}', secret: ''}}",
        "{type: json, data: {grant_type: password, page_token: abc, token_type: bearer, passwordPolicy: strict, max_tokens: 5}}",
        "'{\"token\": \"{{tools.token}}\"}'",
        "hello",
    ] {
        assert_eq!(secrets(&format!("body: {body}"), WITH), [""; 0], "{body}");
    }
}

#[test]
fn of_several_secrets_in_a_text_the_first_is_reported() {
    let body = "'client_secret=hunter2&password=hunter2&api_key=hunter2&access_token=hunter2'";
    let yaml = document(&[(DELETE, &post(&format!("body: {{type: formUrlEncoded, data: {body}}}")))]);
    // The order of a hash map differs each time.
    for _ in 0..16 {
        let found = findings(&yaml).into_iter().filter(|found| found.rule.name == "literal_secret");
        let messages: Vec<String> = found.map(|found| found.message).collect();
        assert_eq!(messages, ["the body's `client_secret` looks like a secret in the source"]);
    }
}

#[test]
fn secrets_in_with_and_in_parameters_are_found() {
    let plain = "description: Posts.";
    for (with, expected) in [
        ("with: {userId: tools.userId, token: hunter2}", "TOOL/with/token"),
        ("with: {userId: Bearer hunter2}", "TOOL/with/userId"),
        ("inputParameters: [{name: token, value: hunter2}]", "TOOL/inputParameters/0/value"),
        ("inputParameters: [{name: token, default: hunter2}]", "TOOL/inputParameters/0/default"),
    ] {
        assert_eq!(secrets(plain, with), [expected], "{with}");
    }
    // References are not constants.
    for with in [
        "with: {userId: tools.userId, token: tools.token}",
        "with: {userId: tools.userId, token: env.TOKEN}",
        "with: {userId: tools.userId, token: '{{env.TOKEN}}'}",
        "with: {userId: tools.userId, token: 'Bearer {{env.TOKEN}}'}",
        "inputParameters: [{name: secret, type: string}]\n      with: {userId: tools.userId, token: secret}",
    ] {
        assert_eq!(secrets(plain, with), [""; 0], "{with}");
    }
    let steps = "steps:\n      - {type: call, name: one, call: code.delete-repo, with: {userId: tools.userId, token: hunter2}}\n      \
                 - {type: call, name: two, call: code.delete-repo, with: {userId: tools.userId, token: $.one.token}}";
    let yaml = document(&[
        (DELETE, &post(plain)),
        ("      call: code.delete-repo\n      with: {userId: tools.userId}\n", &format!("      {steps}\n")),
    ]);
    let found = findings(&yaml).into_iter().filter(|found| found.rule.name == "literal_secret");
    assert_eq!(found.map(|found| found.at).collect::<Vec<_>>(), [format!("{TOOL}/steps/0/with/token")]);
}

#[test]
fn names_that_only_contain_a_word_for_secrets_are_not_secrets() {
    for name in ["password", "clientSecret", "X-Api-Key", "access_token", "TOKEN", "new-password", "Authorization"] {
        assert!(is_literal_secret(name, "x"), "{name}");
        assert!(!is_literal_secret(name, " ") && !is_literal_secret(name, "{{env.X}}"), "{name}");
    }
    for name in ["page_token", "token_type", "max_tokens", "secretName", "grant_type", "cookie", "", "key"] {
        assert!(!is_literal_secret(name, "x"), "{name}");
        assert!(is_literal_secret(name, "sk-123"), "{name}");
    }
}
