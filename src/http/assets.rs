//! Static files: embedded in the release binary, read from disk by a debug build.
//!
//! Scripts and styles are served without the comments and the indentation that are for us; their lines
//! stay, so that a browser names the right one. Their names carry a hash over all of them, so that modules import each other by relative paths,
//! and a browser may keep each file for ever.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::LazyLock;

use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Request, get};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

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
        let style = self.content_type == ContentType::CSS;
        let code = style || self.content_type == ContentType::JavaScript;
        let mut response = Response::build();
        response
            .header(self.content_type)
            .raw_header("Cache-Control", if self.for_ever { "public, max-age=31536000, immutable" } else { "no-cache" })
            .raw_header("X-Content-Type-Options", "nosniff")
            .raw_header("ETag", tag.clone());
        if has_match(request, &tag) == Some(true) {
            return response.status(Status::NotModified).ok();
        }
        let bytes = self.file.data;
        let bytes = match std::str::from_utf8(&bytes) {
            Ok(text) if style => Cow::Owned(tight(&bare(text)).into_bytes()),
            Ok(text) if code => Cow::Owned(bare(text).into_bytes()),
            _ => bytes,
        };
        response.sized_body(bytes.len(), std::io::Cursor::new(bytes));
        response.ok()
    }
}

/// Code line by line without indentation and without comments: lines of them, and those at the ends of lines. Our code has no
/// text that goes over several lines, for which that would be wrong: `tests/architecture.rs` sees to it.
fn bare(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut in_comment = false;
    for line in code.lines().map(str::trim) {
        let begins = line.starts_with("/*");
        let comment = in_comment || begins || line.starts_with("//");
        in_comment = (in_comment || begins) && !line.ends_with("*/");
        if !comment {
            out.push_str(match line.split_once(" // ") {
                // A quote behind it: it may stand in a text.
                Some((code, said)) if !said.contains(['"', '\'', '`']) => code,
                _ => line,
            });
        }
        out.push('\n');
    }
    out
}

/// A style sheet without the spaces that only we read. None of ours has a text (`content`) in which these would be seen.
fn tight(css: &str) -> String {
    let gaps = [(": ", ":"), ("; ", ";"), (", ", ","), (" {", "{"), ("{ ", "{"), (" }", "}"), (" > ", ">")];
    let ends = [("\n\n", "\n"), (",\n", ","), (";\n", ";"), ("{\n", "{"), ("}\n", "}")];
    gaps.iter().chain(&ends).fold(css.to_owned(), |css, (wide, narrow)| css.replace(wide, narrow))
}

#[cfg(test)]
mod tests {
    use super::{bare, tight};

    #[test]
    fn a_style_sheet_keeps_the_spaces_that_mean_something() {
        let css = ".a :is(b, .c) > d { margin: 0 auto; width: calc(1px + 2px) }\n@media (min-width: 3em) { e f { color: red } }\n";
        assert_eq!(tight(css), ".a :is(b,.c)>d{margin:0 auto;width:calc(1px + 2px)}@media (min-width:3em){e f{color:red}}");
    }

    #[test]
    fn code_keeps_its_lines_and_loses_what_is_for_us() {
        let code = "// why\nif (a) {\n  b(); // goes\n  d(\"a // b\"); // it's kept\n  /* two\n     lines */\n  c(\"/*\");\n}\n";
        assert_eq!(bare(code), "\nif (a) {\nb();\nd(\"a // b\"); // it's kept\n\n\nc(\"/*\");\n}\n");
    }
}
