//! Parses paths: splits them into segments, and converts variants to standard JSONPath.

use super::cost::Cost;
use super::form::{Form, QueryPart, Step};
use serde_json_path::JsonPath;

/// The maximum length of a path, in bytes.
const MAX_LENGTH: usize = 2048;

/// The maximum number of brackets, parentheses, filters and negations in a segment; each may double the time to parse it.
const MAX_OPERATORS: usize = 12;

/// The functions of filters that are supported (RFC 9535, section 2.4).
const FUNCTIONS: [&str; 3] = ["length", "count", "value"];

/// A segment as written.
struct Segment<'a> {
    /// Whether it follows `..`.
    descends: bool,
    kind: SegmentKind<'a>,
}

enum SegmentKind<'a> {
    Name(&'a str),
    Wildcard,
    /// The text between brackets.
    Bracket(&'a str),
}

/// Parses a path. The error says what is wrong, as a sentence about the path: "it is empty".
pub(super) fn parse(source: &str) -> Result<Form, String> {
    if source.len() > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} bytes"));
    }
    let segments = segments(source.trim())?;
    if let Some(steps) = segments.iter().map(Segment::step).collect() {
        return Ok(Form::Steps(steps));
    }
    if let Some(name) = segments.iter().find_map(Segment::unsupported_function) {
        return Err(format!("the function `{name}` is not supported; `length`, `count` and `value` are"));
    }
    let standard = standard(&segments);
    let query = JsonPath::parse(&standard).map_err(|error| error.to_string())?;
    let first = segments.split_first().and_then(|(first, rest)| match first.step()? {
        Step::Name(name) => Some((name, self::standard(rest))),
        Step::Index(_) => None,
    });
    let singular = segments.iter().all(Segment::is_singular);
    let parts = parts(&segments)?;
    Ok(Form::Query { query: Box::new(query), cost: cost(&segments), singular, first, parts })
}

/// Returns the name of an unsupported function in a path.
pub(super) fn unsupported_function(source: &str) -> Option<&str> {
    segments(source.trim()).ok()?.iter().find_map(Segment::unsupported_function)
}

/// Splits a path before and after each segment that selects elements of a member. Returns no parts if no segment does that, or if
/// a filter refers to the whole value (`$`), because a part is not evaluated on the whole value.
fn parts(segments: &[Segment<'_>]) -> Result<Vec<QueryPart>, String> {
    let reads_root = |inside: &str| bare(inside).any(|(_, c)| c == '$');
    let has_root =
        segments.iter().any(|segment| matches!(segment.kind, SegmentKind::Bracket(inside) if reads_root(inside)));
    // A path may be the rest of a split path. Then a name precedes it, and its first segment may select elements of a member.
    let mut follows_name = true;
    let mut ranges: Vec<(&[Segment<'_>], bool)> = Vec::new();
    let mut start = 0;
    for (number, segment) in segments.iter().enumerate() {
        if follows_name && segment.is_elements() {
            ranges.extend(segments.get(start..number).map(|before| (before, false)));
            ranges.extend(segments.get(number..=number).map(|elements| (elements, true)));
            start = number + 1;
        }
        follows_name = segment.is_name();
    }
    if start == 0 || has_root {
        return Ok(Vec::new());
    }
    ranges.extend(segments.get(start..).map(|rest| (rest, false)));
    ranges.retain(|(segments, _)| !segments.is_empty());
    let part = |(segments, is_elements)| {
        let query = JsonPath::parse(&standard(segments)).map_err(|error| error.to_string())?;
        Ok(QueryPart { query, is_elements })
    };
    ranges.into_iter().map(part).collect()
}

/// Returns the segments of a path.
fn segments(source: &str) -> Result<Vec<Segment<'_>>, String> {
    // Documents write `@` instead of `$` for the elements of a list.
    let mut rest = match source.strip_prefix(['$', '@']) {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[', ' ']) => rest,
        _ if source.is_empty() => return Err("it is empty".to_owned()),
        _ => source,
    };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let dots = rest.len() - rest.trim_start_matches('.').len();
        rest = rest.trim_start_matches('.').trim_start();
        let descends = dots == 2;
        if dots > 2 {
            return Err("it has more than two dots in a row".to_owned());
        }
        if rest.is_empty() {
            return if descends { Err("expected a name or `[` after `..`".to_owned()) } else { Ok(found) };
        }
        let kind = if let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside)?;
            rest = inside.get(end + 1..).unwrap_or_default();
            SegmentKind::Bracket(inside.get(..end).unwrap_or_default().trim())
        } else {
            let (name, after) = rest.split_at(name_end(rest));
            rest = after;
            match name.trim_end() {
                "*" => SegmentKind::Wildcard,
                "length()" | "size()" if after.is_empty() => SegmentKind::Name("length"),
                name if name.contains(|c: char| "()?,'\"*|{}<>=!&\\]".contains(c) || c.is_control()) => {
                    return Err(format!("`{name}` is not a name; write a name with such characters as `['…']`"));
                }
                name => SegmentKind::Name(name),
            }
        };
        found.push(Segment { descends, kind });
    }
}

/// Returns the end of the name that a path begins with. A name ends at a dot or a bracket; only the name of an annotation of `OData`
/// contains dots: `@odata.nextLink`, `owner@odata.type` and `@microsoft.graph.downloadUrl` are each the name of one member.
fn name_end(rest: &str) -> usize {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let namespace = rest.get(..end).and_then(|name| Some(name.split_once('@')?.1));
    let is_annotation =
        |namespace: &str| namespace.eq_ignore_ascii_case("odata") || namespace.eq_ignore_ascii_case("microsoft");
    if !namespace.is_some_and(is_annotation) {
        return end;
    }
    let whole = rest.split("..").next().unwrap_or(rest);
    let whole = whole.split('[').next().unwrap_or(whole);
    whole.trim_end().trim_end_matches('.').len()
}

/// Returns the position of the `]` that closes a bracket; `inside` is the text after its `[`.
fn closing(inside: &str) -> Result<usize, String> {
    let (mut open_brackets, mut operators) = (0_usize, 0_usize);
    for (at, c) in bare(inside) {
        match c {
            ']' if open_brackets == 0 => return Ok(at),
            '[' | '(' | '?' | '!' => {
                open_brackets += usize::from(c == '[');
                operators += 1;
            }
            ']' => open_brackets -= 1,
            _ => {}
        }
        if operators > MAX_OPERATORS {
            return Err(format!(
                "it has more than {MAX_OPERATORS} brackets, parentheses, filters and negations in one segment"
            ));
        }
    }
    Err("a `[` is not closed".to_owned())
}

/// Returns the characters outside quotes, with their positions in bytes.
fn bare(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text.char_indices().filter(move |(_, c)| {
        let c = *c;
        if let Some(open) = quote {
            if c == open && !escaped {
                quote = None;
            }
            escaped = c == '\\' && !escaped;
            return false;
        }
        if matches!(c, '\'' | '"') {
            quote = Some(c);
        }
        quote.is_none()
    })
}

impl<'a> Segment<'a> {
    /// Returns the name of an unsupported function in a filter: any except [`FUNCTIONS`]. `match` and `search` of RFC 9535 are not
    /// supported because they need an engine for regular expressions.
    fn unsupported_function(&self) -> Option<&'a str> {
        let SegmentKind::Bracket(inside) = self.kind else { return None };
        let mut names = bare(inside).filter(|(_, c)| *c == '(').map(|(at, _)| {
            let before = inside.get(..at).unwrap_or_default();
            let start = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
            // After `.`, `@` or `$`, the name is the name of a member, not of a function.
            let is_member = before.get(..start).is_some_and(|before| before.ends_with(['.', '@', '$']));
            before.get(start..).filter(|_| !is_member).unwrap_or_default()
        });
        names.find(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && !FUNCTIONS.contains(name))
    }
}

impl Segment<'_> {
    /// Returns the segment, if it is a name or an index.
    fn step(&self) -> Option<Step> {
        if self.descends {
            return None;
        }
        match self.kind {
            SegmentKind::Name(name) => Some(Step::Name(name.to_owned())),
            SegmentKind::Wildcard => None,
            SegmentKind::Bracket(inside) => match quoted(inside) {
                Some(name) => Some(Step::Name(name.to_owned())),
                None => index(inside).map(Step::Index),
            },
        }
    }

    /// Returns whether it selects members by their names.
    fn is_name(&self) -> bool {
        match self.kind {
            SegmentKind::Name(_) => true,
            SegmentKind::Wildcard => false,
            SegmentKind::Bracket(inside) => inside.starts_with(['\'', '"']),
        }
    }

    /// Returns whether it selects elements of a list, as a bracket without names does.
    fn is_elements(&self) -> bool {
        !self.descends && matches!(self.kind, SegmentKind::Bracket(_)) && !self.is_name()
    }

    /// Returns whether it selects at most one value.
    fn is_singular(&self) -> bool {
        let one_name = |inside: &str| inside.starts_with(['\'', '"']) && bare(inside).next().is_none();
        !self.descends
            && (self.step().is_some() || matches!(self.kind, SegmentKind::Bracket(inside) if one_name(inside)))
    }
}

/// Returns the name between quotes, if it is a single name without escapes.
fn quoted(inside: &str) -> Option<&str> {
    let quote = inside.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let name = inside.strip_prefix(quote)?.strip_suffix(quote)?;
    (!name.contains(|c: char| c == quote || c == '\\' || c.is_control())).then_some(name)
}

/// Parses an index in standard syntax.
fn index(inside: &str) -> Option<i64> {
    let digits = inside.strip_prefix('-').unwrap_or(inside);
    let plain = inside == "0" || (digits.starts_with(|c: char| matches!(c, '1'..='9')) && digits.len() <= 15);
    if plain { inside.parse().ok() } else { None }
}

/// Returns the path in standard syntax.
fn standard(segments: &[Segment<'_>]) -> String {
    let mut path = "$".to_owned();
    for segment in segments {
        if segment.descends {
            path.push_str("..");
        }
        match segment.kind {
            SegmentKind::Name(name) => {
                path.push_str("['");
                path.push_str(name);
                path.push_str("']");
            }
            SegmentKind::Wildcard => path.push_str("[*]"),
            SegmentKind::Bracket(inside) => {
                path.push('[');
                path.push_str(inside);
                path.push(']');
            }
        }
    }
    path
}

/// Computes the factors of a path's cost.
fn cost(segments: &[Segment<'_>]) -> Cost {
    let mut cost = Cost { overlap: 1, descents: 0, rescans: 0 };
    for segment in segments {
        cost.descents += u32::from(segment.descends);
        let SegmentKind::Bracket(inside) = segment.kind else { continue };
        let count = |wanted: char| bare(inside).filter(|(_, c)| *c == wanted).count();
        cost.overlap = cost.overlap.saturating_mul(count(',') + 1);
        if inside.starts_with(['\'', '"']) && !inside.contains('?') {
            continue;
        }
        let dots: Vec<usize> = bare(inside).filter(|(_, c)| *c == '.').map(|(at, _)| at).collect();
        let descents = dots.windows(2).filter(|pair| matches!(pair, [one, two] if one + 1 == *two)).count();
        cost.descents += u32::try_from(descents).unwrap_or(u32::MAX);
        let selects_several = descents > 0 || count('*') > 0 || count(':') > 0 || count('?') > 1;
        if selects_several {
            cost.rescans += u32::try_from(count('$')).unwrap_or(u32::MAX);
        }
    }
    cost
}
