//! One consumed API: its base URI, the headers and parameters of every request, and the capability's own credential.

use super::caller_headers::ReadyCallerHeader;
use super::coding::NO_CODING;
use super::constant_header::{header_name, header_value};
use super::credential::{Credential, CredentialPlace};
use super::digest::Digest;
use super::encode::{self, COOKIE_VALUE, LONGEST_URL};
use super::layers::RequestDigest;
use super::layers::authentication::Credentials;
use super::resolve::{FilledText, Resolver};
use super::secrets::UsedSecrets;
use super::signed::Signer;
use super::tls::Certificates;
use super::token::TokenSource;
use super::token_exchange::TokenExchange;
use super::transport::Transport;
use crate::telemetry::CredentialState;
use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use naftiko_spec::model::{Authentication, Consume, Milliseconds, ParameterIn, Placement, Tls};
use naftiko_spec::rules::is_literal_secret;
use naftiko_spec::template::Template;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// A consumed API.
pub(crate) struct Upstream {
    /// Its name.
    pub(crate) namespace: String,
    /// Its base URI, without a trailing slash.
    pub(crate) base: String,
    /// The base URI for display: as written in the source, if it contains values of binds.
    shown: String,
    /// The headers of every request: the credential, if it is a constant header or cookie, and other constants.
    pub(crate) headers: HeaderMap,
    /// Whether the document sets an `Accept` header for every request.
    pub(crate) sets_accept: bool,
    /// Constant query parameters of every request: encoded name, value, and whether the value is secret.
    pub(crate) query: Vec<(String, SecretString, bool)>,
    /// Constant cookies of forwarded requests: names and values.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) cookies: Vec<(String, SecretString)>,
    /// The headers of callers in every request.
    pub(super) caller_headers: Vec<ReadyCallerHeader>,
    /// The capability's own credential.
    pub(crate) credential: Option<Credential>,
    /// Records whether the API refuses the capability's own credential; `None` if there is no such credential, or if it
    /// depends on the caller.
    pub(crate) credential_state: Option<Arc<CredentialState>>,
    /// The source of credentials that are created for each request.
    pub(crate) credentials: Option<Arc<dyn Credentials>>,
    /// Its own transport, with its certificates or for public addresses only; `None` if it uses the client's.
    pub(crate) transport: Option<Arc<Transport>>,
    /// The time limit of its calls, if the document declares one.
    pub(crate) timeout: Option<Milliseconds>,
    /// The values that all its requests use and that can change.
    pub(crate) secrets: Arc<UsedSecrets>,
    /// The hash of its credentials, and of the other resolved constants of its requests.
    pub(crate) digest: RequestDigest,
}

impl Upstream {
    /// Returns the text of a request with the base URI as written in the source, since the path of a base URI can contain a secret.
    pub(crate) fn as_written(&self, request: &str) -> String {
        request.replacen(&self.base, self.shown.trim_end_matches('/'), 1)
    }

    /// Creates the consumed API at this index of the document.
    pub(crate) fn new(resolver: &mut Resolver<'_>, at: usize, consume: &Consume) -> Self {
        let namespace = &consume.namespace;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("naftiko/", env!("CARGO_PKG_VERSION"))));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let (mut sets_accept, mut query, mut cookies) = (false, Vec::new(), Vec::new());
        // A parameter with a variable that no bind declares is not constant: operations set its value.
        let constants = consume.input_parameters.iter().filter_map(|parameter| {
            let template = parameter.value.as_deref().filter(|value| resolver.declares(value))?;
            Some((&parameter.name, parameter.place?, template))
        });
        for (name, place, template) in constants.collect::<Vec<_>>() {
            match place {
                ParameterIn::Header => {
                    let purpose = format!("the header `{name}` of `{namespace}`");
                    let filled = resolver.text(template, &purpose);
                    let secret = register_constant(resolver, name, name, &filled);
                    if let Some(header) = header_name(resolver, name, &purpose)
                        && let Some(mut value) = header_value(resolver, &filled, "", &purpose)
                    {
                        value.set_sensitive(secret);
                        sets_accept |= header == ACCEPT;
                        headers.insert(header, value);
                    }
                }
                ParameterIn::Query => {
                    let filled = resolver.text(template, &format!("the query of `{namespace}`"));
                    let secret = register_constant(resolver, name, name, &filled);
                    query.push((encode::value(name), filled.text, secret));
                }
                ParameterIn::Cookie => {
                    let filled = resolver.text(template, &format!("the cookie `{name}` of `{namespace}`"));
                    if !encode::is_cookie_name(name) || !encode::is_cookie_value(filled.text.expose_secret()) {
                        resolver.report(bad_cookie(name, namespace));
                    }
                    register_constant(resolver, name, "cookie", &filled);
                    cookies.push((name.clone(), filled.text));
                }
                ParameterIn::Path | ParameterIn::Body => {}
            }
        }
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(NO_CODING));
        let user_credentials = resolver.authenticate(namespace);
        let authentication = consume.authentication.as_ref().filter(|_| user_credentials.is_none());
        let mut credential = authentication.and_then(|how| Credential::new(resolver, &mut headers, namespace, how));
        if user_credentials.is_some() {
            credential = Some(Credential::per_request("the credential of its `Authenticate`"));
        }
        let credentials = user_credentials.or_else(|| credentials(resolver, consume, authentication?));
        let of_caller = |source: &Arc<dyn Credentials>| source.use_callers_credential() || source.are_custom();
        let is_own =
            cfg!(feature = "telemetry") && credential.is_some() && !credentials.as_ref().is_some_and(of_caller);
        // A key with the placement `path` is either in the base URI or in the paths of operations.
        let key = match (authentication.and_then(Authentication::key), &mut credential) {
            (Some((Placement::Path, key)), Some(Credential { place: place @ CredentialPlace::Inline(_), .. }))
                if has_placeholder(&consume.base_uri, key) =>
            {
                match std::mem::replace(place, CredentialPlace::BaseUri) {
                    CredentialPlace::Inline(value) => Some((key, value)),
                    _ => None,
                }
            }
            _ => None,
        };
        let key = key.as_ref().map(|(name, value)| (*name, value));
        let (base, shown, is_guarded) = resolver.base_uri(at, consume, key);
        report_long_query(resolver, namespace, &base, &query, credential.as_ref());
        let transport =
            if is_guarded || !consume.tls.is_empty() { transport(resolver, consume, is_guarded) } else { None };
        Self {
            namespace: namespace.clone(),
            base,
            shown,
            headers,
            sets_accept,
            query,
            cookies,
            caller_headers: ReadyCallerHeader::all(resolver, namespace, &consume.sent_caller_headers()),
            credential_state: is_own.then(|| CredentialState::of(resolver.label, namespace)),
            credential,
            credentials,
            transport,
            timeout: consume.timeout,
            secrets: Arc::new(std::mem::take(&mut resolver.used)),
            digest: std::mem::take(&mut resolver.texts).digest(),
        }
    }

    /// Reports a credential whose place only a document can specify: a generated client cannot put it in a path or a
    /// body.
    pub(crate) fn reject_inline_credential(&self, resolver: &mut Resolver<'_>) {
        if let Some(Credential { place: CredentialPlace::Inline(_), what }) = &self.credential {
            resolver
                .report(format!("{what} of `{}`: only a document can place it in a path or a body", self.namespace));
        }
    }
}

/// Reports constant query parameters, and a credential in the query, for which no URL has room.
fn report_long_query(
    resolver: &mut Resolver<'_>,
    namespace: &str,
    base: &str,
    constants: &[(String, SecretString, bool)],
    credential: Option<&Credential>,
) {
    let pair = |name: &str, value: &str| name.len() + value.len() + 2;
    let constant = |(name, value, _): &(String, SecretString, bool)| pair(name, &encode::value(value.expose_secret()));
    let in_query = |own: &&Credential| matches!(own.place, CredentialPlace::Query(..));
    let credential = credential.filter(in_query);
    let own = credential.and_then(|own| own.place.query(false)).map_or(0, |(name, value)| pair(name, value));
    let length = constants.iter().map(constant).sum::<usize>() + own;
    if length > 0 && base.len() + length > LONGEST_URL {
        let what = match credential {
            None => "the constants of the query",
            Some(Credential { what, .. }) if constants.is_empty() => what,
            Some(Credential { what, .. }) => &format!("the constants of the query and {what}"),
        };
        resolver.report(format!("the URLs of `{namespace}` would be longer than {LONGEST_URL} bytes, with {what}"));
    }
}

/// Returns the source of credentials that are created for each request; `None` if they are constant, and after an error, which is
/// reported.
fn credentials(resolver: &mut Resolver<'_>, consume: &Consume, how: &Authentication) -> Option<Arc<dyn Credentials>> {
    let namespace = &consume.namespace;
    if let Authentication::Digest { username, password } = how {
        return Some(Arc::new(Digest::new(resolver, namespace, username, password)));
    }
    match how.oauth2() {
        Some(how) => {
            let mut source = TokenSource::new(resolver, namespace, &how)?;
            if resolver.public_only() {
                let purpose = format!("the host of the token URL of `{namespace}`");
                let is_guarded = resolver.check_document_host(how.token_url, &source.url.to_string(), &purpose);
                source.transport = transport(resolver, consume, is_guarded);
            }
            Some(if how.exchanges { Arc::new(TokenExchange::new(source)) } else { Arc::new(source) })
        }
        None => Some(Arc::new(Signer::new(resolver, namespace, how)?)),
    }
}

/// Returns a transport with the certificates of the API, or a shared transport if the API has no certificates. With `public_only`, the
/// transport connects only to the public addresses of a name. Returns `None` in a dry run, if the user's HTTP client is used, and after
/// an error, which is reported.
fn transport(resolver: &mut Resolver<'_>, consume: &Consume, public_only: bool) -> Option<Arc<Transport>> {
    let namespace = &consume.namespace;
    if consume.tls.is_empty() {
        return resolver.pooled(public_only);
    }
    let mut complete = true;
    let mut text = |template: &Option<String>, what: &str| {
        let filled = resolver.text(template.as_ref()?, &format!("the {what} of `{namespace}`"));
        // A missing value is already reported, and is expected in a dry run.
        complete &= filled.values.len() == filled.names.len();
        Some(filled.text)
    };
    let Tls { ca, certificate, key } = &consume.tls;
    let authority = text(ca, "certificate authority");
    let (certificate, key) = (text(certificate, "client certificate"), text(key, "private key"));
    let connect_timeout = resolver.connect_timeout(namespace)?;
    if !complete {
        return None;
    }
    let certificates = Certificates::new(authority.as_ref(), certificate.as_ref(), key.as_ref());
    let transport = certificates.and_then(|certificates| {
        Transport::new(connect_timeout, certificates, public_only).map_err(|error| error.to_string())
    });
    transport.map_err(|why| resolver.report(format!("the `tls` of `{namespace}`: {why}"))).ok().map(Arc::new)
}

/// Registers the values of the variables in the constant `name`, which is sent as `parameter`, so that they are masked.
/// If a constant without variables looks like a secret, registers its text. Returns whether anything in the constant is
/// a secret.
fn register_constant(resolver: &mut Resolver<'_>, name: &str, parameter: &str, filled: &FilledText) -> bool {
    let is_literal = filled.names.is_empty() && is_literal_secret(name, filled.text.expose_secret());
    if is_literal {
        resolver.register_secret(filled.text.clone());
    }
    resolver.register_parameter(parameter, filled.values.clone()) || is_literal
}

/// Returns whether a base URI contains a placeholder with that name.
fn has_placeholder(base_uri: &str, name: &str) -> bool {
    Template::base_uri(base_uri).is_ok_and(|template| template.placeholders().any(|own| own == name))
}

/// Describes a cookie whose name or value is invalid.
pub(crate) fn bad_cookie(name: &str, namespace: &str) -> String {
    let why = if encode::is_cookie_name(name) {
        COOKIE_VALUE
    } else {
        "the name can contain only the characters of a header name"
    };
    format!("the cookie `{}` of `{namespace}` cannot be sent: {why}", name.escape_debug())
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.namespace, self.shown)
    }
}
