//! Compares the URLs of requests with the URLs that two other implementations build: one of URI templates (RFC 6570),
//! and one of the URL standard. These differences are intended:
//!
//! - Values that would change the path are refused: empty segments, `.` and `..`, even percent-encoded. A template
//!   keeps empty segments, and does not encode the dots. A URL drops segments of dots.
//! - The names of an object's members are encoded like values. A template keeps reserved characters in names, so `a&b`
//!   would be two parameters.
//! - A URL drops tabs and line breaks in segments of its path. Here they are encoded, as in a template.
//! - All characters except unreserved ones are encoded, as in a template. A URL keeps some: the comparison is between decoded parts.

use crate::support::{load, yaml};
use iri_string::spec::UriSpec;
use iri_string::template::UriTemplateStr;
use iri_string::template::simple_context::{SimpleContext, Value as Variable};
use naftiko_runtime::document::Settings;
use naftiko_runtime::layer::{ApiService, BoxError, RequestBody};
use naftiko_runtime::{Capability, ErrorKind};
use proptest::prelude::*;
use reqwest::Url;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const TEMPLATE: &str = "http://api.example/v1/%C3%A9/{one}/x-{two}{/rest*}{?query,list*,comma,members*}";

const RESOURCES: &str = "- name: r\n  path: '/v1/é/{one}/x-{two}/{+rest}'\n  operations:\n  - name: get\n    method: GET\n    inputParameters:\n    \
                         - { name: one, in: path }\n    - { name: two, in: path }\n    - { name: rest, in: path }\n    \
                         - { name: query, in: query }\n    - { name: list, in: query, type: array }\n    \
                         - { name: comma, in: query, type: array, style: comma }\n    \
                         - { name: members, in: query, type: object, style: members }\n";

const TOOLS: &str =
    "- type: mcp\n  namespace: tools\n  tools:\n  - name: get\n    description: Gets.\n    call: api.get\n";

/// The arguments of a call.
#[derive(Debug, Clone)]
struct CallArguments {
    one: String,
    two: String,
    rest: Vec<String>,
    query: Option<String>,
    list: Vec<String>,
    comma: Vec<String>,
    members: BTreeMap<String, String>,
}

fn given() -> impl Strategy<Value = CallArguments> {
    let text = || "([a-zA-Z0-9/?#%&=+;:@,.~ '\"<>\\[\\]{}|\\\\^`!$()*_é☃😀\u{202e}\u{7f}\t\r\n\u{0}-]|%2[eEfF]|%25|[.]{1,2}|[+] ){0,5}";
    // Few segments are empty, so that few calls are refused.
    let one = || {
        (prop::option::weighted(0.9, "[a-z%, ]"), text()).prop_map(|(first, text)| first.unwrap_or_default() + &text)
    };
    let segment = || one().prop_map(|text| text.replace('/', "-"));
    let texts = || prop::collection::vec(text(), 0..3);
    let members = || prop::collection::btree_map(prop_oneof!["[a-zA-Z0-9._~-]{1,4}", text()], text(), 0..3);
    let path = (one(), one(), prop::collection::vec(segment(), 1..4));
    let query = (prop::option::of(text()), texts(), prop::collection::vec(one(), 0..3), members());
    (path, query).prop_map(|((one, two, rest), (query, list, comma, members))| CallArguments {
        one,
        two,
        rest,
        query,
        list,
        comma,
        members,
    })
}

impl CallArguments {
    fn arguments(&self) -> Value {
        let members: Map<String, Value> =
            self.members.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "one": self.one, "two": self.two, "rest": self.rest.join("/"), "query": self.query, "list": self.list,
            "comma": self.comma, "members": members,
        })
    }

    /// Returns whether the engine refuses the arguments.
    fn is_refused(&self) -> bool {
        let is_dots = |text: &str| matches!(text.replace("%2e", ".").replace("%2E", ".").as_str(), "" | "." | "..");
        is_dots(&self.one) || self.two.is_empty() || self.rest.iter().any(|part| is_dots(part))
    }

    /// Returns the URL that the template expands to; `None` if a member has a name that a template does not encode.
    fn expanded(&self) -> Option<String> {
        let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if !self.members.keys().all(|name| name.chars().all(is_unreserved)) {
            return None;
        }
        let mut context = SimpleContext::new();
        for (name, text) in [("one", &self.one), ("two", &self.two)] {
            context.insert(name, text.as_str());
        }
        if let Some(query) = &self.query {
            context.insert("query", query.as_str());
        }
        for (name, list) in [("rest", &self.rest), ("list", &self.list), ("comma", &self.comma)] {
            context.insert(name, Variable::List(list.clone()));
        }
        context.insert("members", Variable::Assoc(self.members.clone().into_iter().collect()));
        let template = UriTemplateStr::new(TEMPLATE).unwrap();
        Some(template.expand::<UriSpec, _>(&context).unwrap().to_string())
    }

    fn segments(&self) -> Vec<String> {
        let mut segments = vec!["v1".to_owned(), "é".to_owned(), self.one.clone(), format!("x-{}", self.two)];
        segments.extend(self.rest.iter().cloned());
        segments
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        pairs.extend(self.query.iter().map(|text| ("query".to_owned(), text.clone())));
        pairs.extend(self.list.iter().map(|text| ("list".to_owned(), text.clone())));
        pairs.extend((!self.comma.is_empty()).then(|| ("comma".to_owned(), self.comma.join(","))));
        pairs.extend(self.members.clone());
        pairs
    }

    /// Returns the URL as the URL standard builds it.
    fn built(&self) -> Url {
        let mut url = Url::parse("http://api.example").unwrap();
        url.path_segments_mut().unwrap().pop_if_empty().extend(self.segments());
        if !self.pairs().is_empty() {
            url.query_pairs_mut().extend_pairs(self.pairs());
        }
        url
    }
}

/// Returns the decoded segments and pairs of a URL.
fn decoded(url: &Url) -> (Vec<String>, Vec<(String, String)>) {
    let text = |segment: &str| percent_encoding::percent_decode_str(segment).decode_utf8().unwrap().into_owned();
    (url.path_segments().unwrap().map(text).collect(), url.query_pairs().into_owned().collect())
}

/// Returns a capability that does not send its requests, and the list of their URLs.
fn recorded() -> (Capability, Arc<Mutex<Vec<String>>>) {
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let record = sent.clone();
    let layer = tower::layer::layer_fn(move |_: ApiService| {
        let record = record.clone();
        tower::service_fn(move |request: http::Request<RequestBody>| {
            record.lock().unwrap().push(request.uri().to_string());
            async { Ok::<_, BoxError>(http::Response::new(String::from("{}"))) }
        })
    });
    (load(&yaml("", RESOURCES, TOOLS), Settings::default().layer(layer)).unwrap(), sent)
}

#[test]
fn a_url_is_the_one_that_other_implementations_build() {
    let (capability, sent) = recorded();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1024));
    let compared = runner.run(&given(), |given| {
        let called = runtime.block_on(capability.call("get", given.arguments()));
        let urls = std::mem::take(&mut *sent.lock().unwrap());
        if given.is_refused() {
            prop_assert_eq!(called.unwrap_err().kind(), ErrorKind::Argument);
            prop_assert!(urls.is_empty());
            return Ok(());
        }
        prop_assert!(called.is_ok(), "{}", called.unwrap_err());
        let [url] = urls.as_slice() else { panic!("expected one request, found {urls:?}") };
        if let Some(expanded) = given.expanded() {
            prop_assert_eq!(url, &expanded);
        }
        let read = Url::parse(url).unwrap();
        prop_assert_eq!(read.as_str(), url);
        prop_assert_eq!(decoded(&read), (given.segments(), given.pairs()));
        let (segments, pairs) = decoded(&given.built());
        let kept = |text: &String| text.replace(['\t', '\r', '\n'], "");
        let is_left_out = |text: &&String| matches!(kept(text).as_str(), "." | "..");
        // Without tabs and line breaks, a segment can be `.` or `..`, which a URL drops.
        if !given.segments().iter().any(|segment| is_left_out(&segment)) {
            prop_assert_eq!(segments, given.segments().iter().map(kept).collect::<Vec<_>>());
        }
        prop_assert_eq!(pairs, given.pairs());
        Ok(())
    });
    compared.unwrap();
}
