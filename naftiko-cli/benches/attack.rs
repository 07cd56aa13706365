//! A served document under load: 100 connections for two minutes while 5% of the upstream's answers are faulty, then 24
//! concurrent answers of 15 MiB in 1.5 GB of address space.
//!
//! `cargo bench -p naftiko-cli --bench attack` prints the outcomes for callers, memory and descriptors. It fails if a
//! call gets no answer, an incomplete one, or an undocumented status, if a POST is lost or sent twice, if descriptors
//! leak, or if the program exits. `NAFTIKO_ATTACK_SECONDS` sets the duration of the first part. Linux only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, reason = "a benchmark")]

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: usize = 100;
/// One request in this many fails.
const FAULTY: u64 = 20;
/// The size of a large answer, in bytes.
const LARGE: usize = 15 * 1024 * 1024;
/// The number of concurrent calls for large answers.
const AT_ONCE: usize = 24;
/// The statuses that callers may get: those of the upstream below 500, and those that are documented for its faults.
const DOCUMENTED: [&str; 6] = ["200", "404", "429", "502", "503", "504"];
/// The address space of the program, in KiB, the unit of `ulimit -v`.
const ADDRESS_SPACE: usize = 1_500_000;

const DOCUMENT: &str = r"naftiko: 1.0.0-alpha2
info: { label: Attacked, description: Is attacked. }
binds: [{ namespace: env, keys: { ATTACK_TOKEN: ATTACK_TOKEN } }]
capability:
  consumes:
  - type: http
    namespace: up
    baseUri: http://127.0.0.1:1
    authentication: { type: bearer, token: '{{env.ATTACK_TOKEN}}' }
    resources:
    - { name: items, path: '/items/{id}', operations: [
        { name: get, method: GET, inputParameters: [{ name: id, in: path, type: string, required: true }] },
        { name: put, method: PUT, inputParameters: [{ name: id, in: path, type: string, required: true }] },
        { name: create, method: POST, inputParameters: [{ name: id, in: path, type: string, required: true }] }] }
    - { name: large, path: /large, operations: [{ name: large, method: GET }] }
    - { name: csv, path: /csv, operations: [{ name: csv, method: GET, outputRawFormat: csv }] }
    - { name: html, path: /html, operations: [{ name: html, method: GET, outputRawFormat: html }] }
  exposes:
  - type: rest
    namespace: rest
    port: 8080
    resources:
    - { path: '/items/{id}', name: items, description: Items., operations: [
        { method: GET, name: get, description: Gets., call: up.get, with: { id: rest.id }, outputParameters: [{ type: object, mapping: $. }] },
        { method: PUT, name: put, description: Puts., call: up.put, with: { id: rest.id }, outputParameters: [{ type: object, mapping: $. }] },
        { method: POST, name: create, description: Creates., call: up.create, with: { id: rest.id },
          outputParameters: [{ type: object, properties: { id: { type: string, mapping: $.id } } }] }] }
    - { path: '/shaped/{id}', name: shaped, description: Shaped., operations: [
        { method: GET, name: shaped, description: Gets., call: up.get, with: { id: rest.id },
          outputParameters: [{ type: object, properties: { id: { type: string, mapping: $.id } } }] }] }
    - { path: /large, name: large, description: Large., operations: [
        { method: GET, name: large, description: Gets., call: up.large,
          outputParameters: [{ type: array, mapping: $., items: { type: object, properties: { id: { type: string, mapping: $.id } } } }] }] }
    - { path: /csv, name: csv, description: Csv., operations: [{ method: GET, name: csv, description: Gets., call: up.csv }] }
    - { path: /html, name: html, description: Html., operations: [{ method: GET, name: html, description: Gets., call: up.html }] }
";

fn main() {
    let folder = std::env::temp_dir().join(format!("naftiko-attack-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("attacked.naftiko.yaml");
    std::fs::write(&file, DOCUMENT).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        faults(&file).await;
        large(&file).await;
    });
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The number of times that the upstream received each write.
type Ledger = Arc<Mutex<HashMap<String, u64>>>;

/// Starts an upstream that counts writes; with `faulty`, one in [`FAULTY`] of its answers fails.
async fn upstream(faulty: bool) -> (String, Ledger) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let ledger = Ledger::default();
    let (counted, requests) = (ledger.clone(), Arc::new(AtomicU64::new(0)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (ledger, requests) = (counted.clone(), requests.clone());
            // The peer can disconnect at any time.
            tokio::spawn(async move { drop(answer(stream, faulty, &ledger, &requests).await) });
        }
    });
    (url, ledger)
}

async fn answer(mut stream: TcpStream, faulty: bool, ledger: &Ledger, requests: &AtomicU64) -> io::Result<()> {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        read.drain(..end + 4);
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let id = path.rsplit('/').next().unwrap_or_default().to_owned();
        if method != "GET" {
            *ledger.lock().unwrap().entry(format!("{method} {id}")).or_default() += 1;
        }
        let number = requests.fetch_add(1, Ordering::Relaxed);
        let body = match id.as_str() {
            "large" => format!("[{}]", vec![r#"{"id":"a"}"#; LARGE / 11].join(",")),
            "csv" => "id,b\n".to_owned() + &"a,b\n".repeat(LARGE / 4),
            "html" => {
                let row = "<tr><td>a</td></tr>";
                format!("<table><tr><th>id</th></tr>{}</table>", row.repeat(LARGE / row.len()))
            }
            id => format!(r#"{{"id":"{id}","text":"{}"}}"#, "x".repeat(1_000)),
        };
        let media = match id.as_str() {
            "csv" => "text/csv",
            "html" => "text/html",
            _ => "application/json",
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n", body.len());
        if !faulty || !number.is_multiple_of(FAULTY) {
            stream.write_all((head + &body).as_bytes()).await?;
            continue;
        }
        match number / FAULTY % 8 {
            0 => stream.write_all(b"HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\nno").await?,
            1 => stream.write_all(b"HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n").await?,
            2 => stream.write_all(b"HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\n{}").await?,
            // The connection is closed without an answer.
            3 => return Ok(()),
            // The connection is reset after the head.
            4 => {
                stream.write_all(head.as_bytes()).await?;
                stream.set_zero_linger()?;
                return Ok(());
            }
            // The body breaks off.
            5 => {
                stream.write_all(head.as_bytes()).await?;
                return stream.write_all(&body.as_bytes()[..100]).await;
            }
            6 => return stream.write_all(b"garbage\r\n\r\n").await,
            // The JSON is invalid at its end.
            _ => {
                stream.write_all((head + &body[..body.len() - 3] + "<<<").as_bytes()).await?;
            }
        }
    }
}

/// A served document.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    /// Serves the document. `address_space` limits the memory of the program, in KiB.
    fn start(file: &Path, upstream: &str, address_space: Option<usize>) -> Self {
        let program = env!("CARGO_BIN_EXE_naftiko");
        let limit = address_space.map_or_else(String::new, |size| format!("ulimit -v {size}; "));
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!("{limit}exec \"$0\" serve \"$1\" --upstream up=\"$2\" --port rest=0"))
            .arg(program)
            .arg(file)
            .arg(upstream)
            .env("ATTACK_TOKEN", "s3cret-of-the-attack")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("a line once it listens").unwrap();
        let url = line.rsplit(' ').next().unwrap().to_owned();
        Self { child, url }
    }

    /// Returns the value of a line of `/proc/PID/status`, in MiB.
    fn memory(&self, key: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls without a pause on many connections, and counts the outcomes.
async fn faults(file: &Path) {
    let seconds = std::env::var("NAFTIKO_ATTACK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    let (url, ledger) = upstream(true).await;
    let mut served = Served::start(file, &url, None);
    let (memory, descriptors) = (served.memory("VmRSS"), served.descriptors());
    let until = Instant::now() + Duration::from_secs(seconds);
    let got: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    let writes: Arc<Mutex<HashMap<String, u16>>> = Arc::default();
    let callers = (0..CONNECTIONS).map(|caller| {
        let (base, got, writes) = (served.url.clone(), got.clone(), writes.clone());
        tokio::spawn(async move {
            let http = reqwest::Client::builder().timeout(Duration::from_secs(70)).build().unwrap();
            for call in 0_u64.. {
                if Instant::now() >= until {
                    break;
                }
                let id = format!("c{caller}-{call}");
                let (method, path) = match call % 4 {
                    0 => (reqwest::Method::GET, "items"),
                    1 => (reqwest::Method::GET, "shaped"),
                    2 => (reqwest::Method::PUT, "items"),
                    _ => (reqwest::Method::POST, "items"),
                };
                let response = http.request(method.clone(), format!("{base}/{path}/{id}")).send().await;
                let outcome = match response {
                    Ok(response) => {
                        let status = response.status().as_u16();
                        if method == reqwest::Method::POST {
                            writes.lock().unwrap().insert(format!("POST {id}"), status);
                        }
                        match response.bytes().await {
                            Ok(_) => status.to_string(),
                            Err(_) => format!("{status}, broken off"),
                        }
                    }
                    Err(error) if error.is_timeout() => "no answer in time".to_owned(),
                    Err(_) => "no answer".to_owned(),
                };
                *got.lock().unwrap().entry(outcome).or_default() += 1;
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut most_descriptors = descriptors;
    while Instant::now() < until && served.is_alive() {
        most_descriptors = most_descriptors.max(served.descriptors());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(served.is_alive(), "the program ended");
    for caller in callers {
        caller.await.unwrap();
    }
    let got = got.lock().unwrap().clone();
    println!(
        "{seconds} s, {CONNECTIONS} connections, 1 of {FAULTY} answers faulty: {} calls",
        got.values().sum::<u64>()
    );
    for (outcome, count) in &got {
        println!("  {outcome}: {count}");
    }
    let (ledger, writes) = (ledger.lock().unwrap(), writes.lock().unwrap());
    let doubled = ledger.iter().filter(|(write, count)| write.starts_with("POST") && **count > 1).count();
    let lost = writes.iter().filter(|(write, status)| **status < 300 && !ledger.contains_key(*write)).count();
    println!("  POSTs: {}, doubled: {doubled}, lost: {lost}", writes.len());
    println!(
        "  resident: {memory:.1} MiB before, {:.1} after, {:.1} at most; descriptors: {descriptors} before, {} after, \
         {most_descriptors} at most",
        served.memory("VmRSS"),
        served.memory("VmHWM"),
        served.descriptors()
    );
    let calls_with = |wanted: fn(&str) -> bool| {
        got.iter().filter(|(outcome, _)| wanted(outcome)).map(|(_, count)| count).sum::<u64>()
    };
    println!(
        "  without an answer: {}, cut off: {}, answered 503 or 504: {}",
        calls_with(|outcome| outcome.starts_with("no answer")),
        calls_with(|outcome| outcome.ends_with("broken off")),
        calls_with(|outcome| matches!(outcome, "503" | "504"))
    );
    assert!(served.is_alive(), "the program ended");
    assert!(doubled == 0 && lost == 0, "POSTs were lost or doubled");
    assert!(calls_with(|outcome| outcome == "200") > 0, "no call succeeded");
    assert!(got.keys().all(|outcome| DOCUMENTED.contains(&outcome.as_str())), "an outcome is not documented: {got:?}");
    // Each caller takes two: its own connection, and one to the upstream. The other 50 are a margin.
    assert!(most_descriptors <= descriptors + 2 * CONNECTIONS + 50, "descriptors leak");
}

/// Requests large answers concurrently, in three formats that are decoded in memory: JSON, CSV and HTML.
async fn large(file: &Path) {
    let mut refused = 0;
    for path in ["large", "csv", "html"] {
        let (url, _) = upstream(false).await;
        let mut served = Served::start(file, &url, Some(ADDRESS_SPACE));
        let http = reqwest::Client::builder().timeout(Duration::from_secs(90)).build().unwrap();
        let call = || {
            let (http, url) = (http.clone(), format!("{}/{path}", served.url));
            async move {
                match http.get(url).send().await {
                    Ok(response) => {
                        let status = response.status().as_u16();
                        let says_when = response.headers().contains_key("retry-after");
                        match response.bytes().await {
                            Err(_) => "broken off".to_owned(),
                            Ok(body) if status == 200 && body.len() < LARGE / 4 => "a part".to_owned(),
                            Ok(_) if status == 503 && !says_when => "503 without Retry-After".to_owned(),
                            Ok(_) => status.to_string(),
                        }
                    }
                    Err(_) => "no answer".to_owned(),
                }
            }
        };
        // An answer may be too large by itself: 502.
        let alone = call().await;
        assert!(matches!(alone.as_str(), "200" | "502"), "one call alone: {alone}");
        let before = Instant::now();
        let calls = (0..AT_ONCE).map(|_| tokio::spawn(call()));
        let mut got: BTreeMap<String, u64> = BTreeMap::new();
        for call in calls.collect::<Vec<_>>() {
            *got.entry(call.await.unwrap()).or_default() += 1;
        }
        let took = before.elapsed().as_secs_f64();
        assert!(served.is_alive(), "the program ended: /{path}, {got:?}");
        println!(
            "{AT_ONCE} answers of 15 MiB at once, /{path}, in {ADDRESS_SPACE} KiB: {got:?} in {took:.1} s, {:.0} MiB resident at most; one alone: {alone}",
            served.memory("VmHWM")
        );
        assert!(got.contains_key(&alone), "no concurrent call got {alone}, as a single call does");
        assert!(got.keys().all(|outcome| *outcome == alone || outcome == "503"), "calls had no answer, or a wrong one");
        refused += got.get("503").copied().unwrap_or_default();
    }
    assert!(refused > 0, "no call was refused: {ADDRESS_SPACE} KiB are enough for all answers at once");
}
