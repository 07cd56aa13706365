//! `naftiko export`: converts a document.

use crate::output::{Exit, print, tell};
use crate::serve::{self, Load};
use clap::ArgMatches;
use naftiko_runtime::document;

pub(crate) fn run(mut given: ArgMatches) -> Exit {
    let name: String = given.remove_one("file").unwrap_or_default();
    let load = Load::taken(&mut given, true);
    let Some(loaded) = serve::load_to_write(&name, &load) else { return Exit::Unreadable };
    if given.get_one::<String>("to").is_some_and(|form| form == "openapi") {
        serve::left_out(&name, &loaded);
        let capability = document::described(loaded.document, &loaded.lowered);
        return print(&format!("{:#}\n", capability.openapi()));
    }
    match loaded.document.to_yaml() {
        Ok(yaml) => print(&yaml),
        Err(error) => {
            tell(&format!("error: {name}: {error}\n"));
            Exit::Found
        }
    }
}
