//! Reads the scalars of a YAML object as they are written.

use super::tree::{Node, Tree, parse_as_written};

/// A scalar: its key, its key in a nested object, and its text.
pub type Scalar = (String, Option<String>, String);

/// Returns the strings, numbers and booleans of a YAML object and of the objects in it, each as it is written: `0042` and `1.10` are
/// texts. Other values are left out.
///
/// ```
/// let scalars = naftiko_spec::read::scalars("pin: 0042\ndb: {port: 5432, hosts: [a]}\n").unwrap();
/// assert_eq!(scalars[0], ("pin".to_owned(), None, "0042".to_owned()));
/// assert_eq!(scalars[1], ("db".to_owned(), Some("port".to_owned()), "5432".to_owned()));
/// assert_eq!(scalars.len(), 2);
/// ```
///
/// # Errors
/// The line with the mistake, if the text is not a YAML object.
pub fn scalars(yaml: &str) -> Result<Vec<Scalar>, u64> {
    let root = parse_as_written(yaml).map_err(|found| found.location.map_or(1, |location| location.line))?;
    let line = u64::from(root.place.line);
    let Tree::Map(members, _) = root.tree else { return Err(line) };
    let text = |node: Node| match node.tree {
        Tree::Text(text) | Tree::Scalar(_, text) => Some(text),
        Tree::Null | Tree::List(_) | Tree::Map(..) => None,
    };
    let mut scalars = Vec::new();
    for member in members {
        match member.node {
            Node { tree: Tree::Map(inner, _), .. } => scalars
                .extend(inner.into_iter().filter_map(|own| Some((member.key.clone(), Some(own.key), text(own.node)?)))),
            node => scalars.extend(text(node).map(|text| (member.key, None, text))),
        }
    }
    Ok(scalars)
}
