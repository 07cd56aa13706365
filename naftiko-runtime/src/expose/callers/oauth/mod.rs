//! Checks access tokens of an authorization server: the adapter is an OAuth 2.1 resource server, as MCP requires.

mod server;

use super::challenge::Challenge;
use super::header::{after_scheme, quoted, take_header};
use super::values::VariableResolver;
use crate::consume::fetch::{Fetcher, Reach};
use crate::consume::token::client_pair;
use crate::operation::Caller;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode, Uri};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use naftiko_spec::model::{ResourceServer, Validation as TokenValidation};
use serde_json::{Map, Value, json};
use server::{Keys, Server};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The accepted difference between clocks, in seconds.
const LEEWAY: u32 = 30;

/// The accepted signature algorithms. All use a public key. With a symmetric key, whoever can check a
/// token can also forge a token.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// A resource server, which checks the access tokens of an adapter's callers.
pub(crate) struct OAuth {
    issuer: String,
    audience: String,
    resource: String,
    scopes: Vec<String>,
    server: Arc<Server>,
    check: TokenCheck,
}

/// The way in which tokens are checked.
enum TokenCheck {
    /// By their signature.
    Signature,
    /// By asking the authorization server. The value is the `Authorization` of that request, if the server needs a credential.
    Introspection(Option<HeaderValue>),
}

impl OAuth {
    /// Resolves the settings of an adapter, and adds missing and invalid values to the problems of `values`. Returns `None` if
    /// the resource is not a URI with a host.
    pub(super) fn new(how: &ResourceServer<'_>, adapter: &str, values: &mut VariableResolver<'_>) -> Option<Self> {
        let mut text =
            |text: &str, what: &str| values.resolve(text, &format!("the {what} in the authentication of `{adapter}`"));
        let (issuer, audience) = (text(how.issuer, "issuer"), text(how.audience, "audience"));
        let resource = text(how.resource, "resource");
        let (configured, member, check) = match &how.validation {
            TokenValidation::Jwks { uri } => {
                (uri.map(|uri| text(uri, "address of the keys")), "jwks_uri", TokenCheck::Signature)
            }
            TokenValidation::Introspection { endpoint, client } => {
                let authorization = client.map(|(id, secret)| {
                    let pair = client_pair(&text(id, "client ID"), &text(secret, "client secret"));
                    let value = HeaderValue::from_str(&format!("Basic {pair}"));
                    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static("Basic"));
                    value.set_sensitive(true);
                    value
                });
                let endpoint = endpoint.map(|uri| text(uri, "introspection endpoint"));
                (endpoint, "introspection_endpoint", TokenCheck::Introspection(authorization))
            }
        };
        let parsed: Option<Uri> = resource.parse().ok().filter(|uri: &Uri| uri.authority().is_some());
        if parsed.is_none() {
            values.add_problem(format!(
                "`resource` in the authentication of `{adapter}` is not a URI with a host; write the URI of this adapter, such as \
                 https://api.example.com/mcp"
            ));
            return None;
        }
        let is_placeholder = |segment: &str| segment.starts_with([':', '*']) || segment.contains(['{', '}']);
        if parsed.is_some_and(|uri| uri.path().split('/').any(is_placeholder)) {
            values.add_problem(format!(
                "`resource` in the authentication of `{adapter}` has a placeholder in its path; write the URI of this adapter, such as \
                 https://api.example.com/mcp"
            ));
            return None;
        }
        let fetcher = Fetcher::new(values.allows_private());
        let scopes = how.scopes.iter().map(|&scope| scope.to_owned()).collect();
        let server = Arc::new(Server::new(issuer.clone(), fetcher, configured, member));
        Some(Self { issuer, audience, resource, scopes, server, check })
    }

    /// Authenticates the caller of a request, and removes the token from it.
    pub(super) async fn check(&self, parts: &mut Parts) -> Result<Caller, Challenge> {
        let token = take_header(parts, &AUTHORIZATION, "send `Authorization: Bearer TOKEN`");
        let token = token.map_err(|why| self.unauthorized(why, None))?;
        let token = after_scheme(token.as_bytes(), "Bearer").map_err(|why| self.unauthorized(why, None))?;
        let token = std::str::from_utf8(token).map_err(|_| self.unauthorized("the access token is not UTF-8", None))?;
        let claims = match &self.check {
            TokenCheck::Signature => self.verified(token).await?,
            TokenCheck::Introspection(authorization) => self.introspected(token, authorization.as_ref()).await?,
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let scopes = |name: &str| match claims.get(name) {
            Some(Value::String(scopes)) => scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            Some(Value::Array(scopes)) => scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::<String>::new(),
        };
        let scopes = Some(scopes("scope")).filter(|scopes| !scopes.is_empty()).unwrap_or_else(|| scopes("scp"));
        let Some(subject) = text("sub").or_else(|| text("client_id")) else {
            return Err(self.invalid("the access token has neither `sub` nor `client_id`"));
        };
        Ok(Caller::new(subject).with_scopes(scopes).with_claims(claims.clone()))
    }

    /// Checks a signed token (RFC 7519, RFC 9068).
    async fn verified(&self, token: &str) -> Result<Map<String, Value>, Challenge> {
        let not_a_jwt = |_| self.invalid("the access token is not a JSON Web Token with a known signature algorithm");
        let head = jsonwebtoken::decode_header(token).map_err(not_a_jwt)?;
        let wrong_algorithm =
            |what: &str| self.invalid(&format!("the access token is signed with {:?}, {what}", head.alg));
        if !ALGORITHMS.contains(&head.alg) {
            return Err(wrong_algorithm("which is not accepted"));
        }
        // No critical extension is implemented, so a token with `crit` is refused (RFC 7515, section 4.1.11).
        if head.crit.is_some() {
            return Err(self.invalid("the access token has the header parameter `crit`, which is not supported"));
        }
        let keys = self.server.keys(head.kid.as_deref(), head.alg).await.map_err(|why| {
            tracing::warn!(issuer = self.issuer, why, "an access token cannot be checked");
            Challenge::unavailable()
        })?;
        let keys = match keys {
            Keys::Usable(keys) => keys,
            Keys::OfOtherAlgorithms => {
                return Err(wrong_algorithm("but no matching key of the issuer is for this algorithm"));
            }
            Keys::Unknown => return Err(self.invalid("the access token is signed with an unknown key")),
        };
        // The library checks only the signature: its other checks do not distinguish a missing claim from a claim of the wrong type.
        let mut validation = Validation::new(head.alg);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims.clear();
        let claims = keys.iter().find_map(|key| {
            let key = DecodingKey::from_jwk(key).ok()?;
            jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation).ok()
        });
        let claims =
            claims.ok_or_else(|| self.invalid("the signature or the claims of the access token are not valid"))?;
        let claims = claims.claims;
        if let Some(missing) = ["exp", "iss", "aud"].iter().find(|name| claim(&claims, name).is_none()) {
            return Err(self.invalid(&format!("the access token has no `{missing}`")));
        }
        self.check_claims(&claims)?;
        Ok(claims)
    }

    /// Asks the authorization server about a token (RFC 7662).
    async fn introspected(
        &self,
        token: &str,
        authorization: Option<&HeaderValue>,
    ) -> Result<Map<String, Value>, Challenge> {
        let form = [("token", token), ("token_type_hint", "access_token")];
        let form = form.map(|(name, value)| (name.to_owned(), Value::from(value)));
        let ask = async |(endpoint, reach): &(String, Reach)| match self
            .server
            .fetcher()
            .post((endpoint, *reach), &form, authorization)
            .await?
        {
            Value::Object(claims) => Ok(claims),
            _ => Err(format!("the answer from {endpoint} is not a JSON object")),
        };
        let answer = async {
            let address = self.server.address().await?;
            let answer = ask(&address).await;
            let Err(why) = answer else { return answer };
            match self.server.moved(&address.0).await {
                Some(moved) => ask(&moved).await,
                None => Err(why),
            }
        };
        let claims = answer.await.map_err(|why| {
            tracing::warn!(issuer = self.issuer, why, "an access token cannot be checked");
            Challenge::unavailable()
        })?;
        if claims.get("active") != Some(&Value::Bool(true)) {
            return Err(self.invalid("the access token is not active"));
        }
        if claim(&claims, "aud").is_none() {
            // `aud` is optional (RFC 7662, section 2.2), but without it, the token may be for another server.
            return Err(self.invalid("the authorization server's answer about the access token has no `aud`"));
        }
        self.check_claims(&claims)?;
        Ok(claims)
    }

    /// Checks when a token is valid, who has issued it, and for whom (RFC 7519, section 4.1).
    fn check_claims(&self, claims: &Map<String, Value>) -> Result<(), Challenge> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |now| now.as_secs_f64());
        // A time may have a fraction (RFC 7519, section 2).
        let time = |name: &str| {
            let number = |time: &Value| {
                time.as_f64().ok_or_else(|| self.invalid(&format!("`{name}` of the access token is not a number")))
            };
            claim(claims, name).map(number).transpose()
        };
        if time("exp")?.is_some_and(|end| end + f64::from(LEEWAY) < now) {
            return Err(self.invalid("the access token has expired"));
        }
        if time("nbf")?.is_some_and(|begin| begin - f64::from(LEEWAY) > now) {
            return Err(self.invalid("the access token is not valid yet"));
        }
        // `iss` must be a string, and not a list that contains the issuer (RFC 7519, section 4.1.1).
        if claim(claims, "iss").is_some_and(|issuer| *issuer != self.issuer) {
            return Err(self.invalid("the access token is from another issuer"));
        }
        let is_ours = |audience: &Value| *audience == self.audience;
        let fits = claim(claims, "aud").is_none_or(|audience| match audience {
            Value::Array(all) => all.iter().any(is_ours),
            one => is_ours(one),
        });
        if fits { Ok(()) } else { Err(self.invalid("the access token is for another audience")) }
    }

    /// Returns the path of the metadata of this resource (RFC 9728, section 3.1).
    pub(super) fn metadata_path(&self) -> String {
        let path = self.resource.parse::<Uri>().map_or_else(|_| String::new(), |uri| uri.path().to_owned());
        // Only a slash right after the host is removed; a slash after a path is part of the resource.
        format!("/.well-known/oauth-protected-resource{}", if path == "/" { "" } else { &path })
    }

    /// Returns the metadata of this resource (RFC 9728, section 2).
    pub(super) fn metadata(&self, name: &str) -> Value {
        let mut metadata = json!({
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "bearer_methods_supported": ["header"],
            "resource_name": name,
        });
        if !self.scopes.is_empty() {
            metadata["scopes_supported"] = json!(self.scopes);
        }
        metadata
    }

    /// Returns the URL of the metadata of this resource.
    pub(super) fn metadata_url(&self) -> String {
        let uri: Uri = self.resource.parse().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        format!("{}://{authority}{}{query}", uri.scheme_str().unwrap_or("https"), self.metadata_path())
    }

    fn invalid(&self, why: &str) -> Challenge {
        self.unauthorized(why, Some("invalid_token"))
    }

    fn unauthorized(&self, why: impl Into<String>, error: Option<&str>) -> Challenge {
        let why = why.into();
        let mut how = format!("Bearer resource_metadata={}", quoted(&self.metadata_url()));
        if !self.scopes.is_empty() {
            let _ = write!(how, ", scope={}", quoted(&self.scopes.join(" ")));
        }
        if let Some(error) = error {
            let _ = write!(how, ", error={}, error_description={}", quoted(error), quoted(&why));
        }
        let how = HeaderValue::try_from(how).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        Challenge::unauthorized(why, &how)
    }
}

/// Returns a claim; `None` if it is missing or null.
fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    claims.get(name).filter(|claim| !claim.is_null())
}

impl Challenge {
    /// Creates the refusal of a token that cannot be checked, since the authorization server gave no usable answer.
    fn unavailable() -> Self {
        Self::plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the access token cannot be checked now; the log of the server has the details",
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_address_of_the_metadata_keeps_the_path_and_the_query_of_the_resource() {
        for (resource, path, query) in [
            ("https://r.example", "", ""),
            ("https://r.example/", "", ""),
            ("https://r.example/mcp", "/mcp", ""),
            ("https://r.example/mcp/", "/mcp/", ""),
            ("https://r.example/api?x=1", "/api", "?x=1"),
        ] {
            let [issuer, audience] = ["https://as.example".to_owned(), resource.to_owned()];
            let server = Arc::new(Server::new(issuer.clone(), Fetcher::new(false), None, "jwks_uri"));
            let (resource, check) = (resource.to_owned(), TokenCheck::Signature);
            let oauth = OAuth { issuer, audience, resource, scopes: Vec::new(), server, check };
            let expected = format!("/.well-known/oauth-protected-resource{path}");
            assert_eq!(oauth.metadata_path(), expected);
            assert_eq!(oauth.metadata_url(), format!("https://r.example{expected}{query}"));
        }
    }

    #[test]
    fn the_path_of_a_resource_has_no_placeholder() {
        let given = crate::operation::CallerValues::default();
        for (path, is_valid) in [("/:x", false), ("/a/*x", false), ("/{x}", false), ("/a:b/c*", true)] {
            let resource = format!("https://r.example{path}");
            let validation = TokenValidation::Jwks { uri: None };
            let how = ResourceServer {
                issuer: "https://as.example",
                resource: &resource,
                audience: &resource,
                scopes: Vec::new(),
                validation,
            };
            let mut values = VariableResolver::new(None, &given);
            assert_eq!(OAuth::new(&how, "a", &mut values).is_some(), is_valid, "{path}");
            assert_eq!(values.take_problems().is_empty(), is_valid);
        }
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn an_introspection_endpoint_that_the_server_has_moved_is_found_again() {
        use crate::testing::{Answer, Upstream};

        let upstream = Upstream::start().await;
        let url = upstream.url().to_owned();
        let describe = |path: &str| {
            let metadata = json!({ "issuer": url, "introspection_endpoint": format!("{url}{path}") });
            upstream.answer("GET", "/.well-known/oauth-authorization-server", Answer::json(200, metadata));
        };
        let fetcher = Fetcher::new(true);
        let server = Arc::new(Server::new(url.clone(), fetcher, None, "introspection_endpoint"));
        let (resource, check) = ("https://r.example".to_owned(), TokenCheck::Introspection(None));
        let oauth =
            OAuth { issuer: url.clone(), audience: "a".to_owned(), resource, scopes: Vec::new(), server, check };
        let asked = |path: &str| upstream.requests().iter().filter(|request| request.path() == path).count();
        let active = Answer::json(200, json!({ "active": true, "aud": "a" }));
        describe("/old");
        upstream.answer("POST", "/old", active.clone());
        assert!(oauth.introspected("token", None).await.is_ok());
        upstream.answer("POST", "/old", Answer::status(404)).answer("POST", "/new", active);
        // The metadata still names the old address, and is not read again at once.
        for _ in 0..2 {
            assert!(oauth.introspected("token", None).await.is_err());
        }
        let metadata = "/.well-known/oauth-authorization-server";
        assert_eq!((asked(metadata), asked("/old")), (2, 3));
        describe("/new");
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(31)).await;
        tokio::time::resume();
        for _ in 0..2 {
            assert!(oauth.introspected("token", None).await.is_ok());
        }
        assert_eq!((asked(metadata), asked("/old"), asked("/new")), (3, 4, 2));
    }

    #[cfg(all(feature = "testing", feature = "cli"))]
    #[tokio::test]
    async fn the_log_says_why_an_answer_about_a_token_cannot_be_used() {
        use crate::testing::{Answer, Upstream};

        let upstream = Upstream::start().await;
        upstream.answer("POST", "/introspect", Answer::json(200, json!("active")));
        let [issuer, audience] = ["https://as.example", "a"].map(str::to_owned);
        let endpoint = Some(format!("{}/introspect", upstream.url()));
        let server = Server::new(issuer.clone(), Fetcher::new(true), endpoint, "introspection_endpoint");
        let (resource, check) = ("https://r.example".to_owned(), TokenCheck::Introspection(None));
        let oauth = OAuth { issuer, audience, resource, scopes: Vec::new(), server: Arc::new(server), check };
        let (mut log, writer) = std::io::pipe().unwrap();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.try_clone().unwrap()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        // The first event in the process may be on the thread of another test, which has no subscriber.
        for _ in 0..2 {
            assert_eq!(oauth.introspected("token", None).await.unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE);
            tracing::callsite::rebuild_interest_cache();
        }
        drop(guard);
        let mut lines = String::new();
        std::io::Read::read_to_string(&mut log, &mut lines).unwrap();
        let expected = format!("the answer from {}/introspect is not a JSON object", upstream.url());
        assert!(lines.contains(&expected), "{lines}");
    }
}
