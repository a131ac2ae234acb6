//! Which marks belong together.

use super::{Marks, Piece, Style};

/// A run of marks that may begin something.
struct Opener {
    /// Its place among the pieces.
    piece: usize,
    mark: u8,
    /// The amount of text and pieces before it.
    said: usize,
}

/// The runs of a line so far that may begin something, the last one on top.
#[derive(Default)]
pub(super) struct Delimiters {
    open: Vec<Opener>,
    /// The number of them for each of `*`, `_` and `~`, so that marks without a partner cost nothing.
    count: [usize; 3],
}

/// The abilities of a run of marks at its place.
#[derive(Clone, Copy)]
pub(super) struct Can {
    pub begin: bool,
    pub end: bool,
}

impl Delimiters {
    /// Takes a run of marks, and ends what it can end. `said` counts what there is to read on this line so far: emphasis of
    /// nothing is text.
    pub(super) fn take<'t>(&mut self, run: &'t str, can: Can, said: usize, pieces: &mut Vec<Piece<'t>>) {
        let mark = run.as_bytes()[0];
        let mut this = Marks { left: run, ends: Vec::new(), begins: Vec::new() };
        while can.end && !this.left.is_empty() && self.count[place(mark)] > 0 {
            let Some(at) = self.open.iter().rposition(|opener| opener.mark == mark) else { break };
            let opener = &self.open[at];
            let Piece::Marks(other) = &mut pieces[opener.piece] else { break };
            if opener.said == said {
                break;
            }
            let size = this.left.len().min(other.left.len()).min(2);
            let style = match (mark, size) {
                (b'~', 2) => Style::Deleted,
                (b'~', _) => break,
                (_, 2) => Style::Strong,
                _ => Style::Emphasis,
            };
            this.left = &this.left[size..];
            other.left = &other.left[size..];
            this.ends.push(style);
            other.begins.push(style);
            let keep = if other.left.is_empty() { at } else { at + 1 };
            for dropped in self.open.drain(keep..) {
                self.count[place(dropped.mark)] -= 1;
            }
        }
        if can.begin && !this.left.is_empty() {
            self.open.push(Opener { piece: pieces.len(), mark, said });
            self.count[place(mark)] += 1;
        }
        pieces.push(Piece::Marks(this));
    }
}

const fn place(mark: u8) -> usize {
    match mark {
        b'*' => 0,
        b'_' => 1,
        _ => 2,
    }
}
