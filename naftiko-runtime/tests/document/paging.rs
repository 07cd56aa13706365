//! The next pages that an API names, and whether a caller can ask for them.

use crate::support::{capability, serve, tool, yaml};
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};

/// Returns a document with pages whose number is an integer; `page` selects how the next page is found.
fn document(page: &str) -> String {
    let resources = format!(
        "
- name: list
  path: /list
  operations:
  - name: list
    method: GET
    page: {page}
    inputParameters:
    - {{ name: page, in: query, type: integer, required: false, description: The page. }}
    - {{ name: sort, in: query, type: string, required: false, description: The order. }}
"
    );
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - path: /list
    operations: [{ method: GET, call: api.list, with: { page: rest.page, sort: rest.sort } }]
- type: mcp
  namespace: tools
  tools:
  - { name: list, description: Lists., call: api.list, with: { page: tools.page, sort: tools.sort } }
";
    yaml("", &resources, exposes)
}

/// Returns the status, the link and the body of the route.
async fn get(url: &str) -> (u16, Option<String>, Value) {
    let answer = reqwest::get(format!("{url}/list")).await.unwrap();
    let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    (answer.status().as_u16(), link, answer.json().await.unwrap())
}

#[tokio::test]
async fn a_next_page_that_the_operation_does_not_accept_is_a_bad_gateway() {
    let upstream = Upstream::start().await;
    for (page, query, why) in [
        (
            "{ link: header, into: page }",
            "page=x",
            "this operation does not accept: `/page`: expected an integer, found `x`",
        ),
        ("{ link: header }", "page=x", "expected an integer, found `x`"),
        ("{ link: header, into: page }", "page=", "expected an integer, found an empty string"),
        ("{ link: header, into: page }", "page", "expected an integer, found an empty string"),
        ("{ link: header, into: page }", "page=2&page=3", "expected one value for `page`, found several"),
        ("{ link: header }", "sort=a&sort=b", "expected one value for `sort`, found several"),
        ("{ link: header }", "page=2&sort=%ff", "sent a link to the next page that is not UTF-8"),
        ("{ cursor: $.next, into: page }", "", "expected an integer, found `y`"),
    ] {
        let answer = Answer::json(200, json!({ "next": "y" })).header("link", &format!("<?{query}>; rel=next"));
        upstream.answer("GET", "/list", answer);
        let url = serve(&capability(&document(page), &upstream)).await;
        let (status, link, problem) = get(&url).await;
        assert_eq!((status, link), (502, None), "{query}: {problem}");
        assert!(problem["detail"].as_str().unwrap().ends_with(why), "{query}: {problem}");
        let result = tool(&url, "list", json!({})).await;
        let error = &result["_meta"]["io.naftiko/error"];
        assert_eq!((&error["kind"], &error["status"]), (&json!("bad_answer"), &json!(502)), "{query}: {result}");
    }
}

#[tokio::test]
async fn a_next_page_that_the_operation_accepts_is_offered() {
    let upstream = Upstream::start().await;
    // Non-ASCII bytes elsewhere in the header do not hide the link.
    let link = "<?page=2&sort=%C3%BC>; rel=next; title=\"Über\"";
    upstream.answer("GET", "/list", Answer::json(200, json!([])).header("link", link));
    let url = serve(&capability(&document("{ link: header }"), &upstream)).await;
    let (status, link, _) = get(&url).await;
    assert_eq!((status, link.as_deref()), (200, Some("<?page=2&sort=%C3%BC>; rel=\"next\"")));
    let result = tool(&url, "list", json!({})).await;
    assert!(result.to_string().contains(r#"except {\"page\":2,\"sort\":\"ü\"}"#), "{result}");
}

#[tokio::test]
async fn the_next_page_is_counted_from_the_page_that_was_sent_even_by_default() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/list", Answer::json(200, json!({ "items": [1, 2, 3], "next": "7" })));
    let document = |page: &str, default: &str| {
        document(page).replace("type: integer, required", &format!("type: {default}, required")).replace(
            "call: api.list, with: { page:",
            "call: api.list, inputParameters: [{ name: page, type: string, required: false, description: The page. }], with: { page:",
        )
    };
    for (page, default, next) in [
        ("{ offset: true, into: page, items: $.items }", "integer, default: 10", Some("13")),
        ("{ number: true, into: page, items: $.items, first: 0 }", "integer, default: 5", Some("6")),
        // `start` is how this API names the first page.
        ("{ number: true, into: page, items: $.items }", "string, default: start", Some("2")),
        ("{ cursor: $.next, into: page }", "string, default: start", Some("7")),
        ("{ cursor: $.next, into: page }", "string, default: '7'", None),
        ("{ keyset: $, into: page, items: $.items }", "string, default: '3'", None),
    ] {
        let url = serve(&capability(&document(page, default), &upstream)).await;
        let (status, link, problem) = get(&url).await;
        let expected = next.map(|next| format!("<?page={next}>; rel=\"next\""));
        assert_eq!((status, link), (if next.is_some() { 200 } else { 502 }, expected), "{page} {default}: {problem}");
        let result = tool(&url, "list", json!({})).await;
        match next {
            Some(next) => assert!(result.to_string().contains(&format!(r#"{{\"page\":\"{next}\"}}"#)), "{result}"),
            None => assert_eq!(result["isError"], true, "{result}"),
        }
    }
}

#[tokio::test]
async fn a_page_that_names_itself_as_the_next_is_an_error_for_a_list_argument_too() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/list", Answer::json(200, json!({ "next": "7" })));
    let yaml =
        document("{ cursor: $.next, into: page }").replace("type: integer", "type: array, items: { type: string }");
    let url = serve(&capability(&yaml, &upstream)).await;
    let answer = reqwest::get(format!("{url}/list?page=7")).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("link")), (502, None));
    let answer = reqwest::get(format!("{url}/list?page=6")).await.unwrap();
    assert_eq!(answer.headers()["link"], "<?page=7>; rel=\"next\"");
}

#[tokio::test]
async fn a_link_can_remove_an_argument_in_a_style_but_not_change_it() {
    let upstream = Upstream::start().await;
    let why = |style: &str| {
        format!(
            "`api` changes `sort` in the link to the next page, but a link cannot change an argument in the style `{style}`: take one \
             argument from the link with `into`"
        )
    };
    for (style, link, expected) in [
        ("comma", "sort=a,b&page=2", Ok("sort=a&sort=b&page=2")),
        ("comma", "sort=a,c&page=2", Err(why("comma"))),
        ("comma", "page=2", Ok("page=2")),
        ("brackets", "sort[]=a&sort[]=c&page=2", Err(why("brackets"))),
        ("brackets", "sort%5B%5D=a&sort%5B%5D=b&page=2", Ok("sort=a&sort=b&page=2")),
        ("indexed", "page=2", Ok("page=2")),
        ("indexed", "sort[0]=a&page=2", Err(why("indexed"))),
    ] {
        upstream.answer("GET", "/list", Answer::json(200, json!([])).header("link", &format!("<?{link}>; rel=next")));
        let sorted = format!("name: sort, in: query, type: array, style: {style}");
        let yaml = document("{ link: header }").replace("name: sort, in: query, type: string", &sorted);
        let url = serve(&capability(&yaml, &upstream)).await;
        let answer = reqwest::get(format!("{url}/list?sort=a&sort=b")).await.unwrap();
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let problem: Value = answer.json().await.unwrap();
        match expected {
            Ok(query) => assert_eq!(link, Some(format!("<?{query}>; rel=\"next\"")), "{style}: {problem}"),
            Err(why) => assert_eq!(problem["detail"].as_str(), Some(&*why), "{style}"),
        }
    }
}
