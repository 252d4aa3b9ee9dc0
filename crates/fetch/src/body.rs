//! The body of an answer: decompressed, and never more of it than is taken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use futures::TryStreamExt;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, ReadBuf};
use tokio_util::io::StreamReader;

use crate::error::{Cause, Error, find};

/// What is asked for, the best first.
pub(crate) const ACCEPTED: &str = "zstd, br, gzip, deflate";
/// How much larger than what was received a page that is too large must be to be called a bomb. Pages shrink to a fifth or a
/// tenth; deflate ends at 1,032 (<https://zlib.net/zlib_tech.html>).
const BOMB: u64 = 100;
/// The window that a sender may count on, as a power of two: 8 MiB
/// ([RFC 9659 §3](https://www.rfc-editor.org/rfc/rfc9659#section-3)).
const ZSTD_WINDOW: u32 = 23;

/// How much of a body is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    /// What is larger is refused.
    Refuse(u64),
    /// What comes after is not looked at.
    Cut(u64),
}

impl Limit {
    fn bytes(self) -> u64 {
        let (Self::Refuse(bytes) | Self::Cut(bytes)) = self;
        bytes
    }
}

/// The content codings that are understood.
#[derive(Debug, Clone, Copy)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Reads a body to its end, or as far as it is taken.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Bomb`], [`Error::UnknownCoding`], [`Error::Corrupt`], and those of the connection.
pub(crate) async fn read(
    host: &str,
    response: reqwest::Response,
    limit: Limit,
) -> Result<Vec<u8>, Error> {
    let coding = coding(host, response.headers())?;
    if let (Coding::Identity, Limit::Refuse(limit)) = (coding, limit)
        && response
            .content_length()
            .is_some_and(|length| length > limit)
    {
        return Err(Error::TooLarge { limit });
    }
    let received = Arc::new(AtomicU64::new(0));
    let stream = Box::pin(response.bytes_stream().map_err(io::Error::other));
    let raw = Counted {
        inner: StreamReader::new(stream),
        count: Arc::clone(&received),
    };
    let failed = |error| failed(host, error);
    let decoded = decoder(coding, raw).await.map_err(failed)?;
    let mut body = Vec::new();
    // One byte more tells that there is more.
    let taken = decoded.take(limit.bytes() + 1).read_to_end(&mut body).await;
    taken.map_err(failed)?;
    match limit {
        Limit::Refuse(limit) if body.len() as u64 > limit => {
            let received = received.load(Ordering::Relaxed);
            Err(if received.saturating_mul(BOMB) < limit {
                Error::Bomb { received, limit }
            } else {
                Error::TooLarge { limit }
            })
        }
        _ => Ok(body),
    }
}

fn coding(host: &str, headers: &HeaderMap) -> Result<Coding, Error> {
    let mut given = headers.get_all(CONTENT_ENCODING).iter();
    let (first, more) = (given.next(), given.next().is_some());
    let text = first.map_or(Ok(""), |value| value.to_str()).unwrap_or("?");
    let coding = match text.trim().to_ascii_lowercase().as_str() {
        _ if more => None,
        "" | "identity" => Some(Coding::Identity),
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "deflate" => Some(Coding::Deflate),
        "br" => Some(Coding::Brotli),
        "zstd" => Some(Coding::Zstd),
        _ => None,
    };
    coding.ok_or_else(|| Error::UnknownCoding {
        host: host.to_owned(),
        coding: text.chars().take(40).collect(),
    })
}

type Decoder = Pin<Box<dyn AsyncRead + Send>>;

async fn decoder<R>(coding: Coding, mut raw: R) -> io::Result<Decoder>
where
    R: AsyncBufRead + Unpin + Send + 'static,
{
    // Nothing at all is what a coding makes of nothing for some servers.
    let start = raw.fill_buf().await?;
    if start.is_empty() {
        return Ok(Box::pin(raw));
    }
    Ok(match coding {
        Coding::Identity => Box::pin(raw),
        Coding::Gzip => {
            let mut gzip = GzipDecoder::new(raw);
            gzip.multiple_members(true);
            Box::pin(gzip)
        }
        // RFC 9110 means zlib's format; some servers send bare deflate, as browsers know.
        Coding::Deflate if is_zlib(start) => Box::pin(ZlibDecoder::new(raw)),
        Coding::Deflate => Box::pin(DeflateDecoder::new(raw)),
        Coding::Brotli => Box::pin(BrotliDecoder::new(raw)),
        Coding::Zstd => {
            let window = [DParameter::window_log_max(ZSTD_WINDOW)];
            let mut zstd = ZstdDecoder::with_params(raw, &window);
            zstd.multiple_members(true);
            Box::pin(zstd)
        }
    })
}

/// Whether this begins as [RFC 1950 §2.2](https://www.rfc-editor.org/rfc/rfc1950#page-5) has it. One byte alone may.
fn is_zlib(start: &[u8]) -> bool {
    match *start {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
        }
        [method] => method & 0x0f == 8,
        [] => false,
    }
}

fn failed(host: &str, error: io::Error) -> Error {
    let host = host.to_owned();
    if find::<reqwest::Error>(&error).is_some() {
        let source = Cause::from(error);
        return Error::Broken { host, source };
    }
    Error::Corrupt {
        host,
        source: error,
    }
}

/// Counts what is taken from a reader.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Counted<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().inner).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.count.fetch_add(amount as u64, Ordering::Relaxed);
        Pin::new(&mut self.inner).consume(amount);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let available = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = available.len().min(into.remaining());
        into.put_slice(&available[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}
