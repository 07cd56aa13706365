//! A temporary folder with files, and the `naftiko` command that runs in it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A temporary folder, which is deleted on drop.
pub struct Folder(PathBuf);

impl Folder {
    /// Creates a folder with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let folder = Self(std::env::temp_dir().join(format!("naftiko-cli-{}-{number}", std::process::id())));
        for (name, text) in files {
            let path = folder.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    /// Returns a command for another program, in this folder.
    #[cfg(unix)]
    pub fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(name);
        command.args(arguments).current_dir(&self.0);
        command
    }

    /// Returns the `naftiko` command, in this folder and without environment variables.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_naftiko"));
        command.args(arguments).current_dir(&self.0).env_clear();
        command
    }

    /// Runs the command until it ends; returns its exit code, and its output on stdout and stderr.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        output_of(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the command with a string as stdin.
    pub fn run_on(&self, arguments: &[&str], stdin: &str) -> (i32, String, String) {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that reports a mistake may end before it has read everything.
        match child.stdin.take().unwrap().write_all(stdin.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => panic!("{error}"),
            _ => {}
        }
        output_of(child.wait_with_output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The running command; killed when it is dropped.
pub struct Served {
    child: Child,
    /// The URL of each adapter.
    pub urls: HashMap<String, String>,
}

impl Served {
    /// Starts the command, and waits until the given number of adapters listen.
    pub fn start(mut command: Command, adapters: usize) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        // Read while the command runs: it would wait as soon as its log is longer than a pipe holds.
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            let _ = stderr.read_to_end(&mut log);
            log
        });
        let mut urls = HashMap::new();
        for _ in 0..adapters {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let words: Vec<_> = line.split_whitespace().collect();
            let ["listening", _, namespace, url] = words[..] else {
                // A command that has closed its output ends by itself, after its log.
                if !line.is_empty() {
                    let _ = child.kill();
                }
                panic!("no adapter listens: {line:?}\n{}", String::from_utf8_lossy(&log.join().unwrap()));
            };
            urls.insert(namespace.to_owned(), url.to_owned());
        }
        Self { child, urls }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn output_of(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A document without findings.
pub const NOTES: &str = "\
naftiko: 1.0.0-alpha2
info:
  label: Notes
  description: Reads and removes notes.
  tags: [notes]
binds:
- namespace: env
  keys:
    NOTES_TOKEN: NOTES_TOKEN
capability:
  consumes:
  - type: http
    namespace: notes
    baseUri: https://notes.dev
    description: Where the notes are.
    authentication:
      type: bearer
      token: '{{env.NOTES_TOKEN}}'
    resources:
    - name: note
      path: /notes/{id}
      operations:
      - name: get-note
        method: GET
        description: Reads one.
        inputParameters:
        - name: id
          in: path
          type: string
        outputParameters:
        - name: result
          type: object
          value: $.
      - name: delete-note
        method: DELETE
        description: Removes one.
        inputParameters:
        - name: id
          in: path
          type: string
  exposes:
  - type: rest
    namespace: notes-rest
    port: 8080
    resources:
    - name: note
      path: /notes/{id}
      description: One note.
      operations:
      - method: GET
        name: get-note
        description: Reads one.
        call: notes.get-note
        with:
          id: rest.id
        outputParameters:
        - type: object
          mapping: $.
  - type: mcp
    namespace: notes-mcp
    port: 9090
    transport: http
    tools:
    - name: delete-note
      description: Removes one.
      hints:
        destructive: true
      call: notes.delete-note
      with:
        id: tools.id
";

/// Returns [`NOTES`] with one replacement.
pub fn notes(old: &str, new: &str) -> String {
    assert!(NOTES.contains(old), "{old}");
    NOTES.replacen(old, new, 1)
}
