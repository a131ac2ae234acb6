//! The page of an event, as its people use it.

use fantoccini::key::Key;
use serde_json::Value;

use super::driver::Browser;
use super::support::TestApp;

impl Browser {
    /// Waits for a phase of the event.
    pub async fn phase(&self, phase: &str) {
        self.until(&format!("document.body.dataset.phase === {phase:?}")).await;
    }

    /// Signs in as the organizer `olga` of a [`TestApp`].
    pub async fn sign_in(&self, app: &TestApp) {
        self.open(&format!("{}/sign-in", app.base)).await;
        self.write("#name", "olga").await;
        self.write("#password", "correct horse").await;
        self.press("main .button.primary").await;
        self.until("location.pathname === '/schedule'").await;
    }

    /// Joins by a nickname in the open room.
    pub async fn join(&self, nick: &str) {
        self.rewrite("#nick", nick).await;
        self.press("[data-join] button").await;
    }

    /// Waits until the room knows this browser by its nickname.
    pub async fn joined(&self) {
        self.until("document.body.dataset.participant && document.querySelector('#text').offsetParent").await;
    }

    /// Says something with the Enter key.
    pub async fn say(&self, text: &str) {
        self.write("#text", text).await;
        self.strike(Key::Enter).await;
    }

    /// What was said, as the log shows it: `nick: text`, in order.
    pub async fn said(&self) -> Vec<String> {
        self.strings("[...document.querySelectorAll('.run .line')].map(line => line.closest('.run').querySelector('.nick').textContent + ': ' + line.querySelector('.said').textContent.trim())").await
    }

    /// Waits until the log shows so many lines and nothing is on its way.
    pub async fn lines(&self, count: usize) {
        self.until(&format!("document.querySelectorAll('#lines .line').length === {count} && !document.querySelector('#pending .line')"))
            .await;
    }

    /// Who is here by the list, in its order.
    pub async fn people(&self) -> Vec<String> {
        self.texts(".people li > span").await
    }

    /// Leaves a mark that the next load of the page would wipe out.
    pub async fn mark(&self) {
        self.js("window.neverReloaded = true").await;
    }

    /// Whether the page is still the one that was marked.
    pub async fn same_page(&self) -> bool {
        self.is("window.neverReloaded === true").await == Value::Bool(true)
    }

    /// Whether the first element that this selects is seen.
    pub async fn sees(&self, css: &str) -> bool {
        self.is(&format!("Boolean(document.querySelector({css:?})?.checkVisibility())")).await == Value::Bool(true)
    }

    /// An expression that is a list of strings.
    pub async fn strings(&self, expression: &str) -> Vec<String> {
        serde_json::from_value(self.is(expression).await).unwrap()
    }
}

/// Nothing in the console of any of these.
pub async fn all_quiet(browsers: &[&Browser]) {
    for browser in browsers {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
