//! Tests of templates: what is parsed, what is refused, and that no text makes them panic.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::{Part, Reason, Template, environment_name, same_name};
use proptest::prelude::*;

fn placeholder(name: &str) -> Part {
    Part::Placeholder { name: name.to_owned() }
}

fn variable(namespace: Option<&str>, name: &str) -> Part {
    Part::Variable { namespace: namespace.map(str::to_owned), name: name.to_owned() }
}

fn literal(text: &str) -> Part {
    Part::Literal(text.to_owned())
}

fn parts(template: &Template) -> Vec<Part> {
    template.parts().cloned().collect()
}

#[test]
fn a_text_contains_variables_and_literals() {
    let text = Template::text("Bearer {{env.KEY}}{{ OTHER }} {one} [two] }").unwrap();
    assert_eq!(
        parts(&text),
        [literal("Bearer "), variable(Some("env"), "KEY"), variable(None, "OTHER"), literal(" {one} [two] }")]
    );
    assert_eq!(text.variables().collect::<Vec<_>>(), [(Some("env"), "KEY"), (None, "OTHER")]);
    assert_eq!(text.pieces()[1].span, 7..18);
}

#[test]
fn a_base_uri_has_placeholders_of_two_spellings() {
    let published = Template::base_uri("https://[tenant_id].logto.app/{{BASE}}").unwrap();
    assert_eq!(
        parts(&published),
        [literal("https://"), placeholder("tenant_id"), literal(".logto.app/"), variable(None, "BASE")]
    );
    let braces = Template::base_uri("https://{central-host}").unwrap();
    assert_eq!(braces.placeholders().collect::<Vec<_>>(), ["central-host"]);
    let ipv6 = Template::base_uri("http://[::1]:8080").unwrap();
    assert!(ipv6.is_literal());
}

#[test]
fn a_path_has_placeholders_and_a_shape() {
    let path = Template::path("/v1/users/{userId}/x[1]/range(address='{a}')").unwrap();
    assert_eq!(path.placeholders().collect::<Vec<_>>(), ["userId", "a"]);
    assert_eq!(path.shape(), "/v1/users/{}/x[1]/range(address='{}')");
    assert_eq!(path.pieces()[1].span, 10..18);
    let brackets = Template::path("/search/{filter[name]}").unwrap();
    assert_eq!(brackets.placeholders().collect::<Vec<_>>(), ["filter[name]"]);
}

#[test]
fn a_mismatch_is_refused_with_its_location() {
    let reason = |template: Result<Template, super::TemplateError>| template.unwrap_err();
    assert_eq!(reason(Template::path("/a/{b")).reason, Reason::Unclosed("{"));
    assert_eq!(reason(Template::path("/a/{b/{c}")).span, 3..4);
    assert_eq!(reason(Template::path("/a/b}")).reason, Reason::Unopened);
    assert_eq!(reason(Template::path("/a/{}")).reason, Reason::Empty);
    assert_eq!(reason(Template::path("/a/{b c}")).reason, Reason::InvalidName("b c".to_owned()));
    assert_eq!(reason(Template::path("/a/{*rest}")).reason, Reason::InvalidName("*rest".to_owned()));
    assert_eq!(reason(Template::path("/a/{{b}}")).reason, Reason::Doubled("b".to_owned()));
    assert_eq!(reason(Template::base_uri("https://[host")).reason, Reason::Unclosed("["));
    assert_eq!(reason(Template::base_uri("https://{ho/st}")).reason, Reason::InvalidName("ho/st".to_owned()));
    assert_eq!(reason(Template::text("{{KEY")).reason, Reason::Unclosed("{{"));
    assert_eq!(reason(Template::text("{{KEY}")).reason, Reason::Unclosed("{{"));
    assert_eq!(reason(Template::text("{{ }}")).reason, Reason::Empty);
    assert_eq!(reason(Template::text("{{a.b.c}}")).reason, Reason::InvalidName("a.b.c".to_owned()));
    assert_eq!(reason(Template::text("{{#each}}")).to_string(), "`#each` is not a name");
}

#[test]
fn rendering_fills_every_hole_or_none() {
    let text = Template::text("{{A}}-{{B}}").unwrap();
    let fill = |known: &'static str| {
        text.render(move |part| match part {
            Part::Variable { name, .. } if known.contains(name.as_str()) => Some(name.to_lowercase().into()),
            _ => None,
        })
    };
    assert_eq!(fill("AB").as_deref(), Some("a-b"));
    assert_eq!(fill("A"), None);
}

#[test]
fn names_are_compared_without_case_and_separators() {
    assert!(same_name("user_id", "userId") && same_name("USER-ID", "userid"));
    assert!(!same_name("user_id", "user_ids") && !same_name("user.id", "userid"));
    assert_eq!(environment_name("HTTPServer"), "HTTP_SERVER");
    assert_eq!(environment_name("region.name-2"), "REGION_NAME_2");
}

proptest! {
    #[test]
    fn nothing_makes_a_template_panic(source in "(\\PC|[{}\\[\\].]|\\{\\{A\\}\\}|\\{b\\}|é){0,40}") {
        for template in [Template::text(&source), Template::base_uri(&source), Template::path(&source)] {
            match template {
                Ok(template) => {
                    let spans: Vec<_> = template.pieces().iter().map(|piece| piece.span.clone()).collect();
                    prop_assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start));
                    prop_assert_eq!(spans.last().map_or(0, |span| span.end), source.len());
                }
                Err(error) => prop_assert!(source.get(error.span).is_some()),
            }
        }
    }

    #[test]
    fn a_path_is_written_as_it_was_parsed(source in "(/|a|\\{[a-z_-]{1,4}\\}){0,20}") {
        let template = Template::path(&source).unwrap();
        prop_assert_eq!(template.to_string(), source);
    }
}
