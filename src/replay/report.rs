//! Shows on a terminal, or line by line in a file, how far a replay is. Only
//! words; it decides nothing.

use std::io::Write;

use super::progress::Progress;

/// Clears what is behind the cursor, for a shorter line over a longer one.
const CLEAR: &str = "\u{1b}[K";

/// Writes progress to `out`: in place on a terminal, else a line for every
/// tenth of the log. A failing `out` is no reason to stop playing.
pub(super) struct Report<W> {
    out: W,
    terminal: bool,
    tenths: usize,
    joined: usize,
    failures: usize,
}

impl<W: Write> Report<W> {
    pub(super) fn new(out: W, terminal: bool) -> Self {
        Self { out, terminal, tenths: 0, joined: 0, failures: 0 }
    }

    pub(super) fn show(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Joined { nick, under } => {
                self.joined += 1;
                if nick != under {
                    self.line(&format!("{nick} is taken, so {under} plays instead."));
                }
                if self.terminal {
                    self.in_place(&format!("{} joined, {under} last", self.joined));
                }
                self.failures = 0;
            }
            Progress::Waiting { pause, why } => {
                self.failures += 1;
                let seconds = pause.as_secs_f64();
                let text = format!("No answer that counts ({why}). Next try in {seconds:.1} seconds.");
                if self.terminal {
                    self.in_place(&text);
                } else if self.failures == 1 {
                    self.line(&text);
                }
            }
            Progress::Line { done, total } => {
                self.failures = 0;
                let tenths = done * 10 / total.max(1);
                if self.terminal {
                    self.in_place(&format!("{done} of {total} lines"));
                } else if tenths > self.tenths {
                    self.line(&format!("{done} of {total} lines ({} %)", tenths * 10));
                }
                self.tenths = tenths;
            }
        }
    }

    /// Ends the line that is written in place.
    pub(super) fn end(&mut self) {
        if self.terminal {
            self.in_place("");
        }
    }

    fn in_place(&mut self, text: &str) {
        let _ = write!(self.out, "\r{text}{CLEAR}").and_then(|()| self.out.flush());
    }

    fn line(&mut self, text: &str) {
        let (before, after) = if self.terminal { ("\r", CLEAR) } else { ("", "") };
        let _ = writeln!(self.out, "{before}{text}{after}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shown(terminal: bool, of: &[Progress<'_>]) -> String {
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, terminal);
        for progress in of {
            report.show(*progress);
        }
        report.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn without_a_terminal_every_tenth_is_a_line() {
        let lines: Vec<_> = (1..=40).map(|done| Progress::Line { done, total: 40 }).collect();
        let text = shown(false, &lines);
        assert_eq!(text.lines().count(), 10);
        assert!(text.starts_with("4 of 40 lines (10 %)\n"));
        assert!(text.ends_with("40 of 40 lines (100 %)\n"));
    }

    #[test]
    fn a_terminal_is_written_in_place() {
        let text = shown(true, &[Progress::Line { done: 1, total: 2 }, Progress::Line { done: 2, total: 2 }]);
        assert_eq!(text, "\r1 of 2 lines\u{1b}[K\r2 of 2 lines\u{1b}[K\r\u{1b}[K");
    }

    #[test]
    fn another_nickname_and_a_first_failure_are_told() {
        let pause = Duration::from_secs(1);
        let text = shown(
            false,
            &[
                Progress::Joined { nick: "ada", under: "ada" },
                Progress::Joined { nick: "bob", under: "bob-2" },
                Progress::Waiting { pause, why: "status 503" },
                Progress::Waiting { pause, why: "status 503" },
            ],
        );
        assert_eq!(
            text,
            "bob is taken, so bob-2 plays instead.\n\
             No answer that counts (status 503). Next try in 1.0 seconds.\n"
        );
    }
}
