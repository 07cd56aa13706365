//! `naftiko export`: converts a document.

use crate::output::{Exit, eprint, print};
use crate::serve::{self, LoadOptions};
use clap::ArgMatches;
use naftiko_runtime::document;
use naftiko_spec::model::Skill;
use naftiko_spec::openapi::OpenapiVersion;

pub(crate) fn run(mut given: ArgMatches) -> Exit {
    let name: String = given.remove_one("file").unwrap_or_default();
    // Quiet: `warn_left_out` prints the warnings that concern an export.
    let options = LoadOptions::from_matches(&mut given, true);
    let Some(loaded) = serve::load_to_export(&name, &options) else { return Exit::Unreadable };
    let form: String = given.remove_one("to").unwrap_or_default();
    if form == "skill" {
        serve::warn_left_out(&name, &loaded);
        return print(&Skill::of_document(&loaded.document).to_markdown());
    }
    if form == "openapi" {
        serve::warn_left_out(&name, &loaded);
        let capability = document::described(loaded.document, &loaded.lowered);
        let version: Option<String> = given.remove_one("openapi");
        let version = version.and_then(|text| OpenapiVersion::named(&text)).unwrap_or_default();
        return print(&format!("{:#}\n", capability.openapi_as(version)));
    }
    match loaded.document.to_yaml() {
        Ok(yaml) => print(&yaml),
        Err(error) => {
            eprint(&format!("error: {name}: {error}\n"));
            Exit::Failure
        }
    }
}
