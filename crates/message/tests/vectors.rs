//! The test vectors for age (`vectors/README.md`): what [`AgeFile::parse`] does with each, and why that is right.
//!
//! Its verdict isn't always the vector's, which is that of somebody who holds the key and opens the whole file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use message::{AgeFile, Error, Identity, NotAge};

use crate::unsealed;

/// A verdict of [`AgeFile::parse`], why it is right, and the vectors that get it.
type Rule = (Result<(), NotAge>, &'static str, &'static [&'static str]);

const RULES: &[Rule] = &[
    (
        Ok(()),
        "good files",
        &[
            "armor_crlf",
            "armor_full_last_line",
            "armor_no_eol",
            "armor_whitespace_outside",
            "armor_x25519",
            "stanza_empty_body",
            "stanza_empty_last_line",
            "stanza_valid_characters",
            "stream_empty_payload",
            "stream_last_chunk_full",
            "stream_last_chunk_full_second",
            "stream_three_chunks",
            "stream_two_chunks",
            "x25519",
            "x25519_grease",
            "x25519_multiple_recipients",
        ],
    ),
    (
        Ok(()),
        "for a post-quantum key as well: whom else a message is for is its sender's business",
        &["hybrid_and_x25519"],
    ),
    (
        Ok(()),
        "whose stanza it is, and whether it opens, only its key tells",
        &["armor_no_match", "x25519_bad_tag", "x25519_no_match"],
    ),
    (
        Ok(()),
        "the header's MAC is made with the file's key, which nobody has who has no identity",
        &["hmac_bad"],
    ),
    (
        Ok(()),
        "chunks that can be by their lengths: their tags, and which of them is the last, only the file's key tells",
        &[
            "armor_garbage_encoded",
            "stream_bad_tag",
            "stream_bad_tag_second_chunk",
            "stream_bad_tag_second_chunk_full",
            "stream_no_final",
            "stream_no_final_full",
            "stream_no_final_two_chunks",
            "stream_no_final_two_chunks_full",
            "stream_trailing_garbage_long",
            "stream_two_final_chunks",
            "stream_two_final_chunks_full",
            "stream_two_final_chunks_second",
            "stream_two_final_chunks_short",
        ],
    ),
    (
        Ok(()),
        "the age crate still reads what age wrote before 1.0, when a stanza could end in a full line; so does whoever reads \
         a message here, and others who don't tell their own user",
        &["stanza_missing_body", "stanza_missing_final_line"],
    ),
    (Err(NotAge::Empty), "nothing was sent", &["empty"]),
    (
        Err(NotAge::TooLong),
        "good files of 16 MiB",
        &[
            "stream_257_chunks",
            "stream_257_chunks_full",
            "stream_258_chunks",
        ],
    ),
    (
        Err(NotAge::NotAge),
        "it begins like neither form",
        &["armor_garbage_leading", "armor_whitespace_begin"],
    ),
    (
        Err(NotAge::Armor),
        "only canonical armor is taken",
        &[
            "armor_empty_last_line",
            "armor_empty_line_begin",
            "armor_empty_line_end",
            "armor_eol_between_padding",
            "armor_garbage_trailing",
            "armor_headers",
            "armor_invalid_character_header",
            "armor_invalid_character_payload",
            "armor_long_line",
            "armor_lowercase",
            "armor_no_end_line",
            "armor_no_padding",
            "armor_not_canonical",
            "armor_pgp_checksum",
            "armor_short_line",
            "armor_whitespace_end",
            "armor_whitespace_eol",
            "armor_whitespace_last_line",
            "armor_whitespace_line_start",
            "armor_wrong_type",
        ],
    ),
    (
        Err(NotAge::Version),
        "another version's header can't be read",
        &["version_unsupported"],
    ),
    (
        Err(NotAge::Header),
        "the header breaks the grammar, or has a passphrase's stanza beside another",
        &[
            "armor_header_crlf",
            "header_crlf",
            "hmac_extra_space",
            "hmac_garbage",
            "hmac_no_space",
            "hmac_not_canonical",
            "hmac_trailing_space",
            "hybrid_not_canonical_body",
            "scrypt_and_x25519",
            "scrypt_double",
            "scrypt_not_canonical_body",
            "stanza_bad_start",
            "stanza_base64_padding",
            "stanza_empty_argument",
            "stanza_invalid_character",
            "stanza_long_line",
            "stanza_multiple_short_lines",
            "stanza_no_arguments",
            "stanza_not_canonical",
            "stanza_spurious_cr",
            "x25519_not_canonical_body",
        ],
    ),
    (
        Err(NotAge::Truncated),
        "it ends in the header or in the nonce",
        &[
            "armor_empty",
            "hmac_missing",
            "hmac_truncated",
            "stream_no_nonce",
            "stream_short_nonce",
        ],
    ),
    (
        Err(NotAge::Truncated),
        "no chunks have this length",
        &[
            "stream_last_chunk_empty",
            "stream_missing_tag",
            "stream_no_chunks",
            "stream_short_chunk",
            "stream_short_second_chunk",
            "stream_trailing_garbage_short",
        ],
    ),
    (
        Err(NotAge::Stanza),
        "no identity opens this X25519 stanza, and whoever wrote it has a bug",
        &[
            "hybrid_x25519_arg",
            "x25519_extra_argument",
            "x25519_identity",
            "x25519_long_file_key",
            "x25519_long_share",
            "x25519_low_order",
            "x25519_not_canonical_share",
            "x25519_short_share",
        ],
    ),
    (
        Err(NotAge::Passphrase),
        "for a passphrase, however good or bad its stanza is: nothing of it is computed",
        &[
            "armor_scrypt",
            "scrypt",
            "scrypt_bad_tag",
            "scrypt_extra_argument",
            "scrypt_long_file_key",
            "scrypt_no_match",
            "scrypt_not_canonical_salt",
            "scrypt_salt_long",
            "scrypt_salt_missing",
            "scrypt_salt_short",
            "scrypt_work_factor_23",
            "scrypt_work_factor_hex",
            "scrypt_work_factor_leading_garbage",
            "scrypt_work_factor_leading_plus",
            "scrypt_work_factor_leading_zero_decimal",
            "scrypt_work_factor_leading_zero_octal",
            "scrypt_work_factor_missing",
            "scrypt_work_factor_negative",
            "scrypt_work_factor_overflow",
            "scrypt_work_factor_trailing_garbage",
            "scrypt_work_factor_wrong",
            "scrypt_work_factor_zero",
        ],
    ),
    (
        Err(NotAge::PostQuantum),
        "for post-quantum keys only, however good or bad their stanzas are; an address has an X25519 key",
        &[
            "armor_hybrid",
            "hybrid",
            "hybrid_bad_tag",
            "hybrid_currupted_enc_mlkem",
            "hybrid_currupted_enc_x25519",
            "hybrid_extra_argument",
            "hybrid_grease",
            "hybrid_identity",
            "hybrid_long_file_key",
            "hybrid_long_share",
            "hybrid_low_order",
            "hybrid_multiple_recipients",
            "hybrid_no_match",
            "hybrid_not_canonical_enc",
            "hybrid_short_share",
        ],
    ),
    (
        Err(NotAge::Unknown),
        "a tag in other letters is another tag, which nobody knows",
        &["hybrid_uppercase", "scrypt_uppercase", "x25519_lowercase"],
    ),
];

/// A vector: the fields before its empty line, and its file.
struct Vector {
    fields: Vec<(String, String)>,
    file: Vec<u8>,
}

impl Vector {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(2)
            .position(|two| two == b"\n\n")
            .expect("an empty line follows the fields");
        let text = std::str::from_utf8(&bytes[..end]).expect("fields are text");
        let fields = text
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut vector = Self {
            fields,
            file: bytes[end + 2..].to_vec(),
        };
        if vector.field("compressed").is_some() {
            let mut file = Vec::new();
            flate2::read::ZlibDecoder::new(vector.file.as_slice())
                .read_to_end(&mut file)
                .expect("zlib");
            vector.file = file;
        }
        vector
    }

    fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The vector's X25519 identities.
    fn identities(&self) -> Vec<Identity> {
        self.fields
            .iter()
            .filter(|(name, value)| name == "identity" && value.starts_with("AGE-SECRET-KEY-1"))
            .map(|(_, value)| unsealed(value))
            .collect()
    }
}

fn vectors() -> BTreeMap<String, Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/cctv");
    let entries = fs::read_dir(folder).expect("there are vectors");
    entries
        .map(|entry| {
            let entry = entry.expect("readable");
            let name = entry.file_name().into_string().expect("ASCII");
            let bytes = fs::read(entry.path()).expect("readable");
            (name, Vector::read(&bytes))
        })
        .collect()
}

#[test]
fn every_vector_gets_the_verdict_that_is_written_down() {
    let mut rules = BTreeMap::new();
    for (verdict, why, names) in RULES {
        for name in *names {
            assert!(
                rules.insert(*name, (*verdict, *why)).is_none(),
                "{name} stands under two rules"
            );
        }
    }
    let vectors = vectors();
    for (name, vector) in &vectors {
        let (verdict, why) = rules
            .remove(name.as_str())
            .unwrap_or_else(|| panic!("nothing is written down about {name}"));
        let parsed = AgeFile::parse(&vector.file).map(|_| ());
        assert_eq!(parsed, verdict, "{name}: {why}");
    }
    assert!(
        rules.is_empty(),
        "there are no such vectors: {:?}",
        rules.keys()
    );
}

#[test]
fn a_vector_that_is_taken_ends_for_its_owner_as_it_says() {
    let mut unopened = Vec::new();
    for (name, vector) in vectors() {
        let Ok(file) = AgeFile::parse(&vector.file) else {
            continue;
        };
        let expected = match vector.field("expect").expect("an outcome") {
            "success" => Ok(()),
            // Read all the same: stanzas from before 1.0.
            "header failure" if name.starts_with("stanza_missing_") => Ok(()),
            "no match" => Err(Error::NotForThisKey),
            "HMAC failure" | "payload failure" => Err(Error::Altered),
            other => panic!("{name}: {other} and yet taken"),
        };
        // Where there are several, the vector is about any of them.
        let outcomes: Vec<_> = vector
            .identities()
            .iter()
            .map(|identity| identity.open(file.as_bytes()).map(|_| ()))
            .collect();
        if outcomes.is_empty() {
            unopened.push(name);
            continue;
        }
        assert!(
            outcomes.contains(&expected),
            "{name}: {outcomes:?} and not {expected:?}"
        );
    }
    assert_eq!(
        unopened,
        ["hybrid_and_x25519"],
        "the one that comes with a post-quantum identity only"
    );
}
