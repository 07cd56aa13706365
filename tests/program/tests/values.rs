//! The argument values of the command `call`: numbers keep their digits, duplicate members are refused, files are sent as they are.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use naftiko::testing::{Answer, Upstream};
use naftiko::{Error, Result, Upload, Value, capability};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

const WIDE: &str = "12345678901234567890123";

/// Numbers in base64.
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Encoded {
    #[schemars(extend("contentEncoding" = "base64"))]
    data: String,
}

/// Takes and returns numbers.
#[capability(
    consumes(namespace = "numbers", base_uri = "http://numbers.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Numbers {
    /// Sends anything.
    #[post("/any")]
    async fn send(&self, #[query] large: u128, #[query] list: Vec<u128>, body: &Value) -> Result<Value>;

    /// Sends a file with numbers.
    #[put("/files/{name}")]
    async fn upload(&self, name: &str, #[body(bytes)] file: Upload) -> Result<()>;

    /// Sends numbers in base64.
    #[post("/encoded")]
    async fn send_encoded(&self, body: &Encoded) -> Result<()>;

    /// Repeats a number.
    #[tool]
    async fn repeat(&self, large: u128, list: Option<Vec<Value>>) -> Result<Vec<Value>> {
        let mut all = list.unwrap_or_default();
        all.push(Value::from(large.to_string()));
        Ok(all)
    }
}

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn run(arguments: &[&str]) -> Result<String> {
    let printed = Printed::default();
    naftiko::run(NumbersClient::from_env).args(arguments).output(printed.clone()).await?;
    let bytes = printed.0.lock().unwrap().clone();
    Ok(String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn call_keeps_the_digits_of_integers_beyond_64_bits() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/any", Answer::of(200, "application/json", format!("[{WIDE}]")));
    let upstream_option = format!("numbers={}", upstream.url());
    let (large, body) = (format!("large={WIDE}"), format!(r#"body={{"id":{WIDE}}}"#));
    let list = format!("list=[1,{WIDE}]");
    let arguments = [large.as_str(), &list, "list=2", &body].map(|argument| ["-a", argument]).concat();
    let arguments = [&["call", "send", "--upstream", &upstream_option], arguments.as_slice()].concat();
    assert_eq!(run(&arguments).await.unwrap(), format!("[\n  {WIDE}\n]\n"));
    let request = &upstream.requests()[0];
    assert_eq!(request.path_and_query, format!("/any?large={WIDE}&list=1&list={WIDE}&list=2"));
    assert_eq!(String::from_utf8_lossy(&request.body), format!(r#"{{"id":{WIDE}}}"#));
    let repeated = run(&["call", "repeat", "-a", &large, "-a", &format!("list=[{WIDE}]")]).await.unwrap();
    assert_eq!(repeated, format!("[\n  {WIDE},\n  \"{WIDE}\"\n]\n"));
}

#[tokio::test]
async fn call_sends_a_file_as_it_is_and_reads_other_arguments_from_json_in_a_file() {
    let upstream = Upstream::start().await;
    upstream.answer("PUT", "/files/one", Answer::status(204));
    upstream.answer("POST", "/encoded", Answer::status(204));
    let upstream_option = format!("numbers={}", upstream.url());
    let path = std::env::temp_dir().join(format!("naftiko-values-{}.bin", std::process::id()));
    for (content, arguments) in [
        (&b"\xff\x001"[..], &["call", "upload", "-a", "name=one", "-a", &format!("file=@{}", path.display())][..]),
        (br#"{"data":"MQ=="}"#, &["call", "send-encoded", "-a", &format!("body=@{}", path.display())]),
    ] {
        std::fs::write(&path, content).unwrap();
        let called = run(&[arguments, &["--upstream", &upstream_option]].concat()).await;
        std::fs::remove_file(&path).unwrap();
        called.unwrap();
        assert_eq!(upstream.requests().last().unwrap().body, content);
    }
}

#[tokio::test]
async fn call_refuses_a_member_or_an_argument_that_is_given_twice() {
    let refused = async |arguments: &[&str]| -> Error {
        let arguments = arguments.iter().flat_map(|argument| ["-a", argument]);
        run(&["call", "send"].into_iter().chain(arguments).collect::<Vec<_>>()).await.unwrap_err()
    };
    let error = refused(&["large=1", "list=1", r#"body={"a":{"b":1,"b":2}}"#]).await;
    assert!(error.to_string().contains("the argument `body`: `/a/b` is given twice"), "{error}");
    let error = refused(&["large=1", "large=2", "list=1", "body={}"]).await;
    assert!(error.to_string().contains("the argument `large` is given twice"), "{error}");
    let file = std::env::temp_dir().join(format!("naftiko-twice-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"a":1,"a":2}"#).unwrap();
    let error = refused(&["large=1", "list=1", &format!("body=@{}", file.display())]).await;
    std::fs::remove_file(&file).unwrap();
    assert!(error.to_string().contains("the argument `body`: `/a` is given twice"), "{error}");
}
