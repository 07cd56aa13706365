//! Rules about calls, references and steps.

super::declare::rules! {
    UNRESOLVED_CALL = "unresolved_call", Error, Nowhere, repaired_as Reference, serving Refused;
    "A call must name an existing consumed operation."
    "A route, a tool, a step or a function calls a consumed operation as NAMESPACE.OPERATION. If the namespace does not exist, \
     or has no such operation, nothing can be called: the operation is not guessed, because a guess could send the wrong \
     request. The same applies to the namespace of a `forward`. A file may also share APIs under `consumes` at its top level: they are called in the same way."
    wrong: "capability:\n  consumes:\n  - namespace: github\n    resources:\n    - operations:\n      - name: list-repos\n  \
        exposes:\n  - type: mcp\n    tools:\n    - name: list-repos\n      call: github.list-repositories"
    right: "    tools:\n    - name: list-repos\n      call: github.list-repos"

    UNRESOLVED_REFERENCE = "unresolved_reference", Error, Nowhere, repaired_as Reference, serving Refused;
    "A `ref` must name an existing function of an aggregate."
    "A route or a tool with `ref: NAMESPACE.FUNCTION` does what the function of the aggregate does. If there is no such \
     function, it can do nothing."
    wrong: "  aggregates:\n  - namespace: forecast\n    functions:\n    - name: get-forecast\n  exposes:\n  - type: mcp\n    \
        tools:\n    - name: forecast\n      ref: forecast.forecast"
    right: "    tools:\n    - name: forecast\n      ref: forecast.get-forecast"

    NOTHING_TO_DO = "nothing_to_do", Error, Nowhere, serving LeftOut;
    "A route or a tool must call an operation or return a constant."
    "An exposed operation has a `call`, a `ref` or `steps`; or it is a mock, whose output parameters have constant values. \
     Without any of these it has no answer."
    wrong: "    tools:\n    - name: ping\n      description: Checks that the server runs."
    right: "    tools:\n    - name: ping\n      description: Checks that the server runs.\n      outputParameters:\n      - \
        type: string\n        value: pong"

    NOT_RUNNABLE = "not_runnable", Error, Nowhere, serving LeftOut;
    "Every value of a request must have a known source."
    "When a document is loaded, each value of each request is traced to its source: an argument, a variable, a constant or an \
     earlier step. If a value has none, its operation is left out and this finding says why; the rest of the document runs. A \
     `{{…}}` without a source is never sent as text. Routes and tools that cannot be read are left out in the same way, and so \
     are those that call an operation or refer to a function that cannot be read."
    wrong: "      call: github.get-repo\n      with:\n        owner: rest.nobody"
    right: "      call: github.get-repo\n      with:\n        owner: rest.owner\n      inputParameters:\n      - name: owner\n        \
               in: path\n        type: string"

    DUPLICATE_OPERATION = "duplicate_operation", Warning, Anywhere, in_traits Nowhere;
    "Operations of a namespace must have unique names, because calls find them by name."
    "A call finds its operation by name. If several operations of one consumed API have that name, the one whose path and method, or \
     description, match those of the route or tool is called. If none or several match, the call is an error (`not_runnable`). Of \
     two functions with one name, a `ref` finds only the last. (In a trait, two operations with one name are a compile error.)"
    wrong: "      operations:\n      - name: get\n        method: GET\n      - name: get\n        method: DELETE"
    right: "      operations:\n      - name: get\n        method: GET\n      - name: delete\n        method: DELETE"

    DUPLICATE_STEP = "duplicate_step", Error, Nowhere, serving Refused;
    "Steps of an operation must have unique names, because results are found by name."
    "Later steps and mappings take values from `$.NAME`. If two steps have the same name, the reference is ambiguous."
    wrong: "      steps:\n      - name: user\n        type: call\n        call: crm.get-user\n      - name: user\n        \
        type: call\n        call: crm.get-manager"
    right: "      steps:\n      - name: user\n        type: call\n        call: crm.get-user\n      - name: manager\n        \
        type: call\n        call: crm.get-manager"

    UNKNOWN_STEP = "unknown_step", Error, Nowhere, serving Refused;
    "A mapping, a lookup or a `with` can take values only from a step that ran before it."
    "`$.NAME.member` is a part of the result of the step NAME. If there is no such step, or if it comes later, there is \
     nothing to take, and the output would be empty whatever the upstream answers. The same applies to a member that a lookup \
     does not return: with `outputParameters`, it returns only these."
    wrong: "      steps:\n      - name: users\n        type: call\n        call: crm.list-users\n      mappings:\n      - \
        targetName: name\n        value: $.user.name"
    right: "      mappings:\n      - targetName: name\n        value: $.users.name"

    UNKNOWN_PREFIX = "unknown_prefix", Warning, Anywhere;
    "An input should have the prefix of the adapter that it comes from: `rest.NAME` in a route, `tools.NAME` in a tool."
    "Another prefix (`tool.NAME`, `mcp.NAME`, the prefix of the other adapter) is read as if it were the right one, with or without \
     `{{…}}`. It works, but misleads readers. A text without braces that only resembles a reference is sent as it is. In the \
     body of an operation that both routes and tools call, write `{{NAME}}` without a prefix."
    wrong: "    tools:\n    - name: list-issues\n      call: github.list-issues\n      with:\n        labels: tool.labels"
    right: "    tools:\n    - name: list-issues\n      call: github.list-issues\n      with:\n        labels: tools.labels"

    UNKNOWN_TARGET = "unknown_target", Warning, Anywhere;
    "A mapping should fill a declared output parameter."
    "`targetName` names one of `outputParameters`. A mapping to any other name fills no declared output."
    wrong: "      mappings:\n      - targetName: nmae\n        value: $.user.name\n      outputParameters:\n      - name: \
        name\n        type: string"
    right: "      mappings:\n      - targetName: name\n        value: $.user.name\n      outputParameters:\n      - name: \
        name\n        type: string"

    UNUSED_KEY = "unused_key", Warning, Anywhere;
    "Every key of an operation should have an effect."
    "Only one of `call`, `ref` and `steps` (for an MCP resource, also `location`) specifies what runs; the others are ignored. \
     `mappings` take values from the results of `steps`: a `call` has one answer, and the output parameters name its parts. Of two mappings \
     to one target, the first has no effect."
    wrong: "    tools:\n    - name: get-user\n      call: crm.get-user\n      steps:\n      - name: user\n        type: call\n        \
        call: crm.get-manager"
    right: "    tools:\n    - name: get-user\n      call: crm.get-user"

    UNUSED_STEP = "unused_step", Warning, Anywhere;
    "The result of a step should be used by a later step or by the output."
    "A step that only reads, and whose result nothing uses, costs a call and changes nothing. Often its name is misspelt where \
     it is used. Steps that write are not reported: they may be there for their effect."
    wrong: "      steps:\n      - name: limits\n        type: call\n        call: crm.get-limits\n      - name: user\n        \
        type: call\n        call: crm.get-user\n      mappings:\n      - targetName: name\n        value: $.user.name"
    right: "      steps:\n      - name: user\n        type: call\n        call: crm.get-user\n      mappings:\n      - \
        targetName: name\n        value: $.user.name"

    UNUSED_OPERATION = "unused_operation", Info, Anywhere;
    "Every consumed operation should be called."
    "An operation that no route, tool, step or function calls cannot be reached. Expose it, or remove it. Files that share \
     operations under the top-level `consumes` are not reported."
    wrong: "  consumes:\n  - namespace: github\n    resources:\n    - operations:\n      - name: list-repos\n      - name: \
        get-repo\n  exposes:\n  - tools:\n    - call: github.list-repos"
    right: "  exposes:\n  - tools:\n    - call: github.list-repos\n    - call: github.get-repo"

    UNUSED_FUNCTION = "unused_function", Info, Anywhere;
    "Every function of an aggregate should be exposed."
    "Functions exist for routes and tools to refer to. A function that nothing refers to cannot be reached."
    wrong: "  aggregates:\n  - namespace: forecast\n    functions:\n    - name: get-forecast\n  exposes: []"
    right: "  exposes:\n  - type: mcp\n    tools:\n    - name: get-forecast\n      ref: forecast.get-forecast"
}
