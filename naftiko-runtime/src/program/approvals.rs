//! Approval of calls by the operator: prints requests for approval, and reads decisions from standard input.

use super::CommandFailure;
use crate::operation::Capability;
use naftiko_spec::printable;
use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The output of a program, which several tasks share.
type SharedOutput = Arc<Mutex<Box<dyn Write + Send>>>;

/// Prints each call that waits for approval, and executes the decisions in lines of standard input: `approve TOKEN` or
/// `refuse TOKEN`.
pub(super) fn start(capabilities: &[Capability], output: Box<dyn Write + Send>) -> Result<(), CommandFailure> {
    let output: SharedOutput = Arc::new(Mutex::new(output));
    for capability in capabilities {
        let mut requests = capability.approvals().requests();
        let output = output.clone();
        tokio::spawn(async move {
            while let Some((token, call)) = requests.next().await {
                print(&output, &format!("approval {token} {call}"));
            }
        });
    }
    let (sender, mut lines) = mpsc::channel(1);
    // A read of stdin blocks. In a thread outside the runtime, it does not prevent the program from ending.
    let thread = std::thread::Builder::new().name("approvals".to_owned());
    let started = thread.spawn(move || {
        // A line that is not UTF-8 is answered like any other invalid line.
        for line in std::io::stdin().lock().split(b'\n').map_while(std::io::Result::ok) {
            if sender.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    started.map_err(|error| CommandFailure::internal("the thread that reads decisions cannot be started", error))?;
    let capabilities = capabilities.to_vec();
    tokio::spawn(async move {
        while let Some(line) = lines.recv().await {
            if !line.trim().is_empty() {
                print(&output, &execute(&capabilities, line.trim()).await);
            }
        }
    });
    Ok(())
}

/// Executes the decision in a line, and returns the line to print.
async fn execute(capabilities: &[Capability], line: &str) -> String {
    let (decision, token) = line.split_once(' ').unwrap_or((line, ""));
    let (token, is_approved) = match decision {
        "approve" if !token.is_empty() => (token.trim(), true),
        "refuse" if !token.is_empty() => (token.trim(), false),
        _ => return format!("error expected `approve TOKEN` or `refuse TOKEN`, found `{}`", printable(line)),
    };
    for capability in capabilities {
        let approvals = capability.approvals();
        let result = if is_approved { approvals.approve(token).await } else { approvals.refuse(token).await };
        match result {
            Ok(_) => return format!("{} {token}", if is_approved { "approved" } else { "refused" }),
            // The token may belong to another capability.
            Err(error) if error.status() == http::StatusCode::NOT_FOUND => {}
            Err(error) => return format!("error {error}"),
        }
    }
    format!("error no call waits for approval with the token `{}`", printable(token))
}

fn print(output: &SharedOutput, line: &str) {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    // The reader of the output may have closed it.
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}
