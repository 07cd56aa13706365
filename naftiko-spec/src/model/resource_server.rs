//! `type: oauth2` of an adapter: the authorization server whose access tokens it accepts (OAuth 2.1, RFC 9728).

use super::Authentication;
use serde_json::{Map, Value};

/// The settings with which an adapter checks the access tokens of its callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceServer<'a> {
    /// The issuer of the tokens: the URI of the authorization server (RFC 8414).
    pub issuer: &'a str,
    /// The URI of the adapter, as its callers reach it (RFC 8707, RFC 9728); the `audience` by default, if that is a URI.
    pub resource: &'a str,
    /// The audience that a token must have; the `resource` by default.
    pub audience: &'a str,
    /// The scopes that callers are asked to request.
    pub scopes: Vec<&'a str>,
    /// How tokens are checked.
    pub validation: Validation<'a>,
}

/// The method of checking access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validation<'a> {
    /// The tokens are JSON Web Tokens, signed with a key of the authorization server.
    Jwks {
        /// The URI of the server's keys; by default, the URI in the server's metadata. Not in the specification.
        uri: Option<&'a str>,
    },
    /// The authorization server is asked about each token (RFC 7662).
    Introspection {
        /// The introspection endpoint; by default, the endpoint in the server's metadata. Not in the specification.
        endpoint: Option<&'a str>,
        /// The identifier and the secret of the adapter at the authorization server. Not in the specification.
        client: Option<(&'a str, &'a str)>,
    },
}

impl<'a> ResourceServer<'a> {
    /// Reads the keys of an authentication of type `oauth2`.
    ///
    /// # Errors
    /// Returns what is missing or wrong.
    pub fn of(keys: &'a Map<String, Value>) -> Result<Self, String> {
        let text = |key: &str| match keys.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("`{key}` must be a string")),
        };
        let needed = |key: &str| text(key)?.ok_or_else(|| format!("`{key}` is missing"));
        let issuer = needed("authorizationServerUri")?;
        let audience = text("audience")?;
        let resource = match (text("resource")?, audience) {
            (Some(resource), _) => resource,
            (None, Some(audience)) if audience.contains("://") => audience,
            (None, _) => return Err("`resource` is missing".to_owned()),
        };
        for (key, uri) in [("authorizationServerUri", issuer), ("resource", resource)] {
            if !["https://", "http://"].iter().any(|scheme| uri.starts_with(scheme)) && !uri.contains("{{") {
                return Err(format!("`{key}` must be a URI that begins with `https://`"));
            }
        }
        let scopes = match keys.get("scopes") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(scopes)) => scopes.split_ascii_whitespace().collect(),
            Some(Value::Array(scopes)) => {
                let scopes: Option<Vec<&str>> = scopes.iter().map(Value::as_str).collect();
                scopes.ok_or("`scopes` must be a list of strings")?
            }
            Some(_) => return Err("`scopes` must be a list of strings".to_owned()),
        };
        let validation = match text("tokenValidation")? {
            None | Some("jwks") => Validation::Jwks { uri: text("jwksUri")? },
            Some("introspection") => {
                let client = match (text("clientId")?, text("clientSecret")?) {
                    (Some(id), Some(secret)) => Some((id, secret)),
                    (None, None) => None,
                    (Some(_), None) => return Err("`clientSecret` is missing".to_owned()),
                    (None, Some(_)) => return Err("`clientId` is missing".to_owned()),
                };
                Validation::Introspection { endpoint: text("introspectionEndpoint")?, client }
            }
            Some(other) => {
                let found = crate::printable(other);
                return Err(format!("`tokenValidation` must be `jwks` or `introspection`, found `{found}`"));
            }
        };
        Ok(Self { issuer, resource, audience: audience.unwrap_or(resource), scopes, validation })
    }
}

impl Authentication {
    /// Returns how an adapter checks access tokens, if its type is `oauth2`.
    ///
    /// # Errors
    /// Returns the errors of [`ResourceServer::of`].
    #[must_use]
    pub fn resource_server(&self) -> Option<Result<ResourceServer<'_>, String>> {
        match self {
            Self::Oauth2(keys) => Some(ResourceServer::of(keys)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn the_audience_and_the_resource_default_to_each_other() {
        let keys = json!({ "authorizationServerUri": "https://as.example", "resource": "https://api.example/mcp" });
        let read = ResourceServer::of(keys.as_object().unwrap()).unwrap();
        assert_eq!((read.resource, read.audience), ("https://api.example/mcp", "https://api.example/mcp"));
        assert_eq!(read.validation, Validation::Jwks { uri: None });
        let keys = json!({
            "authorizationServerUri": "https://as.example", "audience": "https://api.example", "scopes": ["a", "b"],
            "tokenValidation": "introspection", "clientId": "id", "clientSecret": "secret",
        });
        let read = ResourceServer::of(keys.as_object().unwrap()).unwrap();
        assert_eq!((read.resource, read.scopes), ("https://api.example", vec!["a", "b"]));
        assert_eq!(read.validation, Validation::Introspection { endpoint: None, client: Some(("id", "secret")) });
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let issuer = "https://as.example";
        for (keys, expected) in [
            (json!({ "resource": "https://x.example" }), "`authorizationServerUri` is missing"),
            (json!({ "authorizationServerUri": issuer, "audience": "things" }), "`resource` is missing"),
            (
                json!({ "authorizationServerUri": "as.example", "resource": "https://x.example" }),
                "`authorizationServerUri` must be a URI that begins with `https://`",
            ),
            (
                json!({ "authorizationServerUri": issuer, "resource": "https://x.example", "tokenValidation": "none" }),
                "`tokenValidation` must be `jwks` or `introspection`, found `none`",
            ),
            (
                json!({ "authorizationServerUri": issuer, "resource": "https://x.example", "tokenValidation": "introspection", "clientId": "a" }),
                "`clientSecret` is missing",
            ),
        ] {
            assert_eq!(ResourceServer::of(keys.as_object().unwrap()), Err(expected.to_owned()));
        }
    }
}
