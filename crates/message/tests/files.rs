//! What is taken for a message, and what is said of what isn't.

use domain::Invalid;
use message::{AgeFile, NotAge};
use proptest::prelude::*;

use crate::recipient;

const SECRET: [u8; 32] = [7; 32];
const MAGIC: &str = "age-encryption.org/v1\n";
const GOOD: &str = "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n\
                    hjabGXwSLQ9c3S6Lw2i6+SrTPWs/q9PIsGxPxRCOaAE\n";
/// The point zero, which gives zero with every secret.
const ZERO_SHARE: &str = "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
                          hjabGXwSLQ9c3S6Lw2i6+SrTPWs/q9PIsGxPxRCOaAE\n";
const SCRYPT: &str = "-> scrypt bBjlhJVYZeE4aqUdmtRHfw 15\n\
                      ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n";
const SSH: &str = "-> ssh-ed25519 BjH7FA RO+wV4kbbl4NtSmp56lQcfRdRp3dEFpdQmWkaoiw6lY\n\
                   51eEu5Oo2JYAG7OU4oamH03FDRP18/GnzeCrY7Z+sa8\n";
const POST_QUANTUM: &str =
    "-> mlkem768x25519 BjH7FA\n51eEu5Oo2JYAG7OU4oamH03FDRP18/GnzeCrY7Z+sa8\n";
const PLUG_IN: &str = "-> piv-p256 BjH7FA\n51eEu5Oo2JYAG7OU4oamH03FDRP18/GnzeCrY7Z+sa8\n";
const GREASE: &str = "-> h'2-grease x\n\n";

fn encrypted(plaintext: &[u8]) -> Vec<u8> {
    age::encrypt(&recipient(&SECRET), plaintext).expect("encrypted")
}

/// A file with these stanzas and a payload of this length behind its nonce. No key opens it.
fn file(stanzas: &str, payload: usize) -> Vec<u8> {
    let mac = "fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA";
    let mut file = format!("{MAGIC}{stanzas}--- {mac}\n").into_bytes();
    file.resize(file.len() + 16 + payload, 9);
    file
}

fn armored(file: &[u8]) -> String {
    use age::armor::{ArmoredWriter, Format};
    use std::io::Write;
    let mut writer = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).expect("a writer");
    writer.write_all(file).expect("written");
    String::from_utf8(writer.finish().expect("finished")).expect("text")
}

fn judged(sent: impl AsRef<[u8]>) -> Result<(), NotAge> {
    AgeFile::parse(sent.as_ref()).map(|_| ())
}

#[test]
fn one_good_x25519_stanza_is_enough_and_a_broken_one_is_too_many() {
    let broken = GOOD.replace("X25519 TE", "X25519 more TE");
    for (stanzas, verdict) in [
        (vec![GOOD], Ok(())),
        (vec![GOOD, GOOD], Ok(())),
        (vec![GREASE, GOOD, GREASE], Ok(())),
        (vec![SSH, GOOD], Ok(())),
        (vec![POST_QUANTUM, GOOD, PLUG_IN], Ok(())),
        (vec![GOOD, &broken], Err(NotAge::Stanza)),
        (vec![&broken, GOOD], Err(NotAge::Stanza)),
        (vec![GOOD, ZERO_SHARE], Err(NotAge::Stanza)),
        (vec![GOOD, SCRYPT], Err(NotAge::Header)),
        (vec![SCRYPT], Err(NotAge::Passphrase)),
        (vec![SSH, GREASE], Err(NotAge::Ssh)),
        (vec![SSH, PLUG_IN], Err(NotAge::Ssh)),
        (vec![GREASE, POST_QUANTUM], Err(NotAge::PostQuantum)),
        (vec![PLUG_IN], Err(NotAge::Unknown)),
        (vec![GREASE], Err(NotAge::Unknown)),
        (vec![], Err(NotAge::Header)),
    ] {
        assert_eq!(judged(file(&stanzas.concat(), 17)), verdict, "{stanzas:?}");
    }
}

#[test]
fn what_is_no_message_is_told_what_it_is() {
    for (sent, reason) in [
        ("", NotAge::Empty),
        (" \r\n\t", NotAge::Empty),
        ("Dear Ada, at noon.", NotAge::NotAge),
        (
            "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
            NotAge::NotAge,
        ),
        ("AGE-ENCRYPTION.ORG/v1\n", NotAge::NotAge),
        ("\nage-encryption.org/v1\n", NotAge::NotAge),
        ("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", NotAge::Armor),
        ("age-encryption.org/v2\n", NotAge::Version),
        ("age-encryption.org/v11\n", NotAge::Version),
        ("age-encryption.org/v1\r\n", NotAge::Header),
        ("age-encryption.org/v1\nDear Ada\n", NotAge::Header),
    ] {
        assert_eq!(judged(sent), Err(reason), "{sent:?}");
    }
}

#[test]
fn every_reason_has_its_own_code_and_sentence() {
    let reasons = [
        NotAge::Empty,
        NotAge::TooLong,
        NotAge::NotAge,
        NotAge::Armor,
        NotAge::Version,
        NotAge::Header,
        NotAge::HeaderTooLong,
        NotAge::Truncated,
        NotAge::Stanza,
        NotAge::Passphrase,
        NotAge::Ssh,
        NotAge::PostQuantum,
        NotAge::Unknown,
    ]
    .map(Invalid::from);
    for (at, one) in reasons.iter().enumerate() {
        for other in &reasons[..at] {
            assert!(
                one.code != other.code && one.message != other.message,
                "{one:?} {other:?}"
            );
        }
    }
}

#[test]
fn the_largest_file_is_taken_and_a_byte_more_is_not() {
    let bare = file(GOOD, 0).len();
    assert_eq!(judged(file(GOOD, AgeFile::MAX - bare)), Ok(()));
    assert_eq!(
        judged(file(GOOD, AgeFile::MAX - bare + 1)),
        Err(NotAge::TooLong)
    );
}

#[test]
fn an_armored_file_is_measured_as_it_is_sent() {
    let fits = armored(&file(GOOD, 190_000));
    let too_long = armored(&file(GOOD, 196_000));
    assert!(too_long.len() > AgeFile::MAX);
    assert_eq!(judged(fits), Ok(()));
    assert_eq!(judged(too_long), Err(NotAge::TooLong));
}

#[test]
fn a_header_of_many_recipients_is_read_and_an_endless_one_is_not() {
    assert_eq!(judged(file(&GOOD.repeat(80), 17)), Ok(()));
    assert_eq!(
        judged(file(&GOOD.repeat(90), 17)),
        Err(NotAge::HeaderTooLong)
    );
    let of_short_lines = [GOOD, &GREASE.repeat(100)].concat();
    assert_eq!(
        judged(file(&of_short_lines, 17)),
        Err(NotAge::HeaderTooLong)
    );
    let line = format!("{MAGIC}-> {}", "a".repeat(100_000));
    assert_eq!(judged(line), Err(NotAge::HeaderTooLong));
}

#[test]
fn a_payload_has_a_length_that_chunks_have() {
    let chunk = 64 * 1024 + 16;
    for (length, possible) in [
        (0, false),
        (15, false),
        (16, true),
        (17, true),
        (chunk - 1, true),
        (chunk, true),
        (chunk + 1, false),
        (chunk + 16, false),
        (chunk + 17, true),
        (2 * chunk, true),
        (2 * chunk + 16, false),
    ] {
        let verdict = if possible {
            Ok(())
        } else {
            Err(NotAge::Truncated)
        };
        assert_eq!(judged(file(GOOD, length)), verdict, "{length}");
    }
}

#[test]
fn the_beginning_of_a_file_is_refused_as_long_as_that_can_be_seen() {
    let whole = encrypted(b"at noon");
    let tag_ends = whole.len() - b"at noon".len();
    for end in 0..=whole.len() {
        let verdict = match end {
            0 => Err(NotAge::Empty),
            _ if end < tag_ends => Err(NotAge::Truncated),
            _ => Ok(()),
        };
        assert_eq!(
            judged(&whole[..end]),
            verdict,
            "{end} of {} bytes",
            whole.len()
        );
    }
}

#[test]
fn the_beginning_of_an_armored_file_is_refused() {
    let whole = armored(&encrypted(b"at noon"));
    let whole = whole.trim_end();
    assert_eq!(judged(whole), Ok(()));
    for end in 1..whole.len() {
        let reason = if end < "-----BEGIN ".len() {
            NotAge::NotAge
        } else {
            NotAge::Armor
        };
        assert_eq!(
            judged(&whole[..end]),
            Err(reason),
            "{end} of {} bytes",
            whole.len()
        );
    }
}

#[test]
fn only_the_length_of_a_file_is_printed() {
    let file = AgeFile::parse(&file(GOOD, 17)).expect("good");
    assert_eq!(
        format!("{file:?}"),
        format!("AgeFile({} bytes)", file.as_bytes().len())
    );
}

proptest! {
    #[test]
    fn whatever_is_sent_is_judged(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), as_header: bool) {
        let mut sent = if as_header { MAGIC.as_bytes().to_vec() } else { Vec::new() };
        sent.extend(bytes);
        if let Ok(file) = AgeFile::parse(&sent) {
            prop_assert!(file.as_bytes().starts_with(MAGIC.as_bytes()));
        }
    }

    #[test]
    fn a_file_with_bytes_in_other_places_is_judged(
        (at, to, flip) in (0..400_usize, 0..400_usize, any::<u8>()),
        armor: bool,
    ) {
        let mut sent = encrypted(b"at noon");
        if armor {
            sent = armored(&sent).into_bytes();
        }
        let length = sent.len();
        sent.swap(at % length, to % length);
        sent[at % length] ^= flip;
        if let Ok(file) = AgeFile::parse(&sent) {
            prop_assert!(file.as_bytes().starts_with(MAGIC.as_bytes()));
        }
    }

    #[test]
    fn armor_makes_no_difference(
        (byte, length) in (any::<u8>(), 0..70_000_usize),
        windows: bool,
        (before, after) in ("[ \r\n\t]{0,20}", "[ \r\n\t]{0,20}"),
    ) {
        let binary = encrypted(&vec![byte; length]);
        let mut text = armored(&binary);
        if windows {
            text = text.replace('\n', "\r\n");
        }
        let text = format!("{before}{text}{after}");
        let sent_as_text = AgeFile::parse(text.as_bytes()).expect("armored");
        let sent_as_binary = AgeFile::parse(&binary).expect("binary");
        prop_assert_eq!(sent_as_text.as_bytes(), binary.as_slice());
        prop_assert_eq!(sent_as_binary.into_bytes(), binary);
    }

    #[test]
    fn trash_around_armor_is_refused(trash in "[ -~]*[!-~][ -~]*") {
        let text = armored(&encrypted(b"at noon"));
        let (before, after) = (format!("{trash}\n{text}"), format!("{text}{trash}"));
        prop_assert!(judged(before).is_err());
        prop_assert_eq!(judged(after), Err(NotAge::Armor));
    }
}
