//! Redirects: followed within the origin and for reads, refused otherwise.

use super::reopened;
use naftiko::document::Settings;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, ErrorKind, Result, capability};
use serde_json::json;

/// Reads pages.
#[capability(
    binds(env(KEY)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(bearer = "{{env.KEY}}"),
        redirects = 2,
    ),
    exposes(rest(port = 1))
)]
pub trait Pages {
    /// Reads a page.
    #[get("/pages/{name}")]
    async fn read(&self, name: &str, lang: Option<&str>) -> Result<String>;

    /// Writes a page.
    #[post("/pages")]
    async fn write(&self, body: &str) -> Result<()>;
}

/// Returns the capability of the trait, and the capability of its document.
fn both(upstream: &Upstream) -> [Capability; 2] {
    let url = upstream.url();
    let capability = PagesClient::builder().base_uri(url).bind("KEY", "s3cret").build().unwrap().into_capability();
    let settings = Settings::default().bind("KEY", "s3cret").upstream("api", url);
    let document = reopened(&capability, settings);
    [capability, document]
}

#[tokio::test]
async fn redirects_of_reads_are_followed_within_the_origin() {
    let upstream = Upstream::start().await;
    let absolute = upstream.url().replace("http://", "HTTP://") + "/c?x=1";
    upstream.answer("GET", "/pages/a", Answer::redirect("b#top"));
    upstream.answer("GET", "/pages/b", Answer::redirect(&absolute));
    upstream.answer("GET", "/c", Answer::json(200, json!("found")));
    for capability in both(&upstream) {
        let before = upstream.requests().len();
        let found = capability.call("read", json!({ "name": "a", "lang": "de" })).await.unwrap();
        assert_eq!(found, json!("found"));
        let requests = upstream.requests();
        let sent: Vec<_> = requests.iter().skip(before).collect();
        let targets: Vec<_> = sent.iter().map(|request| (request.path(), request.query())).collect();
        assert_eq!(targets, [("/pages/a", Some("lang=de")), ("/pages/b", None), ("/c", Some("x=1"))]);
        assert!(sent.iter().all(|request| request.header("authorization") == Some("Bearer s3cret")));
    }
}

/// Reads pages, and follows no redirect.
#[capability(consumes(namespace = "api", base_uri = "https://api.acme.io"))]
pub trait Unfollowed {
    /// Reads a page.
    #[get("/pages/{name}")]
    async fn read(&self, name: &str, lang: Option<&str>) -> Result<String>;
}

#[tokio::test]
async fn an_error_about_a_redirect_to_another_query_does_not_show_the_query() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/pages/login", Answer::redirect("/pages/login?ticket=t1cket"));
    upstream.answer("GET", "/pages/turn", Answer::redirect("turn?lang=t1cket"));
    upstream.answer("GET", "/pages/same", Answer::redirect(""));
    upstream.answer("GET", "/pages/again", Answer::redirect("again"));
    let client = UnfollowedClient::builder().base_uri(upstream.url()).build().unwrap();
    let [followed, _] = both(&upstream);
    for (name, lang, expected) in [
        ("login", None, "`/pages/login` redirects to itself with another query, but redirects are not followed"),
        ("turn", Some("de"), "`/pages/turn` redirects to itself with another query, but redirects are not followed"),
        ("again", Some("de"), "`/pages/again` redirects to itself with another query, but redirects are not followed"),
        ("again", None, "`/pages/again` redirects to itself, but redirects are not followed"),
        ("same", None, "for `/pages/same`, without a valid Location"),
    ] {
        let error = client.read(name, lang).await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("t1cket"), "{error}");
    }
    let error = followed.call("read", json!({ "name": "login" })).await.unwrap_err().to_string();
    assert!(error.contains("`/pages/login` redirects to itself, but redirects in a loop are not followed"), "{error}");
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_says_which_path_moved_and_why() {
    let (upstream, other) = (Upstream::start().await, Upstream::start().await);
    other.answer("GET", "/stolen", Answer::json(200, json!("found")));
    upstream.answer("GET", "/pages/away", Answer::redirect("/pages/out"));
    upstream.answer("GET", "/pages/out", Answer::redirect(&format!("{}/stolen", other.url())));
    upstream.answer("GET", "/pages/loop", Answer::redirect("/pages/pool"));
    upstream.answer("GET", "/pages/pool", Answer::redirect("/pages/./loop"));
    upstream.answer("GET", "/pages/1", Answer::redirect("2"));
    upstream.answer("GET", "/pages/2", Answer::redirect("3"));
    upstream.answer("GET", "/pages/3", Answer::redirect("4"));
    upstream.answer("GET", "/pages/user", Answer::redirect(&upstream.url().replace("://", "://me:s3cret@")));
    upstream.answer("GET", "/pages/odd", Answer::redirect("mailto:me@acme.io"));
    upstream.answer("GET", "/pages/host", Answer::redirect("http://[::"));
    upstream.answer("GET", "/pages/many", Answer::status(300).header("location", "b"));
    upstream.answer("POST", "/pages", Answer::redirect("/pages/a"));
    for capability in both(&upstream) {
        for (name, expected) in [
            ("away", "`/pages/out` redirects to `http://127.0.0.1:"),
            ("away", "only redirects to the same scheme, host and port are followed"),
            ("loop", "`/pages/pool` redirects to `/pages/loop`, but redirects in a loop are not followed"),
            ("1", "`/pages/3` redirects to `4`, but `redirects` allows at most 2 redirects"),
            ("user", "the target contains a user name or a password"),
            ("odd", "`/pages/odd` redirects to `mailto:me@acme.io`, but the `Location` is not a valid HTTP URL"),
            ("host", "`/pages/host` redirects to `http://[::`, but the `Location` is not a valid HTTP URL"),
            ("many", "`/pages/many` redirects to `b`, but only 301, 302, 303, 307 and 308 are followed"),
        ] {
            let error = capability.call("read", json!({ "name": name })).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadAnswer);
            let text = error.to_string();
            assert!(text.contains(expected) && !text.contains("s3cret"), "{name}: {text}");
        }
        let error = capability.call("write", json!({ "body": "text" })).await.unwrap_err().to_string();
        let expected = "`/pages` redirects to `/pages/a`, but only redirects of GET and HEAD are followed";
        assert!(error.contains(expected), "{error}");
    }
    assert!(other.requests().is_empty());
}

/// Reads pages with a key in the query.
#[capability(
    binds(env(KEY)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        authentication(apikey(key = "api key", value = "{{env.KEY}}", placement = "query")),
        redirects = 5,
    )
)]
pub trait KeyedPages {
    /// Reads a page.
    #[get("/pages/{name}")]
    async fn read(&self, name: &str, lang: Option<&str>) -> Result<String>;
}

#[tokio::test]
async fn a_key_in_the_query_is_sent_to_the_target_of_a_redirect() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/pages/a", Answer::redirect("b"));
    upstream.answer("GET", "/pages/b", Answer::redirect("c?x=1"));
    upstream.answer("GET", "/pages/c", Answer::redirect("d?api%20key=own"));
    upstream.answer("GET", "/pages/d", Answer::redirect("e?"));
    upstream.answer("GET", "/pages/e", Answer::json(200, json!("found")));
    upstream.answer("GET", "/pages/loop", Answer::redirect("loop"));
    let client = KeyedPagesClient::builder().base_uri(upstream.url()).bind("KEY", "s3 cret").build().unwrap();
    assert_eq!(client.read("a", Some("de")).await.unwrap(), "found");
    let queries: Vec<_> = upstream.requests().iter().map(|request| request.query().map(ToOwned::to_owned)).collect();
    let queries: Vec<_> = queries.iter().map(|query| query.as_deref().unwrap_or_default()).collect();
    let key = "api%20key=s3%20cret";
    let expected = [&format!("lang=de&{key}"), key, &format!("x=1&{key}"), "api%20key=own", key];
    assert_eq!(queries, expected);
    let error = client.read("loop", None).await.unwrap_err().to_string();
    assert!(error.contains("redirects in a loop are not followed") && !error.contains("cret"), "{error}");
}
