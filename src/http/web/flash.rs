//! The notice that the next page shows once: what was done, and how to undo it. Lives in an
//! encrypted cookie for the few moments between a form and the page after it.

use rocket::time::Duration;
use serde::{Deserialize, Serialize};

use crate::http::guards::Caller;

const COOKIE: &str = "gavel_flash";

/// A notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    /// `good`, `warn`, `bad`, or nothing.
    kind: String,
    text: String,
    undo: Option<Undo>,
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
        Self { kind: kind.into(), text: text.into(), undo: None }
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
        let mut cookie = caller.cookie(COOKIE.to_owned(), json, 1);
        cookie.set_max_age(Duration::minutes(5));
        caller.jar().add_private(cookie);
    }

    /// The notice for this page; it is shown once.
    pub fn take(caller: &Caller<'_>) -> Option<Self> {
        let cookie = caller.jar().get_private(COOKIE)?;
        caller.jar().remove_private(rocket::http::Cookie::build(COOKIE).path("/"));
        serde_json::from_str(cookie.value()).ok()
    }
}
