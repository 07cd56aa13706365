//! Tests of mistakes in what a document declares about an API: its resilience, its cache and its authentication.

use super::{document, found};

/// Strings of the document, their replacements, and the findings.
const SLIPS: &[(&str, &str, &[&str])] = &[
    (
        "https://api.code.dev",
        "https://api.code.dev\n    resilience: {timeout: 31s}",
        &["warning unreachable_limit /capability/consumes/0/resilience/timeout"],
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
    for (old, new, expected) in SLIPS {
        assert_eq!(found(&document(&[(old, new)])), *expected, "{new}");
    }
}
