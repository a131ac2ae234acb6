//! The browser: `chromedriver` as a child process, and sessions of headless Chromium behind it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

/// The most that anything here may take: for machines that are busy, not for the program.
pub const AT_MOST: Duration = Duration::from_secs(40);

/// How many stories run side by side: each has up to two Chromiums.
static SEATS: Semaphore = Semaphore::const_new(3);

/// A driver that runs; it ends with its browsers at the latest when this goes.
pub struct Driver {
    process: Child,
    address: String,
    profiles: TempDir,
    _out: BufReader<ChildStdout>,
    _seat: SemaphorePermit<'static>,
}

/// Starts the program; `None` if it ends without a port.
fn try_to_start(profiles: &TempDir) -> Option<(Child, BufReader<ChildStdout>, u16)> {
    let mut process = Command::new("chromedriver")
        .arg("--port=0")
        // Whatever the browsers leave behind goes with the profiles.
        .env("TMPDIR", profiles.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver is not here: scripts/test installs it, with Chromium");
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let port = out
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok());
    if port.is_none() {
        process.wait().unwrap();
    }
    port.map(|port| (process, out, port))
}

impl Driver {
    /// Starts a driver on a free port.
    pub async fn start() -> Self {
        let seat = SEATS.acquire().await.unwrap();
        let profiles = tempfile::tempdir().unwrap();
        // It takes a free port of IPv4, and ends if somebody else has the same one of IPv6.
        let (process, out, port) = (0..5).find_map(|_| try_to_start(&profiles)).expect("chromedriver says its port");
        let address = format!("http://127.0.0.1:{port}");
        Self { process, address, profiles, _out: out, _seat: seat }
    }

    /// A browser with a profile of its own.
    pub async fn browser(&self) -> Browser {
        self.open(&[]).await
    }

    /// A browser that runs no script.
    pub async fn browser_without_script(&self) -> Browser {
        self.open(&["--blink-settings=scriptEnabled=false"]).await
    }

    /// A browser for which our server also has a name, `meetings.test`: by plain http to a name, pages
    /// are no secure contexts.
    pub async fn browser_with_a_name(&self) -> Browser {
        self.open(&["--host-resolver-rules=MAP meetings.test 127.0.0.1"]).await
    }

    async fn open(&self, more: &[&str]) -> Browser {
        let profile = tempfile::tempdir_in(self.profiles.path()).unwrap().keep();
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // A click lands where it aims, and not where the page still scrolls by.
            "--force-prefers-reduced-motion",
            // Chromium ends when its driver does, however that ends.
            "--remote-debugging-pipe",
            "--window-size=1280,800",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.extend(more.iter().map(|&one| one.to_owned()));
        let wanted = json!({"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}});
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted.as_object().unwrap().clone())
            .connect(&self.address)
            .await
            .expect("Chromium starts: scripts/test installs it where it is missing");
        let id = client.session_id().await.unwrap().unwrap();
        Browser { client, session: format!("{}/session/{id}", self.address) }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked in good order it first ends its browsers, which write into their profiles until then.
        let asked = ureq::get(format!("{}/shutdown", self.address)).config().timeout_global(Some(Duration::from_secs(5))).build().call();
        if asked.is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// A browser with one or more tabs, of which one is looked at.
pub struct Browser {
    pub client: Client,
    session: String,
}

impl Browser {
    /// Goes to an address.
    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Runs the body of a function in the page.
    pub async fn js(&self, body: &str) -> Value {
        self.client.execute(body, Vec::new()).await.unwrap_or_else(|problem| panic!("{body}: {problem}"))
    }

    /// What an expression is in the page.
    pub async fn is(&self, expression: &str) -> Value {
        self.js(&format!("return {expression}")).await
    }

    /// Waits until an expression holds in the page, on whatever page that is then.
    pub async fn until(&self, expression: &str) {
        let asked = format!("return Boolean({expression})");
        let began = Instant::now();
        // On the way from page to page there is nobody to ask.
        while !matches!(self.client.execute(&asked, Vec::new()).await, Ok(Value::Bool(true))) {
            assert!(began.elapsed() <= AT_MOST, "never: {expression}\non the page: {}", self.page().await);
            sleep(Duration::from_millis(30)).await;
        }
    }

    /// The words of the page, for those who want to know why.
    async fn page(&self) -> String {
        let asked = self.client.execute("return location.href + '\\n' + document.body.innerText", Vec::new()).await;
        asked.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits until this element can be used, and uses it.
    async fn with<T>(&self, css: &str, act: impl AsyncFn(Element) -> Result<T, CmdError>) -> T {
        let began = Instant::now();
        loop {
            let tried = match self.client.find(Locator::Css(css)).await {
                Ok(element) => act(element).await,
                Err(problem) => Err(problem),
            };
            match tried {
                Ok(done) => return done,
                Err(problem) if began.elapsed() > AT_MOST => panic!("{css}: {problem}\non the page: {}", self.page().await),
                Err(_) => sleep(Duration::from_millis(30)).await,
            }
        }
    }

    /// Clicks on the first element that this selects.
    pub async fn press(&self, css: &str) {
        self.with(css, async |element| element.click().await).await;
    }

    /// Types into the first field that this selects.
    pub async fn write(&self, css: &str, text: &str) {
        self.with(css, async |element| element.send_keys(text).await).await;
    }

    /// The same, instead of what stands there.
    pub async fn rewrite(&self, css: &str, text: &str) {
        self.with(css, async |element| element.clear().await).await;
        self.write(css, text).await;
    }

    /// Strikes a key, wherever the focus is.
    pub async fn strike(&self, key: Key) {
        let value = key.into();
        let strike = KeyActions::new("keyboard".into()).then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.client.perform_actions(strike).await.unwrap();
    }

    /// Chooses a value in a field that has a picker of its own.
    pub async fn choose(&self, css: &str, value: &str) {
        let chosen = format!(
            "const field = document.querySelector({css:?}); field.value = {value:?}; field.dispatchEvent(new Event('input', {{bubbles: true}}))"
        );
        self.js(&chosen).await;
    }

    /// Picks an option of a list by its value.
    pub async fn pick(&self, css: &str, value: &str) {
        let picked = format!(
            "const list = document.querySelector({css:?}); list.value = {value:?}; list.dispatchEvent(new Event('change', {{bubbles: true}}))"
        );
        self.js(&picked).await;
    }

    /// The text of the first element that this selects, as it is seen.
    pub async fn text(&self, css: &str) -> String {
        self.with(css, async |element| element.text().await).await
    }

    /// The texts of all elements that this selects.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let all = self.is(&format!("[...document.querySelectorAll({css:?})].map(element => element.textContent.trim())")).await;
        serde_json::from_value(all).unwrap()
    }

    /// Has the page as large as this; a phone's below 600 pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.ask("goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size})).await;
    }

    /// Has the browser be in this time zone.
    pub async fn travel(&self, zone: &str) {
        let there = json!({"cmd": "Emulation.setTimezoneOverride", "params": {"timezoneId": zone}});
        self.ask("goog/cdp/execute", &there).await;
    }

    /// Has the page look as it does on paper, or on a screen again.
    pub async fn print(&self, on_paper: bool) {
        let media = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"media": if on_paper { "print" } else { "" }}});
        self.ask("goog/cdp/execute", &media).await;
    }

    /// Runs this in every page from now on, before the page's own scripts.
    pub async fn before_scripts(&self, script: &str) {
        let added = json!({"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": script}});
        self.ask("goog/cdp/execute", &added).await;
    }

    /// Gives the page's browser a command of the `DevTools` protocol.
    pub async fn cdp(&self, command: &str, params: Value) {
        self.ask("goog/cdp/execute", &json!({"cmd": command, "params": params})).await;
    }

    /// What the browser complains of: errors of scripts, breaches of the policy, anything in its
    /// console. Answers that say no are no complaint.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.ask("se/log", &json!({"type": "browser"})).await;
        let messages = entries["value"].as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        let is_expected = |message: &str| ["Failed to load resource", "Cleared data types"].iter().any(|it| message.contains(it));
        messages.filter(|message| !is_expected(message)).collect()
    }

    /// A call of the driver that the client has no word for.
    async fn ask(&self, path: &str, body: &Value) -> Value {
        let client = reqwest::Client::new();
        client.post(format!("{}/{path}", self.session)).json(body).send().await.unwrap().json().await.unwrap()
    }
}
