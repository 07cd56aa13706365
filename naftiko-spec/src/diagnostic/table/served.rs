//! Rules about what can be read and served, about the callers of adapters, and about `allow` comments.

use crate::diagnostic::finding::Diagnostic;

/// Returns the finding for a file or a folder that cannot be read.
#[must_use]
pub fn unreadable_file(why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::new(&UNREADABLE, "", format!("the file cannot be read: {why}"))
}

/// Returns the finding for an error that prevents the start, such as a request that cannot be prepared or a file of a
/// bind that cannot be read.
#[must_use]
pub fn not_startable(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&NOT_STARTABLE, "", message)
}

/// Returns the finding for a part of the document that is left out when it is served, such as a skill without its folder.
#[must_use]
pub fn not_served(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&NOT_SERVED, "", message)
}

super::declare::rules! {
    UNREADABLE = "unreadable", Error, Nowhere, serving Refused;
    "A file must be YAML, and a capability document."
    "A file that cannot be read as a document, or could mean two things, is not served: a guess could send a request that \
     the author did not intend."
    wrong: "capability:\n  exposes:\n  - type: rest\n    port: eighty"
    right: "capability:\n  exposes:\n  - type: rest\n    port: 8080"

    NOT_STARTABLE = "not_startable", Error, Nowhere, serving Refused;
    "The parts of requests that are known at startup must be valid, and the files of binds readable."
    "Before it accepts calls, a program prepares the known parts of each request: addresses, names of headers, constants. A part \
     that cannot be sent as the document writes it, or a file of a bind that cannot be read, keeps the program from starting. \
     `naftiko check` does not check environment variables."
    wrong: "        inputParameters:\n        - name: X-Org\n          in: header\n          value: \"line\\nbreak\""
    right: "        inputParameters:\n        - name: X-Org\n          in: header\n          value: line"

    SCRIPT_STEP = "script_step", Error, Nowhere, serving Refused;
    "A step cannot be a script."
    "Scripts in documents are not run: a document is data, not code. Write the step as `call` and `lookup` steps with \
     mappings. Or write the operation in Rust: declare a trait with the operations of the document, and add a method with the name \
     of this operation and a body."
    wrong: "      steps:\n      - name: total\n        type: script\n        language: javascript"
    right: "      steps:\n      - name: orders\n        type: call\n        call: shop.list-orders"

    UNSUPPORTED_AUTHENTICATION = "unsupported_authentication", Error, Nowhere, serving Refused;
    "The `authentication` of a consumed API must be a bearer token, an API key, basic, digest or OAuth 2.0 authentication, or a \
     signature (hmac, aws-sig-v4, oauth1)."
    "Other schemes are not supported. Send the calls to a signing proxy, or use a token if the API accepts one. A client \
     certificate is set by `tls`."
    wrong: "    authentication:\n      type: ntlm\n      username: '{{env.NAME}}'"
    right: "    authentication:\n      type: bearer\n      token: '{{env.TOKEN}}'"

    UNCHECKED_CALLERS = "unchecked_callers", Error, Nowhere, in_traits Nowhere, serving Refused;
    "The `authentication` of an adapter must be a bearer token, an API key, basic or digest authentication, or OAuth 2.1."
    "An adapter whose `authentication` cannot be checked would let everybody in, or nobody: the document is not served."
    wrong: "  exposes:\n  - type: rest\n    namespace: github-rest\n    authentication:\n      type: hmac\n      secret: '{{env.SECRET}}'"
    right: "  exposes:\n  - type: rest\n    namespace: github-rest\n    authentication:\n      type: bearer\n      token: '{{env.CALLER_TOKEN}}'"

    UNCHECKED_SCOPES = "unchecked_scopes", Warning, Anywhere, in_traits Anywhere;
    "An adapter with operations that need scopes should authenticate its callers."
    "Callers without an identity have no scopes: the operation is refused to everybody, unless a layer of the server that the \
     adapter is embedded in identifies the caller."
    wrong: "  - type: mcp\n    namespace: notes-mcp\n    tools:\n    - name: delete\n      scopes: [notes:write]"
    right: "  - type: mcp\n    namespace: notes-mcp\n    authentication:\n      type: oauth2\n      authorizationServerUri: https://login.example.com\n      resource: https://notes.example.com/mcp\n    tools:\n    - name: delete\n      scopes: [notes:write]"

    CREDENTIAL_ARGUMENT = "credential_argument", Warning, Anywhere, in_traits Anywhere;
    "The credential of the callers of an adapter should not be an argument of its routes."
    "An adapter with `authentication` removes the credential's header or query parameter from each request: operations never get it, \
     and an API gets it only if its `callerHeaders` name the header. An argument with that name is always absent: if it is required, \
     every request is refused with 400."
    wrong: "  - type: rest\n    namespace: mail-rest\n    authentication:\n      type: bearer\n      token: '{{env.TOKEN}}'\n    resources:\n    - path: /mails\n      operations:\n      - method: GET\n        inputParameters:\n        - name: Authorization\n          in: header"
    right: "  - type: rest\n    namespace: mail-rest\n    authentication:\n      type: apikey\n      key: X-Key\n      value: '{{env.KEY}}'\n      placement: header\n    resources:\n    - path: /mails\n      operations:\n      - method: GET\n        inputParameters:\n        - name: Authorization\n          in: header"

    UNSUPPORTED_KIND = "unsupported_kind", Error, Nowhere, serving Refused;
    "A consumed API must be an HTTP API of this document."
    "Only `type: http` can be consumed. An `import` of an API from another document is read and written, but not followed."
    wrong: "  consumes:\n  - type: grpc\n    namespace: users"
    right: "  consumes:\n  - type: http\n    namespace: users"

    NOT_SERVED = "not_served", Warning, Anywhere, serving LeftOut;
    "A prompt should have messages; a skill should have a valid name, and a folder or a description; keys of control ports should \
     have an effect."
    "A prompt or a skill that breaks this rule is not served. A key of a control port that breaks it is read, checked as far as \
     possible and exported, but has no effect. The rest of the document runs."
    wrong: "  exposes:\n  - type: skill\n    namespace: github-skill\n    skills:\n    - name: Code Review\n      location: file://./skills/review"
    right: "  exposes:\n  - type: skill\n    namespace: github-skill\n    skills:\n    - name: code-review\n      location: file://./skills/code-review"

    PROMPT_ARGUMENTS = "prompt_arguments", Warning, Anywhere;
    "The placeholders in the messages of a prompt should be its arguments."
    "A placeholder that no argument fills becomes an empty text, and an argument without a placeholder has no effect. If the message is \
     in a file, either mistake keeps the program from starting."
    wrong: "    prompts:\n    - name: review\n      arguments:\n      - name: code\n      template:\n      - role: user\n        content: Review {{cod}}."
    right: "    prompts:\n    - name: review\n      arguments:\n      - name: code\n      template:\n      - role: user\n        content: Review {{code}}."

    MISSING_APPROVAL = "missing_approval", Error, Nowhere, in_traits Nowhere;
    "A resource or a prompt cannot run an operation that needs the approval of a person."
    "Clients read resources and get prompts without approval; only calls of tools ask for it. An operation needs approval in an adapter if \
     its tool there has `confirm: true`, or if the adapter has `confirm: destructive` and the operation may destroy something. The \
     resource or prompt is not served."
    wrong: "    confirm: destructive\n    resources:\n    - name: cleared\n      uri: notes://cleared\n      call: notes.clear   # DELETE"
    right: "    confirm: destructive\n    tools:\n    - name: clear\n      call: notes.clear   # DELETE"

    EXPOSED_CONTROL = "exposed_control", Warning, Anywhere, in_traits Anywhere;
    "There should be at most one control port, on a loopback address or with `authentication`."
    "One control port describes the whole program, so a second one is not needed. On an address that is not loopback, and without \
     `authentication`, anyone who can connect can read the metrics, the status and the log level of the program."
    wrong: "  - type: control\n    address: 0.0.0.0\n    port: 9999"
    right: "  - type: control\n    address: 127.0.0.1\n    port: 9999"

    INVALID_ALLOW = "invalid_allow", Warning, Nowhere;
    "A comment `naftiko: allow(…)` should name a rule that can be allowed, and give a reason."
    "`# naftiko: allow(RULE, reason = \"…\")` on the line of a finding, on the line above it, or above the list entry that \
     contains it switches the rule off there; at the top of the file, everywhere in it. RULE is a name listed by `naftiko \
     explain`, or the number of a repair. Rules about errors that keep a document from running cannot be allowed."
    wrong: "# naftiko: allow(understated)\n- name: search"
    right: "# naftiko: allow(understated_hint, reason = \"a search, by POST\")\n- name: search"

    UNUSED_ALLOW = "unused_allow", Info, Anywhere;
    "A comment `naftiko: allow(…)` should switch something off."
    "The finding that it was written for is gone, or the comment is on the wrong line, or the finding is an error of a rule that can only \
     be switched off for warnings."
    wrong: "# naftiko: allow(unused_bind, reason = \"for later\")\ninfo:"
    right: "info:"
}
