//! How a capability authenticates to APIs, how callers authenticate to a capability, and the keys of each scheme.

use super::{OAuth2, Scheme, SchemeKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The scheme with which a capability authenticates to a consumed API, or callers authenticate to an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Authentication {
    /// `Authorization: Bearer TOKEN` (RFC 6750).
    Bearer {
        /// The token, usually `{{env.NAME}}`.
        token: String,
    },
    /// A key that is sent at its [`Placement`].
    Apikey {
        /// The name of the header, parameter, placeholder, member or cookie that contains it.
        key: String,
        /// Its value, usually `{{env.NAME}}`.
        value: String,
        /// Where it is sent; the specification has `header` and `query`.
        #[serde(default)]
        placement: Placement,
    },
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The user's name.
        username: String,
        /// The password, usually `{{env.NAME}}`.
        password: String,
    },
    /// `Authorization: Digest …` (RFC 7616).
    Digest {
        /// The user's name.
        username: String,
        /// The password, usually `{{env.NAME}}`.
        password: String,
    },
    /// The HMAC signature of Veracode. Not in the specification.
    Hmac {
        /// The API ID, usually `{{env.NAME}}`.
        #[serde(rename = "apiId")]
        api_id: String,
        /// The API key, usually `{{env.NAME}}`.
        #[serde(rename = "apiKey")]
        api_key: String,
    },
    /// Signature Version 4 of AWS. Not in the specification.
    #[serde(rename = "aws-sig-v4", rename_all = "camelCase")]
    AwsSigV4 {
        /// The access key ID, usually `{{env.NAME}}`.
        access_key_id: String,
        /// The secret access key, usually `{{env.NAME}}`.
        secret_key: String,
        /// The region: `us-east-1`.
        region: String,
        /// The service: `s3`.
        service: String,
        /// The token of a session, usually `{{env.NAME}}`; `None` for a long-term key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<String>,
    },
    /// `Authorization: OAuth …`, a signature with a consumer key (OAuth 1.0a, RFC 5849). Not in the specification.
    #[serde(rename_all = "camelCase")]
    Oauth1 {
        /// The consumer key, usually `{{env.NAME}}`.
        consumer_key: String,
        /// The consumer secret, or a private RSA key in PEM; usually `{{env.NAME}}`.
        signing_key: String,
        /// The access token of a user, usually `{{env.NAME}}`; `None` for requests of the consumer itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// The secret of the access token, usually `{{env.NAME}}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_secret: Option<String>,
        /// The method; `None` means `RSA-SHA256` if `signing_key` is a private key, otherwise `HMAC-SHA1`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature_method: Option<SignatureMethod>,
    },
    /// A token of an authorization server (RFC 6749), as the specification defines it.
    Oauth2(Map<String, Value>),
    /// A scheme that is not supported (`certificate` …) or lacks a required key. It is kept so that the error can name it.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

/// The method with which OAuth 1.0a signs a request (RFC 5849, section 3.4; SHA-256 is a later extension).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureMethod {
    /// An HMAC with SHA-1, the most common method.
    #[serde(rename = "HMAC-SHA1")]
    HmacSha1,
    /// An HMAC with SHA-256.
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
    /// A signature with a private RSA key and SHA-256.
    #[serde(rename = "RSA-SHA256")]
    RsaSha256,
}

impl SignatureMethod {
    /// Returns its name, as documents and requests write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::RsaSha256 => "RSA-SHA256",
        }
    }
}

/// The part of a request in which an API key is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// In a header.
    #[default]
    Header,
    /// In the query.
    Query,
    /// In the path or the base URI, in the `{placeholder}` with the key's name. Not in the specification.
    Path,
    /// In a JSON or form body, in the member with the key's name. Not in the specification.
    Body,
    /// In a cookie. Not in the specification.
    Cookie,
}

impl Authentication {
    /// Returns whether the tokens of callers are exchanged for tokens of the API (RFC 8693).
    #[must_use]
    pub fn exchanges(&self) -> bool {
        self.oauth2().is_some_and(|how| how.exchanges)
    }

    /// Returns how its tokens are fetched, if its type is `oauth2` and its keys are valid.
    #[must_use]
    pub fn oauth2(&self) -> Option<OAuth2<'_>> {
        match self {
            Self::Oauth2(keys) => OAuth2::of(keys).ok(),
            _ => None,
        }
    }

    /// Creates the authentication of a scheme from pairs of a key and its value. Without a required key, the result is `Other`.
    #[must_use]
    pub fn of<'k, V: Into<Value>>(scheme: &Scheme, values: impl IntoIterator<Item = (&'k str, V)>) -> Self {
        let texts = values.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
        let map: Map<String, Value> = [("type".to_owned(), scheme.word.into())].into_iter().chain(texts).collect();
        serde_json::from_value(Value::Object(map.clone())).unwrap_or(Self::Other(map))
    }

    /// Returns the name of its scheme, as documents write it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Bearer { .. } => "bearer",
            Self::Apikey { .. } => "apikey",
            Self::Basic { .. } => "basic",
            Self::Digest { .. } => "digest",
            Self::Hmac { .. } => "hmac",
            Self::AwsSigV4 { .. } => "aws-sig-v4",
            Self::Oauth1 { .. } => "oauth1",
            Self::Oauth2(_) => "oauth2",
            Self::Other(keys) => keys.get("type").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// Returns the strings that may contain `{{…}}` variables, each with its key.
    #[must_use]
    pub fn texts(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Bearer { token } => vec![("token", token)],
            Self::Apikey { key, value, .. } => vec![("key", key), ("value", value)],
            Self::Basic { username, password } | Self::Digest { username, password } => {
                vec![("username", username), ("password", password)]
            }
            Self::Hmac { api_id, api_key } => vec![("apiId", api_id), ("apiKey", api_key)],
            Self::AwsSigV4 { access_key_id, secret_key, region, service, session_token } => {
                let texts = [
                    ("accessKeyId", access_key_id),
                    ("secretKey", secret_key),
                    ("region", region),
                    ("service", service),
                ];
                let texts = texts.into_iter().chain(session_token.iter().map(|token| ("sessionToken", token)));
                texts.map(|(key, text)| (key, text.as_str())).collect()
            }
            Self::Oauth1 { consumer_key, signing_key, token, token_secret, signature_method } => {
                let texts = [("consumerKey", consumer_key.as_str()), ("signingKey", signing_key)];
                let token = token.iter().map(|token| ("token", token.as_str()));
                let secret = token_secret.iter().map(|secret| ("tokenSecret", secret.as_str()));
                let method = signature_method.iter().map(|method| ("signatureMethod", method.as_str()));
                texts.into_iter().chain(token).chain(secret).chain(method).collect()
            }
            Self::Oauth2(keys) | Self::Other(keys) => {
                keys.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
            }
        }
    }

    /// Returns its secret strings, each with its key as written in the document.
    #[must_use]
    pub fn secrets(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Bearer { token } => vec![("token", token)],
            Self::Apikey { value, .. } => vec![("value", value)],
            Self::Basic { password, .. } | Self::Digest { password, .. } => vec![("password", password)],
            Self::Hmac { api_key, .. } => vec![("apiKey", api_key)],
            Self::AwsSigV4 { secret_key, session_token, .. } => {
                let token = session_token.iter().map(|token| ("sessionToken", token.as_str()));
                [("secretKey", secret_key.as_str())].into_iter().chain(token).collect()
            }
            Self::Oauth1 { signing_key, token_secret, .. } => {
                let secret = token_secret.iter().map(|secret| ("tokenSecret", secret.as_str()));
                [("signingKey", signing_key.as_str())].into_iter().chain(secret).collect()
            }
            Self::Oauth2(keys) => OAuth2::secrets(keys),
            Self::Other(_) => Vec::new(),
        }
    }

    /// Returns the header in which it is sent; `None` for an API key elsewhere, and for an unsupported scheme.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer { .. }
            | Self::Basic { .. }
            | Self::Digest { .. }
            | Self::Hmac { .. }
            | Self::AwsSigV4 { .. }
            | Self::Oauth1 { .. }
            | Self::Oauth2(_) => Some("Authorization"),
            Self::Apikey { key, placement: Placement::Header, .. } => Some(key),
            Self::Apikey { .. } | Self::Other(_) => None,
        }
    }

    /// Returns whether it is complete, and callers of an adapter can authenticate with its scheme.
    #[must_use]
    pub fn is_for_callers(&self) -> bool {
        !matches!(self, Self::Other(_)) && Scheme::named(self.word()).is_some_and(|scheme| scheme.for_callers)
    }

    /// Returns its name among the schemes of `Authorization` (RFC 9110, section 11.1), in lower case, if it is bearer, basic or
    /// digest.
    #[must_use]
    pub fn http_scheme(&self) -> Option<&str> {
        matches!(self, Self::Bearer { .. } | Self::Basic { .. } | Self::Digest { .. }).then(|| self.word())
    }

    /// Returns where an API key is sent, and under which name.
    #[must_use]
    pub fn key(&self) -> Option<(Placement, &str)> {
        match self {
            Self::Apikey { key, placement, .. } => Some((*placement, key)),
            _ => None,
        }
    }
}

impl Authentication {
    /// Returns the missing required keys of a known scheme: `` `apiId` and `apiKey` ``. `None` if no key of the scheme is present,
    /// because the `type` may then mean a scheme that is not supported.
    #[must_use]
    pub fn missing_keys(&self) -> Option<String> {
        let Self::Other(keys) = self else { return None };
        let scheme = Scheme::named(&folded(self.word()))?;
        let has = |known: &&SchemeKey| keys.keys().any(|key| known.aliases.contains(&folded(key).as_str()));
        let missing = scheme.keys.iter().filter(|key| !key.optional && !has(key)).map(|key| format!("`{}`", key.key));
        let missing: Vec<String> = missing.collect();
        (scheme.keys.iter().any(|key| has(&key)) && !missing.is_empty()).then(|| missing.join(" and "))
    }
}

/// Returns a name in lower case, without `_` and `-`.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

impl Placement {
    /// Returns the placement's name, as documents write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Query => "query",
            Self::Path => "path",
            Self::Body => "body",
            Self::Cookie => "cookie",
        }
    }
}
