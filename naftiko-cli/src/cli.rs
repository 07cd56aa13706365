//! The command line and its help.

use crate::output::Exit;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use clap_complete::Shell;
use naftiko_runtime::__private::hosted;

const EXIT_CODES: &str = "Exit codes:
  0  success, or stopped by a signal
  1  `check` found errors (with --strict: also warnings or repairs), the call failed, or the output cannot be written
  2  the command line is invalid
  3  a file cannot be read, or cannot be served
  4  the program cannot start: a variable is missing, or a port is in use";

/// Returns the definition of the command line.
pub(crate) fn command() -> Command {
    Command::new("naftiko")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Checks Naftiko capability documents, and serves them as REST resources and MCP tools")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands([check(), explain(), tools(), call(), serve(), mcp(), export(), completion_scripts()])
        .after_help(format!(
            "Examples:\n  naftiko check .\n  naftiko serve github.naftiko.yaml\n  \
             naftiko call github.naftiko.yaml list-repos -a user=octocat --dry-run\n\n\
             Environment:\n  The variables that the documents declare under `binds`\n  NO_COLOR  disables colour\n  \
             RUST_LOG  the log level on stderr [default: warn]\n\n{EXIT_CODES}"
        ))
}

fn file() -> Arg {
    Arg::new("file").value_name("FILE").required(true).value_hint(ValueHint::FilePath)
}

fn one_file() -> Arg {
    file().help("The document; `-` for stdin").index(1)
}

fn strict() -> Arg {
    Arg::new("strict").long("strict").action(ArgAction::SetTrue)
}

fn allow() -> Arg {
    Arg::new("allow")
        .long("allow")
        .value_name("RULE")
        .action(ArgAction::Append)
        .value_parser(allowed)
        .help("Ignores the findings of a rule, or a repair such as R07")
}

fn allowed(name: &str) -> Result<String, String> {
    match naftiko_spec::rules::may_be_allowed(name) {
        Ok(()) => Ok(name.to_owned()),
        Err((message, help)) => Err(format!("{message}: {help}")),
    }
}

fn check() -> Command {
    Command::new("check")
        .about("Checks documents and reports mistakes")
        .arg(file().num_args(1..).help("Documents, or folders that are searched for *.yaml and *.yml, but not hidden files; `-` for stdin"))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["text", "json", "sarif"])
                .default_value("text")
                .help("`text` for people, `json` for programs, `sarif` (2.1.0) for code hosts"),
        )
        .arg(
            Arg::new("level")
                .long("level")
                .value_name("LEVEL")
                .value_parser(["info", "warning", "error"])
                .default_value("info")
                .help("The lowest severity to report"),
        )
        .arg(strict().help("Treats warnings and repairs as errors"))
        .arg(allow())
        .arg(outside())
        .arg(private())
        .after_help(format!(
            "Each finding has the name of a rule, or the number of a repair; `naftiko explain NAME` explains it.\n\
             To allow an intended finding, write a comment:\n\n  \
             # naftiko: allow(understated_hint, reason = \"a search, by POST\")\n\n\
             Put the comment on the line of the finding, on the line above, above the list entry that contains it,\n\
             or at the top of the file, where it applies to the whole file.\n\n\
             Examples:\n  naftiko check github.naftiko.yaml\n  naftiko check capabilities --strict --allow unused_operation\n  \
             naftiko check . --format sarif > naftiko.sarif\n  cat github.naftiko.yaml | naftiko check -\n\n{EXIT_CODES}"
        ))
}

fn explain() -> Command {
    Command::new("explain")
        .about("Explains a rule or a repair; without RULE, lists all of them")
        .arg(Arg::new("rule").value_name("RULE").help("The name of a rule, or the number of a repair"))
        .after_help("Examples:\n  naftiko explain\n  naftiko explain secret_in_url\n  naftiko explain R07")
}

/// Returns a command that every capability program has, with the options that documents need in addition.
fn hosted(name: &'static str) -> Command {
    let command = hosted::command("naftiko", name).unwrap_or_else(|| Command::new(name));
    command.arg(strict().help("Refuses documents that need repairs")).arg(allow()).arg(outside()).arg(private())
}

fn outside() -> Arg {
    Arg::new("outside")
        .long("allow-location-outside")
        .action(ArgAction::SetTrue)
        .help("Allows a `location` outside the document's folder (such as mounted secrets) or in Vault")
}

fn private() -> Arg {
    Arg::new("private")
        .long("allow-private")
        .action(ArgAction::SetTrue)
        .help(
            "Allows calls to link-local addresses, and to host names that resolve to private addresses; calls to `localhost` and to \
             other IP addresses in a document, such as 10.0.0.1, are always allowed",
        )
}

fn tools() -> Command {
    hosted("tools").arg(one_file()).after_help("Example:\n  naftiko tools github.naftiko.yaml")
}

fn call() -> Command {
    hosted("call").mut_arg("operation", |arg| arg.index(2)).arg(one_file()).after_help(format!(
        "Examples:\n  naftiko call github.naftiko.yaml list-repos --argument user=octocat\n  \
         naftiko call github.naftiko.yaml create-repo -a body='{{\"name\":\"ci\"}}' --dry-run\n  \
         naftiko call github.naftiko.yaml create-repo -a body=@body.json\n\n{EXIT_CODES}"
    ))
}

fn serve() -> Command {
    hosted("serve")
        .about("Serves the REST and MCP adapters of documents")
        .arg(file().num_args(1..).help("Documents; `-` for stdin"))
        .after_help(format!(
            "Prints one line for each adapter as soon as all of them listen. SIGTERM and Ctrl-C stop the program:\n\
             calls in flight are answered first; a second signal stops it at once. Only requests to a\n\
             loopback name, to the IP address that an adapter is set to listen on, or to a name given with\n\
             --allow-host, are answered.\n\n\
             Examples:\n  naftiko serve github.naftiko.yaml\n  naftiko serve github.naftiko.yaml notion.naftiko.yaml --port notion-rest=0\n  \
             naftiko serve github.naftiko.yaml --upstream github=http://localhost:9000\n  \
             naftiko serve github.naftiko.yaml --address 0.0.0.0 --allow-host api.example.com\n\n{EXIT_CODES}"
        ))
}

fn mcp() -> Command {
    hosted("mcp").arg(one_file()).after_help(
        "For clients that start MCP servers: configure the command `naftiko mcp FILE`. Nothing but the\n\
         protocol is written to stdout.\n\nExample:\n  naftiko mcp github.naftiko.yaml",
    )
}

fn export() -> Command {
    Command::new("export")
        .about("Converts a document to another format")
        .arg(one_file())
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("FORMAT")
                .required(true)
                .value_parser(["naftiko", "openapi", "skill"])
                .help(
                    "`naftiko`: the document, repaired (YAML); `openapi`: its REST adapters as OpenAPI (JSON); `skill`: its \
                     MCP tools as a skill for agents (SKILL.md)",
                ),
        )
        .arg(
            Arg::new("openapi")
                .long("openapi")
                .value_name("VERSION")
                .value_parser(["3.1", "3.0"])
                .default_value("3.1")
                .help("The version of OpenAPI to print"),
        )
        .arg(strict().help("Refuses documents that need repairs, or have parts that the export would leave out"))
        .arg(allow())
        .after_help(
            "Parts that cannot be read or served are left out and reported on stderr. Comments are not exported. If\n\
             two REST adapters have the same route, OpenAPI describes the first one.\n\n\
             Examples:\n  naftiko export old.yaml --to naftiko > github.naftiko.yaml\n  \
             naftiko export github.naftiko.yaml --to openapi > openapi.json\n  \
             naftiko export github.naftiko.yaml --to skill > skills/github/SKILL.md",
        )
}

fn completion_scripts() -> Command {
    Command::new("completions")
        .about("Prints the shell completions of this command")
        .arg(Arg::new("shell").value_name("SHELL").required(true).value_parser(clap::value_parser!(Shell)))
        .after_help("Example:\n  naftiko completions bash > ~/.local/share/bash-completion/completions/naftiko")
}

/// Prints the completions of a shell.
pub(crate) fn completions(given: &ArgMatches) -> Exit {
    let Some(shell) = given.get_one::<Shell>("shell") else { return Exit::Usage };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command(), "naftiko", &mut script);
    crate::output::print(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
