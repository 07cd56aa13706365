//! Colours the output on terminals, unless `NO_COLOR` is set (<https://no-color.org>).

use std::io::IsTerminal;

/// The setting for colour: `true` if colour is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    /// Returns the setting for an output stream: colour only on terminals that support it.
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(stream.is_terminal() && !forbidden && !dumb)
    }

    /// Colours a string for a level, such as `error`.
    pub(crate) fn level(self, level: &str, text: &str) -> String {
        let code = match level {
            "error" => "1;31",
            "warning" => "1;33",
            _ => "1;36",
        };
        self.wrap(code, text)
    }

    /// Formats a heading.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
