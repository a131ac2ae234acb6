//! The program's log on its console, instead of Rocket's own: the same lines, without those that Rocket writes about ordinary
//! requests, such as every page that is not found. Anyone could fill a disk with these.

use std::io::{self, Write};

use log::{Level, LevelFilter, Log, Metadata, Record};
use rocket::config::LogLevel;
use rocket::figment::Figment;

/// Lines of Rocket's about requests that are served as they should be, by their beginnings: a route that leaves a request to
/// the next one, a path or method that does not exist, the catcher that says so, a client that left, a redirect that is refused.
const ORDINARY: [&str; 16] = [
    "Parameter guard ",
    "Request guard ",
    "Data guard ",
    "Query string failed to match ",
    "No matching routes for ",
    "Responding with registered ",
    "Response was `None`",
    "Remote left: ",
    "Connection failed: ",
    "Bad incoming HTTP request",
    "Dispatching salvaged request ",
    "Data limit reached while reading ",
    "Hyper/Rocket URI validity discord",
    "Please report this warning",
    "Header '",
    "Rocket only supports UTF-8 header values",
];

#[derive(Debug)]
struct Console {
    /// Rocket's own lines are shown in full.
    talks: bool,
    /// Those of the libraries below it as well.
    debugs: bool,
}

/// Takes the place of Rocket's logger, which it would set up first, and stays silent until [`begin`]: what goes wrong before the
/// server is put together is one sentence on standard error.
pub fn install(figment: &Figment) {
    let level = level(figment);
    let console = Console { talks: matches!(level, LogLevel::Normal | LogLevel::Debug), debugs: level == LogLevel::Debug };
    // If another logger is in place already, as in a test, that one stays.
    let _ = log::set_boxed_logger(Box::new(console));
}

/// Has the log written to standard output, at the level of the setting `ROCKET_LOG_LEVEL` (`log_level`).
pub fn begin(figment: &Figment) {
    log::set_max_level(match level(figment) {
        LogLevel::Off => LevelFilter::Off,
        LogLevel::Critical => LevelFilter::Warn,
        LogLevel::Normal => LevelFilter::Info,
        LogLevel::Debug => LevelFilter::Trace,
    });
}

fn level(figment: &Figment) -> LogLevel {
    figment.extract_inner("log_level").unwrap_or(LogLevel::Critical)
}

impl Console {
    /// Writes a record as one line; `None` where it is not to be shown.
    fn line(&self, record: &Record<'_>) -> Option<String> {
        let from = |library: &str| record.module_path().is_some_and(|path| path.starts_with(library));
        if !self.debugs && (from("hyper") || from("rustls")) {
            return None;
        }
        let text = record.args().to_string();
        // Rocket's macros mark the lines below a request by the end of their target.
        let is_rockets = from("rocket") || record.target().ends_with("::_");
        let is_detail = record.target().ends_with('_');
        // Of a connection that broke off.
        let is_ordinary = ORDINARY.iter().any(|beginning| text.starts_with(beginning)) || (is_detail && text.starts_with("Error: "));
        if is_rockets && !self.talks && is_ordinary {
            return None;
        }
        let indent = if is_detail { "   >> " } else { "" };
        let level = match record.level() {
            Level::Error if indent.is_empty() => "Error: ",
            // Rocket announces its launch as a warning, so that it is shown at every level.
            Level::Warn if indent.is_empty() && !record.target().contains("rocket::launch") => "Warning: ",
            _ => "",
        };
        Some(format!("{indent}{level}{text}\n"))
    }
}

impl Log for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata())
            && let Some(line) = self.line(record)
        {
            // If the console is gone, the server goes on without it.
            let _ = io::stdout().lock().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {
        let _ = io::stdout().lock().flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(talks: bool, level: Level, target: &str, text: &str) -> Option<String> {
        let console = Console { talks, debugs: false };
        let module = target.trim_end_matches("::_");
        console.line(&Record::builder().level(level).target(target).module_path(Some(module)).args(format_args!("{text}")).build())
    }

    #[test]
    fn ordinary_requests_are_not_logged_and_errors_are() {
        let guard = "Parameter guard `file: File` is forwarding: ().";
        assert_eq!(line(false, Level::Warn, "gavel::http::feeds::meeting::_", guard), None);
        assert_eq!(line(true, Level::Warn, "gavel::http::feeds::meeting::_", guard), Some(format!("   >> {guard}\n")));
        for text in ["No matching routes for GET /wp-admin.php.", "Responding with registered default catcher."] {
            assert_eq!(line(false, Level::Error, "rocket::server::_", text), None);
        }
        let shown = line(false, Level::Error, "rocket::server::_", "Handler say panicked.");
        assert_eq!(shown.as_deref(), Some("   >> Handler say panicked.\n"));
        let shown = line(false, Level::Error, "gavel::http::error", "A request could not be served: x");
        assert_eq!(shown.as_deref(), Some("Error: A request could not be served: x\n"));
        let shown = line(false, Level::Warn, "gavel::live::rooms", "Request guard is what our own line may begin with");
        assert!(shown.unwrap().starts_with("Warning: "));
        assert_eq!(line(false, Level::Error, "rustls::conn", "TLS alert"), None);
        assert_eq!(line(true, Level::Warn, "rocket::launch", "Rocket has launched").as_deref(), Some("Rocket has launched\n"));
    }
}
