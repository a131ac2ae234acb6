//! The database as another program sees it: what no call of ours would do to it.

use gavel::domain::schedule::event::EventId;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{Any, AnyPool, Transaction};

use super::data::{Data, Engine};

#[derive(Clone, Debug)]
pub struct Raw(pub AnyPool);

/// What fails where somebody says “doomed”.
#[derive(Clone, Copy, Debug)]
pub enum Fails {
    /// The statement that writes the row.
    Insert,
    /// The commit, by a foreign key that is checked there.
    Commit,
}

impl Raw {
    /// Opens the database, which has to be there.
    pub async fn open(data: &Data) -> Self {
        install_default_drivers();
        Self(AnyPoolOptions::new().max_connections(1).connect(&data.url()).await.unwrap())
    }

    /// Runs a statement.
    pub async fn run(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.0).await.unwrap();
    }

    /// Adds a row that only `who` may see, behind the event's last; gives its `ts`.
    pub async fn whisper(&self, event: &str, who: &str, text: &str) -> i64 {
        // At once, as every writer does it: a room that reads between would take the head for the row's.
        let mut tx = self.0.begin().await.unwrap();
        let ts: i64 = sqlx::query_scalar("UPDATE chat_event SET last_ts = last_ts + 1 WHERE id = $1 RETURNING last_ts")
            .bind(event)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        sqlx::query("INSERT INTO chat_data (event_id, ts, kind, text, html, audience) VALUES ($1, $2, 'said', $3, $3, $4)")
            .bind(event)
            .bind(ts)
            .bind(text)
            .bind(who)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        ts
    }

    /// Sets an instant of an event, as no call could.
    pub async fn close_at(&self, event: &str, closes_at: i64) {
        sqlx::query("UPDATE chat_event SET closes_at = $2 WHERE id = $1").bind(event).bind(closes_at).execute(&self.0).await.unwrap();
    }

    /// The id of an event's meeting.
    pub async fn meeting_of(&self, event: &str) -> String {
        sqlx::query_scalar("SELECT meeting_id FROM chat_event WHERE id = $1").bind(event).fetch_one(&self.0).await.unwrap()
    }

    /// Sets the head of an event's log, as a clock that was ahead did.
    pub async fn head_at(&self, event: &str, ts: i64) {
        sqlx::query("UPDATE chat_event SET last_ts = $2 WHERE id = $1").bind(event).bind(ts).execute(&self.0).await.unwrap();
    }

    /// Adds an event with these times to the meeting `m`.
    pub async fn event(&self, opens_at: i64, closes_at: i64) -> EventId {
        let id = EventId::random();
        sqlx::query(
            "INSERT INTO chat_event (id, meeting_id, key, opens_at, closes_at, original_start, last_ts, row_count) \
             VALUES ($1, 'm', $1, $2, $3, (SELECT count(*) FROM chat_event), 0, 0)",
        )
        .bind(id.as_str())
        .bind(opens_at)
        .bind(closes_at)
        .execute(&self.0)
        .await
        .unwrap();
        id
    }

    /// Has whatever says “doomed” fail from now on.
    pub async fn doom(&self, fails: Fails) {
        self.run("CREATE TABLE nobody (x BIGINT PRIMARY KEY)").await;
        self.run("CREATE TABLE broken (x BIGINT REFERENCES nobody (x) DEFERRABLE INITIALLY DEFERRED)").await;
        match (Engine::tested(), fails) {
            (Engine::Sqlite, Fails::Insert) => {
                self.run("CREATE TRIGGER fails BEFORE INSERT ON chat_data WHEN NEW.text = 'doomed' BEGIN SELECT RAISE(ABORT, 'no'); END")
                    .await;
            }
            (Engine::Sqlite, Fails::Commit) => {
                self.run(
                    "CREATE TRIGGER fails AFTER INSERT ON chat_data WHEN NEW.text = 'doomed' BEGIN INSERT INTO broken VALUES (1); END",
                )
                .await;
            }
            (Engine::Postgres, fails) => {
                let what = match fails {
                    Fails::Insert => "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
                    Fails::Commit => {
                        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO broken VALUES (1); RETURN NEW; END $$"
                    }
                };
                self.run(what).await;
                self.run("CREATE TRIGGER fails BEFORE INSERT ON chat_data FOR EACH ROW WHEN (NEW.text = 'doomed') EXECUTE FUNCTION fail()")
                    .await;
            }
        }
    }

    /// Ends that.
    pub async fn spare(&self) {
        match Engine::tested() {
            Engine::Sqlite => self.run("DROP TRIGGER fails").await,
            Engine::Postgres => self.run("DROP TRIGGER fails ON chat_data").await,
        }
    }

    /// Keeps everybody else from writing to an event.
    pub async fn hold(&self, event: &EventId) -> Hold {
        let transaction = match Engine::tested() {
            Engine::Sqlite => self.0.begin_with("BEGIN IMMEDIATE").await.unwrap(),
            Engine::Postgres => {
                let mut transaction = self.0.begin().await.unwrap();
                let lock = sqlx::query("SELECT id FROM chat_event WHERE id = $1 FOR UPDATE").bind(event.as_str());
                lock.fetch_one(&mut *transaction).await.unwrap();
                transaction
            }
        };
        Hold(transaction)
    }
}

/// An event that is held; given up when it is dropped.
pub struct Hold(Transaction<'static, Any>);

impl Hold {
    /// Waits until somebody wants to write. SQLite does not tell who waits; there it only lets others run.
    pub async fn is_wanted(&mut self) {
        match Engine::tested() {
            Engine::Sqlite => tokio::task::yield_now().await,
            Engine::Postgres => {
                let wanted = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
                while sqlx::query_scalar::<_, i64>(wanted).fetch_one(&mut *self.0).await.unwrap() == 0 {}
            }
        }
    }

    pub async fn release(self) {
        self.0.rollback().await.unwrap();
    }
}
