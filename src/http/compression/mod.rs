//! Compresses answers as clients ask: pages, JSON, exports, calendars, feeds.
//!
//! Left as they are: small answers, streams of events, and the answers of polls that wait, whose bytes all pollers of a room share.
//! Static files are compressed while the program is built (`assets`).
//!
//! BREACH: who can make a browser load a page with text of their choice, and see how long the answer is, can guess a secret in it
//! letter by letter. So the secret of forms is masked anew in each answer (`web/csrf`), and a page with a secret that cannot be
//! masked, because people copy it, is not compressed: see [`Plain`].

pub mod accept;

use std::io::{self, Cursor};
use std::sync::atomic::{AtomicBool, Ordering};

use async_compression::Level;
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use async_compression::{brotli, zstd};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method, Status};
use rocket::tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader};
use rocket::tokio::task::yield_now;
use rocket::{Request, Response};

use accept::{Accepted, Coding};

/// The smallest answer that is compressed, in bytes: below it, hardly a packet is saved.
pub const LEAST: usize = 1_024;
/// The largest answer that is compressed at once, in bytes, so that its length is known. Larger ones, and those whose
/// length nobody knows, are compressed while they are sent.
const AT_ONCE: usize = 128 * 1_024;
/// The number of bytes of a streamed answer that are read and written at a time.
const CHUNK: usize = 16 * 1_024;
/// The distance that a coder looks back, as a power of two: with 256 KiB a stream takes less than 2 MiB, whatever its length.
const WINDOW: i32 = 18;
/// Levels for speed: higher ones gain little on pages and take several times as long.
const BROTLI: i32 = 5;
const ZSTD: i32 = 3;
const GZIP: i32 = 5;

/// Marks a request whose answer is not to be compressed: because it has a secret, or because it is shared.
#[derive(Debug, Default)]
pub struct Plain(AtomicBool);

impl Plain {
    /// The mark of a request, not yet set.
    pub fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    /// Sets it.
    pub fn keep(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_kept(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Compresses answers.
#[derive(Debug)]
pub struct Compression;

#[rocket::async_trait]
impl Fairing for Compression {
    fn info(&self) -> Info {
        Info { name: "compression", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if response.status() == Status::NotModified {
            confirm(request, response);
            return;
        }
        if !response.headers().get_one("Content-Type").is_some_and(is_compressible) {
            return;
        }
        let size = response.body().preset_size();
        let is_small = size.is_some_and(|size| size < LEAST);
        // The mark of a request is made when it is looked for, so it is not looked for in answers of waiting polls that say little.
        if !is_small && Plain::of(request).is_kept() {
            return;
        }
        if response.headers().contains("Content-Encoding") {
            response.adjoin_header(Header::new("Vary", "Accept-Encoding"));
            return;
        }
        let accepted = Accepted::read(request.headers().get("Accept-Encoding"));
        if is_small && (accepted.takes_plain || Plain::of(request).is_kept()) {
            return;
        }
        response.adjoin_header(Header::new("Vary", "Accept-Encoding"));
        let may_not = response.headers().get("Cache-Control").any(|it| it.contains("no-transform"));
        let (Some(coding), false) = (accepted.coding, may_not) else { return };
        match size {
            Some(size) if size <= AT_ONCE => match at_once(coding, response).await {
                Ok(Packed::Smaller) => {}
                Ok(Packed::Larger(plain)) if accepted.takes_plain => {
                    response.set_sized_body(plain.len(), Cursor::new(plain));
                    return;
                }
                Ok(Packed::Larger(plain)) => stream(coding, response, Cursor::new(plain)),
                Err(problem) => {
                    log::error!("An answer could not be compressed: {problem}");
                    response.set_status(Status::InternalServerError);
                    return;
                }
            },
            // Nobody reads the body, so only its headers are told.
            _ if request.method() == Method::Head => {}
            _ => {
                let body = BufReader::with_capacity(CHUNK, response.body_mut().take());
                stream(coding, response, body);
            }
        }
        response.remove_header("Content-Length");
        response.set_raw_header("Content-Encoding", coding.name());
        // The same document in other bytes: what a strong tag promises is only true of the plain ones.
        let weak = response.headers().get_one("ETag").filter(|tag| tag.starts_with('"')).map(|tag| format!("W/{tag}"));
        if let Some(weak) = weak {
            response.set_raw_header("ETag", weak);
        }
    }
}

/// Gives a client that has the document the tag that an answer with the document would have: the weak one if it takes a coding and
/// asked with that tag.
fn confirm(request: &Request<'_>, response: &mut Response<'_>) {
    response.adjoin_header(Header::new("Vary", "Accept-Encoding"));
    let weak = response.headers().get_one("ETag").map(|tag| format!("W/{tag}"));
    let asked = |weak: &String| request.headers().get("If-None-Match").flat_map(|it| it.split(',')).any(|it| it.trim() == weak);
    let takes_coding = Accepted::read(request.headers().get("Accept-Encoding")).coding.is_some();
    if let Some(weak) = weak.filter(asked).filter(|_| takes_coding) {
        response.set_raw_header("ETag", weak);
    }
}

/// Returns whether bytes of this type become shorter. Does not use `ContentType`: parsing it would cost every API answer.
fn is_compressible(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim_end();
    let is_text = kind.starts_with("text/") && kind != "text/event-stream";
    is_text
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || matches!(kind, "application/javascript" | "application/wasm" | "image/svg+xml")
}

/// The result of compressing a body.
enum Packed {
    /// It is in the answer.
    Smaller,
    /// It did not become smaller. The body as it was.
    Larger(Vec<u8>),
}

async fn at_once(coding: Coding, response: &mut Response<'_>) -> io::Result<Packed> {
    let plain = response.body_mut().to_bytes().await?;
    let mut packed = Vec::with_capacity(plain.len() / 3);
    match coding {
        Coding::Brotli => into_brotli(&*plain).read_to_end(&mut packed).await?,
        Coding::Zstd => into_zstd(&*plain).read_to_end(&mut packed).await?,
        Coding::Gzip => into_gzip(&*plain).read_to_end(&mut packed).await?,
    };
    if packed.len() >= plain.len() {
        return Ok(Packed::Larger(plain));
    }
    response.set_sized_body(packed.len(), Cursor::new(packed));
    Ok(Packed::Smaller)
}

/// Compresses bytes in memory, for answers that do not pass the fairing. `None` if they would not become fewer.
/// Other tasks run between pieces.
///
/// # Errors
/// If the encoder fails.
pub async fn pack(coding: Coding, plain: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let packed = match coding {
        Coding::Brotli => in_pieces(into_brotli(plain)).await?,
        Coding::Zstd => in_pieces(into_zstd(plain)).await?,
        Coding::Gzip => in_pieces(into_gzip(plain)).await?,
    };
    Ok(Some(packed).filter(|packed| packed.len() < plain.len()))
}

async fn in_pieces(mut encoder: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    while (&mut encoder).take(CHUNK as u64).read_to_end(&mut packed).await? > 0 {
        yield_now().await;
    }
    Ok(packed)
}

/// Compresses while it is sent. When the body pauses, as for the next page of a log, whatever is ready is sent at once.
fn stream<'r>(coding: Coding, response: &mut Response<'r>, body: impl AsyncBufRead + Send + 'r) {
    match coding {
        Coding::Brotli => response.set_streamed_body(into_brotli(body)),
        Coding::Zstd => response.set_streamed_body(into_zstd(body)),
        Coding::Gzip => response.set_streamed_body(into_gzip(body)),
    }
    response.set_max_chunk_size(CHUNK);
}

fn into_brotli<B: AsyncBufRead>(body: B) -> BrotliEncoder<B> {
    let params = brotli::EncoderParams::default().quality(Level::Precise(BROTLI)).window_size(WINDOW).text_mode();
    BrotliEncoder::with_params(body, params)
}

fn into_zstd<B: AsyncBufRead>(body: B) -> ZstdEncoder<B> {
    let window = zstd::CParameter::window_log(WINDOW.unsigned_abs());
    ZstdEncoder::with_quality_and_params(body, Level::Precise(ZSTD), &[window])
}

fn into_gzip<B: AsyncBufRead>(body: B) -> GzipEncoder<B> {
    GzipEncoder::with_quality(body, Level::Precise(GZIP))
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
    use rocket::tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    /// Reads through a coder and its decoder what was written, though the body goes on.
    async fn passes_at_once<R: AsyncRead + Unpin>(mut writer: impl AsyncWriteExt + Unpin, mut decoded: R) {
        for piece in ["the head\n".to_owned(), "a row\n".repeat(100), "the end".to_owned()] {
            writer.write_all(piece.as_bytes()).await.unwrap();
            let mut read = vec![0; piece.len()];
            decoded.read_exact(&mut read).await.unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), piece);
        }
        drop(writer);
        assert_eq!(decoded.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_a_body_has_is_sent_before_it_pauses() {
        // The memory of a pipe: what is written is there at once, and then the reader waits for more.
        let pipe = || {
            let (writer, reader) = duplex(64 * 1_024);
            (writer, BufReader::new(reader))
        };
        let (writer, reader) = pipe();
        passes_at_once(writer, BrotliDecoder::new(BufReader::new(into_brotli(reader)))).await;
        let (writer, reader) = pipe();
        passes_at_once(writer, ZstdDecoder::new(BufReader::new(into_zstd(reader)))).await;
        let (writer, reader) = pipe();
        passes_at_once(writer, GzipDecoder::new(BufReader::new(into_gzip(reader)))).await;
    }

    #[test]
    fn text_is_compressed_and_what_is_compressed_already_is_not() {
        for kind in [
            "text/html; charset=utf-8",
            "text/plain",
            "text/calendar; charset=utf-8",
            "text/csv",
            "text/css",
            "text/javascript",
            "application/json",
            "application/problem+json",
            "application/atom+xml; charset=utf-8",
            "image/svg+xml",
        ] {
            assert!(is_compressible(kind), "{kind}");
        }
        for kind in ["text/event-stream", "image/png", "application/gzip", "application/octet-stream", "font/woff2", "application/zip"] {
            assert!(!is_compressible(kind), "{kind}");
        }
    }
}
