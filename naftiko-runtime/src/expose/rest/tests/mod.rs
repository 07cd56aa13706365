//! The REST adapter over real sockets, with an implementation that does what a test asks for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unused_async,
    reason = "tests, and methods that are async by contract"
)]

mod answers;
mod arguments;
#[cfg(feature = "compression")]
mod codings;
mod embedded;
mod failures;
mod hostile;

use super::standalone::standalone;
use crate::error::{Error, ErrorKind, Result, RetryAfter, UpstreamError};
use crate::expose::guard::Guard;
use crate::limits::CallBudget;
use crate::operation::RawJson;
use crate::operation::{
    ArgumentCodec, Arguments, BoxFuture, InputType, Operations, Output, ReturnCodec, ReturnType, STR, body, output,
    run, scalar,
};
use crate::operation::{Capability, Operation};
use crate::{Limits, schema};
use axum::Router;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full, StreamBody};
use naftiko_spec::fragment::{Argument, Draft, Fragment, RouteFragment};
use naftiko_spec::model::{Document, ExposedOperation, Method, ParameterIn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The body of the operation that creates a token.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct New {
    #[schemars(length(min = 1, max = 256))]
    name: String,
    #[serde(default)]
    ttl: u32,
    #[serde(default)]
    tags: Vec<String>,
}

/// A body without constraints other than types.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Plain {
    name: String,
    children: Option<Vec<Plain>>,
}

static PAGE: ArgumentCodec<u32> = scalar();
static BOOL: ArgumentCodec<bool> = scalar();
static NEW: ArgumentCodec<New> = body();
static PLAIN: ArgumentCodec<Plain> = body();
static ANY: ArgumentCodec<Value> = body();
static VALUE: ReturnCodec<Result<Value>> = output(&[]);
static UNIT: ReturnCodec<Result<()>> = output(&[]);
static RAW: ReturnCodec<Result<RawJson>> = output(&[]);

/// An implementation whose operations return their arguments, or fail as the argument `how` requests.
struct Echo;

impl Operations for Echo {
    fn call<'a>(&'a self, operation: usize, args: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        match operation {
            0 => {
                let (user, page) = (args.str(0)?, args.opt_value(1, &PAGE)?);
                let tags = args.opt_list(2, &STR)?.unwrap_or_default();
                run(&VALUE, async move { Ok(json!({ "user": user, "page": page, "tags": tags })) })
            }
            1 => {
                let (user, new) = (args.str(0)?, args.reference(1, &NEW)?);
                run(&VALUE, async move { Ok(json!({ "user": user, "new": new })) })
            }
            2 => {
                let (user, token) = (args.str(0)?, args.str(1)?);
                run(&VALUE, async move { Ok(json!({ "user": user, "token": token })) })
            }
            3 => {
                let (_, _) = (args.str(0)?, args.str(1)?);
                run(&UNIT, async move { Ok(()) })
            }
            4 => {
                let user = args.str(0)?;
                run(&VALUE, async move { Ok(json!({ "latest of": user })) })
            }
            5 => {
                let (trace, session, secret) = (args.str(0)?, args.opt_str(1)?, args.opt_value(2, &PAGE)?);
                run(&VALUE, async move { Ok(json!({ "trace": trace, "session": session, "secret": secret })) })
            }
            6 => {
                let (from, to) = (args.str(0)?, args.reference(1, &PLAIN)?);
                let dry = args.opt_value(2, &BOOL)?;
                run(&VALUE, async move { Ok(json!({ "from": from, "to": to, "dry": dry })) })
            }
            7 => {
                let new = args.opt_reference(0, &NEW)?;
                run(&VALUE, async move { Ok(json!(new)) })
            }
            8 => run(&VALUE, fail(args.str(0)?.to_owned())),
            9 => run(&RAW, raw(args.str(0)?.to_owned())),
            10 => run(&UNIT, async move { Ok(()) }),
            11 => {
                let any = args.value(0, &ANY)?;
                run(&VALUE, async move { Ok(any) })
            }
            other => crate::operation::no_operation(other),
        }
    }
}

/// Fails with the error that `how` selects, or succeeds.
async fn fail(how: String) -> Result<Value> {
    let upstream = |status: u16, body: &str| UpstreamError {
        status: StatusCode::from_u16(status).unwrap(),
        body: Bytes::from(body.to_owned()),
        ..UpstreamError::default()
    };
    let of = |kind, status: u16, message| Error::of(kind, StatusCode::from_u16(status).unwrap(), message);
    Err(match how.as_str() {
        "panic" => panic!("a secret reason"),
        "hang" => std::future::pending().await,
        "internal" => Error::internal("a secret reason"),
        "configuration" => Error::configuration("a secret reason"),
        "application" => Error::new(StatusCode::CONFLICT, "there is already a token with this name"),
        "no error" => Error::new(StatusCode::OK, "this is not an error"),
        "missing" => of(ErrorKind::Upstream, 404, "the upstream answered 404")
            .with_upstream(upstream(404, r#"{"message": "no such user"}"#)),
        "teapot" => of(ErrorKind::Upstream, 418, "the upstream answered 418")
            .with_upstream(upstream(418, "<h1>short and stout</h1>")),
        "credential" => of(ErrorKind::Credential, 502, "the upstream refused this capability's own credential"),
        "throttled" => of(ErrorKind::Throttled, 429, "the upstream asks its callers to wait")
            .with_retry_after(RetryAfter("17".into())),
        "bad answer" => of(ErrorKind::BadAnswer, 502, "the upstream's answer is not JSON"),
        "unreachable" => of(ErrorKind::Unreachable, 502, "the upstream cannot be reached"),
        "slow" => of(ErrorKind::Timeout, 504, "the upstream took longer than 30 s"),
        "odd delay" => of(ErrorKind::Throttled, 503, "wait").with_retry_after(RetryAfter("a\r\nb".into())),
        _ => return Ok(json!("fine")),
    })
}

/// Returns unparsed JSON, whose source `how` selects.
async fn raw(how: String) -> Result<RawJson> {
    let never = |never: std::convert::Infallible| match never {};
    Ok(match how.as_str() {
        "bytes" => RawJson::from(r#"{"raw":true}"#.to_owned()),
        "sized" => RawJson::streaming(
            Full::new(Bytes::from_static(b"[1,2,3]")).map_err(never).boxed_unsync(),
            CallBudget::default(),
        ),
        "broken" => {
            let pieces = [
                Ok(http_body::Frame::data(Bytes::from_static(b"[1,"))),
                Err(Error::new(StatusCode::BAD_GATEWAY, "the upstream closed the connection early")),
            ];
            RawJson::streaming(
                BodyExt::boxed_unsync(StreamBody::new(futures_util::stream::iter(pieces))),
                CallBudget::default(),
            )
        }
        _ => {
            let pieces = ["[1,", "2]"].map(|piece| Ok(http_body::Frame::data(Bytes::from(piece))));
            RawJson::streaming(
                BodyExt::boxed_unsync(StreamBody::new(futures_util::stream::iter(pieces))),
                CallBudget::default(),
            )
        }
    })
}

/// Returns an argument. The names `body`, `tag` and `x-secret` give it further properties.
fn argument(name: &str, place: ParameterIn, required: bool) -> Argument {
    let whole_body = name == "body";
    Argument {
        name: name.to_owned(),
        place,
        required,
        many: name == "tag",
        whole_body,
        sensitive: name == "x-secret",
        ..Argument::default()
    }
}

/// Returns an operation with one route and the schemas of its types.
fn operation(
    index: usize,
    method: Method,
    path: &str,
    arguments: Vec<(Argument, &dyn InputType)>,
    gives: &dyn ReturnType,
) -> Arc<Operation> {
    let name = format!("operation-{index}");
    let exposed =
        ExposedOperation { name: Some(name.clone()), ..serde_json::from_value(json!({ "method": method })).unwrap() };
    let schemas = arguments.iter().map(|(_, kind)| schema::of_input(*kind).0).collect();
    let route = RouteFragment {
        expose: 1,
        path: path.to_owned(),
        resource: String::new(),
        description: String::new(),
        operation: exposed,
    };
    let fragment = Fragment {
        name: name.clone(),
        routes: vec![route],
        arguments: arguments.into_iter().map(|(argument, _)| argument).collect(),
        status: (method == Method::Post).then_some(201),
        ..Fragment::default()
    };
    Arc::new(Operation::new(index, &name, fragment, schemas, schema::of_output(gives)))
}

/// Returns the capability under test.
fn capability() -> Capability {
    use Method::{Delete, Get, Head, Post};
    use ParameterIn::{Body, Cookie, Header, Path, Query};
    let user = || (argument("userId", Path, true), &STR as &dyn InputType);
    let operations = vec![
        operation(
            0,
            Get,
            "/v1/users/{userid}/tokens",
            vec![user(), (argument("page", Query, false), &PAGE), (argument("tag", Query, false), &STR)],
            &VALUE,
        ),
        operation(1, Post, "/v1/users/{user_id}/tokens", vec![user(), (argument("body", Body, true), &NEW)], &VALUE),
        operation(
            2,
            Get,
            "/v1/users/{userid}/tokens/{tokenid}",
            vec![user(), (argument("tokenId", Path, true), &STR)],
            &VALUE,
        ),
        operation(
            3,
            Delete,
            "/v1/users/{User-Id}/tokens/{token_id}",
            vec![user(), (argument("tokenId", Path, true), &STR)],
            &UNIT,
        ),
        operation(4, Get, "/v1/users/{userid}/tokens/latest", vec![user()], &VALUE),
        operation(
            5,
            Get,
            "/v1/echo",
            vec![
                (argument("X-Trace", Header, true), &STR),
                (argument("session", Cookie, false), &STR),
                (argument("x-secret", Header, false), &PAGE),
            ],
            &VALUE,
        ),
        operation(
            6,
            Post,
            "/v1/moves",
            vec![
                (argument("from", Body, true), &STR),
                (argument("to", Body, true), &PLAIN),
                (argument("dryRun", Body, false), &BOOL),
            ],
            &VALUE,
        ),
        operation(7, Post, "/v1/refresh", vec![(argument("body", Body, false), &NEW)], &VALUE),
        operation(8, Get, "/v1/fail/{how}", vec![(argument("how", Path, true), &STR)], &VALUE),
        operation(9, Get, "/v1/raw/{how}", vec![(argument("how", Path, true), &STR)], &RAW),
        operation(10, Head, "/v1/exists", vec![], &UNIT),
        operation(11, Post, "/v1/any", vec![(argument("body", Body, true), &ANY)], &VALUE),
    ];
    capability_of(operations)
}

/// Returns a capability with these operations.
fn capability_of(operations: Vec<Arc<Operation>>) -> Capability {
    let head: Document = serde_json::from_value(json!({
        "naftiko": "1.0.0-alpha2",
        "capability": { "exposes": [
            { "type": "mcp", "namespace": "echo-mcp" },
            { "type": "rest", "namespace": "echo-rest" },
            { "type": "rest", "namespace": "other-rest" },
        ] },
    }))
    .unwrap();
    let fragments = operations.iter().map(|operation| operation.fragment.clone()).collect();
    Capability::assemble(Arc::new(Draft { head, fragments }), operations, Arc::new(Echo))
}

/// Serves a router for as long as the test runs.
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Serves the adapter alone, as a program does.
async fn adapter() -> RestClient {
    adapter_with(Limits::default()).await
}

async fn adapter_with(limits: Limits) -> RestClient {
    let router = standalone(&capability().with_limits(limits), "echo-rest", Guard::default(), None).unwrap();
    RestClient { http: reqwest::Client::new(), address: serve(router).await }
}

/// A client of one adapter.
struct RestClient {
    http: reqwest::Client,
    address: SocketAddr,
}

/// An answer.
#[derive(Debug)]
struct RestAnswer {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

impl RestClient {
    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("http://{}{path}", self.address))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> RestAnswer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        RestAnswer { status, headers, body: response.text().await.unwrap() }
    }

    async fn get(&self, path: &str) -> RestAnswer {
        self.send(self.request("GET", path)).await
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RestAnswer {
        self.send(self.request("POST", path).header("content-type", "application/json").body(body)).await
    }

    /// Sends bytes as they are, even those that no HTTP client would send.
    async fn raw(&self, request: impl AsRef<[u8]>) -> RestAnswer {
        let mut socket = tokio::net::TcpStream::connect(self.address).await.unwrap();
        socket.write_all(request.as_ref()).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        RestAnswer { status, headers, body: body.to_owned() }
    }

    /// Requests a target without encoding it.
    async fn get_raw(&self, target: &str) -> RestAnswer {
        self.raw(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await
    }
}

impl RestAnswer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Checks that it has this status and this JSON.
    #[track_caller]
    fn is(&self, status: u16, json: impl Into<Value>) {
        assert_eq!((self.status, self.json()), (status, json.into()), "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json");
    }

    /// Checks that it is a problem with that status; returns its members.
    #[track_caller]
    fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(status)));
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }

    /// Checks that it is a 400 for the argument at that pointer.
    #[track_caller]
    fn refuses(&self, pointer: &str, detail: &str) {
        let problem = self.problem(400);
        assert_eq!((&problem["pointer"], &problem["detail"]), (&json!(pointer), &json!(detail)));
    }
}
