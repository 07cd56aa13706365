//! Rules about the pages of lists.

super::declare::rules! {
    INVALID_PAGE = "invalid_page", Error, Nowhere, in_traits Nowhere, serving Refused;
    "`page` must specify how the next page is found, and, except for a link, the argument that requests it."
    "There are several ways to find the next page: a `cursor` in the answer, an `offset` or a page `number` that the caller \
     counts, a member of the last item (`keyset`), or a `link` in the answer or in the header `Link` (RFC 8288). `into` names \
     the argument that requests the next page; a `link` needs no `into`, since it determines the whole query. `offset` and \
     `keyset` need `items`, the array of the page, and `number` needs `items`, or `more`, which is true while there are more pages."
    wrong: "        page:\n          offset: true\n          into: skip"
    right: "        page:\n          offset: true\n          into: skip\n          items: $.items"

    PAGED_WRITE = "paged_write", Error, Anywhere, in_traits Anywhere;
    "Only a read can have pages."
    "Each page is a call of its own. Calls of a GET change nothing (RFC 9110, section 9.2.1), but each POST may change something \
     again. Some APIs search with POST: allow the rule for these."
    wrong: "        method: POST\n        page:\n          cursor: $.next\n          into: after"
    right: "        method: GET\n        page:\n          cursor: $.next\n          into: after"
}
