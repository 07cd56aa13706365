//! Rules about names that lead somewhere: calls, references, steps.

super::rules! {
    UNRESOLVED_CALL = "unresolved_call", Error, Nowhere, repaired_as Reference, serving Refused;
    "Every call names a consumed operation that is there."
    "A route, a tool, a step or a function calls a consumed operation as NAMESPACE.OPERATION. Where there is no such namespace, or \
     no such operation in it, nothing can be called, and a guess could send the wrong request. The same holds for the namespace that \
     a `forward` goes to. `file.yaml` may also share APIs under `consumes` at its top level: they are called in the same way."
    wrong: "capability:\n  consumes:\n  - namespace: github\n    resources:\n    - operations:\n      - name: list-repos\n  exposes:\n  - type: mcp\n    tools:\n    - name: list-repos\n      call: github.list-repositories"
    right: "    tools:\n    - name: list-repos\n      call: github.list-repos"

    UNRESOLVED_REFERENCE = "unresolved_reference", Error, Nowhere, repaired_as Reference, serving Refused;
    "Every `ref` names a function of an aggregate that is there."
    "A route or a tool with `ref: NAMESPACE.FUNCTION` is what the function of the aggregate is. Where there is no such function, it \
     is nothing."
    wrong: "  aggregates:\n  - namespace: forecast\n    functions:\n    - name: get-forecast\n  exposes:\n  - type: mcp\n    tools:\n    - name: forecast\n      ref: forecast.forecast"
    right: "    tools:\n    - name: forecast\n      ref: forecast.get-forecast"

    NOTHING_TO_DO = "nothing_to_do", Error, Nowhere, serving LeftOut;
    "A route or a tool calls something, or gives a constant."
    "An exposed operation has a `call`, a `ref` or `steps`; or it is a mock, whose output parameters have constant values. One that \
     has none of these has nothing to answer."
    wrong: "    tools:\n    - name: ping\n      description: Says that it is there."
    right: "    tools:\n    - name: ping\n      description: Says that it is there.\n      outputParameters:\n      - type: string\n        value: pong"

    NOT_RUNNABLE = "not_runnable", Error, Nowhere, serving LeftOut;
    "Each route and each tool can be worked out."
    "Before anything runs, each value of each request is traced to where it comes from. Where that fails, the operation is left \
     out and this says why; the rest of the document runs. A `{{…}}` that names nothing is never sent as it stands, and a route or a \
     tool that cannot be read is left out in the same way."
    wrong: "      call: github.get-repo\n      with:\n        owner: rest.nobody"
    right: "      call: github.get-repo\n      with:\n        owner: rest.owner\n      inputParameters:\n      - name: owner\n        in: path\n        type: string"

    DUPLICATE_OPERATION = "duplicate_operation", Error, UnlessError, in_traits Nowhere, serving Refused;
    "An operation is called by its name, so no two of a namespace share one."
    "A call finds its operation by name. If two operations of one consumed API have that name, one of them cannot be called, and which \
     one is a guess. Where nothing calls them it is only a warning."
    wrong: "      operations:\n      - name: get\n        method: GET\n      - name: get\n        method: DELETE"
    right: "      operations:\n      - name: get\n        method: GET\n      - name: delete\n        method: DELETE"

    DUPLICATE_STEP = "duplicate_step", Error, Nowhere, serving Refused;
    "A step's result is found by the step's name, so no two of an operation share one."
    "Later steps and mappings take values from `$.NAME`. With two steps of one name nobody can tell which of the results is meant."
    wrong: "      steps:\n      - name: user\n        type: call\n        call: crm.get-user\n      - name: user\n        type: call\n        call: crm.get-manager"
    right: "      steps:\n      - name: user\n        type: call\n        call: crm.get-user\n      - name: manager\n        type: call\n        call: crm.get-manager"

    UNKNOWN_STEP = "unknown_step", Error, Nowhere, serving Refused;
    "A mapping, a lookup or a `with` takes values from a step that ran before it."
    "`$.NAME.member` is a part of the result of the step NAME. If there is no such step, or if it comes later, there is nothing to \
     take, and the output would be empty whatever the upstream says."
    wrong: "      steps:\n      - name: users\n        type: call\n        call: crm.list-users\n      mappings:\n      - targetName: name\n        value: $.user.name"
    right: "      mappings:\n      - targetName: name\n        value: $.users.name"

    UNKNOWN_PREFIX = "unknown_prefix", Warning, Anywhere;
    "An input is named after the adapter that it comes from: `rest.NAME` in a route, `tools.NAME` in a tool."
    "Another word for the caller, or the name of another adapter, is taken for this one, in words and in `{{…}}` alike: it works, and \
     misleads readers. A word without braces that is only close to a name is not a reference: the text itself is sent. The body of \
     an operation that routes and tools call is for both; `{{NAME}}` says so."
    wrong: "    tools:\n    - name: list-issues\n      call: github.list-issues\n      with:\n        labels: tool.labels"
    right: "    tools:\n    - name: list-issues\n      call: github.list-issues\n      with:\n        labels: tools.labels"

    UNKNOWN_TARGET = "unknown_target", Warning, Anywhere;
    "A mapping fills an output parameter that is declared."
    "`targetName` names one of `outputParameters`. A mapping to a name that is not among them fills nothing that callers were told of."
    wrong: "      mappings:\n      - targetName: nmae\n        value: $.user.name\n      outputParameters:\n      - name: name\n        type: string"
    right: "      mappings:\n      - targetName: name\n        value: $.user.name\n      outputParameters:\n      - name: name\n        type: string"

    UNUSED_STEP = "unused_step", Warning, Anywhere;
    "What a step gives is used by a later step or by the output."
    "A step that only reads, and whose result nothing takes, costs a call and changes nothing. Often its name is misspelt where it is \
     used. Steps that write are left alone: their effect may be all that is wanted."
    wrong: "      steps:\n      - name: limits\n        type: call\n        call: crm.get-limits\n      - name: user\n        type: call\n        call: crm.get-user\n      mappings:\n      - targetName: name\n        value: $.user.name"
    right: "      steps:\n      - name: user\n        type: call\n        call: crm.get-user\n      mappings:\n      - targetName: name\n        value: $.user.name"

    UNUSED_OPERATION = "unused_operation", Info, Anywhere;
    "A consumed operation is called by something."
    "An operation that no route, no tool, no step and no function calls cannot be reached. Expose it, or take it away; a file \
     that others share under the top-level `consumes` is not meant."
    wrong: "  consumes:\n  - namespace: github\n    resources:\n    - operations:\n      - name: list-repos\n      - name: get-repo\n  exposes:\n  - tools:\n    - call: github.list-repos"
    right: "  exposes:\n  - tools:\n    - call: github.list-repos\n    - call: github.get-repo"

    UNUSED_FUNCTION = "unused_function", Info, Anywhere;
    "A function of an aggregate is exposed by something."
    "Functions are there so that routes and tools refer to them. One that nothing refers to cannot be reached."
    wrong: "  aggregates:\n  - namespace: forecast\n    functions:\n    - name: get-forecast\n  exposes: []"
    right: "  exposes:\n  - type: mcp\n    tools:\n    - name: get-forecast\n      ref: forecast.get-forecast"
}
