//! The command line: its grammar, its help, and the parsed invocation.

use super::CommandFailure;
use super::hosted_capability::name;
use super::options::{Backend, NamedValue, split};
use clap::{Arg, ArgAction, ArgMatches, Command};
use naftiko_spec::model::Expose as Adapter;
use naftiko_spec::openapi::OpenapiVersion;
use naftiko_spec::{Document, printable, printable_lines};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

/// The properties of a program that determine its command line.
#[derive(Default)]
pub(super) struct ProgramInfo {
    /// The name of the program.
    pub(super) program: String,
    /// The documents that are known without creating a capability.
    pub(super) documents: Vec<Document>,
    /// The errors of the capabilities that could not be created for a help text.
    pub(super) unknown: Vec<String>,
    /// Whether the program has several capabilities.
    pub(super) several: bool,
    /// Whether any capability has a demo.
    pub(super) demo: bool,
}

/// A parsed command line.
#[derive(Debug, PartialEq)]
pub(super) enum Invocation {
    /// Print this help text.
    Help(String),
    Serve(Serve),
    Document {
        capability: Option<String>,
        typed: bool,
    },
    Openapi {
        capability: Option<String>,
        version: OpenapiVersion,
    },
    Skill {
        capability: Option<String>,
    },
    Tools {
        capability: Option<String>,
    },
    Call(Call),
    Mcp {
        capability: Option<String>,
        backend: Backend,
    },
}

/// The options of `serve`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Serve {
    pub(super) backend: Backend,
    /// Pairs of an adapter's namespace and its port; an empty namespace is rejected once the adapters are known.
    pub(super) ports: Vec<(String, u16)>,
    pub(super) address: Option<String>,
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
    /// Whether every capability shows its page.
    pub(super) page: bool,
    /// Where the control port listens.
    pub(super) control: Option<SocketAddr>,
    /// Whether calls are approved on standard input.
    pub(super) approvals: bool,
}

/// The options of `call`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Call {
    pub(super) capability: Option<String>,
    pub(super) backend: Backend,
    pub(super) operation: String,
    pub(super) arguments: Vec<NamedValue>,
    pub(super) dry_run: bool,
}

/// Parses the command line. The default command is `serve`.
pub(super) fn parse(info: &ProgramInfo, mut arguments: Vec<OsString>) -> Result<Invocation, CommandFailure> {
    let first = arguments.first().and_then(|first| first.to_str());
    let serves = first.is_none_or(|first| first.starts_with('-') && !["-h", "--help"].contains(&first));
    if serves {
        arguments.insert(0, "serve".into());
    }
    match command(info).try_get_matches_from(arguments) {
        Ok(mut matches) => {
            let (command, given) = matches.remove_subcommand().unwrap_or_default();
            Ok(invocation(&command, given))
        }
        Err(error) if error.use_stderr() => Err(CommandFailure::Usage(error.render().to_string())),
        Err(help) => Ok(Invocation::Help(help.render().to_string())),
    }
}

/// Converts the matches of a command to an invocation.
pub(super) fn invocation(command: &str, mut given: ArgMatches) -> Invocation {
    let capability = one(&mut given, "capability");
    match command {
        "document" => Invocation::Document { capability, typed: one(&mut given, "style").as_deref() == Some("schema") },
        "openapi" => {
            let version = one(&mut given, "openapi").and_then(|text: String| OpenapiVersion::named(&text));
            Invocation::Openapi { capability, version: version.unwrap_or_default() }
        }
        "skill" => Invocation::Skill { capability },
        "tools" => Invocation::Tools { capability },
        "call" => Invocation::Call(Call {
            capability,
            backend: backend(&mut given),
            operation: one(&mut given, "operation").unwrap_or_default(),
            arguments: many(&mut given, "argument"),
            dry_run: flag(&given, "dry-run"),
        }),
        "mcp" => Invocation::Mcp { capability, backend: backend(&mut given) },
        _ => Invocation::Serve(Serve {
            backend: backend(&mut given),
            ports: many(&mut given, "port"),
            address: one(&mut given, "address"),
            hosts: many(&mut given, "allow-host"),
            origins: many(&mut given, "allow-origin"),
            page: flag(&given, "page"),
            control: one_of(&mut given, "control"),
            approvals: flag(&given, "approvals"),
        }),
    }
}

fn backend(given: &mut ArgMatches) -> Backend {
    Backend { demo: flag(given, "demo"), upstreams: many(given, "upstream") }
}

/// Returns whether a flag was given; some programs don't have the flag.
fn flag(given: &ArgMatches, id: &str) -> bool {
    given.try_get_one(id).ok().flatten().copied().unwrap_or_default()
}

/// Returns the text of an argument, if it was given.
fn one(given: &mut ArgMatches, id: &str) -> Option<String> {
    one_of(given, id)
}

fn one_of<T: Clone + Send + Sync + 'static>(given: &mut ArgMatches, id: &str) -> Option<T> {
    given.try_remove_one(id).ok().flatten()
}

fn many<T: Clone + Send + Sync + 'static>(given: &mut ArgMatches, id: &str) -> Vec<T> {
    given.try_remove_many(id).ok().flatten().map(Iterator::collect).unwrap_or_default()
}

/// Returns the commands of a program.
pub(super) fn commands(info: &ProgramInfo) -> Vec<Command> {
    let name = &info.program;
    let commands = [serve(info), document(name), openapi(name), skill(name), tools(), call(name), mcp(name)];
    let with_common_options = |command: Command| match command.get_name() {
        "serve" => with_upstream_and_demo(command, info),
        "call" | "mcp" => with_upstream_and_demo(with_capability(command, info), info),
        _ => with_capability(command, info),
    };
    commands.into_iter().map(with_common_options).collect()
}

fn command(info: &ProgramInfo) -> Command {
    Command::new("program")
        .bin_name(info.program.clone())
        .no_binary_name(true)
        .disable_help_subcommand(true)
        .about(about(info))
        .subcommands(commands(info))
        .after_help(after_help(info))
}

fn serve(info: &ProgramInfo) -> Command {
    let mut help = format!(
        "Prints one line for each adapter as soon as all of them listen. SIGTERM and Ctrl-C stop the program:\n\
         calls in flight are answered first; a second signal stops it at once. Only requests to a\n\
         loopback name, to the IP address that an adapter is set to listen on, or to a name given with\n\
         --allow-host, are answered.\n\n\
         Examples:\n  {0} serve\n  {0} serve --address 0.0.0.0 --allow-host api.example.com\n",
        info.program
    );
    let exposes = || {
        let adapters = info
            .documents
            .iter()
            .flat_map(|document| document.capability.exposes.iter().map(move |own| (document, own)));
        let is_left_out = |(document, own): &(&Document, &Adapter)| match own {
            Adapter::Skill(_) => !document.has_own_server(own),
            Adapter::Mcp(mcp) => mcp.transport.as_deref() == Some("stdio"),
            Adapter::Control(_) | Adapter::Rest(_) => false,
        };
        adapters.filter(move |adapter| !is_left_out(adapter)).map(|(_, own)| own)
    };
    let width = exposes().map(|adapter| printable(adapter.namespace()).len()).max().unwrap_or_default();
    let mut adapters = String::new();
    for adapter in exposes() {
        let kind = match adapter {
            Adapter::Rest(_) => "rest",
            Adapter::Mcp(_) | Adapter::Skill(_) => "mcp",
            Adapter::Control(_) => "control",
        };
        let port = adapter.port().map_or_else(|| "any free port".to_owned(), |port| format!("port {port}"));
        let _ = writeln!(adapters, "  {kind:4}  {:width$}  {port}", printable(adapter.namespace()));
        if kind == "rest" && !help.contains("=0") {
            let _ = writeln!(help, "  {} serve --port {}=0", info.program, printable(adapter.namespace()));
        }
    }
    let not_created = |why: &String| format!("  unknown: the capability cannot be created: {}\n", printable(why));
    adapters.extend(info.unknown.iter().map(not_created));
    if !adapters.is_empty() {
        let _ = write!(help, "\nAdapters:\n{adapters}");
    }
    let command = Command::new("serve")
        .about("Serves the REST and MCP adapters (the default)")
        .arg(
            repeatable("port", "NAMESPACE=PORT").help("The port of an adapter; 0 for any free port").value_parser(port),
        )
        .arg(
            Arg::new("address")
                .long("address")
                .value_name("ADDRESS")
                .help("The address to listen on [default: 127.0.0.1]"),
        )
        .arg(repeatable("allow-host", "HOST").help("A host name that callers may use; `*` for any"))
        .arg(
            repeatable("allow-origin", "ORIGIN")
                .help("An origin whose pages may call the adapters (CORS): https://app.example.com; `*` for any"),
        )
        .after_help(help);
    let command = if cfg!(feature = "mcp") {
        command.arg(
            Arg::new("approvals")
                .long("approvals")
                .action(ArgAction::SetTrue)
                .help("Prints calls that wait for approval, and reads `approve TOKEN` and `refuse TOKEN` from stdin"),
        )
    } else {
        command
    };
    let command = command.arg(
        Arg::new("control")
            .long("control")
            .value_name("[ADDRESS:]PORT")
            .value_parser(control_address)
            .hide(cfg!(not(feature = "telemetry")))
            .help("Serves metrics, health and status on this port, of 127.0.0.1 by default; 0 for any free port"),
    );
    command.arg(
        Arg::new("page")
            .long("page")
            .action(ArgAction::SetTrue)
            // Without the feature, the option is rejected with a hint.
            .hide(cfg!(not(feature = "page")))
            .help(
                "Serves a web page for trying the operations, at `/` of the REST adapters, or of the MCP adapters if there are none",
            ),
    )
}

/// Parses a port (on 127.0.0.1), or an address and a port.
fn control_address(text: &str) -> Result<SocketAddr, String> {
    let of_port = || text.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    of_port()
        .or_else(|_| text.parse())
        .map_err(|_| "expected a port, or an IP address and a port: 0.0.0.0:9100".to_owned())
}

fn document(name: &str) -> Command {
    Command::new("document")
        .about("Prints the capability document (YAML)")
        .arg(
            Arg::new("style")
                .long("style")
                .value_name("STYLE")
                .value_parser(["published", "schema"])
                .default_value("published")
                .help("`published`: the style of published documents; `schema`: with all inputs and outputs typed"),
        )
        .after_help(format!("Example:\n  {name} document --style schema > capability.yaml"))
}

fn openapi(name: &str) -> Command {
    Command::new("openapi")
        .about("Prints the OpenAPI description of the REST adapters (JSON)")
        .arg(
            Arg::new("openapi")
                .long("openapi")
                .value_name("VERSION")
                .value_parser(["3.1", "3.0"])
                .default_value("3.1")
                .help("The version of OpenAPI to print"),
        )
        .after_help(format!("Example:\n  {name} openapi > openapi.json"))
}

fn skill(name: &str) -> Command {
    Command::new("skill")
        .about("Prints a skill for agents, with the MCP tools (SKILL.md)")
        .after_help(format!("Example:\n  {name} skill > skills/NAME/SKILL.md"))
}

fn tools() -> Command {
    Command::new("tools").about("Lists the MCP tools with their arguments")
}

fn call(name: &str) -> Command {
    let command = Command::new("call")
        .about("Calls one operation and prints its result (JSON)")
        .arg(
            Arg::new("operation")
                .value_name("OPERATION")
                .required(true)
                .help("The name of the method, the operation or the tool"),
        )
        .arg(
            repeatable("argument", "NAME=VALUE")
                .short('a')
                .help(
                    "An argument: literal text for a string, JSON for anything else; for a list, repeat it or give a JSON \
                       array; unless it is a string, NAME=@FILE reads JSON from a file, NAME=@- from stdin; a file is sent as it is",
                )
                .value_parser(NamedValue::parse),
        )
        .after_help(format!(
            "Examples:\n  {name} call OPERATION --argument id=7 --argument tag=a --argument tag=b\n  \
             {name} call OPERATION -a body='{{\"name\":\"ci\"}}'\n  {name} call OPERATION -a body=@body.json --dry-run"
        ));
    if cfg!(not(feature = "client")) {
        return command;
    }
    command.arg(
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Prints the request, with secrets as ***, without sending it"),
    )
}

fn mcp(name: &str) -> Command {
    Command::new("mcp")
        .about("Serves MCP over stdin and stdout")
        .after_help(format!("For clients that start MCP servers: configure the command `{name} mcp`."))
}

fn with_upstream_and_demo(command: Command, info: &ProgramInfo) -> Command {
    let upstream = repeatable("upstream", "NAMESPACE=URL")
        .help("The base URI of a consumed API, instead of the one in the document")
        .value_parser(|text: &str| split(text, "NAMESPACE=URL"));
    // Without the client there are no upstreams to replace.
    let command = if cfg!(feature = "client") { command.arg(upstream) } else { command };
    if !info.demo {
        return command;
    }
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "upstream" | "dry-run" => arg.conflicts_with("demo"),
        _ => arg,
    });
    command.arg(
        Arg::new("demo")
            .long("demo")
            .action(ArgAction::SetTrue)
            .help("Uses the in-memory implementation: no network, no credentials"),
    )
}

fn with_capability(command: Command, info: &ProgramInfo) -> Command {
    if !info.several {
        return command;
    }
    let names: Vec<String> = info.documents.iter().map(name).collect();
    let help = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    command
        .arg(Arg::new("capability").long("capability").value_name("NAME").help(format!("The capability to use{help}")))
}

fn repeatable(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).action(ArgAction::Append)
}

fn about(info: &ProgramInfo) -> String {
    let mut text = String::new();
    for document in &info.documents {
        let separator = if text.is_empty() { "" } else { "\n\n" };
        let _ = write!(text, "{separator}{}", printable(&document.info.label));
        if !document.info.description.is_empty() {
            let _ = write!(text, "\n{}", printable_lines(&document.info.description));
        }
    }
    if text.is_empty() { "A capability as a program".to_owned() } else { text }
}

fn after_help(info: &ProgramInfo) -> String {
    let name = &info.program;
    let demo = if info.demo { format!("  {name} serve --demo\n") } else { String::new() };
    let mut variables: Vec<&str> = Vec::new();
    let binds = info.documents.iter().flat_map(|document| &document.binds);
    for variable in binds.filter(|bind| bind.location.is_none()).flat_map(|bind| bind.keys.values()) {
        if !variables.contains(&variable.as_str()) {
            variables.push(variable);
        }
    }
    let mut environment = String::new();
    for variable in variables {
        let _ = writeln!(environment, "  {}", printable(variable));
    }
    format!(
        "Examples:\n{demo}  {name} call OPERATION --argument name=value\n  {name} document > capability.yaml\n\n\
         Environment:\n{environment}  RUST_LOG  the log level on stderr [default: warn]\n\n\
         Exit codes:\n  0  success, or stopped by a signal\n  1  failure; stderr has the reason\n  \
         2  the command line is invalid"
    )
}

fn port(text: &str) -> Result<(String, u16), String> {
    if let Ok(port) = text.parse() {
        return Ok((String::new(), port));
    }
    let (namespace, port) = split(text, "NAMESPACE=PORT")?;
    match port.parse() {
        Ok(port) => Ok((namespace, port)),
        Err(_) => Err(format!("`{port}` is not a port: expected an integer from 0 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn info() -> ProgramInfo {
        ProgramInfo { program: "tokens".to_owned(), several: true, demo: true, ..ProgramInfo::default() }
    }

    fn parsed(arguments: &[&str]) -> Invocation {
        parse(&info(), arguments.iter().map(Into::into).collect()).unwrap()
    }

    #[test]
    fn the_default_command_is_serve() {
        assert_eq!(parsed(&[]), Invocation::Serve(Serve::default()));
        let demo = Serve { backend: Backend { demo: true, ..Backend::default() }, ..Serve::default() };
        assert_eq!(parsed(&["--demo"]), Invocation::Serve(demo));
        let ports = vec![("a".to_owned(), 0), ("b".to_owned(), 8080)];
        let options = Serve { ports, address: Some("::1".to_owned()), ..Serve::default() };
        assert_eq!(parsed(&["--port", "a=0", "--address", "::1", "--port=b=8080"]), Invocation::Serve(options));
    }

    #[test]
    fn help_describes_the_program_or_the_command() {
        let Invocation::Help(help) = parsed(&["-h"]) else { panic!("expected help") };
        assert!(help.contains("Commands:"), "{help}");
        let Invocation::Help(help) = parsed(&["--demo", "--help"]) else { panic!("expected help") };
        assert!(help.contains("--port"), "{help}");
    }

    // Only a program with the feature `client` has `--upstream`.
    #[test]
    #[cfg(feature = "client")]
    fn values_can_contain_their_separator() {
        let Invocation::Mcp { backend, capability } =
            parsed(&["mcp", "--upstream", "a=http://h/?b=c", "--capability", "x"])
        else {
            panic!("expected mcp")
        };
        assert_eq!(backend.upstreams, [("a".to_owned(), "http://h/?b=c".to_owned())]);
        assert_eq!(capability.as_deref(), Some("x"));
    }

    proptest! {
        #[test]
        fn no_command_line_panics(arguments in prop::collection::vec(
            prop_oneof!["serve|call|mcp|document|tools|-a|--port|--style|--demo|--dry-run|a=1|=", any::<String>()],
            0..6,
        )) {
            let _ = parse(&info(), arguments.into_iter().map(Into::into).collect());
        }
    }
}
