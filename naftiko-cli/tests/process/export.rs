//! `export`: what is written, and what is reported as left out.

use crate::common::{Folder, NOTES, notes};
use serde_json::Value;

#[test]
fn documents_are_exported() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let (code, yaml, _) = folder.run(&["export", "notes.yaml", "--to", "naftiko"]);
    let value = |text: &str| serde_saphyr::from_str::<Value>(text).unwrap();
    assert_eq!((code, value(&yaml)), (0, value(NOTES)));
    let (code, out, _) = folder.run(&["export", "notes.yaml", "--to", "openapi"]);
    let openapi: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    assert_eq!(openapi["paths"]["/notes/{id}"]["get"]["operationId"], "get-note");
    let (code, out, _) = folder.run(&["export", "notes.yaml", "--to", "openapi", "--openapi", "3.0"]);
    let openapi: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &openapi["openapi"]), (0, &Value::from("3.0.3")));
    let (code, skill, _) = folder.run(&["export", "notes.yaml", "--to", "skill"]);
    assert_eq!(code, 0);
    assert!(skill.starts_with("---\nname: notes\ndescription: "), "{skill}");
    assert!(skill.contains("The MCP server `notes-mcp` has these tools:\n\n- `delete-note`: Removes one."), "{skill}");
    let (code, _, err) = folder.run(&["export", "notes.yaml", "--to", "openapi", "--openapi", "2.0"]);
    assert!(code == 2 && err.contains("[possible values: 3.1, 3.0]"), "{err}");
}

#[test]
fn an_export_reports_the_routes_that_it_leaves_out() {
    let more = "    - name: other\n      path: /other\n      operations:\n      - method: GET\n        name: other\n        call: notes.nothing\n    - name: proxy\n      path: /proxy\n      forward:\n        targetNamespace: notes\n  - type: mcp\n";
    let folder = Folder::with(&[("notes.yaml", &notes("  - type: mcp\n", more))]);
    let (code, out, err) = folder.run(&["export", "notes.yaml", "--to", "openapi"]);
    assert_eq!(code, 0, "{err}");
    let openapi: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        openapi["paths"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["/notes/{id}", "/proxy/{path}"],
        "{out}"
    );
    assert!(err.contains("notes.yaml: warning: GET /other was left out: "), "{err}");
    assert!(!err.contains("/proxy"), "{err}");
}

/// Returns [`NOTES`] with a second tool, a resource and a prompt; those with `steps: 7` and `template: 7` cannot be read.
fn with_unreadable_parts() -> String {
    let tool = "    - {name: other, description: f, call: notes.get-note, steps: 7}\n";
    let more = "    resources:\n    - {name: r, uri: 'x://y', description: d, call: notes.get-note, steps: 7}\n    prompts:\n    - {name: p, description: d, template: 7}\n";
    format!("{NOTES}{tool}{more}")
}

#[test]
fn an_export_reports_the_parts_that_it_leaves_out() {
    let text = with_unreadable_parts();
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, err) = folder.run(&["export", "notes.yaml", "--to", "naftiko"]);
    assert!(code == 0 && !out.contains("name: other"), "{out}{err}");
    for name in ["other", "r", "p"] {
        let line = 1 + text.lines().position(|line| line.contains(&format!("- {{name: {name},"))).unwrap();
        let expected = format!("notes.yaml: warning: the part on line {line} was left out: expected a ");
        assert!(err.contains(&expected), "{expected}: {err}");
    }
    for form in ["naftiko", "openapi", "skill"] {
        let (code, out, err) = folder.run(&["export", "notes.yaml", "--to", form, "--strict"]);
        assert!(
            code == 3 && out.is_empty() && err.contains("notes.yaml: error: the part on line "),
            "{form}: {out}{err}"
        );
    }
}

#[test]
fn an_export_reports_the_keys_and_comments_that_it_leaves_out() {
    let text = notes("  tags: [notes]\n", "  tags: [notes]\n  x-team: ops\n");
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, err) = folder.run(&["export", "notes.yaml", "--to", "naftiko"]);
    assert!(code == 0 && !out.contains("x-team") && err.contains(":6:3: warning[R03]: "), "{out}{err}");
    folder.write("notes.yaml", &text.replace("  x-team", "  # naftiko: allow(R03, reason = \"a test\")\n  x-team"));
    let (code, out, err) = folder.run(&["export", "notes.yaml", "--to", "naftiko", "--strict"]);
    assert!(code == 0 && !out.contains("allow(") && err.contains("warning: comments are not exported"), "{out}{err}");
}

#[test]
fn a_skill_does_not_have_the_tools_that_are_not_served() {
    let text = format!("{NOTES}    - {{name: other, description: f, call: notes.nothing}}\n");
    let route = "        name: get-note\n        description: Reads one.\n        call: notes.nothing\n";
    let text =
        text.replace("        name: get-note\n        description: Reads one.\n        call: notes.get-note\n", route);
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (code, out, err) = folder.run(&["export", "notes.yaml", "--to", "skill"]);
    assert!(code == 0 && out.contains("- `delete-note`") && !out.contains("`other`"), "{out}{err}");
    assert!(err.contains("notes.yaml: warning: the tool `other` was left out: ") && !err.contains("GET"), "{err}");
}

#[test]
fn an_export_reports_the_second_of_two_adapters_with_one_route() {
    let second = NOTES.split_once("  - type: rest\n").unwrap().1.split_once("  - type: mcp\n").unwrap().0;
    let second = second.replace("notes-rest", "other-rest").replace("8080", "8081").replace("{id}", "{note}");
    let second = second.replace("rest.id", "rest.note");
    let text = notes("  - type: mcp\n", &format!("  - type: rest\n{second}  - type: mcp\n"));
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let expected =
        "notes.yaml: warning: GET /notes/{note} of `other-rest` was left out: `notes-rest` has the same route\n";
    for options in [&[][..], &["--strict"]] {
        let arguments = [&["export", "notes.yaml", "--to", "openapi"], options].concat();
        let (code, _, err) = folder.run(&arguments);
        assert_eq!((code, err.as_str()), (0, expected), "{arguments:?}");
    }
}

#[test]
fn a_strict_export_of_an_exported_document_fails_only_for_extensions_that_are_kept() {
    let text = notes("    port: 8080\n", "    port: 8080\n    description: Notes.\n")
        .replace("  tags: [notes]\n", "  tags: [notes]\n  x-team: ops\n")
        .replace("      type: bearer\n      token:", "      type: apikey\n      key: X-Key\n      value:");
    let folder = Folder::with(&[("notes.yaml", &text)]);
    let (_, out, _) = folder.run(&["export", "notes.yaml", "--to", "naftiko"]);
    folder.write("new.yaml", &out);
    let (code, _, err) = folder.run(&["export", "new.yaml", "--to", "naftiko", "--strict"]);
    assert!(code == 3 && err.matches("error[").count() == 1 && err.contains("error[R26]"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_a_failure_and_not_a_failed_start() {
    let folder = Folder::with(&[("notes.yaml", NOTES)]);
    let dry = ["call", "notes.yaml", "get-note", "-a", "id=1", "--dry-run"];
    for arguments in [&dry[..], &["tools", "notes.yaml"], &["export", "notes.yaml", "--to", "skill"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = folder.command(arguments).env("NOTES_TOKEN", "t").stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {err}");
        assert!(err.contains("the output cannot be written"), "{err}");
    }
}

#[test]
fn the_description_of_a_form_says_that_files_are_its_last_parts() {
    let form = |file: &str| {
        let body = "        method: DELETE\n        body: {type: multipartForm}\n";
        let inputs =
            format!("          type: string\n{file}        - {{name: title, in: body, type: string}}\n  exposes");
        let route = "      - {method: POST, name: send, description: f, call: notes.delete-note}\n  - type: mcp";
        let text = NOTES.replace("        method: DELETE\n", &body.replace("DELETE", "POST"));
        text.replacen("          type: string\n  exposes", &inputs, 1).replacen("  - type: mcp", route, 1)
    };
    let file = "        - {name: file, in: body, type: string, format: binary}\n";
    let folder = Folder::with(&[("file.yaml", &form(file)), ("none.yaml", &form(""))]);
    for (name, expected) in
        [("file.yaml", Value::from("Send the files after all other parts.")), ("none.yaml", Value::Null)]
    {
        let (_, out, err) = folder.run(&["export", name, "--to", "openapi"]);
        let openapi: Value = serde_json::from_str(&out).unwrap();
        let body = &openapi["paths"]["/notes/{id}"]["post"]["requestBody"];
        assert!(body["content"]["multipart/form-data"].is_object(), "{out}{err}");
        assert_eq!(body["description"], expected, "{name}");
    }
}
