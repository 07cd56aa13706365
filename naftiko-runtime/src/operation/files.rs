//! The files that MCP adapters serve: the files of resources and prompts with a `location`, and the files of skills.
#![cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP serves them"))]

use super::Capability;
use super::skill::SkillFolder;
use crate::error::{Error, Result};
use crate::location::reason;
use naftiko_spec::model::{Document, Expose, ExposeMcp, McpPrompt};
use naftiko_spec::rules::{PromptMismatch, prompt_mismatches};
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of MCP resources, prompts and skills.
#[derive(Debug, Default)]
pub(crate) struct OfferedFiles {
    /// The files and folders of resources and prompts, by the text of `location` in the document; `Err` says why one
    /// cannot be read.
    locations: HashMap<String, std::result::Result<PathBuf, String>>,
    /// The skills.
    pub(crate) skills: Vec<SkillFolder>,
}

impl OfferedFiles {
    /// Finds the files and folders of the resources and prompts of a document. `find` returns the path of a location, or why it cannot be
    /// read.
    pub(crate) fn find(
        document: &Document,
        find: impl Fn(&str) -> std::result::Result<PathBuf, String>,
        skills: Vec<SkillFolder>,
    ) -> Self {
        let locations = located(document).map(|(_, _, location)| (location.to_owned(), find(location)));
        Self { locations: locations.collect(), skills }
    }

    /// Finds the files and folders of a trait. Relative locations are resolved against the folder that the program runs in.
    pub(super) fn of_trait(document: &Document, skills: Vec<SkillFolder>) -> Self {
        Self::find(document, in_working_directory, skills)
    }

    /// Finds the files and folders of a document that implements a trait, as [`of_trait`](Self::of_trait) does, and reads its skills.
    pub(super) fn of_implementing_document(document: &Document) -> Self {
        #[cfg(feature = "document")]
        let skills = super::skill_files::skills(document, in_working_directory);
        #[cfg(not(feature = "document"))]
        let skills = Vec::new();
        Self::of_trait(document, skills)
    }

    /// Checks that the files and folders of a document can be read, that the files of prompts have at most `limit` bytes, and that
    /// their placeholders are the arguments of the prompts.
    pub(crate) fn check(&self, document: &Document, limit: usize) -> Result<()> {
        let wrong = located(document).filter_map(|(what, name, location)| {
            let why = self.locations.get(location)?.as_ref().err()?;
            Some(format!("the location of the {what} `{name}`: {why}"))
        });
        let mismatched =
            adapters(document).flat_map(|mcp| &mcp.prompts).flat_map(|prompt| self.mismatched(prompt, limit));
        let wrong: Vec<String> = wrong.chain(mismatched).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Error::configuration(wrong.join("\n"))) }
    }

    /// Reads the file of a prompt, and compares its placeholders with the arguments of the prompt. Returns a message for each
    /// difference, or why the file cannot be used; no message if the prompt has no file, or if its file was not found.
    fn mismatched(&self, prompt: &McpPrompt, limit: usize) -> Vec<String> {
        let found = prompt.location.as_ref().and_then(|location| self.locations.get(location));
        let Some(Ok(path)) = found else { return Vec::new() };
        match prompt_text(path, limit) {
            Ok(text) => {
                let found = prompt_mismatches([text.as_str()], &prompt.arguments).into_iter();
                let line = |found: PromptMismatch| {
                    format!("the file of the prompt `{}`: {}; {}", prompt.name, found.message, found.help)
                };
                found.map(line).collect()
            }
            Err(why) => vec![format!("the location of the prompt `{}`: {why}", prompt.name)],
        }
    }
}

/// Reads the file of a prompt.
///
/// # Errors
/// Returns why the file cannot be used: it is not a file of UTF-8 text, has more than `limit` bytes, or cannot be read.
pub(crate) fn prompt_text(path: &Path, limit: usize) -> std::result::Result<String, String> {
    let unusable = |why: String| format!("`{}` {why}", path.display());
    // Reading anything else, such as a pipe, may never end.
    if !path.is_file() {
        return Err(unusable("is not a file".to_owned()));
    }
    let mut text = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut text));
    read.map_err(|error| unusable(format!("cannot be read ({})", reason(&error))))?;
    if text.len() > limit {
        return Err(unusable(format!("is larger than the limit of {limit} bytes")));
    }
    String::from_utf8(text).map_err(|_| unusable("is not UTF-8 text".to_owned()))
}

/// Returns the MCP adapters of a document.
fn adapters(document: &Document) -> impl Iterator<Item = &ExposeMcp> {
    document.capability.exposes.iter().filter_map(|expose| match expose {
        Expose::Mcp(mcp) => Some(mcp),
        _ => None,
    })
}

/// Returns the resources and prompts of a document that have a location: what each is, its name and its location.
fn located(document: &Document) -> impl Iterator<Item = (&'static str, &str, &str)> {
    adapters(document).flat_map(|mcp| {
        let resources = mcp.resources.iter().map(|resource| ("resource", &resource.name, &resource.location));
        let prompts = mcp.prompts.iter().map(|prompt| ("prompt", &prompt.name, &prompt.location));
        resources.chain(prompts).filter_map(|(what, name, location)| Some((what, name.as_str(), location.as_deref()?)))
    })
}

/// Returns the file or folder at a location of a trait. Links are followed at each request, not here: Kubernetes updates a mounted
/// folder by changing a link.
#[cfg(feature = "mcp")]
fn in_working_directory(location: &str) -> std::result::Result<PathBuf, String> {
    let folder = std::env::current_dir()
        .map_err(|error| format!("the working directory cannot be read ({})", reason(&error)))?;
    let path = crate::location::path(&folder, location)?;
    match path.canonicalize() {
        Ok(_) => Ok(path),
        Err(error) => Err(format!("`{}` cannot be read ({})", path.display(), reason(&error))),
    }
}

#[cfg(not(feature = "mcp"))]
fn in_working_directory(_: &str) -> std::result::Result<PathBuf, String> {
    Err("it requires the feature `mcp` of `naftiko`".to_owned())
}

impl Capability {
    /// Checks that the files and folders of its MCP resources and prompts can be read (those with a `location`), and that the
    /// placeholders in the file of a prompt are the arguments of the prompt. `serve` calls this at startup. In a server of your own,
    /// call it before you mount the adapters: a resource whose folder is missing is logged and not served.
    ///
    /// # Errors
    /// Returns an error that lists the locations that cannot be read, and the placeholders and arguments that do not match.
    #[cfg(feature = "mcp")]
    pub fn check_files(&self) -> Result<()> {
        self.files().check(self.document(), self.limits().blob)
    }

    /// Returns the file or folder at a location of the document, or why it cannot be read; `None` if the document was not opened for
    /// calls.
    #[cfg(feature = "mcp")]
    pub(crate) fn file(&self, location: &str) -> Option<std::result::Result<&PathBuf, &String>> {
        self.files().locations.get(location).map(std::result::Result::as_ref)
    }

    /// Returns its skills.
    #[cfg(feature = "mcp")]
    pub(crate) fn skills(&self) -> &[SkillFolder] {
        &self.files().skills
    }
}
