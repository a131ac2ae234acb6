//! The claim on an SQLite database: two locks that the system takes back when the process ends, even by `kill -9`.
//!
//! One is on the file `gavel.db.claim` next to the database, which also says who has it. The other is on the database
//! file itself, so that another name of the same file (a hard link, a bind mount) is the same claim.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::mem::ManuallyDrop;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::holder::{Holder, Kind};
use super::{Claim, ClaimProblem, Held};
use crate::store::Clock;
use crate::store::db::files;

/// The locks of a process that uses the database.
#[derive(Debug)]
pub(super) struct Locks {
    /// Locked as long as it is open.
    record: Mutex<File>,
    holder: Mutex<Holder>,
    _database: Option<DatabaseLock>,
}

/// A lock on the database file itself. The file is never closed: closing any handle would end SQLite's own locks on it,
/// which belong to the process (fcntl(2)). This one is of flock(2), which does not touch those on a local file system.
#[derive(Debug)]
struct DatabaseLock(ManuallyDrop<File>);

impl Drop for DatabaseLock {
    fn drop(&mut self) {
        if let Err(problem) = self.0.unlock() {
            log::warn!("The lock on the database could not be released: {problem}");
        }
    }
}

/// Claims the database at `url`, before anything opens it. `None` where it is in memory.
///
/// # Errors
/// [`ClaimProblem::Taken`], [`ClaimProblem::File`].
pub(super) fn claim(url: &str, kind: Kind) -> Result<Option<Claim>, ClaimProblem> {
    let Some(named) = files::of(url).map_err(|cause| ClaimProblem::Store(cause.into()))? else { return Ok(None) };
    let problem = |path: &Path| {
        let path = path.display().to_string();
        move |cause| ClaimProblem::File(path, cause)
    };
    files::make_private(&named).map_err(problem(&named))?;
    // The name that SQLite itself goes by: links are followed.
    let file = named.canonicalize().map_err(problem(&named))?;
    let path = record_of(&file);
    // It stays when the claim goes: another process may be about to lock it.
    let mut record =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(&path).map_err(problem(&path))?;
    files::restrict(&path);
    match record.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ClaimProblem::Taken(Holder::find(&path, &path).into())),
        Err(TryLockError::Error(cause)) => return Err(problem(&path)(cause)),
    }
    let database = match lock_database(&file) {
        Ok(lock) => lock,
        Err(TryLockError::WouldBlock) => return Err(ClaimProblem::Taken(Holder::find(&path, &file).into())),
        Err(TryLockError::Error(cause)) => return Err(problem(&file)(cause)),
    };
    let holder = Holder::this(kind, Clock::default().now());
    write(&mut record, &holder).map_err(problem(&path))?;
    let locks = Locks { record: Mutex::new(record), holder: Mutex::new(holder), _database: database };
    Ok(Some(Claim(Held::Files(locks))))
}

impl Locks {
    /// Records the address that the server is reached at.
    pub(super) fn serves_at(&self, address: String) {
        let mut holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner);
        holder.address = Some(address);
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(problem) = write(&mut record, &holder) {
            log::warn!("The address of this server was not written next to the database: {problem}");
        }
    }
}

fn record_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".claim");
    name.into()
}

fn write(record: &mut File, holder: &Holder) -> io::Result<()> {
    record.set_len(0)?;
    record.rewind()?;
    record.write_all(holder.to_line().as_bytes())
}

/// Locks the database file itself; `None` on file systems where that lock would meet SQLite's own.
fn lock_database(file: &Path) -> Result<Option<DatabaseLock>, TryLockError> {
    let opened = ManuallyDrop::new(OpenOptions::new().read(true).write(true).open(file).map_err(TryLockError::Error)?);
    if is_on_network(&opened) {
        return Ok(None);
    }
    opened.try_lock()?;
    Ok(Some(DatabaseLock(opened)))
}

/// Returns whether the file is on a network file system, where a flock(2) lock becomes one of fcntl(2).
fn is_on_network(file: &File) -> bool {
    /// The `f_type` of NFS, SMB, SMB 2, CIFS and Ceph (statfs(2)).
    const NETWORK: [u32; 5] = [0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42, 0x00c3_6400];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers have 32 bits")]
    rustix::fs::fstatfs(file).is_ok_and(|it| NETWORK.contains(&(it.f_type as u32)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::db::database_lock::Held;

    fn url(file: &Path) -> String {
        format!("sqlite:{}", file.display())
    }

    fn holder_of(refused: Result<Option<Claim>, ClaimProblem>) -> Holder {
        match refused {
            Err(ClaimProblem::Taken(holder)) => *holder,
            other => panic!("it is taken: {other:?}"),
        }
    }

    #[test]
    fn one_claim_at_a_time_whatever_the_database_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("gavel.db"), folder.path().join("other"));
        fs::create_dir(&other).unwrap();
        let claim_it = claim(&url(&file), Kind::Server).unwrap().unwrap();
        fs::hard_link(&file, other.join("linked.db")).unwrap();
        std::os::unix::fs::symlink(&file, other.join("symbolic.db")).unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("way")).unwrap();
        for name in [
            file.clone(),
            other.join("../gavel.db"),
            other.join("linked.db"),
            other.join("symbolic.db"),
            folder.path().join("way/symbolic.db"),
            folder.path().join("way/linked.db"),
        ] {
            for kind in [Kind::Server, Kind::Import] {
                let holder = holder_of(claim(&url(&name), kind));
                assert_eq!(holder.process, Some(std::process::id()), "{}", name.display());
            }
        }
        let Claim(Held::Files(locks)) = &claim_it else { panic!("it has files") };
        locks.serves_at("http://127.0.0.1:4711".to_owned());
        let holder = holder_of(claim(&format!("sqlite://{}?mode=rwc", file.display()), Kind::Server));
        assert_eq!((holder.kind, holder.address.as_deref()), (Some(Kind::Server), Some("http://127.0.0.1:4711")));
        drop(claim_it);
        let again = claim(&url(&other.join("linked.db")), Kind::Import).unwrap();
        assert_eq!(holder_of(claim(&url(&file), Kind::Server)).process, Some(std::process::id()));
        drop(again);
    }

    #[test]
    fn a_record_that_was_left_by_a_dead_process_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gavel.db");
        for left in [r#"{"kind":"server","process":1,"since":1}"#, "", "\0\0", "no record"] {
            fs::write(record_of(&file), left).unwrap();
            let claimed = claim(&url(&file), Kind::Server).unwrap();
            assert_eq!(holder_of(claim(&url(&file), Kind::Server)).process, Some(std::process::id()), "{left:?}");
            drop(claimed);
        }
    }

    #[test]
    fn a_database_in_memory_is_nobody_elses() {
        assert!(claim("sqlite::memory:", Kind::Server).unwrap().is_none());
    }
}
