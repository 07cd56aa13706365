//! Runs the commands of the tutorial in order, and compares their output with the page.

use crate::curl::{curl, words};
use crate::page::{Page, book, updating};
use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// Returns the command that starts a program of the book.
fn program(name: &str) -> Command {
    let path = match name {
        "parcels-1" => env!("CARGO_BIN_EXE_parcels-1"),
        "parcels-2" => env!("CARGO_BIN_EXE_parcels-2"),
        "parcels-3" => env!("CARGO_BIN_EXE_parcels-3"),
        "parcels-4" => env!("CARGO_BIN_EXE_parcels-4"),
        "parcels-5" => env!("CARGO_BIN_EXE_parcels-5"),
        _ => panic!("there is no program {name}"),
    };
    let mut command = Command::new(path);
    command.env_remove("PARCELS_KEY").env_remove("CALLER_TOKEN").env_remove("RUST_LOG");
    command
}

/// A running program and its addresses. Dropping it stops the program.
struct Served {
    child: Child,
    /// The addresses on the page, each with the actual address.
    addresses: Vec<(&'static str, String)>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts the program on free ports. Also returns its first lines of output, with the addresses of the page instead
    /// of the actual ones.
    fn start(mut command: Command, lines: usize) -> (Self, String) {
        command.env("ADDRESS", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines().take(lines).map(Result::unwrap);
        let printed: Vec<String> = printed.collect();
        let mut addresses = Vec::new();
        let mut shown = String::new();
        for (line, usual) in printed.iter().zip(["127.0.0.1:8080", "127.0.0.1:9090"]) {
            let real = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
            let real = real.unwrap_or_else(|| panic!("{line} has no address")).to_owned();
            shown.push_str(&line.replace(&real, usual));
            shown.push('\n');
            addresses.push((usual, real));
        }
        if addresses.len() < lines {
            // The program exited before it was listening; stderr has the reason.
            child.stderr.take().unwrap().read_to_string(&mut shown).unwrap();
        }
        (Self { child, addresses }, shown)
    }

    /// Returns the actual URL for a URL on the page.
    fn real(&self, url: &str) -> String {
        self.addresses.iter().fold(url.to_owned(), |url, (usual, real)| url.replace(usual, real))
    }
}

/// Runs one command line of the page, and returns its output.
async fn run(name: &str, line: &str, served: &mut Option<Served>) -> String {
    let mut words = words(line);
    let variables: Vec<(String, String)> = {
        let count = words.iter().take_while(|word| word.contains('=')).count();
        words.drain(..count).map(|word| word.split_once('=').map(|(a, b)| (a.into(), b.into())).unwrap()).collect()
    };
    if words[0] == "curl" {
        let served = served.as_ref().expect("something is served");
        let arguments: Vec<String> = words[1..].iter().map(|word| served.real(word)).collect();
        return curl(&arguments).await;
    }
    assert_eq!(&words[..2], ["cargo", "run"], "{line}");
    let arguments: Vec<String> = words.into_iter().skip_while(|word| word != "--").skip(1).collect();
    let mut command = program(name);
    command.args(&arguments).envs(variables);
    let listening = match arguments.first().map(String::as_str) {
        Some("serve") => {
            command.args(["--port", "parcels-rest=0", "--port", "parcels-mcp=0"]);
            2
        }
        // A program that embeds the capability in its own service has no subcommands, and one listener.
        None => 1,
        Some(_) => 0,
    };
    if listening > 0 {
        *served = None;
        let (started, shown) = Served::start(command, listening);
        *served = Some(started);
        return shown;
    }
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

async fn check(page: &str) {
    let page = Page::read(&book().join("src/tutorial").join(page));
    let mut served = None;
    let mut wanted = Vec::new();
    for block in page.blocks() {
        let Some(name) = block.note.as_deref().and_then(|note| note.strip_prefix("run: ")).map(str::to_owned) else {
            assert!(block.language != "console", "{}:{} is not run", page.name(), block.lines.start);
            continue;
        };
        let mut shown = String::new();
        for line in page.text(&block).lines().filter_map(|line| line.strip_prefix("$ ")) {
            let printed = run(&name, line, &mut served).await;
            writeln!(shown, "$ {line}").unwrap();
            shown.push_str(printed.trim_end());
            if !shown.ends_with('\n') {
                shown.push('\n');
            }
        }
        wanted.push((block, shown));
    }
    assert!(!wanted.is_empty() || updating());
    page.compare_or_update(&wanted);
}

#[tokio::test]
async fn a_first_trait() {
    check("first-trait.md").await;
}

#[tokio::test]
async fn bodies_and_errors() {
    check("bodies-and-errors.md").await;
}

#[tokio::test]
async fn mcp() {
    check("mcp.md").await;
}

#[tokio::test]
async fn embedding() {
    check("embedding.md").await;
}

#[tokio::test]
async fn tests_and_deployment() {
    check("tests-and-deployment.md").await;
}
