//! Rules about resilience: what is tried again, and for how long.

super::rules! {
    RETRIED_WRITE = "retried_write", Error, Nowhere, in_traits Nowhere;
    "Only a request that may be sent twice is tried again."
    "When an answer is lost, nobody knows whether the request took effect. GET, HEAD, PUT and DELETE have the same effect when they \
     are sent again (RFC 9110, section 9.2.2); POST and PATCH do not, unless they carry a key by which the API recognizes the \
     second request. `idempotencyKey` names the header in which each call sends a key of its own. A `retry` of the whole API \
     leaves operations alone that are not safe to repeat."
    wrong: "      operations:\n      - name: create-order\n        method: POST\n        resilience:\n          retry: 3"
    right: "      operations:\n      - name: create-order\n        method: POST\n        resilience:\n          retry:\n            tries: 3\n            idempotencyKey: Idempotency-Key"

    RETRIES_TOO_LONG = "retries_too_long", Warning, Anywhere, in_traits Nowhere;
    "All tries of a call can begin within its time limit."
    "A call has a time limit for all its tries together: 30 seconds unless something else is specified. A try that can only \
     begin after it is never made."
    wrong: "    resilience:\n      timeout: 15s\n      retry: 4"
    right: "    resilience:\n      timeout: 5s\n      retry: 4"
}
