//! The program as a process that a fault can kill, stop and start again on the same data.

use std::path::Path;
use std::time::Duration;

use tokio::task::block_in_place;

use super::program::{Home, Server};
use super::site::{Doors, Site};
use super::support::data::Engine;
use super::support::postgres::Database;

/// How long to wait for answers after SIGTERM before the test fails: only to end a hang.
pub const STOPS_WITHIN: Duration = Duration::from_mins(1);

pub struct Host {
    home: Home,
    server: Option<Server>,
    /// What the server keeps its rows in, where that is not a file in its home.
    database: Option<Database>,
    pub site: Site,
}

impl Host {
    /// A server with fresh data, and an organizer.
    pub fn start() -> Self {
        Self::start_in(ready(Home::new()))
    }

    /// A server in this home, on the engine that the tests are about.
    pub fn start_in(home: Home) -> Self {
        block_in_place(|| {
            let database = Engine::tested().database();
            let home = match &database {
                Some(database) => home.with("GAVEL_DATABASE_URL", database.url()),
                None => home,
            };
            let server = home.serve();
            let token = home.organizer("olga");
            let site = Site::new(doors(&server), &token);
            Self { home, server: Some(server), database, site }
        })
    }

    /// Takes a server that runs already.
    pub fn of(home: Home, server: Server, token: &str) -> Self {
        let site = Site::new(doors(&server), token);
        Self { home, server: Some(server), database: None, site }
    }

    fn running(&self) -> &Server {
        self.server.as_ref().expect("a server runs")
    }

    pub fn id(&self) -> u32 {
        self.running().id()
    }

    pub fn data(&self) -> &Path {
        &self.home.data
    }

    /// Kills it with SIGKILL, and starts it again.
    pub fn kill(&mut self) {
        block_in_place(|| self.server.take().expect("a server runs").kill());
        self.restart();
    }

    pub fn signal(&self, name: &str) {
        self.running().signal(name);
    }

    /// Waits for the end that a signal began, and whether it is a good one, whatever the program had to say before.
    pub fn ends_well(&mut self) -> bool {
        block_in_place(|| self.server.take().expect("a server runs").end()).0.success()
    }

    /// Waits for the end that a signal began; what is wrong with it. There must not be a word on the way.
    pub fn ended(&mut self) -> Option<String> {
        let (status, err) = block_in_place(|| self.server.take().expect("a server runs").end());
        (status.code() != Some(0) || !err.is_empty()).then(|| format!("it ended with {status} and said: {err}"))
    }

    /// Starts it again on the same data, and tells everybody its doors.
    pub fn restart(&mut self) {
        let server = block_in_place(|| self.home.serve());
        self.site.doors.send_replace(vec![doors(&server)]);
        self.server = Some(server);
    }
}

/// A home for a server without limits for those who write much, and with a live door where the program has one.
pub fn ready(home: Home) -> Home {
    let most = "1000000";
    let rates = ["GAVEL_POST_RATE", "GAVEL_POST_BURST", "GAVEL_JOIN_RATE", "GAVEL_JOIN_BURST", "GAVEL_ADDRESS_POLLS"];
    let budgets = [
        "GAVEL_ADDRESS_POST_RATE",
        "GAVEL_ADDRESS_POST_BURST",
        "GAVEL_EVENT_POST_RATE",
        "GAVEL_EVENT_POST_BURST",
        "GAVEL_READ_RATE",
        "GAVEL_READ_BURST",
    ];
    rates.into_iter().chain(budgets).fold(home, |home, name| home.with(name, most)).with("GAVEL_LIVE_PORT", "0")
}

/// Where a server serves.
pub fn doors(server: &Server) -> Doors {
    // With this line all addresses are told.
    server.line("Open ");
    Doors::of(&server.base, server.printed("Live door: ").as_deref())
}
