//! Tests of sessions, through the calls that rmcp makes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
use super::*;
use crate::store::{Intercepted, MemoryStore};
use futures_util::future::join;
use futures_util::{Stream, StreamExt};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn sessions() -> Sessions {
    Sessions::new(SessionRecords::new(Arc::new(MemoryStore::default()), "test"), Duration::from_secs(55))
}

struct Server;

impl ServerHandler for Server {}

#[tokio::test(start_paused = true)]
async fn a_session_lasts_as_long_as_its_client_listens() {
    let sessions = sessions();
    let (id, transport) = sessions.create_session().await.unwrap();
    let server = tokio::spawn(async move { rmcp::serve_server(Server, transport).await.unwrap().waiting().await });
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    sessions.initialize_session(&id, serde_json::from_value(message).unwrap()).await.unwrap();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    sessions.accept_message(&id, serde_json::from_value(initialized).unwrap()).await.unwrap();

    let mut stream = Box::pin(sessions.create_standalone_stream(&id).await.unwrap());
    assert!(timeout(Duration::from_secs(3600), stream.next()).await.is_err(), "the session must stay open");
    drop(stream);
    server.await.unwrap().unwrap();
    assert!(sessions.create_standalone_stream(&id).await.is_err());
}

pub(super) fn message<M: serde::de::DeserializeOwned>(message: serde_json::Value) -> M {
    serde_json::from_value(message).unwrap()
}

fn call() -> ClientJsonRpcMessage {
    message(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "t" } }))
}

pub(super) fn id_of(message: &ClientJsonRpcMessage) -> RequestId {
    let JsonRpcMessage::Request(request) = message else { panic!("{message:?}") };
    request.id.clone()
}

pub(super) fn answer(id: &RequestId, text: &str) -> ServerJsonRpcMessage {
    message(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": 1, "message": text } }))
}

/// Returns the next event of a stream that has a message.
async fn next(stream: &mut (impl Stream<Item = ServerSseMessage> + Unpin)) -> Option<serde_json::Value> {
    loop {
        if let Some(message) = stream.next().await?.message {
            return Some(serde_json::to_value(&*message).unwrap());
        }
    }
}

/// Begins a session whose server is the test.
pub(super) async fn initialized(sessions: &Sessions) -> (SessionId, impl Transport<RoleServer> + use<>) {
    let (id, mut transport) = sessions.create_session().await.unwrap();
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let initialized = sessions.initialize_session(&id, message(initialize));
    let served = async {
        let id = id_of(&transport.receive().await.unwrap());
        transport.send(answer(&id, "initialized")).await.unwrap();
    };
    let (initialized, ()) = join(initialized, served).await;
    assert_eq!(serde_json::to_value(initialized.unwrap()).unwrap()["id"], 1);
    (id, transport)
}

#[tokio::test]
async fn a_new_stream_begins_after_the_events_of_earlier_ones() {
    let sessions = sessions();
    let (id, mut transport) = initialized(&sessions).await;
    let mut notify = async |list: &str| {
        let method = format!("notifications/{list}/list_changed");
        transport.send(message(json!({ "jsonrpc": "2.0", "method": method }))).await.unwrap();
    };
    notify("tools").await;
    for (list, later) in [("tools", "prompts"), ("prompts", "resources"), ("resources", "tools")] {
        let mut stream = Box::pin(sessions.create_standalone_stream(&id).await.unwrap());
        assert_eq!(next(&mut stream).await.unwrap()["method"], format!("notifications/{list}/list_changed"));
        drop(stream);
        // While no stream is open.
        notify(later).await;
    }
}

#[tokio::test]
async fn the_late_answer_of_a_cancelled_request_does_not_reach_one_with_its_id() {
    let sessions = sessions();
    let (id, mut transport) = initialized(&sessions).await;
    let mut common = Box::pin(sessions.create_standalone_stream(&id).await.unwrap());

    let _first = sessions.create_stream(&id, call()).await.unwrap();
    let first = id_of(&transport.receive().await.unwrap());
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    sessions.accept_message(&id, message(cancelled)).await.unwrap();
    let mut stream = Box::pin(sessions.create_stream(&id, call()).await.unwrap());
    transport.receive().await.unwrap();
    let second = id_of(&transport.receive().await.unwrap());
    // rmcp has sent the result before it has read that the request is cancelled.
    transport.send(answer(&first, "late")).await.unwrap();
    // The late answer does not free the ID of the second request.
    let mut refused = Box::pin(sessions.create_stream(&id, call()).await.unwrap());
    assert!(next(&mut refused).await.unwrap()["error"]["message"].as_str().unwrap().contains("is in use"));
    transport.send(answer(&second, "own")).await.unwrap();
    let own = next(&mut stream).await.unwrap();
    assert_eq!((&own["id"], &own["error"]["message"]), (&json!(1), &json!("own")));
    assert_eq!(next(&mut stream).await, None);

    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    transport.send(message(changed)).await.unwrap();
    assert_eq!(next(&mut common).await.unwrap()["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn late_answers_of_cancelled_requests_are_not_kept() {
    let sessions = sessions();
    let (id, mut transport) = initialized(&sessions).await;
    let mut answers = Vec::new();
    for number in 0..3 {
        let call = json!({ "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": { "name": "t" } });
        let _stream = sessions.create_stream(&id, message(call)).await.unwrap();
        answers.push(id_of(&transport.receive().await.unwrap()));
        let params = json!({ "requestId": number });
        let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        sessions.accept_message(&id, message(cancelled)).await.unwrap();
        transport.receive().await.unwrap();
    }
    for late in &answers {
        transport.send(answer(late, "late")).await.unwrap();
    }
    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    transport.send(message(changed)).await.unwrap();
    // rmcp's own stream, without the filter of the manager: it begins with the messages that rmcp has kept.
    let mut kept = Box::pin(sessions.inner.create_standalone_stream(&id).await.unwrap());
    assert_eq!(next(&mut kept).await.unwrap()["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_session_keeps_its_place_until_rmcp_has_dropped_its_transport() {
    let sessions = sessions();
    let places = Arc::new(Semaphore::new(1));
    let place = places.clone().try_acquire_owned().unwrap();
    let new = NewSession { place: Cell::new(Some(place)), settings: Arc::default(), client: Cell::default() };
    let (id, transport) = NEW.scope(new, sessions.create_session()).await.unwrap();
    sessions.close_session(&id).await.unwrap();
    assert_eq!(places.available_permits(), 0);
    drop(transport);
    assert_eq!(places.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_no_answer_cannot_make_requests_pile_up() {
    let sessions = sessions();
    let (id, mut transport) = initialized(&sessions).await;
    let request = |number: usize| {
        let params = json!({ "taskId": "t" });
        message(json!({ "jsonrpc": "2.0", "id": number, "method": "tasks/result", "params": params }))
    };
    for number in 0..1024 {
        // The client closes the stream at once. The request goes on, since the client could resume the stream.
        drop(sessions.create_stream(&id, request(number)).await.unwrap());
        transport.receive().await.unwrap();
    }
    let mut refused = Box::pin(sessions.create_stream(&id, request(1024)).await.unwrap());
    let refused = timeout(Duration::from_secs(60), next(&mut refused)).await.expect("the request must be refused");
    let refused = refused.unwrap();
    assert!(refused["error"]["message"].as_str().unwrap().contains("1024 requests without an answer"), "{refused}");
    let cancelled = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    sessions.accept_message(&id, message(cancelled)).await.unwrap();
    transport.receive().await.unwrap();
    let mut accepted = Box::pin(sessions.create_stream(&id, request(1024)).await.unwrap());
    let accepted_id = id_of(&transport.receive().await.unwrap());
    transport.send(answer(&accepted_id, "own")).await.unwrap();
    assert_eq!(next(&mut accepted).await.unwrap()["error"]["message"], "own");
}

#[tokio::test(start_paused = true)]
async fn a_session_does_not_come_back_when_a_change_takes_longer_than_its_lock() {
    let store = Arc::new(MemoryStore::default());
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let record = SessionRecord::new(&serde_json::from_value(params).unwrap()).unwrap().unwrap();
    for seconds in 0..10 {
        let delay = Duration::from_millis(700 + 1_000 * seconds);
        let late = SessionRecords::new(Arc::new(Intercepted::new(store.clone(), move |_| sleep(delay))), "test");
        let other = SessionRecords::new(store.clone(), "test");
        other.create("s", &record).await.unwrap();
        let (changed, ended) = join(late.change("s", |_| ()), async {
            sleep(Duration::from_millis(500)).await;
            other.remove("s").await
        })
        .await;
        ended.unwrap();
        assert!(other.get("s").await.unwrap().is_none(), "{seconds}");
        assert_eq!(changed.is_ok(), seconds < 4, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_lasts_while_a_request_gets_messages_unless_it_was_ended_elsewhere() {
    let sessions = sessions();
    let (id, mut transport) = initialized(&sessions).await;
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let record = SessionRecord::new(&message(params)).unwrap().unwrap();
    sessions.records.create(&id, &record).await.unwrap();
    let here = sessions.get(&id).unwrap();
    here.settings.store_as(StoredSession { records: sessions.records.clone(), id: id.clone() });
    here.settings.note_renewal();
    let mut minutes = async |count: usize| {
        for _ in 0..2 * count {
            sleep(Duration::from_secs(30)).await;
            let params = json!({ "progressToken": 1, "progress": 1 });
            let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
            transport.send(message(progress)).await.unwrap();
        }
    };
    let request = serde_json::from_value(json!(7)).unwrap();
    here.unanswered.add(&request).unwrap();
    minutes(20).await;
    assert!(sessions.records.get(&id).await.unwrap().is_some());
    // Nothing shows that the client is still there.
    here.unanswered.remove(&request);
    minutes(20).await;
    assert!(sessions.records.get(&id).await.unwrap().is_none());
    sessions.records.create(&id, &record).await.unwrap();
    here.unanswered.add(&request).unwrap();
    sessions.records.remove(&id).await.unwrap();
    minutes(5).await;
    assert!(sessions.records.get(&id).await.unwrap().is_none());
}

#[cfg(feature = "document")]
#[tokio::test]
async fn concurrent_clients_do_not_begin_more_sessions_than_the_limit() {
    use crate::document::Settings;
    use futures_util::FutureExt;
    use http::StatusCode;
    use tower_service::Service;

    const DOCUMENT: &str = "naftiko: \"1.0.0-alpha2\"\ninfo: { label: Notes, description: Keeps notes. }\ncapability:\n  \
                            exposes:\n  - { type: mcp, transport: http, port: 1, namespace: notes, tools: [] }\n";
    let loaded = naftiko_spec::load::load(DOCUMENT, &naftiko_spec::Policy::default()).unwrap();
    let capability = crate::document::capability(loaded.document, loaded.lowered, Settings::default()).unwrap();
    let limits = crate::Limits { sessions: 1, ..crate::Limits::default() };
    let mut service = capability.with_limits(limits).mcp_service().with_sessions();
    let mut initialize = |version: &str| {
        let info = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let request = Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
        let request = request.header("mcp-protocol-version", version);
        service.call(request.body(Full::new(Bytes::from(message.to_string()))).unwrap())
    };
    // A request that rmcp refuses does not keep its permit.
    assert_eq!(initialize("2025-06-18").await.unwrap().status(), StatusCode::BAD_REQUEST);
    let mut both = Box::pin(join(initialize("2025-11-25"), initialize("2025-11-25")));
    let late = initialize("2025-11-25");
    let sessions = service.sessions.clone().unwrap();
    {
        // No session can be created while this lock is held.
        let _held = sessions.sessions.inner.sessions.read().await;
        assert!(both.as_mut().now_or_never().is_none());
    }
    let (one, other) = both.await;
    let statuses = [one.unwrap().status(), other.unwrap().status()];
    assert_eq!(statuses, [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE]);
    assert_eq!(late.await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}
