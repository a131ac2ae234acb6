//! The store as a database that Rocket opens at ignition (`rocket_db_pools`).

use rocket::figment::Figment;
use rocket_db_pools::{Database, Pool};

use crate::store::{Clock, OpenProblem, Store};

/// The one database, configured in `[default.databases.gavel]`.
#[derive(Debug, Database)]
#[database("gavel")]
pub struct Db(Store);

/// What Gavel reads of that table.
#[derive(Debug, rocket::serde::Deserialize)]
#[serde(crate = "rocket::serde")]
struct Settings {
    url: String,
    #[serde(default = "readers")]
    readers: u32,
}

const fn readers() -> u32 {
    4
}

#[rocket::async_trait]
impl Pool for Store {
    type Connection = Self;
    type Error = OpenProblem;

    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let settings: Settings = figment.extract().map_err(|problem| OpenProblem::Engine(problem.to_string()))?;
        Self::open(&settings.url, settings.readers, Clock::default()).await
    }

    async fn get(&self) -> Result<Self, Self::Error> {
        Ok(self.clone())
    }

    /// Called when shutdown starts, while accepted posts are still being written. So nothing is
    /// closed here; `serve` does that when the last request is answered.
    async fn close(&self) {}
}
