//! What a client of the platform can't do by itself, for `tests/messages/interop.py`. The passphrase is what stands in
//! the variable `PASSPHRASE`.
//!
//! - `interop generate FOLDER` makes a key: `FOLDER/recipient.txt` and `FOLDER/identity.age`.
//! - `interop open KEY MESSAGE` writes what a dropped file says.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

use domain::password::Password;
use message::AgeFile;

fn main() -> Result<(), Box<dyn Error>> {
    let passphrase = Password::new(&env::var("PASSPHRASE")?);
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["generate", folder] => {
            let key = message::generate(&passphrase)?;
            fs::write(Path::new(folder).join("recipient.txt"), key.recipient)?;
            fs::write(
                Path::new(folder).join("identity.age"),
                key.encrypted_identity,
            )?;
        }
        ["open", key, message] => {
            let file = AgeFile::parse(&fs::read(message)?)?;
            let identity = message::unseal(&fs::read_to_string(key)?, &passphrase)?;
            io::stdout().write_all(identity.open(file.as_bytes())?.as_bytes())?;
        }
        _ => return Err("interop generate FOLDER, or interop open KEY MESSAGE".into()),
    }
    Ok(())
}
