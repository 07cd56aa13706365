//! Tests of reading base URIs, credentials, paths, parameters, resilience and caches.

use super::{OPERATION, ROUTE, TOOL, consuming, operation, repairs, route, tool};
use naftiko_spec::read::read;
use serde_json::json;

#[test]
fn base_uris_are_repaired() {
    for (written, read, messages) in [
        ("https://a.io/v1/", "https://a.io/v1", &["R12: the slash at the end of `https://a.io/v1/` removed"][..]),
        ("a.io/v1", "https://a.io/v1", &["R11: `a.io/v1` has no scheme; called over https"]),
        ("localhost:8080", "http://localhost:8080", &["R11: `localhost:8080` has no scheme; called over http"]),
        (
            "https://<host>/v1",
            "https://{host}/v1",
            &["R13: `https://<host>/v1` read as `https://{host}/v1`, with a variable"],
        ),
        (
            "https://YOUR_ORG.a.io",
            "https://{YOUR_ORG}.a.io",
            &["R13: `https://YOUR_ORG.a.io` read as `https://{YOUR_ORG}.a.io`, with a variable"],
        ),
        ("https://[tenant_id].a.io", "https://[tenant_id].a.io", &[]),
    ] {
        repairs(&consuming(&format!("baseUri: {written}")), messages, "/capability/consumes/0/baseUri", &json!(read));
    }
    repairs(
        &consuming("url: https://a.io"),
        &["R04: `url` read as `baseUri`"],
        "/capability/consumes/0/baseUri",
        &json!("https://a.io"),
    );
    repairs(
        &consuming("baseUri: {{BASE_URL}}"),
        &[
            "R05: `baseUri` without quotes, read as the string \"{{BASE_URL}}\"",
            "R14: no bind declares `{{BASE_URL}}`; read from the environment under its own name",
        ],
        "/capability/consumes/0/baseUri",
        &json!("{{BASE_URL}}"),
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn authentications_are_repaired() {
    let apikey = json!({"type": "apikey", "key": "X-Key", "value": "{{env.KEY}}", "placement": "header"});
    let with = |keys: &str| {
        consuming(&format!("authentication: {{{keys}}}"))
            .replace("capability:", "binds:\n- {namespace: env, keys: {KEY: KEY, USER: USER}}\ncapability:")
    };
    let at = "/capability/consumes/0/authentication";
    let value = "\"{{env.KEY}}\"";
    repairs(&with(&format!("type: apikey, key: X-Key, value: {value}, placement: header")), &[], at, &apikey);
    repairs(
        &with(&format!("type: apikey, key: X-Key, value: {value}")),
        &["R07: an API key without `placement`, sent as a header"],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: apiKey, in: header, name: X-Key, value: {value}")),
        &[
            "R09: an authentication of type `apiKey`, read as `apikey`",
            "R08: `in: header` read as `placement: header`",
            "R08: `name` read as `key`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: apikey, header: X-Key, key: {value}")),
        &[
            "R07: an API key without `placement`, sent as a header",
            "R08: `header` read as `key`",
            "R08: `key` read as `value`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: header, header: X-Key, token: {value}")),
        &[
            "R09: an authentication of type `header`, read as `apikey`",
            "R07: an API key without `placement`, sent as a header",
            "R08: `header` read as `key`",
            "R08: `token` read as `value`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: api_key, key: X-Key, value: {value}, placement: Header")),
        &[
            "R09: an authentication of type `api_key`, read as `apikey`",
            "R08: `placement: Header` read as `placement: header`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with("type: apikey, key: X-Key, value: \"${KEY}\", placement: header"),
        &["R33: `${KEY}` read as `{{KEY}}`"],
        at,
        &json!({"type": "apikey", "key": "X-Key", "value": "{{KEY}}", "placement": "header"}),
    );
    repairs(
        &with(&format!("type: query, name: key, value: {value}")),
        &[
            "R09: an authentication of type `query`, read as `apikey`",
            "R07: an API key without `placement`, sent as a query parameter",
            "R08: `name` read as `key`",
        ],
        at,
        &json!({"type": "apikey", "key": "key", "value": "{{env.KEY}}", "placement": "query"}),
    );
    let bearer = json!({"type": "bearer", "token": "{{env.KEY}}"});
    repairs(
        &with(&format!("type: Bearer, value: {value}")),
        &["R09: an authentication of type `Bearer`, read as `bearer`", "R04: `value` read as `token`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("type: http, scheme: bearer, token: {value}")),
        &["R09: an authentication of type `http`, read as `bearer`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("type: oauth2, accessToken: {value}")),
        &["R09: an authentication of type `oauth2`, read as `bearer`", "R04: `accessToken` read as `token`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("token: {value}")),
        &["R09: an authentication without a type, read as `bearer`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("type: basic, user: {value}, pass: x")),
        &["R04: `user` read as `username`", "R04: `pass` read as `password`"],
        at,
        &json!({"type": "basic", "username": "{{env.KEY}}", "password": "x"}),
    );
    repairs(
        &with(&format!("type: basic, username: {value}")),
        &["R32: a basic authentication without a password, read as an empty password"],
        at,
        &json!({"type": "basic", "username": "{{env.KEY}}", "password": ""}),
    );
    repairs(
        &with("type: none"),
        &["R09: an authentication of type `none`, read as no authentication"],
        at,
        &json!(null),
    );
    repairs(
        &with(&format!("type: hmac, apiId: x, api_key: {value}")),
        &["R04: `api_key` read as `apiKey`"],
        at,
        &json!({"type": "hmac", "apiId": "x", "apiKey": "{{env.KEY}}"}),
    );
    repairs(
        &with(&format!("type: aws, accessKey: x, secretKey: {value}, region: r, service: s, sessionToken: t")),
        &["R09: an authentication of type `aws`, read as `aws-sig-v4`", "R04: `accessKey` read as `accessKeyId`"],
        at,
        &json!({
            "type": "aws-sig-v4", "accessKeyId": "x", "secretKey": "{{env.KEY}}", "region": "r", "service": "s",
            "sessionToken": "t"
        }),
    );
    repairs(
        &with(&format!("aws-sig-v4: {{accessKeyId: x, secretKey: {value}, region: r, service: s}}")),
        &["R09: `aws-sig-v4: …` read as an authentication of that type"],
        at,
        &json!({
            "type": "aws-sig-v4", "accessKeyId": "x", "secretKey": "{{env.KEY}}", "region": "r", "service": "s"
        }),
    );
    repairs(
        &with(&format!("type: OAuth1.0a, consumerKey: x, privateKey: {value}, signatureMethod: RSA-SHA256")),
        &["R09: an authentication of type `OAuth1.0a`, read as `oauth1`", "R04: `privateKey` read as `signingKey`"],
        at,
        &json!({
            "type": "oauth1", "consumerKey": "x", "signingKey": "{{env.KEY}}", "signatureMethod": "RSA-SHA256"
        }),
    );
    // A scheme that is unsupported or incomplete is kept, so that the error can name it.
    for unknown in ["oauth1", "hmac", "aws-sig-v4", "certificate"] {
        repairs(
            &with(&format!("type: {unknown}, key: {value}")),
            &[],
            at,
            &json!({"type": unknown, "key": "{{env.KEY}}"}),
        );
    }
    repairs(
        &with("type: oauth2, clientId: x, tokenUrl: y"),
        &[],
        at,
        &json!({"type": "oauth2", "clientId": "x", "tokenUrl": "y"}),
    );
    repairs(
        &with(&format!("type: bearer, token: {value}")).replace("authentication:", "auth:"),
        &["R04: `auth` read as `authentication`"],
        at,
        &bearer,
    );
}

#[test]
fn paths_and_methods_are_repaired() {
    let resource = |path: &str| consuming(&format!("resources:\n- name: notes\n  path: {path}\n  operations: []"));
    let at = "/capability/consumes/0/resources/0/path";
    for (written, read, messages) in [
        ("notes", "/notes", &["R15: `notes` does not begin with a slash; read as `/notes`"][..]),
        ("'/n/{{id}}'", "/n/{id}", &["R16: `/n/{{id}}` read as `/n/{id}`"]),
        ("'/n/{{tools.id}}'", "/n/{id}", &["R16: `/n/{{tools.id}}` read as `/n/{id}`"]),
        ("/n/:id/x:cancel", "/n/{id}/x:cancel", &["R16: `/n/:id/x:cancel` read as `/n/{id}/x:cancel`"]),
        ("/n/<id>", "/n/{id}", &["R16: `/n/<id>` read as `/n/{id}`"]),
        ("'/n/{id}/{?a,b}'", "/n/{id}/", &["R16: `/n/{id}/{?a,b}` read as `/n/{id}/`"]),
        ("/n/", "/n/", &[]),
        ("'?action=x'", "?action=x", &[]),
        ("\"/range(address='{a}')\"", "/range(address='{a}')", &[]),
    ] {
        repairs(&resource(written), messages, at, &json!(read));
    }
    let bound =
        resource("'/n/{{KEY}}'").replace("capability:", "binds:\n- {namespace: env, keys: {KEY: KEY}}\ncapability:");
    repairs(&bound, &[], at, &json!("/n/{{KEY}}"));
    repairs(&operation("method: get"), &["R24: `get` read as `GET`"], &format!("{OPERATION}/method"), &json!("GET"));
    repairs(
        &operation("Method: GET"),
        &["R04: `Method` read as `method`"],
        &format!("{OPERATION}/method"),
        &json!("GET"),
    );
    repairs(
        &operation("x: 1").replace("        method: GET\n", ""),
        &["R24: an operation without a method, read as a GET", "R03: unknown key `x` in a consumed operation, ignored"],
        &format!("{OPERATION}/method"),
        &json!("GET"),
    );
    repairs(
        &route("call: notes.list-notes"),
        &["R24: an operation without a method, read as a POST like the operation it calls"],
        &format!("{ROUTE}/method"),
        &json!("POST"),
    );
    let functions = "aggregates:\n- namespace: lib\n  functions:\n  - name: list\n    call: notes.list-notes\n";
    repairs(
        &(route("ref: lib.list") + &super::below(functions, 2)),
        &["R24: an operation without a method, read as a POST like the operation it calls"],
        &format!("{ROUTE}/method"),
        &json!("POST"),
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn parameters_are_repaired() {
    let at = format!("{OPERATION}/inputParameters");
    for (written, read, messages) in [
        (
            "{id: {in: path}}",
            json!([{"name": "id", "in": "path"}]),
            &["R06: `inputParameters` has named entries; read as a list"][..],
        ),
        (
            "{id: string}",
            json!([{"name": "id", "in": "path", "type": "string"}]),
            &[
                "R06: `inputParameters` has named entries; read as a list",
                "R19: `id` has no `in`; read as a path parameter",
            ],
        ),
        (
            "[id, page]",
            json!([{"name": "id", "in": "path"}, {"name": "page", "in": "query"}]),
            &[
                "R06: `id` read as the name of a parameter",
                "R19: `id` has no `in`; read as a path parameter",
                "R06: `page` read as the name of a parameter",
                "R19: `page` has no `in`; read as a query parameter",
            ],
        ),
        (
            "{name: q, in: query}",
            json!([{"name": "q", "in": "query"}]),
            &["R06: `inputParameters` is a single entry; read as a list"],
        ),
        (
            "[{name: q, in: querystring, required: \"true\", type: int}]",
            json!([{"name": "q", "in": "query", "type": "integer", "required": true}]),
            &[
                "R19: \"querystring\" read as `query`",
                "R05: `required: true` read as true",
                "R29: the type \"int\" read as `integer`",
            ],
        ),
        (
            "[{name: q, in: somewhere, type: [string, 'null']}]",
            json!([{"name": "q", "in": "query", "type": "string"}]),
            &[
                "R19: \"somewhere\" is not a parameter location; read as a query parameter",
                "R29: expected one type, found a list; read as `string`",
            ],
        ),
        (
            "[{name: q, in: query, type: 'string[]', values: a|b, default: 3}]",
            json!([
                {"name": "q", "in": "query", "type": "array", "default": 3, "enum": ["a", "b"], "items": {"type": "string"}}
            ]),
            &[
                "R29: the type \"string[]\" read as `array`",
                "R04: `values` read as `enum`",
                "R06: `enum` is a string; read as a list",
            ],
        ),
        (
            "[{name: f, in: body, limit: 10MB}]",
            json!([{"name": "f", "in": "body"}]),
            &["R30: expected a number of bytes for `limit`, found \"10MB\"; ignored"],
        ),
        (
            "[{name: v, in: header, value: 2}]",
            json!([{"name": "v", "in": "header", "value": "2"}]),
            &["R05: `value` is a number; read as a string"],
        ),
        (
            "[{name: v, in: query, schema: {type: integer, enum: [1]}}]",
            json!([{"name": "v", "in": "query", "type": "integer", "enum": [1]}]),
            &["R04: `type`, `default`, `enum` and `items` of `schema` read as keys of the parameter"],
        ),
        (
            "[{name: v, in: query, schema: {type: integer, minimum: 1}}]",
            json!([{"name": "v", "in": "query", "type": "integer"}]),
            &[
                "R04: `type`, `default`, `enum` and `items` of `schema` read as keys of the parameter",
                "R03: the key `minimum` of `schema` is ignored",
            ],
        ),
        (
            "[{name: v, in: query, optional: true, example: 7}]",
            json!([{"name": "v", "in": "query", "required": false}]),
            &[
                "R04: `optional: true` read as `required: false`",
                "R03: unknown key `example` in an input parameter, ignored",
            ],
        ),
    ] {
        repairs(&operation(&format!("inputParameters: {written}")), messages, &at, &read);
    }
    repairs(
        &operation("parameters: [{name: q, in: query}]"),
        &["R04: `parameters` read as `inputParameters`"],
        &at,
        &json!([{"name": "q", "in": "query"}]),
    );
    repairs(
        &operation("headers: {X-A: \"1\"}"),
        &["R04: `headers` read as `inputParameters` in the header"],
        &at,
        &json!([{"name": "X-A", "in": "header", "value": "1"}]),
    );
    repairs(
        &operation("pathParameters: {id: The identifier.}"),
        &["R04: `pathParameters` read as `inputParameters` in the path"],
        &at,
        &json!([{"name": "id", "in": "path", "description": "The identifier."}]),
    );
    repairs(
        &operation("query: {q: tools.q, page: integer, format: json-api}"),
        &["R04: `query` read as `inputParameters` in the query"],
        &at,
        &json!([
            {"name": "q", "in": "query"},
            {"name": "page", "in": "query", "type": "integer"},
            {"name": "format", "in": "query", "value": "json-api"},
        ]),
    );
    repairs(
        &operation("queryParams: [{name: q}]"),
        &["R04: `queryParams` read as `inputParameters` in the query"],
        &at,
        &json!([{"name": "q", "in": "query"}]),
    );
    repairs(
        &tool("call: notes.list-notes\ninputParameters: [{name: a, in: query, type: string}]"),
        &["R03: unknown key `in` in a tool's parameter, ignored"],
        &format!("{TOOL}/inputParameters"),
        &json!([{"name": "a", "type": "string"}]),
    );
}

#[test]
fn resilience_is_read_and_repaired() {
    let all = json!({
        "timeout": "5s",
        "retry": { "tries": 3 },
        "hedge": "300ms",
        "circuitBreaker": { "failures": 5 },
        "rateLimit": { "calls": 50, "per": "1m", "queue": 0 },
        "concurrency": { "calls": 20 },
    });
    let written = "resilience: {timeout: 5s, retry: 3, hedge: 300ms, circuitBreaker: 5, \
                   rateLimit: {calls: 50, per: 1m, queue: 0}, concurrency: {calls: 20}}";
    repairs(&consuming(written), &[], "/capability/consumes/0/resilience", &all);
    repairs(&operation(written), &[], &format!("{OPERATION}/resilience"), &all);
    repairs(
        &consuming("resilience: {retries: {attempts: 2, idempotencyKey: X-Key}}"),
        &["R04: `retries` read as `retry`", "R04: `attempts` read as `tries`"],
        "/capability/consumes/0/resilience",
        &json!({ "retry": { "tries": 2, "idempotencyKey": "X-Key" } }),
    );
    repairs(
        &operation("resilience: {hedge: false}"),
        &[],
        &format!("{OPERATION}/resilience"),
        &json!({ "hedge": false }),
    );
}

#[test]
fn a_cache_is_read_and_repaired() {
    for (written, read) in [
        ("cache: true", json!(true)),
        ("cache: 64MiB", json!({ "size": "64MiB" })),
        ("cache: {size: 64MiB, answer: 512KiB}", json!({ "size": "64MiB", "answer": "512KiB" })),
        ("cache: {}", json!(true)),
    ] {
        repairs(&consuming(written), &[], "/capability/consumes/0/cache", &read);
    }
    for (written, read) in [
        ("cache: false", json!(false)),
        ("cache: true", json!(true)),
        ("cache: {answer: 2048KiB}", json!({ "answer": "2MiB" })),
    ] {
        repairs(&operation(written), &[], &format!("{OPERATION}/cache"), &read);
    }
    repairs(
        &operation("cache: 'off'"),
        &["R05: `cache: off` read as false"],
        &format!("{OPERATION}/cache"),
        &json!(false),
    );
}

#[test]
fn repairs_do_not_show_secrets() {
    for keys in [
        "type: hmac, apiId: 1234, apiKey: 9876543210",
        "type: oauth1, consumerKey: k, signingKey: 9876543210, tokenSecret: 9876543210",
        "type: aws-sig-v4, accessKeyId: a, secretKey: 9876543210, sessionToken: 9876543210, region: r, service: s",
    ] {
        no_secret(&consuming(&format!("authentication: {{{keys}}}")), "9876543210");
    }
    no_secret(
        &operation("method: POST\nbody: {type: formUrlEncoded, data: {client_secret: 00420, pin: [00420]}}"),
        "00420",
    );
    for uri in [
        "https://ada:s3cret@a.io/v1/",
        "ada:s3cret@a.io",
        "//s3cret@a.io",
        "/ada:s3cret@a.io",
        "https://ada:s3cret@<host>/v1",
        "https://ada:s3/s3cret@YOUR_ORG.a.io",
        "https://ada:s3?s3cret@<host>",
        "{{SCHEME}}://ada:s3cret@a.io/v1/",
        "https://ada:s3}/s3cret@a.io/v1/",
    ] {
        no_secret(&consuming(&format!("baseUri: '{uri}'")), "s3cret");
    }
}

/// Reads a document whose repairs and errors must not contain the secret.
#[track_caller]
fn no_secret(text: &str, secret: &str) {
    let found = match read(text) {
        Ok(reading) => reading.repairs,
        Err(errors) => errors,
    };
    assert!(!found.is_empty(), "{text}");
    for found in found {
        let help = found.fix.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(!format!("{found} {help}").contains(secret), "{found}: {help}");
    }
}
