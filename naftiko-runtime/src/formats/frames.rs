//! Splits a stream of bytes into items: lines of JSON (NDJSON), or events (Server-Sent Events).

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr2};

/// The `data` of the event after which APIs send nothing more: a convention, not part of the standard.
const DONE: &[u8] = b"[DONE]";

/// The way in which the items of a stream are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Each line is an item: NDJSON, JSON Lines, and JSON text sequences (RFC 7464) of one line each.
    Lines,
    /// Each event is an item: Server-Sent Events (the HTML standard, section 9.2).
    Events,
}

impl Framing {
    /// Returns the framing of a media type; `None` if the type does not determine it.
    pub(crate) fn of(content_type: &str) -> Option<Self> {
        let essence = essence(content_type);
        match essence.as_str() {
            "text/event-stream" => Some(Self::Events),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines"
            | "application/json-seq" => Some(Self::Lines),
            // Some APIs declare their lines as JSON.
            _ => naftiko_spec::model::is_json(&essence).then_some(Self::Lines),
        }
    }

    /// Returns whether a media type leaves open what the bytes are, so that the first line decides.
    pub(crate) fn is_open(content_type: &str) -> bool {
        matches!(essence(content_type).as_str(), "" | "text/plain" | "application/octet-stream")
    }

    /// Returns the framing of a stream by its first line that is not blank. No JSON text begins like a field of an event.
    fn of_line(line: &[u8]) -> Self {
        let fields: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b":"];
        if fields.iter().any(|field| line.starts_with(field)) { Self::Events } else { Self::Lines }
    }
}

/// Returns a media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// An item of a stream, or the end of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// An item: JSON, or the `data` of an event.
    Item(Bytes),
    /// The event that ends the stream.
    End,
}

/// The error for an item for which more bytes would have to be held than the limit allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OversizedItem;

/// A splitter of bytes, which arrive piece by piece, into items. It holds the current piece, and the beginning of one item.
pub(crate) struct FrameReader {
    /// `None` until the first line decides.
    framing: Option<Framing>,
    /// The maximum number of bytes that are held for an item: its data so far, and the line that is being read.
    limit: usize,
    /// The bytes that have not been read yet.
    rest: Bytes,
    /// The beginning of a line.
    line: BytesMut,
    /// The `data` of the current event: each line ends with a line feed.
    data: BytesMut,
    /// Whether the last line ended with a carriage return, so that a following line feed belongs to it.
    after_return: bool,
    /// Whether a byte-order mark can follow.
    at_start: bool,
}

impl FrameReader {
    /// Creates a reader. Without a framing, the first line decides.
    pub(crate) fn new(framing: Option<Framing>, limit: usize) -> Self {
        let (rest, line, data) = (Bytes::new(), BytesMut::new(), BytesMut::new());
        Self { framing, limit, rest, line, data, after_return: false, at_start: true }
    }

    /// Adds a piece. Call it when [`next`](Self::next) returns `None`.
    pub(crate) fn push(&mut self, piece: Bytes) {
        debug_assert!(self.rest.is_empty(), "a piece is read to its end before the next one");
        self.rest = piece;
    }

    /// Returns whether the items are events.
    pub(crate) fn is_of_events(&self) -> bool {
        self.framing == Some(Framing::Events)
    }

    /// Returns how many bytes are held for an item that has not arrived completely.
    pub(crate) fn held(&self) -> usize {
        self.line.len() + self.data.len()
    }

    /// Returns the next frame; `None` if it has not arrived completely.
    ///
    /// # Errors
    /// Returns an error if an item exceeds the limit.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, OversizedItem> {
        while let Some(line) = self.next_line()? {
            if let Some(frame) = self.read(&line) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// Returns the last item after the end of the bytes: a line without a line feed. An event without a blank line after it is
    /// incomplete, and is dropped.
    pub(crate) fn last(&mut self) -> Option<Bytes> {
        let line = self.whole(Bytes::new());
        match self.read(&line) {
            Some(Frame::Item(item)) if !self.is_of_events() => Some(item),
            _ => None,
        }
    }

    /// Returns the next line, without its line break.
    fn next_line(&mut self) -> Result<Option<Bytes>, OversizedItem> {
        if self.after_return && !self.rest.is_empty() {
            self.after_return = false;
            if self.rest.starts_with(b"\n") {
                self.rest.advance(1);
            }
        }
        let end = match self.framing {
            // A carriage return is whitespace in JSON.
            Some(Framing::Lines) => memchr(b'\n', &self.rest),
            _ => memchr2(b'\n', b'\r', &self.rest),
        };
        self.check(end.unwrap_or(self.rest.len()))?;
        let Some(end) = end else {
            self.line.extend_from_slice(&self.rest);
            self.rest = Bytes::new();
            return Ok(None);
        };
        let line = self.rest.split_to(end);
        self.after_return = self.rest.starts_with(b"\r");
        self.rest.advance(1);
        Ok(Some(self.whole(line)))
    }

    /// Checks that `more` bytes can be added without exceeding the limit.
    fn check(&self, more: usize) -> Result<(), OversizedItem> {
        if self.held().saturating_add(more) > self.limit { Err(OversizedItem) } else { Ok(()) }
    }

    /// Joins the held beginning of a line with its end, and removes a byte-order mark.
    fn whole(&mut self, end: Bytes) -> Bytes {
        let mut line = end;
        if !self.line.is_empty() {
            self.line.extend_from_slice(&line);
            line = std::mem::take(&mut self.line).freeze();
        }
        if std::mem::take(&mut self.at_start) && line.starts_with(super::text::MARK) {
            line.advance(super::text::MARK.len());
        }
        line
    }

    /// Reads a line. Returns the item that the line is or completes, or the end of the stream; `None` if more lines are needed.
    fn read(&mut self, line: &Bytes) -> Option<Frame> {
        // The separator of JSON text sequences is dropped.
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x1e;
        let Some(start) = line.iter().position(|byte| !is_blank(byte)) else {
            return if self.framing == Some(Framing::Lines) { None } else { self.field(line) };
        };
        match *self.framing.get_or_insert_with(|| Framing::of_line(&line[start..])) {
            Framing::Events => self.field(line),
            Framing::Lines => {
                let end = line.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
                Some(Frame::Item(line.slice(start..end)))
            }
        }
    }

    /// Reads a line of an event. Returns the event at the blank line after it; `None` for other lines.
    fn field(&mut self, line: &[u8]) -> Option<Frame> {
        if line.is_empty() {
            let mut data = std::mem::take(&mut self.data).freeze();
            if data.is_empty() {
                return None;
            }
            data.truncate(data.len() - 1);
            return Some(if data.trim_ascii() == DONE { Frame::End } else { Frame::Item(data) });
        }
        let (name, value) = match memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        // The other fields are not needed: `id` and `retry` are for reconnecting, which would repeat the request, and the data
        // usually contains the name of the event too.
        if name == b"data" {
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            self.data.extend_from_slice(b"\n");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;

    /// Returns all items of these pieces, and whether an event ended the stream.
    fn read(framing: Option<Framing>, limit: usize, pieces: &[&[u8]]) -> Result<(Vec<Bytes>, bool), OversizedItem> {
        let (mut reader, mut items) = (FrameReader::new(framing, limit), Vec::new());
        for piece in pieces {
            reader.push(Bytes::copy_from_slice(piece));
            while let Some(frame) = reader.next()? {
                match frame {
                    Frame::Item(item) => items.push(item),
                    Frame::End => return Ok((items, true)),
                }
            }
            assert!(reader.held() <= limit, "{} bytes held", reader.held());
        }
        items.extend(reader.last());
        Ok((items, false))
    }

    fn events(text: &str) -> Vec<Bytes> {
        read(Some(Framing::Events), 1000, &[text.as_bytes()]).unwrap().0
    }

    fn lines(text: &str) -> Vec<Bytes> {
        read(Some(Framing::Lines), 1000, &[text.as_bytes()]).unwrap().0
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        assert_eq!(events("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        let four = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event";
        // The last one has no blank line after it.
        assert_eq!(events(four), ["first event", "second event"]);
        assert_eq!(events(&format!("{four}\n\n")), ["first event", "second event", " third event"]);
        assert_eq!(events("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(events("data:test\n\ndata: test\n\n"), ["test", "test"]);
    }

    #[test]
    fn lines_of_events_end_in_three_ways() {
        for end in ["\n", "\r", "\r\n"] {
            let text = format!("\u{feff}event: add{end}data: 1{end}{end}: comment{end}data: 2{end}data: 3{end}{end}");
            assert_eq!(events(&text), ["1", "2\n3"], "{end:?}");
        }
        assert_eq!(events("data: 1\r\rdata: 2\r\n\r\n"), ["1", "2"]);
        // Only one mark is skipped, and only at the start.
        assert!(events("\u{feff}\u{feff}data: 1\n\n").is_empty());
        assert!(events("\n\u{feff}data: 1\n\n").is_empty());
    }

    #[test]
    fn only_data_fields_have_an_effect() {
        assert_eq!(events("Data: no\n data: no\nevent: x\nretry: 10\ndata: {}\nunknown\n\n"), ["{}"]);
        assert!(events("event: x\nid: 3\n\n").is_empty());
    }

    #[test]
    fn done_ends_a_stream_of_events() {
        let done = |text: &str| read(Some(Framing::Events), 100, &[text.as_bytes()]).unwrap();
        assert_eq!(done("data: 1\n\ndata: [DONE]\n\ndata: 2\n\n"), (vec!["1".into()], true));
        assert_eq!(done("data: [DONE]\ndata: x\n\n"), (vec!["[DONE]\nx".into()], false));
    }

    #[test]
    fn lines_are_items() {
        assert_eq!(lines("\u{feff}{\"a\":1}\n\n 2 \r\n\"x\"\n\t\r\n[3]"), ["{\"a\":1}", "2", "\"x\"", "[3]"]);
        assert_eq!(lines("\u{1e}{}\n\u{1e}1\n\u{1e}"), ["{}", "1"]);
        assert!(lines("\r\n \n").is_empty());
    }

    #[test]
    fn the_media_type_or_the_first_line_decides() {
        for (name, framing) in [
            ("text/event-stream; charset=utf-8", Some(Framing::Events)),
            ("application/x-ndjson", Some(Framing::Lines)),
            ("Application/JSONL", Some(Framing::Lines)),
            ("application/json-seq", Some(Framing::Lines)),
            ("application/stream+json", Some(Framing::Lines)),
            ("application/json", Some(Framing::Lines)),
            ("text/html", None),
        ] {
            assert_eq!(Framing::of(name), framing, "{name}");
            assert!(!Framing::is_open(name), "{name}");
        }
        assert!(Framing::is_open("") && Framing::is_open("text/plain; charset=utf-8"));
        for text in ["data: 1\n\n", ": hello\n\ndata: 1\n\n", "\u{feff}\n\nid: 3\ndata: 1\n\n", "\r\n1\r\n", "\n\n1"] {
            assert_eq!(read(None, 100, &[text.as_bytes()]).unwrap().0, ["1"], "{text:?}");
        }
    }

    #[test]
    fn an_item_that_is_too_large_is_refused() {
        for (framing, text) in [
            (Framing::Lines, "123456789"),
            (Framing::Lines, "123456789\n"),
            (Framing::Events, "data: 12345678"),
            (Framing::Events, ": 12345678\n"),
            (Framing::Events, "data:1\ndata:1\ndata:1\n"),
        ] {
            assert_eq!(read(Some(framing), 8, &[text.as_bytes()]), Err(OversizedItem), "{text}");
        }
        assert_eq!(read(Some(Framing::Lines), 8, &[b"12345678\n12345678\n"]).unwrap().0.len(), 2);
    }

    /// Reads the items of a whole string, independently of the code under test.
    fn expected(text: &str) -> Vec<String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
        let mut items = Vec::new();
        let mut data: Vec<&str> = Vec::new();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in complete.split('\n').filter(|_| !text.is_empty()) {
            match line.split_once(':').unwrap_or((line, "")) {
                _ if line.is_empty() && !data.is_empty() => items.push(std::mem::take(&mut data).join("\n")),
                ("data", value) => data.push(value.strip_prefix(' ').unwrap_or(value)),
                _ => {}
            }
        }
        items
    }

    /// Splits bytes at the given positions.
    fn split<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
    }

    proptest! {
        #[test]
        fn events_are_the_same_however_they_are_split(
            text in "\u{feff}?(data|data:|data: |id|:|event: |[a-c]|\\{\\}|é|\r|\n|\r\n| ){0,40}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let whole = events(&text);
            prop_assert_eq!(&whole, &expected(&text));
            prop_assert_eq!(&read(Some(Framing::Events), 1000, &split(text.as_bytes(), &cuts)).unwrap().0, &whole);
        }

        #[test]
        fn lines_are_the_same_however_they_are_split(
            values in prop::collection::vec(any::<(i64, String)>(), 0..6),
            end in prop::sample::select(vec!["\n", "\r\n", "\n\n", " \n\t\r\n"]),
            last in any::<bool>(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let items: Vec<String> = values.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
            let text = items.join(end) + if last { end } else { "" };
            for framing in [Some(Framing::Lines), None] {
                let read = read(framing, 100_000, &split(text.as_bytes(), &cuts)).unwrap().0;
                prop_assert_eq!(&read, &items);
            }
        }

        #[test]
        fn any_bytes_are_read_within_the_limit(
            bytes in prop::collection::vec(prop::sample::select(b"data: \r\n{}x\xef\xbb\xbf\x1e\xff".to_vec()), 0..200),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            limit in 0_usize..40,
        ) {
            for framing in [None, Some(Framing::Lines), Some(Framing::Events)] {
                // Whether the limit is exceeded does not depend on how the bytes are split.
                let (whole, pieces) = (read(framing, limit, &[&bytes]), read(framing, limit, &split(&bytes, &cuts)));
                prop_assert_eq!(&whole, &pieces);
                if let Ok((items, _)) = whole {
                    prop_assert!(items.iter().all(|item| item.len() <= limit));
                }
            }
        }
    }
}
