//! A long-poll chat on Tornado, from `PyPI`, as a peer: the script next to this file, with the API of the waiting reference.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::servers::process::{Pinning, Server};

const SCRIPT: &str = include_str!("chat.py");
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/tornado");

pub fn how() -> String {
    format!("`python3 -m venv {FOLDER} && {FOLDER}/bin/pip install tornado`")
}

/// Returns a Python that has Tornado: the one in the folder above, or the system's.
pub fn find() -> Option<OsString> {
    let own = Path::new(FOLDER).join("bin/python3").into_os_string();
    [own, OsString::from("python3")].into_iter().find(|python| {
        let imports = Command::new(python).args(["-c", "import tornado"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        imports.is_ok_and(|status| status.success())
    })
}

pub fn start(python: &OsString, pinning: &Pinning) -> Outcome<Server> {
    Server::start(pinning, python, &["-u", "-c", SCRIPT], &[])
}
