//! `serve --approvals`: calls are approved on standard input. Also: a program whose folder of resources is missing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn paying() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paying"));
    command.env_remove("NAFTIKO_STORE").args(["serve", "--port", "bills-mcp=0", "--approvals"]);
    command
}

async fn call(url: &str, arguments: Value) -> Value {
    let params = json!({ "name": "pay", "arguments": arguments });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = reqwest::Client::new().post(url).json(&message).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["result"].take()
}

#[tokio::test]
async fn whoever_runs_the_program_approves_calls() {
    let mut child = paying().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut child = Killed(child);
    let mut lines = BufReader::new(output).lines().map(Result::unwrap);
    let listening = lines.next().unwrap();
    let url = listening.rsplit(' ').next().unwrap();
    // A line that is not UTF-8 gets an error, and the lines after it are still read.
    input.write_all(b"\xff\n").unwrap();
    assert_eq!(lines.next().unwrap(), "error expected `approve TOKEN` or `refuse TOKEN`, found `\u{fffd}`");
    let mut send = |line: &str| writeln!(input, "{line}").unwrap();
    for (decision, answer) in [("approve", "approved"), ("refuse", "refused")] {
        let waiting = call(url, json!({ "cents": 5 })).await;
        let token = waiting["_meta"]["io.naftiko/approval"]["token"].as_str().unwrap().to_owned();
        assert_eq!(lines.next().unwrap(), format!("approval {token} `pay` with {{\"cents\":5}}"));
        send(&format!("{decision} {token}"));
        assert_eq!(lines.next().unwrap(), format!("{answer} {token}"));
        let result = call(url, json!({ "cents": 5, "approval": token })).await;
        assert_eq!(result["isError"], decision == "refuse", "{result}");
    }
    send("approve nothing");
    assert_eq!(lines.next().unwrap(), "error no call waits for approval with the token `nothing`");
    send("yes");
    assert_eq!(lines.next().unwrap(), "error expected `approve TOKEN` or `refuse TOKEN`, found `yes`");
    // The signal ends the program although its input is still open.
    let status = Command::new("kill").args(["-s", "TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(lines.next(), None);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn the_table_of_tools_shows_what_needs_approval() {
    let output = Command::new(env!("CARGO_BIN_EXE_paying")).arg("tools").output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("(needs approval) Pays a bill."), "{table}");
}

#[test]
fn a_store_that_cannot_be_used_is_an_error() {
    let output = paying().env("NAFTIKO_STORE", "http://:s3cret@redis").stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("NAFTIKO_STORE") && !text.contains("s3cret"), "{text}");
}

#[test]
fn a_program_without_its_folder_does_not_start() {
    let elsewhere = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for command in ["serve", "mcp"] {
        let mut paying = Command::new(env!("CARGO_BIN_EXE_paying"));
        let output = paying.arg(command).current_dir(elsewhere).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{command}: {text}");
        assert!(text.contains("the location of the resource `sources`: `"), "{command}: {text}");
        assert!(text.contains("src` cannot be read"), "{command}: {text}");
    }
}
