//! Reads secrets from `HashiCorp` Vault and `OpenBao` over HTTP: secrets of the key/value engine (versions 1 and 2), and secrets with a
//! lease.
//!
//! The address, the token, the namespace and the certificate authority come from the environment, mostly as for Vault's
//! CLI: `VAULT_ADDR`, `VAULT_TOKEN` or `VAULT_TOKEN_FILE`, `VAULT_NAMESPACE`, `VAULT_CACERT`. A location names only a
//! path.

use super::ReadValues;
use crate::consume::encode;
use crate::consume::fault;
use crate::consume::locations::{SecretValues, json};
use crate::consume::outgoing::Outgoing;
use crate::consume::tls::Certificates;
use crate::consume::transport::{Repeat, Transport};
use crate::location::{bounded_text, reason};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use naftiko_spec::host::{is_loopback, of_authority};
use naftiko_spec::model::wrong_token_url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::env;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// The maximum size of a file with a token or certificates, in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// The time limit for connecting.
const CONNECT: Duration = Duration::from_secs(5);

/// The maximum time for which values without a lease are used before they are read again.
const DEFAULT_USE: Duration = Duration::from_secs(300);

/// The minimum time for which values are used.
const MIN_USE: Duration = Duration::from_secs(5);

/// A function that returns the value of a variable of the environment.
pub(super) type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A client of the Vault that the environment names.
#[derive(Clone)]
pub(super) struct Vault {
    variables: Variables,
    transport: Arc<Mutex<Option<Arc<Transport>>>>,
}

impl Default for Vault {
    fn default() -> Self {
        Self::new(Arc::new(|name| env::var(name).ok()))
    }
}

/// Returns whether a location is a path of Vault.
pub(super) fn is_vault(location: &str) -> bool {
    location.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("vault:"))
}

/// Returns the path of a location, without the name of the vault in `vault://NAME/MOUNT/PATH`, as Naftiko's specification writes
/// it. `vault:///MOUNT/PATH`, `vault:MOUNT/PATH` and `vault://MOUNT/data/PATH` have no such name.
fn path(location: &str) -> Result<String, String> {
    let rest = location.get(6..).unwrap_or_default();
    let (path, is_named) = match rest.strip_prefix("//") {
        Some(rest) => (rest, !rest.starts_with('/')),
        None => (rest, false),
    };
    let mut segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    if is_named && segments.len() > 2 && segments.get(1) != Some(&"data") {
        segments.remove(0);
    }
    let joined = segments.join("/");
    let decoded = percent_encoding::percent_decode_str(&joined).decode_utf8();
    let decoded = decoded.map_err(|_| "the path is not UTF-8".to_owned())?;
    if segments.len() < 2 || decoded.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err("expected `vault:///MOUNT/PATH`, for example `vault:///secret/data/weather`".to_owned());
    }
    Ok(decoded.into_owned())
}

/// Reads a small file that a variable of the environment names.
fn file(variable: &str, path: &str) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the file of {variable} cannot be read ({})", reason(&error));
    let text = File::open(path).and_then(|file| bounded_text(file, MAX_FILE)).map_err(unreadable)?;
    text.ok_or_else(|| format!("the file of {variable} is larger than {MAX_FILE} bytes"))
}

impl Vault {
    /// Creates a client with these variables of the environment.
    pub(super) fn new(variables: Variables) -> Self {
        Self { variables, transport: Arc::default() }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Returns the token, and the name of the variable that it comes from. A file is read each time, because agents replace it.
    async fn token(&self) -> Result<(SecretString, &'static str), String> {
        if let Some(token) = self.variable("VAULT_TOKEN") {
            return Ok((token.into(), "VAULT_TOKEN"));
        }
        let path = self.variable("VAULT_TOKEN_FILE");
        let path = path.ok_or("neither VAULT_TOKEN nor VAULT_TOKEN_FILE is set")?;
        let read = tokio::task::spawn_blocking(move || file("VAULT_TOKEN_FILE", &path)).await;
        let text = read.unwrap_or_else(|_| Err("reading the file of VAULT_TOKEN_FILE panicked".to_owned()))?;
        match text.trim() {
            "" => Err("the file of VAULT_TOKEN_FILE is empty".to_owned()),
            token => Ok((token.to_owned().into(), "VAULT_TOKEN_FILE")),
        }
    }

    /// Reads all values of a location.
    ///
    /// # Errors
    /// Returns the reason why they cannot be read. It contains neither the token nor any part of the answer.
    pub(super) async fn read(&self, location: &str) -> Result<ReadValues, String> {
        let path = path(location)?;
        let address = self.variable("VAULT_ADDR").ok_or("VAULT_ADDR is not set: set it to the address of Vault")?;
        if let Some(why) = wrong_token_url(&address) {
            return Err(format!("VAULT_ADDR {why}"));
        }
        let (token, token_variable) = self.token().await?;
        let encoded: Vec<_> = path.split('/').map(encode::value).collect();
        let uri = format!("{}/v1/{}", address.trim_end_matches('/'), encoded.join("/"));
        let mut request = Request::new(Outgoing::from(Bytes::new()));
        *request.uri_mut() = uri.parse::<Uri>().map_err(|_| "VAULT_ADDR is not a URL")?;
        let mut header = |name: &'static str, value: &str, variable: &str| {
            let mut value = HeaderValue::from_str(value).map_err(|_| format!("{variable} is not valid in a header"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(HeaderName::from_static(name), value);
            Ok::<_, String>(())
        };
        header("x-vault-token", token.expose_secret(), token_variable)?;
        header("x-vault-request", "true", token_variable)?;
        if let Some(namespace) = self.variable("VAULT_NAMESPACE") {
            header("x-vault-namespace", &namespace, "VAULT_NAMESPACE")?;
        }
        let transport = self.transport(&address)?;
        let repeat = Repeat::of(&request, None);
        let response = transport
            .send(Box::new(request), repeat)
            .await
            .map_err(|failure| format!("Vault: {failure}; check VAULT_ADDR"))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| format!("the answer from Vault {}", fault::why_unread(&*error, "1 MiB")))?;
        let body = body.to_bytes();
        let answer = std::str::from_utf8(&body).ok().and_then(|text| Some((text, serde_json::from_str(text).ok()?)));
        if !status.is_success() {
            return Err(explain_failure(status, &path, token_variable, answer.map(|(_, answer)| answer).as_ref()));
        }
        let (text, answer) = answer.ok_or("the answer from Vault is not JSON: check VAULT_ADDR")?;
        read_values(text, answer, &path)
    }

    /// Returns the transport, which keeps its connections. A loopback address is called without a proxy: it may have no TLS, so a proxy
    /// would see the token.
    fn transport(&self, address: &str) -> Result<Arc<Transport>, String> {
        let mut kept = self.transport.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(transport) = kept.as_ref() {
            return Ok(transport.clone());
        }
        let authority = self.variable("VAULT_CACERT").map(|path| file("VAULT_CACERT", &path)).transpose()?;
        let certificates = Certificates::new(authority.map(SecretString::from).as_ref(), None, None);
        let certificates = certificates.map_err(|why| format!("VAULT_CACERT: {why}"))?;
        let host = address.split_once("://").map(|(_, rest)| of_authority(rest)).unwrap_or_default();
        let transport = if is_loopback(&host) {
            Transport::without_proxies(CONNECT, certificates)
        } else {
            Transport::new(CONNECT, certificates, false)
        };
        let transport = transport.map(Arc::new).map_err(|_| "TLS cannot be set up")?;
        Ok(kept.insert(transport).clone())
    }
}

/// Explains an answer that is not a success. `token_variable` is the name of the variable that the token comes from.
fn explain_failure(status: StatusCode, path: &str, token_variable: &str, answer: Option<&Value>) -> String {
    match status {
        StatusCode::FORBIDDEN => {
            format!("permission denied: the token in {token_variable} is not valid, or may not read `{path}`")
        }
        StatusCode::NOT_FOUND => {
            // A versioned engine sends this warning for a path without `data`.
            let warnings = answer.and_then(|answer| answer["warnings"].as_array());
            let is_versioned = warnings.is_some_and(|warnings| {
                warnings.iter().any(|text| text.as_str().is_some_and(|text| text.contains("versioned K/V")))
            });
            let is_deleted = answer.is_some_and(|answer| answer["data"]["metadata"].is_object());
            match (is_versioned, is_deleted) {
                (true, _) => format!("`{path}` not found: the engine is versioned, so write `MOUNT/data/PATH`"),
                (_, true) => format!("`{path}` has been deleted"),
                _ => format!("`{path}` not found"),
            }
        }
        StatusCode::SERVICE_UNAVAILABLE => "Vault is sealed or in maintenance (503)".to_owned(),
        status if status.is_redirection() => {
            format!("Vault answered with {status}: set VAULT_ADDR to the address of the active node")
        }
        status => format!("Vault answered with {status}"),
    }
}

/// Returns a member of a JSON object as unparsed JSON.
fn member<'a>(object: &'a str, key: &str) -> Option<&'a RawValue> {
    serde_json::from_str::<HashMap<String, &RawValue>>(object).ok()?.remove(key)
}

/// Returns the values in an answer, whose text is `text`. Version 2 of the engine wraps the values in `data`, beside their `metadata`.
fn read_values(text: &str, answer: Value, path: &str) -> Result<ReadValues, String> {
    let Value::Object(answer) = answer else { return Err("the answer from Vault is not an object".to_owned()) };
    let lease = answer.get("lease_duration").and_then(Value::as_u64).filter(|seconds| *seconds > 0);
    let has_lease = answer.get("lease_id").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    // The values are taken from the text, since a parsed value does not keep how a number is written.
    let is_object = |value: &&RawValue| value.get().starts_with('{');
    let data = member(text, "data").filter(is_object).ok_or_else(|| format!("`{path}` has no values"))?;
    let object = match member(data.get(), "metadata").filter(is_object) {
        Some(_) => member(data.get(), "data").filter(is_object).ok_or_else(|| format!("`{path}` has been deleted"))?,
        None => data,
    };
    let values = json(object.get()).map_err(|why| format!("the answer from Vault {why}"))?;
    let lease = lease.map(Duration::from_secs);
    // Reading dynamic secrets again creates new ones, so they are used until a fifth of their lease is left.
    let use_for = match lease {
        Some(lease) if has_lease => lease.saturating_sub(lease / 5),
        Some(lease) => lease.min(DEFAULT_USE),
        None => DEFAULT_USE,
    };
    let SecretValues { texts, others } = values;
    let use_for = Some(use_for.max(MIN_USE));
    Ok(ReadValues { values: texts, others, stamp: None, use_for, is_leased: has_lease })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn a_location_is_a_path_of_vault() {
        for (location, expected) in [
            ("vault://my-vault/secret/data/app", "secret/data/app"),
            ("vault://secret/data/weather", "secret/data/weather"),
            ("vault:///team/kv/data/weather", "team/kv/data/weather"),
            ("vault:secret/weather", "secret/weather"),
            ("vault://secret/weather", "secret/weather"),
            ("VAULT:///secret/data/a%20b/", "secret/data/a b"),
        ] {
            assert!(is_vault(location));
            assert_eq!(path(location).unwrap(), expected, "{location}");
        }
        for location in [
            "vault:",
            "vault://",
            "vault:///secret",
            "vault:///secret/../sys",
            "vault:///secret/%2e%2e/sys",
            "vault:///secret/a%2F..%2Fsys",
            "vault:///secret//x",
        ] {
            assert!(path(location).is_err(), "{location}");
        }
        assert!(!is_vault("file:///vault:x") && !is_vault("vault"));
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let path = std::env::temp_dir().join(format!("naftiko-vault-{}.pem", std::process::id()));
        let read = |text: String| {
            std::fs::write(&path, text).unwrap();
            file("VAULT_CACERT", path.to_str().unwrap())
        };
        let limit = usize::try_from(MAX_FILE).unwrap();
        // The limit is within the last character of the third text.
        let texts = ["x".repeat(limit), "x".repeat(limit + 1), "\u{e4}".repeat(limit / 2 + 1)];
        let [whole, larger, cut] = texts.map(read);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(whole.unwrap().len(), limit);
        for refused in [larger, cut] {
            assert_eq!(refused.unwrap_err(), format!("the file of VAULT_CACERT is larger than {MAX_FILE} bytes"));
        }
    }

    /// The answers of the documentation of Vault's API.
    #[test]
    fn both_versions_of_the_engine_are_read() {
        let second = r#"{"request_id":"r","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":{"foo":"bar","pin":12345678901234567890123,"db":{"user":"u"}},"metadata":{"created_time":"2018-03-22T02:24:06.945319214Z","custom_metadata":null,"deletion_time":"","destroyed":false,"version":2}},"wrap_info":null,"warnings":null,"auth":null}"#;
        let first =
            r#"{"auth":null,"data":{"foo":"bar","ttl":"1h"},"lease_duration":3600,"lease_id":"","renewable":false}"#;
        let dynamic =
            r#"{"data":{"foo":"bar"},"lease_duration":3600,"lease_id":"database/creds/app/1","renewable":true}"#;
        for (text, use_for, has_lease) in [(second, 300, false), (first, 300, false), (dynamic, 2880, true)] {
            let read = read_values(text, serde_json::from_str(text).unwrap(), "p").unwrap();
            assert_eq!(read.values["foo"].expose_secret(), "bar");
            assert_eq!((read.use_for, read.is_leased), (Some(Duration::from_secs(use_for)), has_lease));
        }
        let read = read_values(second, serde_json::from_str(second).unwrap(), "p").unwrap();
        assert_eq!(read.values["pin"].expose_secret(), "12345678901234567890123");
        assert_eq!(read.values["db.user"].expose_secret(), "u");
        assert_eq!(read.others, HashMap::from([("db".to_owned(), "an object")]));
    }

    #[test]
    fn refusals_are_explained_without_the_answer() {
        let warning = "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use.";
        let deleted =
            json!({"data": {"data": null, "metadata": {"deletion_time": "2018-03-22T02:36:43Z", "destroyed": false}}});
        for (status, answer, expected) in [
            (
                403,
                json!({"errors": ["permission denied s3cret"]}),
                "permission denied: the token in VAULT_TOKEN is not valid, or may not read `kv/x`",
            ),
            (404, json!({"errors": []}), "`kv/x` not found"),
            (
                404,
                json!({"errors": [], "warnings": [warning]}),
                "`kv/x` not found: the engine is versioned, so write `MOUNT/data/PATH`",
            ),
            (404, deleted, "`kv/x` has been deleted"),
            (503, json!({"errors": ["Vault is sealed"]}), "Vault is sealed or in maintenance (503)"),
            (
                307,
                json!(null),
                "Vault answered with 307 Temporary Redirect: set VAULT_ADDR to the address of the active node",
            ),
            (500, json!({"errors": ["s3cret"]}), "Vault answered with 500 Internal Server Error"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(explain_failure(status, "kv/x", "VAULT_TOKEN", Some(&answer)), expected);
        }
    }
}
