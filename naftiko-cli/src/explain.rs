//! `naftiko explain`: explains a rule or a repair.

use crate::output::{Exit, eprint, print};
use crate::paint::Paint;
use clap::ArgMatches;
use naftiko_spec::nearest;
use naftiko_spec::read::{REPAIRS, RepairKind};
use naftiko_spec::rules::{Allow, Rule, rule, rules};
use std::fmt::Write as _;
use std::io;

/// The width of paragraphs.
const WIDTH: usize = 100;

pub(crate) fn run(given: &ArgMatches) -> Exit {
    let paint = Paint::of(&io::stdout());
    let Some(name) = given.get_one::<String>("rule") else { return print(&list(paint)) };
    if let Some(rule) = rule(name) {
        return print(&explain_rule(rule, paint));
    }
    if let Some(repair) = REPAIRS.iter().find(|repair| repair.code().eq_ignore_ascii_case(name)) {
        return print(&explain_repair(*repair, paint));
    }
    let near = nearest(name, rules().map(|rule| rule.name));
    let help = near.map_or_else(
        || "`naftiko explain` lists the rules and the repairs".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    eprint(&format!("error: unknown rule or repair `{}`: {help}\n", name.escape_debug()));
    Exit::Usage
}

fn list(paint: Paint) -> String {
    let width = rules().map(|rule| rule.name.len()).max().unwrap_or_default();
    let mut out = format!("{}\n", paint.bold("Rules:"));
    for rule in rules() {
        let severity = paint.level(rule.severity.as_str(), &format!("{:7}", rule.severity.as_str()));
        let _ = writeln!(out, "  {severity}  {:width$}  {}", rule.name, rule.summary);
    }
    let _ = writeln!(out, "\n{}", paint.bold("Repairs:"));
    for repair in REPAIRS {
        let _ = writeln!(out, "  {}  {}", repair.code(), repair.title());
    }
    out
}

fn explain_rule(rule: &Rule, paint: Paint) -> String {
    let allow = match rule.allow {
        Allow::Anywhere => format!(
            "If a finding is intended, allow it: `# naftiko: allow({}, reason = \"…\")` on the line above, or `--allow {0}`.",
            rule.name
        ),
        Allow::UnlessError => format!(
            "A finding that is a warning can be allowed: `# naftiko: allow({}, reason = \"…\")`, or `--allow {0}`.",
            rule.name
        ),
        Allow::Nowhere => "Its findings cannot be allowed.".to_owned(),
    };
    let in_traits = match rule.in_traits {
        Some(Allow::Nowhere) => " In a trait, each finding is an error and cannot be allowed.",
        Some(_) => " In a trait, each finding is an error unless it is allowed with a reason.",
        None => "",
    };
    format!(
        "{}: {}\n\n{}\n\n{}\n{}\n\n{}\n{}\n\n{}\n{}\n",
        paint.level(rule.severity.as_str(), &format!("{}[{}]", rule.severity, rule.name)),
        rule.summary,
        wrapped(rule.why),
        paint.bold("Wrong:"),
        indented(rule.wrong),
        paint.bold("Right:"),
        indented(rule.right),
        wrapped(&allow),
        wrapped(&format!("The level above is the rule's highest; some findings may have a lower one.{in_traits}")),
    )
}

fn explain_repair(repair: RepairKind, paint: Paint) -> String {
    let advice = if repair.stays() {
        "`naftiko export FILE --to naftiko` does not change this part; change it in the document."
    } else {
        "`naftiko export FILE --to naftiko` writes the repaired document."
    };
    format!(
        "{}: {}\n\n{}\n",
        paint.level("warning", &format!("repair[{}]", repair.code())),
        repair.title(),
        wrapped(&format!(
            "Published documents differ from the specification in many ways. If the intention is clear, the document is repaired \
             and the repair is reported. `--strict` refuses such documents. {advice} Allow the repair with \
             `# naftiko: allow({}, reason = \"…\")`, or `--allow {0}`.",
            repair.code()
        )),
    )
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Wraps a paragraph to lines of about [`WIDTH`] characters.
fn wrapped(text: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}
