//! The cost of one more operation in a user's crate: expanded lines and CPU time of `cargo check`, compared with
//! dropshot, rmcp and jsonrpsee.
//!
//! `cargo bench --bench expansion` writes a small crate for each framework and number of operations to
//! `target/expansion`, and prints the marginal cost of an operation, from 3 to 103 operations and from 103 to 503.
//! `cargo bench --bench expansion -- naftiko` measures only that framework. Lines below the table say whether an
//! operation of naftiko costs more than [`LIMITS`] allows.

#![allow(clippy::cast_precision_loss, reason = "lines and milliseconds are few")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A framework: its dependency line, and the source of a crate with a given number of operations.
struct Framework {
    name: &'static str,
    dependencies: &'static str,
    /// The major version of schemars that it requires.
    schemars: &'static str,
    source: fn(usize) -> String,
}

const FRAMEWORKS: [Framework; 4] = [
    Framework { name: "naftiko", dependencies: "naftiko = { path = \"NAFTIKO\" }", schemars: "1", source: naftiko },
    Framework { name: "dropshot", dependencies: "dropshot = \"0.18\"", schemars: "0.8", source: dropshot },
    Framework {
        name: "rmcp",
        dependencies: "rmcp = { version = \"3.9\", default-features = false, features = [\"server\", \"macros\"] }",
        schemars: "1",
        source: rmcp,
    },
    Framework {
        name: "jsonrpsee",
        dependencies: "jsonrpsee = { version = \"0.26\", features = [\"client-core\", \"server\", \"macros\"] }",
        schemars: "1",
        source: jsonrpsee,
    },
];

/// The numbers of operations of the measured crates.
const COUNTS: [usize; 3] = [3, 103, 503];

/// The most that an operation of naftiko may cost: expanded lines, and milliseconds of CPU time.
const LIMITS: [(&str, f64); 2] = [("lines", 40.0), ("check ms", 5.0)];

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!("| framework | lines, 3 to 103 | lines, 103 to 503 | check ms, 3 to 103 | check ms, 103 to 503 |");
    println!("|---|---|---|---|---|");
    let mut ours = None;
    for framework in FRAMEWORKS.iter().filter(|framework| only.as_ref().is_none_or(|only| framework.name == only)) {
        let crates = COUNTS.map(|count| prepare(framework, count));
        let lines = crates.each_ref().map(|folder| expanded_lines(folder));
        let times = crates.each_ref().map(|folder| check_time(folder));
        let per_operation = |values: [f64; 3], from: usize| {
            (values[from + 1] - values[from]) / (COUNTS[from + 1] - COUNTS[from]) as f64
        };
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} |",
            framework.name,
            per_operation(lines, 0),
            per_operation(lines, 1),
            per_operation(times, 0),
            per_operation(times, 1),
        );
        if framework.name == "naftiko" {
            let largest = |values| per_operation(values, 0).max(per_operation(values, 1));
            ours = Some([largest(lines), largest(times)]);
        }
    }
    if let Some(ours) = ours {
        println!();
        for ((what, limit), cost) in LIMITS.iter().zip(ours) {
            let verdict = if cost <= *limit { "within the limit" } else { "over the limit" };
            println!("{what} per operation: {cost:.1}, at most {limit:.0}: {verdict}");
        }
    }
}

/// Writes the crate of a framework, and builds its dependencies.
fn prepare(framework: &Framework, count: usize) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/expansion").join(format!("{}-{count}", framework.name));
    fs::create_dir_all(folder.join("src")).expect("the target folder can be written");
    let dependencies = framework.dependencies.replace("NAFTIKO", &root.display().to_string());
    let manifest = format!(
        "[package]\nname = \"{}-{count}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}\n\
         schemars = \"{}\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        framework.name, framework.schemars
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("the manifest can be written");
    fs::write(folder.join("src/lib.rs"), (framework.source)(count)).expect("the source can be written");
    run(cargo(&folder).args(["check", "--quiet"]));
    folder
}

/// Returns a cargo command for the crate in a folder. All crates share a target folder, so dependencies are built once.
fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_MANIFEST_DIR")).join("target/expansion/target"));
    command
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "{command:?} failed");
    output.stdout
}

/// Returns the number of non-empty lines of the expanded crate.
fn expanded_lines(folder: &Path) -> f64 {
    let mut command = cargo(folder);
    // A stable compiler prints expansions too, if it is allowed to use unstable options.
    command.env("RUSTC_BOOTSTRAP", "1").args([
        "rustc",
        "--quiet",
        "--profile",
        "check",
        "--lib",
        "--",
        "-Zunpretty=expanded",
    ]);
    let expanded = run(command.arg("-Awarnings"));
    expanded.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count() as f64
}

/// Returns the CPU time of `cargo check` after the source was touched, in milliseconds: the best of five runs.
fn check_time(folder: &Path) -> f64 {
    let source = folder.join("src/lib.rs");
    (0..5)
        .map(|_| {
            let text = fs::read(&source).expect("the source can be read");
            fs::write(&source, text).expect("the source can be written");
            let before = children_time();
            run(cargo(folder).args(["check", "--quiet"]));
            children_time() - before
        })
        .fold(f64::INFINITY, f64::min)
}

/// Returns the CPU time of finished child processes, in milliseconds (Linux).
fn children_time() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("this benchmark runs on Linux");
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(13) + ticks(14)) * 10.0
}

const TYPES: &str = "
/// The input.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct New { pub name: String, pub size: u32 }

/// The output.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Thing { pub id: String, pub name: String, pub size: u32 }
";

/// Writes operations that alternately read and write: each has a path argument, and an optional argument or a body.
fn operations(count: usize, each: impl Fn(usize, bool) -> String) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "{}", each(index, index % 2 == 0));
        text
    })
}

fn naftiko(count: usize) -> String {
    let methods = operations(count, |i, reads| {
        if reads {
            format!(
                "/// Reads thing {i}.\n#[get(\"/things{i}/{{id}}\")]\nasync fn read_{i}(&self, id: &str, page: Option<u32>) -> naftiko::Result<Vec<Thing>>;"
            )
        } else {
            format!(
                "/// Writes thing {i}.\n#[post(\"/things{i}/{{id}}\")]\nasync fn write_{i}(&self, id: &str, body: &New) -> naftiko::Result<Thing>;"
            )
        }
    });
    format!(
        "{TYPES}\n/// Things.\n#[naftiko::capability(consumes(namespace = \"things\", base_uri = \"https://api.example.com\"), \
         exposes(rest(port = 8080), mcp(port = 9090)))]\npub trait Things {{\n{methods}}}\n"
    )
}

fn dropshot(count: usize) -> String {
    let methods = operations(count, |i, reads| {
        if reads {
            format!(
                "/// Reads thing {i}.\n#[endpoint {{ method = GET, path = \"/things{i}/{{id}}\" }}]\nasync fn read_{i}(rqctx: \
                 RequestContext<Self::Context>, path: Path<Id>, query: Query<Page>) -> Result<HttpResponseOk<Vec<Thing>>, HttpError>;"
            )
        } else {
            format!(
                "/// Writes thing {i}.\n#[endpoint {{ method = POST, path = \"/things{i}/{{id}}\" }}]\nasync fn write_{i}(rqctx: \
                 RequestContext<Self::Context>, path: Path<Id>, body: TypedBody<New>) -> Result<HttpResponseOk<Thing>, HttpError>;"
            )
        }
    });
    format!(
        "use dropshot::{{HttpError, HttpResponseOk, Path, Query, RequestContext, TypedBody}};\n{TYPES}\n\
         #[derive(serde::Deserialize, schemars::JsonSchema)]\npub struct Id {{ pub id: String }}\n\
         #[derive(serde::Deserialize, schemars::JsonSchema)]\npub struct Page {{ pub page: Option<u32> }}\n\
         /// Things.\n#[dropshot::api_description]\npub trait Things {{\ntype Context;\n{methods}}}\n"
    )
}

fn rmcp(count: usize) -> String {
    let methods = operations(count, |i, reads| {
        if reads {
            format!(
                "/// Reads thing {i}.\n#[tool]\nasync fn read_{i}(&self, Parameters(_): Parameters<Read>) -> \
                 Result<Json<Things>, ErrorData> {{ Ok(Json(Things {{ result: Vec::new() }})) }}"
            )
        } else {
            format!(
                "/// Writes thing {i}.\n#[tool]\nasync fn write_{i}(&self, Parameters(write): Parameters<Write>) -> \
                 Result<Json<Thing>, ErrorData> {{ Ok(Json(Thing {{ id: write.id, name: write.body.name, size: write.body.size }})) }}"
            )
        }
    });
    format!(
        "use rmcp::{{ErrorData, tool, tool_router}};\nuse rmcp::handler::server::wrapper::{{Json, Parameters}};\n{TYPES}\n\
         #[derive(serde::Deserialize, schemars::JsonSchema)]\npub struct Read {{ pub id: String, pub page: Option<u32> }}\n\
         #[derive(serde::Deserialize, schemars::JsonSchema)]\npub struct Write {{ pub id: String, pub body: New }}\n\
         #[derive(serde::Serialize, schemars::JsonSchema)]\npub struct Things {{ pub result: Vec<Thing> }}\n\
         /// Things.\npub struct Server;\n#[tool_router]\nimpl Server {{\n{methods}}}\n"
    )
}

fn jsonrpsee(count: usize) -> String {
    let methods = operations(count, |i, reads| {
        if reads {
            format!(
                "/// Reads thing {i}.\n#[method(name = \"read_{i}\")]\nasync fn read_{i}(&self, id: String, page: Option<u32>) -> \
                 Result<Vec<Thing>, ErrorObjectOwned>;"
            )
        } else {
            format!(
                "/// Writes thing {i}.\n#[method(name = \"write_{i}\")]\nasync fn write_{i}(&self, id: String, body: New) -> \
                 Result<Thing, ErrorObjectOwned>;"
            )
        }
    });
    format!(
        "use jsonrpsee::proc_macros::rpc;\nuse jsonrpsee::types::ErrorObjectOwned;\n{TYPES}\n/// Things.\n#[rpc(client, server)]\n\
         pub trait Things {{\n{methods}}}\n"
    )
}
