//! The control port: metrics, health, readiness, status and log level of a program. Its responses contain no secrets, no
//! addresses of APIs, and no data from callers except the IDs of their traces.

use super::pages::Pages;
use crate::operation::Capability;
use axum::Router;

/// Returns `None`: the Cargo feature `telemetry` is disabled.
#[cfg(not(feature = "telemetry"))]
pub(super) fn router(_: &Pages<'_>, _: &Capability, _: Option<usize>) -> Option<Router> {
    None
}

#[cfg(feature = "telemetry")]
pub(super) use built::router;

#[cfg(feature = "telemetry")]
mod built {
    use super::{Capability, Pages, Router};
    use crate::expose::callers::Authenticator;
    use crate::expose::negotiation::quality;
    use crate::expose::rest::{authenticated, guarded, plain};
    use crate::operation::CopiedHeaders;
    use crate::program::adapter::guard;
    use crate::program::log;
    use crate::telemetry::{self, MetricsFormat, unreadable_secrets, upstream};
    use axum::body::{Body, to_bytes};
    use axum::extract::{ConnectInfo, Request};
    use axum::routing::get;
    use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, VARY};
    use http::{HeaderMap, HeaderValue, Response, StatusCode};
    use naftiko_spec::model::{ControlEndpoints, Expose};
    use naftiko_spec::printable;
    use serde::Deserialize;
    use serde_json::{Value, json};
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use tokio::time::timeout;

    /// The media type of metrics (Prometheus text format 0.0.4).
    const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

    /// The media type of metrics with exemplars.
    const OPEN_METRICS: HeaderValue =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

    const JSON: HeaderValue = HeaderValue::from_static("application/json");

    /// The maximum length of a body with a log level, in bytes.
    const LONGEST_LEVEL: usize = 4096;

    /// The maximum time for a body to arrive.
    const BODY_TIME: Duration = Duration::from_secs(10);

    /// The headers that proxies add.
    const PROXY_HEADERS: [&str; 3] = ["forwarded", "x-forwarded-for", "via"];

    const OWN_SUBSCRIBER: &str =
        "the program logs through its own `tracing` subscriber, whose level the control port cannot read or change";

    /// The capabilities that a program serves, each with its adapters, and when the program began to serve.
    struct Served {
        begun: Instant,
        capabilities: Vec<(Capability, Vec<Value>)>,
    }

    /// Returns the routes of a control port: of the adapter with the index `expose` in the document of `capability`, or without an
    /// index, of the control port that `--control` requests.
    #[allow(clippy::unnecessary_wraps, reason = "the same signature as without the feature")]
    pub(in crate::program) fn router(
        pages: &Pages<'_>,
        capability: &Capability,
        expose: Option<usize>,
    ) -> Option<Router> {
        let adapter = expose.and_then(|expose| capability.document().capability.exposes.get(expose));
        let adapters = |capability: usize| {
            let all = pages
                .endpoints
                .iter()
                .zip(pages.addresses)
                .filter(move |(endpoint, _)| endpoint.capability == capability);
            all.map(|(endpoint, address)| {
                json!({ "type": endpoint.kind.word(), "namespace": endpoint.namespace, "port": address.port() })
            })
        };
        let capabilities = pages.capabilities.iter().enumerate();
        let capabilities = capabilities.map(|(index, capability)| (capability.clone(), adapters(index).collect()));
        let program = Arc::new(Served { begun: Instant::now(), capabilities: capabilities.collect() });
        let (ready, status) = (program.clone(), program);
        let is_ready = move || async move { ready.ready() };
        let is_alive = || async { json_answer(StatusCode::OK, &json!({ "status": "ok" })) };
        let served = match adapter {
            Some(Expose::Control(port)) => port.endpoints(),
            _ => ControlEndpoints::default(),
        };
        let mut router = Router::new();
        if served.metrics {
            router = router.route("/metrics", get(metrics));
        }
        if served.health {
            router = router
                .route("/health", get(is_alive))
                .route("/health/live", get(is_alive))
                .route("/health/ready", get(is_ready.clone()))
                .route("/ready", get(is_ready));
        }
        if served.log_level {
            router = router.route("/logs", get(|| async { log_level() }).put(set_log_level));
        }
        if served.status {
            router = router.route("/status", get(|| async move { json_answer(StatusCode::OK, &status.status()) }));
        }
        if let Some(adapter) = adapter {
            let callers = Arc::new(Authenticator::or_broken(capability, expose));
            router = authenticated(router, callers, CopiedHeaders::default());
            router = router.merge(capability.metadata_of(|own| own == adapter.namespace()));
        }
        let mut guard = guard(pages.callers);
        guard.allow_addresses();
        Some(guarded(router, guard))
    }

    impl Served {
        /// Returns the APIs that a capability consumes, itself and through the capabilities that it is built on. Each API is the label of
        /// the consuming capability, and the API's namespace.
        fn upstreams(capability: &Capability) -> Vec<(&str, &str)> {
            let document = capability.document();
            let own = document.all_consumes().into_iter().map(|api| (&document.info.label, &api.namespace));
            let used = capability.used_apis().apis.iter().map(|(label, namespace)| (label, namespace));
            let mut all = Vec::new();
            for (label, namespace) in own.chain(used) {
                let api = (label.as_str(), namespace.as_str());
                if !all.contains(&api) {
                    all.push(api);
                }
            }
            all
        }

        /// Answers 200, or 503 with the reasons why calls cannot reach an API: its circuit breaker is open, its access token cannot be
        /// fetched, or it refuses its credential. Warnings name the secrets that cannot be read again.
        fn ready(&self) -> Response<Body> {
            let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
            for (capability, _) in &self.capabilities {
                for (label, namespace) in Self::upstreams(capability) {
                    let state = upstream(label, namespace);
                    if state.breaker == Some(true) {
                        reasons.push(format!("the circuit breaker of `{namespace}` is open"));
                    }
                    if state.without_token {
                        reasons.push(format!("the access token of `{namespace}` cannot be fetched"));
                    }
                    if state.is_refused {
                        reasons.push(format!("the credential of `{namespace}` is refused"));
                    }
                }
                warnings.extend(Self::unreadable(capability).into_iter().map(|location| {
                    let shown = if location.contains("://") { format!("`{location}`") } else { location };
                    format!("the secrets in {shown} cannot be read again; the previous values stay in use")
                }));
            }
            let (code, status) = if reasons.is_empty() {
                (StatusCode::OK, "ready")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not ready")
            };
            let mut body = json!({ "status": status });
            for (name, mut texts) in [("reasons", reasons), ("warnings", warnings)] {
                let mut known = std::collections::HashSet::new();
                texts.retain(|text| known.insert(text.clone()));
                if !texts.is_empty() {
                    body[name] = texts.into();
                }
            }
            json_answer(code, &body)
        }

        /// Returns the locations from which the secrets of a capability, and of the capabilities that it is built on, cannot be read again.
        fn unreadable(capability: &Capability) -> Vec<String> {
            let mut labels: Vec<&str> = vec![&capability.document().info.label];
            labels.extend(Self::upstreams(capability).into_iter().map(|(label, _)| label));
            labels.dedup();
            let mut all: Vec<String> = labels.into_iter().flat_map(unreadable_secrets).collect();
            all.sort_unstable();
            all.dedup();
            all
        }

        fn status(&self) -> Value {
            let of = |(capability, adapters): &(Capability, Vec<Value>)| {
                let upstreams = Self::upstreams(capability).into_iter().map(|(label, namespace)| {
                    let state = upstream(label, namespace);
                    let breaker = state.breaker.map(|open| if open { "open" } else { "closed" });
                    let mut api = json!({ "namespace": namespace, "breaker": breaker });
                    if state.is_refused || state.without_token {
                        api["credential"] = if state.is_refused { "refused" } else { "not fetched" }.into();
                    }
                    api
                });
                let mut status = json!({
                    "label": capability.document().info.label,
                    "version": capability.document().info.version.as_deref().or(capability.crate_version()),
                    "adapters": adapters,
                    "upstreams": upstreams.collect::<Vec<_>>(),
                });
                let unreadable = Self::unreadable(capability);
                if !unreadable.is_empty() {
                    status["unreadable_secrets"] = unreadable.into();
                }
                status
            };
            let capabilities: Vec<Value> = self.capabilities.iter().map(of).collect();
            json!({ "uptime_seconds": self.begun.elapsed().as_secs(), "capabilities": capabilities })
        }
    }

    /// Answers with the metrics, in the format that the client prefers.
    async fn metrics(headers: HeaderMap) -> Response<Body> {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let format = format(accepted);
        let media_type = if format == MetricsFormat::OpenMetrics { OPEN_METRICS } else { METRICS };
        let mut response = answer(StatusCode::OK, media_type, telemetry::start().text(format));
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        response
    }

    /// Returns OpenMetrics if `Accept` names its version 1.0.0, or no version, and does not prefer `text/plain`.
    fn format<'a>(accepted: impl Iterator<Item = &'a str>) -> MetricsFormat {
        let (mut open, mut text) = (0.0, 0.0);
        for range in accepted.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut weight, mut version) = (1.0_f32, "");
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => weight = quality(value),
                    "version" => version = value,
                    _ => {}
                }
            }
            match media_type.as_str() {
                "application/openmetrics-text" if matches!(version, "" | "1.0.0") => open = weight.max(open),
                "text/plain" => text = weight.max(text),
                _ => {}
            }
        }
        if open > 0.0 && open >= text { MetricsFormat::OpenMetrics } else { MetricsFormat::Prometheus }
    }

    /// The level of the log, in the syntax of `RUST_LOG`.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct LogLevel {
        level: String,
    }

    fn log_level() -> Response<Body> {
        match log::level() {
            Some(level) => json_answer(StatusCode::OK, &json!({ "level": level })),
            None => plain(StatusCode::NOT_FOUND, OWN_SUBSCRIBER),
        }
    }

    /// Changes the level of the log, for programs on this machine.
    async fn set_log_level(request: Request) -> Response<Body> {
        if let Err(why) = check_caller(&request) {
            return plain(StatusCode::FORBIDDEN, why);
        }
        if log::level().is_none() {
            return plain(StatusCode::NOT_FOUND, OWN_SUBSCRIBER);
        }
        let Ok(body) = timeout(BODY_TIME, to_bytes(request.into_body(), LONGEST_LEVEL)).await else {
            return plain(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive");
        };
        let body = match body {
            Ok(body) => body,
            Err(error)
                if std::error::Error::source(&error)
                    .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) =>
            {
                let why = format!("the body is longer than {LONGEST_LEVEL} bytes");
                return plain(StatusCode::PAYLOAD_TOO_LARGE, &why);
            }
            Err(_) => return plain(StatusCode::BAD_REQUEST, "the body is incomplete"),
        };
        let level = match serde_json::from_slice::<LogLevel>(&body) {
            Ok(LogLevel { level }) => level,
            Err(error) => {
                let why = format!("expected `{{\"level\": \"debug\"}}`: {}", printable(&error.to_string()));
                return plain(StatusCode::BAD_REQUEST, &why);
            }
        };
        if let Err(why) = log::set_level(&level) {
            return plain(StatusCode::BAD_REQUEST, &format!("invalid level: {why}"));
        }
        log_level()
    }

    /// Checks that a request comes from a program on this machine: not from a page in a browser, nor through a proxy that adds
    /// its headers.
    fn check_caller(request: &Request) -> Result<(), &'static str> {
        let peer = request.extensions().get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip().to_canonical());
        if !peer.is_some_and(|peer| peer.is_loopback()) {
            return Err("the log level can be changed only from this machine, through a loopback address");
        }
        if request.headers().contains_key(ORIGIN) {
            return Err("web pages cannot change the log level");
        }
        if PROXY_HEADERS.iter().any(|name| request.headers().contains_key(*name)) {
            return Err("the log level cannot be changed through a proxy");
        }
        Ok(())
    }

    fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
        answer(status, JSON, body.to_string())
    }

    fn answer(status: StatusCode, media_type: HeaderValue, body: String) -> Response<Body> {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

        use super::*;
        use crate::operation::Definition;
        use crate::telemetry::{BreakerState, note_token, watch_breaker};

        /// A breaker that is open.
        struct Opened(&'static str);

        impl BreakerState for Opened {
            fn api(&self) -> (&str, &str) {
                (self.0, "api")
            }

            fn is_open(&self) -> bool {
                true
            }
        }

        macro_rules! definition {
            ($label:literal, $consumes:literal) => {
                Definition::new(
                    concat!(
                        r#"{"naftiko":"1.0.0-alpha2","info":{"label":""#,
                        $label,
                        r#""},"capability":{"consumes":["#,
                        $consumes,
                        "]}}"
                    ),
                    &[],
                )
            };
        }

        static PRICES: Definition = definition!("Prices", r#"{"namespace":"api","baseUri":"https://prices.example"}"#);
        static STOCK: Definition = definition!("Stock", r#"{"namespace":"api","baseUri":"https://stock.example"}"#);
        static OFFERS: Definition = definition!("Offers", "").using(&[|| &PRICES]);
        static SHOP: Definition = definition!("Shop", "").using(&[|| &OFFERS, || &PRICES]);

        fn served(definitions: &[&'static Definition]) -> Served {
            let capabilities = definitions.iter().map(|definition| (Capability::described(definition), Vec::new()));
            Served { begun: Instant::now(), capabilities: capabilities.collect() }
        }

        fn upstreams(served: &Served) -> Vec<Value> {
            let status = served.status();
            status["capabilities"]
                .as_array()
                .unwrap()
                .iter()
                .map(|capability| capability["upstreams"].clone())
                .collect()
        }

        #[tokio::test]
        async fn the_state_of_an_api_concerns_its_capability_and_the_capabilities_built_on_it() {
            let (shop, stock) = (served(&[&SHOP]), served(&[&STOCK]));
            assert_eq!((shop.ready().status(), stock.ready().status()), (StatusCode::OK, StatusCode::OK));
            let opened = Arc::new(Opened("Prices"));
            watch_breaker(&opened);
            note_token("Prices", "api", false);
            assert_eq!(
                (shop.ready().status(), stock.ready().status()),
                (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK)
            );
            let both = served(&[&SHOP, &STOCK]);
            let of = |api: Value| json!([api]);
            let expected = [
                of(json!({ "namespace": "api", "breaker": "open", "credential": "not fetched" })),
                of(json!({ "namespace": "api", "breaker": null })),
            ];
            assert_eq!(upstreams(&both), expected);
            let body = to_bytes(both.ready().into_body(), 1000).await.unwrap();
            let expected = ["the circuit breaker of `api` is open", "the access token of `api` cannot be fetched"];
            assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["reasons"], json!(expected));
            drop(opened);
            note_token("Prices", "api", true);
            assert_eq!(shop.ready().status(), StatusCode::OK);
        }

        #[test]
        fn a_weight_that_is_not_a_number_from_0_to_1_counts_as_1() {
            for weight in ["2", "inf", "NaN", "-1", "nonsense"] {
                let accepted = [&*format!("application/openmetrics-text;q={weight}, text/plain")];
                assert_eq!(format(accepted.into_iter()), MetricsFormat::OpenMetrics, "{weight}");
                let accepted = [&*format!("application/openmetrics-text;q=0.9, text/plain;q={weight}")];
                assert_eq!(format(accepted.into_iter()), MetricsFormat::Prometheus, "{weight}");
            }
        }

        #[cfg(all(feature = "document", feature = "testing", unix))]
        #[tokio::test]
        async fn a_refused_credential_and_unreadable_secrets_are_shown() {
            use crate::document::{self, Settings};
            use crate::testing::{Answer, Upstream};
            use naftiko_spec::lower::lower;
            use naftiko_spec::model::Document;

            let folder = std::env::temp_dir().join(format!("naftiko-ready-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("TOKEN"), "t-1").unwrap();
            let location = format!("file://{}", folder.display());
            let yaml = format!(
                "naftiko: 1.0.0-alpha2\ninfo: {{ label: Refused, description: Is refused. }}\nbinds:\n- namespace: files\n  location: {location}\n  \
                 keys: {{ TOKEN: TOKEN }}\ncapability:\n  consumes:\n  - type: http\n    namespace: up\n    baseUri: http://up.example\n    \
                 authentication: {{ type: bearer, token: '{{{{files.TOKEN}}}}' }}\n    resources:\n    - {{ name: x, path: /x, operations: [{{ name: get, \
                 method: GET }}] }}\n  exposes:\n  - type: rest\n    namespace: rest\n    port: 1\n    resources:\n    - {{ path: /x, name: x, operations: [{{ \
                 method: GET, name: get, call: up.get }}] }}\n"
            );
            let document = Document::from_yaml(&yaml).unwrap();
            let (lowered, _) = lower(&document);
            let upstream = Upstream::start().await;
            let settings = Settings::default().folder(&folder).upstream("up", upstream.url());
            let capability = document::capability(document, lowered, settings).unwrap();
            let served = Served { begun: Instant::now(), capabilities: vec![(capability.clone(), Vec::new())] };
            let call = || capability.call("get", json!({}));
            let ready = || async {
                let answer = served.ready();
                let status = answer.status().as_u16();
                let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
                (status, serde_json::from_slice::<Value>(&body).unwrap())
            };
            upstream.answer("GET", "/x", Answer::json(403, json!({})));
            call().await.unwrap_err();
            assert_eq!(ready().await, (200, json!({ "status": "ready" })));
            upstream.answer("GET", "/x", Answer::json(401, json!({})));
            std::fs::remove_dir_all(&folder).unwrap();
            call().await.unwrap_err();
            let warnings =
                json!([format!("the secrets in `{location}` cannot be read again; the previous values stay in use")]);
            let reasons = json!(["the credential of `up` is refused"]);
            let expected = json!({ "status": "not ready", "reasons": reasons, "warnings": warnings });
            assert_eq!(ready().await, (503, expected));
            let status = served.status()["capabilities"][0].clone();
            assert_eq!(status["upstreams"], json!([{ "namespace": "up", "breaker": null, "credential": "refused" }]));
            assert_eq!(status["unreadable_secrets"], json!([location]));
            upstream.answer("GET", "/x", Answer::json(200, json!({})));
            call().await.unwrap();
            assert_eq!(ready().await, (200, json!({ "status": "ready", "warnings": warnings })));
        }
    }
}
