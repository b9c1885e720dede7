//! The `corridor` program: parse, call, print. One file a verb.

mod digest;
mod output;
mod picture;
mod progress;
mod verb;

use std::process::ExitCode;

fn main() -> ExitCode {
    verb::run()
}
