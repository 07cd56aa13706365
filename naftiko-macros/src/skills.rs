//! Reads the folders of `#[capability(skills = "…")]`, and reports folders that are not skills.

use crate::errors::Errors;
use crate::keys::TextLiteral;
#[cfg(feature = "skills")]
use naftiko_spec::skill::front_matter;
use naftiko_spec::skill::{MAX_BYTES, MAX_DEPTH, MAX_FILES, SKILL_MD};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

/// A skill: a folder with a `SKILL.md`.
pub(crate) struct Skill {
    pub(crate) name: String,
    /// The location of its folder, as a document writes it.
    pub(crate) location: String,
    /// The front matter of its `SKILL.md`.
    pub(crate) front_matter: Map<String, Value>,
    /// Its files: the path in its folder, and its location as an expression.
    pub(crate) files: Vec<(String, TokenStream)>,
}

impl Skill {
    /// Returns its description.
    pub(crate) fn description(&self) -> Option<&Value> {
        self.front_matter.get("description")
    }
}

/// Reports that the feature that reads front matter is off.
#[cfg(not(feature = "skills"))]
pub(crate) fn read(path: &TextLiteral, _folder: &Path, errors: &mut Errors) -> Vec<Skill> {
    let help = "enable it in Cargo.toml: `naftiko = { …, features = [\"skills\"] }`";
    errors.add(path.span, "`skills` requires the feature `skills` of `naftiko`", help);
    Vec::new()
}

/// Reads the skills in the folder at `path`, which is relative to the crate's `folder`. Each problem is reported at the path in the
/// attribute.
#[cfg(feature = "skills")]
pub(crate) fn read(path: &TextLiteral, folder: &Path, errors: &mut Errors) -> Vec<Skill> {
    let written = path.value.trim_end_matches('/');
    let mut add = |message: String, help: &str| errors.add(path.span, message, help.to_owned());
    if written.is_empty() || Path::new(written).is_absolute() || written.split('/').any(|part| part == "..") {
        let message = format!("expected the path of a folder in the crate, found `{}`", path.value);
        add(message, "write a path relative to the folder of the crate's `Cargo.toml`");
        return Vec::new();
    }
    let names = match names(&folder.join(written)) {
        Ok(names) => names,
        Err(why) => {
            let message = format!("the skills in `{written}` cannot be read: {why}");
            add(message, "write the path of a readable folder, relative to the folder of the crate's `Cargo.toml`");
            return Vec::new();
        }
    };
    if names.is_empty() {
        add(format!("`{written}` has no skills"), "add a folder for each skill, with a `SKILL.md`");
    }
    let mut skills = Vec::new();
    for (name, is_utf_8) in names {
        let found = if is_utf_8 { skill(folder, written, &name) } else { Err("its name is not UTF-8".to_owned()) };
        match found {
            Ok(skill) => skills.push(skill),
            Err(why) => add(
                format!("`{written}/{name}` is not a skill: {why}"),
                "a skill is a folder with a `SKILL.md`, which starts with the front matter `name` and `description`",
            ),
        }
    }
    skills
}

/// Returns the names of the folders and links in a folder, without hidden ones, and whether each name is UTF-8.
#[cfg(feature = "skills")]
fn names(folder: &Path) -> Result<Vec<(String, bool)>, String> {
    let entries = fs::read_dir(folder).map_err(|error| io_error_text(&error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| io_error_text(&error))?;
        let name = entry.file_name();
        let is_utf_8 = name.to_str().is_some();
        let name = name.to_string_lossy().into_owned();
        // Links are kept, so that they are reported.
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file && !name.starts_with('.') {
            names.push((name, is_utf_8));
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Reads the skill `name` in `skills`, a folder that is relative to the crate's `folder`; the error says why it is not a skill.
#[cfg(feature = "skills")]
fn skill(folder: &Path, skills: &str, name: &str) -> Result<Skill, String> {
    let (mut files, mut left) = (Vec::new(), MAX_BYTES);
    let root = folder.join(skills).join(name);
    if fs::symlink_metadata(&root).is_ok_and(|metadata| metadata.is_symlink()) {
        return Err("it is a link".to_owned());
    }
    list(&root, "", 0, &mut files, &mut left)?;
    if !files.iter().any(|path| path == SKILL_MD) {
        return Err(format!("it has no `{SKILL_MD}`"));
    }
    let text = fs::read(root.join(SKILL_MD))
        .map_err(|error| format!("`{SKILL_MD}` cannot be read: {}", io_error_text(&error)))?;
    let text = String::from_utf8(text).map_err(|_| format!("`{SKILL_MD}` is not UTF-8"))?;
    let front_matter = front_matter(name, &text).map_err(|why| format!("`{SKILL_MD}`: {why}"))?;
    let embedded = |path: String| {
        let location = format!("/{skills}/{name}/{path}");
        (path, quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #location)))
    };
    Ok(Skill {
        name: name.to_owned(),
        location: format!("file://./{}/{name}", skills.trim_start_matches("./")),
        front_matter,
        files: files.into_iter().map(embedded).collect(),
    })
}

/// Lists the files below a folder, without hidden ones: `before` is the path of the folder in the skill, and `left` the number of bytes that
/// further files may have. Links are refused, since a skill must contain all its files.
#[cfg(feature = "skills")]
fn list(folder: &Path, before: &str, depth: usize, files: &mut Vec<String>, left: &mut u64) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| io_error_text(&error))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| io_error_text(&error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_str().ok_or("it has a file whose name is not UTF-8")?;
        if name.starts_with('.') {
            continue;
        }
        let path = if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") };
        let metadata =
            entry.metadata().map_err(|error| format!("`{path}` cannot be read: {}", io_error_text(&error)))?;
        if metadata.is_dir() {
            if depth == MAX_DEPTH {
                return Err(format!("it has more than {MAX_DEPTH} levels"));
            }
            list(&entry.path(), &path, depth + 1, files, left)?;
        } else if metadata.is_file() {
            *left = left
                .checked_sub(metadata.len())
                .ok_or_else(|| format!("its files are larger than {} MiB in total", MAX_BYTES >> 20))?;
            if files.len() == MAX_FILES {
                return Err(format!("it has more than {MAX_FILES} files"));
            }
            files.push(path);
        } else {
            return Err(format!("`{path}` is neither a file nor a folder; links are not followed"));
        }
    }
    Ok(())
}

/// Returns why a file or folder cannot be read, in the words of a message.
fn io_error_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(all(unix, feature = "skills"))]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;
    use proc_macro2::Span;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_folder_whose_name_is_not_utf_8_is_reported() {
        let root = std::env::temp_dir().join(format!("naftiko-macros-skills-{}", std::process::id()));
        let good = root.join("skills/good");
        fs::create_dir_all(&good).unwrap();
        fs::write(good.join(SKILL_MD), "---\nname: good\ndescription: Is good.\n---\n").unwrap();
        // Some file systems refuse such names.
        let is_created = fs::create_dir(root.join("skills").join(std::ffi::OsStr::from_bytes(b"caf\xe9"))).is_ok();
        let mut errors = Errors::default();
        let path = TextLiteral { value: "skills".to_owned(), span: Span::call_site().into() };
        let skills = read(&path, &root, &mut errors);
        fs::remove_dir_all(&root).unwrap();
        let names: Vec<_> = skills.iter().map(|skill| skill.name.as_str()).collect();
        assert_eq!(names, ["good"]);
        let found = errors.into_tokens().to_string();
        assert_eq!(found.contains("`skills/caf\u{fffd}` is not a skill: its name is not UTF-8"), is_created, "{found}");
    }
}
