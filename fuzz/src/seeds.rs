//! The seeds of each target: the inputs that the driver mutates.

pub(crate) const YAML: &[&str] = &[
    "naftiko: 1.0.0-alpha2\ninfo:\n  label: Tokens\n  description: |\n    Lists tokens.\n  tags: [a, b]\ncapability:\n  consumes:\n  - type: http\n    namespace: tokens\n    baseUri: https://api.example.org/{{env.PART}}\n    authentication:\n      type: bearer\n      token: '{{env.TOKEN}}'\n    resources:\n    - name: users\n      path: /users/{userId}\n      operations:\n      - name: list\n        method: GET\n        outputRawFormat: json\n        inputParameters:\n        - name: userId\n          in: path\n          type: string\n          required: true\n        outputParameters:\n        - name: result\n          type: object\n          value: $.\n  exposes:\n  - type: rest\n    namespace: tokens-rest\n    port: 8080\n    resources:\n    - path: /v1/users/{userid}\n      operations:\n      - method: GET\n        call: tokens.list\n        with:\n          userId: rest.userId\n        outputParameters:\n        - type: object\n          mapping: $.\n  - type: mcp\n    namespace: tokens-mcp\n    port: 9090\n    transport: http\n    tools:\n    - name: list\n      hints: { readOnly: true }\n      call: tokens.list\n      with: { userId: tools.userId }\nbinds:\n- namespace: env\n  keys:\n    TOKEN: TOKEN\n",
    "capability:\n  exposes:\n  - type: mcp\n    namespace: x\n    tools:\n    - name: steps\n      steps:\n      - type: call\n        name: one\n        call: a.b\n        with: { k: $.x }\n      - type: lookup\n        name: two\n        index: one\n        match: id\n        lookupValue: $.one.id\n        outputParameters: [name]\n      mappings:\n      - targetName: out\n        value: $.two.name\n      outputParameters:\n      - name: out\n        type: array\n        items: { type: object, properties: { a: { type: string, mapping: $.a } } }\n",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: { <<: *b, ? k : v }\n",
    "---\n? - complex\n: !!str 5\n...\n--- >-\n folded\n",
];

pub(crate) const TEMPLATE: &[&str] = &[
    "https://{{env.HOST}}/[tenant]/{region}:8080",
    "/users/{userId}/tokens/{{token}}",
    "Bearer {{ env.TOKEN }} and {text}",
    "http://[::1]:80/{a}{b}",
    "range(address='{a}')é{",
];

pub(crate) const JSONPATH: &[&str] = &[
    "$.data.items[0].id\n{\"data\":{\"items\":[{\"id\":1},{\"id\":\"x\"}]}}",
    "$..id\n[[[{\"id\":[{\"id\":2}]}]]]",
    "$.a[?(@.b == 'x' && @.c > 1)].length\n{\"a\":[{\"b\":\"x\",\"c\":2}]}",
    "$['a','b'][*][1:5:2][-1]\n{\"a\":[[1,2,3]],\"b\":[]}",
    "$.b.length\n{\"a\":{\"length\":[]}}",
    "$.get-database.[0].a.\n{}",
    "{\"type\":\"object\",\"mapping\":\"$.a\",\"properties\":{\"x\":{\"type\":\"number\",\"mapping\":\"$.x\"},\"y\":{\"type\":\"array\",\"mapping\":\"$.y\",\"items\":{\"type\":\"string\",\"maxLength\":2}},\"z\":{\"type\":\"boolean\",\"value\":\"true\"}}}\n{\"a\":{\"x\":\"5\",\"y\":[1,null,\"abc\"]}}",
    "{\"type\":\"array\",\"mapping\":\"$.b[*]\",\"items\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}\n{\"b\":[{\"a\":null},[]]}",
];

pub(crate) const FORMATS: &[&str] = &[
    "\0{\"a\":[1,2.5,null,\"\\u00e9\"]}",
    "\x01<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE a [<!ENTITY e 'x'>]><s:a xmlns:s='u' b='1 &lt; 2'><!-- c --><i>1</i><i n='2'>&#233;&amp;</i><![CDATA[<x>]]></s:a>",
    "\x02id,name,\"a \"\"b\"\"\"\r\n1,Ann\r\n2,\"x\ny\",z,more\r\n",
    "\x03id\tname\n1\tAnn\n",
    "\x04id|name\n1|Ann\n",
    "\x05a: &a [1, x, yes]\nb: *a\nc: |\n  text\n---\n{ d: !!str 5, <<: { e: f } }\n",
    "\x06<html><script>'<td>'</script><table><thead><tr><th colspan=2>A</th><th rowspan=3>B</th></tr></thead><tr><td>1<td>2<table><tr><td>in</table><br>x&nbsp;&lt;</table><table></table>",
    "\x07---\ntitle: T\n---\n# H\n\n| a | b |\n|---|:-:|\n| *1* | `2` |\n\n> - [x](y)\n",
    "\x08text \u{e9}",
    "\x09bytes",
    "naftiko-boundary-000000000000 \"&<>'\\ \r\n--",
];

pub(crate) const FRAMES: &[&str] = &[
    "\x7e\x03\u{feff}: comment\r\nid: 1\ndata: {\"a\":1,\rdata:\"b\":2}\n\nevent: x\ndata\n\ndata: [DONE]\n\ndata: 1\n\n",
    "\x7d\x05{\"a\":1}\n\r\n\x1e[2]\n 3 \r\n\"x",
    "\x7f\x02retry: 3\rdata: 1\r\rdata: 2\n\n",
    "\x09\x01data: 1\ndata: 2\ndata: 3\n\n",
];

pub(crate) const UNPACK: &[&str] = &[
    "\0\x07\x40\x20{\"a\":[1,2.5,null]}{\"a\":[1,2.5,null]}{\"a\":[1,2.5,null]}",
    "\x01\0\x10\x7faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "\x02\x01\x7f\x10the quick brown fox jumps over the lazy dog",
    "\x03\x7f\x04\x60\u{e9}\u{e8}\u{ea} more than the limit of sixteen bytes",
    "\x0a\x03\x7f\x7fcut off",
    "\x18\x7f\x7f\x7fdata: 1\n\ndata: 2\n\n",
    "\x0f\x01\x7f\0\x1f\x08\0\0",
];

pub(crate) const LINK: &[&str] = &[
    "<https://a/x?page=2>; rel=\"next\"",
    "</x?a=1,2;3>; rel=\"prev\", </x?b=1,2;3>; rel=\"next last\"\n<b>;rel=next",
    "<a>; title=\"x, <y>; rel=next\"; rel=\"last\", <b>;\trel = \"NEXT last\"",
    "<a>; title=\"\\\"; rel=next\"; anchor=\"#p\"; rel=first,<\u{e9}>; crossorigin; rel=next",
];

pub(crate) const RETRY_AFTER: &[&str] = &[
    "120",
    "60, 120\n7",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT\n99999999999999999999",
    "Sun Nov  6 08:49:37 2094",
    "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1800000030.25",
    "ratelimit-remaining: 0.0\nratelimit-reset: 45",
    "x-rate-limit-remaining: 0\nx-rate-limit-reset: 1800000030000\n",
];

pub(crate) const DIGEST: &[&str] = &[
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe\"\nMufasa",
    "Basic realm=\"a\", Digest realm=\"a \\\"b\\\" \\\\\", nonce=n, stale=TRUE, userhash=true, algorithm=MD5-sess, qop=auth\nJ\u{e4}s\u{f8}n",
    "Digest realm=\"\u{e9}\", nonce=\"n\"\na\"b\\c",
    "Negotiate abc==, Digest nonce=a, realm=b, Digest nonce=c, realm=d, algorithm=sha-256\n\r\n",
];

pub(crate) const TRACEPARENT: &[&str] = &[
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\ncongo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff-more\na@b=1 , ,c=2\nd=x",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\n0a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b=1",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
];

pub(crate) const MULTIPART: &[&str] = &[
    "name\0text\0\0",
    "a\"b\r\nc\0--naftiko-boundary-000000000000\r\n\0f\"\n.txt\0text/plain\0x\0y\0\0application/json",
    "naftiko-boundary-000000000000\0naftiko-boundary-000000000001--\0\u{85}\u{e9}\0a\r\nX-Evil: 1",
];

pub(crate) const URL: &[&str] = &[
    "a b\0c\0d&e=f#g?h/i\0member\0value\0first\0second",
    "../admin\0%2e%2e\0+ %20\0a]b[c\0\0\0",
    "..\0.\0\r\nX: 1\0\u{e9}\0\u{2603}\0'\"<>`{}|\\^",
    "%252e%252e\0;jsessionid=1\0\u{feff}\0\0a",
];

pub(crate) const HEADERS: &[&str] = &[
    "trace 1\0s=1\0a\0b, c",
    "\t\u{e9} \r\nX-Evil: 1\0a; admin=1\0\x7f",
    " a \0abc=/+123\0\0",
    "Bearer x\0t\0\"a\\\"b\"",
];
