//! What comes back: compressed, too large, endless, slow, broken.

use std::time::Duration;

use async_compression::Level;
use async_compression::tokio::bufread::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use async_compression::zstd::CParameter;
use fetch::{Error, MAX_PAGE, Options};
use futures::future::join_all;
use tokio::io::AsyncReadExt;

use crate::site::{Reply, Site, World, answer, options};

/// As many bytes as a page may have.
fn max() -> usize {
    usize::try_from(MAX_PAGE).unwrap()
}

/// What a content coding makes of bytes; `deflate` comes in the two formats that are sent under that name.
async fn encoded(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let into = &mut encoded;
    match coding {
        "gzip" => GzipEncoder::new(bytes).read_to_end(into).await,
        "deflate" => ZlibEncoder::new(bytes).read_to_end(into).await,
        "bare deflate" => DeflateEncoder::new(bytes).read_to_end(into).await,
        // The best level takes seconds for what the tests send.
        "br" => {
            BrotliEncoder::with_quality(bytes, Level::Fastest)
                .read_to_end(into)
                .await
        }
        "zstd" => ZstdEncoder::new(bytes).read_to_end(into).await,
        _ => panic!("{coding}"),
    }
    .unwrap();
    encoded
}

const CODINGS: [&str; 5] = ["gzip", "deflate", "bare deflate", "br", "zstd"];

/// Fetches a page that is sent with a content coding.
async fn fetch(coding: &str, body: Vec<u8>) -> Result<Vec<u8>, Error> {
    let coding = coding.trim_start_matches("bare ").to_owned();
    let site = Site::new(move |path| {
        let header = format!("Content-Encoding: {coding}");
        (path == "/").then(|| answer("200 OK", &[&header], &body))
    })
    .await;
    let page = World::default().fetch(&site.url("/")).await?;
    Ok(page.body)
}

/// Fetches a page that is sent as it is.
async fn fetch_raw(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Result<Vec<u8>, Error> {
    let site = Site::new(move |path| (path == "/").then(&reply)).await;
    let page = World::default().fetch(&site.url("/")).await?;
    Ok(page.body)
}

/// Bytes that don't shrink: a xorshift generator's.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next)
        .flatten()
        .take(length)
        .collect()
}

#[tokio::test]
async fn each_coding_is_understood() {
    let text = "a page that repeats itself, repeats itself".repeat(1000);
    for coding in CODINGS {
        let body = encoded(coding, text.as_bytes()).await;
        assert!(body.len() < text.len());
        assert_eq!(
            fetch(coding, body).await.unwrap(),
            text.as_bytes(),
            "{coding}"
        );
    }
}

#[tokio::test]
async fn as_much_as_is_taken_is_taken_and_a_byte_more_is_too_large() {
    let mut bytes = noise(max() + 1);
    for coding in ["identity", "gzip"] {
        let body = |bytes: &[u8]| {
            let bytes = bytes.to_vec();
            async move {
                match coding {
                    "identity" => bytes,
                    coding => encoded(coding, &bytes).await,
                }
            }
        };
        let refused = fetch(coding, body(&bytes).await).await.unwrap_err();
        assert!(
            matches!(refused, Error::TooLarge { limit: MAX_PAGE }),
            "{refused:?}"
        );
        let last = bytes.pop().unwrap();
        assert_eq!(
            fetch(coding, body(&bytes).await).await.unwrap().len(),
            max(),
            "{coding}"
        );
        bytes.push(last);
    }
}

#[tokio::test]
async fn a_bomb_of_each_coding_is_called_one() {
    let zeros = vec![0; 2 * max()];
    for coding in CODINGS {
        let refused = fetch(coding, encoded(coding, &zeros).await)
            .await
            .unwrap_err();
        let Error::Bomb { received, limit } = refused else {
            panic!("{coding}: {refused:?}");
        };
        assert_eq!(limit, MAX_PAGE);
        assert!(received * 100 < limit, "{coding}: {received}");
    }
}

#[tokio::test]
async fn a_bomb_within_a_bomb_is_not_opened() {
    let refused = fetch("gzip, gzip", noise(100)).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("unknown content coding gzip, gzip"),
        "{refused}"
    );
    let twice = || {
        answer(
            "200 OK",
            &["Content-Encoding: gzip", "Content-Encoding: gzip"],
            "x",
        )
    };
    let refused = fetch_raw(twice).await.unwrap_err();
    assert!(
        matches!(refused, Error::UnknownCoding { .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_window_that_would_take_much_memory_is_refused() {
    let bytes = noise(1000);
    let mut body = Vec::new();
    let window = [CParameter::window_log(27)];
    ZstdEncoder::with_quality_and_params(&bytes[..], Level::Default, &window)
        .read_to_end(&mut body)
        .await
        .unwrap();
    let refused = fetch("zstd", body).await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_what_it_says_can_t_be_decompressed() {
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let refused = fetch(coding, b"\xff\xff<html>plain text".to_vec())
            .await
            .unwrap_err();
        assert!(
            matches!(refused, Error::Corrupt { .. }),
            "{coding}: {refused:?}"
        );
        let mut cut = encoded(coding, &noise(1000)).await;
        cut.truncate(500);
        let refused = fetch(coding, cut).await.unwrap_err();
        assert!(
            matches!(refused, Error::Corrupt { .. }),
            "{coding}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_nothing_in_any_coding() {
    for coding in ["identity", "gzip", "deflate", "br", "zstd"] {
        assert_eq!(fetch(coding, Vec::new()).await.unwrap(), b"", "{coding}");
    }
}

#[tokio::test]
async fn a_page_of_several_gzip_members_is_whole() {
    let body = [
        encoded("gzip", b"one ").await,
        encoded("gzip", b"two").await,
    ]
    .concat();
    assert_eq!(fetch("gzip", body).await.unwrap(), b"one two");
}

#[tokio::test]
async fn what_says_that_it_is_too_large_is_not_read() {
    let length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", max() + 1);
    let refused = fetch_raw(move || Reply::Stuck(length.clone().into())).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused:?}");
}

#[tokio::test]
async fn an_endless_page_ends() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).into_bytes();
    let endless = move || Reply::Endless(head.into(), chunk.clone());
    let refused = fetch_raw(endless).await.unwrap_err();
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused:?}");
    // Until the connection closes, says HTTP/1.0.
    let endless = || Reply::Endless("HTTP/1.0 200 OK\r\n\r\n".into(), vec![b'x'; 0x10000]);
    let refused = fetch_raw(endless).await.unwrap_err();
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused:?}");
}

#[tokio::test]
async fn an_endless_header_ends() {
    for line in ["X-Line: x\r\n", "x"] {
        let start = "HTTP/1.1 200 OK\r\nX-Start: ";
        let endless = move || Reply::Endless(start.into(), line.repeat(1000).into());
        let refused = fetch_raw(endless).await.unwrap_err();
        assert!(
            matches!(refused, Error::HeaderTooLarge { .. }),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_page_that_never_comes_is_too_slow() {
    let options = || Options {
        timeout: Duration::from_secs(2),
        ..options()
    };
    let fetches = [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxx",
    ]
    .map(|start| async move {
        let stuck = move || Reply::Stuck(start.into());
        let site = Site::new(move |path| (path == "/").then(stuck)).await;
        let fetched = World::new(options()).fetch(&site.url("/")).await;
        let said = fetched.unwrap_err().to_string();
        assert_eq!(
            said, "127.0.0.1 is too slow: not done within 2 s",
            "{start}"
        );
    });
    join_all(fetches).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_broken() {
    let replies = [
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nxx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnothing\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ];
    let fetches = replies.map(|reply| fetch_raw(move || reply.into()));
    for (reply, fetched) in replies.iter().zip(join_all(fetches).await) {
        assert!(
            matches!(fetched, Err(Error::Broken { .. })),
            "{reply}: {fetched:?}"
        );
    }
}

#[tokio::test]
async fn more_than_was_said_is_not_part_of_the_page() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxxHTTP/1.1 200 OK\r\n\r\nmore";
    assert_eq!(fetch_raw(move || reply.into()).await.unwrap(), b"xx");
}

#[tokio::test]
async fn a_page_is_text_by_its_encoding() {
    let site = Site::new(|path| {
        let headers = ["Content-Type: text/html; charset=iso-8859-1"];
        (path == "/").then(|| answer("200 OK", &headers, b"sch\xf6n"))
    })
    .await;
    let page = World::default().fetch(&site.url("/")).await.unwrap();
    assert_eq!(page.text().text, "schön");
    assert_eq!(
        page.content_type.as_deref(),
        Some("text/html; charset=iso-8859-1")
    );
}
