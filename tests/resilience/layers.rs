//! Tests of users' own layers.

use crate::{Orders, OrdersClient, documented_with};
use naftiko::http::{HeaderValue, Request, Response, StatusCode};
use naftiko::layer::{ApiService, OperationInfo, RequestBody, ResponseBody};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Error, ErrorKind};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tower::util::{MapRequestLayer, MapResponseLayer};
use tower::{BoxError, ServiceBuilder, ServiceExt, layer::layer_fn, service_fn};

#[tokio::test]
async fn a_layer_sees_each_call_once_with_its_operation() {
    let upstream = Upstream::start().await;
    crate::fails(&upstream, "GET", "/orders", 2, json!([]));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = {
        let seen = seen.clone();
        move |mut request: Request<RequestBody>| {
            let info = request.extensions().get::<OperationInfo>().unwrap();
            let text = format!("{} {}.{}", info.capability(), info.namespace(), info.operation());
            seen.lock().unwrap().push(text);
            request.headers_mut().insert("x-team", HeaderValue::from_static("orders"));
            request
        }
    };
    let client = OrdersClient::builder().base_uri(upstream.url()).layer(MapRequestLayer::new(note.clone())).build();
    client.unwrap().list().await.unwrap();
    assert_eq!(seen.lock().unwrap().as_slice(), ["Orders api.list"]);
    assert_eq!(upstream.requests().len(), 3);
    assert!(upstream.requests().iter().all(|request| request.header("x-team") == Some("orders")));
    documented_with(&upstream, |settings| settings.layer(MapRequestLayer::new(note)))
        .call("list", json!({}))
        .await
        .unwrap();
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_first_layer_is_the_outermost_and_a_layer_can_answer_a_call() {
    let mark = |name: &'static str| {
        MapResponseLayer::new(move |mut response: Response<ResponseBody>| {
            response.headers_mut().append("x-layer", HeaderValue::from_static(name));
            response
        })
    };
    let canned = layer_fn(|_: ApiService| {
        service_fn(|request: Request<RequestBody>| async move {
            assert_eq!(request.body().bytes().unwrap(), "");
            Ok::<_, BoxError>(Response::new(http_body_util::Full::from(r#"["canned"]"#)))
        })
    });
    let order = Arc::new(Mutex::new(Vec::new()));
    let look = {
        let order = order.clone();
        MapResponseLayer::new(move |response: Response<ResponseBody>| {
            let names = response.headers().get_all("x-layer").iter().map(|name| name.to_str().unwrap().to_owned());
            order.lock().unwrap().extend(names);
            response
        })
    };
    let builder = OrdersClient::builder().base_uri("http://127.0.0.1:1");
    let builder = builder.layer(look).layer(mark("outer")).layer(mark("inner")).layer(canned);
    assert_eq!(builder.build().unwrap().list().await.unwrap(), ["canned"]);
    assert_eq!(*order.lock().unwrap(), ["inner", "outer"]);
}

#[tokio::test]
async fn errors_keep_their_meaning_through_layers() {
    type Boxed = tower::util::BoxCloneSyncService<Request<RequestBody>, Response<ResponseBody>, BoxError>;
    let with = |layer: fn(ApiService) -> Boxed, upstream: &Upstream| {
        OrdersClient::builder().base_uri(upstream.url()).layer(layer_fn(layer)).build().unwrap()
    };
    let refusing = Upstream::refusing();
    let boxed = |api: ApiService| {
        ServiceBuilder::new()
            .layer(tower::util::BoxCloneSyncServiceLayer::new(tower::layer::util::Identity::new()))
            .service(api)
    };
    assert_eq!(with(boxed, &refusing).list().await.unwrap_err().kind(), ErrorKind::Unreachable);
    let own = |api: ApiService| {
        let refuse =
            |_| Err::<Response<ResponseBody>, BoxError>(Error::new(StatusCode::PAYMENT_REQUIRED, "pay first").into());
        tower::util::BoxCloneSyncService::new(api.map_result(refuse))
    };
    let error = with(own, &refusing).list().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status().as_u16(), error.to_string().contains("pay first")),
        (ErrorKind::Application, 402, true)
    );
    let other = |api: ApiService| {
        tower::util::BoxCloneSyncService::new(
            api.map_result(|_| Err::<Response<ResponseBody>, BoxError>("s3cret".into())),
        )
    };
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/orders", Answer::json(200, json!([])));
    let error = with(other, &upstream).list().await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("s3cret")), (ErrorKind::Internal, false));
}
