//! PostgreSQL's programs: where they are, and as whom they run.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian keeps them, a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// PostgreSQL refuses to run as root. Who it runs as then: the first of these that there is.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

#[derive(Clone, Debug)]
pub struct Tools {
    folder: PathBuf,
    /// User and group, where that is not who runs the tests.
    account: Option<(u32, u32)>,
}

impl Tools {
    /// Those of the newest version on this machine.
    pub fn find() -> Result<Self, String> {
        Self::find_in(Path::new(VERSIONS))
    }

    /// The same where the versions are kept in another folder.
    pub fn find_in(versions: &Path) -> Result<Self, String> {
        let missing = || "PostgreSQL's server is not on this machine: scripts/test installs it (Debian: postgresql).".to_owned();
        let folder = |version: u32| versions.join(version.to_string()).join("bin");
        let found = fs::read_dir(versions).map_err(|_| missing())?;
        let found = found.filter_map(|it| it.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let newest = found.filter(|version| folder(*version).join("initdb").is_file()).max().ok_or_else(missing)?;
        Ok(Self { folder: folder(newest), account: account()? })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// One of them, run in this folder with nothing of the tester's environment, such as `PGHOST`.
    pub fn command(&self, name: &str, folder: &Path) -> Command {
        self.unprivileged(&self.path(name), folder)
    }

    /// Any program, as the user who may run a server.
    pub fn unprivileged(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a folder to that user.
    pub fn give(&self, folder: &Path) -> Result<(), String> {
        let Some((user, group)) = self.account else { return Ok(()) };
        std::os::unix::fs::chown(folder, Some(user), Some(group))
            .map_err(|cause| format!("{} cannot be given away: {cause}", folder.display()))
    }
}

/// Whom to run as: nobody else, unless this is root.
fn account() -> Result<Option<(u32, u32)>, String> {
    let this = fs::metadata("/proc/self").map_err(|cause| format!("/proc cannot be read: {cause}"))?;
    if this.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").map_err(|cause| format!("/etc/passwd cannot be read: {cause}"))?;
    let find = |name: &str| {
        let mut fields = accounts.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?.skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = ACCOUNTS.into_iter().find_map(find);
    found.map(Some).ok_or_else(|| format!("PostgreSQL does not run as root, and there is no user of {ACCOUNTS:?}"))
}
