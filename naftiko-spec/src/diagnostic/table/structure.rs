//! Rules about names, ports, routes, tools and hints.

super::declare::rules! {
    EMPTY_DOCUMENT = "empty_document", Error, Nowhere;
    "A document must consume or expose something."
    "A file that consumes nothing, exposes nothing and shares nothing does nothing: it is not a capability, or its keys are \
     misspelt."
    wrong: "naftiko: 1.0.0-alpha2\ninfo:\n  label: GitHub repositories"
    right: "naftiko: 1.0.0-alpha2\ninfo:\n  label: GitHub repositories\ncapability:\n  consumes:\n  - namespace: github\n    \
        baseUri: https://api.github.com\n  exposes:\n  - type: rest\n    namespace: github-rest"

    DUPLICATE_NAMESPACE = "duplicate_namespace", Error, UnlessError, in_traits Nowhere, serving Refused;
    "Namespaces of one kind must be unique, because calls and options refer to them."
    "Calls find a consumed API by its namespace, options find an adapter, `{{namespace.NAME}}` a bind. Two APIs with one \
     namespace make calls ambiguous, which is an error; two adapters, aggregates or binds with one namespace are a warning."
    wrong: "  consumes:\n  - namespace: github\n    baseUri: https://api.github.com\n  - namespace: github\n    baseUri: \
        https://uploads.github.com"
    right: "  consumes:\n  - namespace: github\n    baseUri: https://api.github.com\n  - namespace: github-uploads\n    \
        baseUri: https://uploads.github.com"

    SHARED_NAMESPACE = "shared_namespace", Warning, Anywhere;
    "APIs, adapters, binds and aggregates should have different namespaces."
    "The specification requires every namespace to be unique in the document. Here each kind has its own names, so the \
     document runs, but other engines refuse it, and people confuse parts with the same namespace."
    wrong: "  consumes:\n  - namespace: github\n  exposes:\n  - type: mcp\n    namespace: github"
    right: "  consumes:\n  - namespace: github\n  exposes:\n  - type: mcp\n    namespace: github-mcp"

    DUPLICATE_PORT = "duplicate_port", Error, Anywhere, in_traits Anywhere;
    "Two adapters cannot listen on one port."
    "The second adapter cannot start. Port 0 selects any free port."
    wrong: "  exposes:\n  - type: rest\n    namespace: a-rest\n    port: 8080\n  - type: mcp\n    namespace: a-mcp\n    port: \
        8080"
    right: "  exposes:\n  - type: rest\n    namespace: a-rest\n    port: 8080\n  - type: mcp\n    namespace: a-mcp\n    port: \
        9090"

    INVALID_ADDRESS = "invalid_address", Error, Nowhere;
    "The address of an adapter must be an IP address or a host name."
    "It is the address that the adapter listens on, without a port and without brackets. With any other text the document does \
     not start, unless `--address` sets an address."
    wrong: "  exposes:\n  - type: rest\n    namespace: github-rest\n    address: http://localhost"
    right: "  exposes:\n  - type: rest\n    namespace: github-rest\n    address: localhost"

    COLLIDING_ROUTES = "colliding_routes", Warning, Anywhere, repaired_as DuplicateRoute, in_traits Nowhere;
    "Routes of an adapter must differ in their method or shape, regardless of the names of their placeholders."
    "Only the first route is ever reached. (In a trait this is a compile error.)"
    wrong: "    - path: /users/{id}\n      operations:\n      - method: GET\n    - path: /users/{name}\n      operations:\n      \
          - method: GET"
    right: "    - path: /users/{id}\n      operations:\n      - method: GET\n    - path: /users/by-name/{name}\n      \
        operations:\n      - method: GET"

    DUPLICATE_TOOL = "duplicate_tool", Warning, Anywhere, repaired_as DuplicateRoute, in_traits Nowhere;
    "Tools of an adapter must have unique names, because clients call them by name."
    "Only the first of two tools with the same name is ever called. (In a trait this is a compile error.)"
    wrong: "    tools:\n    - name: get\n      call: github.get-repo\n    - name: get\n      call: github.get-user"
    right: "    tools:\n    - name: get-repo\n      call: github.get-repo\n    - name: get-user\n      call: github.get-user"

    DUPLICATE_RESOURCE = "duplicate_resource", Warning, Anywhere, in_traits Nowhere;
    "Resources of an adapter must have unique URIs, because clients read them by URI."
    "Only the first of two resources with the same URI is ever read. Templates that differ only in the names of placeholders \
     match the same URIs. (In a trait this is a compile error.)"
    wrong: "    resources:\n    - uri: users://{id}\n      call: api.get-user\n    - uri: users://{name}\n      call: \
        api.find-user"
    right: "    resources:\n    - uri: users://{id}\n      call: api.get-user\n    - uri: names://{name}\n      call: \
        api.find-user"

    INVALID_URI_TEMPLATE = "invalid_uri_template", Warning, Anywhere, in_traits Nowhere;
    "The URI template of a resource must have only placeholders that are supported: `{name}`, and `{+name}` for a value with slashes."
    "Clients fill the template (RFC 6570) and read the URI. With another operator (`{?name}`), a placeholder that follows \
     another one immediately, or a brace without its pair, no URI would lead to the resource, so it is not served. A folder has no \
     placeholders: each of its files has a URI of its own. (In a trait this is a compile error.)"
    wrong: "    resources:\n    - uri: users://{id}{?page}\n      call: api.get-user"
    right: "    resources:\n    - uri: users://{id}/{page}\n      call: api.get-user"

    DUPLICATE_PROMPT = "duplicate_prompt", Warning, Anywhere, in_traits Nowhere;
    "Prompts of an adapter must have unique names, because clients find them by name."
    "Only the first of two prompts with the same name is ever used. (In a trait this is a compile error.)"
    wrong: "    prompts:\n    - name: summarize\n      template: …\n    - name: summarize\n      template: …"
    right: "    prompts:\n    - name: summarize\n      template: …\n    - name: explain\n      template: …"

    INVALID_TOOL_NAME = "invalid_tool_name", Warning, Anywhere, in_traits Anywhere;
    "A tool name should have at most 64 characters, and only letters, digits, `_` and `-`."
    "Clients pass tool names to model APIs, which accept `[a-zA-Z0-9_-]{1,64}`. One bad name can make a client drop the whole \
     server."
    wrong: "    tools:\n    - name: get user's repositories"
    right: "    tools:\n    - name: get-user-repositories"

    UNDERSTATED_HINT = "understated_hint", Warning, Anywhere, in_traits Anywhere;
    "A tool should not claim to be safer than its HTTP method, because agents trust hints; an MCP resource should only read."
    "Clients run read-only tools without asking the user. A read-only hint on a method that writes, or `destructive: false` on a \
     DELETE, suppresses that question. Resources are read without asking, too. A POST that only searches is fine: allow it, with the \
     reason."
    wrong: "    - name: delete-repo\n      hints:\n        readOnly: true\n      call: github.delete-repo   # DELETE"
    right: "    - name: delete-repo\n      hints:\n        destructive: true\n      call: github.delete-repo   # DELETE"

    OVERSTATED_HINT = "overstated_hint", Info, Anywhere;
    "A tool should not claim to be more dangerous than its HTTP method."
    "Clients ask the user before each call of a tool that writes or deletes. For a GET these questions are pointless, and people \
     learn to click them away."
    wrong: "    - name: list-repos\n      hints:\n        readOnly: false\n      call: github.list-repos   # GET"
    right: "    - name: list-repos\n      hints:\n        readOnly: true\n      call: github.list-repos   # GET"

    UNSAFE_GET = "unsafe_get", Warning, Anywhere;
    "A GET route should not change or remove anything."
    "GET is safe (RFC 9110, section 9.2.1): caches, crawlers and browsers repeat it at will. A GET route that calls a PUT, \
     PATCH or DELETE lets them write. A GET route that calls a POST is not reported: many searches are POSTs."
    wrong: "    - path: /repos/{id}/delete\n      operations:\n      - method: GET\n        call: github.delete-repo   # DELETE"
    right: "    - path: /repos/{id}\n      operations:\n      - method: DELETE\n        call: github.delete-repo"

    EMPTY_ADAPTER = "empty_adapter", Warning, Anywhere;
    "An adapter should have routes, tools, resources or prompts."
    "An adapter that offers nothing listens on a port and cannot answer any call: a REST adapter without operations and `forward`, or an MCP adapter without tools, resources and prompts."
    wrong: "  exposes:\n  - type: rest\n    namespace: github-rest\n    resources: []"
    right: "  exposes:\n  - type: rest\n    namespace: github-rest\n    resources:\n    - path: /repos\n      operations:\n      \
          - method: GET\n        call: github.list-repos"

    CUT_WRITE = "cut_write", Error, Nowhere, in_traits Nowhere;
    "Only tools that read can have a `maxOutput`."
    "`maxOutput` returns a long answer in parts, and the client calls the tool again for each of them. A tool that writes would write \
     again each time."
    wrong: "    tools:\n    - name: create-order\n      call: shop.create-order\n      maxOutput: 16384"
    right: "    tools:\n    - name: list-orders\n      call: shop.list-orders\n      maxOutput: 16384"

    UNKNOWN_ARGUMENT = "unknown_argument", Error, Nowhere, in_traits Nowhere;
    "The input schema of a tool must name only its arguments."
    "Callers can send only the arguments of the tool. Any other name in `required` would refuse every call, and in `properties` it \
     has no effect."
    wrong: "    tools:\n    - name: call-back\n      inputParameters:\n      - name: phone\n        type: string\n      inputSchema:\n        required: [fone]"
    right: "    tools:\n    - name: call-back\n      inputParameters:\n      - name: phone\n        type: string\n      inputSchema:\n        required: [phone]"
}
