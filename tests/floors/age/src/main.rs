//! What the `age` crate takes by itself for the work on secret messages, and beside it what `crates/message` takes. It
//! prints a line for each time: who, and the CPU's nanoseconds.
//!
//! - `floor-age drop BYTES RUNS` judges a file of a plaintext of so many bytes: its header, and its X25519 stanzas.
//! - `floor-age read BYTES RUNS` unseals a key and opens such a file with it.
//! - `floor-age key RUNS` makes a key and seals it.
//! - `floor-age scrypt FACTOR RUNS` unseals a key of another work factor, with `age` alone. The last line is the most
//!   memory that the process had, in KiB.

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::iter;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, Decryptor, scrypt, x25519};
use age_core::format::{FileKey, Stanza};
use data_encoding::BASE64_NOPAD;
use domain::password::Password;
use message::{AgeFile, WORK_FACTOR};
use rustix::time::{ClockId, clock_gettime};
use x25519_dalek::{PublicKey, StaticSecret};

const PASSPHRASE: &str = "correct horse battery staple";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["drop", bytes, runs] => drop_files(bytes.parse()?, runs.parse()?),
        ["read", bytes, runs] => read_files(bytes.parse()?, runs.parse()?),
        ["key", runs] => make_keys(runs.parse()?),
        ["scrypt", factor, runs] => unseal(factor.parse()?, runs.parse()?),
        _ => Err("floor-age drop|read BYTES RUNS, key RUNS or scrypt FACTOR RUNS".into()),
    }
}

fn drop_files(bytes: usize, runs: usize) -> Outcome {
    let recipient = x25519::Identity::generate().to_public();
    // The first is not counted: a warm function has judged files before.
    for run in 0..=runs {
        // Each has other random stanzas, of other lengths.
        let file = age::encrypt(&recipient, &plaintext(bytes))?;
        let alone = timed(|| judge(&file))?;
        let ours = timed(|| Ok(AgeFile::parse(&file)?))?;
        if run > 0 {
            say("age", alone)?;
            say("message", ours)?;
        }
    }
    Ok(())
}

fn read_files(bytes: usize, runs: usize) -> Outcome {
    let passphrase = Password::new(PASSPHRASE);
    let key = message::generate(&passphrase)?;
    let recipient: x25519::Recipient = key.recipient.parse()?;
    let file = age::encrypt(&recipient, &plaintext(bytes))?;
    for _ in 0..runs {
        let alone = timed(|| {
            let opened = age::decrypt(&opener(WORK_FACTOR), key.encrypted_identity.as_bytes())?;
            let identity: x25519::Identity = std::str::from_utf8(&opened)?.trim_end().parse()?;
            Ok(age::decrypt(&identity, &file)?)
        })?;
        say("age", alone)?;
        let ours = timed(|| {
            let identity = message::unseal(&key.encrypted_identity, &passphrase)?;
            Ok(identity.open(&file)?)
        })?;
        say("message", ours)?;
    }
    Ok(())
}

fn make_keys(runs: usize) -> Outcome {
    let passphrase = Password::new(PASSPHRASE);
    for _ in 0..runs {
        let alone = timed(|| {
            let text = x25519::Identity::generate().to_string();
            let sealer = sealer(WORK_FACTOR);
            Ok(age::encrypt_and_armor(
                &sealer,
                text.expose_secret().as_bytes(),
            )?)
        })?;
        say("age", alone)?;
        say("message", timed(|| Ok(message::generate(&passphrase)?))?)?;
    }
    Ok(())
}

fn unseal(factor: u8, runs: usize) -> Outcome {
    let text = x25519::Identity::generate().to_string();
    let sealed = age::encrypt(&sealer(factor), text.expose_secret().as_bytes())?;
    for _ in 0..runs {
        let took = timed(|| Ok(age::decrypt(&opener(factor), &sealed)?))?;
        say("age", took)?;
    }
    writeln!(io::stdout(), "peak {}", peak_kib()?)?;
    Ok(())
}

/// What `AgeFile::parse` asks of a file, with nothing but the crates below it.
fn judge(file: &[u8]) -> Outcome {
    let opened = Decryptor::new_buffered(file)?.decrypt(iter::once(&Judge as &dyn age::Identity));
    // The judge opens nothing.
    drop(opened);
    Ok(())
}

struct Judge;

impl age::Identity for Judge {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag == "X25519" {
            let share = BASE64_NOPAD.decode(stanza.args.first()?.as_bytes()).ok()?;
            let share = PublicKey::from(<[u8; 32]>::try_from(share).ok()?);
            let agreed = StaticSecret::from([1; 32]).diffie_hellman(&share);
            black_box(agreed.was_contributory());
        }
        None
    }
}

fn sealer(factor: u8) -> scrypt::Recipient {
    let mut sealer = scrypt::Recipient::new(SecretString::from(PASSPHRASE));
    sealer.set_work_factor(factor);
    sealer
}

fn opener(factor: u8) -> scrypt::Identity {
    let mut opener = scrypt::Identity::new(SecretString::from(PASSPHRASE));
    opener.set_max_work_factor(factor);
    opener
}

fn plaintext(bytes: usize) -> Vec<u8> {
    vec![b'a'; bytes]
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<i64> {
    let began = cpu_nanoseconds();
    black_box(work()?);
    Ok(cpu_nanoseconds() - began)
}

fn say(who: &str, nanoseconds: i64) -> Outcome {
    Ok(writeln!(io::stdout(), "{who} {nanoseconds}")?)
}

/// CPU time of this thread: other processes do not count.
fn cpu_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The most memory that was resident at once.
fn peak_kib() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|value| value.split_whitespace().next());
    Ok(peak.ok_or("/proc/self/status has no VmHWM")?.parse()?)
}
