//! The log of a program: on stderr, as much as `RUST_LOG` says.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Sends the log to stderr: warnings and errors, unless `RUST_LOG` says otherwise. A subscriber that is there already stays.
pub(super) fn start() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // Another thread may have been first; then its subscriber stands.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).try_init();
}
