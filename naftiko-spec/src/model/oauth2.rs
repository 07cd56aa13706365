//! `type: oauth2` of a consumed API: how an access token is fetched (RFC 6749).

use super::Authentication;
use serde_json::{Map, Value};

/// How access tokens of a consumed API are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2<'a> {
    /// The token endpoint.
    pub token_url: &'a str,
    /// The client's identifier.
    pub client_id: &'a str,
    /// The client's secret; `None` for a public client.
    pub client_secret: Option<&'a str>,
    /// The refresh token of a user; `None` if the client acts on its own behalf.
    pub refresh_token: Option<&'a str>,
    /// The requested scopes, separated by spaces.
    pub scopes: String,
    /// The audience of the token.
    pub audience: Option<&'a str>,
    /// The API that the token is for (RFC 8707).
    pub resource: Option<&'a str>,
    /// Whether the client's identifier and secret are sent in the body instead of in `Authorization`.
    pub in_body: bool,
}

/// The other spellings of each key, in documents.
const SPELLINGS: [(&str, &[&str]); 7] = [
    ("tokenUrl", &["tokenUrl", "tokenUri", "tokenEndpoint", "accessTokenUrl", "token_url", "token_endpoint"]),
    ("clientId", &["clientId", "client_id"]),
    ("clientSecret", &["clientSecret", "client_secret"]),
    ("refreshToken", &["refreshToken", "refresh_token"]),
    ("scopes", &["scopes", "scope"]),
    ("audience", &["audience"]),
    ("resource", &["resource"]),
];

impl<'a> OAuth2<'a> {
    /// Reads the keys of an authentication of type `oauth2`.
    ///
    /// # Errors
    /// If a key is missing or wrong.
    pub fn of(keys: &'a Map<String, Value>) -> Result<Self, String> {
        let find = |key: &str| {
            let spellings =
                SPELLINGS.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, spellings)| spellings);
            spellings.iter().find_map(|spelling| keys.get(*spelling))
        };
        let text = |key: &str| match find(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("`{key}` must be a text")),
        };
        let needed = |key: &str| text(key)?.ok_or_else(|| format!("`{key}` is missing"));
        let scopes = match find("scopes") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(scopes)) => {
                let scopes: Option<Vec<&str>> = scopes.iter().map(Value::as_str).collect();
                scopes.ok_or("`scopes` must be texts")?.join(" ")
            }
            Some(_) => return Err("`scopes` must be a list of texts".to_owned()),
        };
        let in_body = match keys.get("clientAuthentication").and_then(Value::as_str) {
            None | Some("header") => false,
            Some("body") => true,
            Some(_) => return Err("`clientAuthentication` must be `header` or `body`".to_owned()),
        };
        let (client_secret, refresh_token) = (text("clientSecret")?, text("refreshToken")?);
        if client_secret.is_none() && refresh_token.is_none() {
            return Err("`clientSecret` is missing".to_owned());
        }
        Ok(Self {
            token_url: needed("tokenUrl")?,
            client_id: needed("clientId")?,
            client_secret,
            refresh_token,
            scopes,
            audience: text("audience")?,
            resource: text("resource")?,
            in_body,
        })
    }
}

impl Authentication {
    /// Returns how its tokens are fetched, if its type is `oauth2` and no key is missing.
    #[must_use]
    pub fn oauth2(&self) -> Option<OAuth2<'_>> {
        match self {
            Self::Oauth2(keys) => OAuth2::of(keys).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    fn of(keys: &Value) -> Result<Value, String> {
        let read = OAuth2::of(keys.as_object().unwrap())?;
        Ok(json!([read.token_url, read.client_id, read.client_secret, read.refresh_token, read.scopes, read.in_body]))
    }

    #[test]
    fn the_keys_have_several_spellings() {
        let read = of(&json!({ "tokenUri": "u", "client_id": "i", "clientSecret": "s", "scope": "a b" }));
        assert_eq!(read, Ok(json!(["u", "i", "s", null, "a b", false])));
        let body = json!({ "tokenUrl": "u", "clientId": "i", "refreshToken": "r", "scopes": ["a", "b"], "clientAuthentication": "body" });
        assert_eq!(of(&body), Ok(json!(["u", "i", null, "r", "a b", true])));
    }

    #[test]
    fn missing_keys_are_named() {
        for (keys, expected) in [
            (json!({ "clientId": "i", "clientSecret": "s" }), "`tokenUrl` is missing"),
            (json!({ "tokenUrl": "u", "clientSecret": "s" }), "`clientId` is missing"),
            (json!({ "tokenUrl": "u", "clientId": "i" }), "`clientSecret` is missing"),
            (json!({ "tokenUrl": 1, "clientId": "i", "clientSecret": "s" }), "`tokenUrl` must be a text"),
            (
                json!({ "tokenUrl": "u", "clientId": "i", "clientSecret": "s", "scopes": 1 }),
                "`scopes` must be a list of texts",
            ),
        ] {
            assert_eq!(of(&keys), Err(expected.to_owned()));
        }
    }
}
