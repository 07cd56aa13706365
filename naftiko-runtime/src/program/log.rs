//! The log of a program: to stderr, filtered by `RUST_LOG`, one line per event. The control port can change the filter.
//!
//! The MCP library's lines below the level `error` are always left out: they contain whole messages, including
//! arguments and credentials, and warn of each mistake of a client. Control, bidirectional and invisible characters are
//! escaped, so that a logged text cannot look like another line.

use naftiko_spec::printable;
use std::fmt;
use std::io::{IsTerminal, Write as _};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use tracing::field::Field;
use tracing::{Level, Metadata};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::{Builder, FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

/// The filter of the log; not set if the program has its own subscriber.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Sends the log to stderr: warnings and errors, unless `RUST_LOG` specifies otherwise. An existing subscriber is kept.
pub(super) fn start() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let (filter, handle) = reload::Layer::new(filters().from_env_lossy());
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .fmt_fields(debug_fn(field).delimited(" "));
    let lines = lines.with_filter(filter.and(filter_fn(has_no_mcp_message)));
    // Another thread may have set a subscriber first; that subscriber is kept.
    if tracing_subscriber::registry().with(lines).try_init().is_ok() {
        let _ = FILTER.set(handle);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| panicked(panic, &before)));
    }
}

/// Returns a parser of the syntax of `RUST_LOG`, with the default: warnings and errors.
fn filters() -> Builder {
    EnvFilter::builder().with_default_directive(LevelFilter::WARN.into())
}

/// Returns the filter of the log, in the syntax of `RUST_LOG`; `None` if the program has its own subscriber.
#[cfg(feature = "telemetry")]
pub(super) fn level() -> Option<String> {
    FILTER.get()?.with_current(ToString::to_string).ok()
}

/// Replaces the filter of the log, and logs the change. The filter compares values of fields as text, not as regular
/// expressions, which can take any amount of memory.
///
/// # Errors
/// Returns the mistake in the filter; the previous filter then stays.
#[cfg(feature = "telemetry")]
pub(super) fn set_level(level: &str) -> Result<(), String> {
    const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "off"];
    if level.trim().is_empty() {
        return Err("expected a level such as `debug`, or `RUST_LOG`'s syntax, found an empty string".to_owned());
    }
    for word in level.split(',').map(str::trim) {
        // A misspelt level would be read as a target, and switch everything else off.
        let is_level = LEVELS.iter().any(|known| known.eq_ignore_ascii_case(word));
        if let Some(nearest) = naftiko_spec::nearest(word, LEVELS).filter(|_| !is_level) {
            let shown = printable(word);
            return Err(format!(
                "unknown level `{shown}`; did you mean `{nearest}`? To log the target with this name, write `{shown}=trace`"
            ));
        }
    }
    let filter = filters().with_regex(false).parse(level);
    let filter = filter.map_err(|error| printable(&error.to_string()).into_owned())?;
    let handle = FILTER.get().ok_or("the program has its own subscriber")?;
    let announce = || tracing::warn!(level, "the control port changes the log level");
    // The old filter or the new one may leave out warnings.
    let is_shown = tracing::enabled!(Level::WARN);
    if is_shown {
        announce();
    }
    handle.reload(filter).map_err(|error| error.to_string())?;
    if !is_shown {
        announce();
    }
    Ok(())
}

/// Returns whether an event cannot contain an MCP message.
fn has_no_mcp_message(metadata: &Metadata<'_>) -> bool {
    let from_rmcp = metadata.target().split("::").next() == Some("rmcp");
    !from_rmcp || *metadata.level() <= Level::ERROR
}

/// Writes a field of an event.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    match field.name() {
        "message" => writer.write_str(&printable(&text)),
        name => write!(writer, "{name}={}", printable(&text)),
    }
}

/// Prints a panic: with the previous hook, unless its message contains characters that have to be escaped.
fn panicked(panic: &PanicHookInfo<'_>, before: &(dyn Fn(&PanicHookInfo<'_>) + Send + Sync)) {
    let payload = panic.payload();
    let owned = || payload.downcast_ref::<String>().map(String::as_str);
    let message = payload.downcast_ref::<&str>().copied().or_else(owned).unwrap_or_default();
    let shown = printable(message);
    if shown == message {
        return before(panic);
    }
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    // If stderr fails, the error cannot be reported anywhere.
    let _ = writeln!(std::io::stderr(), "a thread panicked at {place}: {shown}");
}
