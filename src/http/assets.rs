//! Static files: embedded in the release binary, read from disk by a debug build.
//!
//! Their names carry a hash over all of them, so that modules import each other by relative paths,
//! and a browser may keep each file for ever.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::LazyLock;

use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Request, get};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::domain::secret::hex;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<Cow<'static, str>> = Static::iter().collect();
    names.sort_unstable();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        if let Some(file) = Static::get(&name) {
            hash.update(file.metadata.sha256_hash());
        }
    }
    hex(&hash.finalize()[..6])
});

/// Where the static files of this build are: `/static/` and their hash.
#[must_use]
pub fn base() -> String {
    format!("/static/{}", *HASH)
}

/// A static file, or word that the browser has it already.
pub struct Asset {
    file: EmbeddedFile,
    content_type: ContentType,
    for_ever: bool,
}

#[get("/static/<hash>/<path..>")]
pub fn asset(hash: &str, path: PathBuf) -> Option<Asset> {
    let file = Static::get(path.to_str()?)?;
    let content_type = path.extension().and_then(|it| it.to_str()).and_then(ContentType::from_extension).unwrap_or(ContentType::Binary);
    // A page from before an update may ask by the old hash: it gets today's file, but may not keep it.
    Some(Asset { file, content_type, for_ever: hash == *HASH })
}

#[get("/favicon.ico")]
pub fn favicon() -> Option<Asset> {
    Some(Asset { file: Static::get("icon.svg")?, content_type: ContentType::SVG, for_ever: false })
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let tag = format!("\"{}\"", hex(&self.file.metadata.sha256_hash()[..12]));
        let mut response = Response::build();
        response
            .header(self.content_type)
            .raw_header("Cache-Control", if self.for_ever { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("X-Content-Type-Options", "nosniff")
            .raw_header("ETag", tag.clone());
        if request.headers().get("If-None-Match").any(|it| it.split(',').any(|known| known.trim() == tag)) {
            return response.status(Status::NotModified).ok();
        }
        match self.file.data {
            Cow::Borrowed(bytes) => response.sized_body(bytes.len(), std::io::Cursor::new(bytes)),
            Cow::Owned(bytes) => response.sized_body(bytes.len(), std::io::Cursor::new(bytes)),
        };
        response.ok()
    }
}
