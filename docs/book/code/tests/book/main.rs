//! The pages of the book: their code is the code that is compiled here, their commands print what they show, their links lead
//! somewhere. `UPDATE_BOOK=1 cargo test -p naftiko-book` writes code and outputs into the pages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod code;
mod commands;
mod curl;
mod keys;
mod links;
mod marks;
mod page;
