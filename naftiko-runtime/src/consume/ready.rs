//! Prepares calls when the client is built: parses and encodes names, resolves variables, and checks paths.

mod text;

use super::caller_headers::ReadyCallerHeader;
use super::credential::CredentialPlace;
use super::encode;
use super::layers::{self, OwnSettings};
use super::paging::{Pager, QueryArgument};
use super::request_body::{ReadyBody, ReadyPart};
use super::resolve::Resolver;
use super::secrets::UsedSecrets;
use super::source::{ReadyPiece, ReadySource};
use super::upstream::{Upstream, bad_cookie};
use super::upstream_call::{MAX_TIMEOUT, UpstreamCall, template};
use crate::error::{Error, ErrorKind};
use crate::formats::CompiledShaping;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, Method};
use naftiko_spec::jsonpath::Path;
use naftiko_spec::lower::{Body, Call, Format, MultipartPart, Piece, Shaping, Source};
use naftiko_spec::model::{Document, Milliseconds, why_not_passed_on};
use naftiko_spec::rules::is_literal_secret;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Headers that name the host, control the connection or frame the message (RFC 9110, sections 7.2 and 7.6.1; RFC 9112, section 6).
/// An argument in one of these headers could smuggle a second request.
pub(crate) const NOT_ARGUMENTS: [HeaderName; 7] =
    [CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// A call that is ready to be sent.
pub(crate) struct ReadyCall {
    /// The index of this call among the calls of the client.
    pub(crate) number: usize,
    /// The properties that all its requests share.
    pub(crate) upstream_call: Arc<UpstreamCall>,
    /// The names of the arguments.
    pub(crate) arguments: Arc<[String]>,
    pub(crate) method: Method,
    pub(crate) path: Vec<PathPiece>,
    /// Query parameters; the names are encoded.
    pub(crate) query: Vec<(String, ReadySource)>,
    pub(crate) headers: Vec<ReadyHeader>,
    pub(super) caller_headers: Vec<ReadyCallerHeader>,
    pub(crate) cookies: Vec<(String, ReadySource)>,
    pub(crate) body: Option<ReadyBody>,
    /// The `Accept` header, if it differs from the API's default.
    pub(crate) accept: Option<HeaderValue>,
    pub(crate) format: Format,
    /// The error statuses that mean "nothing found".
    none_on: Vec<u16>,
    /// The headers of the answer that are passed on to callers.
    pub(crate) response_headers: Vec<HeaderName>,
    /// How the answer is shaped; `None` if it is returned whole.
    pub(crate) output: Option<Arc<CompiledShaping>>,
    /// The indexes of arguments that contain credentials.
    pub(crate) sensitive: Vec<usize>,
    /// How the next page is found, if the answer is a page of a list.
    pub(super) page: Option<Pager>,
}

impl ReadyCall {
    /// Returns whether its requests have other headers besides the constant headers of the API.
    pub(super) fn has_other_headers(&self) -> bool {
        let has_callers = !(self.caller_headers.is_empty() && self.upstream_call.upstream.caller_headers.is_empty());
        has_callers
            || self.accept.is_some()
            || !self.headers.is_empty()
            || !self.cookies.is_empty()
            || self.body.is_some()
    }

    /// Returns whether an error means "nothing found".
    pub(super) fn means_nothing_found(&self, error: &Error) -> bool {
        let status = error.upstream().filter(|_| error.kind() == ErrorKind::Upstream).map(|upstream| upstream.status);
        status.is_some_and(|status| self.none_on.contains(&status.as_u16()))
    }
}

/// A piece of a request path.
pub(crate) enum PathPiece {
    /// Literal text, encoded where necessary.
    Literal(String),
    /// A value that fills (part of) one segment.
    Value(ReadySource),
    /// A value that can span several segments.
    Rest(ReadySource),
    /// Literal text of the path's own query, encoded. The first piece includes the question mark.
    Query(String),
    /// A value in the path's own query.
    QueryValue(ReadySource),
}

/// A header of a request.
pub(crate) struct ReadyHeader {
    pub(crate) name: HeaderName,
    pub(crate) source: ReadySource,
    /// Whether the value must be hidden when the request is shown.
    pub(crate) secret: bool,
}

/// A loader, which prepares the calls of one document or trait. The resolver collects the problems.
pub(crate) struct Loader<'a, 's> {
    pub(crate) resolver: &'a mut Resolver<'s>,
    pub(crate) upstreams: Vec<Arc<Upstream>>,
    timeout: Duration,
    pub(crate) layers: &'a mut layers::ApiLimits,
    /// The calls and the forward routes so far.
    pub(crate) calls: Vec<Arc<ReadyCall>>,
    pub(crate) forwards: Vec<Arc<UpstreamCall>>,
    /// The secrets in constants of operations, if the secrets can change, by the namespace of the API that they are sent to.
    pub(crate) constants: HashMap<String, UsedSecrets>,
    /// The values of variables, by namespace and name; with each, the values that were read from the secret store for it.
    variables: HashMap<(Option<String>, String), (Option<SecretString>, UsedSecrets)>,
}

impl<'a, 's> Loader<'a, 's> {
    /// Sets up the consumed APIs.
    pub(crate) fn new(
        resolver: &'a mut Resolver<'s>,
        document: &Document,
        timeout: Duration,
        layers: &'a mut layers::ApiLimits,
    ) -> Self {
        let consumes = document.all_consumes();
        let consumes = consumes.iter().enumerate();
        let upstreams = consumes.map(|(at, consume)| Arc::new(Upstream::new(resolver, at, consume))).collect();
        let (calls, forwards, constants, variables) = Default::default();
        Self { resolver, upstreams, timeout, layers, calls, forwards, constants, variables }
    }

    /// Registers a call that is prepared later. All calls must be registered before the first one is prepared.
    pub(crate) fn expect(&mut self, call: &Call) {
        self.layers.expect(call);
    }

    /// Creates the fixed properties of the calls of an operation; `None` if its API does not exist.
    pub(crate) fn upstream_call(
        &mut self,
        consume: usize,
        name: &str,
        timeout: Option<Milliseconds>,
        settings: OwnSettings<'_>,
    ) -> Option<UpstreamCall> {
        let Some(upstream) = self.upstreams.get(consume).cloned() else {
            self.resolver.report(format!("`{name}` consumes an API that the document does not have"));
            return None;
        };
        let timeout = timeout.or(upstream.timeout).map_or(self.timeout, Into::into).min(MAX_TIMEOUT);
        let (credentials, transport) = (upstream.credentials.clone(), upstream.transport.clone());
        let layers = self.layers.layers(consume, name, settings, credentials, transport);
        let key = self.layers.idempotency_header(consume, settings.resilience);
        let (name, number) = (name.to_owned(), self.forwards.len());
        Some(UpstreamCall {
            name,
            upstream,
            timeout,
            layers,
            idempotency_header: key,
            template: None,
            part: None,
            number,
        })
    }

    /// Stores the call of a forward route.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) fn store_forward(&mut self, upstream_call: UpstreamCall) -> Arc<UpstreamCall> {
        let upstream_call = Arc::new(upstream_call);
        self.forwards.push(upstream_call.clone());
        upstream_call
    }

    /// Prepares a call; `None` if it is invalid. `operation` is the name of the operation that makes the call, and
    /// `arguments` are the names of its arguments.
    pub(crate) fn call(&mut self, call: Call, operation: &str, arguments: &Arc<[String]>) -> Option<Arc<ReadyCall>> {
        let mut upstream_call =
            self.upstream_call(call.consume, &call.operation, call.timeout, OwnSettings::of(&call))?;
        if cfg!(feature = "otlp") {
            upstream_call.template = Some(template(&call.path, arguments).into());
        }
        if let Some(Shaping::Part(part)) = &call.output {
            upstream_call.part = Some(part.clone());
        }
        let output = call.output.as_ref().filter(|output| !output.is_whole());
        let output = output.map(|output| CompiledShaping::new(output, &call.outputs, call.format)).transpose();
        let output = output.unwrap_or_else(|why| {
            self.resolver.report(format!("the output of `{operation}`: {why}"));
            None
        });
        if cfg!(not(feature = "formats")) && call.format.needs_decoder() {
            self.resolver.report(format!(
                "`{operation}` reads {}, which requires the feature `formats` of `naftiko`",
                call.format.word()
            ));
        }
        let accept = (!upstream_call.upstream.sets_accept && !call.format.is_json())
            .then(|| HeaderValue::from_static(call.format.accept()));
        let (resolver, passed_on) = (&mut self.resolver, call.response_headers.iter());
        let passed_on = passed_on.filter_map(|name| match (why_not_passed_on(name), name.parse()) {
            (None, Ok(name)) => Some(name),
            (why, _) => {
                let why = why.unwrap_or("is not a valid header name");
                resolver.report(format!(
                    "`{operation}`: the response header `{}` cannot be passed on: it {why}",
                    name.escape_debug()
                ));
                None
            }
        });
        let response_headers = passed_on.collect();
        let caller_headers = ReadyCallerHeader::all(self.resolver, operation, &call.caller_headers);
        let credential = upstream_call.upstream.credential.as_ref().and_then(|credential| match &credential.place {
            CredentialPlace::Inline(value) => Some(value.clone()),
            _ => None,
        });
        let namespace = &upstream_call.upstream.namespace;
        let page = call.page.as_ref().and_then(|page| {
            let arguments = call.query.iter().filter_map(|(name, source)| QueryArgument::of(name, source)).collect();
            let sent = page.sent.clone().map(|sent| self.source(sent, operation));
            let pager = Pager::new(page, sent, arguments);
            pager.map_err(|why| self.resolver.report(format!("`{operation}`: {why}"))).ok()
        });
        let sources = &mut SourceLoader { loader: self, operation, namespace, credential };
        let path = sources.path(call.path);
        let query = call.query.into_iter().map(|(name, source)| {
            let source = sources.sent(&name, source);
            (encode::value(&name), source)
        });
        let query = query.collect();
        let headers =
            call.headers.into_iter().filter_map(|(name, source)| sources.header(&name, source, &call.sensitive));
        let headers: Vec<_> = headers.collect();
        let cookies = call.cookies.into_iter().map(|(name, source)| sources.cookie(name, source)).collect::<Vec<_>>();
        let body = call.body.map(|body| sources.body(body));
        let number = self.calls.len();
        let call = Arc::new(ReadyCall {
            number,
            upstream_call: Arc::new(upstream_call),
            arguments: arguments.clone(),
            // The HTTP methods that a document can name are valid.
            method: Method::from_bytes(call.method.as_str().as_bytes()).ok()?,
            path,
            query,
            headers,
            caller_headers,
            cookies,
            body,
            accept,
            format: call.format,
            none_on: call.none_on,
            response_headers,
            output: output.map(Arc::new),
            sensitive: call.sensitive,
            page,
        });
        self.calls.push(call.clone());
        Some(call)
    }

    /// Prepares a source that is not part of a request.
    pub(crate) fn source(&mut self, source: Source, operation: &str) -> ReadySource {
        SourceLoader { loader: self, operation, namespace: "", credential: None }.source(source)
    }

    /// Parses a JSONPath.
    pub(crate) fn json_path(&mut self, path: &str, operation: &str) -> Path {
        Path::parse(path).unwrap_or_else(|why| {
            self.resolver.report(format!("`{operation}`: {why}"));
            Path::whole()
        })
    }

    /// Returns the value of a variable in an operation. `api` is the namespace of the API that the value is sent to, or empty.
    fn variable(&mut self, key: (Option<String>, String), operation: &str, api: &str) -> Option<SecretString> {
        let (resolver, variables) = (&mut *self.resolver, &mut self.variables);
        let (value, used) = variables.entry(key).or_insert_with_key(|(namespace, name)| {
            let purpose = format!("a value of `{operation}`");
            let value = resolver.bind(namespace.as_deref(), name, &purpose).and_then(|(_, value)| value);
            resolver.register_hidden(value.iter().cloned().collect());
            (value, std::mem::take(&mut resolver.used))
        });
        if !api.is_empty() && !used.is_empty() {
            self.constants.entry(api.to_owned()).or_default().add(used);
        }
        value.clone()
    }
}

/// A loader for one operation, which prepares the sources of the values in its requests.
struct SourceLoader<'l, 'a, 's, 'o> {
    loader: &'l mut Loader<'a, 's>,
    operation: &'o str,
    /// The namespace of the API that the operation calls; empty for sources that are not sent.
    namespace: &'o str,
    /// The credential that the request places in its path or body.
    credential: Option<SecretString>,
}

impl SourceLoader<'_, '_, '_, '_> {
    /// Reports a problem of the operation.
    fn report(&mut self, what: &str) {
        self.loader.resolver.report(format!("`{}`: {what}", self.operation));
    }

    fn source(&mut self, source: Source) -> ReadySource {
        match source {
            Source::Argument(index) => ReadySource::Argument(index),
            Source::Variable { namespace, name } => {
                ReadySource::Secret(self.loader.variable((namespace, name), self.operation, self.namespace))
            }
            Source::Credential => ReadySource::Secret(self.credential.clone()),
            Source::Step(path) => ReadySource::Step(self.loader.json_path(&path, self.operation)),
            Source::Constant(value) => ReadySource::Constant(value),
            Source::Json(json) => ReadySource::Json(json.into()),
            Source::Text(pieces) => ReadySource::Text(self.pieces(pieces)),
            Source::Object(members) => {
                ReadySource::Object(members.into_iter().map(|(name, source)| (name, self.source(source))).collect())
            }
            Source::Styled(style, source) => ReadySource::Styled(style, Box::new(self.source(*source))),
            Source::Default(first, second) => {
                ReadySource::Default(Box::new(self.source(*first)), Box::new(self.source(*second)))
            }
            Source::Typed(kind, source) => ReadySource::Typed(kind, Box::new(self.source(*source))),
            Source::List(elements) => {
                ReadySource::List(elements.into_iter().map(|element| self.source(element)).collect())
            }
        }
    }

    /// Prepares a source that is sent as `parameter`, whose name decides whether variables in the source are secrets.
    fn sent(&mut self, parameter: &str, source: Source) -> ReadySource {
        let mut source = self.source(source);
        self.register(parameter, &mut source);
        source
    }

    /// Registers the secrets in a source that is sent as `parameter`, so that they are masked. Variables that are not secrets in that
    /// parameter may be shown.
    fn register(&mut self, parameter: &str, source: &mut ReadySource) {
        match source {
            ReadySource::Object(members) => {
                // In `{"password": {"value": …}}`, the outer name decides.
                for (member, source) in members {
                    self.register(if member == "value" { parameter } else { member }, source);
                }
            }
            ReadySource::List(elements) => elements.iter_mut().for_each(|source| self.register(parameter, source)),
            ReadySource::Typed(_, source) => self.register(parameter, source),
            ReadySource::Default(first, second) => {
                self.register(parameter, first);
                self.register(parameter, second);
            }
            ReadySource::Text(pieces) => {
                for piece in pieces {
                    if let ReadyPiece::Value(source) = piece {
                        self.register(parameter, source);
                    }
                }
            }
            ReadySource::Secret(Some(value)) => {
                let is_credential =
                    self.credential.as_ref().is_some_and(|own| own.expose_secret() == value.expose_secret());
                if !self.loader.resolver.register_parameter(parameter, vec![value.clone()]) && !is_credential {
                    *source = ReadySource::Shown(value.clone());
                }
            }
            ReadySource::Constant(Value::String(text)) if is_literal_secret(parameter, text) => {
                let value = SecretString::from(text.as_str());
                self.loader.resolver.register_secret(value.clone());
                *source = ReadySource::Secret(Some(value));
            }
            _ => {}
        }
    }

    fn pieces(&mut self, pieces: Vec<Piece>) -> Vec<ReadyPiece> {
        let piece = |piece| match piece {
            Piece::Literal(literal) => ReadyPiece::Literal(literal),
            Piece::Value(source) | Piece::Rest(source) => ReadyPiece::Value(self.source(source)),
        };
        pieces.into_iter().map(piece).collect()
    }

    fn header(&mut self, name: &str, source: Source, sensitive: &[usize]) -> Option<ReadyHeader> {
        let source = self.sent(name, source);
        // Callers cannot fix an invalid constant, so it is reported at startup.
        if source.constant().is_some_and(|text| HeaderValue::from_bytes(text.as_bytes()).is_err()) {
            let namespace = self.namespace;
            self.loader.resolver.report(format!(
                "the header `{name}` of `{namespace}` cannot be sent: its value contains a control character"
            ));
        }
        match name.parse::<HeaderName>() {
            // Values from callers are checked in each call.
            Ok(header)
                if NOT_ARGUMENTS.contains(&header)
                    && !matches!(source, ReadySource::Argument(_) | ReadySource::Styled(..)) =>
            {
                self.report(&format!("the header `{name}` is set by the HTTP client; a document cannot set it"));
                None
            }
            Ok(name) => {
                let secret = source.is_secret(sensitive);
                Some(ReadyHeader { name, source, secret })
            }
            Err(_) => {
                self.report(&format!("`{}` is not a header name", name.escape_debug()));
                None
            }
        }
    }

    fn cookie(&mut self, name: String, source: Source) -> (String, ReadySource) {
        if !encode::is_cookie_name(&name) {
            self.report(&format!("`{}` is not a cookie name", name.escape_debug()));
        }
        let parameter = if matches!(source, Source::Constant(_)) { &name } else { "cookie" };
        let source = self.sent(parameter, source);
        if source.constant().is_some_and(|text| !encode::is_cookie_value(&text)) {
            self.loader.resolver.report(bad_cookie(&name, self.namespace));
        }
        (name, source)
    }

    /// Prepares a path: encodes its literals, and checks that it starts with a slash and has no `.` or `..` segments, which the URL
    /// standard would rewrite.
    fn path(&mut self, pieces: Vec<Piece>) -> Vec<PathPiece> {
        let mut ready: Vec<PathPiece> = Vec::new();
        // The path with an `x` in place of each value.
        let mut sample = String::new();
        let mut in_query = false;
        for piece in pieces {
            match piece {
                Piece::Value(source) | Piece::Rest(source) if in_query => {
                    ready.push(PathPiece::QueryValue(self.source(source)));
                }
                Piece::Value(source) => {
                    sample.push('x');
                    ready.push(PathPiece::Value(self.source(source)));
                }
                Piece::Rest(source) => {
                    sample.push('x');
                    ready.push(PathPiece::Rest(self.source(source)));
                }
                Piece::Literal(literal) => {
                    let (path, query) = match literal.split_once('?') {
                        _ if in_query => ("", Some(literal.as_str())),
                        Some((path, query)) => (path, Some(query)),
                        None => (literal.as_str(), None),
                    };
                    sample.push_str(path);
                    ready.push(PathPiece::Literal(encode::literal(path)));
                    if let Some(query) = query {
                        let mut encoded = if in_query { String::new() } else { "?".to_owned() };
                        encode::push_query_literal(&mut encoded, query);
                        ready.push(PathPiece::Query(encoded));
                        in_query = true;
                    }
                }
            }
        }
        ready.retain(|piece| !matches!(piece, PathPiece::Literal(literal) if literal.is_empty()));
        let is_relative = !(sample.is_empty() || sample.starts_with('/'));
        if is_relative || sample.split('/').skip(1).any(|part| encode::is_dots(part) && !part.is_empty()) {
            let what = if is_relative { "must start with a slash" } else { "cannot contain a segment `.` or `..`" };
            self.loader.resolver.report(format!("the path of `{}` {what}", self.operation));
        }
        ready
    }

    fn body(&mut self, body: Body) -> ReadyBody {
        match body {
            Body::Json(source) => ReadyBody::Json(self.sent("", source)),
            Body::JsonText(pieces) => ReadyBody::JsonText(self.named_pieces(pieces)),
            Body::Form(fields) => {
                let fields = fields.into_iter().map(|(name, source)| {
                    let source = self.sent(&name, source);
                    (name, source)
                });
                ReadyBody::Form(fields.collect())
            }
            Body::FormObject(lists, source) => ReadyBody::FormObject(lists, self.sent("", source)),
            Body::FormText(pieces) => ReadyBody::FormText(self.named_pieces(pieces)),
            Body::Multipart(parts) => ReadyBody::Multipart(parts.into_iter().map(|part| self.part(part)).collect()),
            Body::Text(kind, source) => ReadyBody::Text(kind, self.source(source)),
        }
    }

    fn part(&mut self, part: MultipartPart) -> ReadyPart {
        let MultipartPart { name, value, filename, content_type } = part;
        let value = self.sent(&name, value);
        let filename = filename.map(|source| self.source(source));
        ReadyPart { name, value, filename, content_type: content_type.map(|source| self.source(source)) }
    }
}
