//! Tests of the rules for variables of traits, and for secrets in the source code.

use super::*;

#[test]
fn a_variable_is_declared_and_a_bind_is_used() {
    let token = |token: &str| {
        let token = token.to_owned();
        move |draft: &mut Draft| {
            draft.head.capability.consumes[0].authentication = Some(Authentication::Bearer { token });
        }
    };
    let at = || "/capability/consumes/0/authentication/token";
    finds(
        token("{{env.API_KEI}}"),
        "undeclared_variable",
        at(),
        "no bind declares `{{env.API_KEI}}`; write `{{env.API_KEY}}`, or declare it under `binds`: `namespace: env`, `keys: \
            {API_KEI: API_KEI}`",
    );
    finds(
        token("{{vault.API_KEY}}"),
        "undeclared_variable",
        at(),
        "no bind declares `{{vault.API_KEY}}`; write `{{env.API_KEY}}`, or declare it under `binds`: `namespace: vault`, \
            `keys: {API_KEY: API_KEY}`",
    );
    finds(
        |draft| draft.head.capability.consumes[0].authentication = None,
        "unused_bind",
        "/binds/0/keys/API_KEY",
        "nothing uses the variable `API_KEY` of the bind `env`; use it as `{{env.API_KEY}}`, or remove it",
    );
    assert_eq!(read(token("{{API_KEY}}")), []);
    finds(
        token("{{env.API_KEY"),
        "invalid_template",
        "/capability/consumes/0/authentication/token",
        "the template cannot be read: `{{` at byte 0 is not closed; write `{{env.NAME}}` or `{{NAME}}` to insert the value of a bind",
    );
    finds(
        |draft| draft.head.capability.consumes[0].input_parameters.push(constant("X-Org", "{{ORG}}")),
        "undeclared_variable",
        "/capability/consumes/0/inputParameters/0/value",
        "no bind declares `{{ORG}}`; declare it under `binds`: `namespace: env`, `keys: {ORG: ORG}`",
    );
    let tenant = |draft: &mut Draft| drop(draft.head.binds[0].keys.insert("TENANT".to_owned(), "TENANT".to_owned()));
    assert_eq!(read(tenant), []);
}

#[test]
fn a_secret_in_the_source_is_reported_without_showing_it() {
    let secret = "hunter2";
    let authentications = [
        (Authentication::Bearer { token: secret.to_owned() }, "token"),
        (Authentication::Basic { username: "{{API_KEY}}".to_owned(), password: secret.to_owned() }, "password"),
        (
            Authentication::Apikey { key: "X".to_owned(), value: secret.to_owned(), placement: Placement::Query },
            "value",
        ),
    ];
    for (authentication, key) in authentications {
        let found = read(|draft| {
            draft.head.capability.consumes[0].authentication = Some(authentication);
            draft.head.capability.consumes[0].input_parameters.push(constant("X-Key", "{{API_KEY}}"));
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].0, &found[0].1),
            ("literal_secret", &format!("/capability/consumes/0/authentication/{key}"))
        );
        assert!(!found[0].2.contains(secret) && found[0].2.contains("env.TOKENS_"), "{found:?}");
    }
    let header = |name: &'static str, value: &'static str| {
        read(move |draft| draft.head.capability.consumes[0].input_parameters.push(constant(name, value)))
    };
    assert_eq!(
        header("X-Auth-Token", secret)[0].2,
        "the value of `X-Auth-Token` looks like a secret in the source; declare `X_AUTH_TOKEN` under `binds`, write \
            `{{env.X_AUTH_TOKEN}}`, and revoke the secret if it was ever published"
    );
    assert_eq!(header("X-Any", "ghp_0123456789")[0].0, "literal_secret");
    assert_eq!(header("Notion-Version", "2022-06-28"), []);
}
