//! `check`, `explain`, `completions` and `--help`.

use crate::common::{Folder, NOTES, notes};
use serde_json::{Value, json};

#[test]
fn a_document_without_findings_passes_a_strict_check() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let (code, out, err) = folder.run(&["check", "notes.yaml", "--strict"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "1 file: 0 errors, 0 warnings, 0 infos\n", ""));
}

#[test]
fn findings_show_their_lines() {
    let text = notes("call: notes.get-note", "call: notes.get-notes")
        .replace("      hints:\n        destructive: true\n", "      hints:\n        readOnly: true\n");
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, err) = folder.run(&["check", "notes.yaml"]);
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn a_repair_is_a_warning_and_with_strict_an_error() {
    let key = "      type: apikey\n      key: X-Key\n      value: '{{env.NOTES_TOKEN}}'\n";
    let text = notes("      type: bearer\n      token: '{{env.NOTES_TOKEN}}'\n", key);
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, _) = folder.run(&["check", "notes.yaml"]);
    assert_eq!(code, 0, "{out}");
    insta::assert_snapshot!(out);
    let (code, out, _) = folder.run(&["check", "notes.yaml", "--strict"]);
    assert_eq!(code, 1);
    assert!(out.contains("error[R07]"), "{out}");
    let (code, out, _) = folder.run(&["check", "notes.yaml", "--strict", "--allow", "R07"]);
    assert_eq!((code, out.as_str()), (0, "1 file: 0 errors, 0 warnings, 0 infos, 1 allowed\n"));
    let (code, _, err) = folder.run(&["export", "notes.yaml", "--to", "naftiko", "--strict"]);
    assert_eq!(code, 3);
    assert!(err.contains("error[R07]"), "{err}");
}

#[test]
fn stdin_is_read_once() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    for command in ["check", "serve"] {
        let (code, _, err) = folder.run(&[command, "-", "-"]);
        assert_eq!(
            (code, err.as_str()),
            (3, "error: <stdin> cannot be read: `-` is given more than once\n"),
            "{command}"
        );
    }
}

#[test]
fn stdin_is_not_read_for_a_second_argument() {
    let body = "        - {name: a, in: body, type: object}\n        - {name: b, in: body, type: object}\n";
    let text = NOTES
        .replace(
            "        method: DELETE\n",
            "        method: POST\n        body: {type: json, data: {a: '{{a}}', b: '{{b}}'}}\n",
        )
        .replacen("          type: string\n  exposes", &format!("          type: string\n{body}  exposes"), 1)
        .replace("        id: tools.id\n", "        id: tools.id\n        a: tools.a\n        b: tools.b\n");
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let call = ["call", "notes.yaml", "delete-note", "-a", "id=1"];
    for (arguments, expected) in [
        (&["-a", "a=@-", "-a", "a=@-"][..], "the argument `a` is given twice"),
        (&["-a", "a=@-", "-a", "b=@-"], "the argument `b`: stdin is empty, or was read already"),
    ] {
        let (code, _, err) = folder.run_on(&[&call, arguments].concat(), "{}");
        assert!(code == 2 && err.contains(expected), "{code}: {err}");
    }
}

#[test]
fn a_report_has_an_entry_for_a_file_that_cannot_be_read() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let (code, out, _) = folder.run(&["check", "missing.yaml", "notes.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let finding = &report["files"][0]["findings"][0];
    assert_eq!(
        (code, &report["files"][0]["file"], &finding["rule"]),
        (3, &json!("missing.yaml"), &json!("unreadable"))
    );
    assert!(finding["message"].as_str().unwrap().starts_with("the file cannot be read: "), "{finding}");
    assert_eq!(report["summary"], json!({ "files": 2, "errors": 1, "warnings": 0, "infos": 0, "allowed": 0 }));
    let (code, out, _) = folder.run(&["check", "missing.yaml", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &log["runs"][0]["results"][0]["ruleId"]), (3, &json!("unreadable")));
    let (_, out, err) = folder.run(&["check", "missing.yaml"]);
    assert!(
        out.starts_with("missing.yaml: error[unreadable]: the file cannot be read: ") && err.is_empty(),
        "{out}{err}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_not_utf8_is_not_called_missing() {
    let folder = Folder::with(&[("in/notes.yaml", NOTES)]);
    let copied = folder.program("sh", &["-c", "cp in/notes.yaml \"in/$(printf 'b\\377').yaml\""]).status().unwrap();
    assert!(copied.success());
    let (code, out, _) = folder.run(&["check", "in"]);
    assert_eq!(code, 3);
    assert!(out.contains("its name is not UTF-8; rename it") && out.contains("2 files: 1 error"), "{out}");
}

#[test]
fn comments_allow_intended_findings() {
    let hint = "      hints:\n        readOnly: true\n";
    let text = notes("      hints:\n        destructive: true\n", hint);
    let comment =
        "    # naftiko: allow(understated_hint, reason = \"a test\")\n    - name: delete-note\n      description";
    let allowed = text.replace("    - name: delete-note\n      description", comment);
    let folder = Folder::with(&[("notes.yaml", &text), ("allowed.yaml", &allowed)]);
    assert_eq!(folder.run(&["check", "notes.yaml", "--strict"]).0, 1);
    let (code, out, _) = folder.run(&["check", "allowed.yaml", "--strict"]);
    assert_eq!((code, out.as_str()), (0, "1 file: 0 errors, 0 warnings, 0 infos, 1 allowed\n"));
    // This rule cannot be allowed.
    let (code, _, err) = folder.run(&["check", "notes.yaml", "--allow", "unresolved_call"]);
    assert_eq!(code, 2);
    assert!(err.contains("the rule `unresolved_call` cannot be allowed"), "{err}");
    let (code, _, err) = folder.run(&["check", "notes.yaml", "--allow", "unresolved"]);
    assert_eq!(code, 2);
    assert!(err.contains("unknown rule `unresolved`"), "{err}");
}

#[test]
fn folders_are_walked_and_stdin_is_read() {
    let hidden = [(".git/e.yaml", ":"), (".gitlab-ci.yml", ":")];
    let folder =
        Folder::with(&[&[("a.yaml", NOTES), ("b/c.yml", NOTES), ("b/d.txt", ":")], hidden.as_slice()].concat());
    let (code, out, _) = folder.run(&["check", "."]);
    assert_eq!((code, out.as_str()), (0, "2 files: 0 errors, 0 warnings, 0 infos\n"));
    let (code, out, _) = folder.run_on(&["check", "-"], &notes("https://notes.dev", "http://notes.dev"));
    assert_eq!(code, 0);
    assert!(out.starts_with("<stdin>:14:14: warning[insecure_http]"), "{out}");
}

#[test]
fn the_command_that_lists_all_warnings_works_for_stdin_and_files() {
    let unknown = (0..25).fold(String::new(), |keys, index| keys + &format!("  unknown{index}: 1\n"));
    let text = notes("  tags: [notes]\n", &format!("  tags: [notes]\n{unknown}"));
    let folder = Folder::with(&[("notes.yaml", &text)]);
    for (argument, name) in [("-", "<stdin>"), ("notes.yaml", "notes.yaml")] {
        let (_, _, err) = folder.run_on(&["call", argument, "get-note", "-a", "id=1", "--dry-run"], &text);
        assert!(err.contains(&format!("{name}: and 5 more: `naftiko check {argument}` lists them\n")), "{err}");
        let (_, out, _) = folder.run_on(&["check", argument], &text);
        assert!(out.contains("`unknown24`"), "{out}");
    }
}

#[cfg(unix)]
#[test]
fn named_pipes_and_links_to_folders_are_not_searched() {
    let folder = Folder::with(&[("in/a.yaml", NOTES), ("out/b.yaml", ":")]);
    for (program, arguments) in [("mkfifo", ["in/pipe.yaml"].as_slice()), ("ln", &["-s", "../out", "in/link.yaml"])] {
        assert!(folder.program(program, arguments).status().unwrap().success(), "{program}");
    }
    // Opening the pipe would block forever.
    let (code, out, err) = folder.run(&["check", "in"]);
    assert_eq!((code, out.as_str()), (0, "1 file: 0 errors, 0 warnings, 0 infos\n"), "{err}");
}

#[test]
fn a_folder_that_is_too_deep_to_be_searched_is_reported() {
    let deep = |levels: usize| format!("in/{}notes.yaml", "d/".repeat(levels));
    let folder = Folder::with(&[(&deep(256), NOTES)]);
    let (code, out, _) = folder.run(&["check", "in"]);
    assert_eq!((code, out.as_str()), (0, "1 file: 0 errors, 0 warnings, 0 infos\n"));
    let folder = Folder::with(&[("in/a.yaml", NOTES), (&deep(257), ":")]);
    let (code, out, _) = folder.run(&["check", "in"]);
    assert_eq!(code, 3, "{out}");
    let found = format!("in{}: error[unreadable]: ", "/d".repeat(257));
    assert!(out.starts_with(&found) && out.contains("it is a folder below 256 others"), "{out}");
}

#[test]
fn a_command_that_ends_early_need_not_read_its_input() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let (code, _, err) = folder.run_on(&["chek"], &"x".repeat(1 << 20));
    assert_eq!(code, 2, "{err}");
}

#[test]
fn exit_codes_distinguish_failures() {
    let folder =
        Folder::with(&[("notes.yaml", NOTES), ("broken.yaml", "a: [\n"), ("other.yaml", "a: b\n"), ("x/y.txt", "")]);
    let code = |arguments: &[&str]| folder.run(arguments).0;
    assert_eq!(code(&["check", "missing.yaml"]), 3);
    assert_eq!(code(&["check", "broken.yaml"]), 3);
    assert_eq!(code(&["check", "other.yaml", "notes.yaml"]), 1);
    assert_eq!(code(&["check", "x"]), 3);
    assert_eq!(code(&["check"]), 2);
    assert_eq!(code(&["chek", "notes.yaml"]), 2);
    assert_eq!(code(&["serve", "broken.yaml"]), 3);
    assert_eq!(code(&["serve", "notes.yaml"]), 4);
    assert_eq!(code(&["serve", "notes.yaml", "--port", "nobody=1"]), 2);
    assert_eq!(code(&["call", "notes.yaml", "nothing"]), 2);
}

#[test]
fn json_and_sarif_can_be_parsed() {
    let text = notes("call: notes.get-note", "call: notes.get-notes");
    let folder = Folder::with(&[("my notes.yaml", &text)]);
    let (code, out, _) = folder.run(&["check", "my notes.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1);
    assert_eq!(report["summary"], json!({ "files": 1, "errors": 1, "warnings": 0, "infos": 0, "allowed": 0 }));
    let finding = &report["files"][0]["findings"][0];
    assert_eq!(finding["rule"], "unresolved_call");
    assert_eq!(finding["at"], "/capability/exposes/0/resources/0/operations/0/call");
    assert_eq!((&finding["line"], &finding["column"]), (&json!(53), &json!(15)));
    let (code, out, _) = folder.run(&["check", "my notes.yaml", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &log["version"]), (1, &json!("2.1.0")));
    let run = &log["runs"][0];
    let result = &run["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "my%20notes.yaml");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 53);
    // `ruleIndex` is the index of the rule `ruleId`.
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
}

#[test]
fn rules_and_repairs_are_explained() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let (code, out, _) = folder.run(&["explain", "secret_in_url"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
    let (code, out, _) = folder.run(&["explain", "R07"]);
    assert!(code == 0 && out.starts_with("repair[R07]: ") && out.contains("writes the repaired document"), "{out}");
    let (code, out, _) = folder.run(&["explain", "R26"]);
    assert!(code == 0 && out.contains("does not change this part") && !out.contains("repaired document"), "{out}");
    let (code, out, _) = folder.run(&["explain"]);
    assert!(code == 0 && out.contains("understated_hint") && out.contains("R28"), "{out}");
    let (code, _, err) = folder.run(&["explain", "secret_in_ur"]);
    assert!(code == 2 && err.contains("did you mean `secret_in_url`?"), "{err}");
}

#[test]
fn help_has_examples_and_completions_are_scripts() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    for command in ["check", "explain", "tools", "call", "serve", "mcp", "export", "completions"] {
        let (code, out, _) = folder.run(&[command, "--help"]);
        assert!(code == 0 && out.contains("Example") && out.contains(&format!("naftiko {command}")), "{out}");
        assert!(!out.contains('\u{1b}'), "{out}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, out, _) = folder.run(&["completions", shell]);
        assert!(code == 0 && out.contains("naftiko") && out.contains("strict"), "{shell}: {out}");
    }
    insta::assert_snapshot!(folder.run(&["--help"]).1);
}

#[test]
fn no_control_characters_reach_the_terminal() {
    let text = notes("label: Notes", "label: \"\\e[2J\"").replace("namespace: notes-mcp", "namespace: \"a\\e[31m\"");
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (_, out, err) = folder.run(&["check", "notes.yaml"]);
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{out}{err}");
}

#[test]
fn check_reports_a_document_that_serve_cannot_start() {
    let api =
        "    baseUri: https://notes.io\n    inputParameters:\n    - {name: X-Org, in: header, value: \"a\\nb\"}\n";
    let uri = NOTES.lines().find(|line| line.trim_start().starts_with("baseUri:")).unwrap();
    let folder = Folder::with(&[("notes.yaml", &notes(&format!("{uri}\n"), api))]);
    let (code, out, _) = folder.run(&["check", "notes.yaml"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("error[invalid_header_value]: the value of the header `X-Org` cannot be sent"), "{out}");
    let served = folder.command(&["serve", "notes.yaml"]).env("NOTES_TOKEN", "t").output().unwrap();
    let err = String::from_utf8(served.stderr).unwrap();
    assert_eq!(served.status.code(), Some(4), "{err}");
    assert!(err.contains("the header `X-Org` of `notes` cannot be sent"), "{err}");
}

#[test]
fn a_base_uri_that_is_a_single_variable_needs_no_scheme() {
    let bound = |uri: &str| {
        notes("    NOTES_TOKEN: NOTES_TOKEN\n", "    NOTES_TOKEN: NOTES_TOKEN\n    NOTES_URL: NOTES_URL\n")
            .replace("https://notes.dev", uri)
    };
    let folder = Folder::with(&[("notes.yaml", &bound("'{{env.NOTES_URL}}'"))]);
    let (code, out, err) = folder.run(&["check", "notes.yaml"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(!out.contains("scheme"), "{out}");
    let mut command = folder.command(&["call", "notes.yaml", "get-note", "-a", "id=1", "--dry-run"]);
    command.env("NOTES_URL", "http://127.0.0.1:9/base").env("NOTES_TOKEN", "t");
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    // A base URI may be a secret, so its value is not printed.
    assert!(out.starts_with("GET {{env.NOTES_URL}}/notes/1\n"), "{out}{err}");
}

#[cfg(unix)]
#[test]
fn check_refuses_the_locations_that_serve_refuses_in_the_same_words() {
    let keys = "    NOTES_TOKEN: NOTES_TOKEN\n";
    let located = |location: &str| notes(keys, &format!("{keys}  location: '{location}'\n"));
    let folder = Folder::with(&[
        ("in/vals.json", r#"{"NOTES_TOKEN":"t"}"#),
        ("in/other.json", r#"{"OTHER":"t"}"#),
        ("in/broken.json", "{"),
        ("in/host/x", "NOTES_TOKEN=t"),
        ("out/NOTES_TOKEN", "t"),
    ]);
    let run = |program: &str, arguments: &[&str]| {
        assert!(folder.program(program, arguments).status().unwrap().success(), "{program}");
    };
    run("mkfifo", &["in/pipe"]);
    run("ln", &["-s", "../out", "in/link"]);
    for (location, why) in [
        ("pipe", "is not a regular file"),
        ("link", "is outside the document's folder"),
        ("../out", "is outside the document's folder"),
        ("file:%2e%2e/out", "is outside the document's folder"),
        ("missing.json", "cannot be read"),
        ("file:relative", "cannot be read"),
        ("file://host/missing", "cannot be read"),
        ("broken.json", "is not a valid JSON object"),
        ("other.json", "`NOTES_TOKEN` of other.json is not set"),
        ("vault:kv/x", "a document may not read vault:kv/x; allow it with `--allow-location-outside`"),
        ("file://", "the path is empty"),
    ] {
        folder.write("in/notes.yaml", &located(location));
        let (code, out, _) = folder.run(&["check", "in/notes.yaml"]);
        assert_eq!(code, 1, "{location}: {out}");
        assert!(out.starts_with("in/notes.yaml:10:13: error[not_startable]: "), "{out}");
        let (code, _, err) = folder.run(&["serve", "in/notes.yaml"]);
        assert_eq!(code, 4, "{location}: {err}");
        let line = err.lines().find(|line| line.contains(why)).unwrap_or_else(|| panic!("{location}: {err}"));
        assert!(out.contains(line.trim()), "{location}: {line}\n{out}");
    }
    for location in ["vals.json", "file:vals.json", "FILE://./vals.json", "file://host/x"] {
        folder.write("in/notes.yaml", &located(location));
        let (code, out, _) = folder.run(&["check", "in/notes.yaml"]);
        assert_eq!(code, 0, "{location}: {out}");
    }
    folder.write("in/notes.yaml", &located("link"));
    let (code, out, _) = folder.run(&["check", "in/notes.yaml", "--allow-location-outside"]);
    assert_eq!(code, 0, "{out}");
    // Unused binds are not read.
    let unused = located("missing.json")
        .replace("      type: bearer\n      token: '{{env.NOTES_TOKEN}}'\n", "      type: bearer\n      token: x\n");
    folder.write("in/notes.yaml", &unused);
    let (code, out, _) = folder.run(&["check", "in/notes.yaml"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn check_refuses_the_file_of_a_prompt_that_does_not_match_its_arguments_as_serve_does() {
    let document = |argument: &str| {
        let prompt = format!("name: ask, description: Asks., arguments: [{{name: {argument}}}], location: ask.txt");
        format!(
            "naftiko: 1.0.0-alpha2\ninfo: {{label: Ask, description: Asks.}}\ncapability:\n  exposes:\n  - type: mcp\n    namespace: ask\n    \
             port: 0\n    prompts: [{{{prompt}}}]\n"
        )
    };
    let folder = Folder::with(&[
        ("ask.txt", "Explain {{topic}}."),
        ("a.yaml", &document("topics")),
        ("b.yaml", &document("topic")),
    ]);
    let expected = "the file of the prompt `ask`: unknown placeholder `{{topic}}`; did you mean `{{topics}}`?";
    let (code, out, _) = folder.run(&["check", "a.yaml"]);
    assert!(code == 1 && out.contains("error[not_startable]: ") && out.contains(expected), "{out}");
    let (code, _, err) = folder.run(&["serve", "a.yaml"]);
    assert!(code == 4 && err.contains(expected), "{code}: {err}");
    let (code, out, _) = folder.run(&["check", "b.yaml"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn check_points_at_a_location_that_serve_cannot_read() {
    let text = "naftiko: 1.0.0-alpha2\ninfo: {label: Guides, description: Guides.}\ncapability:\n  exposes:\n  - type: mcp\n    namespace: m\n    port: 0\n    \
                resources:\n    - {name: guide, uri: 'docs://guide', location: nope}\n    prompts:\n    - {name: ask, location: ask.txt}\n  \
                - type: skill\n    namespace: s\n    port: 0\n    skills:\n    - {name: do-it, description: Does it., location: nowhere}\n";
    let folder = Folder::with(&[("a.yaml", text)]);
    let (code, out, _) = folder.run(&["check", "a.yaml"]);
    assert_eq!(code, 1, "{out}");
    for (line, expected) in [
        (9, "the resource `guide` cannot be served: `./nope` cannot be read (no such file or folder)"),
        (11, "the prompt `ask` cannot be served: `./ask.txt` cannot be read (no such file or folder)"),
        (16, "the skill `do-it` is not served: `./nowhere` cannot be read (no such file or folder)"),
    ] {
        let is_there = |found: &str| found.starts_with(&format!("a.yaml:{line}:")) && found.contains(expected);
        assert!(out.lines().any(is_there), "{expected}: {out}");
    }
}

#[test]
fn check_points_at_a_pattern_that_is_not_a_regular_expression() {
    let text = "naftiko: 1.0.0-alpha2\ninfo: {label: Items, description: Items., tags: [a]}\ncapability:\n  exposes:\n  - type: mcp\n    \
                namespace: m\n    port: 0\n    tools:\n    - name: find\n      description: Finds.\n      inputParameters:\n      - name: code\n        \
                type: string\n        pattern: '[a-'\n      outputParameters: [{type: string, value: '{{code}}'}]\n";
    let folder = Folder::with(&[("a.yaml", text)]);
    let (code, out, _) = folder.run(&["check", "a.yaml"]);
    let expected =
        "a.yaml:14:18: error[invalid_pattern]: `[a-`, the `pattern` of `code`, is not a valid regular expression\n";
    assert!(code == 1 && out.contains(expected), "{out}");
}

#[test]
fn the_addresses_of_an_authorization_server_may_be_variables() {
    let scheme = "      type: oauth2\n      tokenUrl: '{{env.NOTES_TOKEN}}'\n      clientId: me\n      clientSecret: '{{env.NOTES_TOKEN}}'\n      \
        audience: '{{env.NOTES_TOKEN}}'\n";
    let text = notes("      type: bearer\n      token: '{{env.NOTES_TOKEN}}'\n", scheme);
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, _) = folder.run(&["check", "notes.yaml"]);
    assert_eq!((code, out.as_str()), (0, "1 file: 0 errors, 0 warnings, 0 infos\n"));
    let (code, _, err) = folder.run(&["serve", "notes.yaml"]);
    let why = "NOTES_TOKEN is not set; it is used for the client secret of `notes`, the token URL of `notes`, the audience of the token of `notes`";
    assert!(code == 4 && err.contains(why) && !err.contains("https://"), "{err}");
}

#[test]
fn a_link_local_address_is_refused_unless_it_is_allowed() {
    let folder = Folder::with(&[("notes.yaml", &notes("https://notes.dev", "http://169.254.169.254"))]);
    let why = "the host of the base URI of `notes` is a link-local address; allow it with `--allow-private`";
    let (code, out, _) = folder.run(&["check", "notes.yaml"]);
    assert!(code == 1 && out.contains("error[not_startable]") && out.contains(why), "{out}");
    let (code, _, err) = folder.run(&["tools", "notes.yaml"]);
    assert!(code == 0, "listing tools starts nothing: {err}");
    let (_, out, _) = folder.run(&["check", "notes.yaml", "--allow-private"]);
    assert!(!out.contains("not_startable"), "{out}");
}

#[test]
fn check_reports_an_unreadable_route_and_other_commands_leave_it_out() {
    let folder = Folder::with(&[(
        "notes.yaml",
        &notes("        call: notes.get-note\n", "        call: notes.get-note\n        steps: 5\n"),
    )]);
    let (code, out, _) = folder.run(&["check", "notes.yaml"]);
    assert!(code == 1 && out.contains("error[not_runnable]: expected a list for `steps`"), "{out}");
    let (code, out, err) = folder.run(&["tools", "notes.yaml"]);
    assert!(code == 0 && out.contains("delete-note") && err.contains("expected a list for `steps`"), "{out}{err}");
    let (code, _, err) = folder.run(&["export", "notes.yaml", "--to", "openapi"]);
    assert!(code == 0 && err.contains("expected a list for `steps`"), "{err}");
}
