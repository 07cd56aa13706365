//! Tests of the pages of the book: their code is compiled here, their commands print the output that they show, and
//! their links have targets. `UPDATE_BOOK=1 cargo test -p naftiko-book --test book -- --test-threads=1` writes code and
//! outputs into the pages; several threads would overwrite each other's pages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod added;
mod code;
mod commands;
mod curl;
mod keys;
mod links;
mod llms;
mod marks;
mod page;
mod tested;
