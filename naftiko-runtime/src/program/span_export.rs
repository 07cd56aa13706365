//! The export of spans to an OpenTelemetry collector, over HTTP (OTLP), if the environment names one.

#[cfg(not(feature = "otlp"))]
pub(super) use absent::SpanExport;
#[cfg(feature = "otlp")]
pub(super) use otlp::SpanExport;

#[cfg(not(feature = "otlp"))]
mod absent {
    use crate::error::Result;

    /// The export of spans without the feature `otlp`: it does nothing.
    pub(in crate::program) struct SpanExport;

    impl SpanExport {
        #[allow(clippy::unnecessary_wraps, reason = "the same signature as with the feature")]
        pub(in crate::program) fn start(_: &str) -> Result<Self> {
            Ok(Self)
        }

        #[allow(clippy::unused_async, reason = "the same signature as with the feature")]
        pub(in crate::program) async fn finish(self) {}
    }
}

#[cfg(feature = "otlp")]
mod otlp {
    use crate::consume::fault::{CertificateFault, of_tls};
    use crate::consume::outgoing::Outgoing;
    use crate::consume::tls::Certificates;
    use crate::consume::transport::{Repeat, Transport};
    use crate::error::{Error, Result};
    use crate::telemetry::trace_with;
    use bytes::Bytes;
    use http::{Request, Response, Uri};
    use http_body_util::{BodyExt, Limited};
    use naftiko_spec::printable;
    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_http::{HttpClient, HttpError};
    use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithHttpConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use secrecy::SecretString;
    use std::error::Error as StdError;
    use std::fmt;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::Duration;
    use tokio::runtime::Handle;
    use tokio::time::timeout;

    /// The environment variables with the endpoint of the collector. The first one takes precedence.
    const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    /// The environment variables with the path of a file in PEM: authorities that may have issued the certificate of the collector, in
    /// addition to the system's. The first one takes precedence.
    const AUTHORITIES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
    /// The environment variables with the paths of a client certificate in PEM, for a collector that asks for one.
    const CLIENT_CERTIFICATES: [&str; 2] =
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"];
    /// The environment variables with the paths of the private key of the client certificate, in PEM.
    const CLIENT_KEYS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];
    /// The message about an exporter that cannot be built; the cause says which setting is invalid.
    const EXPORT_FAILED: &str = "the traces cannot be exported: check the environment variables `OTEL_EXPORTER_OTLP_…`";

    /// The time limit for one request to the collector, if the environment sets none.
    const EXPORT_LIMIT: Duration = Duration::from_secs(10);

    /// The time limit for the last spans when a program ends.
    const FINISH_LIMIT: Duration = Duration::from_secs(5);

    /// The maximum length of an answer of the collector.
    const LONGEST_ANSWER: usize = 64 * 1024;

    /// The export of the spans of a program, until it ends.
    pub(in crate::program) struct SpanExport(Option<SdkTracerProvider>);

    impl SpanExport {
        /// Starts to export spans if the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`) and does not disable the
        /// export. Nothing is exported if the program has set a tracer (`trace_with`). `program` is the name of the service, if the
        /// environment has none.
        ///
        /// # Errors
        /// Returns an error if the exporter cannot be built, for example because the endpoint is not a URL. An invalid time limit is
        /// ignored.
        pub(in crate::program) fn start(program: &str) -> Result<Self> {
            let endpoint = first_set(ENDPOINTS);
            let is_off = text("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            let exporters = text("OTEL_TRACES_EXPORTER").unwrap_or_else(|| "otlp".to_owned());
            let Some((variable, endpoint)) = endpoint else { return Ok(Self(None)) };
            if is_off || !exporters.split(',').any(|name| name.trim() == "otlp") {
                return Ok(Self(None));
            }
            if !is_http_url(&endpoint) {
                // The value is not printed, since a URL can contain a password.
                let expected = "expected the URL of a collector, such as `http://127.0.0.1:4318`";
                return Err(Error::configuration(format!("{variable} is not valid: {expected}")));
            }
            let limit = text("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| text("OTEL_EXPORTER_OTLP_TIMEOUT"));
            let limit = limit.and_then(|text| text.trim().parse().ok()).filter(|limit| *limit > 0);
            let limit = limit.map_or(EXPORT_LIMIT, Duration::from_millis);
            let unusable = |error| Error::configuration(EXPORT_FAILED).because(error);
            let transport = Transport::new(limit, certificates()?, false).map_err(unusable)?;
            let collector = Collector(Arc::new(CollectorState {
                transport,
                limit,
                runtime: Handle::current(),
                is_down: AtomicBool::new(false),
            }));
            let exporter = SpanExporter::builder().with_http().with_http_client(collector).build();
            let invalid = |error: ExporterBuildError| Error::configuration(EXPORT_FAILED).because(error);
            let mut resource = Resource::builder();
            let is_named = text("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|text| {
                let names = text.split(',').filter_map(|pair| pair.split_once('='));
                names.into_iter().any(|(name, _)| name.trim() == "service.name")
            });
            if text("OTEL_SERVICE_NAME").is_none() && !is_named {
                resource = resource.with_service_name(program.to_owned());
            }
            let provider = SdkTracerProvider::builder()
                .with_batch_exporter(exporter.map_err(invalid)?)
                .with_resource(resource.build())
                .build();
            let scope = InstrumentationScope::builder("naftiko").with_version(env!("CARGO_PKG_VERSION")).build();
            // A tracer that the program has set takes precedence.
            Ok(Self(trace_with(provider.tracer_with_scope(scope)).ok().map(|()| provider)))
        }

        /// Exports the spans that have ended, within a time limit.
        pub(in crate::program) async fn finish(self) {
            if let Some(provider) = self.0 {
                // The shutdown blocks while this runtime sends the spans.
                let finished = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FINISH_LIMIT));
                let _ = timeout(FINISH_LIMIT, finished).await;
            }
        }
    }

    /// Returns the value of an environment variable; `None` if it is not set, or blank.
    fn text(name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|text| !text.trim().is_empty())
    }

    /// Returns the first of these environment variables that is set, and its value.
    fn first_set(names: [&'static str; 2]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| Some((name, text(name)?)))
    }

    /// Returns whether a text is a URL with the scheme `http` or `https`.
    fn is_http_url(text: &str) -> bool {
        text.parse::<Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")))
    }

    /// Reads the certificates and the private key whose files the environment names.
    ///
    /// # Errors
    /// Returns an error that names the variable at fault, or both of a certificate and its key.
    fn certificates() -> Result<Certificates> {
        let (authority, certificate, key) = (file(AUTHORITIES)?, file(CLIENT_CERTIFICATES)?, file(CLIENT_KEYS)?);
        if let Some((variable, pem)) = &authority {
            Certificates::new(Some(pem), None, None).map_err(|why| invalid(variable, &why))?;
        }
        let variable = match (&certificate, &key) {
            (Some((variable, _)), None) => {
                return Err(invalid(
                    variable,
                    &format!("set {} to the file of its private key as well", CLIENT_KEYS[1]),
                ));
            }
            (None, Some((variable, _))) => {
                let message = format!("set {} to the file of its certificate as well", CLIENT_CERTIFICATES[1]);
                return Err(invalid(variable, &message));
            }
            (Some((certificate, _)), Some((key, _))) => format!("{certificate}, {key}"),
            (None, None) => String::new(),
        };
        let pem = |file: &Option<(_, SecretString)>| file.as_ref().map(|(_, pem)| pem.clone());
        let (authority, certificate, key) = (pem(&authority), pem(&certificate), pem(&key));
        Certificates::new(authority.as_ref(), certificate.as_ref(), key.as_ref())
            .map_err(|why| invalid(&variable, &why))
    }

    fn invalid(variable: &str, why: &str) -> Error {
        Error::configuration(format!("{variable}: {why}"))
    }

    /// Reads the file that the first of these environment variables names.
    fn file(variables: [&'static str; 2]) -> Result<Option<(&'static str, SecretString)>> {
        let Some((variable, path)) = first_set(variables) else { return Ok(None) };
        match std::fs::read_to_string(&path) {
            Ok(pem) => Ok(Some((variable, SecretString::from(pem)))),
            Err(error) => Err(invalid(variable, &format!("cannot read `{}`: {error}", printable(&path)))),
        }
    }

    /// Returns why spans were not sent.
    fn why(error: &(dyn StdError + 'static)) -> String {
        let tls = of_tls(error);
        let is_untrusted = tls.and_then(CertificateFault::of) == Some(CertificateFault::Untrusted);
        if is_untrusted {
            return format!(
                "its certificate is not trusted; if it was issued by a private CA, set {} to a file with the CA's \
                 certificate in PEM",
                AUTHORITIES[1]
            );
        }
        tls.map_or_else(|| error.to_string(), ToString::to_string)
    }

    /// The HTTP client that sends spans to the collector. It uses the transport of this crate, on the runtime of the program.
    #[derive(Clone)]
    struct Collector(Arc<CollectorState>);

    struct CollectorState {
        transport: Transport,
        limit: Duration,
        runtime: Handle,
        /// Whether it has been reported that spans cannot be sent to the collector.
        is_down: AtomicBool,
    }

    impl Collector {
        async fn send(self, request: Request<Bytes>) -> std::result::Result<Response<Bytes>, HttpError> {
            let sent = async {
                let response = self.0.transport.send(Box::new(request.map(Outgoing::from)), Repeat::Never).await?;
                let (parts, body) = response.into_parts();
                let body = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
                Ok::<_, HttpError>(Response::from_parts(parts, body))
            };
            let sent = timeout(self.0.limit, sent).await.unwrap_or_else(|_| Err("it has not answered in time".into()));
            let why = match &sent {
                Ok(response) if response.status().is_success() => None,
                Ok(response) => Some(format!("it answered with {}", response.status())),
                Err(error) => Some(why(error.as_ref())),
            };
            // Spans that cannot be sent are lost; calls are not affected. This is reported once, and again only after spans have been sent.
            if let Some(why) = &why
                && !self.0.is_down.swap(true, Relaxed)
            {
                tracing::warn!(why, "spans cannot be sent to the collector");
            }
            if why.is_none() {
                self.0.is_down.store(false, Relaxed);
            }
            sent
        }
    }

    type AnswerFuture<'f> = Pin<Box<dyn Future<Output = std::result::Result<Response<Bytes>, HttpError>> + Send + 'f>>;

    impl HttpClient for Collector {
        fn send_bytes<'s, 'f>(&'s self, request: Request<Bytes>) -> AnswerFuture<'f>
        where
            's: 'f,
            Self: 'f,
        {
            // The thread that exports has no runtime.
            let sent = self.0.runtime.spawn(self.clone().send(request));
            Box::pin(async move { sent.await? })
        }
    }

    impl fmt::Debug for Collector {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Collector")
        }
    }
}
