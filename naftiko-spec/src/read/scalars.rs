//! Reads the scalars of a YAML object as they are written, and names the types of its other values.

use super::tree::{Node, Tree, parse_as_written};

/// A value of a YAML object: its key at the top level, its key in the nested object if it is in one, and its text. For
/// an array or an object, the text is an `Err` with `an array` or `an object`.
pub type Scalar = (String, Option<String>, Result<String, &'static str>);

/// Returns the strings, numbers and booleans of a YAML object and of the objects in it, each as it is written: `0042` and `1.10` are
/// texts. Arrays and objects are an `Err` with the name of their type, and nulls are left out.
///
/// ```
/// let scalars = naftiko_spec::read::scalars("pin: 0042\ndb: {port: 5432, hosts: [a]}\n").unwrap();
/// assert_eq!(scalars[0], ("pin".to_owned(), None, Ok("0042".to_owned())));
/// assert_eq!(scalars[1], ("db".to_owned(), None, Err("an object")));
/// assert_eq!(scalars[2], ("db".to_owned(), Some("port".to_owned()), Ok("5432".to_owned())));
/// assert_eq!(scalars[3], ("db".to_owned(), Some("hosts".to_owned()), Err("an array")));
/// ```
///
/// # Errors
/// Returns the line with the mistake if the text is not a YAML object.
pub fn scalars(yaml: &str) -> Result<Vec<Scalar>, u64> {
    let root = parse_as_written(yaml).map_err(|found| found.location.map_or(1, |location| location.line))?;
    let line = u64::from(root.place.line);
    let Tree::Map(members, _) = root.tree else { return Err(line) };
    let text = |node: Node| match node.tree {
        Tree::Text(text) | Tree::Scalar(_, text) => Some(Ok(text)),
        Tree::List(_) => Some(Err("an array")),
        Tree::Map(..) => Some(Err("an object")),
        Tree::Null => None,
    };
    let mut scalars = Vec::new();
    for member in members {
        let key = member.key;
        match member.node {
            Node { tree: Tree::Map(inner, _), .. } => {
                scalars.push((key.clone(), None, Err("an object")));
                let inner = inner.into_iter();
                scalars.extend(inner.filter_map(|own| Some((key.clone(), Some(own.key), text(own.node)?))));
            }
            node => scalars.extend(text(node).map(|text| (key, None, text))),
        }
    }
    Ok(scalars)
}
