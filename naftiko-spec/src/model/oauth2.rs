//! `type: oauth2` of a consumed API: how an access token is fetched (RFC 6749).

use crate::host::{is_loopback, of_authority};
use serde_json::{Map, Value};
use std::fmt;

/// The settings for fetching access tokens of a consumed API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2<'a> {
    /// The token endpoint.
    pub token_url: &'a str,
    /// The client's identifier.
    pub client_id: &'a str,
    /// The client's secret; `None` for a public client.
    pub client_secret: Option<&'a str>,
    /// The refresh token of a user; `None` if the client acts on its own behalf or exchanges tokens.
    pub refresh_token: Option<&'a str>,
    /// The requested scopes, separated by spaces.
    pub scopes: String,
    /// The audience of the token.
    pub audience: Option<&'a str>,
    /// The API that the token is for (RFC 8707).
    pub resource: Option<&'a str>,
    /// Whether the client's identifier and secret are sent in the body instead of in `Authorization`.
    pub in_body: bool,
    /// Whether the tokens of callers are exchanged for tokens of the API (RFC 8693).
    pub exchanges: bool,
}

/// A mistake in an authentication of type `oauth2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2Fault {
    /// The standard spelling of the key: `clientSecret`.
    pub key: &'static str,
    /// The key as written in the document; `None` if it is missing.
    pub written: Option<String>,
    /// The position of an invalid scope, if the scopes are a list.
    pub scope: Option<usize>,
    /// What is wrong, as the end of a sentence that begins with the key: `is missing`.
    pub what: String,
}

impl fmt::Display for OAuth2Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.key, self.what)
    }
}

/// The accepted spellings of each key except `clientAuthentication`, the standard spelling first.
const SPELLINGS: [(&str, &[&str]); 8] = [
    ("grant", &["grant", "grantType", "grant_type"]),
    ("tokenUrl", &["tokenUrl", "tokenUri", "tokenEndpoint", "accessTokenUrl", "token_url", "token_endpoint"]),
    ("clientId", &["clientId", "client_id"]),
    ("clientSecret", &["clientSecret", "client_secret"]),
    ("refreshToken", &["refreshToken", "refresh_token"]),
    ("scopes", &["scopes", "scope"]),
    ("audience", &["audience"]),
    ("resource", &["resource"]),
];

/// The value of `grant` for token exchange.
pub const TOKEN_EXCHANGE: &str = "token-exchange";

/// The names of token exchange in documents, folded.
const TOKEN_EXCHANGE_NAMES: [&str; 2] = ["tokenexchange", "urnietfparamsoauthgranttypetokenexchange"];

/// The other supported grants, folded. Without `grant`, the second is used if there is a refresh token,
/// otherwise the first.
const OTHER_GRANTS: [&str; 2] = ["clientcredentials", "refreshtoken"];

/// Returns a name in lower case, without separators.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns the value of a key, and the spelling of the key in the document.
fn find<'a>(keys: &'a Map<String, Value>, key: &str) -> Option<(&'static str, &'a Value)> {
    let spellings = SPELLINGS.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, spellings)| spellings);
    let found = spellings.iter().find_map(|spelling| Some((*spelling, keys.get(*spelling)?)));
    found.filter(|(_, value)| !value.is_null())
}

/// Creates the fault of a key, with the spelling of the key in the document, if present.
fn fault(keys: &Map<String, Value>, key: &'static str, what: impl Into<String>) -> OAuth2Fault {
    let written = find(keys, key).map(|(spelling, _)| spelling.to_owned());
    OAuth2Fault { key, written, scope: None, what: what.into() }
}

impl<'a> OAuth2<'a> {
    /// Reads the keys of an authentication of type `oauth2`.
    ///
    /// # Errors
    /// Returns the first key that is missing or wrong.
    pub fn of(keys: &'a Map<String, Value>) -> Result<Self, OAuth2Fault> {
        let text = |key: &'static str| match find(keys, key) {
            None => Ok(None),
            Some((_, Value::String(text))) => Ok(Some(text.as_str())),
            Some(_) => Err(fault(keys, key, "must be a string")),
        };
        let needed = |key: &'static str| text(key)?.ok_or_else(|| fault(keys, key, "is missing"));
        let scopes = match find(keys, "scopes") {
            None => String::new(),
            Some((_, Value::String(text))) => text.clone(),
            Some((_, Value::Array(scopes))) => {
                let scopes: Option<Vec<&str>> = scopes.iter().map(Value::as_str).collect();
                scopes.ok_or_else(|| fault(keys, "scopes", "must be a list of strings"))?.join(" ")
            }
            Some(_) => return Err(fault(keys, "scopes", "must be a list of strings")),
        };
        let in_body = match keys.get("clientAuthentication").map(Value::as_str) {
            None | Some(Some("header")) => false,
            Some(Some("body")) => true,
            Some(_) => {
                let key = "clientAuthentication";
                let what = "must be `header` or `body`".to_owned();
                return Err(OAuth2Fault { key, written: Some(key.to_owned()), scope: None, what });
            }
        };
        let (client_secret, refresh_token) = (text("clientSecret")?, text("refreshToken")?);
        let grant = text("grant")?;
        let exchanges = grant.is_some_and(|grant| TOKEN_EXCHANGE_NAMES.contains(&folded(grant).as_str()));
        // A document may name the grant that issued its refresh token, such as `authorization_code`.
        let is_supported =
            |grant: &str| grant.is_empty() || refresh_token.is_some() || OTHER_GRANTS.contains(&folded(grant).as_str());
        if !exchanges && !grant.is_none_or(is_supported) {
            let found = crate::printable(grant.unwrap_or_default());
            let what = format!("must be `client_credentials`, `refresh_token` or `token-exchange`, found `{found}`");
            return Err(fault(keys, "grant", what));
        }
        let contradiction = match (grant.map(folded).as_deref(), refresh_token) {
            (_, Some(_)) if exchanges => Some("is token exchange, which does not use a refresh token"),
            (Some("clientcredentials"), Some(_)) => Some("is `client_credentials`, which does not use a refresh token"),
            (Some("refreshtoken"), None) => Some("is `refresh_token`, which requires a refresh token"),
            _ => None,
        };
        if let Some(what) = contradiction {
            return Err(fault(keys, "grant", what));
        }
        let read = Self {
            token_url: needed("tokenUrl")?,
            client_id: needed("clientId")?,
            client_secret,
            refresh_token,
            scopes,
            audience: text("audience")?,
            resource: text("resource")?,
            in_body,
            exchanges,
        };
        if read.client_secret.is_none() && read.refresh_token.is_none() {
            return Err(fault(keys, "clientSecret", "is missing"));
        }
        Ok(read)
    }

    /// Returns the faults in the keys of an authentication of type `oauth2` that can be found before its variables have values,
    /// such as a missing key, a token URL to which no secret may be sent, or an invalid scope.
    #[must_use]
    pub fn faults(keys: &'a Map<String, Value>) -> Vec<OAuth2Fault> {
        let read = match Self::of(keys) {
            Ok(read) => read,
            Err(fault) => return vec![fault],
        };
        let mut faults = Vec::new();
        if let Some(what) = wrong_token_url(read.token_url).filter(|_| !read.token_url.contains("{{")) {
            faults.push(fault(keys, "tokenUrl", what));
        }
        let invalid: Vec<(Option<usize>, &str)> = if let Some((_, Value::Array(scopes))) = find(keys, "scopes") {
            let scopes = scopes.iter().filter_map(Value::as_str).enumerate();
            scopes.filter(|(_, scope)| !is_scope(scope)).map(|(at, scope)| (Some(at), scope)).collect()
        } else {
            let first = read.scopes.split(' ').find(|scope| !scope.is_empty() && !is_scope(scope));
            first.map(|scope| (None, scope)).into_iter().collect()
        };
        for (at, scope) in invalid {
            let what = format!("contains `{}`, which is not a scope", scope.escape_debug());
            faults.push(OAuth2Fault { scope: at, ..fault(keys, "scopes", what) });
        }
        faults
    }

    /// Returns the strings that are secret, each with its key as written in the document.
    #[must_use]
    pub fn secrets(keys: &'a Map<String, Value>) -> Vec<(&'static str, &'a str)> {
        let secrets = ["clientSecret", "refreshToken"].into_iter().filter_map(|key| find(keys, key));
        secrets.filter_map(|(key, value)| Some((key, value.as_str()?))).collect()
    }
}

/// Returns why a token URL is refused: a secret is sent there, so it must begin with `https://`, unless its host is
/// a loopback address.
///
/// ```
/// use naftiko_spec::model::wrong_token_url;
///
/// assert_eq!(wrong_token_url("https://id.example/token"), None);
/// assert_eq!(wrong_token_url("http://127.0.0.1:8080/token"), None);
/// assert_eq!(wrong_token_url("http://id.example/token"), Some("must begin with `https://`, because a secret is sent to it"));
/// ```
#[must_use]
pub fn wrong_token_url(url: &str) -> Option<&'static str> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let host = of_authority(rest);
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "http" if host.is_empty() => Some("has no host"),
        "https" => None,
        "http" if is_loopback(&host) => None,
        "http" => Some("must begin with `https://`, because a secret is sent to it"),
        _ => Some("does not begin with `https://`"),
    }
}

/// Returns whether a string is one scope (RFC 6749, section 3.3).
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    fn of(keys: &Value) -> Result<Value, String> {
        let read = OAuth2::of(keys.as_object().unwrap()).map_err(|fault| fault.to_string())?;
        Ok(json!([read.token_url, read.client_id, read.client_secret, read.refresh_token, read.scopes, read.in_body]))
    }

    #[test]
    fn the_keys_have_several_spellings() {
        let read = of(&json!({ "tokenUri": "u", "client_id": "i", "clientSecret": "s", "scope": "a b" }));
        assert_eq!(read, Ok(json!(["u", "i", "s", null, "a b", false])));
        for grant in ["client_credentials", "clientCredentials", ""] {
            assert!(
                of(&json!({ "tokenUrl": "u", "clientId": "i", "clientSecret": "s", "grant": grant })).is_ok(),
                "{grant}"
            );
        }
        for grant in ["refresh_token", "refresh-token", "authorization_code", ""] {
            assert!(
                of(&json!({ "tokenUrl": "u", "clientId": "i", "refreshToken": "r", "grant": grant })).is_ok(),
                "{grant}"
            );
        }
        let refreshed = json!({ "tokenUrl": "u", "clientId": "i", "refreshToken": "r", "grant": "authorization_code" });
        assert_eq!(of(&refreshed), Ok(json!(["u", "i", null, "r", "", false])));
        let body = json!({ "tokenUrl": "u", "clientId": "i", "refreshToken": "r", "scopes": ["a", "b"], "clientAuthentication": "body" });
        assert_eq!(of(&body), Ok(json!(["u", "i", null, "r", "a b", true])));
    }

    #[test]
    fn missing_and_wrong_keys_are_named() {
        for (keys, expected) in [
            (json!({ "clientId": "i", "clientSecret": "s" }), "`tokenUrl` is missing"),
            (json!({ "tokenUrl": "u", "clientSecret": "s" }), "`clientId` is missing"),
            (json!({ "tokenUrl": "u", "clientId": "i" }), "`clientSecret` is missing"),
            (json!({ "tokenUrl": 1, "clientId": "i", "clientSecret": "s" }), "`tokenUrl` must be a string"),
            (
                json!({ "tokenUrl": "u", "clientId": "i", "clientSecret": "s", "grant": "token-exchange", "refreshToken": "r" }),
                "`grant` is token exchange, which does not use a refresh token",
            ),
            (
                json!({ "tokenUrl": "u", "clientId": "i", "grant": "client_credentials", "refreshToken": "r" }),
                "`grant` is `client_credentials`, which does not use a refresh token",
            ),
            (
                json!({ "tokenUrl": "u", "clientId": "i", "clientSecret": "s", "grant": "refresh_token" }),
                "`grant` is `refresh_token`, which requires a refresh token",
            ),
            (
                json!({ "tokenUrl": "u", "clientId": "i", "clientSecret": "s", "grant": "password" }),
                "`grant` must be `client_credentials`, `refresh_token` or `token-exchange`, found `password`",
            ),
            (
                json!({ "tokenUrl": "u", "clientId": "i", "clientSecret": "s", "scopes": 1 }),
                "`scopes` must be a list of strings",
            ),
        ] {
            assert_eq!(of(&keys), Err(expected.to_owned()));
        }
    }

    #[test]
    fn faults_are_found_before_variables_have_values() {
        let faults = |change: Value| {
            let mut keys = json!({ "tokenUrl": "https://id.example/token", "client_id": "i", "client_secret": "s" });
            keys.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let faults = OAuth2::faults(keys.as_object().unwrap());
            faults.into_iter().map(|fault| (fault.written, fault.scope, fault.what)).collect::<Vec<_>>()
        };
        for fine in [
            json!({}),
            json!({ "scopes": ["read", "https://api.example/.default"], "tokenUrl": "{{env.TOKEN_URL}}" }),
            json!({ "scopes": " read  write ", "tokenUrl": "http://[::1]/token" }),
        ] {
            assert_eq!(faults(fine), []);
        }
        let written = |key: &str| Some(key.to_owned());
        for (wrong, key, scope, what) in [
            (json!({ "tokenUrl": "id.example" }), "tokenUrl", None, "does not begin with `https://`"),
            (json!({ "tokenUrl": "https:///token" }), "tokenUrl", None, "has no host"),
            (json!({ "scopes": ["a", "b c"] }), "scopes", Some(1), "contains `b c`, which is not a scope"),
            (json!({ "scopes": [""] }), "scopes", Some(0), "contains ``, which is not a scope"),
            (json!({ "scope": "a \"b\"" }), "scope", None, "contains `\\\"b\\\"`, which is not a scope"),
            (json!({ "client_secret": 1 }), "client_secret", None, "must be a string"),
            (json!({ "clientAuthentication": 1 }), "clientAuthentication", None, "must be `header` or `body`"),
        ] {
            assert_eq!(faults(wrong), [(written(key), scope, what.to_owned())]);
        }
    }

    #[test]
    fn secrets_have_their_keys_as_written() {
        let keys = json!({ "client_secret": "s", "refreshToken": "r", "clientId": "i" });
        assert_eq!(OAuth2::secrets(keys.as_object().unwrap()), [("client_secret", "s"), ("refreshToken", "r")]);
    }
}
