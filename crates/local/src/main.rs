//! `cargo run` starts the platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::cli::main()
}
