//! Compiles the README's Rust snippets, and runs its program and its examples, word for word; `naftiko-cli` tests the `naftiko` commands.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli"))]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const README: &str = include_str!("../README.md");
const THIS: &str = include_str!("readme.rs");

/// A trait with the operations of a document. It is compiled but not called, since it would call a real API.
#[cfg(feature = "document")]
mod a_document {
    use naftiko::document::Settings;
    use naftiko::{Result, capability};

    /// A token of a user.
    #[derive(serde::Deserialize)]
    struct Token {
        #[allow(dead_code, reason = "it is decoded, and never read")]
        id: String,
    }

    #[capability(document = "tests/documents/tokens.naftiko.yaml")]
    pub trait Tokens {}

    #[allow(dead_code, reason = "it is compiled, and never called")]
    async fn filled() -> Result<()> {
        let tokens = TokensClient::from_env()?.list_tokens("u-1", None, None).await?.json::<Vec<Token>>().await?;
        assert!(tokens.is_empty());
        Ok(())
    }

    #[tokio::test]
    async fn a_document_can_be_opened_at_run_time() -> Result<()> {
        let opened = || -> Result<naftiko::Capability> {
            use naftiko::document::{self, Settings};

            let capability = document::open("tests/documents/tokens.naftiko.yaml", Settings::default())?;
            Ok(capability)
        };
        // The required variable is not set.
        assert!(opened().unwrap_err().to_string().contains("TOKENS_API_KEY is not set"));
        let settings = Settings::default().bind("TOKENS_API_KEY", "s3cret");
        let capability = naftiko::document::open("tests/documents/tokens.naftiko.yaml", settings)?;
        assert_eq!(capability.call("version", serde_json::json!({})).await?, "3");
        Ok(())
    }

    #[test]
    fn an_invalid_document_is_reported_with_its_lines() {
        let error = naftiko::document::open("Cargo.toml", Settings::default()).unwrap_err().to_string();
        assert!(error.contains("Cargo.toml cannot be served") && error.contains("Cargo.toml:"), "{error}");
        let error = naftiko::document::open("tests/documents/none.yaml", Settings::default()).unwrap_err().to_string();
        assert!(error.starts_with("the document tests/documents/none.yaml cannot be read"), "{error}");
    }
}

/// Returns the code blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Removes whitespace from code, and the commas that rustfmt adds before `)`.
fn words(code: &str) -> String {
    code.split_whitespace().collect::<String>().replace(",)", ")")
}

/// A crate outside this workspace, created as the README describes.
struct Fresh {
    /// The folder that is removed at the end.
    root: PathBuf,
    /// The folder of the crate, once it has been created.
    folder: PathBuf,
    /// The target folder of this workspace, in which dependencies are already compiled.
    build: PathBuf,
}

impl Fresh {
    /// Returns an empty folder, in which the crate has not been created yet.
    fn empty(root: PathBuf) -> Self {
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        // Builds in the target folder of this workspace, so that dependencies are not compiled again.
        let this = std::env::current_exe().unwrap();
        let build = this.ancestors().nth(3).unwrap().to_owned();
        Self { folder: root.clone(), root, build }
    }

    /// Runs the commands that create the crate.
    fn new() -> Self {
        let mut fresh = Self::empty(std::env::temp_dir().join(format!("naftiko-readme-{}", std::process::id())));
        let commands = blocks("sh").into_iter().find(|block| block.starts_with("cargo new ")).unwrap();
        for line in commands.lines() {
            if let Some(name) = line.strip_prefix("cd ") {
                fresh.folder.push(name);
            } else {
                fresh.cargo(line.strip_prefix("cargo ").unwrap());
            }
        }
        // Uses the versions of this workspace, which need no network.
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"), fresh.folder.join("Cargo.lock")).unwrap();
        fresh
    }

    /// Runs cargo in the crate, without a network if possible; it must succeed.
    fn cargo(&self, line: &str) {
        let line = line.replace("../naftiko", env!("CARGO_MANIFEST_DIR"));
        let run = |offline: &str| {
            let mut command = Command::new(env!("CARGO"));
            command.args(line.split(' ')).current_dir(&self.folder).env("CARGO_NET_OFFLINE", offline);
            command.env("CARGO_TARGET_DIR", self.folder.join("target"));
            // Cargo before 1.91 ignores this variable, and compiles everything again.
            command.env("CARGO_BUILD_BUILD_DIR", &self.build).output().unwrap()
        };
        let mut output = run("true");
        if !output.status.success() {
            output = run("false");
        }
        assert!(output.status.success(), "cargo {line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Returns the program, without the environment variables of its API.
    fn program(&self) -> Command {
        let mut command = Command::new(self.folder.join("target/debug/tokens"));
        command.env_remove("HUMANITEC_API_KEY").env_remove("RUST_LOG");
        command
    }

    /// Writes the blocks into the program.
    fn write(&self, blocks: &[&str]) {
        fs::write(self.folder.join("src/main.rs"), blocks.join("\n")).unwrap();
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Splits a command line into words; single quotes may contain spaces.
fn arguments(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let mut words = vec![String::new()];
    for (number, part) in parts {
        if number % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
            continue;
        }
        let mut pieces = part.split(' ');
        words.last_mut().unwrap().push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words
}

/// Returns the output of a process.
fn printed(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}").trim_end().to_owned() + "\n"
}

#[test]
fn a_crate_that_could_not_be_created_removes_only_its_own_folder() {
    let around = std::env::temp_dir().join(format!("naftiko-readme-around-{}", std::process::id()));
    fs::create_dir_all(around.join("other")).unwrap();
    drop(Fresh::empty(around.join("own")));
    assert!(around.join("other").exists(), "the folder of somebody else was removed");
    assert!(!around.join("own").exists());
    fs::remove_dir_all(around).unwrap();
}

#[test]
fn the_program_is_created_run_and_tested_as_the_readme_says() {
    let fresh = Fresh::new();
    let rust = blocks("rust");
    let [program, embedded, client, tests, ..] = rust[..] else { panic!("expected a program and three parts") };

    fresh.write(&[program]);
    fresh.cargo("build");
    let mut actual = String::new();
    let shown = blocks("console").concat();
    for line in shown.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let own = line.strip_prefix("cargo run --quiet -- ").unwrap();
        let output = fresh.program().args(arguments(own)).output().unwrap();
        write!(actual, "$ {line}\n{}", printed(&output)).unwrap();
    }
    assert!(shown == actual, "the README shows\n{shown}\nand the program prints\n{actual}");

    container(&fresh);

    fresh.cargo("add axum");
    fresh.cargo("add --dev serde_json");
    fresh.write(&[program, embedded, client, tests]);
    fresh.cargo("test");
}

/// Runs the commands of the Dockerfile without a container: builds the program, and starts it on free ports.
fn container(fresh: &Fresh) {
    let file = blocks("dockerfile")[0];
    let line = |start: &str| file.lines().find_map(|line| line.strip_prefix(start)).unwrap();
    fresh.cargo(&line("RUN cargo ").replace(" --release", ""));
    assert!(file.contains("COPY --from=build /tokens/target/release/tokens /usr/local/bin/tokens"));
    let list = |text: &str| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(list(line("ENTRYPOINT ")), ["tokens"]);

    let mut command = fresh.program();
    command.args(list(line("CMD "))).args(["--port", "humanitec-tokens-rest=0", "--port", "humanitec-tokens-mcp=0"]);
    let mut child = Running(command.env("HUMANITEC_API_KEY", "k").stdout(Stdio::piped()).spawn().unwrap());
    let first = BufReader::new(child.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = first.strip_prefix("listening rest humanitec-tokens-rest ").unwrap().to_owned();
    let status = async |host: &str| {
        let client = reqwest::Client::new();
        client.get(format!("{address}/nothing")).header("host", host).send().await.unwrap().status().as_u16()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(status("tokens.example.com")), 404, "a request with an allowed host was not routed");
    assert_eq!(runtime.block_on(status("evil.example")), 403, "a request with another host was not refused");
}

#[test]
fn the_snippets_of_documents_are_compiled_here() {
    let this = words(THIS);
    let snippets = &blocks("rust")[4..];
    assert!(snippets.len() >= 3);
    for snippet in snippets {
        assert!(this.contains(&words(snippet)), "not compiled by this test:\n{snippet}");
    }
}

/// Returns the commands that run an example, as its name and its arguments.
fn commands() -> Vec<(String, Vec<String>)> {
    blocks("sh")
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("cargo run --example "))
        .map(|rest| {
            let mut words = rest.split_whitespace().map(str::to_owned);
            let name = words.next().unwrap();
            (name, words.skip_while(|word| word != "--").skip(1).collect())
        })
        .collect()
}

/// Returns an example as `cargo run` starts it, without the variables of its API.
fn example(name: &str, arguments: &[String]) -> Command {
    // Builds the example as `tests/examples/program.rs` does.
    let build = ["build", "--quiet", "--workspace", "--example", name];
    assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success(), "the example does not compile");
    let this = std::env::current_exe().unwrap();
    let mut command = Command::new(this.ancestors().nth(2).unwrap().join("examples").join(name));
    command.args(arguments).env_remove("HUMANITEC_API_KEY");
    command
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn every_command_that_runs_an_example_works() {
    let commands = commands();
    assert!(commands.len() >= 6, "fewer than 6 commands of the README run an example");
    for (name, arguments) in commands {
        if arguments.first().is_some_and(|argument| argument == "serve") {
            // Runs the command with free ports, since the usual ones may be in use.
            let ports = ["--port", "humanitec-tokeninfo-rest=0", "--port", "humanitec-tokeninfo-mcp=0"];
            let arguments: Vec<_> = arguments.into_iter().chain(ports.map(str::to_owned)).collect();
            let mut child = Running(example(&name, &arguments).stdout(Stdio::piped()).spawn().unwrap());
            let lines: Vec<_> =
                BufReader::new(child.0.stdout.take().unwrap()).lines().take(2).map(|l| l.unwrap()).collect();
            let address = lines[0].strip_prefix("listening rest humanitec-tokeninfo-rest ").unwrap();
            assert!(lines[1].starts_with("listening mcp humanitec-tokeninfo-mcp http://127.0.0.1:"), "{lines:?}");
            let answer = reqwest::get(format!("{address}/v1/users/u-1/tokens")).await.unwrap();
            assert_eq!(answer.json::<serde_json::Value>().await.unwrap()[0]["id"], "ci");
        } else {
            let output = example(&name, &arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(!output.stdout.is_empty(), "{arguments:?} prints nothing");
        }
    }
}

#[test]
fn the_readme_begins_with_its_introduction_and_these_headings() {
    let (introduction, _) = README.split_once("\n## ").unwrap();
    assert!(introduction.starts_with("# naftiko\n\nTurn an annotated Rust trait into a **capability**"), "wrong start");
    let headings: Vec<_> = README.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let first =
        ["Why not write it by hand?", "First run", "Your own capability", "Embedding", "Testing", "In a container"];
    assert_eq!(headings[..first.len()], first);
}

/// Returns the first column of the table below a heading: the texts in backticks.
fn first_column(heading: &str) -> Vec<&'static str> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" | ").next()?.split('`').nth(1)).collect()
}

#[test]
fn the_readme_lists_the_features_of_the_manifest() {
    let manifest = include_str!("../Cargo.toml");
    let (_, section) = manifest.split_once("\n[features]\n").unwrap();
    let lines = section.split("\n[").next().unwrap().lines();
    let lines = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let mut features: BTreeSet<_> = lines.clone().map(|(name, _)| name).collect();
    assert!(features.remove("default"));
    let shown = first_column("Features");
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), features);
    let (_, defaults) = lines.clone().find(|(name, _)| *name == "default").unwrap();
    let defaults: Vec<_> = defaults.split('"').skip(1).step_by(2).collect();
    assert_eq!(shown[..4], defaults, "the first four features are not the default ones");
}

#[test]
fn every_example_is_listed() {
    let mut shown = first_column("The examples");
    shown.sort_unstable();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut names: Vec<_> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    // This example is a server for MCP's conformance suite, and not for readers.
    names.retain(|name| name != "conformance");
    names.sort_unstable();
    assert_eq!(shown, names);
}

#[test]
fn the_picture_of_the_page_is_a_small_png() {
    assert!(README.contains("](docs/page.png)"));
    let picture = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/page.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.len() < 200_000, "{} bytes", picture.len());
}
