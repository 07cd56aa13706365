//! The security schemes of OpenAPI that describe how callers of an adapter authenticate.

use crate::model::{Authentication, Expose, Placement};
use serde_json::{Map, Value, json};

/// Returns the security scheme of an adapter whose callers authenticate; `None` if they do not. `replaced` is used instead of the
/// adapter's own `authentication`. The scheme contains no secrets, and nothing about the credentials of consumed APIs.
pub(super) fn scheme(expose: &Expose, replaced: Option<&Authentication>) -> Option<Value> {
    let mut scheme = match replaced.or(expose.authentication())? {
        Authentication::Apikey { key, placement, .. } => {
            // OpenAPI has no other locations for a key, and adapters do not accept keys in other locations.
            let place = match placement {
                Placement::Query | Placement::Cookie => placement.as_str(),
                _ => Placement::Header.as_str(),
            };
            json!({ "type": "apiKey", "in": place, "name": key })
        }
        Authentication::Oauth2(keys) => match issuer(keys) {
            Some(issuer) => {
                let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
                json!({ "type": "openIdConnect", "openIdConnectUrl": url })
            }
            None => json!({ "type": "http", "scheme": "bearer" }),
        },
        other => json!({ "type": "http", "scheme": other.http_scheme().unwrap_or("bearer") }),
    };
    scheme["description"] = "The caller's own credential.".into();
    Some(scheme)
}

/// Returns the issuer of access tokens, unless it contains a variable.
fn issuer(keys: &Map<String, Value>) -> Option<&str> {
    keys.get("authorizationServerUri").and_then(Value::as_str).filter(|text| !text.contains("{{"))
}
