//! A small fuzzer for the stable toolchain: mutates seeds with a fixed random sequence, without coverage feedback.

use std::time::{Duration, Instant};

/// A function to fuzz.
pub struct Target {
    /// Its name, which is also the name of the cargo-fuzz binary.
    pub name: &'static str,
    /// The function to run.
    pub run: fn(&[u8]),
    /// The inputs that are mutated.
    pub seeds: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "yaml", run: crate::yaml, seeds: YAML },
    Target { name: "template", run: crate::template, seeds: TEMPLATE },
    Target { name: "jsonpath", run: crate::jsonpath, seeds: JSONPATH },
    Target { name: "formats", run: crate::formats, seeds: FORMATS },
    Target { name: "encode", run: crate::encode, seeds: FORMATS },
    Target { name: "frames", run: crate::frames, seeds: FRAMES },
];

/// How long one input may take: much longer than any needs, so that a busy machine is not reported as a finding.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs a target with its seeds, and then with that many mutated inputs or until the time is up.
///
/// # Panics
/// Panics if the target panics, or takes too long for a mutated input; the mutated input is printed.
pub fn drive(target: &Target, inputs: usize, time: Duration) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let start = Instant::now();
    for seed in target.seeds {
        (target.run)(seed.as_bytes());
    }
    for _ in 0..inputs {
        let input = mutated(target.seeds, &mut random);
        let begun = Instant::now();
        let shown = Shown(&input);
        (target.run)(&input);
        assert!(begun.elapsed() < LONGEST, "{} took {:?}", target.name, begun.elapsed());
        std::mem::forget(shown);
        if start.elapsed() > time {
            break;
        }
    }
}

/// Prints an input when a panic unwinds.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("the input: b\"{}\"", self.0.escape_ascii());
    }
}

/// Returns a seed with a few mutations: bits are flipped, bytes inserted or replaced, and pieces removed, repeated, or
/// taken from another seed.
fn mutated(seeds: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(seeds).as_bytes().to_vec();
    for _ in 0..1 + random.below(6) {
        let (from, to) = random.range(input.len());
        match random.below(7) {
            0 if from < input.len() => input[from] ^= 1 << random.below(8),
            1 => drop(input.drain(from..to)),
            2 => {
                let most = if random.below(20) == 0 { 200 } else { 4 };
                let piece = input[from..to].repeat(1 + random.below(most));
                input.splice(from..from, piece);
            }
            3 => {
                let other = random.pick(seeds).as_bytes();
                let (start, end) = random.range(other.len());
                input.splice(from..to, other[start..end].iter().copied());
            }
            4 => input.insert(from, random.pick(b"\0\n\r\t \"'`<>&;:,|[]{}()*#-.$@?!\\/=%0a\xC3\xFF").to_owned()),
            5 => input.truncate(to),
            _ if from < input.len() => input[from] = u8::try_from(random.below(256)).unwrap_or_default(),
            _ => {}
        }
        input.truncate(64 * 1024);
    }
    input
}

/// xorshift64* (Vigna 2016): deterministic, and good enough.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or_default() % end.max(1)
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn range(&mut self, length: usize) -> (usize, usize) {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        (one.min(other), one.max(other))
    }
}

const YAML: &[&str] = &[
    "naftiko: 1.0.0-alpha2\ninfo:\n  label: Tokens\n  description: |\n    Lists tokens.\n  tags: [a, b]\ncapability:\n  consumes:\n  - type: http\n    namespace: tokens\n    baseUri: https://api.example.org/{{env.PART}}\n    authentication:\n      type: bearer\n      token: '{{env.TOKEN}}'\n    resources:\n    - name: users\n      path: /users/{userId}\n      operations:\n      - name: list\n        method: GET\n        outputRawFormat: json\n        inputParameters:\n        - name: userId\n          in: path\n          type: string\n          required: true\n        outputParameters:\n        - name: result\n          type: object\n          value: $.\n  exposes:\n  - type: rest\n    namespace: tokens-rest\n    port: 8080\n    resources:\n    - path: /v1/users/{userid}\n      operations:\n      - method: GET\n        call: tokens.list\n        with:\n          userId: rest.userId\n        outputParameters:\n        - type: object\n          mapping: $.\n  - type: mcp\n    namespace: tokens-mcp\n    port: 9090\n    transport: http\n    tools:\n    - name: list\n      hints: { readOnly: true }\n      call: tokens.list\n      with: { userId: tools.userId }\nbinds:\n- namespace: env\n  keys:\n    TOKEN: TOKEN\n",
    "capability:\n  exposes:\n  - type: mcp\n    namespace: x\n    tools:\n    - name: steps\n      steps:\n      - type: call\n        name: one\n        call: a.b\n        with: { k: $.x }\n      - type: lookup\n        name: two\n        index: one\n        match: id\n        lookupValue: $.one.id\n        outputParameters: [name]\n      mappings:\n      - targetName: out\n        value: $.two.name\n      outputParameters:\n      - name: out\n        type: array\n        items: { type: object, properties: { a: { type: string, mapping: $.a } } }\n",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: { <<: *b, ? k : v }\n",
    "---\n? - complex\n: !!str 5\n...\n--- >-\n folded\n",
];

const TEMPLATE: &[&str] = &[
    "https://{{env.HOST}}/[tenant]/{region}:8080",
    "/users/{userId}/tokens/{{token}}",
    "Bearer {{ env.TOKEN }} and {text}",
    "http://[::1]:80/{a}{b}",
    "range(address='{a}')é{",
];

const JSONPATH: &[&str] = &[
    "$.data.items[0].id\n{\"data\":{\"items\":[{\"id\":1},{\"id\":\"x\"}]}}",
    "$..id\n[[[{\"id\":[{\"id\":2}]}]]]",
    "$.a[?(@.b == 'x' && @.c > 1)].length\n{\"a\":[{\"b\":\"x\",\"c\":2}]}",
    "$['a','b'][*][1:5:2][-1]\n{\"a\":[[1,2,3]],\"b\":[]}",
    "$.b.length\n{\"a\":{\"length\":[]}}",
    "$.get-database.[0].a.\n{}",
    "{\"type\":\"object\",\"mapping\":\"$.a\",\"properties\":{\"x\":{\"type\":\"number\",\"mapping\":\"$.x\"},\"y\":{\"type\":\"array\",\"mapping\":\"$.y\",\"items\":{\"type\":\"string\",\"maxLength\":2}},\"z\":{\"type\":\"boolean\",\"value\":\"true\"}}}\n{\"a\":{\"x\":\"5\",\"y\":[1,null,\"abc\"]}}",
    "{\"type\":\"array\",\"mapping\":\"$.b[*]\",\"items\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}\n{\"b\":[{\"a\":null},[]]}",
];

const FORMATS: &[&str] = &[
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

const FRAMES: &[&str] = &[
    "\x7e\x03\u{feff}: comment\r\nid: 1\ndata: {\"a\":1,\rdata:\"b\":2}\n\nevent: x\ndata\n\ndata: [DONE]\n\ndata: 1\n\n",
    "\x7d\x05{\"a\":1}\n\r\n\x1e[2]\n 3 \r\n\"x",
    "\x7f\x02retry: 3\rdata: 1\r\rdata: 2\n\n",
    "\x09\x01data: 1\ndata: 2\ndata: 3\n\n",
];
