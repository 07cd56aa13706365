//! The part of curl that the book uses, so that its pages can be tested without curl.

/// Splits a command line into words; a word in quotes may contain spaces.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(quote.is_none(), "{line}");
    words.extend(word);
    words
}

/// Runs `curl WORDS…`, and returns its output.
pub async fn curl(arguments: &[String]) -> String {
    let (mut headers, mut body, mut url) = (Vec::new(), None, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} has no value")).clone();
        match word.as_str() {
            "-H" => headers.push(value()),
            "--json" => body = Some(value()),
            option if option.starts_with('-') => panic!("this curl has no {option}"),
            _ => url = Some(word.clone()),
        }
    }
    let url = url.expect("a URL");
    let client = reqwest::Client::new();
    let mut request = if body.is_some() { client.post(url) } else { client.get(url) };
    let of_json = body.iter().flat_map(|_| ["content-type: application/json", "accept: application/json"]);
    let mut named = reqwest::header::HeaderMap::new();
    for header in of_json.chain(headers.iter().map(String::as_str)) {
        let (name, value) = header.split_once(": ").unwrap();
        named.insert(name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap());
    }
    request = request.headers(named);
    if let Some(body) = body {
        request = request.body(body);
    }
    request.send().await.unwrap().text().await.unwrap()
}
