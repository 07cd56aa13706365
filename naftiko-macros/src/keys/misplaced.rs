//! Help texts for keys that exist, but in another attribute or list than the one in which they were found.

/// The verbs, as messages name them.
const VERBS: &[&str] = &["`#[get]`", "`#[post]`", "`#[put]`", "`#[patch]`", "`#[delete]`", "`#[head]`"];
const API: &[&str] = &["`consumes`"];
const ADAPTERS: &[&str] = &["`rest`", "`mcp`", "`control`"];
const TOOL: &[&str] = &["`#[tool]`"];
const RESILIENCE: &[&str] = &["`resilience`"];

const SCHEMES: &[&str] = &["bearer", "apikey", "basic", "digest", "oauth2"];
const OF_RESILIENCE: &[&str] = &["retry", "hedge", "circuit_breaker", "rate_limit", "concurrency"];
const HINTS: &[&str] = &["read_only", "destructive", "idempotent", "open_world"];
const OF_TOOL: &[&str] = &["hints", "confirm", "max_output", "task", "label", "title"];

/// The attributes or lists in which keys are misplaced, the keys, and what to do instead.
const MISPLACED: &[(&[&str], &[&str], &str)] = &[
    (
        VERBS,
        &["authentication"],
        "each entry of `consumes` has one credential: repeat `consumes(…)` with the same `base_uri`, another `namespace` and this \
         `authentication`, and name it here: `consumes = \"…\"`",
    ),
    (VERBS, OF_RESILIENCE, "write it in `resilience(…)`"),
    (VERBS, &["idempotency_key"], "write `resilience(retry(3, idempotency_key))`"),
    (VERBS, OF_TOOL, "write it in `#[tool(…)]`, above the method"),
    (VERBS, &["scope", "scopes"], "write `#[scope(\"…\")]` above the method"),
    (API, OF_RESILIENCE, "write it in `resilience(…)`"),
    (API, SCHEMES, "write it in `authentication(…)`"),
    (ADAPTERS, SCHEMES, "write it in `authentication(…)`"),
    (TOOL, HINTS, "write it in `hints(…)`"),
    (TOOL, &["approval"], "write it in `exposes(mcp(…))`: it applies to all tools of an adapter"),
    (RESILIENCE, &["idempotency_key"], "write `retry(3, idempotency_key)`"),
    (RESILIENCE, &["retries"], "write `retry(3)`: at most 3 attempts, the first included"),
];

/// Returns the help for a key that belongs in another attribute or list, or `None`.
pub(super) fn help(owner: &str, key: &str) -> Option<&'static str> {
    let found = MISPLACED.iter().find(|(owners, keys, _)| owners.contains(&owner) && keys.contains(&key));
    found.map(|(_, _, help)| *help)
}
