//! Tests of the cache: which answers are kept, for how long and for which requests, and what removes them.

use super::cache::{Api, LARGEST, answer, request};
use super::{milliseconds, paused};
use crate::consume::fault::Failure;
use crate::consume::layers::cache::{AnswerStore, CacheLayer};
use crate::consume::outgoing::Outgoing;
use crate::consume::transport::Incoming;
use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, service_fn};

/// Makes several reads, a second apart, of an API that answers with these headers. Returns how many of them reach the
/// API.
fn asked_with(headers: &[(&str, &str)], reads: usize) -> usize {
    paused(async {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let api = Api::new(1 << 20, move |_| {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Ok(answer(200, &headers, "body"))
        });
        for _ in 0..reads {
            api.get("/r", &[]).await;
            sleep(milliseconds(1000)).await;
        }
        api.asked()
    })
}

#[test]
fn a_lifetime_is_what_the_api_says() {
    let date = |seconds: u64| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
    let (now, later) = (date(0), date(3600));
    for kept in [
        &[("cache-control", "max-age=60")][..],
        &[("cache-control", "MAX-AGE = \"60\"")],
        &[("cache-control", "private, max-age=60")],
        &[("cache-control", "no-cachet, max-age=60")],
        &[("cache-control", "x=\"a, no-store\", max-age=60")],
        &[("cache-control", "max-age=60"), ("expires", "0")],
        &[("cache-control", "max-age=99999999999999999999")],
        &[("expires", &later)],
        &[("expires", &later), ("date", &now)],
        &[("expires", &later), ("date", "yesterday")],
        &[("cache-control", "max-age=60"), ("age", "-1")],
        &[("cache-control", "max-age=60"), ("age", "5, 600")],
        &[("cache-control", "max-age=60"), ("pragma", "no-cache")],
    ] {
        assert_eq!(asked_with(kept, 3), 1, "{kept:?}");
    }
    for not_kept in [
        &[][..],
        &[("cache-control", "max-age=60, max-age=61")],
        &[("cache-control", "max-age=60"), ("cache-control", "max-age=61")],
        &[("cache-control", "max-age=-60")],
        &[("cache-control", "max-age=6.5")],
        &[("cache-control", "s-maxage=60")],
        &[("cache-control", "max-age=60, No-Store")],
        &[("cache-control", "max-age=60, x=\"a, no-store")],
        &[("expires", &later), ("cache-control", "x=\"a, no-store")],
        &[("cache-control", "max-age=60, no-cache=\"set-cookie\"")],
        &[("cache-control", "max-age=60"), ("age", "61")],
        &[("cache-control", "max-age=60"), ("age", "18446744073709551615")],
        &[("cache-control", "max-age=60"), ("vary", "*")],
        &[("cache-control", "max-age=60"), ("set-cookie", "a=b")],
        &[("expires", "0")],
        &[("expires", &later), ("expires", &now)],
        &[("expires", &later), ("pragma", "no-cache")],
        &[("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")],
        &[("cache-control", "max-age=60"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")],
    ] {
        assert_eq!(asked_with(not_kept, 3), 3, "{not_kept:?}");
    }
}

#[test]
fn the_request_and_the_status_decide_whether_an_answer_is_kept() {
    paused(async {
        let fresh = [("cache-control", "max-age=60")];
        for status in [200, 203, 404, 410] {
            let api = Api::new(1 << 20, move |_| Ok(answer(status, &fresh, "body")));
            for _ in 0..2 {
                assert_eq!(api.get("/r", &[]).await, (status, "body".to_owned()));
            }
            assert_eq!(api.asked(), 1, "{status}");
        }
        for status in [201, 206, 301, 302, 400, 401, 403, 429, 500, 503] {
            let api = Api::new(1 << 20, move |_| Ok(answer(status, &fresh, "body")));
            for _ in 0..2 {
                assert_eq!(api.get("/r", &[]).await, (status, "body".to_owned()));
            }
            assert_eq!(api.asked(), 2, "{status}");
        }
        let api = Api::new(1 << 20, move |asked| {
            Ok(answer(200, &fresh, if asked.method == Method::HEAD { "" } else { "body" }))
        });
        for headers in [("range", "bytes=0-1"), ("if-none-match", "\"1\""), ("cache-control", "no-store")] {
            let before = api.asked();
            api.get("/r", &[headers]).await;
            api.get("/r", &[headers]).await;
            assert_eq!(api.asked(), before + 2, "{headers:?}");
        }
        assert_eq!(api.store.held().0, 0);
        // The answers to GET and HEAD are kept separately.
        for _ in 0..2 {
            assert_eq!(api.get("/r", &[]).await.1, "body");
            assert_eq!(api.ask(Method::HEAD, "/r", &[]).await.unwrap().1, "");
        }
        assert_eq!((api.asked(), api.store.held().0), (8, 2));
    });
}

#[test]
fn an_answer_that_is_too_large_cut_off_or_unread_is_not_kept() {
    paused(async {
        let fresh = [("cache-control", "max-age=60")];
        let large = Api::new(1 << 20, move |_| Ok(answer(200, &fresh, &"x".repeat(LARGEST + 1))));
        large.get("/r", &[]).await;
        assert_eq!(large.store.held().0, 0);
        let whole = Api::new(1 << 20, move |_| Ok(answer(200, &fresh, &"x".repeat(LARGEST))));
        drop(whole.send(request(Method::GET, "/r", &[])).await.unwrap());
        assert_eq!((whole.store.held().0, whole.store.in_flight()), (0, 0));
        whole.get("/r", &[]).await;
        assert_eq!(whole.store.held().0, 1);
        let cut = Api::new(1 << 20, move |_| {
            let body = futures_util::stream::iter([
                Ok(http_body::Frame::data(Bytes::from_static(b"half"))),
                Err(Failure::Broken("cut off".into())),
            ]);
            let mut response = answer(200, &fresh, "");
            response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
            Ok(response.map(|_| Incoming::Other(BodyExt::boxed(http_body_util::StreamBody::new(body)))))
        });
        assert!(matches!(cut.ask(Method::GET, "/r", &[]).await, Err(Failure::Broken(_))));
        assert_eq!((cut.store.held().0, cut.store.in_flight()), (0, 0));
    });
}

#[test]
fn an_answer_that_ends_with_its_connection_is_not_kept() {
    paused(async {
        for (coding, is_kept) in
            [("gzip", false), ("identity", false), ("chunked, gzip", false), ("gzip, Chunked", true)]
        {
            let api = Api::new(1 << 20, move |_| {
                let body = futures_util::stream::iter([Ok(http_body::Frame::data(Bytes::from_static(b"half")))]);
                let mut response = answer(200, &[("cache-control", "max-age=60")], "");
                response.headers_mut().insert("transfer-encoding", HeaderValue::from_static(coding));
                Ok(response.map(|_| Incoming::Other(BodyExt::boxed(http_body_util::StreamBody::new(body)))))
            });
            api.get("/r", &[]).await;
            assert_eq!(api.store.held().0 == 1, is_kept, "{coding}");
        }
    });
}

#[test]
fn requests_with_different_headers_have_different_answers() {
    paused(async {
        let api = Api::new(1 << 20, |asked| {
            let body = format!("{:?}", asked.headers.get("authorization").or(asked.headers.get("x-tenant")));
            Ok(answer(200, &[("cache-control", "max-age=60"), ("vary", "accept, TraceParent")], &body))
        });
        let senders: [&[(&'static str, &str)]; 6] = [
            &[],
            &[("authorization", "Bearer a")],
            &[("authorization", "Bearer b")],
            &[("x-tenant", "a")],
            &[("cookie", "session=a")],
            &[("cookie", "session=b")],
        ];
        let mut first = Vec::new();
        for sender in senders {
            first.push(api.get("/r", sender).await.1);
        }
        assert_eq!(api.asked(), senders.len());
        for (sender, first) in senders.into_iter().zip(&first) {
            assert_eq!(api.get("/r", sender).await.1, *first);
        }
        assert_eq!(api.asked(), senders.len());
        // A trace is not part of the key, unless the API says that the answer varies with it.
        api.get("/r", &[("tracestate", "a=b")]).await;
        assert_eq!(api.asked(), senders.len());
        api.get("/r", &[("traceparent", "00-1")]).await;
        assert_eq!(api.asked(), senders.len() + 1);
    });
}

#[test]
fn a_caller_can_ask_for_fresher_or_staler_answers() {
    paused(async {
        let api = Api::new(1 << 20, |_| Ok(answer(200, &[("cache-control", "max-age=10"), ("etag", "\"1\"")], "body")));
        // The error comes from the cache; the API gets no request.
        let not_kept = async |api: &Api| match api.ask(Method::GET, "/r", &[("cache-control", "only-if-cached")]).await
        {
            Err(Failure::Rejected(error)) => error.is_unsent() && error.status().as_u16() == 504,
            _ => false,
        };
        assert!(not_kept(&api).await && api.asked() == 0);
        api.get("/r", &[]).await;
        sleep(milliseconds(5000)).await;
        for (asked, reaches) in [
            ("max-age=6", false),
            ("max-age=4", true),
            ("min-fresh=10", false),
            ("min-fresh=11", true),
            ("no-cache", true),
            ("only-if-cached", false),
        ] {
            let before = api.asked();
            api.get("/r", &[("cache-control", asked)]).await;
            assert_eq!(api.asked() > before, reaches, "{asked}");
        }
        sleep(milliseconds(12_000)).await;
        let before = api.asked();
        assert!(not_kept(&api).await && api.asked() == before);
        for (asked, reaches) in [("max-stale=3", false), ("max-stale", false), ("max-stale=1", true)] {
            let before = api.asked();
            api.get("/r", &[("cache-control", asked)]).await;
            assert_eq!(api.asked() > before, reaches, "{asked}");
        }
    });
}

#[test]
fn a_write_removes_the_answers_of_its_path_and_of_the_resources_that_its_answer_names() {
    paused(async {
        let api = Api::new(1 << 20, |asked| {
            if asked.method == Method::GET {
                return Ok(answer(200, &[("cache-control", "max-age=60")], "body"));
            }
            let location = asked.headers.get("x-location").map_or("", |value| value.to_str().unwrap());
            let status = asked.headers.get("x-status").map_or("201", |value| value.to_str().unwrap());
            Ok(answer(status.parse().unwrap(), &[("location", location)], ""))
        });
        let kept = |api: &Api| api.store.held().0;
        for (write, left) in [
            (&[("x-location", "/things/1")][..], 1),
            (&[("x-location", "https://API.example/things/1#x")], 1),
            (&[("x-location", "https://api.example:443/things/1")], 1),
            (&[("x-location", "https://other.example/things/1")], 2),
            (&[("x-location", "https://api.example:8443/things/1")], 2),
            (&[("x-status", "400")], 4),
            (&[("x-status", "404")], 2),
            (&[("x-status", "500")], 2),
            (&[("x-status", "302")], 2),
        ] {
            for path in ["/things?page=1", "/things?page=2", "/things/1", "/other"] {
                api.get(path, &[]).await;
            }
            assert_eq!(kept(&api), 4);
            api.ask(Method::POST, "/things", write).await.unwrap();
            assert_eq!(kept(&api), left, "{write:?}");
        }
    });
}

#[test]
fn a_read_that_a_write_overtakes_is_not_kept() {
    paused(async {
        let api = Api::new(1 << 20, |_| Ok(answer(200, &[("cache-control", "max-age=60")], "body")));
        // The heads of these answers have arrived; their bodies are read after the write.
        let old = api.send(request(Method::GET, "/r", &[])).await.unwrap();
        let other = api.send(request(Method::GET, "/s", &[])).await.unwrap();
        api.ask(Method::PUT, "/r", &[]).await.unwrap();
        old.into_body().collect().await.unwrap();
        other.into_body().collect().await.unwrap();
        assert_eq!((api.store.held().0, api.store.in_flight()), (1, 0));
        api.get("/r", &[]).await;
        assert_eq!(api.store.held().0, 2);
    });
}

#[test]
fn a_304_refreshes_only_the_answer_with_its_tag() {
    paused(async {
        let times = Arc::new(Mutex::new(0));
        let count = times.clone();
        let api = Api::new(1 << 20, move |asked| {
            let mut times = count.lock().unwrap();
            *times += 1;
            Ok(match (*times, asked.headers.get("if-none-match")) {
                (1, None) => answer(
                    200,
                    &[("cache-control", "max-age=1"), ("etag", "W/\"1\""), ("x-a", "old"), ("content-type", "a/b")],
                    "one",
                ),
                (2, Some(tag)) if tag == "W/\"1\"" => answer(
                    304,
                    &[("cache-control", "max-age=5"), ("etag", "\"1\""), ("x-a", "new"), ("content-type", "c/d")],
                    "",
                ),
                // A 304 about another answer.
                (3, Some(_)) => answer(304, &[("etag", "\"7\"")], ""),
                (4, None) => answer(200, &[("cache-control", "max-age=5")], "two"),
                other => panic!("{other:?}"),
            })
        });
        assert_eq!(api.get("/r", &[]).await.1, "one");
        sleep(milliseconds(1500)).await;
        let response = api.send(request(Method::GET, "/r", &[])).await.unwrap();
        let header = |name: &str| {
            response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(
            (response.status().as_u16(), header("x-a"), header("content-type"), header("age")),
            (200, vec!["new"], vec!["a/b"], vec!["0"])
        );
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "one");
        sleep(milliseconds(4500)).await;
        assert_eq!((api.get("/r", &[]).await.1.as_str(), api.asked()), ("one", 2));
        sleep(milliseconds(1000)).await;
        assert_eq!((api.get("/r", &[]).await.1.as_str(), api.asked()), ("two", 4));
    });
}

#[test]
fn a_stale_answer_is_given_before_the_deadline() {
    paused(async {
        let store = Arc::new(AnswerStore::new(1 << 20).unwrap());
        let calls = Arc::new(Mutex::new(0));
        let api = service_fn(move |_: Request<Outgoing>| {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            let hangs = *calls > 1;
            async move {
                if hangs {
                    sleep(Duration::from_secs(900)).await;
                }
                Ok(answer(200, &[("cache-control", "max-age=1, stale-if-error=600")], "old"))
            }
        });
        let mut service = CacheLayer::new(store, Some(LARGEST)).layer(api);
        service.call(request(Method::GET, "/r", &[])).await.unwrap().into_body().collect().await.unwrap();
        sleep(milliseconds(2000)).await;
        let start = Instant::now();
        let response = service.call(request(Method::GET, "/r", &[])).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "old");
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    });
}

#[test]
fn the_cookie_of_a_304_is_for_one_request() {
    paused(async {
        let api = Api::new(1 << 20, move |asked| {
            Ok(match asked.headers.get("if-none-match") {
                None => answer(200, &[("etag", "\"1\"")], "one"),
                Some(_) => answer(304, &[("set-cookie", "sid=1"), ("cache-control", "max-age=60")], ""),
            })
        });
        api.get("/r", &[]).await;
        let mut cookies = Vec::new();
        for _ in 0..2 {
            let response = api.send(request(Method::GET, "/r", &[])).await.unwrap();
            cookies.push(response.headers().contains_key("set-cookie"));
            response.into_body().collect().await.unwrap();
        }
        assert_eq!((cookies, api.asked()), (vec![true, false], 2));
    });
}

#[test]
fn the_vary_of_a_304_counts() {
    for (vary, header, asked) in [("*", "x-a", 7), ("traceparent", "traceparent", 3), ("x-a", "x-b", 2)] {
        paused(async {
            let api = Api::new(1 << 20, move |asked| {
                Ok(match asked.headers.get("if-none-match") {
                    None => answer(200, &[("etag", "\"1\""), ("cache-control", "no-cache")], "one"),
                    Some(_) => answer(304, &[("vary", vary), ("cache-control", "max-age=60")], ""),
                })
            });
            for value in ["1", "1", "1"] {
                assert_eq!(api.get("/r", &[(header, value)]).await.1, "one");
            }
            api.get("/r", &[(header, if header == "traceparent" { "2" } else { "1" })]).await;
            assert_eq!(api.asked(), asked, "{vary}");
        });
    }
}

#[test]
fn a_name_in_vary_counts_once() {
    use crate::consume::layers::request_key::varies;
    let mut headers = http::HeaderMap::new();
    headers.insert("vary", HeaderValue::try_from("pragma, Pragma, x-a,".repeat(500)).unwrap());
    assert_eq!(varies(&headers).unwrap(), ["pragma", "x-a"]);
}

#[test]
fn the_age_of_a_shared_answer_counts_from_its_request() {
    use crate::consume::layers::coalescing::{CoalescingLayer, Flights};
    paused(async {
        let flights = Arc::new(Flights::new().unwrap());
        let (store, asked) = (Arc::new(AnswerStore::new(1 << 20).unwrap()), Arc::new(Mutex::new(0)));
        let read = || {
            let asked = asked.clone();
            let api = service_fn(move |_: Request<Outgoing>| {
                *asked.lock().unwrap() += 1;
                async {
                    sleep(milliseconds(20_000)).await;
                    Ok::<_, Failure>(answer(200, &[("cache-control", "max-age=15")], "body"))
                }
            });
            let api = CoalescingLayer::new(flights.clone(), "read", Some(LARGEST)).layer(api);
            let mut api = CacheLayer::new(store.clone(), Some(LARGEST)).layer(api);
            async move { api.call(request(Method::GET, "/r", &[])).await.unwrap().into_body().collect().await.unwrap() }
        };
        let first = tokio::time::timeout(milliseconds(19_500), read());
        let second = async {
            sleep(milliseconds(19_000)).await;
            read().await
        };
        let (first, _) = tokio::join!(first, second);
        assert!(first.is_err() && *asked.lock().unwrap() == 1);
        // The answer was 20 seconds old when it arrived.
        sleep(milliseconds(1000)).await;
        read().await;
        assert_eq!(*asked.lock().unwrap(), 2);
    });
}

#[test]
fn the_searcher_for_the_secrets_of_a_request_is_not_kept() {
    use crate::consume::layers::authentication::{RequestSecrets, Secrets};
    paused(async {
        let masks = Arc::new(Mutex::new(Vec::new()));
        let given = masks.clone();
        let api = Api::new(1 << 20, move |asked| {
            let mut response = answer(200, &[("cache-control", "max-age=60")], "body");
            if asked.headers.contains_key("x-signed") {
                let secrets = Arc::new(Secrets::new(vec!["s3cret".repeat(100).into()]));
                given.lock().unwrap().push(Arc::downgrade(&secrets));
                response.extensions_mut().insert(RequestSecrets(secrets));
            }
            Ok(response)
        });
        api.get("/r", &[]).await;
        let plain = api.store.held().1;
        api.get("/r", &[("x-signed", "1")]).await;
        assert!(api.store.held().1 >= 2 * plain + 600);
        assert!(masks.lock().unwrap()[0].upgrade().is_none());
        // The stored answer has the secrets too, so that they can be masked.
        let kept = api.send(request(Method::GET, "/r", &[("x-signed", "1")])).await.unwrap();
        let RequestSecrets(secrets) = kept.extensions().get().unwrap();
        assert_eq!((secrets.texts.len(), api.asked()), (1, 2));
    });
}
