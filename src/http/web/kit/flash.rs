//! The notice that the next page shows: what was done, and how to undo it. Lives in an encrypted cookie for the few moments
//! between a form and the page after it. One that can be undone stays with that page for some minutes, so that neither
//! going back to it nor loading it again loses the button; any other is shown once.

use rocket::time::Duration;
use serde::{Deserialize, Serialize};

use crate::http::cookies::FLASH;
use crate::http::guards::Caller;

/// The longest text, in bytes, so that its cookie is one that browsers keep.
const LONGEST: usize = 600;

/// A notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    /// `good`, `warn`, `bad`, or nothing.
    kind: String,
    text: String,
    undo: Option<Undo>,
    /// The path of the page that shows it, once one did.
    shown: Option<String>,
}

/// A form of one button beside the notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Undo {
    action: String,
    label: String,
    fields: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Field {
    name: String,
    value: String,
}

impl Flash {
    fn new(kind: &str, text: impl Into<String>) -> Self {
        let mut text: String = text.into();
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST));
            text.push('…');
        }
        Self { kind: kind.into(), text, undo: None, shown: None }
    }

    /// Something was done.
    pub fn good(text: impl Into<String>) -> Self {
        Self::new("good", text)
    }

    /// Something was done in another way than was meant.
    pub fn warn(text: impl Into<String>) -> Self {
        Self::new("warn", text)
    }

    /// Something was not done.
    pub fn bad(text: impl Into<String>) -> Self {
        Self::new("bad", text)
    }

    /// Something to know.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new("", text)
    }

    /// The same with a button that undoes it: a form to `action` that leads back to `back`.
    #[must_use]
    pub fn undo(self, action: String, back: &str) -> Self {
        self.undo_by(action, vec![("back", back.to_owned())])
    }

    /// The same with a button that sends these fields.
    #[must_use]
    pub fn undo_by(self, action: String, fields: Vec<(&str, String)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| Field { name: name.into(), value }).collect();
        Self { undo: Some(Undo { action, label: "Undo".into(), fields }), ..self }
    }

    /// Has the next page show it.
    pub fn keep(&self, caller: &Caller<'_>) {
        // These are strings: they always have a JSON.
        let Ok(json) = serde_json::to_string(self) else { return };
        caller.seal(FLASH, json, Duration::minutes(5));
    }

    /// The notice for the page at `path`.
    pub fn take(caller: &Caller<'_>, path: &str) -> Option<Self> {
        let flash = serde_json::from_str::<Self>(&caller.sealed(FLASH)?).ok();
        match flash {
            Some(Self { shown: Some(shown), .. }) if shown != path => None,
            Some(flash @ Self { shown: Some(_), .. }) => Some(flash),
            Some(flash) if flash.undo.is_some() => {
                Self { shown: Some(path.to_owned()), ..flash.clone() }.keep(caller);
                Some(flash)
            }
            once => {
                caller.unseal(FLASH);
                once
            }
        }
    }
}
