//! Rules about the labels, tags, descriptions and names that people and agents read.

super::declare::rules! {
    MISSING_LABEL = "missing_label", Info, Anywhere;
    "A capability should have a label."
    "Catalogues and clients show the label; without it they show a namespace."
    wrong: "info:\n  description: Lists repositories."
    right: "info:\n  label: GitHub repositories\n  description: Lists repositories."

    MISSING_TAGS = "missing_tags", Info, Anywhere;
    "A capability should have tags."
    "Catalogues sort and filter by tags."
    wrong: "info:\n  label: GitHub repositories"
    right: "info:\n  label: GitHub repositories\n  tags:\n  - GitHub\n  - repositories"

    MISSING_DESCRIPTION = "missing_description", Warning, Anywhere, in_traits Anywhere;
    "A capability and each of its operations should have a description, which people and agents use to choose."
    "An agent sees only a tool's name, its description and its inputs. If a tool has no description, the description of the \
     called operation or function is used. For a route the finding is only an info, since fewer people read routes."
    wrong: "    tools:\n    - name: list-repos\n      call: github.list-repos"
    right: "    tools:\n    - name: list-repos\n      description: Lists the repositories of a user, the newest first.\n      \
        call: github.list-repos"

    UNCONVENTIONAL_NAME = "unconventional_name", Info, Anywhere;
    "Names should be in kebab-case."
    "The specification writes names as `list-user-tokens`: lower-case letters, digits and `-`. Other names work as well; they \
     are counted for each API and each adapter, and reported once."
    wrong: "      - name: listUserTokens"
    right: "      - name: list-user-tokens"
}
