//! Tests that long secrets and long texts are searched in linear time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{BodyMasker, ErrorMasker, Redactor};
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;

const SECRET: &str = "Zx9+Qw/7Kp==Lm3&Rt8";

/// Escapes each character of a text.
fn escaped(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |all, unit| format!("{all}\\u{unit:04x}"))
}

fn masked(secret: &str, text: &str) -> String {
    Redactor::new([secret]).mask_text(text).into_owned()
}

#[test]
fn a_secret_in_a_long_escaped_text_is_found_wherever_it_begins() {
    let written = escaped(&escaped(SECRET)).repeat(500);
    assert_eq!(masked(SECRET, &written), "*".repeat(written.len()));
}

/// If a window were decoded for each escape, this would take minutes.
#[test]
fn a_long_secret_is_masked_after_a_long_escaped_text() {
    let secret: String = (0..20_000).map(|number| ["a\"", "b", "7", "-"][number * number % 31 % 4]).collect();
    let json = Value::from(secret.as_str()).to_string();
    let found = format!("{}{json}", "abcde\\\"".repeat(20_000));
    let masked = masked(&secret, &found);
    assert_eq!(masked.len(), found.len());
    assert!(masked.starts_with("abcde") && masked.ends_with(&format!("{}\"", "*".repeat(json.len() - 2))));
}

/// If the bytes held back were searched again with each piece, this would take minutes.
#[test]
fn a_long_secret_that_arrives_byte_by_byte_is_masked() {
    let secret = SECRET.repeat(30);
    let body = format!("data: {} {}", escaped(&escaped(&secret)), "end");
    let (redactor, mut masking, mut out) = (Redactor::new([secret.as_str()]), BodyMasker::new(false), Vec::new());
    for byte in body.bytes() {
        out.extend_from_slice(&masking.piece(&redactor, Bytes::from(vec![byte])));
    }
    out.extend_from_slice(&masking.last(&redactor, Bytes::new()));
    assert_eq!(String::from_utf8(out).unwrap(), format!("data: {} end", "*".repeat(body.len() - 10)));
}

#[test]
fn a_secret_that_has_begun_at_the_end_of_a_body_is_masked() {
    let secret = SECRET.repeat(3_000);
    let (none, request) = (Redactor::default(), [SecretString::from(secret.as_str())]);
    let masker = ErrorMasker::new(&none, &request);
    for written in [secret.clone(), escaped(&secret)] {
        let begun = format!("you sent {}", &written[..written.len() / 2]);
        let shown = masker.mask_beginning(Bytes::from(begun.clone()));
        assert_eq!(String::from_utf8(shown.into()).unwrap(), format!("you sent {}", "*".repeat(begun.len() - 9)));
    }
    assert_eq!(masker.mask_beginning(Bytes::from_static(b"you sent it.")), "you sent it.");
}
