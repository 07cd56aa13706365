//! Reads paths: adds a missing first slash, and rewrites `{{name}}`, `${name}`, `<name>` and `:name` as `{name}`.

use super::reader::Reader;
use super::tree::Node;
use super::variables::{TemplateContext, split};
use crate::diagnostic::{RepairKind, plain};
use crate::template::folded;
use std::cell::OnceCell;
use std::collections::HashSet;

impl Reader {
    /// Reads the path of a resource or of an operation.
    pub(super) fn path(&mut self, node: Node) -> Option<String> {
        let place = node.place;
        let written = self.text("path", node)?;
        let mut path = written.trim().to_owned();
        if path != written {
            self.repair(RepairKind::ScalarType, place, "spaces around the path removed");
        }
        if path.starts_with("https://") || path.starts_with("http://") {
            let message = format!("`{}` is a whole URL; expected a path below the base URI", plain(&path));
            self.error(
                place,
                message,
                "move the scheme and the host to `baseUri`, and write the rest here: `path: /…`",
            );
            return None;
        }
        if let Some(braces) = self.braces(&path) {
            let message = format!("`{}` read as `{}`", plain(&path), plain(&braces));
            self.repair(RepairKind::PathBraces, place, message);
            path = braces;
        }
        if !path.is_empty() && !path.starts_with(['/', '?', '#']) {
            let message = format!("`{}` does not begin with a slash; read as `/{}`", plain(&path), plain(&path));
            self.repair(RepairKind::PathSlash, place, message);
            path.insert(0, '/');
        }
        self.record_variables(&path, place, TemplateContext::Credential);
        Some(path)
    }

    /// Rewrites the placeholders of a path as `{name}`, except variables; `None` if nothing changes.
    fn braces(&self, path: &str) -> Option<String> {
        let mut changed = false;
        let mut result = String::with_capacity(path.len());
        let mut rest = path;
        // The closing braces that the rest does not contain. They are not searched for again, so this takes linear time.
        let mut missing = Vec::new();
        while let Some(c) = rest.chars().next() {
            let (open, close) = match c {
                '{' if rest.starts_with("{{") => ("{{", "}}"),
                '$' if rest.starts_with("${{") => ("${{", "}}"),
                '$' if rest.starts_with("${") => ("${", "}"),
                '{' => ("{", "}"),
                '<' => ("<", ">"),
                ':' if result.ends_with('/') => (":", ""),
                _ => ("", ""),
            };
            let inside = rest.get(open.len()..).unwrap_or_default();
            let hole = match (open, close) {
                ("", _) => None,
                (":", _) => {
                    let end = inside.find('/').unwrap_or(inside.len());
                    Some((inside.get(..end).unwrap_or_default(), inside.get(end..).unwrap_or_default()))
                }
                _ if missing.contains(&close) => None,
                _ => inside.split_once(close).or_else(|| {
                    missing.push(close);
                    None
                }),
            };
            let Some((name, after)) = hole else {
                result.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            };
            let written = rest.get(..rest.len() - after.len()).unwrap_or_default();
            rest = after;
            match self.placeholder(open, name, after) {
                Some(placeholder) => {
                    changed |= placeholder != written;
                    result.push_str(&placeholder);
                }
                None => result.push_str(written),
            }
        }
        changed.then_some(result)
    }

    /// Returns the replacement of a placeholder; `None` if the text does not change. `open` is the text that opens the placeholder, such as
    /// `${` or `:`, and `after` is the rest of the path.
    fn placeholder(&self, open: &str, name: &str, after: &str) -> Option<String> {
        let name = name.trim();
        if open == "{" {
            // `{?page,limit}` only names query parameters (RFC 6570), so it is removed.
            return if name.starts_with('?') && after.is_empty() {
                Some(String::new())
            } else {
                Some(format!("{{{name}}}"))
            };
        }
        let (namespace, bare) = split(name);
        if open.ends_with("{{") && (namespace == Some("env") || self.declared.contains(name)) {
            return None;
        }
        let is_name = bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
        (is_name && bare.starts_with(|c: char| c.is_alphabetic() || c == '_')).then(|| format!("{{{bare}}}"))
    }
}

/// A path, and the names of its placeholders, which are collected at their first use.
pub(super) struct PlaceholderNames<'a> {
    pub(super) path: &'a str,
    folded: OnceCell<HashSet<String>>,
}

impl<'a> PlaceholderNames<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        Self { path, folded: OnceCell::new() }
    }

    /// Returns whether the path has a placeholder called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        let placeholders = || self.path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        self.folded.get_or_init(|| placeholders().map(|(name, _)| folded(name)).collect()).contains(&folded(name))
    }
}
