//! Hashes a password as the functions do, as often as the first argument says, and prints the CPU's nanoseconds of each.

use std::io::Write as _;
use std::time::Instant;

use domain::Random;
use domain::password::NewPassword;

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program of the benchmark: it measures time and may stop"
)]
fn main() {
    let random =
        Random::new(|bytes| getrandom::fill(bytes).expect("the system gives random bytes"));
    let password = NewPassword::parse("correct horse battery staple").expect("it is long enough");
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok());
    for _ in 0..runs.unwrap_or(30) {
        let began = Instant::now();
        password.hash(&random).expect("the parameters are good");
        writeln!(std::io::stdout(), "{}", began.elapsed().as_nanos()).expect("somebody reads");
    }
}
