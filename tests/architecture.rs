//! The rooms of the house and who may import whom, read from the `use` lines of each file.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("store", &["domain"]),
    ("live", &["domain", "store"]),
    ("email", &["domain", "store"]),
    ("app", &["domain", "store", "live", "email"]),
    ("http", &["app", "domain"]),
    ("config", &[]),
    ("console", &[]),
    ("database", &["store"]),
    ("start", &["config", "domain", "store"]),
    ("zoneinfo", &["domain"]),
    ("replay", &["domain", "import"]),
    ("demo", &["domain", "replay"]),
    ("import", &["domain"]),
];

/// What only the named rooms may know of.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("rocket", &["http", "config", "console", "database", "start"]),
    ("rocket_db_pools", &["database"]),
    ("rocket_dyn_templates", &["http"]),
    ("sqlx", &["store"]),
    ("rusqlite", &["store"]),
    ("tokio", &["store", "live", "email", "app", "http"]),
    ("lettre", &["email"]),
    ("hyper", &["http"]),
    ("hyper_util", &["http"]),
    ("cookie", &["http"]),
    ("socket2", &["http"]),
    ("ureq", &["replay"]),
];

/// Finds the files with this ending in a folder and the folders in it.
fn files_named(ending: &str, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_named(ending, &path, found);
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
}

/// Every file of the library with its room and its text without tests.
fn files() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files_named("rs", &root, &mut found);
    let files = found.into_iter().map(|path| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let owner = name.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
        (name, owner, text)
    });
    files.filter(|(_, room, _)| !matches!(room.as_str(), "main" | "cli" | "lib")).collect()
}

/// The first names behind `crate::`, `crate::{a, b}` included, and paths in the middle of code.
fn imported(text: &str, root: &str) -> BTreeSet<String> {
    let word = |from: &str| from.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(root) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        if text[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let rest = &text[at + root.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut start) = (0, true);
            for (n, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && (c.is_alphanumeric() || c == '_') => {
                        names.insert(word(&group[n..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            names.insert(word(rest));
        }
    }
    names
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let mut broken = Vec::new();
    for (name, room, text) in files() {
        let Some((_, allowed)) = ROOMS.iter().find(|(known, _)| *known == room) else {
            broken.push(format!("{name} stands in a room that the house does not have"));
            continue;
        };
        for used in imported(&text, "crate::") {
            if used != room && !allowed.contains(&used.as_str()) {
                broken.push(format!("{name} imports crate::{used}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn crates_from_outside_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for (name, room, text) in files() {
        for (outside, allowed) in OUTSIDE {
            if !allowed.contains(&room.as_str()) && !imported(&text, &format!("{outside}::")).is_empty() {
                broken.push(format!("{name} uses {outside}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_module_says_what_it_owns() {
    let silent: Vec<String> = files().into_iter().filter(|(_, _, text)| !text.starts_with("//!")).map(|(name, _, _)| name).collect();
    assert!(silent.is_empty(), "without a head comment: {silent:?}");
}

/// Scripts are served without their indentation, which would change such a text.
#[test]
fn no_text_of_a_script_goes_over_several_lines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/js");
    let (mut broken, mut found) = (Vec::new(), Vec::new());
    files_named("js", &folder, &mut found);
    assert!(!found.is_empty(), "no scripts in {}", folder.display());
    for path in found {
        for (n, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if line.matches('`').count() % 2 == 1 || line.ends_with('\\') {
                broken.push(format!("{}:{}", path.display(), n + 1));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn the_reader_of_imports_finds_a_forbidden_one() {
    let text = "use crate::{app::App, store};\n// use crate::live;\nlet x = crate::http::Y;\n";
    let names: Vec<String> = imported(text, "crate::").into_iter().collect();
    assert_eq!(names, ["app", "http", "store"]);
    assert!(!imported("let a = tokio::spawn(x);", "tokio::").is_empty());
    assert!(imported("let a = rocket::tokio::spawn(x);", "tokio::").is_empty());
}
