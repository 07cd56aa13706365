//! Compressed files and forms: REST decodes them while they arrive, and the API gets them without a coding.

use super::files::{Files as _, client, status};
use super::serve;
use naftiko::Value;
use naftiko::testing::{Answer, Upstream};
use std::io::Write;

#[tokio::test]
async fn compressed_files_and_forms_are_decoded() {
    let upstream = Upstream::start().await;
    upstream.answer("PUT", "/raw/a", Answer::json(200, Value::Null));
    upstream.answer("POST", "/forms", Answer::json(200, Value::Null));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let put = |packed: Vec<u8>| {
        let url = format!("{url}/raw/a");
        status(move |http| http.put(url).header("content-encoding", "gzip").body(packed))
    };
    // Even when compressed, the file is larger than the limit of a body without files.
    let noise = |number: &u64| Some(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    let file: Vec<u8> =
        std::iter::successors(Some(1), noise).map(|number| number.to_be_bytes()[0]).take(3 << 20).collect();
    assert!(gzip(&file).len() > 2 << 20);
    assert_eq!(put(gzip(&file)).await, (200, "null".to_owned()));
    let part = |name: &str, rest: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{rest}");
    let form = part("purpose", "\r\n\r\np\r\n") + &part("file", "; filename=\"a\"\r\n\r\n");
    let form = [form.as_bytes(), &file, b"\r\n--x--\r\n"].concat();
    let post = |packed: Vec<u8>| {
        let url = format!("{url}/forms");
        let kind = "multipart/form-data; boundary=x";
        status(move |http| http.post(url).header("content-type", kind).header("content-encoding", "gzip").body(packed))
    };
    assert_eq!(post(gzip(&form)).await, (200, "null".to_owned()));
    let requests = upstream.requests();
    assert_eq!((&requests[0].body[..], requests[0].header("content-encoding")), (&file[..], None));
    assert!(requests[1].body.windows(file.len()).any(|piece| piece == file), "the form does not contain the file");
    assert_eq!(requests[1].header("content-encoding"), None);
    // The error is the decoder's, not the form parser's.
    let (code, text) = post(b"compressed".to_vec()).await;
    assert!(code == 400 && text.contains("the body does not match its Content-Encoding"), "{code} {text}");
    let mut cut = gzip(&file);
    cut.truncate(cut.len() - 4);
    let (code, text) = put(cut).await;
    assert!(code == 400 && text.contains("the body is incomplete"), "{code} {text}");
    let (code, text) = put(gzip(&vec![0; 49 << 20])).await;
    assert!(code == 413 && text.contains("the limit is 50331648 bytes"), "{code} {text}");
}
