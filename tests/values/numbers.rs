//! Numbers: integers written as floats, integers of any size, decimals, and numbers that are not finite.

use super::{Counting, CountingClient, Patch, Values, bodies, client, piped, serve, targets, upstream};
use naftiko::Value;
use naftiko::testing::{Answer, Upstream};
use serde_json::json;

#[tokio::test]
async fn an_integer_with_a_point_or_an_exponent_is_that_integer() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    assert_eq!(served.rest("GET", "/find/5.0?many=1e1&many=2.0", "").await.0, 200);
    assert_eq!(served.rest("GET", "/find/1e3", "").await.0, 200);
    served.tool("find", r#"{"id":5.0,"many":[1e1,2.0]}"#).await;
    let called = client(&upstream).into_capability();
    called.call("find", json!({ "id": 1000.0 })).await.unwrap();
    let expected = ["/find/5?many=10&many=2", "/find/1000", "/find/5?many=10&many=2", "/find/1000"];
    assert_eq!(targets(&upstream), expected);

    assert_eq!(served.rest("PATCH", "/things", r#"{"count":5.0,"parts":[{"count":1e3}]}"#).await.0, 200);
    served.tool("change", r#"{"body":{"count":5.0}}"#).await;
    assert_eq!(bodies(&upstream)[4..], [r#"{"count":5,"parts":[{"count":1000}]}"#, r#"{"count":5}"#]);
}

#[tokio::test]
async fn an_upstream_integer_with_a_point_or_an_exponent_is_that_integer() {
    let upstream = Upstream::start().await;
    let large = u128::MAX;
    let written = format!(
        r#"{{"count":5.0,"share":2.0,"large":{large},"keys":[1e3,"x"],"more":{{"many":{{"a":-2.0,"b":null}}}}}}"#
    );
    upstream.answer("GET", "/counted", Answer::of(200, "application/json", written));
    upstream.answer("GET", "/part", Answer::of(200, "application/json", r#"{"data":{"total":1e3}}"#));
    let client = CountingClient::builder().base_uri(upstream.url()).build().unwrap();
    let expected =
        format!(r#"{{"count":5,"share":2.0,"large":{large},"keys":[1000,"x"],"more":{{"many":{{"a":-2,"b":null}}}}}}"#);
    assert_eq!(client.counted().await.map_err(|error| error.to_string()).unwrap().count, 5);
    assert_eq!(client.total().await.unwrap(), Some(1000));
    let served = serve(client.into_capability()).await;
    assert_eq!(served.rest("GET", "/counted", "").await, (200, expected));
    assert_eq!(served.rest("GET", "/part", "").await, (200, "1000".to_owned()));
    let tool = served.tool("counted", "{}").await;
    assert!(tool.contains(r#""count":5,"#) && !tool.contains("5.0"), "{tool}");
}

#[tokio::test]
async fn an_upstream_float_that_may_be_another_integer_is_a_bad_answer() {
    for count in ["5.5", "9007199254740993.0", "1e17", "-1.0"] {
        let upstream = Upstream::start().await;
        let written = format!(r#"{{"count":{count},"share":2.0,"large":1,"keys":[],"more":{{"many":{{}}}}}}"#);
        upstream.answer("GET", "/counted", Answer::of(200, "application/json", written));
        let client = CountingClient::builder().base_uri(upstream.url()).build().unwrap();
        assert_eq!(client.counted().await.unwrap_err().status().as_u16(), 502, "{count}");
        assert_eq!(serve(client.into_capability()).await.rest("GET", "/counted", "").await.0, 502, "{count}");
    }
}

#[tokio::test]
async fn a_float_beyond_2_to_the_53_is_not_an_integer() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    for id in ["9007199254740993.0", "1e17", "5.5"] {
        served.refused("GET", &format!("/find/{id}"), "").await;
        let tool = served.tool("find", &format!(r#"{{"id":{id}}}"#)).await;
        assert!(tool.contains(r#""isError":true"#), "{tool}");
        served.refused("PATCH", "/things", &format!(r#"{{"count":{id}}}"#)).await;
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn integers_of_128_bits_are_accepted_up_to_their_bounds() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    let (most, least) = (u128::MAX, i128::MIN);
    served.rest("GET", &format!("/find/5?big={most}&signed={least}"), "").await;
    served.tool("find", &format!(r#"{{"id":5,"big":{most},"signed":{least}}}"#)).await;
    client(&upstream).find(5, Some(most), Some(least), None, None, None).await.unwrap();
    assert_eq!(targets(&upstream), vec![format!("/find/5?big={most}&signed={least}"); 3]);
    let beyond = "340282366920938463463374607431768211456";
    served.refused("GET", &format!("/find/5?big={beyond}"), "").await;
    let tool = served.tool("find", &format!(r#"{{"id":5,"big":{beyond}}}"#)).await;
    assert!(tool.contains(r#""isError":true"#), "{tool}");

    let large = served.rest("POST", "/large", &format!(r#"{{"large":{most}}}"#)).await;
    assert_eq!(large, (200, format!(r#"["{most}","None"]"#)));
}

/// Serde cannot read 128-bit integers from its buffered input, as the guide explains.
#[tokio::test]
async fn integers_of_128_bits_are_refused_in_types_that_serde_buffers() {
    let served = serve(client(&upstream().await).into_capability()).await;
    for (argument, large) in [("flat", r#"{"large":5}"#), ("tagged", r#"{"kind":"Signed","large":5}"#)] {
        let (status, text) = served.rest("POST", "/buffered", &format!(r#"{{"{argument}":{large}}}"#)).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.contains("this server cannot decode this 128-bit integer"), "{text}");
        let small = large.replace("large", "small");
        let (status, text) = served.rest("POST", "/buffered", &format!(r#"{{"{argument}":{small}}}"#)).await;
        assert!(status == 200 && text.contains("small: Some(5)"), "{text}");
    }
}

#[tokio::test]
async fn integers_beyond_64_bits_pass_through_with_all_their_digits() {
    let upstream = Upstream::start().await;
    let wide = r#"{"id":12345678901234567890123,"list":[-98765432109876543210,1.5e+300]}"#;
    upstream.answer("POST", "/any", Answer::of(200, "application/json", wide));
    let served = serve(client(&upstream).into_capability()).await;
    assert_eq!(served.rest("POST", "/any", wide).await, (200, wide.to_owned()));
    let tool = served.tool("send", &format!(r#"{{"body":{wide}}}"#)).await;
    assert_eq!(tool.matches("12345678901234567890123").count(), 2, "{tool}");
    assert_eq!(bodies(&upstream), [wide, wide]);
    let near = "[12345678901234567890123,12345678901234567890124]";
    let (status, text) = served.rest("POST", "/any", near).await;
    assert_eq!(status, 400, "{text}");
    assert!(text.contains("strings keep their digits"), "{text}");
}

#[tokio::test]
async fn numbers_that_no_float_represents_pass_through_unchanged() {
    let upstream = Upstream::start().await;
    let exact = "[9007199254740993.0,0.1000000000000000055,[1e3,0.50,-1e-400],3.00000000000000000000000001]";
    let body = format!(r#"{{"count":{exact},"text":"0.1 \"0.25\" 0.2500000000000000000000001"}}"#);
    upstream.answer("POST", "/any", Answer::of(200, "application/json", body.clone()));
    let capability = client(&upstream).into_capability();
    let served = serve(capability.clone()).await;
    assert_eq!(served.rest("POST", "/any", &body).await, (200, body.clone()));
    let tool = served.tool("send", &format!(r#"{{"body":{body}}}"#)).await;
    assert_eq!(tool.matches(exact).count(), 2, "{tool}");
    assert_eq!(capability.call_json("send", &format!(r#"{{"body":{body}}}"#)).await.unwrap(), body);
    let piped = piped(&capability, &[&format!(r#"{{"name":"send","arguments":{{"body":{body}}}}}"#)]).await;
    assert!(piped[0].contains(&format!(r#""structuredContent":{{"result":{body}}}"#)), "{piped:?}");
    assert_eq!(bodies(&upstream), vec![body; 4]);

    for near in ["[0.1,0.1000000000000000055]", "[0.1000000000000000055,0.1]", "[0,0.0,1e-400]"] {
        let (status, text) = served.rest("POST", "/any", near).await;
        assert_eq!(status, 400, "{near}: {text}");
        assert!(text.contains("strings keep their digits"), "{text}");
    }
    for same in ["[0.10,0.1]", "[1e2,100.0,100]", "[0.1000000000000000055,0.10000000000000000550]"] {
        assert_eq!(served.rest("POST", "/any", same).await.0, 200, "{same}");
    }
}

#[tokio::test]
async fn a_returned_value_never_contains_a_rounded_number() {
    let upstream = Upstream::start().await;
    let client = client(&upstream);
    let capability = client.clone().into_capability();
    for (number, is_held) in [("12345678901234567890123", false), ("0.1000000000000000055", false), ("0.10", true)] {
        upstream.answer("POST", "/any", Answer::of(200, "application/json", format!(r#"{{"a":[1,{number}]}}"#)));
        let called = capability.call("send", json!({ "body": 1 })).await;
        assert_eq!(called.is_ok(), is_held, "{called:?}");
        if let Err(error) = called {
            assert!(error.to_string().contains("`/a/1`") && error.to_string().contains("call_json"), "{error}");
        }
    }
}

#[tokio::test]
async fn two_spellings_of_a_float_are_allowed_if_the_type_has_floats() {
    let upstream = Upstream::start().await;
    let counted = r#"{"count":1,"share":0.1000000000000000055,"large":1,"keys":[],"more":{"many":{},"value":0.1}}"#;
    upstream.answer("GET", "/counted", Answer::of(200, "application/json", counted));
    let client = CountingClient::builder().base_uri(upstream.url()).build().unwrap();
    let served = serve(client.into_capability()).await;
    let (status, text) = served.rest("GET", "/counted", "").await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains(r#""share":0.1,"#), "{text}");
}

#[tokio::test]
async fn integers_beyond_64_bits_keep_their_digits_where_rmcp_answers_a_tool_call() {
    let upstream = Upstream::start().await;
    let wide = "12345678901234567890123";
    upstream.answer("POST", "/any", Answer::of(200, "application/json", format!(r#"{{"id":{wide},"t":"\"\\ü"}}"#)));
    let served = serve(client(&upstream).into_capability()).await;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"send","arguments":{{"body":{wide}}}}}}}"#
    );
    // A request with two `mcp-protocol-version` headers is handled by rmcp.
    let request = served.http.post(format!("{}/mcp", served.url)).header("content-type", "application/json");
    let request = request.header("mcp-protocol-version", "2025-11-25").header("mcp-protocol-version", "2025-11-25");
    let answer = request.body(body).send().await.unwrap().text().await.unwrap();
    let expected = format!(r#""structuredContent":{{"result":{{"id":{wide},"t":"\"\\ü"}}}}"#);
    assert!(answer.contains(&expected), "{answer}");
    assert!(serde_json::from_str::<Value>(&answer).is_ok(), "{answer}");
    assert_eq!(bodies(&upstream), [wide]);
}

#[tokio::test]
async fn a_small_float_is_written_unchanged() {
    let upstream = upstream().await;
    client(&upstream).find(5, None, None, Some(0.1), None, None).await.unwrap();
    let served = serve(client(&upstream).into_capability()).await;
    served.rest("GET", "/find/5?share=0.1", "").await;
    served.tool("find", r#"{"id":5,"share":0.1}"#).await;
    assert_eq!(targets(&upstream), ["/find/5?share=0.1"; 3]);
}

#[tokio::test]
async fn a_non_finite_number_is_not_null() {
    let upstream = upstream().await;
    let served = serve(client(&upstream).into_capability()).await;
    assert_eq!(served.rest("GET", "/numbers?by=2", "").await.1, r#"{"ratio":0.0,"label":null,"plain":null}"#);
    assert_eq!(served.rest("GET", "/numbers?by=0", "").await.0, 500);
    let tool = served.tool("numbers", r#"{"by":0}"#).await;
    assert!(tool.contains(r#""isError":true"#), "{tool}");
    assert!(client(&upstream).into_capability().call("numbers", json!({ "by": 0 })).await.is_err());

    let patch = Patch { factor: Some(f64::NAN), ..Patch::default() };
    let error = client(&upstream).change(&patch).await.unwrap_err();
    assert_eq!((error.pointer(), error.status().as_u16()), (Some("/body"), 400), "{error}");
    let error = client(&upstream).find(5, None, None, Some(f32::INFINITY), None, None).await.unwrap_err();
    assert_eq!(error.pointer(), Some("/share"), "{error}");
    assert!(served.rest("GET", "/find/5?share=NaN", "").await.0 == 400);
    assert!(upstream.requests().is_empty());
}
