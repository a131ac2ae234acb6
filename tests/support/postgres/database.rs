//! A database of one test: its URLs for those with and without rights, and what is done to its connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cluster::{Cluster, OWNER, SEALED};

#[derive(Debug)]
pub struct Database {
    pub cluster: Arc<Cluster>,
    pub name: String,
}

impl Database {
    pub(super) fn create(cluster: Arc<Cluster>) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        cluster.sql("postgres", &format!("CREATE DATABASE {name} OWNER {OWNER}"));
        Self { cluster, name }
    }

    /// What `GAVEL_DATABASE_URL` takes: the database's owner, without a password.
    pub fn url(&self) -> String {
        self.url_at(self.cluster.address())
    }

    /// The same at another address: that of a forwarder, or of a standby.
    pub fn url_at(&self, address: SocketAddr) -> String {
        format!("postgres://{OWNER}@{address}/{}", self.name)
    }

    /// A URL of one who has the owner's rights and needs this password, which must be letters and digits.
    pub fn url_with(&self, password: &str) -> String {
        let role = format!("{}_sealed", self.name);
        self.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}' IN ROLE {SEALED}, {OWNER}"));
        format!("postgres://{role}:{password}@{}/{}", self.cluster.address(), self.name)
    }

    /// A URL of one who may connect and nothing more.
    pub fn url_without_rights(&self) -> String {
        let role = format!("{}_stranger", self.name);
        self.sql(&format!("CREATE ROLE {role} LOGIN"));
        format!("postgres://{role}@{}/{}", self.cluster.address(), self.name)
    }

    /// What a statement of the superuser gives here.
    #[track_caller]
    pub fn sql(&self, statement: &str) -> String {
        self.cluster.sql(&self.name, statement)
    }

    /// Cuts all connections to it by `pg_terminate_backend`; how many. When this returns they are gone.
    pub fn terminate(&self) -> usize {
        // With a time it waits for the end of each.
        self.count("FILTER (WHERE pg_terminate_backend(pid, 60000))")
    }

    /// How many connections it has.
    pub fn connections(&self) -> usize {
        self.count("")
    }

    fn count(&self, which: &str) -> usize {
        // From outside, so that none of them is our own.
        let whose = format!("datname = '{}' AND backend_type = 'client backend'", self.name);
        let count = format!("SELECT count(*) {which} FROM pg_stat_activity WHERE {whose}");
        self.cluster.sql("postgres", &count).parse().expect("a number")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Only to save room, for the whole cluster goes at the end: it may be down, or wait for a standby that is.
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.cluster.try_sql("postgres", &["SET synchronous_commit = local", &drop]);
    }
}
