//! A secret that an upstream returns reaches no caller, in any format; other values are not masked.

use crate::support::{indented, load, serve, tool, yaml};
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};

const SECRET: &str = "Zx9+Qw/7Kp==Lm3&Rt8";

/// The secret in the encodings that upstreams use.
const ECHOES: [&str; 8] = [
    r"Zx9+Qw\/7Kp\u003d\u003dLm3\u0026Rt8",
    "Zx9+Qw/7Kp==Lm3&amp;Rt8",
    "Zx9&#43;Qw&#x2F;7Kp&#61;&#61;Lm3&#38;Rt8",
    "Zx9%2BQw%2F7Kp%3D%3DLm3%26Rt8",
    "Wng5K1F3LzdLcD09TG0zJlJ0OA==",
    "Wng5K1F3LzdLcD09TG0zJlJ0OA",
    "5a78392b51772f374b703d3d4c6d3326527438",
    "5A78392B51772F374B703D3D4C6D3326527438",
];

/// Texts that must not remain: the secret, and its middle in each encoding.
const PARTS: [&str; 8] = [SECRET, "Qw/7Kp", r"Qw\/7Kp", "7Kp&#61;", "7Kp%3D", "LzdLcD09", "7Kp=", "2f374b703d"];

fn assert_no_secret(text: &str, what: &str) {
    for part in PARTS {
        assert!(!text.to_lowercase().contains(&part.to_lowercase()), "{what} contains {part}: {text}");
    }
}

/// Returns a document with one operation for each format of answers, a shaped answer, and a forward.
fn document() -> String {
    let formats = ["json", "xml", "csv", "html", "markdown", "text", "yaml", "binary"];
    let operation = |format: &str| {
        format!(
            "- {{ name: {format}, path: /{format}, operations: [{{ name: get-{format}, method: GET, outputRawFormat: {format} }}] }}\n"
        )
    };
    let resources: String = formats.iter().map(|format| operation(format)).collect();
    let tool = |format: &&str| format!("  - {{ name: {format}, description: Gets., call: api.get-{format} }}\n");
    let tools: String = formats.iter().map(tool).collect();
    let route = |format: &&str| {
        format!("  - {{ path: /{format}, operations: [{{ method: GET, name: {format}, call: api.get-{format} }}] }}\n")
    };
    let routes: String = formats.iter().map(route).collect();
    let shaped = "  - path: /shaped\n    operations:\n    - method: GET\n      name: shaped\n      call: api.get-json\n      outputParameters: [{ type: object, properties: { said: { type: string, mapping: $.a } } }]\n";
    let exposes = format!(
        "- type: rest\n  namespace: rest\n  resources:\n{routes}{shaped}  - {{ path: /proxy, forward: {{ targetNamespace: api }} }}\n\
         - type: mcp\n  namespace: tools\n  tools:\n{tools}"
    );
    yaml("authentication: { type: bearer, token: '{{env.KEY}}' }", &resources, &exposes)
        .replace("capability:\n", "binds:\n- namespace: env\n  keys: { KEY: NAFTIKO_TEST_UNSET }\ncapability:\n")
}

/// Returns a body in that format that contains an echo.
fn body(format: &str, echo: &str) -> (&'static str, String) {
    match format {
        "xml" => ("application/xml", format!("<a n='{echo}'><b>you sent {echo}</b></a>")),
        "csv" => ("text/csv", format!("a,b\nyou sent {echo},2\n")),
        "html" => ("text/html", format!("<table><tr><th>a</th></tr><tr><td>you sent {echo}</td></tr></table>")),
        "markdown" => ("text/markdown", format!("# Title\n\nyou sent {echo}\n")),
        "text" => ("text/plain", format!("you sent {echo}\nsecond {echo}")),
        "yaml" => ("application/yaml", format!("a: \"you sent {echo}\"\n")),
        "binary" => ("application/octet-stream", format!("you sent {echo} and more")),
        _ => ("application/json", format!(r#"{{"a":"you sent {echo}","total":12}}"#)),
    }
}

#[tokio::test]
async fn no_format_returns_a_secret() {
    for echo in ECHOES {
        let upstream = Upstream::start().await;
        for format in ["json", "xml", "csv", "html", "markdown", "text", "yaml", "binary"] {
            let echo = if format == "yaml" { echo.replace("\\/", "/") } else { echo.to_owned() };
            let (content_type, body) = body(format, &echo);
            upstream.answer("GET", &format!("/{format}"), Answer::of(200, content_type, body));
        }
        let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", SECRET);
        let url = serve(&load(&document(), settings).unwrap()).await;
        for path in
            ["json", "xml", "csv", "html", "markdown", "text", "yaml", "binary", "shaped", "proxy/json", "proxy/text"]
        {
            let answer = reqwest::get(format!("{url}/{path}")).await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            assert!(status.is_success(), "{path}: {status} {text}");
            assert!(text.contains('*'), "{path}: {text}");
            assert_no_secret(&text, path);
        }
        for name in ["json", "xml", "csv", "html", "markdown", "text", "yaml"] {
            let result = tool(&url, name, json!({})).await;
            assert!(result.to_string().contains('*'), "{name}: {result}");
            assert_no_secret(&result.to_string(), name);
        }
    }
}

#[tokio::test]
async fn no_error_and_no_header_returns_a_secret() {
    for echo in ECHOES {
        let upstream = Upstream::start().await;
        let error = format!(r#"{{"error":"{echo} is bad","code":17}}"#);
        upstream.answer("GET", "/json", Answer::of(422, "application/json", error));
        let typed = Answer::of(200, &format!("application/octet-stream; x=\"{echo}\""), "x");
        upstream.answer("GET", "/binary", typed);
        let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", SECRET);
        let capability = load(&document(), settings).unwrap();
        let url = serve(&capability).await;
        let problem: Value = reqwest::get(format!("{url}/json")).await.unwrap().json().await.unwrap();
        assert_eq!(problem["upstream"]["body"]["code"], 17, "{problem}");
        assert_no_secret(&problem.to_string(), "problem");
        assert_no_secret(&tool(&url, "json", json!({})).await.to_string(), "tool");
        let error = capability.call("json", json!({})).await.unwrap_err();
        assert_no_secret(&String::from_utf8_lossy(&error.upstream().unwrap().body), "error");
        for path in ["binary", "proxy/binary"] {
            let answer = reqwest::get(format!("{url}/{path}")).await.unwrap();
            let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(content_type.starts_with("application/octet-stream"), "{content_type}");
            assert_no_secret(&content_type, path);
        }
    }
}

/// Returns a document whose user name is an account ID, with a header variable that is named like a key but is not secret.
fn basic() -> String {
    let more = "inputParameters: [{ name: X-Project-Key, in: header, value: '{{env.PROJECT_KEY}}' }]\n\
                authentication: { type: basic, username: '{{env.ACCOUNT_SID}}', password: '{{env.AUTH_TOKEN}}' }\n";
    let resources = "- { name: messages, path: /messages, operations: [{ name: list, method: GET }] }\n";
    let exposes = "- type: rest\n  namespace: rest\n  resources:\n  - { path: /messages, operations: [{ method: GET, name: list, call: api.list }] }\n";
    let keys = "{ ACCOUNT_SID: NAFTIKO_TEST_A, AUTH_TOKEN: NAFTIKO_TEST_B, PROJECT_KEY: NAFTIKO_TEST_C }";
    yaml(more, resources, exposes)
        .replace("capability:\n", &format!("binds:\n- namespace: env\n  keys: {keys}\ncapability:\n"))
}

#[tokio::test]
async fn values_that_are_not_secret_stay_readable() {
    let answer =
        r#"{"account":"AC-12345","project":"PRJ-7","total":4321007,"4321":"token 4321","secret":["4321",14321]}"#;
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/messages", Answer::of(200, "application/json", answer));
    let settings = || {
        let settings = Settings::default().upstream("api", upstream.url());
        settings.bind("ACCOUNT_SID", "AC-12345").bind("AUTH_TOKEN", "4321").bind("PROJECT_KEY", "PRJ-7")
    };
    let url = serve(&load(&basic(), settings()).unwrap()).await;
    let text = reqwest::get(format!("{url}/messages")).await.unwrap().text().await.unwrap();
    assert_eq!(text, answer.replace("token 4321", "token ****").replace("[\"4321\"", "[\"****\""));
    // In errors, the user name is shown, but no variable whose meaning is unknown.
    upstream.answer("GET", "/messages", Answer::of(400, "application/json", answer));
    let text = reqwest::get(format!("{url}/messages")).await.unwrap().text().await.unwrap();
    assert!(text.contains("AC-12345") && !text.contains("PRJ-7") && text.contains("4321007"), "{text}");
    assert!(text.contains("token ****") && !text.contains("token 4321"), "{text}");
}

#[tokio::test]
async fn a_user_name_without_a_password_is_the_secret() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/messages", Answer::json(200, json!({ "key": "AC-12345" })));
    let document = basic().replace("password: '{{env.AUTH_TOKEN}}'", "password: ''");
    let settings = Settings::default().upstream("api", upstream.url());
    let settings = settings.bind("ACCOUNT_SID", "AC-12345").bind("PROJECT_KEY", "PRJ-7");
    let answer = load(&document, settings).unwrap().call("list", json!({})).await.unwrap();
    assert_eq!(answer, json!({ "key": "********" }));
}

#[tokio::test]
async fn no_step_returns_a_secret() {
    let steps = "steps:\n- { type: call, name: first, call: api.first }\n- { type: call, name: second, call: api.second, with: { said: $.first.a } }\n\
                 mappings:\n- { targetName: said, value: $.first.a }\n- { targetName: more, value: $.second.a }\n\
                 outputParameters:\n- { name: said, type: string }\n- { name: more, type: string }\n";
    let exposes = format!(
        "- type: rest\n  namespace: rest\n  resources:\n  - path: /both\n    operations:\n    - method: GET\n      name: both\n{}\
         - type: mcp\n  namespace: tools\n  tools:\n  - name: both\n    description: Gets.\n{}",
        indented(steps, 6),
        indented(steps, 4)
    );
    let resources = "- { name: a, path: /first, operations: [{ name: first, method: GET, outputRawFormat: xml }] }\n\
                     - { name: b, path: /second, operations: [{ name: second, method: GET, inputParameters: [{ name: said, in: query }] }] }\n";
    let document = yaml("authentication: { type: bearer, token: '{{env.KEY}}' }", resources, &exposes)
        .replace("capability:\n", "binds:\n- namespace: env\n  keys: { KEY: NAFTIKO_TEST_UNSET }\ncapability:\n");
    for echo in ECHOES {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/first", Answer::of(200, "application/xml", format!("<r><a>you sent {echo}</a></r>")));
        upstream.answer("GET", "/second", Answer::of(200, "application/json", format!(r#"{{"a":"again {echo}"}}"#)));
        let settings = Settings::default().upstream("api", upstream.url()).bind("KEY", SECRET);
        let url = serve(&load(&document, settings).unwrap()).await;
        let text = reqwest::get(format!("{url}/both")).await.unwrap().text().await.unwrap();
        let result = tool(&url, "both", json!({})).await.to_string();
        for text in [&text, &result] {
            assert!(text.contains("you sent *") && text.contains("again *"), "{text}");
            assert_no_secret(text, "both");
        }
        for request in upstream.requests() {
            assert_no_secret(&request.path_and_query, "the second step's request");
        }
        // The error of a failed step quotes the upstream.
        upstream.answer("GET", "/second", Answer::of(400, "application/json", format!(r#"{{"a":"again {echo}"}}"#)));
        let text = reqwest::get(format!("{url}/both")).await.unwrap().text().await.unwrap();
        assert!(text.contains("again *"), "{text}");
        assert_no_secret(&text, "the failed step");
    }
}
