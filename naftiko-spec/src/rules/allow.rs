//! Comments that switch off findings: `# naftiko: allow(rule, reason = "…")`.

use super::{Allow, rule, rules};
use crate::diagnostic::REPAIRS;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::served::{INVALID_ALLOW, UNUSED_ALLOW};
use crate::diagnostic::{Diagnostic, Location};
use crate::nearest::nearest;

/// The first word of an `allow` comment, after its `#`.
const PREFIX: &str = "naftiko:";
/// The help for a `naftiko:` comment that is not an `allow(…)`.
const HELP: &str = "write `# naftiko: allow(RULE, reason = \"…\")`";
/// The maximum number of comments; each is compared with each finding.
const MAX_COMMENTS: usize = 1_000;

/// The rules and repairs that the comments of a file switch off, by line.
#[derive(Debug, Clone, Default)]
pub struct Allowances {
    entries: Vec<Allowance>,
    /// The mistakes in comments.
    wrong: Vec<Diagnostic>,
}

#[derive(Debug, Clone)]
struct Allowance {
    /// The rule's name or the repair's number.
    name: String,
    /// The line of the comment.
    line: u64,
    column: u64,
    /// The line to which it applies; `None` for the whole file.
    about: Option<u64>,
    used: bool,
}

impl Allowances {
    /// Reads the comments of a file.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut allowances = Self::default();
        // A comment on a line of its own applies to the next line that is not a comment; at the top, to the whole file.
        let mut waiting: Vec<Allowance> = Vec::new();
        let mut at_top = true;
        for (number, line) in (1..).zip(text.lines()) {
            let trimmed = line.trim_start();
            let is_comment = trimmed.starts_with('#');
            if trimmed.is_empty() {
                // At the top of the file, the comments before a blank line apply to the whole file.
                if at_top {
                    allowances.keep(&mut waiting, None);
                }
                continue;
            }
            if let Some((column, comment)) = comment(line) {
                let entries = allowances.read(comment, number, column);
                if is_comment {
                    waiting.extend(entries);
                    continue;
                }
                allowances.keep(&mut entries.into_iter().collect(), Some(number));
            } else if is_comment {
                continue;
            }
            // The top ends with the first line that is not a directive or `---`.
            let ends_top = !matches!(trimmed.trim_end(), "---") && !trimmed.starts_with('%');
            allowances.keep(&mut waiting, if at_top { None } else { Some(number) });
            at_top &= !ends_top;
        }
        allowances.keep(&mut waiting, None);
        allowances
    }

    /// Returns whether any comment names this rule or repair.
    #[cfg(feature = "yaml")]
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// Returns whether a comment allows a rule or a repair on one of these lines: the line of the finding, or of a list entry
    /// that contains it. Marks the comment as used.
    pub fn allow(&mut self, name: &str, lines: &[u64]) -> bool {
        let about = |entry: &&mut Allowance| entry.name == name && entry.about.is_none_or(|line| lines.contains(&line));
        let mut any = false;
        for entry in self.entries.iter_mut().filter(about) {
            entry.used = true;
            any = true;
        }
        any
    }

    /// Returns the findings about the comments themselves: mistakes in them, and comments that are not used. Call it after all
    /// calls of [`Self::allow`].
    #[must_use]
    pub fn findings(&self) -> Vec<Diagnostic> {
        let unused = self.entries.iter().filter(|entry| !entry.used).map(|entry| {
            let message = format!("`allow({})` switches off nothing here", entry.name);
            let finding = Diagnostic::new(&UNUSED_ALLOW, "", message);
            let location = Some(Location { line: entry.line, column: entry.column });
            Diagnostic { location, ..finding.fix("remove it, or put it on the line above the finding") }
        });
        let mut findings: Vec<_> = self.wrong.iter().cloned().chain(unused).collect();
        findings.sort_by_key(|finding| finding.location);
        findings
    }

    /// Moves comments to the entries that apply to the line `about`, or to the whole file.
    fn keep(&mut self, entries: &mut Vec<Allowance>, about: Option<u64>) {
        for mut entry in entries.drain(..) {
            if self.entries.len() < MAX_COMMENTS {
                entry.about = about;
                self.entries.push(entry);
            }
        }
    }

    /// Reads one comment.
    fn read(&mut self, comment: &str, line: u64, column: u64) -> Option<Allowance> {
        let mut wrong = |message: String, fix: Fix| {
            if self.wrong.len() < MAX_COMMENTS {
                let location = Some(Location { line, column });
                self.wrong.push(Diagnostic { location, ..Diagnostic::new(&INVALID_ALLOW, "", message).fix(fix) });
            }
            None
        };
        let inside = comment.strip_prefix("allow").map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
        let Some((inside, _)) = inside.and_then(|rest| rest.rsplit_once(')')) else {
            let found = match shown(comment) {
                found if found.is_empty() => "nothing".to_owned(),
                found => format!("`{found}`"),
            };
            return wrong(format!("expected `allow(…)` after `naftiko:`, found {found}"), HELP.into());
        };
        let (name, reason) = inside.split_once(',').unwrap_or((inside, ""));
        let name = name.trim().trim_matches('`');
        if let Err((message, help)) = may_be_allowed(name) {
            return wrong(message, help);
        }
        let reason = reason.trim().strip_prefix("reason").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
        let reason = reason.map(|reason| reason.trim().trim_matches(['"', '\'']).trim());
        if reason.is_none_or(str::is_empty) {
            let help = format!("add a reason: `allow({name}, reason = \"…\")`");
            let message = format!("`allow({name})` gives no reason");
            // The comment applies nevertheless, so that one mistake gives one finding.
            let _: Option<Allowance> = wrong(message, help.into());
        }
        Some(Allowance { name: name.to_owned(), line, column, about: None, used: false })
    }
}

/// Returns the beginning of a text for a message, without control characters.
fn shown(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Checks whether a rule or a repair may be allowed.
///
/// # Errors
/// Returns the message and the fix if the name is unknown or the rule cannot be switched off.
pub fn may_be_allowed(name: &str) -> Result<(), (String, Fix)> {
    if REPAIRS.iter().any(|repair| repair.code() == name) {
        return Ok(());
    }
    match rule(name) {
        Some(rule) if rule.allow != Allow::Nowhere => Ok(()),
        Some(_) => Err((
            format!("the rule `{name}` cannot be allowed"),
            "fix the cause instead: otherwise the document does not run, or sends a request that nobody intended"
                .into(),
        )),
        None => {
            let fix = nearest(name, rules().map(|rule| rule.name))
                .map_or("`naftiko explain` lists the rules".into(), |near| Fix::Meant(near.to_owned()));
            Err((format!("unknown rule `{}`", shown(name)), fix))
        }
    }
}

/// Returns the column of the `#` of a `naftiko:` comment on a line, and the text after `naftiko:`.
fn comment(line: &str) -> Option<(u64, &str)> {
    let mut from = 0;
    while let Some(found) = line.get(from..)?.find('#') {
        let at = from + found;
        let before = line.get(..at)?;
        let rest = line.get(at + 1..)?.trim_start();
        // A `#` begins a comment at the start of a line or after a space or tab (YAML 1.2, section 6.6).
        if (before.is_empty() || before.ends_with([' ', '\t']))
            && let Some(ours) = rest.strip_prefix(PREFIX)
        {
            let column = u64::try_from(before.chars().count()).unwrap_or(u64::MAX).saturating_add(1);
            return Some((column, ours.trim()));
        }
        from = at + 1;
    }
    None
}
