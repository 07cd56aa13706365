//! Fuzz targets for the parsers of compressed bodies and of headers.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use naftiko_runtime::__fuzz::{answered, challenges, passed_on, target, unpacked, wait};
use naftiko_runtime::http::header::{CONTENT_ENCODING, LINK, RETRY_AFTER};
use naftiko_runtime::http::{HeaderMap, HeaderName, HeaderValue};
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

/// Decompresses a body. The first byte selects the coding, whether there are two, and the damage: none, a flipped bit,
/// a truncated body, or a body that is not compressed at all. The second byte selects the size of the pieces, the third
/// the limit, and the fourth the position of the damage.
pub fn unpack(data: &[u8]) {
    let [how, size, limit, place, text @ ..] = data else { return };
    let names = ["gzip", "deflate", "br", "zstd", "deflate"];
    let coding = usize::from(how % 5);
    let limit = usize::from(*limit) * usize::from(*limit);
    let twice = how / 20 % 2 == 1;
    let mut body = compress(coding, text);
    let mut codings = names[coding].to_owned();
    if twice {
        body = compress(0, &body);
        codings.push_str(", gzip");
    }
    let at = usize::from(*place) * body.len() / 256;
    let damage = how / 5 % 4;
    match damage {
        0 => {}
        1 => body[at] ^= 1 << (place % 8),
        2 => body.truncate(at),
        _ => body = text.to_vec(),
    }
    let headers = HeaderMap::from_iter([(CONTENT_ENCODING, codings.parse().expect("codings are a header"))]);
    let (whole, pieces) =
        unpacked(&headers, &body, (limit, usize::from(*size) + 1)).expect("the codings are supported");
    for bytes in [whole.as_ref().ok(), pieces.as_ref().ok().map(|(bytes, _)| bytes)].into_iter().flatten() {
        assert!(bytes.len() <= limit, "{} bytes with a limit of {limit}", bytes.len());
        // Truncation at the very end, or a flipped bit that does not matter, leaves the text unchanged.
        assert!(
            damage == 3 || twice || bytes.is_empty() || coding != 0 || text.starts_with(bytes),
            "the checksum is wrong"
        );
    }
    if let Ok((_, largest)) = &pieces {
        assert!(*largest <= 64 * 1024, "a piece of {largest} bytes");
    }
    let pieces = pieces.map(|(bytes, _)| bytes);
    if damage == 0 && (!twice || body.len() <= limit) {
        let expected = if text.len() > limit { Err("TooLarge".to_owned()) } else { Ok(text.to_vec()) };
        assert_eq!(whole, expected, "{codings}, as a whole");
        assert_eq!(pieces, expected, "{codings}, in pieces");
    } else if let (Ok(whole), Ok(pieces)) = (&whole, &pieces) {
        assert_eq!(whole, pieces, "{codings}: the pieces differ from the whole");
    }
}

/// Compresses a text with gzip, zlib (which HTTP calls `deflate`), Brotli, Zstandard, or as a raw deflate stream.
fn compress(coding: usize, text: &[u8]) -> Vec<u8> {
    let fast = Compression::fast();
    let compressed = match coding {
        0 => {
            let mut encoder = GzEncoder::new(Vec::new(), fast);
            encoder.write_all(text).and_then(|()| encoder.finish())
        }
        1 => {
            let mut encoder = ZlibEncoder::new(Vec::new(), fast);
            encoder.write_all(text).and_then(|()| encoder.finish())
        }
        2 => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 16);
            encoder.write_all(text).map(|()| encoder.into_inner())
        }
        3 => zstd::encode_all(text, 1),
        _ => {
            let mut encoder = DeflateEncoder::new(Vec::new(), fast);
            encoder.write_all(text).and_then(|()| encoder.finish())
        }
    };
    compressed.expect("writing to memory does not fail")
}

/// Returns the lines of an input as values of one header; lines that are not valid header values are skipped.
fn fields<'a>(name: &HeaderName, data: &'a [u8]) -> (HeaderMap, Vec<&'a [u8]>) {
    let (mut headers, mut lines) = (HeaderMap::new(), Vec::new());
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
            lines.push(line);
        }
    }
    (headers, lines)
}

/// Finds the next page in `Link`; each line is a header. No text in a `title` may hide the `rel` after it.
pub fn link(data: &[u8]) {
    let (headers, lines) = fields(&LINK, data);
    if let Some(target) = target(&headers) {
        assert!(target.is_ascii() && !target.contains('>'), "{target:?} is not a target");
        let longest = lines.iter().map(|line| line.len() * 3).max().unwrap_or_default();
        assert!(target.len() <= longest && target.trim() == target, "{target:?} is not part of a header");
    }
    let escaped: Vec<u8> = lines.iter().flat_map(|line| line.iter()).fold(Vec::new(), |mut title, byte| {
        title.extend(matches!(byte, b'"' | b'\\').then_some(b'\\'));
        title.push(*byte);
        title
    });
    let field = [b"<https://a.example/?p=1,2;3>; title=\"", escaped.as_slice(), b"\"; rel=\"next\""].concat();
    let value = HeaderValue::from_bytes(&field).expect("valid lines are a valid value together");
    let found = target(&HeaderMap::from_iter([(LINK, value)]));
    assert_eq!(found.as_deref(), Some("https://a.example/?p=1,2;3"), "a title hides the link");
}

/// Reads how long to wait. Each line is a header `name: value`; without a name, it is `Retry-After`.
pub fn retry_after(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let colon = line.windows(2).position(|two| two == b": ");
        let (name, value) = colon.map_or((&b"retry-after"[..], line), |at| (&line[..at], &line[at + 2..]));
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let Some((text, delay)) = wait(&headers, now) else { return };
    assert_eq!(text.is_some(), delay.is_some(), "{text:?} has the delay {delay:?}");
    let (Some(text), Some(delay)) = (text, delay) else { return };
    match text.parse::<u64>() {
        Ok(seconds) => assert!(seconds <= 1 << 31 && delay == Duration::from_secs(seconds), "{text} is {delay:?}"),
        Err(_) => {
            let date = httpdate::parse_http_date(&text).expect("a Retry-After is a number or a date");
            assert_eq!(httpdate::fmt_http_date(date), text, "the date is not in the current format");
            assert_eq!(date.duration_since(now).unwrap_or_default(), delay);
        }
    }
    let again = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("it is passed on in a header"))]);
    assert_eq!(wait(&again, now), Some((Some(text), Some(delay))), "a caller reads something else");
}

/// Answers the challenges in the first line; the second line is the user name. Whatever both contain, the answer has
/// only the parameters of RFC 7616, and repeats the values of one challenge.
pub fn digest(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let (first, user) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Ok(value) = HeaderValue::from_bytes(first) else { return };
    let user = String::from_utf8_lossy(user);
    let Some(answer) = answered(&value, (&user, "secret"), ("GET", "/a?b=c")) else { return };
    assert!(HeaderValue::from_bytes(&answer).is_ok(), "the answer cannot be sent");
    let characters = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
    let sent = challenges(&characters(&answer));
    let [(scheme, sent)] = sent.as_slice() else { panic!("{} schemes", sent.len()) };
    assert_eq!(scheme, "Digest");
    let has = |name: &str, value: &str| sent.get(name).is_some_and(|sent| sent == value);
    assert!(has("uri", "/a?b=c") && (!sent.contains_key("nc") || has("nc", "00000001")), "{sent:?}");
    let is_hash = |text: &String| matches!(text.len(), 32 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(sent.get("response").is_some_and(is_hash), "{sent:?}");
    let known = [
        "username",
        "username*",
        "realm",
        "nonce",
        "uri",
        "response",
        "algorithm",
        "opaque",
        "qop",
        "nc",
        "cnonce",
        "userhash",
    ];
    assert!(sent.keys().all(|name| known.contains(&name.as_str())), "{sent:?}");
    let is_plain = user.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    assert!(has("userhash", "true") || !is_plain || has("username", &user), "{sent:?}");
    let given = challenges(&characters(first));
    let is_repeated = |name: &str, given: &std::collections::HashMap<String, String>| sent.get(name) == given.get(name);
    let repeats = |given| ["realm", "nonce", "opaque", "algorithm"].iter().all(|name| is_repeated(name, given));
    assert!(given.iter().any(|(_, given)| repeats(given)), "{sent:?} answers none of {given:?}");
}

/// Passes on a trace. The first line is `traceparent`, the others are `tracestate`.
pub fn traceparent(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for (at, line) in data.split(|byte| *byte == b'\n').enumerate() {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(if at == 0 { "traceparent" } else { "tracestate" }, value);
        }
    }
    let Some(passed) = passed_on(&headers) else { return };
    let text = |headers: &HeaderMap, name| headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned());
    let (given, sent) = (text(&headers, "traceparent"), text(&passed, "traceparent"));
    let (Some(given), Some(sent)) = (given, sent) else { panic!("a trace without `traceparent`") };
    let fields: Vec<&str> = sent.split('-').collect();
    assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{sent}");
    assert!(fields.concat().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{sent}");
    assert!(fields[0] == "00" && given.split('-').nth(1) == Some(fields[1]), "{given} became {sent}");
    assert!(!fields[1].bytes().all(|byte| byte == b'0') && !fields[2].bytes().all(|byte| byte == b'0'), "{sent}");
    if let Some(state) = text(&passed, "tracestate") {
        assert!(state.len() <= 512 && state.split(',').filter(|entry| entry.contains('=')).count() <= 32, "{state}");
        let lines = headers.get_all("tracestate").iter().map(|line| line.to_str().unwrap_or_default());
        let given = lines.collect::<Vec<_>>().join(",");
        assert!(state.split(',').all(|entry| given.contains(entry)), "{given} became {state}");
    }
    let again = passed_on(&passed).expect("a trace that is passed on is valid");
    assert_eq!(text(&again, "tracestate"), text(&passed, "tracestate"), "the state changes");
}
