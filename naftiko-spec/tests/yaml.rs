//! Tests that documents survive a round trip through YAML, and that invalid texts are refused with a location.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, reason = "tests")]

use naftiko_spec::Document;
use naftiko_spec::model::{Bind, VERSION};
use proptest::prelude::*;

const PUBLISHED: [(&str, &str); 4] = [
    ("humanitec-tokeninfo", include_str!("documents/humanitec-tokeninfo.yaml")),
    ("label-studio-subpackage-tokens", include_str!("documents/label-studio-subpackage-tokens.yaml")),
    ("logto-subject-tokens", include_str!("documents/logto-subject-tokens.yaml")),
    ("stackrox-apitokenservice", include_str!("documents/stackrox-apitokenservice.yaml")),
];

fn value(yaml: &str) -> serde_json::Value {
    serde_saphyr::from_str(yaml).unwrap()
}

fn refused(yaml: &str) -> String {
    Document::from_yaml(yaml).unwrap_err().to_string()
}

#[test]
fn published_documents_come_back_value_for_value() {
    for (name, published) in PUBLISHED {
        let document = Document::from_yaml(published).unwrap();
        let written = document.to_yaml().unwrap();
        assert_eq!(value(&written), value(published), "{name}");
        assert_eq!(Document::from_yaml(&written).unwrap(), document, "{name}");
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document, "{name}");
    }
}

#[test]
fn written_documents_look_like_published_ones() {
    let document = Document::from_yaml(PUBLISHED[2].1).unwrap();
    let written = document.to_yaml().unwrap();
    let lines: Vec<_> = written.lines().skip(4).take(9).collect();
    assert_eq!(
        lines,
        [
            "  tags:",
            "  - Logto",
            "  - Subject tokens",
            "  created: \"2026-05-19\"",
            "  modified: \"2026-05-19\"",
            "binds:",
            "- namespace: env",
            "  keys:",
            "    LOGTO_API_KEY: LOGTO_API_KEY",
        ]
    );
}

#[test]
fn characters_that_have_an_effect_on_a_terminal_are_escaped() {
    let all = "\u{1}\u{1b}[2J\u{7f}\u{9b}\u{61c}\u{200b}\u{200f}\u{2028}\u{202e}\u{2060}\u{2069}\u{feff}\u{e0041}";
    for text in [
        all.to_owned(),
        format!("One {all}\n\nTwo: '{all}' \"{all}\"\n"),
        "\u{202e}".to_owned(),
        "\u{202e} escape00000000 \\x01escape00000001 \\".to_owned(),
        "\u{1}escape00000000U \\\u{202e}".to_owned(),
        "- \u{2066}: 1.10".to_owned(),
    ] {
        let mut document = Document::from_yaml(PUBLISHED[2].1).unwrap();
        document.info.description.clone_from(&text);
        document.info.tags = vec![text.clone(), "plain".to_owned()];
        let written = document.to_yaml().unwrap();
        assert!(
            !written.contains(|c: char| c != '\n' && (c.is_control() || all.contains(c) && !c.is_ascii())),
            "{written:?}"
        );
        assert_eq!(Document::from_yaml(&written).unwrap(), document, "{written}");
        assert!(written.contains("  - plain\n"), "{written}");
    }
}

#[test]
fn a_description_of_several_lines_becomes_a_block() {
    let mut document = Document::from_yaml(PUBLISHED[2].1).unwrap();
    document.info.description = "One paragraph.\n\nAnother one: it's longer.".to_owned();
    let written = document.to_yaml().unwrap();
    assert!(written.contains("  description: |-\n    One paragraph.\n\n    Another one: it's longer.\n"), "{written}");
    assert_eq!(Document::from_yaml(&written).unwrap(), document);
}

/// A number with more digits than a float keeps them; a text that contains the float stays the same.
#[test]
fn exact_numbers_replace_only_numbers() {
    const EXACT: &str = "0.1000000000000000055";
    let text = format!(
        "naftiko: 1.0.0-alpha2
info:
  label: Fee - 0.1
  description: |
    Prices:
    fee: 0.1

    - 0.1
    0.1
  tags: [Fee - 0.1, '0.1', 'a: 0.1', \"a\\n- 0.1\"]
capability:
  consumes:
  - type: http
    namespace: n
    baseUri: https://api.code.dev
    resources:
    - name: r
      path: /r
      operations:
      - name: post
        method: POST
        body:
          type: json
          data: {{x: {EXACT}, list: [{EXACT}, [{EXACT}, {{y: {EXACT}, text: \"a\\n  b: 0.1\", z: {EXACT}}}]], w: '0.1', v: [\"  a\\n- 0.1\", {EXACT}]}}
"
    );
    let document = naftiko_spec::read::read(&text).unwrap().document;
    let written = document.to_yaml().unwrap();
    assert_eq!(written.matches(EXACT).count(), 6, "{written}");
    let again = naftiko_spec::read::read(&written).unwrap().document;
    assert_eq!(again, document, "{written}");
}

#[test]
fn other_texts_are_refused_with_their_location() {
    assert_eq!(
        refused("naftiko: a\ninfo:\n  lable: x"),
        "line 3, column 3: unknown field `lable`, expected one of label, description, tags, created, modified, version, stakeholders"
    );
    assert_eq!(
        refused("naftiko: a\nnaftiko: b"),
        "line 2, column 1: duplicate mapping key `naftiko` is not allowed here"
    );
    assert!(
        refused("naftiko: a\ncapability:\n  exposes:\n  - type: rset\n    namespace: a")
            .contains("`rset`, expected one of rest, mcp")
    );
    assert!(refused("naftiko: a\ncapability: {consumes: [{resources: [{}]}]}").contains("missing field `name`"));
    assert!(refused("naftiko: [").starts_with("line 1, column "));
    assert!(refused("").starts_with("line 1, column 1"));
    assert!(refused("naftiko: a\n---\nnaftiko: b").contains("too large or too complex"));
}

/// Returns a document with a value where any value is valid.
fn with(value: &str) -> String {
    format!("naftiko: a\ncapability:\n  exposes:\n  - type: control\n    x: {value}\n")
}

#[test]
fn bombs_are_refused_early() {
    let lists = |depth: usize| with(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let objects = |depth: usize| {
        let lines: Vec<String> = (1..=depth).map(|at| format!("\n    {}a:", " ".repeat(at))).collect();
        with(&lines.concat())
    };
    // Nine levels of nine aliases each expand to more than three billion words.
    let laughs = |levels: usize| {
        let mut laughs = "[&a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]".to_owned();
        for level in 1..levels {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            laughs.extend([", &a", &level.to_string(), " [", &aliases, "]"]);
        }
        with(&format!("{laughs}]"))
    };
    for (small, bomb) in [(lists(50), lists(100)), (objects(50), objects(200)), (laughs(2), laughs(10))] {
        assert!(Document::from_yaml(&small).is_ok(), "{small}");
        assert!(refused(&bomb).contains("too large or too complex"), "{}", refused(&bomb));
    }
    let large = format!("naftiko: a\ninfo:\n  description: {}", "x".repeat(9 * 1024 * 1024));
    assert_eq!(refused(&large), "the document has 9437216 bytes, but the maximum is 8388608");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_text_survives(
        text in "\\PC{0,30}|[\\x00-\\x7f]{0,30}|[ \n\t:#>|'\"\\-\\[{&*!%@`0-9.a]{0,20}|(yes|no|null|~|1e3|0x1f|2026-05-19|\\.inf)",
        key in "[ :#'\"a-z0-9.-]{1,6}|true|null|12",
    ) {
        let mut document = Document { naftiko: VERSION.to_owned(), ..Document::from_yaml("naftiko: a").unwrap() };
        document.info.label.clone_from(&text);
        document.info.tags = vec![text.clone(), String::new()];
        document.info.created = Some(text.clone());
        let keys = [(key, text.clone())].into_iter().collect();
        document.binds.push(Bind { namespace: text, description: None, location: None, keys });
        let written = document.to_yaml().unwrap();
        match Document::from_yaml(&written) {
            Ok(read) => prop_assert_eq!(read, document),
            Err(error) => prop_assert!(false, "{}\n{}", error, written),
        }
    }

    #[test]
    fn nothing_makes_reading_panic(text in "\\PC{0,40}|[ \n:\\-\\[\\]{}&*!|>'\"#,?a0]{0,60}") {
        drop(Document::from_yaml(&text));
        drop(Document::from_yaml(&format!("naftiko: a\ncapability:\n  {text}")));
    }
}
