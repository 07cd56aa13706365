//! The cost of documents: the time to check 1,900 of them, and the time until a document of 500 operations gives its
//! first answer.
//!
//! `cargo bench -p naftiko-cli --bench documents` prints both. `NAFTIKO_CORPUS` is a folder whose subfolders
//! `catalogue` and `generated` contain documents, which are repeated until there are 1,900. Without it, documents are
//! generated.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, reason = "a benchmark")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

const DOCUMENTS: usize = 1_900;
const OPERATIONS: usize = 500;
const STARTS: usize = 9;

fn main() {
    let folder = std::env::temp_dir().join(format!("naftiko-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    check(&folder);
    start(&folder);
    fs::remove_dir_all(&folder).unwrap();
}

/// Checks [`DOCUMENTS`] documents, and prints the time.
fn check(folder: &Path) {
    let texts = published().unwrap_or_else(|| (1..=40).map(|size| document(size, 1)).collect());
    assert!(!texts.is_empty(), "the folder `NAFTIKO_CORPUS` contains no documents");
    let mut lines = 0;
    for (number, text) in texts.iter().cycle().take(DOCUMENTS).enumerate() {
        lines += text.lines().count();
        fs::write(folder.join(format!("{number}.yaml")), text).unwrap();
    }
    let before = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_naftiko"))
        .arg("check")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    println!(
        "{DOCUMENTS} documents, {lines} lines: checked in {:.2} s on one thread ({status})",
        before.elapsed().as_secs_f64()
    );
}

/// Returns the documents of the corpus; `None` without `NAFTIKO_CORPUS`.
fn published() -> Option<Vec<String>> {
    let root = PathBuf::from(std::env::var_os("NAFTIKO_CORPUS")?);
    let folders = ["catalogue", "generated"].map(|folder| root.join(folder));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    Some(paths.map(|path| fs::read_to_string(path).unwrap()).collect())
}

/// Generates a document with `operations` operations, whose API listens on `port`.
fn document(operations: usize, port: u16) -> String {
    let (mut consumed, mut routes, mut tools) = (String::new(), String::new(), String::new());
    for number in 0..operations {
        let _ = write!(
            consumed,
            "    - name: things-{number}\n      path: /things-{number}/{{thingId}}\n      operations:\n      - name: get-{number}\n        \
             method: GET\n        description: Reads thing {number}.\n        inputParameters:\n        - {{ name: thingId, in: path, \
             type: string, required: true }}\n        - {{ name: page, in: query, type: integer }}\n"
        );
        let _ = write!(
            routes,
            "    - path: /v1/things-{number}/{{thingid}}\n      name: things-{number}\n      description: Thing {number}.\n      \
             operations:\n      - method: GET\n        name: get-{number}\n        description: Reads thing {number}.\n        call: \
             things.get-{number}\n        with: {{ thingId: rest.thingId, page: rest.page }}\n        outputParameters:\n        - \
             {{ type: object, mapping: $. }}\n"
        );
        let _ = write!(
            tools,
            "    - name: get-{number}\n      description: Reads thing {number}.\n      hints: {{ readOnly: true, destructive: false, \
             idempotent: true }}\n      call: things.get-{number}\n      with: {{ thingId: tools.thingId, page: tools.page }}\n      \
             outputParameters:\n      - {{ type: object, mapping: $. }}\n"
        );
    }
    format!(
        "naftiko: 1.0.0-alpha2\ninfo:\n  label: Things\n  description: Things.\n  tags: [Things]\ncapability:\n  consumes:\n  - type: \
         http\n    namespace: things\n    description: The API of things.\n    baseUri: http://127.0.0.1:{port}\n    resources:\n{consumed}  \
         exposes:\n  - type: rest\n    namespace: things-rest\n    description: Things.\n    port: 8080\n    resources:\n{routes}  - type: \
         mcp\n    namespace: things-mcp\n    description: Things.\n    port: 9090\n    transport: http\n    tools:\n{tools}"
    )
}

/// Serves a document several times, calls it immediately, and prints the time until the first answer.
fn start(folder: &Path) {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = upstream.local_addr().unwrap().port();
    thread::spawn(move || upstream.incoming().for_each(|stream| drop(thread::spawn(move || answer(stream.unwrap())))));
    let path = folder.join("large.naftiko.yaml");
    fs::write(&path, document(OPERATIONS, port)).unwrap();
    let mut times: Vec<f64> = (0..STARTS).map(|_| first_answer(&path)).collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{OPERATIONS} operations: first answer {:.0} ms after the start (median of {STARTS}; {:.0} to {:.0})",
        times[STARTS / 2],
        times[0],
        times[STARTS - 1]
    );
}

/// Returns the milliseconds from the start of the command to the first answer.
fn first_answer(path: &Path) -> f64 {
    let before = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_naftiko"))
        .arg("serve")
        .arg(path)
        .args(["--port", "things-rest=0", "--port", "things-mcp=0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit("http://").next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let target = format!("/v1/things-{}/t-1", OPERATIONS - 1);
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let time = before.elapsed().as_secs_f64() * 1e3;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    child.kill().unwrap();
    child.wait().unwrap();
    time
}

/// Answers every request in the same way.
fn answer(mut stream: TcpStream) {
    let mut asked = Vec::new();
    let mut buffer = [0; 4096];
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).unwrap() {
            0 => return,
            read => asked.extend_from_slice(&buffer[..read]),
        }
    }
    let body = "{\"ok\":true}";
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
}
