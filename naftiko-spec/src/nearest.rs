//! Suggestions for unknown names: "did you mean …?"

use crate::template::same_name;
use std::cell::Cell;

/// The maximum length of a compared name, in bytes; a longer name is not a typing mistake, and comparing takes quadratic time.
const MAX_LENGTH: usize = 100;

/// Returns the candidate nearest to an unknown name; `None` if no candidate is close enough.
///
/// Names that differ only in case, `_` and `-` are nearest, followed by names with at most one typing mistake in three
/// characters. Among equally near names, the first is returned.
///
/// ```
/// use naftiko_spec::nearest;
///
/// assert_eq!(nearest("base_url", ["namespace", "base_uri"]), Some("base_uri"));
/// assert_eq!(nearest("colour", ["namespace", "base_uri"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_LENGTH {
        return None;
    }
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .inspect(|_| count_comparison())
        .filter(|candidate| candidate.len() <= MAX_LENGTH)
        .filter_map(|candidate| {
            let distance = if same_name(candidate, name) {
                0
            } else {
                strsim::damerau_levenshtein(&candidate.to_lowercase(), &lower)
            };
            let longest = candidate.chars().count().max(name.chars().count());
            (distance <= longest / 3).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Counts a comparison of two names. Only tests count.
fn count_comparison() {
    #[cfg(test)]
    COMPARISONS.set(COMPARISONS.get() + 1);
}

#[cfg(test)]
thread_local! {
    /// The number of comparisons so far.
    pub(crate) static COMPARISONS: Cell<usize> = const { Cell::new(0) };
}

/// Suggestions for many names. The total number of comparisons is limited, because each unknown name is compared with every candidate.
#[derive(Debug)]
pub(crate) struct Suggestions {
    /// How many comparisons may still be made.
    comparisons: Cell<usize>,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self { comparisons: Cell::new(30_000) }
    }
}

impl Suggestions {
    /// Returns the [`nearest`] candidate. Candidates beyond the limit are not compared.
    pub(crate) fn nearest<'a>(&self, name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let remaining = self.comparisons.get();
        let mut made = 0;
        let near = nearest(name, candidates.take(remaining).inspect(|_| made += 1));
        self.comparisons.set(remaining - made);
        near
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_mistakes_are_found_and_other_names_are_not() {
        assert_eq!(nearest("user-id", ["id", "userId"]), Some("userId"));
        assert_eq!(nearest("tokne", ["token", "tokens"]), Some("token"));
        assert_eq!(nearest("ids", ["x", "id"]), Some("id"));
        assert_eq!(nearest("x", ["y", "xy"]), None);
        assert_eq!(nearest("limit", ["offset", "ordering"]), None);
        assert_eq!(nearest("", ["offset"]), None);
        assert_eq!(nearest("offset", []), None);
    }

    #[test]
    fn a_name_of_ten_thousand_characters_is_not_compared() {
        let long = "a".repeat(10_000);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        // The two names differ in one character, but one of them exceeds the maximum length.
        let (longest, longer) = ("a".repeat(100), "a".repeat(101));
        assert_eq!(nearest(&longest, [longer.as_str()]), None);
        assert_eq!(nearest(&longer, [longest.as_str()]), None);
    }
}
