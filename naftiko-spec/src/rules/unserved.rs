//! Rules for keys that are read but not served yet, and for adapters that more machines can reach than intended.

use super::upstreams::is_example;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::secrets::EXAMPLE_HOST;
use crate::diagnostic::table::served::{EXPOSED_CONTROL, NOT_SERVED};
use crate::host::{is_loopback, is_this_machine};
use crate::model::{Document, Expose};

pub(super) fn check(document: &Document, findings: &mut Vec<Diagnostic>) {
    let mut control: Option<usize> = None;
    for (index, expose) in document.capability.exposes.iter().enumerate() {
        let at = format!("/capability/exposes/{index}");
        let name = expose.namespace();
        match expose {
            Expose::Rest(_) => {}
            Expose::Mcp(mcp) => {
                for (number, prompt) in mcp.prompts.iter().enumerate() {
                    if prompt.template.is_empty() && prompt.location.is_none() {
                        let message = format!("the prompt `{}` has no messages", prompt.name);
                        let help = "write `template` with its messages, or `location`, the file of its one message";
                        findings.push(not_served(format!("{at}/prompts/{number}"), message, help));
                    }
                }
            }
            Expose::Skill(_) => {
                let message = format!("the skill adapter `{name}` is not served yet");
                findings.push(not_served(at.clone(), message, "expose its tools with an MCP adapter"));
            }
            Expose::Control(_) => {
                let message = "the control port is not served yet".to_owned();
                findings.push(not_served(
                    at.clone(),
                    message,
                    "stop the program with a signal, and set `RUST_LOG` for its log",
                ));
                if let Some(address) = expose.address().filter(|address| !is_loopback(address)) {
                    let message = format!("the control port listens on `{address}`, which other machines can reach");
                    let found = Diagnostic::new(&EXPOSED_CONTROL, format!("{at}/address"), message);
                    findings.push(found.fix("write `127.0.0.1`, or remove `address`"));
                }
                if let Some(first) = control {
                    let found = Diagnostic::new(&EXPOSED_CONTROL, at.clone(), "there are two control ports");
                    findings.push(found.fix("remove one of them").also(format!("/capability/exposes/{first}")));
                }
                control.get_or_insert(index);
            }
        }
        // Names of this machine are valid, because adapters listen on it.
        let host = expose.address().map(str::to_ascii_lowercase).filter(|host| !is_this_machine(host));
        if let Some((host, why)) = host.and_then(|host| is_example(&host).map(|why| (host, why))) {
            let message = format!("the address `{host}` {why}");
            let found = Diagnostic::new(&EXAMPLE_HOST, format!("{at}/address"), message);
            findings.push(found.fix(Fix::Address));
        }
    }
}

fn not_served(at: String, message: String, help: &'static str) -> Diagnostic {
    Diagnostic::new(&NOT_SERVED, at, message).fix(help)
}
