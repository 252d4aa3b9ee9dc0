//! Hashes a password as the functions do, as often as the first argument says, and prints the CPU's nanoseconds of each.

use std::io::Write as _;

use domain::Random;
use domain::password::NewPassword;
use rustix::time::{ClockId, clock_gettime};

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program of the benchmark: it takes the system's randomness and may stop"
)]
fn main() {
    let random =
        Random::new(|bytes| getrandom::fill(bytes).expect("the system gives random bytes"));
    let password = NewPassword::parse("correct horse battery staple").expect("it is long enough");
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok());
    for _ in 0..runs.unwrap_or(30) {
        let began = cpu_nanoseconds();
        password.hash(&random).expect("the parameters are good");
        writeln!(std::io::stdout(), "{}", cpu_nanoseconds() - began).expect("somebody reads");
    }
}

/// CPU time of this thread: other processes do not count.
fn cpu_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
