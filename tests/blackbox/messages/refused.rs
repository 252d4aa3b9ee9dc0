//! `POST /drop/{address}`: what is refused, and that it says why.

use super::{Owner, X25519, armored, drop_at, of_size, unknown_address};
use crate::harness::{Answer, Stage};

const SCRYPT: &str = "-> scrypt bBjlhJVYZeE4aqUdmtRHfw 15\n\
                      ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n";
const SSH: &str = "-> ssh-ed25519 BjH7FA RO+wV4kbbl4NtSmp56lQcfRdRp3dEFpdQmWkaoiw6lY\n\
                   51eEu5Oo2JYAG7OU4oamH03FDRP18/GnzeCrY7Z+sa8\n";
const POST_QUANTUM: &str =
    "-> mlkem768x25519 BjH7FA\n51eEu5Oo2JYAG7OU4oamH03FDRP18/GnzeCrY7Z+sa8\n";
const PLUG_IN: &str = "-> piv-p256 BjH7FA\n51eEu5Oo2JYAG7OU4oamH03FDRP18/GnzeCrY7Z+sa8\n";
const GREASE: &str = "-> h'2-grease x\n\n";

/// Checks that the body is what is wrong, and why.
#[track_caller]
fn check(answer: &Answer, code: &str) {
    answer.expect_bad_fields(&["body"]);
    assert_eq!(answer.json()["errors"][0]["code"], code, "{answer}");
}

#[tokio::test]
async fn what_is_no_message_is_told_what_it_is() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let good = owner.encrypted(b"at noon");
    let armor = armored(&good);
    let line = armor.lines().nth(1).expect("an armored file has lines");
    let with = |stanzas: &[&str]| of_size(&stanzas.concat(), 1_000);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "empty"),
        (b" \r\n".to_vec(), "empty"),
        (b"Dear Ada, at noon.".to_vec(), "not_age"),
        (owner.recipient.clone().into_bytes(), "not_age"),
        (vec![0xff; 1_000], "not_age"),
        (b"age-encryption.org/v2\n".to_vec(), "version_unsupported"),
        (
            b"age-encryption.org/v1\nDear Ada\n".to_vec(),
            "header_broken",
        ),
        (good[..100].to_vec(), "truncated"),
        (good[..good.len() - 8].to_vec(), "truncated"),
        (format!("{armor}Dear Ada").into_bytes(), "armor_broken"),
        (format!("Dear Ada\n{armor}").into_bytes(), "not_age"),
        (armor.replace(line, "").into_bytes(), "armor_broken"),
        (
            armor.replacen(line, &format!("!{}", &line[1..]), 1).into(),
            "armor_broken",
        ),
        (armor.as_bytes()[..200].to_vec(), "armor_broken"),
        (with(&[SCRYPT]), "recipient_passphrase"),
        (with(&[SSH, GREASE]), "recipient_ssh"),
        (with(&[POST_QUANTUM]), "recipient_post_quantum"),
        (with(&[PLUG_IN]), "recipient_unknown"),
        (with(&[GREASE]), "recipient_unknown"),
        (
            with(&[&X25519.replace("X25519 TE", "X25519 more TE")]),
            "stanza_broken",
        ),
        (
            of_size(&X25519.repeat(200), 100_000).clone(),
            "header_too_long",
        ),
    ];
    for (sent, code) in cases {
        check(&owner.drop(sent).await, code);
    }
    assert!(owner.list().await.is_empty(), "nothing was taken");
}

#[tokio::test]
async fn other_stanzas_beside_an_x25519_one_are_the_senders_business() {
    let site = Stage::shared().await;
    for stanzas in [
        [GREASE, X25519, GREASE].concat(),
        [SSH, X25519].concat(),
        [X25519, POST_QUANTUM, PLUG_IN, X25519].concat(),
    ] {
        let file = of_size(&stanzas, 1_000);
        let left = drop_at(&site, &unknown_address(), file);
        left.await.expect(202);
    }
}

#[tokio::test]
async fn a_lifetime_out_of_range_is_refused() {
    let site = Stage::shared().await;
    let huge = "9".repeat(40);
    for ttl in [
        "", "0", "3599", "2592001", "-3600", "3600.5", "1e4", " 3600", "a week", &huge,
    ] {
        let drop = drop_at(&site, &unknown_address(), of_size(X25519, 1_000));
        let refused = drop.query("ttl", &ttl.replace(' ', "%20")).await;
        refused.expect_bad_fields(&["ttl"]);
    }
}

#[tokio::test]
async fn a_wish_that_is_written_wrong_is_refused() {
    let site = Stage::shared().await;
    let drop = drop_at(&site, &unknown_address(), of_size(X25519, 1_000));
    let refused = drop.query("burns", "true").query("TTL", "3600").await;
    refused.expect_bad_fields(&["TTL", "burns"]);
}

#[tokio::test]
async fn a_binary_file_is_no_text() {
    let site = Stage::shared().await;
    let path = format!("/drop/{}", unknown_address());
    let file = of_size(X25519, 1_000);
    let refused = site.client.post(&path).body("text/plain", file).await;
    check(&refused, "binary_as_text");
}

#[tokio::test]
async fn what_is_neither_true_nor_false_is_refused() {
    let site = Stage::shared().await;
    for burn in ["", "1", "yes", "True", "truefalse"] {
        let drop = drop_at(&site, &unknown_address(), of_size(X25519, 1_000));
        drop.query("burn", burn).await.expect_bad_fields(&["burn"]);
    }
}

#[tokio::test]
async fn another_padding_than_zeros_is_refused() {
    let site = Stage::shared().await;
    for padding in ["", "ones", "Zeros", "zeros, zeros"] {
        let drop = drop_at(&site, &unknown_address(), of_size(X25519, 1_000));
        let refused = drop.header("x-message-padding", padding).await;
        refused.expect_bad_fields(&["X-Message-Padding"]);
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let site = Stage::shared().await;
    let drop = drop_at(&site, &unknown_address(), Vec::new())
        .query("ttl", "1")
        .query("burn", "maybe")
        .header("x-message-padding", "ones")
        .header("idempotency-key", "a b");
    let fields = [
        "ttl",
        "burn",
        "X-Message-Padding",
        "Idempotency-Key",
        "body",
    ];
    drop.await.expect_bad_fields(&fields);
}

#[tokio::test]
async fn a_body_that_is_said_to_be_something_else_is_refused() {
    let site = Stage::shared().await;
    let path = format!("/drop/{}", unknown_address());
    for media_type in [
        "application/json",
        "text/html",
        "multipart/form-data; boundary=x",
        "application/age+x",
        "age",
        "",
    ] {
        let drop = site.client.post(&path);
        let refused = drop.body(media_type, of_size(X25519, 1_000)).await;
        refused.expect_problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_wish_that_is_misspelt_is_refused() {
    let site = Stage::shared().await;
    for name in ["Burn", "brun", "tll"] {
        let drop = drop_at(&site, &unknown_address(), of_size(X25519, 1_000));
        let left = drop.query(name, "true").await;
        left.expect_bad_fields(&[name]);
    }
}
