//! Names and strings: untagged enums, duplicate and unknown members, unpaired surrogates, empty query values.

use super::{Key, Strict, StrictClient, Values, bodies, client, piped, serve, targets, upstream};
use naftiko::testing::Answer;
use naftiko::{Result, capability};
use serde_json::json;

#[tokio::test]
async fn an_untagged_number_or_name_prefers_the_number() {
    assert_eq!(seen("7").await, Key::Id(7));
    assert_eq!(seen("007").await, Key::Name("007".to_owned()));
    assert_eq!(seen("1e3").await, Key::Name("1e3".to_owned()));
    assert_eq!(seen("-7").await, Key::Name("-7".to_owned()));
    assert_eq!(seen("seven").await, Key::Name("seven".to_owned()));
}

/// Returns the value that a method gets for `?key=…`.
async fn seen(key: &str) -> Key {
    struct Echo;

    impl Keys for Echo {
        async fn show(&self, key: Key) -> Result<Vec<Key>> {
            Ok(vec![key])
        }
    }

    let served = serve(Echo.into_capability()).await;
    let (status, text) = served.rest("GET", &format!("/keys?key={key}"), "").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<Vec<Key>>(&text).unwrap().remove(0)
}

/// Shows keys.
#[capability(exposes(rest(port = 8080)))]
pub trait Keys {
    /// Shows a key.
    #[rest(get = "/keys")]
    async fn show(&self, key: Key) -> Result<Vec<Key>>;
}

#[tokio::test]
async fn a_member_that_is_given_twice_is_refused() {
    let upstream = upstream().await;
    let capability = client(&upstream).into_capability();
    let served = serve(capability.clone()).await;
    let twice = r#"{"parts":[{"count":1,"count":2}]}"#;
    assert_eq!(served.refused("PATCH", "/things", twice).await, "`/body/parts/0/count` is given twice");
    assert_eq!(served.refused("POST", "/any", r#"{"a":1,"a":2}"#).await, "`/body/a` is given twice");
    assert_eq!(served.refused("POST", "/large", r#"{"large":1,"large":2}"#).await, "`/large` is given twice");
    let tool = served.tool("send", r#"{"body":{"a":1,"a":2}}"#).await;
    assert!(tool.contains("`/body/a` is given twice"), "{tool}");
    let error = capability.call_json("send", r#"{"body":{"a":1,"a":2}}"#).await.unwrap_err();
    assert_eq!((error.pointer(), error.to_string().as_str()), (Some("/body/a"), "`/body/a` is given twice"));
    assert!(upstream.requests().is_empty());
    let sent = capability.call_json("send", r#"{"body":12345678901234567890123}"#).await.unwrap();
    assert_eq!((sent.as_str(), bodies(&upstream)), (r#"{"ok":true}"#, vec!["12345678901234567890123".to_owned()]));
}

#[tokio::test]
async fn half_of_a_surrogate_pair_is_reported_as_such() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    for half in [r"\ud800", r"\udc00", r"\ud800\ud800"] {
        let detail = served.refused("POST", "/any", &format!("{{\n\"a\":\"{half}\"}}")).await;
        assert!(detail.contains("unpaired surrogate at line 2, column"), "{detail}");
    }
}

#[tokio::test]
async fn an_empty_value_of_a_query_is_an_empty_string() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    for query in ["big=", "big", "share="] {
        let detail = served.refused("GET", &format!("/find/5?{query}"), "").await;
        assert!(detail.ends_with("found an empty string"), "{detail}");
    }
    served.rest("GET", "/find/5?key=&kye=3", "").await;
    assert_eq!(targets(&upstream), ["/find/5?key="]);
}

#[tokio::test]
async fn unknown_names_are_refused_if_the_adapter_is_strict() {
    let upstream = upstream().await;
    let capability = StrictClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let document = serde_json::to_value(capability.document()).unwrap();
    assert_eq!(document.pointer("/capability/exposes/0/unknownQuery"), Some(&json!("refuse")));
    assert_eq!(document.pointer("/capability/exposes/1/unknownMembers"), Some(&json!("refuse")));
    assert_eq!(document.pointer("/capability/exposes/0/page"), Some(&json!(true)));
    let served = serve(capability).await;
    let query = served.refused("PATCH", "/things?pgae=3", "{}").await;
    assert_eq!(query, "unknown query parameter `pgae`; did you mean `page`?");
    assert!(served.refused("POST", "/any?x=1", "{}").await.starts_with("unknown query parameter `x`"));
    let member = served.refused("PATCH", "/things?page=3", r#"{"parts":[{"cuont":1}]}"#).await;
    assert_eq!(member, "`/body/parts/0`: unknown member `cuont`; did you mean `count`?");
    let tool = served.tool("change", r#"{"body":{"nte":"x"}}"#).await;
    assert!(tool.contains("unknown member `nte`; did you mean `note`?"), "{tool}");
    assert!(upstream.requests().is_empty());
    assert_eq!(served.rest("PATCH", "/things?page=3", r#"{"note":"x"}"#).await.0, 200);
    assert_eq!(served.rest("POST", "/any", r#"{"whatever":{"it":"is"}}"#).await.0, 200);
}

#[tokio::test]
async fn tools_answer_the_same_over_pipes_and_over_http() {
    let upstream = upstream().await;
    let wide = "12345678901234567890123";
    upstream.answer("POST", "/any", Answer::of(200, "application/json", format!("[{wide}]")));
    let lax = client(&upstream).into_capability();
    let strict = StrictClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let half = r#"{"name":"send","arguments":{"body":"\ud800"}}"#;
    let large = format!(r#"{{"name":"send","arguments":{{"body":{wide}}}}}"#);
    let cases = [
        (&lax, r#"{"name":"start"}"#, "Done."),
        (&lax, r#"{"name":"change","arguments":{"body":{"count":5.0}}}"#, r#""isError":false"#),
        (&lax, r#"{"name":"change","arguments":{"body":{"count":5.5}}}"#, r#""isError":true"#),
        (&lax, r#"{"name":"send","arguments":{"body":{"a":1,"a":2}}}"#, "`/body/a` is given twice"),
        (&lax, r#"{"name":"send","name":"start","arguments":{"body":1}}"#, "is given twice"),
        (&lax, half, "unpaired surrogate"),
        (&lax, &large, r#""structuredContent":{"result":[12345678901234567890123]}"#),
        (&strict, r#"{"name":"change","arguments":{"body":{"nte":"x"}}}"#, "unknown member `nte`"),
        (&strict, r#"{"name":"change","arguments":{"body":{"note":"x"}}}"#, r#""isError":false"#),
    ];
    for (capability, params, expected) in cases {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        let served = serve(capability.clone()).await;
        let request = served.http.post(format!("{}/mcp", served.url)).header("content-type", "application/json");
        let over_http = request.body(body).send().await.unwrap().text().await.unwrap();
        let over_pipes = piped(capability, &[params]).await.remove(0);
        for answer in [over_http, over_pipes] {
            assert!(answer.contains(expected), "{params}: {answer}");
        }
    }
}
