//! Runs the `naftiko` commands of the project's README, word for word.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const README: &str = include_str!("../../../README.md");

#[test]
fn every_command_of_the_readme_succeeds() {
    let mut seen = Vec::new();
    for line in README.lines() {
        let Some((variable, words)) = line.split_once("cargo run --package naftiko-cli -- ") else { continue };
        let mut command = Command::new(env!("CARGO_BIN_EXE_naftiko"));
        command
            .args(words.split_whitespace())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env_remove("TOKENS_API_KEY");
        if let Some((name, value)) = variable.trim().split_once('=') {
            command.env(name, value);
        }
        seen.extend(words.split_whitespace().next());
        if words.starts_with("serve") {
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let lines: Vec<String> =
                BufReader::new(child.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(lines[0].starts_with("listening rest tokens-rest http://127.0.0.1:"), "{lines:?}");
            assert!(lines[1].starts_with("listening mcp tokens-mcp http://127.0.0.1:"), "{lines:?}");
        } else {
            let output = command.output().unwrap();
            assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(!output.stdout.is_empty(), "{words} prints nothing");
        }
    }
    assert_eq!(seen, ["check", "tools", "call", "export", "serve"]);
}
