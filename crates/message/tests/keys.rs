//! Keys under a passphrase, and the messages that they open.

use std::io::Write;

use age::armor::{ArmoredWriter, Format};
use domain::password::Password;
use message::{AgeFile, Error, WORK_FACTOR};
use proptest::prelude::*;
use secrecy::SecretString;

use crate::{line, recipient, unsealed};

/// Text under a passphrase, with next to no work.
fn sealed(content: &str, passphrase: &str) -> String {
    let mut key = age::scrypt::Recipient::new(SecretString::from(passphrase));
    key.set_work_factor(1);
    age::encrypt_and_armor(&key, content.as_bytes()).expect("sealed")
}

fn armored(file: &str) -> String {
    let mut writer = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).expect("a writer");
    writer.write_all(file.as_bytes()).expect("written");
    String::from_utf8(writer.finish().expect("finished")).expect("text")
}

fn failure(encrypted_identity: &str, passphrase: &str) -> Option<Error> {
    message::unseal(encrypted_identity, &Password::new(passphrase)).err()
}

#[test]
fn a_key_goes_from_one_passphrase_to_another_and_opens_what_is_for_it() {
    let first = Password::new("S3cur3Pass!\u{FB01}");
    let key = message::generate(&first).expect("a key");
    let to: age::x25519::Recipient = key.recipient.parse().expect("a recipient");
    let file = age::encrypt(&to, b"at noon").expect("encrypted");
    let file = AgeFile::parse(&file).expect("an age file");

    assert_eq!(
        failure(&key.encrypted_identity, "S3cur3Pass!"),
        Some(Error::WrongPassphrase)
    );
    let in_other_spelling = Password::new("S3cur3Pass!fi");
    let identity = message::unseal(&key.encrypted_identity, &in_other_spelling).expect("unsealed");
    assert_eq!(
        identity.open(file.as_bytes()).expect("opened").as_bytes(),
        b"at noon"
    );

    let resealed = identity
        .reseal(&Password::new("N3wPassw0rd!"))
        .expect("resealed");
    assert_eq!(
        failure(&resealed, "S3cur3Pass!fi"),
        Some(Error::WrongPassphrase)
    );
    let identity = message::unseal(&resealed, &Password::new("N3wPassw0rd!")).expect("unsealed");
    assert_eq!(
        identity.open(file.as_bytes()).expect("opened").as_bytes(),
        b"at noon"
    );

    let shown = format!("{key:?} {identity:?}");
    assert_eq!(shown, format!("SealedKey({}) Identity(…)", key.recipient));
}

#[test]
fn a_key_that_asks_for_more_work_is_refused() {
    for work in [WORK_FACTOR + 1, 30, 63, 64, 255] {
        let file = armored(&format!(
            "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw {work}\n\
             ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n\
             --- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n0123456789abcdef0123456789abcdefg"
        ));
        assert_eq!(
            failure(&file, "at noon"),
            Some(Error::TooMuchWork),
            "2^{work}"
        );
    }
}

#[test]
fn what_is_no_sealed_key_is_corrupt() {
    let good = sealed(&format!("{}\n", line(&[7; 32])), "at noon");
    assert_eq!(failure(&good, "at noon"), None);
    let for_a_recipient = age::encrypt_and_armor(&recipient(&[7; 32]), b"x").expect("encrypted");
    for (what, file) in [
        ("nothing", String::new()),
        ("text", "at noon".to_owned()),
        ("a file for a recipient", for_a_recipient),
        ("its beginning", good[..good.len() / 2].to_owned()),
        ("something after it", format!("{good}x")),
        ("nothing in it", sealed("", "at noon")),
        ("text in it", sealed("at noon\n", "at noon")),
        (
            "a recipient in it",
            sealed(&format!("{}\n", recipient(&[7; 32])), "at noon"),
        ),
        (
            "no end of the line in it",
            sealed(&line(&[7; 32]), "at noon"),
        ),
    ] {
        assert_eq!(failure(&file, "at noon"), Some(Error::Corrupt), "{what}");
    }
}

#[test]
fn a_message_for_another_key_is_told_from_one_that_was_altered() {
    let identity = unsealed(&line(&[7; 32]));
    let file = age::encrypt(&recipient(&[7; 32]), b"at noon").expect("encrypted");
    let other = age::encrypt(&recipient(&[8; 32]), b"at noon").expect("encrypted");
    assert_eq!(identity.open(&other).err(), Some(Error::NotForThisKey));
    assert_eq!(identity.open(&file).err(), None);
    assert_eq!(identity.open(b"at noon").err(), Some(Error::Altered));
    for end in 0..file.len() {
        assert_eq!(
            identity.open(&file[..end]).err(),
            Some(Error::Altered),
            "{end} of {} bytes",
            file.len()
        );
    }
    let longer = [file.as_slice(), b"x"].concat();
    assert_eq!(identity.open(&longer).err(), Some(Error::Altered));
}

proptest! {
    #[test]
    fn what_was_encrypted_comes_out(secret: [u8; 32], byte: u8, length in 0..200_000_usize) {
        let plaintext = vec![byte; length];
        let file = age::encrypt(&recipient(&secret), &plaintext).expect("encrypted");
        let file = AgeFile::parse(&file).expect("an age file");
        let opened = unsealed(&line(&secret)).open(file.as_bytes()).expect("opened");
        prop_assert_eq!(opened.as_bytes(), plaintext.as_slice());
    }

    #[test]
    fn no_altered_byte_goes_unseen(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut file = age::encrypt(&recipient(&[7; 32]), b"at noon").expect("encrypted");
        let at = at.index(file.len());
        file[at] ^= flip;
        prop_assert!(unsealed(&line(&[7; 32])).open(&file).is_err());
    }

    #[test]
    fn a_decoy_is_the_recipient_of_its_secret(secret: [u8; 32]) {
        prop_assert_eq!(message::decoy(&secret), recipient(&secret).to_string());
    }
}
