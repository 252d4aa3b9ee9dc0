//! What a work factor of scrypt costs: `cargo run --profile shipping --example work-factor -- 17` seals and unseals a
//! text under it and prints the seconds of each and the process's peak of memory, which `/proc` of Linux knows.

use std::error::Error;
use std::io::Write;
use std::time::Instant;
use std::{env, fs, io};

use age::secrecy::{ExposeSecret, SecretString};
use age::{scrypt, x25519};

fn main() -> Result<(), Box<dyn Error>> {
    let factor = match env::args().nth(1) {
        Some(factor) => factor.parse()?,
        None => message::WORK_FACTOR,
    };
    let passphrase = SecretString::from("correct horse battery staple");
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(factor);
    let mut identity = scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(factor);
    let text = x25519::Identity::generate().to_string();
    let before = peak()?;

    let began = Instant::now();
    let sealed = age::encrypt(&recipient, text.expose_secret().as_bytes())?;
    let sealing = began.elapsed();
    let began = Instant::now();
    age::decrypt(&identity, &sealed)?;
    let unsealing = began.elapsed();

    let after = peak()?;
    writeln!(
        io::stdout(),
        "2^{factor}: sealed in {:.3} s, unsealed in {:.3} s, peak of memory {after} MiB, of which {before} MiB before",
        sealing.as_secs_f64(),
        unsealing.as_secs_f64(),
    )?;
    Ok(())
}

/// The most memory that this process has had, in MiB.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .ok_or("no peak is told")?
        .trim()
        .parse()?;
    Ok(kib / 1024)
}
