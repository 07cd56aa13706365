//! Requests per second and CPU time per request, compared with hand-written peers in the same run.
//!
//! `cargo bench --bench speed --features document` prints a row for each case, size and number of connections. Its ratios
//! are throughput (ours to the peer's, more is better), as the median of paired rounds, and CPU time per request (the
//! peer's to ours, more is better), over all rounds. Every server runs in its own process, so that its CPU time can be
//! measured.

#![allow(clippy::cast_precision_loss, reason = "counts of requests are small")]

mod load;
mod ours;
mod peers;

use load::{Load, Request};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long each side of a round is measured.
const ROUND: Duration = Duration::from_millis(400);
/// How many paired rounds a case has.
const ROUNDS: usize = 7;
const SIZES: [(&str, usize); 2] = [("1 KiB", 1024), ("64 KiB", 65_536)];
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// One comparison: the peer's server, and the request to each of the two servers for an answer of a given size.
struct Case {
    name: &'static str,
    ours: fn(usize) -> Request,
    peer_role: &'static str,
    peer: fn(usize) -> Request,
}

const CASES: [Case; 6] = [
    Case {
        name: "REST typed",
        ours: |size| Request::get(&format!("/typed/{size}")),
        peer_role: "peer-rest",
        peer: |size| Request::get(&format!("/typed/{size}")),
    },
    Case {
        name: "REST raw",
        ours: |size| Request::get(&format!("/raw/{size}")),
        peer_role: "peer-rest",
        peer: |size| Request::get(&format!("/raw/{size}")),
    },
    Case {
        name: "REST document",
        ours: |size| Request::get(&format!("/document/{size}")),
        peer_role: "peer-rest",
        // A document checks that an answer is JSON before it passes it on.
        peer: |size| Request::get(&format!("/checked/{size}")),
    },
    Case {
        name: "MCP typed",
        ours: |size| Request::tool("typed", size),
        peer_role: "peer-mcp",
        peer: |size| Request::tool("typed", size),
    },
    Case {
        name: "MCP raw",
        ours: |size| Request::tool("raw", size),
        peer_role: "peer-mcp",
        peer: |size| Request::tool("raw", size),
    },
    Case {
        name: "MCP bearer",
        ours: |size| Request::tool_of_caller("typed", size),
        peer_role: "peer-mcp",
        peer: |size| Request::tool_of_caller("typed", size),
    },
];

/// A server in its own process.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(role: &str, upstream: u16) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .args(["--role", role, &upstream.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("it prints its port");
        Self { child, port: line.trim().parse().expect("a port") }
    }

    /// Returns the CPU time so far, in seconds; `None` if the system does not report it.
    fn processor_time(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        // Fields 14 and 15 (user and system time), in hundredths of a second. `rsplit_once` has removed the first two.
        let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        Some(ticks / 100.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--role") {
        let upstream = arguments.get(at + 2).and_then(|port| port.parse().ok()).unwrap_or(0);
        return serve(arguments.get(at + 1).map_or("", String::as_str), upstream);
    }
    let only = arguments.iter().skip(1).find(|argument| !argument.starts_with('-'));

    let upstream = Server::start("upstream", 0);
    let ours = Server::start("ours", upstream.port);
    let peers = [
        ("peer-rest", Server::start("peer-rest", upstream.port)),
        ("peer-mcp", Server::start("peer-mcp", upstream.port)),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");

    println!(
        "| case | answer | connections | ours req/s | peer req/s | throughput ours/peer | ours µs | peer µs | CPU time peer/ours |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for case in CASES.iter().filter(|case| only.is_none_or(|only| case.name.contains(only.as_str()))) {
        let Some((_, peer)) = peers.iter().find(|(role, _)| *role == case.peer_role) else { continue };
        for (label, size) in SIZES {
            for connections in CONNECTIONS {
                let mut mine = Side::new(&ours, (case.ours)(size), connections);
                let mut theirs = Side::new(peer, (case.peer)(size), connections);
                // One round of each to warm up, which is not counted.
                let _ = (runtime.block_on(mine.round()), runtime.block_on(theirs.round()));
                (mine.requests, mine.cpu_seconds, theirs.requests, theirs.cpu_seconds) = (0, 0.0, 0, 0.0);
                let mut ratios = Vec::new();
                for round in 0..ROUNDS {
                    // The order alternates, so that drift affects both sides equally.
                    let (ours, peer) = if round % 2 == 0 {
                        let ours = runtime.block_on(mine.round());
                        (ours, runtime.block_on(theirs.round()))
                    } else {
                        let peer = runtime.block_on(theirs.round());
                        (runtime.block_on(mine.round()), peer)
                    };
                    ratios.push(ours / peer);
                }
                let seconds = ROUND.as_secs_f64() * ROUNDS as f64;
                let (our_time, peer_time) = (mine.microseconds(), theirs.microseconds());
                println!(
                    "| {} | {label} | {connections} | {:.0} | {:.0} | {:.2} | {our_time:.0} | {peer_time:.0} | {:.2} |",
                    case.name,
                    mine.requests as f64 / seconds,
                    theirs.requests as f64 / seconds,
                    median(ratios),
                    peer_time / our_time,
                );
            }
        }
    }
}

/// One side of a case, and its measurements.
struct Side<'a> {
    server: &'a Server,
    load: Load,
    requests: usize,
    cpu_seconds: f64,
}

impl<'a> Side<'a> {
    fn new(server: &'a Server, request: Request, connections: usize) -> Self {
        Self { server, load: Load::new(server.port, request, connections), requests: 0, cpu_seconds: 0.0 }
    }

    /// Runs one round; returns the number of requests.
    async fn round(&mut self) -> f64 {
        let before = self.server.processor_time();
        let requests = self.load.run(ROUND).await;
        if let (Some(before), Some(after)) = (before, self.server.processor_time()) {
            self.cpu_seconds += after - before;
        }
        self.requests += requests;
        requests as f64
    }

    /// Returns the CPU time of one request, in microseconds.
    fn microseconds(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.requests.max(1) as f64
    }
}

fn serve(role: &str, upstream: u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let router = match role {
            "upstream" => peers::upstream(),
            "peer-rest" => peers::rest(upstream),
            "peer-mcp" => peers::mcp(upstream),
            _ => ours::router(upstream),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("an address").port());
        axum::serve(listener, router).await.expect("it serves");
    });
}
