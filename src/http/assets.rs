//! Static files: embedded in the release binary, read from disk by a debug build.
//!
//! Scripts and styles are served without the comments and the indentation that are for us. The build script (`build.rs`)
//! prepares and compresses all of them, so that they are served from memory. In a debug build, a file that changed since then
//! is prepared when it is asked for. Their names carry a hash over all of them, so that modules import each other by relative paths,
//! and a browser may keep each file for ever.

mod strip;

use std::borrow::Cow;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::LazyLock;

use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Request, get};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use super::compression::accept::{Accepted, Coding};
use super::feeds::has_match;
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
    name: String,
    file: EmbeddedFile,
    content_type: ContentType,
    for_ever: bool,
}

#[get("/static/<hash>/<path..>")]
pub fn asset(hash: &str, path: PathBuf) -> Option<Asset> {
    let name = path.to_str()?.to_owned();
    let file = Static::get(&name)?;
    let content_type = path.extension().and_then(|it| it.to_str()).and_then(ContentType::from_extension).unwrap_or(ContentType::Binary);
    // A page from before an update may ask by the old hash: it gets today's file, but may not keep it.
    Some(Asset { name, file, content_type, for_ever: hash == *HASH })
}

const ICON: &str = "icon.svg";

#[get("/favicon.ico")]
pub fn favicon() -> Option<Asset> {
    Some(Asset { name: ICON.to_owned(), file: Static::get(ICON)?, content_type: ContentType::SVG, for_ever: false })
}

/// A file as the build script prepared it.
struct Prepared {
    name: &'static str,
    /// The SHA-256 of the file that it was made from.
    source: &'static str,
    plain: &'static [u8],
    /// In the order of [`Coding::ALL`].
    coded: [&'static [u8]; 3],
}

// `PREPARED`, by name.
include!(concat!(env!("OUT_DIR"), "/static.rs"));

impl Prepared {
    fn of(name: &str, file: &EmbeddedFile) -> Option<&'static Self> {
        let at = PREPARED.binary_search_by_key(&name, |it| it.name).ok()?;
        Some(&PREPARED[at]).filter(|it| it.source == hex(&file.metadata.sha256_hash()))
    }

    /// The bytes in a coding, where that makes them shorter.
    fn coded(&self, coding: Coding) -> Option<&'static [u8]> {
        let at = Coding::ALL.iter().position(|it| *it == coding)?;
        Some(self.coded[at]).filter(|bytes| bytes.len() < self.plain.len())
    }
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let prepared = Prepared::of(&self.name, &self.file);
        let coding = Accepted::read(request.headers().get("Accept-Encoding")).coding;
        let coded = prepared.zip(coding).and_then(|(it, coding)| Some((coding, it.coded(coding)?)));
        let hash = hex(&self.file.metadata.sha256_hash()[..12]);
        // Each coding has a tag of its own: they are different bytes (RFC 9110, section 8.8.3.3).
        let tag = coded.map_or_else(|| format!("\"{hash}\""), |(coding, _)| format!("\"{hash}-{}\"", coding.name()));
        let mut response = Response::build();
        response
            .header(self.content_type)
            .raw_header("Cache-Control", if self.for_ever { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("X-Content-Type-Options", "nosniff")
            .raw_header("ETag", tag.clone());
        if has_match(request, &tag) == Some(true) {
            return response.status(Status::NotModified).ok();
        }
        match (coded, prepared) {
            (Some((coding, bytes)), _) => {
                response.raw_header("Content-Encoding", coding.name()).sized_body(bytes.len(), Cursor::new(bytes));
            }
            (None, Some(prepared)) => {
                response.sized_body(prepared.plain.len(), Cursor::new(prepared.plain));
            }
            (None, None) => {
                let bytes = match std::str::from_utf8(&self.file.data) {
                    Ok(text) => strip::served(&self.name, text).into_bytes(),
                    Err(_) => self.file.data.into_owned(),
                };
                response.sized_body(bytes.len(), Cursor::new(bytes));
            }
        }
        response.ok()
    }
}
