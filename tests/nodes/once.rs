//! What the program itself writes into a log, once, whichever node is first: `opened`, `closed`, `joined` and `left`.

use std::collections::HashMap;

use crate::histories::history::History;
use crate::histories::verdict::Verdict;

/// Finds rows of the program that are there too often. That `closed` is the last row is judged elsewhere.
pub fn judge_once(history: &History, verdict: &mut Verdict) {
    for kind in ["opened", "closed"] {
        let rows = history.log.iter().filter(|row| row.kind == kind).count();
        if rows != 1 {
            verdict.object(format!("the log has `{kind}` {rows} times"));
        }
    }
    // Who comes in and goes does so in turns, whatever nodes they are seen on.
    let mut here: HashMap<&str, bool> = HashMap::new();
    for row in history.log.iter().filter(|row| row.kind == "joined" || row.kind == "left") {
        let (comes, who) = (row.kind == "joined", row.from.as_deref().unwrap_or_default());
        if here.insert(who, comes).unwrap_or_default() == comes {
            verdict.object(format!("{who} has `{}` at {} a second time", row.kind, row.ts));
        }
    }
}
