//! Derives names from other names: labels, kebab-case, the names of resources, the paths of routes.

/// Lists choices in backticks: `` `a`, `b` or `c` ``.
///
/// ```
/// assert_eq!(naftiko_spec::names::either(["all"]), "`all`");
/// assert_eq!(naftiko_spec::names::either(["both", "text", "structured"]), "`both`, `text` or `structured`");
/// ```
pub fn either<'a>(choices: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<String> = choices.into_iter().map(|choice| format!("`{choice}`")).collect();
    match (all.pop(), all.is_empty()) {
        (Some(last), false) => format!("{} or {last}", all.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

/// The maximum number of names that [`some_known`] lists.
const MAX_SHOWN: usize = 10;

/// The maximum total length of the names that [`some_known`] lists, in bytes.
const MAX_SHOWN_BYTES: usize = 600;

/// Lists the known names after an unknown one: ``the arguments are `id`, `name` ``, or ``the only one is `id` ``.
///
/// ```
/// assert_eq!(naftiko_spec::names::known("the arguments are", ["id", "name"]), "the arguments are `id`, `name`");
/// assert_eq!(naftiko_spec::names::known("the arguments are", ["id"]), "the only one is `id`");
/// ```
pub fn known<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", crate::printable(name))).collect();
    match names.as_slice() {
        [only] => format!("the only one is {only}"),
        names => format!("{what} {}", names.join(", ")),
    }
}

/// Lists known names as [`known`] does, but only the first ones: a document can have thousands of long names, and as many unknown ones.
pub(crate) fn some_known<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter().peekable();
    let (mut shown, mut bytes) = (Vec::new(), 0);
    while let Some(name) = names.next_if(|name| shown.len() < MAX_SHOWN && bytes + name.len() <= MAX_SHOWN_BYTES) {
        bytes += name.len();
        shown.push(name);
    }
    match (names.peek(), shown.as_slice()) {
        (None, shown) => known(what, shown.iter().copied()),
        (Some(_), [only]) => format!("{what} `{}`, …", crate::printable(only)),
        (Some(_), []) => format!("{what} …"),
        (Some(_), shown) => format!("{}, …", known(what, shown.iter().copied())),
    }
}

/// Splits an identifier into its words: `list_APITokens` is `list`, `API`, `Tokens`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before: Option<char> = None;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            before = None;
            continue;
        }
        let starts = before.is_some_and(|before| {
            c.is_uppercase() && (!before.is_uppercase() || chars.peek().is_some_and(|next| next.is_lowercase()))
        });
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
        before = Some(c);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Converts a name to words, for people.
///
/// ```
/// assert_eq!(naftiko_spec::names::label("HumanitecTokens"), "Humanitec tokens");
/// assert_eq!(naftiko_spec::names::label("APITokens"), "API tokens");
/// ```
#[must_use]
pub fn label(name: &str) -> String {
    let words = words(name);
    let in_words = words.iter().enumerate().map(|(at, word)| match word {
        acronym if acronym.chars().nth(1).is_some_and(char::is_uppercase) => acronym.clone(),
        first if at == 0 => capitalized(first),
        word => word.to_lowercase(),
    });
    in_words.collect::<Vec<_>>().join(" ")
}

/// Converts a name to kebab-case.
///
/// ```
/// assert_eq!(naftiko_spec::names::kebab("list_user_tokens"), "list-user-tokens");
/// assert_eq!(naftiko_spec::names::kebab("TokenInfo"), "token-info");
/// ```
#[must_use]
pub fn kebab(name: &str) -> String {
    Case::Kebab.apply(name)
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect())
        .unwrap_or_default()
}

/// A case convention for names, as in serde's `rename_all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `lowercase`
    Lower,
    /// `UPPERCASE`
    Upper,
    /// `PascalCase`
    Pascal,
    /// `camelCase`
    Camel,
    /// `snake_case`
    Snake,
    /// `SCREAMING_SNAKE_CASE`
    ScreamingSnake,
    /// `kebab-case`
    Kebab,
    /// `SCREAMING-KEBAB-CASE`
    ScreamingKebab,
}

impl Case {
    /// Every case with its name, which is written in that case.
    pub const ALL: [(&'static str, Self); 8] = [
        ("camelCase", Self::Camel),
        ("kebab-case", Self::Kebab),
        ("snake_case", Self::Snake),
        ("PascalCase", Self::Pascal),
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// Returns the case with that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, case)| *case)
    }

    /// Converts a name to this case.
    ///
    /// ```
    /// use naftiko_spec::names::Case;
    ///
    /// assert_eq!(Case::Camel.apply("page_size"), "pageSize");
    /// assert_eq!(Case::ScreamingKebab.apply("page_size"), "PAGE-SIZE");
    /// ```
    #[must_use]
    pub fn apply(self, name: &str) -> String {
        let words = words(name).into_iter().enumerate().map(|(at, word)| match self {
            Self::Upper | Self::ScreamingSnake | Self::ScreamingKebab => word.to_uppercase(),
            Self::Camel if at > 0 => capitalized(&word),
            Self::Pascal => capitalized(&word),
            Self::Lower | Self::Camel | Self::Snake | Self::Kebab => word.to_lowercase(),
        });
        words.collect::<Vec<_>>().join(match self {
            Self::Snake | Self::ScreamingSnake => "_",
            Self::Kebab | Self::ScreamingKebab => "-",
            Self::Lower | Self::Upper | Self::Pascal | Self::Camel => "",
        })
    }
}

/// The maximum length of a resource's name.
const MAX_RESOURCE_NAME: usize = 80;

/// Returns the name of the resource at a path: braces are removed, and each run of characters other than letters, digits and `_`
/// becomes a `-`, except at both ends. Long names are truncated.
///
/// ```
/// assert_eq!(naftiko_spec::names::resource("/users/{userId}/tokens/"), "users-userId-tokens");
/// assert_eq!(naftiko_spec::names::resource("/"), "root");
/// ```
#[must_use]
pub fn resource(path: &str) -> String {
    let mut name = String::new();
    for c in path.chars().filter(|c| !matches!(c, '{' | '}')) {
        if c.is_alphanumeric() || c == '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let cut: String = name.chars().take(MAX_RESOURCE_NAME).collect();
    match cut.trim_end_matches('-') {
        "" => "root".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns the name of the exposed resource for a consumed resource: the same name in lower case, with `-` for `_`.
///
/// ```
/// assert_eq!(naftiko_spec::names::exposed_resource("users-userId_tokens"), "users-userid-tokens");
/// ```
#[must_use]
pub fn exposed_resource(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// Returns the path of the route for a consumed path: without a trailing slash, with placeholders in lower case.
///
/// ```
/// assert_eq!(naftiko_spec::names::route("/v1", "/users/{userId}/"), "/v1/users/{userid}");
/// assert_eq!(naftiko_spec::names::route("", "/"), "/");
/// ```
#[must_use]
pub fn route(prefix: &str, path: &str) -> String {
    let mut route = prefix.trim_end_matches('/').to_owned();
    let mut inside = false;
    for c in path.trim_end_matches('/').chars() {
        inside = c == '{' || (inside && c != '}');
        if inside { route.extend(c.to_lowercase()) } else { route.push(c) }
    }
    if route.is_empty() { "/".to_owned() } else { route }
}

/// The prefixes that refer to the caller's input, as `rest` in `rest.NAME`, regardless of the adapter's namespace.
const WORDS_FOR_CALLERS: [&str; 12] = [
    "rest",
    "tools",
    "tool",
    "mcp",
    "input",
    "inputs",
    "args",
    "arguments",
    "params",
    "parameters",
    "request",
    "aggregates",
];

/// Returns whether a word refers to the caller's input. The case of `rest`, `tool`, `tools` and `mcp` is ignored.
#[must_use]
pub fn is_word_for_callers(word: &str) -> bool {
    let is_in_any_case = ["rest", "tool", "tools", "mcp"].iter().any(|known| word.eq_ignore_ascii_case(known));
    is_in_any_case || WORDS_FOR_CALLERS.contains(&word)
}

/// Words that add nothing to a name.
const FILLERS: [&str; 11] = ["a", "an", "the", "of", "with", "for", "to", "in", "on", "by", "and"];

/// Returns whether a description only repeats a name: `The user ID.` for `userId`, `Create a token.` for `create-token`.
///
/// ```
/// use naftiko_spec::names::repeats_name;
/// assert!(repeats_name("The user ID.", "userId"));
/// assert!(!repeats_name("The ID of the user, as `u-17`.", "userId"));
/// ```
#[must_use]
pub fn repeats_name(description: &str, name: &str) -> bool {
    let essence = |text: &str| -> String {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.filter(|word| !FILLERS.contains(&word.as_str())).collect()
    };
    let (described, named) = (essence(description), essence(name));
    !described.is_empty() && described == named
}

/// The maximum length of the name of a tool's argument.
const LONGEST_ARGUMENT: usize = 64;

/// Returns whether model providers accept a name for an argument of a tool: `^[a-zA-Z0-9_.-]{1,64}$`.
///
/// ```
/// use naftiko_spec::names::is_tool_argument;
/// assert!(is_tool_argument("user.id") && !is_tool_argument("page[size]"));
/// ```
#[must_use]
pub fn is_tool_argument(name: &str) -> bool {
    (1..=LONGEST_ARGUMENT).contains(&name.len()) && name.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Returns the name of an argument in tools: its own name if model providers accept that, otherwise a valid name derived from it.
///
/// ```
/// use naftiko_spec::names::tool_argument;
/// assert_eq!(tool_argument("userId"), "userId");
/// assert_eq!(tool_argument("$filter"), "filter");
/// assert_eq!(tool_argument("page[size]"), "page_size");
/// ```
#[must_use]
pub fn tool_argument(name: &str) -> String {
    if is_tool_argument(name) {
        return name.to_owned();
    }
    let runs = name.split(|c: char| !c.is_ascii() || !is_plain(c as u8)).filter(|run| !run.is_empty());
    let mut plain = runs.collect::<Vec<_>>().join("_");
    if plain.is_empty() {
        "argument".clone_into(&mut plain);
    }
    if plain.len() > LONGEST_ARGUMENT {
        // A hash (FNV-1a) distinguishes names that differ only in the truncated part.
        let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let hash = name.bytes().fold(0x811c_9dc5, step);
        plain.truncate(LONGEST_ARGUMENT - 9);
        plain = format!("{plain}_{hash:08x}");
    }
    plain
}

/// Returns a name for an argument whose derived name in tools is already taken: that name with a number, shortened if necessary.
pub(crate) fn numbered_tool_argument(derived: &str, number: usize) -> String {
    let suffix = format!("_{number}");
    let room = LONGEST_ARGUMENT.saturating_sub(suffix.len());
    // A derived name consists of ASCII characters.
    format!("{}{suffix}", derived.get(..room).unwrap_or(derived))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(kebab("getHTTPResponse2Xx"), "get-http-response2-xx");
        assert_eq!(kebab("_list__all_"), "list-all");
        assert_eq!(kebab("straßeÄndern"), "straße-ändern");
        assert_eq!(kebab(""), "");
        assert_eq!(label("X"), "X");
        assert_eq!(label("myHTTPTokens"), "My HTTP tokens");
    }

    #[test]
    fn each_case_is_named_in_its_own_case() {
        for (name, case) in Case::ALL {
            let expected = match case {
                Case::Lower | Case::Upper => name.to_owned(),
                _ => case.apply(name.replace("Case", "_case").as_str()),
            };
            assert_eq!(expected, name);
            assert_eq!(Case::named(name), Some(case));
        }
        assert_eq!(Case::named("Camel"), None);
    }

    #[test]
    fn resources_are_named_after_their_paths() {
        assert_eq!(resource("/a//b.c/{d-e}"), "a-b-c-d-e");
        assert_eq!(resource(&"/aé".repeat(60)).chars().count(), 80);
        assert_eq!(resource(&format!("{}/b", "a".repeat(79))), "a".repeat(79));
    }

    #[test]
    fn routes_keep_the_case_of_literal_segments() {
        assert_eq!(route("/v1/", "/API/{Id}/x{Y}"), "/v1/API/{id}/x{y}");
        assert_eq!(route("/v1", "/"), "/v1");
        assert_eq!(route("", "/broken{Id"), "/broken{id");
    }
}
