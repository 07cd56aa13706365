//! Tests of mistakes in what a document declares about an API: its resilience, its cache and its authentication.

use super::{document, findings, found};

/// Changes to [`GOOD`](super::GOOD): the replaced text, the replacement, and the findings.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (
        "https://api.code.dev",
        "https://api.code.dev\n    resilience: {timeout: 31s}",
        &["warning unreachable_limit /capability/consumes/0/resilience/timeout"],
    ),
    ("https://api.code.dev", "https://api.code.dev\n    timeout: 40s\n    resilience: {timeout: 31s}", &[]),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    timeout: 5m\n    resilience: {timeout: 10s, retry: {tries: 7}}",
        &["warning retries_too_long /capability/consumes/0/resilience/retry"],
    ),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    timeout: 5m\n    resilience: {timeout: 10s, retry: {tries: 5}}",
        &[],
    ),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    timeout: 3s\n    resilience: {timeout: 4s}",
        &["warning unreachable_limit /capability/consumes/0/resilience/timeout"],
    ),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    tls: {certificate: '{{env.TOKEN}}'}",
        &["error unused_tls /capability/consumes/0/tls/certificate"],
    ),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    tls: {key: '{{env.TOKEN}}'}",
        &["error unused_tls /capability/consumes/0/tls/key"],
    ),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    tls: {certificate: '{{env.TOKEN}}', key: '{{env.TOKEN}}'}",
        &[],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: apikey, key: tok, value: '{{env.TOKEN}}', placement: path}",
        &["error unmatched_path_argument /capability/consumes/0/authentication/key"],
    ),
    (
        "    authentication: {type: bearer, token: '{{env.TOKEN}}'}\n    resources:\n    - name: repos\n      path: /users",
        "    authentication: {type: apikey, key: tok, value: '{{env.TOKEN}}', placement: path}\n    resources:\n    - name: repos\n      path: /{tok}",
        &["warning secret_in_url /capability/consumes/0/authentication/placement"],
    ),
    (
        "https://api.code.dev",
        "https://api.code.dev\n    cache: {size: 1KiB, answer: 2KiB}",
        &["warning oversized_answer /capability/consumes/0/cache"],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: oauth2, tokenUrl: 'http://id.code.dev/token', clientId: me, client_secret: '{{env.TOKEN}}', scope: 'a \"b\"'}",
        &[
            "error invalid_oauth /capability/consumes/0/authentication/scope",
            "error invalid_oauth /capability/consumes/0/authentication/tokenUrl",
        ],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: aws-sig-v4, accessKeyId: '{{env.TOKEN}}', secretKey: x, region: r, service: s, sessionToken: y}",
        &[
            "warning literal_secret /capability/consumes/0/authentication/secretKey",
            "warning literal_secret /capability/consumes/0/authentication/sessionToken",
        ],
    ),
    (
        "{type: bearer, token: '{{env.TOKEN}}'}",
        "{type: oauth2, tokenUrl: 'https://id.code.dev/token', clientId: '{{env.TOKEN}}', client_secret: x, scopes: [a, 'b c']}",
        &[
            "warning literal_secret /capability/consumes/0/authentication/client_secret",
            "error invalid_oauth /capability/consumes/0/authentication/scopes/1",
        ],
    ),
];

#[test]
fn each_mistake_in_an_api_is_found() {
    for (old, new, expected) in MISTAKES {
        assert_eq!(found(&document(&[(old, new)])), *expected, "{new}");
    }
}

#[test]
fn the_missing_keys_of_a_signature_are_named() {
    for (authentication, expected) in [
        (
            "{type: aws-sig-v4, accessKeyId: a, secretKey: '{{env.TOKEN}}', service: s}",
            "`aws-sig-v4` authentication has no `region`",
        ),
        ("{type: hmac, apiId: a, token: '{{env.TOKEN}}'}", "`hmac` authentication has no `apiKey`"),
        ("{type: hmac, token: '{{env.TOKEN}}'}", "`hmac` authentication is not supported"),
        ("{type: ntlm, token: '{{env.TOKEN}}'}", "`ntlm` authentication is not supported"),
    ] {
        let yaml = document(&[("{type: bearer, token: '{{env.TOKEN}}'}", authentication)]);
        let messages: Vec<_> = findings(&yaml).into_iter().map(|found| found.message).collect();
        assert!(messages.iter().any(|message| message == expected), "{authentication}: {messages:?}");
    }
}

#[test]
fn a_default_fits_its_parameter_and_bounds_allow_values() {
    let page = "{name: page, in: query, type: integer}";
    let at = "/capability/consumes/0/resources/0/operations/0/inputParameters/1";
    for (keys, expected) in [
        ("type: integer, default: 3, enum: [1, 3.0]", None),
        ("type: integer, default: 3, enum: [1, 2]", Some(("unfit_value", "default"))),
        ("type: string, default: 3", Some(("unfit_value", "default"))),
        ("type: boolean, default: 'true'", Some(("unfit_value", "default"))),
        ("type: integer, enum: [1, '2']", Some(("unfit_value", "enum/1"))),
        ("type: boolean, enum: [true, null]", None),
        ("type: string, default: '{{env.TOKEN}}'", Some(("invalid_template", "default"))),
        ("default: 3", None),
        ("type: array, default: [1], enum: [1, 2]", None),
        ("type: integer, minimum: 5, maximum: 2", Some(("invalid_constraint", "minimum"))),
        ("type: string, minLength: 5, maxLength: 5", None),
        ("type: array, minItems: 2, maxItems: 1", Some(("invalid_constraint", "minItems"))),
    ] {
        let found = found(&document(&[(page, &format!("{{name: page, in: query, {keys}}}"))]));
        let expected: Vec<String> =
            expected.into_iter().map(|(rule, key)| format!("warning {rule} {at}/{key}")).collect();
        assert_eq!(found, expected, "{keys}");
    }
}

#[test]
fn a_header_that_cannot_be_sent_is_reported_once_where_it_is_declared() {
    let wrong = "{name: X-Team, in: header, value: \"a\\nb\"}";
    let page = "{name: page, in: query, type: integer}";
    let of_operation = document(&[(page, &format!("{page}\n        - {wrong}"))]);
    let at = "/capability/consumes/0/resources/0/operations/0/inputParameters/2/value";
    assert_eq!(found(&of_operation), [format!("error invalid_header_value {at}")]);
    let api = "description: Where the code is.";
    let headers = format!("{api}\n    inputParameters: [{wrong}, {{name: X Bad, in: header, value: a}}]");
    let at = "/capability/consumes/0/inputParameters";
    let expected =
        [format!("error invalid_header_value {at}/0/value"), format!("error invalid_header_name {at}/1/name")];
    assert_eq!(found(&document(&[(api, &headers)])), expected);
}

#[test]
fn the_user_and_the_password_of_a_base_uri_are_not_shown() {
    let tls = "\n    tls: {ca: '{{env.TOKEN}}'}";
    for (uri, more) in [
        ("https://ada:s3cret@api.code.dev", ""),
        ("http://ada:s3cret@api.code.dev", tls),
        ("http://ada:s3/s3cret@api.code.dev", tls),
        ("https://ada:s3#s3cret@api.code.dev", ""),
        ("https://ada:s3?s3cret@api.code.dev", ""),
        ("https://s3cret@api.code.dev/{", ""),
        ("https://ada:s3cret@api.code.dev/a b", ""),
        ("ftp://ada:s3cret@api.code.dev", ""),
        ("https://ada:{s3cret:x}@api.code.dev", ""),
        ("https://ada:s3cret@api.code.dev/users/@me", ""),
        ("http://ada:s3@s3cret@api.code.dev", tls),
        ("https://ada:s3}/s3cret@api.code.dev", ""),
        ("{{SCHEME}}://ada:s3cret@api.code.dev", ""),
    ] {
        let found = findings(&document(&[("https://api.code.dev", &format!("'{uri}'{more}"))]));
        let of_uri = found.iter().filter(|found| found.at.ends_with("/baseUri"));
        let shown: Vec<String> =
            of_uri.map(|found| format!("{found} {:?}", found.fix.as_ref().map(ToString::to_string))).collect();
        assert!(!shown.is_empty() && shown.iter().all(|shown| !shown.contains("s3")), "{uri}: {shown:?}");
        let host = if uri.matches('@').count() == 1 { "the base URI of `api.code.dev`" } else { "this base URI" };
        let message = format!("{host} contains a user name or a password");
        assert!(shown.iter().any(|shown| shown.contains(&message)), "{uri}: {shown:?}");
    }
    // An `@` in the path does not end a user name.
    assert_eq!(
        found(&document(&[("https://api.code.dev", "https://api.code.dev:80/users/@me")])),
        Vec::<String>::new()
    );
}
