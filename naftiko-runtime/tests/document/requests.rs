//! Where each value of a call is sent in the request, and which values are rejected.

use crate::support::{capability, indented, load, lowered, only, sent, upstream, yaml};
use naftiko_runtime::document::{self, DryRun, Settings};
use naftiko_runtime::spec::lower::{Piece, Source, Work};
use naftiko_runtime::{Capability, ErrorKind};
use serde_json::json;

const TOOLS: &str =
    "- type: mcp\n  namespace: tools\n  tools:\n  - name: get\n    description: Gets.\n    call: api.get\n";

fn get(path: &str, parameters: &str) -> String {
    let parameters = indented(parameters, 4);
    let resources = format!(
        "- name: r\n  path: {path}\n  operations:\n  - name: get\n    method: GET\n    inputParameters:\n{parameters}"
    );
    yaml("", &resources, TOOLS)
}

#[tokio::test]
async fn every_value_is_sent_in_its_place() {
    let upstream = upstream(&[("GET", "/things/{id}/")]).await;
    let parameters = "- { name: id, in: path }\n- { name: 'page[size]', in: query, type: integer }\n\
                      - { name: tag, in: query, type: array }\n- { name: filter, in: query, type: object }\n\
                      - { name: Accept, in: header }\n- { name: If-Match, in: header }\n\
                      - { name: User-Agent, in: header }\n- { name: session, in: cookie }\n\
                      - { name: left, in: query }\n- { name: X-Left, in: header }";
    let yaml = get("'/things/{id}/'", parameters);
    let arguments = json!({
        "id": "a b/c", "page[size]": 7, "tag": ["x y", "z&w"], "filter": { "a": 1 }, "Accept": "application/vnd.x+json",
        "If-Match": "\"e\"", "User-Agent": "me/1", "session": "s=1", "left": null,
    });
    let seen = sent(&yaml, &upstream, "get", arguments).await;
    assert_eq!(seen.path_and_query, "/things/a%20b%2Fc/?page%5Bsize%5D=7&tag=x%20y&tag=z%26w&filter=%7B%22a%22%3A1%7D");
    assert_eq!(seen.header("accept"), Some("application/vnd.x+json"));
    assert_eq!(seen.header("if-match"), Some("\"e\""));
    assert_eq!(seen.header("user-agent"), Some("me/1"));
    assert_eq!(seen.header("cookie"), Some("session=s=1"));
    assert_eq!(seen.header("x-left"), None);
}

#[tokio::test]
async fn a_query_in_a_path_comes_before_all_other_parameters() {
    let upstream = upstream(&[("GET", "/")]).await;
    let yaml = get("'/?Action=Run&v=it''s'", "- { name: q, in: query }");
    let seen = sent(&yaml, &upstream, "get", json!({ "q": "1" })).await;
    assert_eq!(seen.query().map(str::to_owned), Some("Action=Run&v=it%27s&q=1".to_owned()));
}

#[tokio::test]
async fn a_query_in_a_path_is_encoded_once() {
    let upstream = upstream(&[("GET", "/r")]).await;
    let yaml = get(
        "'/r?x=a%20b&y[]=1&fields=a,b&q=a+b&acl&c=é&e=&d=a%2F{d}!'",
        "- { name: d, in: path }\n- { name: z, in: query }",
    );
    let seen = sent(&yaml, &upstream, "get", json!({ "d": "1/2%20", "z": "a,b" })).await;
    let query = "x=a%20b&y%5B%5D=1&fields=a%2Cb&q=a%20b&acl=&c=%C3%A9&e=&d=a%2F1%2F2%2520%21&z=a%2Cb";
    assert_eq!(seen.path_and_query, format!("/r?{query}"));
}

#[tokio::test]
async fn a_secret_in_the_query_of_a_path_is_hidden() {
    let dry_run = DryRun::default();
    let yaml = get("'/x?api_key=s3cret%20key&a=1'", "- { name: q, in: query }");
    let capability = load(&yaml, Settings::default().dry_run(dry_run.clone())).unwrap();
    capability.call("get", json!({})).await.unwrap_err();
    let request = dry_run.requests().remove(0);
    assert!(request.starts_with("GET http://api.example/x?api_key=***&a=1\n"), "{request}");
}

#[tokio::test]
async fn hostile_values_stay_in_their_place_or_are_refused() {
    let upstream = upstream(&[("GET", "/things/{id}")]).await;
    let yaml =
        get("'/things/{id}'", "- { name: id, in: path }\n- { name: X-H, in: header }\n- { name: c, in: cookie }");
    let capability = capability(&yaml, &upstream);
    let long = "é".repeat(5000);
    for (value, path) in [
        ("../admin", "/things/..%2Fadmin"),
        ("a?b#c", "/things/a%3Fb%23c"),
        ("\r\nX: y\0", "/things/%0D%0AX%3A%20y%00"),
        ("%2e%2e%2f", "/things/%252e%252e%252f"),
        (&long, &format!("/things/{}", "%C3%A9".repeat(5000))),
    ] {
        capability.call("get", json!({ "id": value })).await.unwrap();
        assert_eq!(upstream.requests().pop().unwrap().path_and_query, path);
    }
    let before = upstream.requests().len();
    for arguments in [
        json!({ "id": "" }),
        json!({ "id": "." }),
        json!({ "id": ".." }),
        json!({ "id": "%2e%2E" }),
        json!({ "id": "x".repeat(70_000) }),
        json!({ "id": "x", "X-H": "a\r\nX-Evil: 1" }),
        json!({ "id": "x", "X-H": "a\0b" }),
        json!({ "id": "x", "c": "a; b=c" }),
        json!({ "id": 7 }),
        json!({}),
    ] {
        let error = capability.call("get", arguments.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{arguments}: {error}");
        assert!(error.pointer().is_some_and(|pointer| pointer.len() > 1), "{error}");
    }
    assert_eq!(upstream.requests().len(), before, "a call with refused arguments sent a request");
}

#[tokio::test]
async fn a_value_can_be_a_part_of_a_segment() {
    let upstream = upstream(&[("GET", "/{range}")]).await;
    let yaml = get("\"/range(address='{a}')\"", "- { name: a, in: path }");
    let seen = sent(&yaml, &upstream, "get", json!({ "a": "A1:B2'" })).await;
    assert_eq!(seen.path_and_query, "/range(address='A1%3AB2%27')");
    // The literal `.` and the value `.` would form `..`.
    let (document, mut lowered) = lowered(&get("'/x/{a}'", "- { name: a, in: path }"));
    let Work::Call { call, .. } = &mut lowered.operations[0].work else { panic!("expected a call") };
    call.path = vec![Piece::Literal("/x/.".to_owned()), Piece::Value(Source::Argument(0))];
    let settings = Settings::default().upstream("api", upstream.url());
    let capability: Capability = document::capability(document, lowered, settings).unwrap();
    let error = capability.call("get", json!({ "a": "." })).await.unwrap_err();
    assert!(error.to_string().contains("`.` and `..` are not allowed"), "{error}");
}

#[tokio::test]
async fn headers_of_the_connection_are_refused() {
    let upstream = upstream(&[("GET", "/x")]).await;
    let yaml = get("/x", "- { name: Content-Length, in: header }");
    let capability = capability(&yaml, &upstream);
    assert!(capability.call("get", json!({ "Content-Length": "5" })).await.is_err());
    capability.call("get", json!({})).await.unwrap();
    assert_eq!(only(&upstream).header("content-length"), None);
}

#[tokio::test]
async fn a_dry_run_hides_only_secrets() {
    let dry_run = DryRun::default();
    let constants = "authentication: { type: basic, username: '{{env.USER}}', password: '{{env.PASS}}' }\ninputParameters:\n\
                     - { name: X-Org, in: header, value: '{{env.ORG}}' }\n- { name: X-Token, in: header, value: '{{env.TOKEN}}' }\n\
                     - { name: org, in: query, value: '{{env.ORG}}' }\n- { name: version, in: query, value: '2026-01-01' }\n\
                     - { name: token, in: query, value: '{{env.TOKEN}}' }\n";
    let resources = "- name: r\n  path: /x\n  operations:\n  - { name: get, method: GET, inputParameters: [{ name: q, in: query }] }\n";
    let keys = "{ ORG: ORG, TOKEN: TOKEN, USER: USER, PASS: PASS }";
    let yaml = yaml(constants, resources, TOOLS)
        .replace("capability:\n", &format!("binds:\n- namespace: env\n  keys: {keys}\ncapability:\n"));
    let values = [("ORG", "acme-corp"), ("TOKEN", "t0p"), ("USER", "someone"), ("PASS", "s3cret-pass")];
    let settings = values.into_iter().fold(Settings::default(), |settings, (name, value)| settings.bind(name, value));
    let capability = load(&yaml, settings.dry_run(dry_run.clone())).unwrap();
    capability.call("get", json!({ "q": "acme-corp someone" })).await.unwrap_err();
    let request = dry_run.requests().remove(0);
    let query = "q=acme-corp%20someone&org=acme-corp&version=2026-01-01&token=***";
    assert!(request.starts_with(&format!("GET http://api.example/x?{query}\n")), "{request}");
    assert!(request.contains("\nx-org: acme-corp") && request.contains("\nx-token: ***"), "{request}");
    assert!(request.contains("\nauthorization: ***"), "{request}");
    assert!(!request.contains("t0p") && !request.contains("s3cret"), "{request}");
}

#[tokio::test]
async fn a_dry_run_sends_nothing_and_hides_secrets() {
    let (upstream, dry_run) = (upstream(&[("GET", "/x")]).await, DryRun::default());
    let yaml = get("/x", "- { name: q, in: query }\n- { name: X-Api-Key, in: header, value: '{{env.KEY}}' }")
        .replace("capability:\n", "binds:\n- namespace: env\n  keys: { KEY: NAFTIKO_TEST_UNSET }\ncapability:\n");
    let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", "s3cret-key");
    let capability = load(&yaml, settings.dry_run(dry_run.clone())).unwrap();
    capability.call("get", json!({ "q": "1" })).await.unwrap_err();
    assert!(upstream.requests().is_empty());
    let request = dry_run.requests().remove(0);
    assert!(request.starts_with(&format!("GET {}/x?q=1\n", upstream.url())), "{request}");
    assert!(request.contains("x-api-key: ***") && !request.contains("s3cret"), "{request}");
}
