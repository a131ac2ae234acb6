//! Prepares and compresses the static files, and has new migrations noticed, which are embedded at compile time.
//!
//! A debug build that runs while a static file is edited sees that the prepared one is older, and serves the one on disk.

#[path = "src/http/assets/strip.rs"]
mod strip;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

#[expect(clippy::disallowed_methods, reason = "Cargo tells build scripts by the environment")]
fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/http/assets/strip.rs");
    println!("cargo:rerun-if-changed=static");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut names = Vec::new();
    find(Path::new("static"), "", &mut names)?;
    names.sort_unstable();
    let mut table = String::from("static PREPARED: &[Prepared] = &[\n");
    for (n, name) in names.iter().enumerate() {
        let source = fs::read(Path::new("static").join(name))?;
        let hash = Sha256::digest(&source).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let plain = match String::from_utf8(source) {
            Ok(text) => strip::served(name, &text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        let files = [("br", brotli(&plain)?), ("zst", zstd::encode_all(&*plain, 19)?), ("gz", gzip(&plain)?)];
        let mut paths = Vec::new();
        for (ending, bytes) in [("plain", plain)].into_iter().chain(files) {
            let file = format!("static-{n}.{ending}");
            fs::write(out.join(&file), bytes)?;
            paths.push(format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))"));
        }
        let coded = paths.split_off(1).join(", ");
        // Writing to a String cannot fail.
        let _ = writeln!(table, "    Prepared {{ name: {name:?}, source: {hash:?}, plain: {}, coded: [{coded}] }},", paths[0]);
    }
    table.push_str("];\n");
    fs::write(out.join("static.rs"), table)
}

/// Finds the files of a folder and of those in it, as paths within it.
fn find(folder: &Path, within: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            find(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn brotli(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut coder = brotli::CompressorWriter::new(Vec::new(), 4_096, 11, 22);
    coder.write_all(plain)?;
    Ok(coder.into_inner())
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    coder.write_all(plain)?;
    coder.finish()
}
