//! Rules about resilience: retries, time limits and caches.

super::declare::rules! {
    RETRIED_WRITE = "retried_write", Error, Nowhere, in_traits Nowhere;
    "Only a request that is safe to repeat can be retried."
    "When an answer is lost, nobody knows whether the request took effect. GET, HEAD, PUT and DELETE have the same effect when \
     they are sent again (RFC 9110, section 9.2.2); POST and PATCH do not, unless they carry a key by which the API recognizes the \
     second request. `idempotencyKey` names the header in which each call sends a unique key. A `retry` of the whole API \
     does not apply to operations that are not safe to repeat."
    wrong: "      operations:\n      - name: create-order\n        method: POST\n        resilience:\n          retry: 3"
    right: "      operations:\n      - name: create-order\n        method: POST\n        resilience:\n          retry:\n            \
             tries: 3\n            idempotencyKey: Idempotency-Key"

    HEDGED_WRITE = "hedged_write", Error, Nowhere, in_traits Nowhere;
    "Only a read can be sent a second time while the first request is in flight."
    "A hedged call sends the same request twice, and both may take effect, at the same time and in any order. GET and HEAD have no \
     effect (RFC 9110, section 9.2.1). A `hedge` of the whole API does not apply to other methods."
    wrong: "      operations:\n      - name: create-order\n        method: POST\n        resilience:\n          hedge: 300ms"
    right: "      operations:\n      - name: list-orders\n        method: GET\n        resilience:\n          hedge: 300ms"

    RETRIES_TOO_LONG = "retries_too_long", Warning, Anywhere, in_traits Anywhere;
    "All attempts of a call should be able to start within its time limit, and within the time limit of its operation."
    "A call has a time limit for all its attempts together: its `timeout`, 30 seconds by default. A served operation has a time limit \
     for all its calls: 55 seconds, unless the server sets another (`Limits::operation`). An attempt that would start later is never \
     made."
    wrong: "    resilience:\n      timeout: 15s\n      retry: 4"
    right: "    resilience:\n      timeout: 5s\n      retry: 4"

    UNREACHABLE_LIMIT = "unreachable_limit", Warning, Anywhere, in_traits Nowhere;
    "Every limit of `resilience` should be reachable."
    "A call has a time limit for all its attempts together: 30 seconds by default. No attempt outlasts the \
     call, so an attempt's `timeout` or a `maxBackoff` longer than the call has no effect. If `maxBackoff` is below `backoff`, no \
     wait is longer than `maxBackoff`, and `backoff` has no effect. A `hedge` longer than an attempt is never sent."
    wrong: "    resilience:\n      timeout: 1m\n      retry: 1"
    right: "    resilience:\n      timeout: 10s\n      retry: 1"

    CACHED_WRITE = "cached_write", Error, Nowhere, in_traits Nowhere;
    "Only the answers to GET and HEAD can be cached."
    "A POST, PUT, PATCH or DELETE has an effect each time, so a cached answer cannot replace the next request. If the API has a \
     `cache`, such an operation needs no `cache` of its own: it invalidates the stored answers of its path (RFC 9111, section 4.4)."
    wrong: "      operations:\n      - name: create-order\n        method: POST\n        cache: true"
    right: "      operations:\n      - name: list-orders\n        method: GET\n        cache: true"

    OVERSIZED_ANSWER = "oversized_answer", Warning, Anywhere, in_traits Nowhere;
    "The largest answer that may be cached should fit into the cache."
    "`size` is the memory for all answers of the API, 32 MiB by default, and `answer` the largest one that is cached. An \
     answer that is larger than the whole cache is never cached."
    wrong: "    cache:\n      size: 1MiB\n      answer: 2MiB"
    right: "    cache:\n      size: 64MiB\n      answer: 2MiB"
}
