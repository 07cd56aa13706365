//! Tests of the examples in the explanations of rules.

use super::rules;
use crate::yaml::yaml_to_json;

#[test]
fn the_examples_of_every_rule_are_indented_as_yaml() {
    for rule in rules() {
        for example in [rule.wrong, rule.right] {
            for block in example.split("…\n") {
                let width = block.lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
                let block: String =
                    block.lines().map(|line| line.get(width..).unwrap_or("").to_owned() + "\n").collect();
                assert!(yaml_to_json(&block).is_ok(), "{}: {block}", rule.name);
            }
        }
    }
}
