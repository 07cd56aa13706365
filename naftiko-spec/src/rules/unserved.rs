//! Rules for prompts, skills and control-port keys that have no effect, for control ports that other machines can
//! reach, and for adapter addresses that are placeholders.

use super::parameters::type_of;
use super::upstreams::why_not_real;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::secrets::EXAMPLE_HOST;
use crate::diagnostic::table::served::{EXPOSED_CONTROL, NOT_SERVED};
use crate::host::{is_loopback, is_this_machine};
use crate::model::{Document, Expose, ExposeOther};
use crate::pointer::escape;
use crate::printable;
use crate::skill::{NAME_RULE, is_name};

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
                        let help =
                            "write `template` with its messages, or `location`, a file that contains one message";
                        findings.push(not_served(format!("{at}/prompts/{number}"), message, help));
                    }
                }
            }
            Expose::Skill(adapter) => skills(&at, name, adapter, findings),
            Expose::Control(port) => {
                for key in port.ignored_keys() {
                    let name = printable(&key.path.join(".")).into_owned();
                    let message = if key.is_toggle {
                        let value = key.path.split_first().and_then(|(first, rest)| {
                            rest.iter().try_fold(port.other_keys.get(first)?, |value, key| value.get(key))
                        });
                        let found = value.map_or("nothing", type_of);
                        format!("expected `true` or `false` for `{name}` of the control port, found {found}")
                    } else {
                        format!("`{name}` of the control port has no effect")
                    };
                    let help = match key.path.first().map(String::as_str) {
                        _ if key.is_toggle => "write `true` or `false`",
                        Some("observability") => {
                            "remove it; OpenTelemetry's environment variables, `OTEL_…`, say which traces are sent where"
                        }
                        _ => {
                            "remove it; only `health`, `info` and `logs` of `management` have an effect: `false` turns them off"
                        }
                    };
                    let place = key.path.iter().fold(at.clone(), |at, key| format!("{at}/{}", escape(key)));
                    findings.push(not_served(place, message, help));
                }
                let is_open = expose.authentication().is_none();
                if let Some(address) = expose.address().filter(|address| is_open && !is_loopback(address)) {
                    let message = format!("the control port listens on `{address}`, which other machines can reach");
                    let found = Diagnostic::new(&EXPOSED_CONTROL, format!("{at}/address"), message);
                    findings.push(found.fix(
                        "write `127.0.0.1`, or remove `address`; to let other machines reach it, add `authentication`",
                    ));
                }
                if let Some(first) = control {
                    let found = Diagnostic::new(
                        &EXPOSED_CONTROL,
                        at.clone(),
                        "only one control port is allowed; this is another one",
                    );
                    findings.push(
                        found.fix("remove all control ports but one").also(format!("/capability/exposes/{first}")),
                    );
                }
                control.get_or_insert(index);
            }
        }
        // Adapters listen on this machine, so a host that is this machine is not a placeholder.
        let host = expose.address().map(str::to_ascii_lowercase).filter(|host| !is_this_machine(host));
        if let Some((host, why)) = host.and_then(|host| why_not_real(&host).map(|why| (host, why))) {
            let message = format!("the address `{host}` {why}");
            let found = Diagnostic::new(&EXAMPLE_HOST, format!("{at}/address"), message);
            findings.push(found.fix(Fix::Address));
        }
    }
}

/// Reports the skills of an adapter that are not served.
fn skills(at: &str, name: &str, adapter: &ExposeOther, findings: &mut Vec<Diagnostic>) {
    let skills = adapter.skills();
    if skills.is_empty() {
        let help = "write `skills`, a list with the `name`, `description` and `location` of each";
        findings.push(not_served(at.to_owned(), format!("the skill adapter `{name}` has no skills"), help));
    }
    for (number, skill) in skills.iter().enumerate() {
        let name = &skill.name;
        let (key, problem, help) = if !is_name(name) {
            (
                "name",
                format!("the skill `{}` is not served: {NAME_RULE}", printable(name)),
                "write a `name` such as `code-review`",
            )
        } else if skills.iter().take(number).any(|other| other.name == *name) {
            (
                "name",
                format!("another skill has the name `{name}`, and only the first is served"),
                "give one of them another `name`",
            )
        } else if skill.location.is_none() && skill.description.trim().is_empty() {
            let message = format!("the skill `{name}` is not served: it has neither a `location` nor a `description`");
            ("description", message, "write `location`, the folder of the skill, or a `description`")
        } else {
            continue;
        };
        findings.push(not_served(format!("{at}/skills/{number}/{key}"), problem, help));
    }
}

fn not_served(at: String, message: String, help: &'static str) -> Diagnostic {
    Diagnostic::new(&NOT_SERVED, at, message).fix(help)
}
