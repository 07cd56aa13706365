//! Parses Rust source files into tokens, and finds the functions in them.

/// A Rust token. A text is the value of a string literal; a group has an opening bracket and the tokens up to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Text(String),
    Word(String),
    Mark(char),
    Group(char, Vec<Token>),
}

/// Returns the tokens of a source file, without line comments and character literals.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let letters: Vec<char> = source.chars().collect();
    let mut at = 0;
    group(&letters, &mut at)
}

fn group(letters: &[char], at: &mut usize) -> Vec<Token> {
    let mut found = Vec::new();
    while let Some(letter) = letters.get(*at).copied() {
        let next = letters.get(*at + 1).copied().unwrap_or(' ');
        match letter {
            '/' if next == '/' => {
                while letters.get(*at).is_some_and(|letter| *letter != '\n') {
                    *at += 1;
                }
            }
            'r' if next == '"' || (next == '#' && letters.get(*at + 2) == Some(&'"')) => {
                let hashes = usize::from(next == '#');
                *at += 2 + hashes;
                let start = *at;
                while !(letters[*at] == '"' && (hashes == 0 || letters.get(*at + 1) == Some(&'#'))) {
                    *at += 1;
                }
                found.push(Token::Text(letters[start..*at].iter().collect()));
                *at += 1 + hashes;
            }
            '"' => found.push(Token::Text(text(letters, at))),
            '\'' if letters.get(*at + 2) == Some(&'\'') && next != '\\' => *at += 3,
            '\'' if next == '\\' => {
                *at += 3;
                while letters[*at] != '\'' {
                    *at += 1;
                }
                *at += 1;
            }
            '(' | '[' | '{' => {
                *at += 1;
                found.push(Token::Group(letter, group(letters, at)));
            }
            ')' | ']' | '}' => {
                *at += 1;
                return found;
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let start = *at;
                while letters.get(*at).is_some_and(|letter| letter.is_alphanumeric() || *letter == '_') {
                    *at += 1;
                }
                found.push(Token::Word(letters[start..*at].iter().collect()));
            }
            letter => {
                if !letter.is_whitespace() {
                    found.push(Token::Mark(letter));
                }
                *at += 1;
            }
        }
    }
    found
}

/// Parses a string literal and its escapes.
fn text(letters: &[char], at: &mut usize) -> String {
    let mut text = String::new();
    *at += 1;
    while letters[*at] != '"' {
        if letters[*at] != '\\' {
            text.push(letters[*at]);
            *at += 1;
            continue;
        }
        match letters[*at + 1] {
            // A string that continues in the next line.
            '\n' => {
                *at += 2;
                while letters[*at].is_whitespace() {
                    *at += 1;
                }
                continue;
            }
            'n' => text.push('\n'),
            other => text.push(other),
        }
        *at += 2;
    }
    *at += 1;
    text
}

/// A function: its name, its parameters without `self`, whether it returns a string, its body.
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: Vec<String>,
    pub(super) returns_string: bool,
    pub(super) body: &'a [Token],
}

/// Returns the functions of a file, except for those of its tests.
pub(super) fn functions(tokens: &[Token]) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        match (first, others) {
            (Token::Mark('#'), [Token::Group('[', attribute), after @ ..]) if is_of_tests(attribute) => {
                let end = after.iter().position(|token| matches!(token, Token::Group('{', _) | Token::Mark(';')));
                rest = &after[end.map_or(0, |end| end + 1)..];
            }
            (Token::Word(keyword), [Token::Word(name), ..]) if keyword == "fn" => {
                let end = others.iter().position(|token| matches!(token, Token::Group('{', _) | Token::Mark(';')));
                let Some(end) = end else { continue };
                let list = others.iter().find_map(|token| match token {
                    Token::Group('(', list) => Some(list),
                    _ => None,
                });
                if let (Token::Group(_, body), Some(list)) = (&others[end], list) {
                    let is_self = |own: &&[Token]| own.contains(&Token::Word("self".to_owned()));
                    let own = arguments(list);
                    let own = own.iter().filter(|own| !is_self(own)).map(|own| {
                        let words = own.iter().filter_map(word).filter(|word| *word != "mut");
                        words.map(str::to_owned).next().unwrap_or_default()
                    });
                    let parameters = own.collect();
                    // The return type is after the parameters.
                    let output = others[..end].iter().rev().take_while(|token| !matches!(token, Token::Group('(', _)));
                    let returns_string =
                        output.filter_map(word).any(|word| ["String", "str", "Fix", "Cow"].contains(&word));
                    found.push(Function { name, parameters, returns_string, body });
                    found.extend(functions(body));
                }
                rest = &others[end + 1..];
            }
            (Token::Group(_, inside), _) => found.extend(functions(inside)),
            _ => {}
        }
    }
    found
}

/// Returns whether an attribute is `cfg(test)`.
fn is_of_tests(attribute: &[Token]) -> bool {
    let is = |token: Option<&Token>, wanted: &str| token.and_then(word) == Some(wanted);
    is(attribute.first(), "cfg")
        && matches!(attribute.get(1), Some(Token::Group(_, inside)) if is(inside.first(), "test"))
}

pub(super) fn word(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

/// Splits tokens at commas; a comma at the end adds no element.
pub(super) fn arguments(list: &[Token]) -> Vec<&[Token]> {
    let mut all: Vec<&[Token]> = list.split(|token| *token == Token::Mark(',')).collect();
    if all.last().is_some_and(|last| last.is_empty()) {
        all.pop();
    }
    all
}

/// Calls `each` with the tokens, and with those of every group in them.
pub(super) fn walk<'a>(tokens: &'a [Token], each: &mut dyn FnMut(&'a [Token])) {
    each(tokens);
    for token in tokens {
        if let Token::Group(_, inside) = token {
            walk(inside, each);
        }
    }
}
