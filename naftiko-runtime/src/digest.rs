//! Computes responses and parses challenges of Digest authentication (RFC 7616), for clients and servers.
#![cfg_attr(
    not(any(feature = "client", feature = "rest", feature = "mcp")),
    allow(dead_code, reason = "without these features, nothing authenticates")
)]

use std::collections::HashMap;
use std::fmt::Write;

/// The parts of a request from which its response is computed, together with the secret.
pub(crate) struct DigestedRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) nonce: &'a str,
    /// The nonce count, in hexadecimal, and the client's nonce, if the quality of protection is `auth`.
    pub(crate) protection: Option<(&'a str, &'a str)>,
}

impl DigestedRequest<'_> {
    /// Computes the response (RFC 7616, section 3.4.1). `secret` is the hash of user, realm and password, and `hash` returns the hash of
    /// a text in hexadecimal.
    pub(crate) fn response(&self, secret: &str, hash: impl Fn(&str) -> String) -> String {
        let request = hash(&format!("{}:{}", self.method, self.target));
        let nonce = self.nonce;
        match self.protection {
            Some((count, client_nonce)) => hash(&format!("{secret}:{nonce}:{count}:{client_nonce}:auth:{request}")),
            None => hash(&format!("{secret}:{nonce}:{request}")),
        }
    }
}

/// Writes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Parses challenges: schemes with their parameters (RFC 9110, section 11.6.1). Names of parameters are converted to lower
/// case. Parsing stops at the first text that is not a challenge.
pub(crate) fn challenges(text: &str) -> Vec<(String, HashMap<String, String>)> {
    let mut challenges: Vec<(String, HashMap<String, String>)> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)));
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        if word.is_empty() {
            return challenges;
        }
        let value = after.trim_start_matches([' ', '\t']).strip_prefix('=');
        let (Some(value), Some((_, parameters))) = (value, challenges.last_mut()) else {
            challenges.push((word.to_owned(), HashMap::new()));
            rest = after;
            continue;
        };
        let value = value.trim_start_matches([' ', '\t']);
        let mut content = String::new();
        if let Some(inside) = value.strip_prefix('"') {
            let (mut escaped, mut end) = (false, None);
            for (at, c) in inside.char_indices() {
                match c {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => {
                        end = Some(at);
                        break;
                    }
                    c => {
                        escaped = false;
                        content.push(c);
                    }
                }
            }
            let Some(end) = end else { return challenges };
            rest = inside.get(end + 1..).unwrap_or_default();
        } else {
            let end = value.find([',', ' ', '\t']).unwrap_or(value.len());
            value.get(..end).unwrap_or_default().clone_into(&mut content);
            rest = value.get(end..).unwrap_or_default();
        }
        parameters.entry(word.to_ascii_lowercase()).or_insert(content);
    }
}
