//! How callers of an adapter authenticate, as security schemes: the one place where they are described.

use crate::model::Expose;
use serde_json::{Value, json};

/// Returns the security scheme of an adapter whose callers authenticate. Credentials of consumed APIs are not the caller's, and
/// no text of a scheme is a secret.
pub(super) fn scheme(expose: &Expose) -> Option<Value> {
    let Expose::Rest(rest) = expose else { return None };
    let declared = rest.authentication.as_ref()?;
    let text = |key: &str| declared.get(key).and_then(Value::as_str).filter(|text| !text.contains("{{"));
    let issuer = text("issuer").or_else(|| text("authorizationServerUrl"));
    let mut scheme = match (text("type"), issuer) {
        (Some("apikey"), _) => json!({
            "type": "apiKey",
            "in": text("placement").unwrap_or("header"),
            "name": text("key").unwrap_or("X-API-Key"),
        }),
        (Some(kind @ ("basic" | "digest")), _) => json!({ "type": "http", "scheme": kind }),
        (Some("oauth2"), Some(issuer)) => {
            let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            json!({ "type": "openIdConnect", "openIdConnectUrl": url })
        }
        _ => json!({ "type": "http", "scheme": "bearer" }),
    };
    scheme["description"] = "The caller's own credential.".into();
    Some(scheme)
}
