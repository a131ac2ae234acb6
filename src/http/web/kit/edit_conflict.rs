//! Forms that were open while somebody else changed the same thing: which fields were touched here, which were changed
//! meanwhile, and which both.
//!
//! A form carries a short hash of each field as it was loaded, so it need not carry the texts a second time.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::secret::hex;

/// Sentences about problems, by the name of their field.
pub type FieldProblems = BTreeMap<&'static str, String>;

/// Fields with what decides whether they are the same.
pub type Fields = Vec<(&'static str, String)>;

/// Fields of several lines.
const LONG: [&str; 2] = ["agenda", "description"];

/// What was changed on both sides: the problems, and the texts that are too long for one.
#[derive(Debug, Default)]
pub struct Met {
    pub problems: FieldProblems,
    pub texts: BTreeMap<&'static str, String>,
}

/// How a field of a form stands to what is saved by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldState {
    /// It is as it was loaded: what is saved by now holds.
    Untouched,
    /// Only this form changes it.
    Typed,
    /// It was changed here, and to something else meanwhile.
    Both,
}

impl Met {
    /// Takes over into `mine` what is saved by now where the field was not touched, and tells where both sides changed it.
    pub fn settle(&mut self, (field, standing): (&'static str, FieldState), mine: &mut String, now: &str) {
        match standing {
            FieldState::Untouched => now.clone_into(mine),
            FieldState::Both if LONG.contains(&field) => self.text(field, now),
            FieldState::Both => self.line(field, now),
            FieldState::Typed => {}
        }
    }

    /// Says that a field became `now` meanwhile.
    pub fn line(&mut self, field: &'static str, now: &str) {
        let became = if now.is_empty() { "was emptied".to_owned() } else { format!("became “{now}”") };
        self.problems.insert(field, format!("Meanwhile it {became}. What you typed is kept: save again to have that instead."));
    }

    /// The same for a field of several lines.
    fn text(&mut self, field: &'static str, now: &str) {
        if now.is_empty() {
            return self.line(field, now);
        }
        let said = "Meanwhile it became what is shown here. What you typed is kept: save again to have that instead.";
        self.problems.insert(field, said.to_owned());
        self.texts.insert(field, now.to_owned());
    }
}

/// Names each field as it is.
pub fn seal(fields: &Fields) -> String {
    fields.iter().map(|(name, text)| format!("{name}:{}", short(text))).collect::<Vec<_>>().join(" ")
}

/// How each field of `now` stands, in a form that was loaded as `was` says. Where that is not known, what was sent was typed;
/// a field that was not sent is untouched.
pub fn compare(was: &str, typed: &Fields, now: &Fields) -> Vec<(&'static str, FieldState)> {
    let loaded: BTreeMap<&str, &str> = was.split(' ').filter_map(|it| it.split_once(':')).collect();
    let standing = |(name, now): &(&'static str, String)| {
        let typed = typed.iter().find(|(it, _)| it == name).map(|(_, text)| text);
        let loaded = loaded.get(name).copied();
        let standing = match typed {
            None => FieldState::Untouched,
            Some(typed) if loaded == Some(short(typed).as_str()) => FieldState::Untouched,
            Some(typed) if typed != now && loaded.is_some_and(|loaded| loaded != short(now)) => FieldState::Both,
            Some(_) => FieldState::Typed,
        };
        (*name, standing)
    };
    now.iter().map(standing).collect()
}

/// A text of several lines as it is compared: browsers end lines in their own way.
pub fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// Names a text.
pub fn short(text: &str) -> String {
    hex(&Sha256::digest(text)[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_changed_a_field_is_told_by_what_was_loaded() {
        let fields = |text: &str| vec![("title", text.to_owned())];
        let was = seal(&fields("Weekly"));
        let standing = |was: &str, typed: &str, now: &str| compare(was, &fields(typed), &fields(now))[0].1;
        assert_eq!(standing(&was, "Weekly", "Weekly"), FieldState::Untouched);
        assert_eq!(standing(&was, "Weekly", "Daily"), FieldState::Untouched);
        assert_eq!(standing(&was, "Monthly", "Weekly"), FieldState::Typed);
        assert_eq!(standing(&was, "Monthly", "Daily"), FieldState::Both);
        assert_eq!(standing(&was, "Daily", "Daily"), FieldState::Typed, "both meant the same");
        assert_eq!(standing("", "Weekly", "Daily"), FieldState::Typed, "of a form that does not say");
        assert_eq!(compare(&was, &Vec::new(), &fields("Daily")), [("title", FieldState::Untouched)]);
    }
}
