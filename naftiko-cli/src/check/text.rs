//! Writes findings for people, in the format of rustc, with a summary line.

use super::checked::{Checked, Summary};
use crate::fix::help;
use crate::paint::Paint;
use naftiko_spec::printable;
use naftiko_spec::read::show;
use naftiko_spec::{Diagnostic, Location};
use std::fmt::Write as _;
use std::io;

pub(super) fn write(all: &[Checked], summary: &Summary) -> String {
    let paint = Paint::of(&io::stdout());
    let mut out = String::new();
    for checked in all {
        for finding in &checked.findings {
            let line = finding.location.map(|place| checked.lines.line(place.line));
            let _ = writeln!(out, "{}\n", shown(&checked.name, line.unwrap_or_default(), finding, paint));
        }
    }
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let allowed = if summary.allowed == 0 { String::new() } else { format!(", {} allowed", summary.allowed) };
    let _ = writeln!(
        out,
        "{}: {}, {}, {}{allowed}",
        count(summary.files, "file"),
        count(summary.errors, "error"),
        count(summary.warnings, "warning"),
        count(summary.infos, "info")
    );
    out
}

/// Formats a finding in the file `name`; `line` is the text of the line that the finding is about.
pub(crate) fn shown(name: &str, line: &str, found: &Diagnostic, paint: Paint) -> String {
    let label = format!("{}[{}]", found.severity, found.rule);
    let name = &*printable(name);
    let Location { line: number, column } = found.location.unwrap_or(Location { line: 0, column: 0 });
    // `show` gets only this line as its source, so that it does not search the whole file for the line.
    let shown = show(name, line, u64::from(number > 0), column, &label, &found.message, help(found).as_deref());
    let shown = renumbered(&shown, name, number, column);
    let also = found.also_location.filter(|place| Some(*place) != found.location);
    let also = also.map(|place| format!("\n      = see: {name}:{}:{}", place.line, place.column)).unwrap_or_default();
    format!("{}{also}", shown.replacen(&label, &paint.level(found.severity.as_str(), &label), 1))
}

/// Replaces line number 1 in a formatted finding with `number`, the number of the line in the file; 0 if the finding has no line.
fn renumbered(shown: &str, name: &str, number: u64, column: u64) -> String {
    if number == 0 {
        return shown.to_owned();
    }
    let head = format!("{name}:1:{column}");
    let shown = match shown.strip_prefix(&head) {
        Some(rest) => format!("{name}:{number}:{column}{rest}"),
        None => shown.to_owned(),
    };
    shown.replacen("\n    1 | ", &format!("\n{number:>5} | "), 1)
}
