//! Agent Skills: reading the front matter of a `SKILL.md`, and writing a `SKILL.md` from a document (Agent Skills
//! specification; SEP-2640 for skills over MCP).

use crate::lower::tool_name;
use crate::model::{Document, Expose, Hints, Skill, SkillTool, Tool};
use crate::names;
use crate::printable::{printable_markdown, printable_yaml};
use std::fmt::Write as _;

/// The name of the file that every skill contains.
pub const SKILL_MD: &str = "SKILL.md";

/// The maximum number of files in a skill; clients need not load larger skills.
pub const MAX_FILES: usize = 512;

/// The maximum size of a skill, in bytes; clients need not load larger skills.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The maximum nesting of folders in a skill.
pub const MAX_DEPTH: usize = 8;

/// The maximum length of a description, in characters.
const LONGEST_DESCRIPTION: usize = 1024;

/// Returns whether clients accept a skill with that name: 1 to 64 characters, lowercase letters and digits, with single
/// hyphens between words.
///
/// ```
/// assert!(naftiko_spec::skill::is_name("code-review"));
/// assert!(!naftiko_spec::skill::is_name("Code--Review"));
/// ```
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 64 && name.split('-').all(is_word)
}

/// Reads the front matter of the `SKILL.md` in the folder called `folder`: the YAML between its first two lines of three hyphens.
///
/// # Errors
/// Returns the reason why the file is not the `SKILL.md` of that folder.
#[cfg(feature = "yaml")]
pub fn front_matter(folder: &str, text: &str) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    use serde_json::Value;

    let missing =
        || "its front matter is missing: expected YAML between two lines of `---` at the start of the file".to_owned();
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some("---") {
        return Err(missing());
    }
    let (mut yaml, mut is_closed) = (String::new(), false);
    for line in lines {
        is_closed = line.trim_end() == "---";
        if is_closed {
            break;
        }
        yaml.push_str(line);
    }
    if !is_closed {
        return Err(missing());
    }
    let fields = crate::yaml::yaml_to_json(&yaml).map_err(|error| {
        // The first line of the file is not part of the YAML.
        let line = error.line().map(|line| format!(" (line {})", line + 1)).unwrap_or_default();
        format!("its front matter is not valid YAML: {}{line}", error.message())
    })?;
    let Value::Object(fields) = fields else {
        return Err("expected `name` and `description` in its front matter".to_owned());
    };
    let text_of = |key: &str| match fields.get(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.as_str()),
        Some(Value::String(_)) => Err(format!("`{key}` is empty in its front matter")),
        Some(_) => Err(format!("expected text for `{key}` in its front matter")),
        None => Err(format!("`{key}` is missing in its front matter")),
    };
    let (name, description) = (text_of("name")?, text_of("description")?);
    if !is_name(name) {
        return Err(format!("its name `{}` is not valid: {NAME_RULE}", crate::printable(name)));
    }
    if name != folder {
        let folder = crate::printable(folder);
        return Err(format!("its name is `{name}`, but its folder is `{folder}`: they must match"));
    }
    let length = description.chars().count();
    if length > LONGEST_DESCRIPTION {
        return Err(format!("its description has {length} characters, but the maximum is {LONGEST_DESCRIPTION}"));
    }
    Ok(fields)
}

/// The rule for names, as a part of a message.
pub const NAME_RULE: &str =
    "a skill's name has at most 64 characters: lowercase letters and digits, with single hyphens between words";

impl Skill {
    /// Writes the `SKILL.md` of a skill that has no folder.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let description: String = self.description.trim().chars().take(LONGEST_DESCRIPTION).collect();
        // A JSON string is a quoted scalar of YAML too.
        let quoted = serde_json::Value::from(description.trim()).to_string();
        let quoted = printable_yaml(&quoted);
        let mut text = format!("---\nname: {}\ndescription: {quoted}\n---\n", self.name);
        let title = self.label.clone().unwrap_or_else(|| names::label(&self.name));
        let _ = write!(text, "\n# {}\n\n{}\n", one_line(&title), self.description.trim());
        if !self.tools.is_empty() {
            self.write_tools(&mut text);
        }
        printable_markdown(&text.replace("\r\n", "\n")).into_owned()
    }

    /// Appends the section about the tools.
    fn write_tools(&self, text: &mut String) {
        text.push_str("\n## Tools\n\n");
        if let Some(server) = &self.server {
            let _ = writeln!(text, "The MCP server `{}` has these tools:\n", one_line(server));
        }
        for tool in &self.tools {
            let _ = write!(text, "- `{}`", one_line(&tool.name));
            if let Some(description) = tool.description.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
                let _ = write!(text, ": {}", description.replace('\n', "\n  "));
            }
            text.push_str(tool.effect());
            text.push('\n');
        }
    }

    /// Creates the skill of a document: its name, its description and the tools of its MCP adapters, in their order. Tools that
    /// need scopes are left out, since a skill is the same for all callers. Tools that are not served are left out, too: `is_served`
    /// gets the index of a tool's adapter in `exposes`, and the tool's name.
    #[must_use]
    pub fn of_document(document: &Document, is_served: impl Fn(usize, &str) -> bool) -> Self {
        let adapters = || {
            document.capability.exposes.iter().enumerate().filter_map(|(index, expose)| match expose {
                Expose::Mcp(mcp) => Some((index, mcp)),
                _ => None,
            })
        };
        let skill_tool = |tool: &Tool| SkillTool {
            name: tool_name(tool).to_owned(),
            description: tool.description.clone(),
            hints: tool.hints,
        };
        let mut tools: Vec<SkillTool> = Vec::new();
        let all = adapters().flat_map(|(index, mcp)| mcp.tools.iter().map(move |tool| (index, tool)));
        for (index, tool) in all.filter(|(_, tool)| tool.scopes.is_empty()) {
            let is_new = !tools.iter().any(|known| known.name == tool_name(tool));
            if is_new && is_served(index, tool_name(tool)) {
                tools.push(skill_tool(tool));
            }
        }
        let info = &document.info;
        Self {
            name: as_name(&info.label),
            label: Some(info.label.clone()).filter(|label| !label.trim().is_empty()),
            description: [&info.description, &info.label]
                .into_iter()
                .find(|text| !text.trim().is_empty())
                .cloned()
                .unwrap_or_else(|| "A capability without a description".to_owned()),
            location: None,
            server: adapters().next().map(|(_, mcp)| mcp.namespace.clone()),
            tools,
        }
    }
}

impl SkillTool {
    /// Returns a sentence about its declared effect, or an empty string.
    fn effect(&self) -> &'static str {
        match self.hints.unwrap_or_default() {
            Hints { read_only: Some(true), .. } => " It only reads.",
            Hints { destructive: Some(true), .. } => " It may destroy data: ask the user first.",
            _ => "",
        }
    }
}

/// Converts a label to a valid name of a skill.
fn as_name(label: &str) -> String {
    let kebab = names::kebab(label).to_ascii_lowercase();
    let words = kebab.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("-");
    name.truncate(64);
    match name.trim_end_matches('-') {
        "" => "capability".to_owned(),
        name => name.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(feature = "yaml")]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn all_keys_of_the_front_matter_are_read() {
        let text = "---\nname: pdf\ndescription: >\n  Reads\n  PDFs.\nmetadata: {a: [1, yes]}\n---\n# PDF\n---\n";
        let fields = front_matter("pdf", text).unwrap();
        assert_eq!(
            serde_json::Value::from(fields),
            json!({ "name": "pdf", "description": "Reads PDFs.\n", "metadata": { "a": [1, "yes"] } })
        );
        let windows = text.replace('\n', "\r\n");
        assert_eq!(front_matter("pdf", &windows).unwrap()["name"], "pdf");
    }

    #[test]
    fn an_invalid_front_matter_is_explained() {
        let long = format!("---\nname: a\ndescription: {}\n---\n", "x".repeat(1025));
        for (text, why) in [
            ("# A\n", "its front matter is missing"),
            ("---\nname: a\n", "its front matter is missing"),
            ("---\n---\n", "expected `name` and `description`"),
            ("---\n- a\n---\n", "expected `name` and `description`"),
            ("---\nname: a\n---\n", "`description` is missing in its front matter"),
            ("---\nname: a\ndescription: ' '\n---\n", "`description` is empty"),
            ("---\nname: 1\ndescription: d\n---\n", "expected text for `name`"),
            ("---\nname: a\nname: a\ndescription: d\n---\n", "not valid YAML"),
            ("---\nname: A\ndescription: d\n---\n", "its name `A` is not valid"),
            ("---\nname: b\ndescription: d\n---\n", "its name is `b`, but its folder is `a`"),
            (&long, "its description has 1025 characters"),
        ] {
            let found = front_matter("a", text).unwrap_err();
            assert!(found.contains(why), "{text:?}: {found}");
        }
    }

    #[test]
    fn names_follow_the_specification() {
        for name in ["a", "a-1", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a--b", "A", "a_b", "ä", "../a", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_written_skill_has_valid_front_matter() {
        let tool = |name: &str, description: &str, hints: Hints| SkillTool {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            hints: Some(hints),
        };
        let skill = Skill {
            name: "notes".to_owned(),
            label: None,
            description: "Keeps \"notes\": all of them.".to_owned(),
            location: None,
            server: Some("notes-mcp".to_owned()),
            tools: vec![
                tool("list", "Lists.", Hints { read_only: Some(true), ..Hints::default() }),
                tool("drop", "Deletes.", Hints { destructive: Some(true), ..Hints::default() }),
            ],
        };
        let text = skill.to_markdown();
        assert_eq!(front_matter("notes", &text).unwrap()["description"], "Keeps \"notes\": all of them.");
        let body = "# Notes\n\nKeeps \"notes\": all of them.\n\n## Tools\n\nThe MCP server `notes-mcp` has these tools:\n\n\
                    - `list`: Lists. It only reads.\n- `drop`: Deletes. It may destroy data: ask the user first.\n";
        assert!(text.ends_with(body), "{text}");
    }

    #[test]
    fn a_description_with_invisible_characters_and_windows_lines_is_kept() {
        let description = "Lists\u{202e}.\r\nOf \u{1f3f4}\u{e0067}\u{e007f}.";
        let mut document = Document::from_yaml("naftiko: 1.0.0-alpha2").unwrap();
        document.info.description = description.to_owned();
        let skill = Skill::of_document(&document, |_, _| true);
        let text = skill.to_markdown();
        assert_eq!(front_matter(&skill.name, &text).unwrap()["description"], description, "{text}");
        assert!(text.contains(r"\U000e0067") && !text.contains("\\r\nOf") && text.contains(".\nOf"), "{text}");
    }

    #[test]
    fn a_skill_of_blank_texts_has_valid_front_matter() {
        let long = format!("{}x", " ".repeat(LONGEST_DESCRIPTION));
        for (label, description, expected) in [
            ("Notes", " ", "Notes"),
            ("Notes", "\n\t", "Notes"),
            ("Notes", &*long, "x"),
            (" ", "Keeps them.", "Keeps them."),
            (" ", "", "A capability without a description"),
        ] {
            let mut document = Document::from_yaml("naftiko: 1.0.0-alpha2").unwrap();
            document.info.label = label.to_owned();
            document.info.description = description.to_owned();
            let skill = Skill::of_document(&document, |_, _| true);
            let text = skill.to_markdown();
            assert_eq!(front_matter(&skill.name, &text).unwrap()["description"], expected, "{text}");
            assert!(!text.contains("# \n"), "{text}");
        }
    }

    #[test]
    fn every_label_becomes_a_valid_name() {
        for (label, name) in [("Humanitec tokens", "humanitec-tokens"), ("Été 2", "t-2"), ("日本", "capability")] {
            assert_eq!(as_name(label), name);
        }
        assert!(is_name(&as_name(&"ab ".repeat(60))));
    }
}
