//! Access tokens of an authorization server (RFC 6749): fetched once, shared by all calls, renewed before they expire.

use super::fault::{self, Failure};
use super::layers::authentication::{Authenticated, Credentials, Refused, RequestSecrets, Secrets};
use super::network::{HOW_TO_ALLOW, is_only_private};
use super::outgoing::Outgoing;
use super::resolve::Resolver;
use super::tokens::{Token, TokenState};
use super::transport::{Repeat, Transport};
use crate::error::{Error, ErrorKind};
use crate::formats;
use crate::operation::BoxFuture;
use crate::telemetry;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use naftiko_spec::model::{OAuth2, wrong_token_url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The maximum size of an authorization server's answer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The time limit of a fetch; a call may wait for a shorter time.
const FETCH_LIMIT: Duration = Duration::from_secs(30);

/// How long before its expiry a token is renewed; a fifth of its lifetime, if that is shorter.
const RENEWAL_MARGIN: Duration = Duration::from_secs(60);

/// How long a call waits for the renewal of a token that is still valid.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait after a failed renewal before a token that is still valid is renewed again.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// The error codes of RFC 6749 (section 5.2) and RFC 8693 (section 2.2.2) that messages may contain.
const KNOWN_ERRORS: [&str; 7] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
];

/// The error codes that a caller's own token causes.
const CALLER_TOKEN_ERRORS: [&str; 2] = ["invalid_request", "invalid_grant"];

/// The lifetime of an exchanged token, in seconds, if the server does not specify one.
const DEFAULT_LIFETIME: f64 = 300.0;

/// The source of an API's access tokens.
pub(crate) struct TokenSource {
    /// The label of the capability.
    capability: String,
    namespace: String,
    pub(super) url: Uri,
    /// The transport of token requests; `None` if they use the transport of the API.
    pub(super) transport: Option<Arc<Transport>>,
    headers: HeaderMap,
    /// The fields of each request, except for the refresh token and the caller's token.
    fields: Vec<(String, SecretString)>,
    /// The caller's token, if it is exchanged for the API's token (RFC 8693).
    subject: Option<SecretString>,
    state: TokenState,
}

/// The answer of an authorization server (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Option<Value>,
    /// A value other than a string is ignored.
    #[serde(default)]
    refresh_token: Option<Value>,
}

impl TokenSource {
    /// Resolves the values of a document's `oauth2`; `None` after an error, which is reported to the resolver.
    pub(super) fn new(resolver: &mut Resolver<'_>, namespace: &str, how: &OAuth2<'_>) -> Option<Self> {
        let mut secret = |text: &str, what: &str| resolver.credential(text, &format!("the {what} of `{namespace}`"));
        let client_secret = how.client_secret.map(|text| secret(text, "client secret"));
        let refresh = how.refresh_token.map(|text| secret(text, "refresh token"));
        let id = resolver.text(how.client_id, &format!("the client ID of `{namespace}`"));
        let url = resolver.text(how.token_url, &format!("the token URL of `{namespace}`"));
        // In a dry run, variables need no values.
        let is_complete = url.values.len() == url.names.len();
        let url = if is_complete { parse_url(url.text.expose_secret()) } else { Ok(Uri::default()) };
        let url = url.map_err(|why| resolver.report(format!("the token URL of `{namespace}` {why}"))).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let grant = match (how.exchanges, &refresh) {
            (true, _) => "urn:ietf:params:oauth:grant-type:token-exchange",
            (false, Some(_)) => "refresh_token",
            (false, None) => "client_credentials",
        };
        let mut fields = vec![("grant_type".to_owned(), grant.into())];
        let purposes = [
            ("scope", Some(how.scopes.as_str()), "scopes"),
            ("audience", how.audience, "audience"),
            ("resource", how.resource, "resource"),
        ];
        for (name, text, purpose) in purposes {
            let value =
                resolver.text(text.unwrap_or_default(), &format!("the {purpose} of the token of `{namespace}`"));
            resolver.register_hidden(value.values);
            if !value.text.expose_secret().is_empty() {
                fields.push((name.to_owned(), value.text));
            }
        }
        match client_secret {
            Some(secret) if !how.in_body => {
                let pair = client_pair(id.text.expose_secret(), secret.expose_secret());
                let mut value = HeaderValue::from_str(&format!("Basic {pair}")).ok()?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
                resolver.register_secret(pair.into());
            }
            secret => {
                fields.push(("client_id".to_owned(), id.text));
                fields.extend(secret.map(|secret| ("client_secret".to_owned(), secret)));
            }
        }
        let state = resolver.carry_tokens(namespace, TokenState::new(&url, &headers, &fields, refresh));
        let (capability, namespace) = (resolver.label.to_owned(), namespace.to_owned());
        Some(Self { capability, namespace, url, transport: None, headers, fields, subject: None, state })
    }

    /// Returns the source of tokens for the caller whose own token is `subject`.
    pub(super) fn for_subject(&self, subject: SecretString) -> Self {
        Self {
            capability: self.capability.clone(),
            namespace: self.namespace.clone(),
            url: self.url.clone(),
            transport: self.transport.clone(),
            headers: self.headers.clone(),
            fields: self.fields.clone(),
            subject: Some(subject),
            state: TokenState::new(&self.url, &self.headers, &self.fields, None),
        }
    }

    /// Returns the namespace of the API.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns whether a fetched token has expired, or none has been fetched.
    pub(super) fn is_expired(&self) -> bool {
        self.current().is_none_or(|token| !token.is_valid())
    }

    /// Returns the last token that was fetched, even if it has expired.
    fn current(&self) -> Option<Arc<Token>> {
        self.state.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a token other than the token with the secrets `refused`, which the API has refused. One call fetches the token. The
    /// others wait, unless the current token is still valid.
    ///
    /// The fetch continues even if its caller is dropped, because the server may have replaced the refresh token already.
    ///
    /// # Errors
    /// Returns a failure if the server issues no token.
    async fn token(
        self: &Arc<Self>,
        transport: &Arc<Transport>,
        refused: Option<&Arc<Secrets>>,
    ) -> Result<Arc<Token>, Failure> {
        let usable = |token: &Arc<Token>| !refused.is_some_and(|refused| Arc::ptr_eq(refused, &token.secrets));
        if let Some(token) = self.current().filter(|token| usable(token) && token.is_fresh()) {
            return Ok(token);
        }
        let fetching = self.state.fetching.clone();
        let valid = self.current().filter(|token| usable(token) && token.is_valid());
        let mut fetching = match (&valid, fetching.clone().try_lock_owned().ok()) {
            (None, Some(fetching)) => fetching,
            (None, None) => fetching.lock_owned().await,
            (Some(_), Some(fetching)) if fetching.is_none_or(|until| until <= Instant::now()) => fetching,
            (Some(token), _) => return Ok(token.clone()),
        };
        let current = self.current().filter(usable);
        // A call that has waited uses the token that another call has fetched, even if it is due for renewal already.
        let is_enough = |token: &Arc<Token>| token.is_fresh() || valid.is_none() && token.is_valid();
        if let Some(token) = current.clone().filter(is_enough) {
            return Ok(token);
        }
        let (source, transport) = (self.clone(), self.transport.as_ref().unwrap_or(transport).clone());
        let mut renewal = tokio::spawn(async move {
            let (token, has_failed) = source.renew(&transport, current).await;
            *fetching = has_failed.then(|| Instant::now() + RETRY_AFTER_FAILURE);
            token
        });
        let renewed = match valid {
            None => renewal.await,
            Some(token) => match timeout(RENEWAL_PATIENCE, &mut renewal).await {
                Ok(renewed) => renewed,
                // The renewal continues.
                Err(_) if token.is_valid() => return Ok(token),
                Err(_) => renewal.await,
            },
        };
        renewed.unwrap_or_else(|error| Err(Failure::Rejected(Error::internal(error))))
    }

    /// Fetches and stores a token. If that fails, returns the current token while it is valid. Also returns whether fetching has failed.
    async fn renew(&self, transport: &Transport, current: Option<Arc<Token>>) -> (Result<Arc<Token>, Failure>, bool) {
        let fetched = timeout(FETCH_LIMIT, self.fetch(transport)).await;
        match fetched.unwrap_or_else(|_| Err(self.unreachable(format_args!("has not answered within {FETCH_LIMIT:?}"))))
        {
            Ok(token) => {
                self.note(true);
                let token = Arc::new(token);
                *self.state.current.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                (Ok(token), false)
            }
            // The current token may still be valid.
            Err(failure) => {
                let current = current.filter(|token| token.is_valid());
                self.note(current.is_some());
                (current.ok_or(failure), true)
            }
        }
    }

    /// Records, for the readiness probe, whether the program has a valid token. A caller's token says nothing about the program's.
    fn note(&self, has_token: bool) {
        if self.subject.is_none() {
            telemetry::note_token(&self.capability, &self.namespace, has_token);
        }
    }

    fn unreachable(&self, why: impl fmt::Display) -> Failure {
        Failure::Rejected(self.unreachable_error(why))
    }

    fn unreachable_error(&self, why: impl fmt::Display) -> Error {
        let message = format!("the authorization server of `{}` {why}", self.namespace);
        Error::of(ErrorKind::Unreachable, StatusCode::BAD_GATEWAY, message).unsent()
    }

    /// Fetches a token.
    async fn fetch(&self, transport: &Transport) -> Result<Token, Failure> {
        let requested_at = Instant::now();
        let mut request = Request::new(Outgoing::from(Bytes::from(self.form())));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.headers.clone();
        let response = transport.send(Box::new(request), Repeat::Never).await.map_err(|failure| match &failure {
            Failure::Connect(cause) if is_only_private(cause.as_ref()) => {
                let why = format!("cannot be called: its host has only private addresses; {HOW_TO_ALLOW}");
                Failure::Rejected(self.unreachable_error(why).lasting())
            }
            failure => self.unreachable(format_args!("failed: {failure}")),
        })?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| {
            self.unreachable(format_args!("sent an answer that {}", fault::why_unread(&*error, "64 KiB")))
        })?;
        let body = body.to_bytes();
        if status.is_redirection() {
            return Err(Failure::Rejected(self.unreachable_error(format_args!("answered with {status}")).lasting()));
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.unreachable(format_args!("answered with {status}")));
        }
        if !status.is_success() {
            return Err(self.refusal(status, &body));
        }
        self.granted(&body, requested_at)
    }

    /// Returns the form of a token request.
    fn form(&self) -> String {
        let refresh =
            self.state.refresh.as_ref().map(|held| held.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let refresh = refresh.map(|token| ("refresh_token".to_owned(), token));
        let subject = self.subject.iter().flat_map(|token| {
            let kind = "urn:ietf:params:oauth:token-type:access_token";
            [("subject_token".to_owned(), token.clone()), ("subject_token_type".to_owned(), kind.into())]
        });
        let subject: Vec<_> = subject.collect();
        let fields = self.fields.iter().chain(&refresh).chain(&subject);
        let fields = fields.map(|(name, value)| (name.clone(), Value::from(value.expose_secret())));
        formats::form(&fields.collect::<Vec<_>>())
    }

    /// Returns the failure of a token request that the server has refused with this status and body.
    fn refusal(&self, status: StatusCode, body: &[u8]) -> Failure {
        let error = serde_json::from_slice::<Value>(body).ok();
        let error = error.as_ref().and_then(|body| body["error"].as_str());
        let known = error.filter(|error| KNOWN_ERRORS.contains(error));
        // The token of the caller is at fault (RFC 8693, section 2.2.2), unless the error code is about the client or the settings.
        // An answer without an error code is not about the token: the URL may be wrong.
        let is_callers_fault = error.is_some_and(|error| known.is_none() || CALLER_TOKEN_ERRORS.contains(&error));
        if self.subject.is_some() && is_callers_fault {
            let message =
                format!("the authorization server of `{}` refused to exchange the caller's token", self.namespace);
            return Failure::Rejected(Error::of(ErrorKind::Upstream, StatusCode::FORBIDDEN, message).unsent());
        }
        let known = known.map_or_else(String::new, |error| format!(", {error}"));
        self.wrong_settings(format_args!("refused the client with {status}{known}"))
    }

    /// Returns the token in a successful answer, and keeps a new refresh token.
    fn granted(&self, body: &[u8], requested_at: Instant) -> Result<Token, Failure> {
        // Some servers begin with a byte order mark, which a reader may ignore (RFC 8259, section 8.1).
        let json = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let granted: TokenResponse =
            serde_json::from_slice(json).map_err(|_| self.wrong_settings("sent an answer without an access token"))?;
        // Stored even if the access token cannot be used: the old refresh token may no longer be valid.
        let next = granted.refresh_token.as_ref().and_then(Value::as_str).filter(|next| !next.is_empty());
        if let (Some(held), Some(next)) = (&self.state.refresh, next) {
            *held.lock().unwrap_or_else(PoisonError::into_inner) = next.into();
        }
        if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(self.wrong_settings("sent a token that is not a bearer token"));
        }
        let header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token)).ok();
        let header = header.filter(|_| !granted.access_token.is_empty());
        let mut header = header.ok_or_else(|| self.wrong_settings("sent a token that is not a valid header value"))?;
        header.set_sensitive(true);
        let seconds =
            granted.expires_in.and_then(|seconds| seconds.as_f64().or_else(|| seconds.as_str()?.trim().parse().ok()));
        let seconds = seconds.filter(|seconds| seconds.is_finite());
        // A caller's token may be revoked, so the token that it was exchanged for is not kept forever.
        let seconds = seconds.or_else(|| self.subject.as_ref().map(|_| DEFAULT_LIFETIME));
        let lifetime = seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, f64::from(u32::MAX))));
        let lifetime = lifetime.map(|long| (requested_at + long - RENEWAL_MARGIN.min(long / 5), requested_at + long));
        let secrets = Arc::new(Secrets::new(vec![granted.access_token.into()]));
        Ok(Token { header, secrets, lifetime })
    }

    /// Returns the failure of a token request for which the document's settings may be the reason.
    fn wrong_settings(&self, why: impl fmt::Display) -> Failure {
        let message = format!("the authorization server of `{}` {why}: check the `oauth2` settings", self.namespace);
        Failure::Rejected(Error::of(ErrorKind::Credential, StatusCode::BAD_GATEWAY, message).unsent())
    }

    /// Forgets the current token if the API has refused it. Returns whether the refused token was the current one.
    pub(super) fn forget(&self, refused: &Refused) -> bool {
        let Some(RequestSecrets(secrets)) = &refused.secrets else { return false };
        let mut current = self.state.current.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|token| Arc::ptr_eq(&token.secrets, secrets)).is_some()
    }
}

impl Credentials for TokenSource {
    fn on_unrepeatable(&self, refused: &Refused) -> bool {
        self.forget(refused)
    }

    fn add(
        self: Arc<Self>,
        mut request: Request<Outgoing>,
        refused: Option<Refused>,
        transport: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        Box::pin(async move {
            let refused = refused.and_then(|refused| refused.secrets);
            let token = self.token(&transport, refused.as_ref().map(|RequestSecrets(secrets)| secrets)).await?;
            request.headers_mut().insert(AUTHORIZATION, token.header.clone());
            Ok(Some((request, Some(RequestSecrets(token.secrets.clone())))))
        })
    }
}

/// Encodes the identifier and the secret of a client for `Authorization: Basic` (RFC 6749, section 2.3.1).
pub(crate) fn client_pair(id: &str, secret: &str) -> String {
    let encoded = |text: &str| {
        let field = formats::form(&[(String::new(), Value::from(text))]);
        field.trim_start_matches('=').to_owned()
    };
    STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)))
}

/// Parses a token URL.
pub(super) fn parse_url(url: &str) -> Result<Uri, &'static str> {
    let uri = url.parse().map_err(|_| "is not a URL")?;
    wrong_token_url(url).map_or(Ok(uri), Err)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::consume::tls::Certificates;
    use std::net::TcpListener;
    use tokio::time::advance;

    /// A source whose authorization server never answers, and its token, which is due for renewal.
    struct Hanging {
        /// Connections are accepted by the system, and never answered.
        server: TcpListener,
        transport: Arc<Transport>,
        source: Arc<TokenSource>,
        token: Arc<Token>,
    }

    impl Hanging {
        fn new(lifetime: Duration) -> Self {
            let server = TcpListener::bind("127.0.0.1:0").unwrap();
            server.set_nonblocking(true).unwrap();
            let url: Uri = format!("http://{}/token", server.local_addr().unwrap()).parse().unwrap();
            let transport = Arc::new(Transport::without_proxies(FETCH_LIMIT, Certificates::default()).unwrap());
            let now = Instant::now();
            let secrets = Arc::new(Secrets::new(Vec::new()));
            let header = HeaderValue::from_static("Bearer a");
            let token = Arc::new(Token { header, secrets, lifetime: Some((now, now + lifetime)) });
            let state = TokenState::new(&url, &HeaderMap::new(), &[], None);
            *state.current.write().unwrap() = Some(token.clone());
            let source = Arc::new(TokenSource {
                capability: "notes".to_owned(),
                namespace: "api".to_owned(),
                url,
                transport: None,
                headers: HeaderMap::new(),
                fields: Vec::new(),
                subject: None,
                state,
            });
            Self { server, transport, source, token }
        }

        async fn is_used(&self, patience: Duration) -> bool {
            let called = timeout(patience, self.source.token(&self.transport, None)).await;
            called.is_ok_and(|used| used.is_ok_and(|used| Arc::ptr_eq(&used, &self.token)))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_valid_token_is_used_while_the_authorization_server_hangs() {
        let hanging = Hanging::new(Duration::from_secs(60));
        let mut connections = Vec::new();
        let mut requests = || {
            connections.extend(std::iter::from_fn(|| hanging.server.accept().ok()));
            connections.len()
        };
        for _ in 0..3 {
            assert!(hanging.is_used(FETCH_LIMIT / 2).await);
        }
        assert_eq!(requests(), 1);
        advance(FETCH_LIMIT).await;
        drop(hanging.source.state.fetching.lock().await);
        assert!(hanging.is_used(FETCH_LIMIT / 2).await);
        assert_eq!(requests(), 1);
        advance(RETRY_AFTER_FAILURE).await;
        assert!(hanging.is_used(FETCH_LIMIT / 2).await);
        assert_eq!(requests(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_for_a_token_uses_it_although_it_is_due_for_renewal() {
        let hanging = Hanging::new(Duration::from_secs(60));
        let token = hanging.source.state.current.write().unwrap().take();
        let fetching = hanging.source.state.fetching.clone().lock_owned().await;
        let other = async {
            tokio::task::yield_now().await;
            *hanging.source.state.current.write().unwrap() = token;
            drop(fetching);
        };
        let (is_used, ()) = tokio::join!(hanging.is_used(FETCH_LIMIT / 2), other);
        assert!(is_used);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_expires_while_a_call_waits_for_its_renewal_is_not_used() {
        let hanging = Hanging::new(RENEWAL_PATIENCE / 2);
        assert!(!hanging.is_used(FETCH_LIMIT * 2).await);
    }
}
