//! The result of `naftiko check`: the findings in each file, the lines of the file, and the counts of findings.

use naftiko_spec::Diagnostic;

/// The findings in one file.
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) findings: Vec<Diagnostic>,
    /// The lines of the file, for displaying findings.
    pub(crate) lines: LineIndex,
}

/// The lines of a string, indexed once, so that looking up a line is fast.
pub(crate) struct LineIndex {
    text: String,
    starts: Vec<usize>,
}

impl LineIndex {
    /// Indexes the lines of a text, which end with LF, CR or CRLF.
    pub(crate) fn of(text: String) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// Returns the line with the given number (from 1), or an empty string if the text has fewer lines.
    pub(crate) fn line(&self, number: u64) -> &str {
        let index = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
        let Some(start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }
}

/// The counts in a report: files, findings by level, and allowed findings.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) files: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) infos: usize,
    pub(crate) allowed: usize,
}

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn cr_lf_and_crlf_end_a_line() {
        let lines = LineIndex::of("a\r\nb\rc\n\nd".to_owned());
        let all: Vec<_> = (0..7).map(|number| lines.line(number).to_owned()).collect();
        assert_eq!(all, ["", "a", "b", "c", "", "d", ""]);
    }
}
