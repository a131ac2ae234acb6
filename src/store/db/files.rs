//! The files of an SQLite database: their names, and that only this user may read them.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;

/// The mode of a file that only its owner may read and write.
const PRIVATE: u32 = 0o600;

/// The file of the database at `url`; `None` where it is in memory.
pub(in crate::store) fn of(url: &str) -> Result<Option<PathBuf>, sqlx::Error> {
    let file = SqliteConnectOptions::from_str(url)?.get_filename().to_owned();
    // sqlx names those in memory by URI: file:sqlx-in-memory-0?mode=memory&cache=shared.
    let in_memory = file.to_str().is_some_and(|name| name.is_empty() || name == ":memory:" || name.starts_with("file:sqlx-in-memory"));
    Ok((!in_memory).then_some(file))
}

/// Makes the database file where it is missing, and sees to it that nobody else may read it or those next to it. SQLite
/// gives the files that it adds (`-wal`, `-shm`, `-journal`) the mode of the database.
///
/// # Errors
/// The file cannot be made.
pub(in crate::store) fn make_private(file: &Path) -> io::Result<()> {
    // A file that exists is not opened: to close it would end SQLite's locks on it in this process.
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(file) {
        Ok(_) => {}
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            // A link to a file that is not there yet.
            if fs::metadata(file).is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound) {
                OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(file)?;
            }
        }
        Err(cause) => return Err(cause),
    }
    let file = file.canonicalize()?;
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        restrict(Path::new(&name));
    }
    Ok(())
}

/// Takes a file from everyone but its owner. A file that is missing is not created; if the system does not
/// allow the change, the log says so.
pub(in crate::store) fn restrict(file: &Path) {
    let Ok(found) = fs::metadata(file) else { return };
    let is_private = matches!(found.permissions().mode() & 0o077, 0);
    if !found.is_file() || is_private {
        return;
    }
    if let Err(problem) = fs::set_permissions(file, Permissions::from_mode(PRIVATE)) {
        log::warn!("Other users may read “{}”, and its mode cannot be changed: {problem}", file.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_are_made_private_and_existing_ones_become_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gavel.db");
        make_private(&file).unwrap();
        assert_eq!(mode(&file), PRIVATE);
        for name in ["gavel.db", "gavel.db-wal", "gavel.db-shm"] {
            fs::write(folder.path().join(name), "x").unwrap();
            fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o644)).unwrap();
        }
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        make_private(&link).unwrap();
        for name in ["gavel.db", "gavel.db-wal", "gavel.db-shm"] {
            assert_eq!(mode(&folder.path().join(name)), PRIVATE, "{name}");
        }
        assert!(!folder.path().join("gavel.db-journal").exists());
    }

    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_makes_that_file() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(folder.path().join("later.db"), &link).unwrap();
        make_private(&link).unwrap();
        assert_eq!(mode(&folder.path().join("later.db")), PRIVATE);
    }
}
