//! The table of routes: paths that differ only in segments with placeholders share an entry.

use super::forward;
use super::problem::{self, not_found, refused};
use super::route::Route;
use super::segment::{MAX_PLACEHOLDERS, encoded};
use super::segment_pattern::{Placeholder, SegmentPattern};
use crate::expose::callers::Authenticator;
use crate::operation::{Capability, CopiedHeaders};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::routing::{MethodFilter, MethodRouter};
use http::header::ALLOW;
use http::{HeaderValue, Response, StatusCode};
use naftiko_spec::model::Method;
use naftiko_spec::template::rest_name;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use tower::service_fn;
use tower_layer::layer_fn;

/// An entry of the table: all routes of one shape.
struct RouteEntry {
    /// The path with `{}` for each segment that is not literal, and `{*path}` for a catch-all.
    shape: String,
    /// The path in axum's syntax, with the placeholder names of the first route.
    path: String,
    routes: Vec<Candidate>,
}

/// One route of an entry.
#[derive(Clone)]
struct Candidate {
    method: Method,
    /// Its path with `{}` for each placeholder; routes with the same method and key are duplicates.
    key: String,
    /// Whether it is a catch-all route: all other matching routes take precedence.
    is_catch_all: bool,
    /// How specific it is: the number of literal characters in its patterns; for a catch-all, the number of segments.
    weight: usize,
    /// The segments with literal text beside placeholders, or with several placeholders. The index of the first segment is 1, as in
    /// `path.split('/')`.
    patterns: Vec<(usize, Arc<SegmentPattern>)>,
    route: Arc<Route>,
}

impl Candidate {
    /// Returns whether a request's path, which must have the shape of this route, matches its patterns.
    fn fits(&self, path: &str) -> bool {
        self.patterns
            .iter()
            .all(|(number, pattern)| path.split('/').nth(*number).is_some_and(|segment| pattern.fits(segment)))
    }
}

/// Returns the router of the adapter with the index `expose`.
pub(super) fn router<S: Clone + Send + Sync + 'static>(capability: &Capability, expose: usize) -> Router<S> {
    let mut router = Router::new();
    let mut shapes = Vec::new();
    let callers = Arc::new(Authenticator::or_broken(capability, Some(expose)));
    for entry in entries(capability, expose, &callers) {
        // axum panics at segments in its old syntax for placeholders (`:name`, `*name`), which are literal here.
        if entry.path.contains("/:") || entry.path.contains("/*") {
            router = router.without_v07_checks();
        }
        shapes.push(entry.shape);
        router = router.route(&entry.path, method_router(entry.routes));
    }
    authenticated(forward::mount(router, capability, expose, shapes), callers, CopiedHeaders::of(capability))
}

/// Authenticates the callers of all routes, if the adapter requires it, and copies the headers that are sent to APIs.
pub(crate) fn authenticated<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    callers: Arc<Authenticator>,
    copied: CopiedHeaders,
) -> Router<S> {
    if (callers.is_open() && copied.is_empty()) || !router.has_routes() {
        return router;
    }
    let copied = Arc::new(copied);
    let check = move |request: Request, next: Next| {
        let (callers, copied) = (callers.clone(), copied.clone());
        async move {
            let (mut parts, body) = request.into_parts();
            copied.copy(&mut parts);
            match callers.check(&mut parts).await {
                Ok(()) => next.run(Request::from_parts(parts, body)).await,
                Err(challenge) => refused(&challenge),
            }
        }
    };
    router.route_layer(middleware::from_fn(check))
}

/// Builds the table, in the order of the document.
fn entries(capability: &Capability, expose: usize, callers: &Arc<Authenticator>) -> Vec<RouteEntry> {
    let mut entries: Vec<RouteEntry> = Vec::new();
    for operation in capability.operations() {
        for part in operation.fragment.routes.iter().filter(|part| part.expose == expose) {
            let Some(path) = Path::read(&part.path) else {
                tracing::error!(path = part.path, "this path cannot be matched; the route is left out");
                continue;
            };
            let method = part.operation.method;
            let candidate = Candidate {
                method,
                key: path.key,
                is_catch_all: path.shape.ends_with(CATCH_ALL),
                weight: if path.shape.ends_with(CATCH_ALL) {
                    path.shape.matches('/').count()
                } else {
                    path.patterns.iter().map(|(_, pattern)| pattern.weight()).sum()
                },
                patterns: path.patterns,
                route: Arc::new(Route::new(capability, callers, operation, part, &path.placeholders)),
            };
            match entries.iter_mut().find(|entry| entry.shape == path.shape) {
                Some(entry)
                    if entry.routes.iter().any(|other| other.method == method && other.key == candidate.key) =>
                {
                    tracing::error!(
                        method = method.as_str(),
                        path = part.path,
                        "this route exists already; the duplicate is left out"
                    );
                }
                Some(entry) => entry.routes.push(candidate),
                None => entries.push(RouteEntry { shape: path.shape, path: path.axum, routes: vec![candidate] }),
            }
        }
    }
    split_catch_all(entries)
}

/// The end of the shape of a catch-all route.
const CATCH_ALL: &str = "/{*path}";

/// Splits catch-all routes into one path per number of segments, if another route has a placeholder beside a catch-all: axum does
/// not accept both.
fn split_catch_all(entries: Vec<RouteEntry>) -> Vec<RouteEntry> {
    let is_beside = |entry: &RouteEntry| {
        let Some(before) = entry.shape.strip_suffix(CATCH_ALL) else { return false };
        entries.iter().any(|other| other.shape != entry.shape && other.shape.starts_with(&format!("{before}/{{")))
    };
    if !entries.iter().any(is_beside) {
        return entries;
    }
    let (open_ended, mut all): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.shape.ends_with(CATCH_ALL));
    let open_ended = open_ended
        .into_iter()
        .filter_map(|entry| Some((entry.shape.strip_suffix(CATCH_ALL)?.to_owned(), entry.routes)));
    for (before, routes) in open_ended {
        let mut shape = before;
        while shape.matches('{').count() < MAX_PLACEHOLDERS {
            shape.push_str("/{}");
            match all.iter_mut().find(|entry| entry.shape == shape) {
                Some(entry) => entry.routes.extend(routes.iter().cloned()),
                None => {
                    all.push(RouteEntry {
                        shape: shape.clone(),
                        path: forward::with_named_placeholders(&shape),
                        routes: routes.clone(),
                    });
                }
            }
        }
    }
    all
}

/// A parsed path; [`RouteEntry`] and [`Candidate`] describe its forms.
struct Path<'a> {
    shape: String,
    key: String,
    axum: String,
    placeholders: Vec<Placeholder<'a>>,
    patterns: Vec<(usize, Arc<SegmentPattern>)>,
}

impl<'a> Path<'a> {
    /// Parses a path; `None` if its placeholders are malformed, ambiguous or too many.
    fn read(path: &'a str) -> Option<Self> {
        let (shape, key, axum) = (String::new(), String::new(), String::new());
        let mut read = Self { shape, key, axum, placeholders: Vec::new(), patterns: Vec::new() };
        for (number, segment) in path.strip_prefix('/').unwrap_or(path).split('/').enumerate() {
            let inner = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
            let inner = inner.filter(|name| !name.contains(['{', '}']));
            let Some(name) = inner else {
                if segment.contains(['{', '}']) {
                    read.push_pattern(number, segment)?;
                    continue;
                }
                let literal = encoded(segment);
                for written in [&mut read.shape, &mut read.key, &mut read.axum] {
                    let _ = write!(written, "/{literal}");
                }
                continue;
            };
            let rest_name = rest_name(name);
            let (name, rest) = (rest_name.unwrap_or(name), rest_name.is_some());
            for written in [&mut read.shape, &mut read.key] {
                written.push_str(if rest { CATCH_ALL } else { "/{}" });
            }
            // The name is only a label of the matched path: values are found by the index of their segment.
            let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
            let is_new = read.placeholders.iter().all(|other| other.name != name);
            let label = if is_plain && is_new { name.to_owned() } else { format!("p{number}") };
            let _ = write!(read.axum, "/{{{}{label}}}", if rest { "*" } else { "" });
            read.placeholders.push(Placeholder { name, segment: number + 1, part: None, rest });
        }
        (read.axum.matches('{').count() <= MAX_PLACEHOLDERS).then_some(read)
    }

    /// Adds a segment that contains literal text beside placeholders, or several placeholders; `None` if the segment is malformed.
    fn push_pattern(&mut self, number: usize, segment: &'a str) -> Option<()> {
        let (pattern, names) = SegmentPattern::read(segment)?;
        let pattern = Arc::new(pattern);
        self.shape.push_str("/{}");
        let _ = write!(self.key, "/{}", pattern.key());
        let _ = write!(self.axum, "/{{p{number}}}");
        for (part, name) in names.into_iter().enumerate() {
            self.placeholders.push(Placeholder {
                name,
                segment: number + 1,
                part: Some((pattern.clone(), part)),
                rest: false,
            });
        }
        self.patterns.push((number + 1, pattern));
        Some(())
    }
}

/// Returns the handler of one path. Other methods are answered with a problem.
fn method_router<S: Clone + Send + Sync + 'static>(mut routes: Vec<Candidate>) -> MethodRouter<S, Infallible> {
    let is_only = |route: &Candidate| routes.iter().filter(|other| other.method == route.method).count() == 1;
    if routes.iter().all(|route| route.patterns.is_empty() && is_only(route)) {
        // axum adds `Allow`.
        let mut methods = refusing(|_| not_allowed());
        for Candidate { method, route, .. } in routes {
            let service = service_fn(move |request: Request| {
                let route = route.clone();
                async move { Ok::<_, Infallible>(route.answer(request).await) }
            });
            methods = methods.on_service(method_filter(method), service);
        }
        return methods;
    }
    // The most specific route is tried first; of two that are as specific, the one for HEAD, since a route for GET answers HEAD, too.
    routes.sort_by_key(|route| (route.is_catch_all, std::cmp::Reverse(route.weight), route.method != Method::Head));
    let mut all_methods: Vec<Method> = routes.iter().map(|route| route.method).collect();
    all_methods.sort_unstable();
    all_methods.dedup();
    let routes = Arc::new(routes);
    let refused = routes.clone();
    let mut methods = refusing(move |path| refusal(&refused, path));
    for method in all_methods {
        let routes = routes.clone();
        let service = service_fn(move |request: Request| {
            let path = request.uri().path();
            let chosen = choose(&routes, method, path).ok_or_else(|| Box::new(refusal(&routes, path)));
            async move {
                Ok::<_, Infallible>(match chosen {
                    Ok(route) => route.answer(request).await,
                    Err(response) => *response,
                })
            }
        });
        methods = methods.on_service(method_filter(method), service);
    }
    methods
}

/// Returns a handler without methods. It answers other methods with the response that `refusal` returns for the path of the request.
fn refusing<S: Clone + Send + Sync + 'static>(
    refusal: impl Fn(&str) -> Response<Body> + Clone + Send + Sync + 'static,
) -> MethodRouter<S, Infallible> {
    let service = service_fn(move |request: Request| {
        let response = refusal(request.uri().path());
        async { Ok::<_, Infallible>(response) }
    });
    // The answer is set with a layer, not with a fallback: the embedding service can set a fallback of its own, and can add methods at
    // the same path.
    MethodRouter::new().layer(layer_fn(move |_: axum::routing::Route| service.clone()))
}

fn not_allowed() -> Response<Body> {
    problem::plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed; the `Allow` header lists the allowed methods")
}

/// Returns the first route with that method that matches the path; `None` if there is none. A route for GET also answers HEAD, as axum
/// does for other paths.
fn choose(routes: &[Candidate], method: Method, path: &str) -> Option<Arc<Route>> {
    let answers = |own: Method| own == method || (method == Method::Head && own == Method::Get);
    let chosen = routes.iter().find(|candidate| answers(candidate.method) && candidate.fits(path))?;
    Some(chosen.route.clone())
}

/// Returns the answer to a request whose method no route with that path has: 405 with the methods of the path in `Allow`, or 404 if no
/// route matches the path.
fn refusal(routes: &[Candidate], path: &str) -> Response<Body> {
    let mut allowed = Vec::new();
    for candidate in routes.iter().filter(|candidate| candidate.fits(path)) {
        let own = candidate.method.as_str();
        let also = (candidate.method == Method::Get).then_some(Method::Head.as_str());
        for method in std::iter::once(own).chain(also) {
            if !allowed.contains(&method) {
                allowed.push(method);
            }
        }
    }
    if allowed.is_empty() {
        return not_found();
    }
    let mut response = not_allowed();
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(",")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

fn method_filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Head => MethodFilter::HEAD,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}
