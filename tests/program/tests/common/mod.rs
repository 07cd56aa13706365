//! Programs as child processes; tests wait for their output.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;

/// Returns the command that runs the program with one capability.
pub fn tokens() -> Command {
    command(env!("CARGO_BIN_EXE_tokens"))
}

/// Returns the command that runs the program with two capabilities.
pub fn several() -> Command {
    command(env!("CARGO_BIN_EXE_several"))
}

/// Returns the command that runs the program whose operations fail.
pub fn failing() -> Command {
    command(env!("CARGO_BIN_EXE_failing"))
}

/// Returns a command that inherits neither the variables of `tokens` nor `RUST_LOG` nor the variables for proxies.
pub fn command(path: &str) -> Command {
    let mut command = Command::new(path);
    for variable in ["TOKENS_KEY", "TENANT_ID", "RUST_LOG"] {
        command.env_remove(variable);
    }
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(variable).env_remove(variable.to_ascii_lowercase());
    }
    command
}

/// Runs a program until it ends.
pub fn run(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// A program that serves; it is killed when it is dropped.
pub struct Served {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The thread that reads stderr: without it, the program would block once its log fills the pipe.
    stderr: Option<JoinHandle<Vec<u8>>>,
    /// The URLs of the adapters, by namespace.
    urls: HashMap<String, String>,
}

impl Served {
    /// Starts the program, and waits until `adapters` adapters listen.
    pub fn start(mut command: Command, adapters: usize) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut log = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = log.read_to_end(&mut text);
            text
        });
        let mut urls = HashMap::new();
        for _ in 0..adapters {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let words: Vec<_> = line.split_whitespace().collect();
            let ["listening", kind, namespace, url] = words[..] else {
                let _ = child.kill();
                panic!("no adapter listens: {line:?}\n{}", String::from_utf8_lossy(&stderr.join().unwrap()));
            };
            assert!(namespace.ends_with(kind), "{line}");
            urls.insert(namespace.to_owned(), url.to_owned());
        }
        Self { child, stdout, stderr: Some(stderr), urls }
    }

    /// Returns the URL of an adapter.
    pub fn url(&self, namespace: &str) -> &str {
        &self.urls[namespace]
    }

    /// Returns the path of a file in the `/proc` folder of the process.
    pub fn proc(&self, name: &str) -> std::path::PathBuf {
        format!("/proc/{}/{name}", self.child.id()).into()
    }

    /// Sends a signal to the program.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the program exits; returns the exit status, the rest of stdout, and stderr.
    pub fn wait(mut self) -> (ExitStatus, String, String) {
        let mut out = String::new();
        self.stdout.read_to_string(&mut out).unwrap();
        let err = self.stderr.take().unwrap().join().unwrap();
        (self.child.wait().unwrap(), out, String::from_utf8(err).unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
