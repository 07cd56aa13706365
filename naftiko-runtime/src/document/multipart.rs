//! `multipart/form-data` (RFC 7578), with a boundary that no part holds.

use super::request::Making;
use crate::error::{Error, Result};
use bytes::Bytes;
use http::HeaderValue;
use memchr::memmem;
use naftiko_spec::lower::MultipartPart;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The bytes of a body and its Content-Type.
///
/// # Errors
/// If the document says a Content-Type of a part that is none.
pub(super) fn make<'a>(making: &Making<'a>, parts: &'a [MultipartPart]) -> Result<(Bytes, HeaderValue)> {
    let mut written: Vec<(String, String)> = Vec::new();
    for part in parts {
        for text in making.scope.texts(&part.value) {
            written.push((head(part)?, text.into_owned()));
        }
    }
    let boundary = boundary(&written);
    let mut body = String::new();
    for (head, text) in &written {
        body.extend(["--", &boundary, "\r\n", head, "\r\n\r\n", text, "\r\n"]);
    }
    body.extend(["--", &boundary, "--\r\n"]);
    let content_type = format!("multipart/form-data; boundary={boundary}");
    Ok((body.into(), HeaderValue::from_str(&content_type).map_err(Error::internal)?))
}

/// The headers of a part.
fn head(part: &MultipartPart) -> Result<String> {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", escaped(&part.name));
    if let Some(filename) = &part.filename {
        head.push_str(&format!("; filename=\"{}\"", escaped(filename)));
    }
    let content_type = part.content_type.as_deref().or(part.filename.as_ref().map(|_| "application/octet-stream"));
    if let Some(content_type) = content_type {
        if content_type.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
            return Err(Error::configuration(format!("the Content-Type of the part `{}` is none", part.name)));
        }
        head.push_str("\r\nContent-Type: ");
        head.push_str(content_type);
    }
    Ok(head)
}

/// A name as browsers write it (WHATWG HTML, "multipart/form-data encoding algorithm").
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A boundary (RFC 2046, section 5.1.1) that stands in none of the parts, and that nobody can foresee.
fn boundary(parts: &[(String, String)]) -> String {
    loop {
        let boundary = format!("naftiko-{:016x}", RandomState::new().build_hasher().finish());
        let finder = memmem::Finder::new(boundary.as_bytes());
        let holds = |text: &String| finder.find(text.as_bytes()).is_some();
        if !parts.iter().any(|(head, text)| holds(head) || holds(text)) {
            return boundary;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_boundaries_are_the_same() {
        assert_ne!(boundary(&[]), boundary(&[]));
    }

    #[test]
    fn a_name_ends_where_it_ends() {
        assert_eq!(escaped("a\"\r\nX: y"), "a%22%0D%0AX: y");
    }
}
