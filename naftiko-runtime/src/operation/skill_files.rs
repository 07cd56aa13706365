//! Reads the skills of a document's `type: skill` adapters: their folders, once, when the capability is created.

use super::skill::SkillFolder;
use crate::location::reason;
use bytes::Bytes;
use naftiko_spec::model::{Document, Expose, Skill};
use naftiko_spec::skill::{MAX_BYTES, MAX_DEPTH, MAX_FILES, SKILL_MD, front_matter, is_name};
use std::fs;
use std::path::{Path, PathBuf};

/// Reads the skills of a document; `find` returns the folder at a location. A skill that can't be served is logged and left out. If
/// several of the remaining skills of an adapter have the same name, the first is served.
pub(crate) fn skills(document: &Document, find: impl Fn(&str) -> Result<PathBuf, String>) -> Vec<SkillFolder> {
    let mut skills: Vec<SkillFolder> = Vec::new();
    for (expose, adapter) in document.capability.exposes.iter().enumerate() {
        let Expose::Skill(adapter) = adapter else { continue };
        for skill in &adapter.skills() {
            let name = naftiko_spec::printable(&skill.name);
            if skills.iter().any(|known| known.expose == expose && known.text("name") == Some(&*skill.name)) {
                continue;
            }
            match folder(expose, skill, &find) {
                Ok(folder) => skills.push(folder),
                Err(why) => tracing::warn!("the skill `{name}` is not served: {why}"),
            }
        }
    }
    skills
}

/// Reads the folder of a skill. Without a `location`, creates its `SKILL.md` from the document.
///
/// # Errors
/// Returns why the skill cannot be served.
fn folder(expose: usize, skill: &Skill, find: impl Fn(&str) -> Result<PathBuf, String>) -> Result<SkillFolder, String> {
    if !is_name(&skill.name) {
        return Err(naftiko_spec::skill::NAME_RULE.to_owned());
    }
    let Some(location) = &skill.location else {
        if skill.description.trim().is_empty() {
            return Err("it has neither a `location` nor a `description`".to_owned());
        }
        let text = skill.to_markdown();
        let front_matter = front_matter(&skill.name, &text)?;
        return Ok(SkillFolder { expose, front_matter, files: vec![(SKILL_MD.to_owned(), text.into())] });
    };
    let root = find(location)?;
    let mut files = Vec::new();
    let mut remaining = MAX_BYTES;
    read(&root, "", 0, &mut files, &mut remaining).map_err(|why| format!("its folder {why}"))?;
    let text = files.iter().find(|(path, _)| path == SKILL_MD).map(|(_, content)| content);
    let text = text.ok_or_else(|| format!("its folder has no `{SKILL_MD}`"))?;
    let text = std::str::from_utf8(text).map_err(|_| format!("its `{SKILL_MD}` is not UTF-8"))?;
    let front_matter = front_matter(&skill.name, text).map_err(|why| format!("its `{SKILL_MD}`: {why}"))?;
    Ok(SkillFolder { expose, front_matter, files })
}

/// Reads the files of a folder and its subfolders, except for hidden files and folders. `before` is the path of the folder in the skill,
/// and `remaining` is the number of bytes that its files may still have.
fn read(
    folder: &Path,
    before: &str,
    depth: usize,
    files: &mut Vec<(String, Bytes)>,
    remaining: &mut u64,
) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("cannot be read ({})", reason(&error));
    let entries = fs::read_dir(folder).map_err(cannot)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(cannot)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { return Err("has a file whose name is not UTF-8".to_owned()) };
        if name.starts_with('.') {
            continue;
        }
        let path = if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") };
        let shown = naftiko_spec::printable(&path).into_owned();
        let kind = entry.file_type().map_err(|error| format!("has `{shown}`, which {}", cannot(error)))?;
        if kind.is_dir() {
            if depth == MAX_DEPTH {
                return Err(format!("has more than {MAX_DEPTH} levels"));
            }
            read(&entry.path(), &path, depth + 1, files, remaining)?;
        } else if kind.is_file() {
            let content = content(&entry.path(), *remaining).map_err(|why| format!("has `{shown}`, which {why}"))?;
            *remaining = remaining.saturating_sub(content.len() as u64);
            if files.len() == MAX_FILES {
                return Err(format!("has more than {MAX_FILES} files"));
            }
            files.push((path, content.into()));
        } else {
            return Err(format!("has `{shown}`, which is neither a file nor a folder; links are not followed"));
        }
    }
    Ok(())
}

/// Reads a file of at most `most` bytes.
fn content(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    use std::io::Read as _;

    let cannot = |error: std::io::Error| format!("cannot be read ({})", reason(&error));
    let mut content = Vec::new();
    fs::File::open(file).map_err(cannot)?.take(most.saturating_add(1)).read_to_end(&mut content).map_err(cannot)?;
    if content.len() as u64 > most {
        return Err(format!("makes it larger than {} MiB", MAX_BYTES >> 20));
    }
    Ok(content)
}
