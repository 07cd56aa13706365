//! Serves every document of the corpus, calls each of its routes and tools once, and compares the requests that the
//! upstream received with those that the document describes. `NAFTIKO_CORPUS` is the folder of the corpus.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::similar_names,
    clippy::too_many_lines,
    reason = "a test, whose oracle reads from top to bottom"
)]

mod drive;
mod oracle;

use drive::{Served, Upstream};
use oracle::{Expected, Request};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The result for one document.
#[derive(Default)]
struct Outcome {
    name: String,
    operations: usize,
    works: usize,
    /// The routes and tools that are left out, or the refusal of the document, each with its reason.
    left_out: Vec<String>,
    /// Unexpected differences.
    wrong: Vec<String>,
}

/// Returns the paths of the documents of the corpus and of the seeds beside it, sorted.
fn documents() -> Vec<PathBuf> {
    let root =
        PathBuf::from(std::env::var_os("NAFTIKO_CORPUS").expect("set `NAFTIKO_CORPUS` to the folder of the corpus"));
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["catalogue", "generated", "../seeds"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        paths.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")));
    }
    paths.sort();
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the capability corpus"]
async fn corpus_documents_make_the_expected_calls() {
    let upstream = Upstream::start().await;
    let mut outcomes = Vec::new();
    for path in documents() {
        outcomes.push(judge(&path, &upstream).await);
    }
    let (mut operations, mut works) = (0, 0);
    // Documents with operations, and those of them whose operations all work.
    let (mut served, mut complete) = (0, 0);
    let mut table = String::new();
    let mut wrong = String::new();
    for outcome in &outcomes {
        operations += outcome.operations;
        works += outcome.works;
        served += usize::from(outcome.operations > 0);
        complete += usize::from(outcome.operations > 0 && outcome.operations == outcome.works);
        let _ = writeln!(table, "{:4} of {:4}  {}", outcome.works, outcome.operations, outcome.name);
        for part in &outcome.left_out {
            let _ = writeln!(table, "              {part}");
        }
        for line in &outcome.wrong {
            let _ = writeln!(wrong, "{}: {line}", outcome.name);
        }
    }
    println!("{table}\n{complete} of {served} documents and {works} of {operations} operations work");
    assert_eq!(wrong, "", "\n{wrong}");
    assert!(
        served >= 80 && works >= 830,
        "expected at least 80 documents with operations and 830 operations that work, found {served} and {works}"
    );
}

/// Serves one document, and calls its routes and tools, except those that are left out; or checks that the document is refused.
async fn judge(path: &Path, upstream: &Upstream) -> Outcome {
    let mut outcome = Outcome { name: path.file_stem().unwrap().to_string_lossy().into_owned(), ..Outcome::default() };
    let yaml = fs::read_to_string(path).unwrap();
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: Value = serde_saphyr::from_str_with_options(&yaml, options).unwrap();
    if let Some(rule) = oracle::unsound(&document) {
        let refused = Served::refused(path, &document);
        outcome.left_out.push(format!("refused: {rule}"));
        if !refused.contains(&format!("error[{rule}]")) {
            outcome.wrong.push(format!("was not refused by {rule}: {refused:?}"));
        }
        return outcome;
    }
    let expected = oracle::expected(&document);
    outcome.operations = expected.len();
    let mut served = match Served::start(path, &document, upstream.url()) {
        Ok(served) => served,
        Err(why) => {
            outcome.wrong.push(format!("does not start: {why}"));
            return outcome;
        }
    };
    for operation in expected {
        let what = match &operation.route {
            Some((method, target)) => format!("{} {method} {target}", operation.adapter),
            None => format!("{} {}", operation.adapter, operation.name),
        };
        if let Some(why) = &operation.left_out {
            outcome.left_out.push(format!("{what}: {why}"));
            continue;
        }
        match call(&mut served, upstream, &operation).await {
            Ok(()) => outcome.works += 1,
            Err(why) => outcome.wrong.push(format!("{what}: {why}")),
        }
    }
    outcome
}

/// Calls one route or tool, and compares the request with the expected one.
async fn call(served: &mut Served, upstream: &Upstream, expected: &Expected) -> Result<(), String> {
    upstream.answers_in(&expected.format);
    let answered = match &expected.route {
        Some((method, target)) => {
            served.rest(&expected.adapter, method, target, &expected.headers, expected.body.as_ref()).await
        }
        None => served.tool(&expected.adapter, &expected.name, &expected.arguments).await,
    };
    let requests = upstream.take();
    let answer = answered.map_err(|why| format!("{why}; the upstream got {} requests", requests.len()))?;
    let [(namespace, request)] = &requests[..] else {
        return Err(format!("{} requests arrived; the answer is {answer}", requests.len()));
    };
    if *namespace != expected.namespace {
        return Err(format!("the request went to {namespace}"));
    }
    differs(&expected.request, request).map_or(Ok(()), Err)
}

/// Returns the difference between a request and the expected one; additional headers are ignored.
fn differs(expected: &Request, arrived: &Request) -> Option<String> {
    let mut differences = String::new();
    let mut compare = |what: &str, expected: &dyn std::fmt::Debug, arrived: &dyn std::fmt::Debug, same: bool| {
        if !same {
            let _ = write!(differences, "{what} is {arrived:?}, not {expected:?}; ");
        }
    };
    compare("the method", &expected.method, &arrived.method, expected.method == arrived.method);
    compare("the path", &expected.path, &arrived.path, expected.path == arrived.path);
    compare("the query", &expected.query, &arrived.query, expected.query == arrived.query);
    compare("the body", &expected.body, &arrived.body, expected.body == arrived.body);
    for (name, value) in &expected.headers {
        let got = arrived.headers.get(name);
        compare(name, value, &got, got == Some(value));
    }
    (!differences.is_empty()).then_some(differences)
}
