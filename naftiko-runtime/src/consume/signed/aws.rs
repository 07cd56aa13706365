//! Signature Version 4 of AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use super::{hmac, percent_encoded};
use crate::consume::outgoing::Outgoing;
use crate::consume::reference::host_header;
use crate::digest::hex;
use crate::error::Error;
use crate::utc::Utc;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::time::{SystemTime, UNIX_EPOCH};

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// The value that is sent in place of the hash of a streamed body; only S3 accepts it.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// An AWS access key, and the region and service that it signs requests for.
pub(crate) struct Aws {
    pub(super) id: SecretString,
    pub(super) secret_key: SecretString,
    pub(super) session_token: Option<SecretString>,
    pub(super) region: SecretString,
    pub(super) service: SecretString,
}

impl Aws {
    /// Adds a signature to a request.
    ///
    /// # Errors
    /// Returns an error if a part of the credentials is not valid in a header.
    pub(super) fn sign(&self, request: &mut Request<Outgoing>, now: SystemTime) -> Result<(), Error> {
        let (region, service) = (self.region.expose_secret(), self.service.expose_secret());
        let is_s3 = matches!(service, "s3" | "s3-outposts" | "s3-object-lambda" | "s3express");
        let time = timestamp(now);
        let payload = match request.body() {
            Outgoing::Whole(bytes) => hex(digest(&SHA256, bytes).as_ref()),
            Outgoing::Pieces(..) => UNSIGNED.to_owned(),
        };
        let value = |text: &str| {
            let value = HeaderValue::from_str(text);
            value.map_err(|_| Error::configuration("a part of the AWS credentials is not valid in a header"))
        };
        let headers = request.headers_mut();
        headers.insert(DATE, value(&time)?);
        if is_s3 || payload == UNSIGNED {
            headers.insert(CONTENT, value(&payload)?);
        }
        if let Some(token) = &self.session_token {
            let mut token = value(token.expose_secret())?;
            token.set_sensitive(true);
            headers.insert(TOKEN, token);
        }
        let (names, canonical_headers) = signed_headers(request.headers(), request.uri());
        let before_headers = format!(
            "{}\n{}\n{}\n",
            request.method(),
            canonical_path(request.uri().path(), is_s3),
            canonical_query(request.uri().query().unwrap_or_default())
        );
        let after_headers = format!("\n{names}\n{payload}");
        let canonical_request = [before_headers.as_bytes(), &canonical_headers, after_headers.as_bytes()].concat();
        let date = time.get(..8).unwrap_or_default();
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let hash = hex(digest(&SHA256, &canonical_request).as_ref());
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
        let initial_key = format!("AWS4{}", self.secret_key.expose_secret());
        let signing_key = [date, region, service, "aws4_request"]
            .into_iter()
            .fold(initial_key.into_bytes(), |key, part| hmac(&key, part.as_bytes()).as_ref().to_vec());
        let signature = hex(hmac(&signing_key, string_to_sign.as_bytes()).as_ref());
        let id = self.id.expose_secret();
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        let mut authorization = value(&authorization)?;
        authorization.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, authorization);
        Ok(())
    }
}

/// Returns the names and the lines of the headers to sign: only those that proxies don't change. A value need not be UTF-8.
fn signed_headers(headers: &HeaderMap, uri: &Uri) -> (String, Vec<u8>) {
    let is_signed = |name: &&HeaderName| [CONTENT_TYPE, RANGE].contains(name) || name.as_str().starts_with("x-amz-");
    let mut names: Vec<&HeaderName> = headers.keys().filter(is_signed).collect();
    names.push(&HOST);
    names.sort_by_key(|name| name.as_str());
    let mut lines = Vec::new();
    for name in &names {
        let values = headers.get_all(*name).iter().map(|value| {
            let words = value.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(&b' ')
        });
        let mut values = values.collect::<Vec<_>>().join(&b',');
        if **name == HOST && values.is_empty() {
            values = host_header(uri).unwrap_or_default().into_bytes();
        }
        lines.extend_from_slice(&[name.as_str().as_bytes(), b":", &values, b"\n"].concat());
    }
    (names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(";"), lines)
}

/// Returns a path in its canonical form for signing: encoded a second time, without empty, `.` and `..` segments. For
/// S3, the path is encoded only once, and keeps all its segments.
fn canonical_path(path: &str, is_s3: bool) -> String {
    if is_s3 {
        let decoded = percent_decode_str(path).collect::<Vec<u8>>();
        return percent_encoded(&decoded, true);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    percent_encoded(format!("/{}{end}", segments.join("/")).as_bytes(), true)
}

/// Returns a query in its canonical form for signing: decoded and encoded again, sorted by name and value.
fn canonical_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let again = |text: &str| percent_encoded(&percent_decode_str(text).collect::<Vec<u8>>(), false);
        (again(name), again(value))
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Formats a time as `20150830T123600Z`.
fn timestamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let Utc { year, month, day, hour, minute, second } = Utc::from_unix_seconds(seconds);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use bytes::Bytes;
    use std::time::Duration;

    /// Returns the key of the examples in the documentation of AWS.
    fn aws(service: &str) -> Aws {
        let (id, secret) = match service {
            "s3" => ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            _ => ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        };
        let [id, secret_key, region, service] = [id, secret, "us-east-1", service].map(SecretString::from);
        Aws { id, secret_key, session_token: None, region, service }
    }

    fn request(
        method: &str,
        uri: &str,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> Request<Outgoing> {
        let mut request = Request::new(Outgoing::from(Bytes::from_static(body.as_bytes())));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = uri.parse().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        request
    }

    fn signed(service: &str, mut request: Request<Outgoing>) -> (String, String) {
        // 2015-08-30 12:36:00; the examples of S3 are from 2013-05-24 00:00:00.
        let now = Duration::from_secs(if service == "s3" { 1_369_353_600 } else { 1_440_938_160 });
        aws(service).sign(&mut request, UNIX_EPOCH + now).unwrap();
        let text = request.headers()[AUTHORIZATION].to_str().unwrap();
        let (start, signature) = text.split_once(", Signature=").unwrap();
        (start.split_once("SignedHeaders=").unwrap().1.to_owned(), signature.to_owned())
    }

    #[test]
    fn a_header_that_is_not_utf8_is_signed_byte_for_byte() {
        let mut headers = HeaderMap::new();
        headers.append("x-amz-meta-a", HeaderValue::from_bytes(b"\xe9  b").unwrap());
        headers.append("x-amz-meta-a", HeaderValue::from_static("c"));
        let (names, canonical_headers) = signed_headers(&headers, &"https://a.example/".parse().unwrap());
        assert_eq!(
            (names.as_str(), canonical_headers.as_slice()),
            ("host;x-amz-meta-a", &b"host:a.example\nx-amz-meta-a:\xe9 b,c\n"[..])
        );
    }

    #[test]
    fn requests_of_the_test_suite_of_aws_get_the_same_signatures() {
        // https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html
        let base = "https://example.amazonaws.com";
        for (method, target, signature) in [
            ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            let signed = signed("service", request(method, &format!("{base}{target}"), &[], ""));
            assert_eq!(signed, ("host;x-amz-date".to_owned(), signature.to_owned()), "{method} {target}");
        }
    }

    #[test]
    fn examples_of_the_documentation_get_the_same_signatures() {
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let list = request("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", &form, "");
        let expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(signed("iam", list), ("content-type;host;x-amz-date".to_owned(), expected.to_owned()));
        let base = "https://examplebucket.s3.amazonaws.com";
        for (target, headers, signature) in [
            (
                "/test.txt",
                &[("range", "bytes=0-9")][..],
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            ("/?lifecycle", &[], "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            ("/?max-keys=2&prefix=J", &[], "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ] {
            assert_eq!(signed("s3", request("GET", &format!("{base}{target}"), headers, "")).1, signature, "{target}");
        }
    }

    #[test]
    fn paths_and_queries_are_canonical() {
        for (written, signed, of_s3) in [
            ("/", "/", "/"),
            ("/a/b/", "/a/b/", "/a/b/"),
            ("//a/./b/../c", "/a/c", "//a/./b/../c"),
            ("/caf%C3%A9%20x", "/caf%25C3%25A9%2520x", "/caf%C3%A9%20x"),
            ("/a+b:c", "/a%2Bb%3Ac", "/a%2Bb%3Ac"),
        ] {
            assert_eq!(
                (canonical_path(written, false).as_str(), canonical_path(written, true).as_str()),
                (signed, of_s3)
            );
        }
        assert_eq!(canonical_query("b=%2f&a&b=%20&A=~"), "A=~&a=&b=%20&b=%2F");
    }

    #[test]
    fn a_time_is_written_in_digits() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (951_868_799, "20000229T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (1_798_761_599, "20261231T235959Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_session_token_is_signed_and_a_stream_is_not() {
        // Computed by Python's `hmac` and `hashlib`.
        for (service, signature) in [
            ("s3", "6e4abaf1ab37f0eca47ebf9b7f1e9df7ba6d24ef51c4076ebc88637f6993f4c6"),
            ("service", "05fb29f911882d844176de5d1bc7bf50998e41a22ca2b895d14eb68129eea71d"),
        ] {
            let mut own = aws(service);
            own.session_token = Some("t0ken".into());
            let mut streamed = request("PUT", "https://a.s3.amazonaws.com/x", &[], "");
            *streamed.body_mut() = Outgoing::Pieces(Box::default());
            own.sign(&mut streamed, UNIX_EPOCH).unwrap();
            let text = streamed.headers()[AUTHORIZATION].to_str().unwrap();
            let names = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
            let expected = format!("SignedHeaders={names}, Signature={signature}");
            assert_eq!(text.split_once(", ").unwrap().1, expected, "{service}");
            assert_eq!(streamed.headers()[CONTENT], "UNSIGNED-PAYLOAD");
            assert!(streamed.headers()[TOKEN].is_sensitive());
        }
        // The hash of a body that is not streamed is only sent to S3.
        for (service, is_sent) in [("s3", true), ("service", false)] {
            let mut whole = request("PUT", "https://a.s3.amazonaws.com/x", &[], "");
            aws(service).sign(&mut whole, UNIX_EPOCH).unwrap();
            assert_eq!(whole.headers().contains_key(CONTENT), is_sent, "{service}");
        }
    }

    #[test]
    fn the_values_of_a_repeated_header_are_joined_and_their_spaces_collapsed() {
        let repeated = [("x-amz-meta-a", "  b   c "), ("x-amz-meta-a", "d"), ("x-amz-meta-a", "e")];
        // Computed by Python's `hmac` and `hashlib`.
        let expected = "efb0f86d8cb4bbdab9ea32c3f8208d736d80642c2c071800e7c172e9d1e55720";
        let signed = signed("service", request("GET", "https://example.amazonaws.com/", &repeated, ""));
        assert_eq!(signed, ("host;x-amz-date;x-amz-meta-a".to_owned(), expected.to_owned()));
    }
}
