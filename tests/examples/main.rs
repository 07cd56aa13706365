//! The examples of the five published capabilities as programs: every operation is called over REST and MCP, over real
//! sockets, and the request that its upstream receives is compared with the expected one.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli"))]

mod capabilities;
mod demo;
mod documents;
#[cfg(feature = "page")]
mod pages;
mod program;

use naftiko::testing::{Answer, Recorded, Upstream};
use program::Program;
use reqwest::Method;
use serde_json::{Value, json};

/// The header with a capability's own credential, and its value in these tests.
const CREDENTIAL: (&str, &str) = ("authorization", "Bearer s3cret-of-the-capability");

/// One operation: how callers request it, and what the upstream must receive.
struct Operation {
    rest: (Method, &'static str),
    tool: &'static str,
    arguments: Value,
    /// Headers that REST callers send.
    headers: &'static [(&'static str, &'static str)],
    body: Option<Value>,
    sees: Sees,
    answer: Answer,
    /// The answer for REST callers.
    gives: (u16, Option<Value>),
}

/// The expected request.
struct Sees {
    request: &'static str,
    credential: Option<&'static str>,
}

fn sees(request: &'static str, credential: Option<&'static str>) -> Sees {
    Sees { request, credential }
}

/// Compares the received request with the expected one.
fn assert_seen(recorded: &Recorded, operation: &Operation, how: &str) {
    let request = format!("{} {}", recorded.method, recorded.path_and_query);
    assert_eq!(request, operation.sees.request, "{how}");
    assert_eq!(recorded.header("authorization"), operation.sees.credential, "{how}: the credential");
    assert_eq!(recorded.header("accept"), Some("application/json"), "{how}");
    assert!(recorded.header("user-agent").is_some_and(|agent| agent.starts_with("naftiko/")), "{how}");
    if let Some(body) = &operation.body {
        assert_eq!(recorded.header("content-type"), Some("application/json"), "{how}");
        assert_eq!(&recorded.json().unwrap(), body, "{how}");
    } else {
        assert_eq!(recorded.header("content-type"), None, "{how}: a Content-Type without a body");
        assert!(recorded.body.is_empty(), "{how}: an unexpected body");
    }
    assert_eq!(recorded.header("accept-encoding"), Some("identity"), "{how}");
    let known = ["authorization", "accept", "accept-encoding", "user-agent", "content-type", "content-length", "host"];
    let others: Vec<_> = recorded.headers.keys().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(others.is_empty(), "{how}: unexpected headers: {others:?}");
}

/// Calls every operation over REST and MCP, and checks both the answers and the requests.
async fn drive(example: &str, namespace: &str, environment: &[(&str, &str)], operations: Vec<Operation>) {
    let upstream = Upstream::start().await;
    let program = Program::serve(example, namespace, upstream.url(), environment);
    for operation in operations {
        let (method, path) = operation.sees.request.split_once(' ').unwrap();
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        // The upstream accepts anything in place of a percent-encoded segment; the exact path is compared below.
        let route: Vec<_> = path.split('/').map(|part| if part.contains('%') { "{any}" } else { part }).collect();
        upstream.answer(method, &route.join("/"), operation.answer.clone());
        let how = format!("{example}, REST {} {}", operation.rest.0, operation.rest.1);
        let before = upstream.requests().len();
        let (status, body) = program.rest(&operation).await;
        assert_eq!((status, body), operation.gives, "{how}");
        let requests = upstream.requests();
        assert_eq!(requests.len(), before + 1, "{how}: the number of requests");
        assert_seen(&requests[before], &operation, &how);

        let how = format!("{example}, tool {}", operation.tool);
        let result = program.tool(operation.tool, &operation.arguments).await;
        assert_ne!(result["isError"], true, "{how}: {result}");
        let requests = upstream.requests();
        assert_eq!(requests.len(), before + 2, "{how}: the number of requests");
        assert_seen(&requests[before + 1], &operation, &how);
        match &operation.gives.1 {
            Some(body) => {
                let structured = &result["structuredContent"];
                let whole = if body.is_object() { structured } else { &structured["result"] };
                assert_eq!(whole, body, "{how}: structured content");
                let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
                assert_eq!(&text, structured, "{how}: the text differs from the structured content");
            }
            None => assert_eq!(result.get("structuredContent"), None, "{how}: unexpected structured content"),
        }
    }
    program.stop();
}

fn token() -> Value {
    json!({
        "id": "ci", "type": "static", "description": "Builds", "created_by": "u-1", "created_at": "2026-05-19T08:00:00Z",
    })
}

#[tokio::test]
async fn humanitec_tokeninfo() {
    let new = json!({ "id": "ci", "type": "static", "expires_at": "2027-05-19T08:00:00Z" });
    let one = "/v1/users/u 1%2F%C3%A9/tokens/..ci";
    drive(
        "humanitec_tokeninfo",
        "humanitec-tokeninfo",
        &[("HUMANITEC_API_KEY", "unused-but-bound")],
        vec![
            Operation {
                rest: (Method::GET, "/v1/users/u-1/tokens"),
                tool: "lists-tokens-associated-user",
                arguments: json!({ "userId": "u-1" }),
                headers: &[("x-forwarded-for", "10.0.0.1"), ("cookie", "session=1")],
                body: None,
                sees: sees("GET /users/u-1/tokens", None),
                answer: Answer::json(200, json!([token()])),
                gives: (200, Some(json!([token()]))),
            },
            Operation {
                rest: (Method::POST, "/v1/users/u-1/tokens"),
                tool: "creates-new-static-token-user",
                arguments: json!({ "userId": "u-1", "body": new }),
                headers: &[],
                body: Some(new),
                sees: sees("POST /users/u-1/tokens", None),
                answer: Answer::json(200, json!({ "token": "t0ken", "unnamed": "does not come through" })),
                gives: (200, Some(json!({ "token": "t0ken" }))),
            },
            Operation {
                rest: (Method::GET, one),
                tool: "gets-specific-token-associated-user",
                arguments: json!({ "userId": "u 1/é", "tokenId": "..ci" }),
                headers: &[],
                body: None,
                sees: sees("GET /users/u%201%2F%C3%A9/tokens/..ci", None),
                answer: Answer::json(200, token()),
                gives: (200, Some(token())),
            },
            Operation {
                rest: (Method::DELETE, "/v1/users/u-1/tokens/ci"),
                tool: "deletes-specific-token-associated-user",
                arguments: json!({ "userId": "u-1", "tokenId": "ci" }),
                headers: &[],
                body: None,
                sees: sees("DELETE /users/u-1/tokens/ci", None),
                answer: Answer::status(204),
                gives: (204, None),
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn logto_subject_tokens() {
    let body = json!({ "userId": "u-1", "context": { "reason": "support" } });
    let answer = json!({ "subjectToken": "sub_1", "expiresIn": 600.0 });
    drive(
        "logto_subject_tokens",
        "logto-subject-tokens",
        &[("LOGTO_API_KEY", "s3cret-of-the-capability")],
        vec![Operation {
            rest: (Method::POST, "/v1/api/subject-tokens"),
            tool: "create-new-subject-token",
            arguments: json!({ "body": body }),
            headers: &[("authorization", "Bearer the-caller's-own")],
            body: Some(body),
            sees: sees("POST /api/subject-tokens", Some(CREDENTIAL.1)),
            answer: Answer::json(201, answer.clone()),
            gives: (201, Some(answer)),
        }],
    )
    .await;
}

#[tokio::test]
async fn logto_create_resource() {
    let sent = json!({ "name": "orders", "indicator": "https://api.example.com/orders", "accessTokenTtl": 3600.0 });
    let answer = json!({
        "tenantId": "default", "id": "r-1", "name": "orders", "indicator": "https://api.example.com/orders",
        "isDefault": false, "accessTokenTtl": 3600.0,
        "scopes": [{ "tenantId": "default", "id": "s-1", "resourceId": "r-1", "name": "read", "description": null, "createdAt": 1.0 }],
    });
    drive(
        "logto_create_resource",
        "logto-resources",
        &[("LOGTO_API_KEY", "s3cret-of-the-capability")],
        vec![Operation {
            rest: (Method::POST, "/v1/api/resources"),
            tool: "create-resource",
            arguments: json!({ "body": sent }),
            headers: &[],
            body: Some(sent),
            sees: sees("POST /api/resources", Some(CREDENTIAL.1)),
            answer: Answer::json(201, answer.clone()),
            gives: (201, Some(answer)),
        }],
    )
    .await;
}

#[tokio::test]
async fn label_studio_tokens() {
    const OF_CALLER: (&str, &str) = ("authorization", "Token of-the-caller");
    let api_token = json!({ "created_at": "2026-05-19", "expires_at": "2027-05-19", "token": "t0ken" });
    let refresh = json!({ "refresh": "jwt" });
    let operation = |rest, tool, arguments, body: Option<&Value>, sees, answer: Answer, gives| Operation {
        rest: (if tool == "list-api-tokens" { Method::GET } else { Method::POST }, rest),
        tool,
        arguments,
        headers: &[OF_CALLER],
        body: body.cloned(),
        sees,
        answer,
        gives,
    };
    drive(
        "label_studio_tokens",
        "label-studio-subpackage-tokens",
        &[("LABEL_STUDIO_API_KEY", CREDENTIAL.1)],
        vec![
            operation(
                "/v1/api/token?ordering=-created%20at%26x",
                "list-api-tokens",
                json!({ "ordering": "-created at&x", "Authorization": OF_CALLER.1 }),
                None,
                sees("GET /api/token/?ordering=-created%20at%26x", Some(OF_CALLER.1)),
                Answer::json(200, json!([api_token])),
                (200, Some(json!([api_token]))),
            ),
            operation(
                "/v1/api/token",
                "create-api-token",
                json!({ "Authorization": OF_CALLER.1 }),
                None,
                sees("POST /api/token/", Some(OF_CALLER.1)),
                Answer::json(201, api_token.clone()),
                (201, Some(api_token.clone())),
            ),
            operation(
                "/v1/api/token/blacklist",
                "blacklist-jwt-refresh-token",
                json!({ "body": refresh }),
                Some(&refresh),
                sees("POST /api/token/blacklist/", Some(CREDENTIAL.1)),
                Answer::status(204),
                (204, None),
            ),
            operation(
                "/v1/api/token/refresh",
                "refresh-jwt-token",
                json!({}),
                None,
                sees("POST /api/token/refresh/", Some(CREDENTIAL.1)),
                Answer::json(200, json!({ "access": "a" })),
                (200, Some(json!({ "access": "a" }))),
            ),
            operation(
                "/v1/api/token/rotate",
                "rotate-jwt-refresh-token",
                json!({ "Authorization": OF_CALLER.1, "body": refresh }),
                Some(&refresh),
                sees("POST /api/token/rotate/", Some(OF_CALLER.1)),
                Answer::json(200, refresh.clone()),
                (200, Some(refresh.clone())),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn stackrox_apitokens() {
    let metadata = json!({ "id": "1", "name": "ci", "role": "Admin", "revoked": false });
    let get = |rest, tool, arguments, request, answer: &Value, gives: &Value| Operation {
        rest: (Method::GET, rest),
        tool,
        arguments,
        headers: &[],
        body: None,
        sees: sees(request, Some(CREDENTIAL.1)),
        answer: Answer::json(200, answer.clone()),
        gives: (200, Some(gives.clone())),
    };
    let list = json!({ "tokens": [metadata] });
    let new = json!({ "name": "ci", "role": "Admin" });
    let generated = json!({ "token": "t0ken", "metadata": metadata });
    drive(
        "stackrox_apitokens",
        "stackrox-apitokenservice",
        &[("STACKROX_API_KEY", CREDENTIAL.1)],
        vec![
            get(
                "/v1/v1/apitokens?revoked=true&unknown=ignored",
                "getapitokens-returns-all-api-tokens",
                json!({ "revoked": true }),
                "GET /v1/apitokens?revoked=true",
                &list,
                &list,
            ),
            Operation {
                rest: (Method::POST, "/v1/v1/apitokens/generate"),
                tool: "generatetoken-generates-api-token-given",
                arguments: json!({ "body": new }),
                headers: &[],
                body: Some(new),
                sees: sees("POST /v1/apitokens/generate", Some(CREDENTIAL.1)),
                answer: Answer::json(200, generated.clone()),
                gives: (200, Some(generated)),
            },
            Operation {
                rest: (Method::PATCH, "/v1/v1/apitokens/revoke/7"),
                tool: "revoketoken-removes-api-token-given",
                arguments: json!({ "id": "7" }),
                headers: &[],
                body: None,
                sees: sees("PATCH /v1/apitokens/revoke/7", Some(CREDENTIAL.1)),
                answer: Answer::json(200, json!({})),
                gives: (204, None),
            },
            get(
                "/v1/v1/apitokens/generate%3F",
                "getapitoken-returns-api-token-metadata",
                json!({ "id": "generate?" }),
                "GET /v1/apitokens/generate%3F",
                &metadata,
                &metadata,
            ),
        ],
    )
    .await;
}
