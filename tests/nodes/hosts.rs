//! Nodes of one database: real processes with one secret key, each on its own way to PostgreSQL, and the judgement of
//! what came of a run on them.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::task::block_in_place;

use super::once::judge_once;
use crate::histories::faults::Size;
use crate::histories::history::History;
use crate::histories::host::{doors, ready};
use crate::histories::program::{Home, Server};
use crate::histories::run::{PATIENCE, Run};
use crate::histories::site::{Doors, Site};
use crate::histories::support::postgres::{Cluster, Database, Forward};
use crate::histories::verdict::{Verdict, judge};

/// What all nodes sign and seal with.
const KEY: &str = "8f14e45fceea167a5a36dedd4bea25438f14e45fceea167a5a36dedd4bea2543";
/// With this the nodes come to the database, and nobody may ever read it in what they say.
pub const PASSWORD: &str = "openSesame4711";

struct Node {
    home: Home,
    server: Option<Server>,
    way: Forward,
}

pub struct Nodes {
    // Before the database: it goes when nobody uses it any more.
    list: Vec<Node>,
    pub site: Site,
    pub database: Database,
}

impl Nodes {
    /// So many nodes with a database of their own, started together, and an organizer.
    pub fn start(cluster: &Arc<Cluster>, count: usize) -> Self {
        Self::start_with(cluster, count, |_, home| home)
    }

    /// The same with nodes that differ in their settings.
    pub fn start_with(cluster: &Arc<Cluster>, count: usize, differ: impl Fn(usize, Home) -> Home) -> Self {
        block_in_place(|| {
            let database = cluster.database();
            let url = database.url_with(PASSWORD);
            let home = |n| {
                let way = Forward::to(cluster.address());
                let url = url.replace(&cluster.address().to_string(), &way.address().to_string());
                let home = ready(Home::new()).with("GAVEL_DATABASE_URL", url).with("ROCKET_SECRET_KEY", KEY);
                (differ(n, home.with("ROCKET_LOG_LEVEL", "normal")), way)
            };
            let homes: Vec<(Home, Forward)> = (0..count).map(home).collect();
            // Together on an empty database: each may be the one that makes the tables.
            let servers: Vec<Server> = thread::scope(|scope| {
                let starting: Vec<_> = homes.iter().map(|(home, _)| scope.spawn(|| home.serve())).collect();
                starting.into_iter().map(|it| it.join().unwrap()).collect()
            });
            let token = homes[0].0.organizer("olga");
            let site = Site::of_nodes(servers.iter().map(doors).collect(), &token);
            let list = homes.into_iter().zip(servers).map(|((home, way), server)| Node { home, server: Some(server), way }).collect();
            Self { list, site, database }
        })
    }

    pub const fn count(&self) -> usize {
        self.list.len()
    }

    /// The way of a node to the database.
    pub fn way(&self, n: usize) -> &Forward {
        &self.list[n].way
    }

    pub fn ways(&self) -> impl Iterator<Item = &Forward> {
        self.list.iter().map(|node| &node.way)
    }

    /// The ids of the processes that run.
    pub fn processes(&self) -> impl Iterator<Item = u32> {
        self.list.iter().filter_map(|node| node.server.as_ref()).map(Server::id)
    }

    /// One node alone.
    pub fn only(&self, n: usize) -> Site {
        Site::new(self.doors(n), &self.site.token)
    }

    fn doors(&self, n: usize) -> Doors {
        doors(self.list[n].server.as_ref().expect("it runs"))
    }

    /// Kills a node with SIGKILL. Clients find its doors closed and go elsewhere.
    pub fn kill(&mut self, n: usize) {
        block_in_place(|| self.list[n].server.take().expect("it runs").kill());
    }

    /// Starts it again, on other ports.
    pub fn start_again(&mut self, n: usize) {
        let node = &mut self.list[n];
        node.server = Some(block_in_place(|| node.home.serve()));
        let doors = self.doors(n);
        self.site.doors.send_modify(|all| all[n] = doors);
    }

    /// Ends a run, and judges it: the history, what may be in a log only once, that every node tells the same, and how
    /// they end. `outage` is for how long a reader may have been kept from a row by the fault itself; a run that is not timed does
    /// not judge how long readers waited.
    pub async fn judge(mut self, run: Run, outage: Duration, size: &Size) -> Verdict {
        let mut history = run.finish(&self.site).await;
        history.patience = if size.timed { PATIENCE + u64::try_from(outage.as_micros()).unwrap() } else { u64::MAX };
        let mut verdict = judge(&history);
        judge_once(&history, &mut verdict);
        self.judge_each(&history, &mut verdict).await;
        self.judge_ends(&mut verdict);
        verdict
    }

    /// Every node has the same rows, count and digest.
    async fn judge_each(&self, history: &History, verdict: &mut Verdict) {
        let mut first: Option<(Value, Value)> = None;
        for n in 0..self.count() {
            let site = self.only(n);
            let event = site.event(&history.event).await;
            let (status, mut transcript) = site.call("GET", &format!("/events/{}/transcript.json", history.event), "", None).await;
            let rows = transcript["messages"].take();
            if status != 200 || rows.as_array().map(Vec::len) != Some(history.log.len()) {
                verdict.object(format!("node {n} has another log than all: {status}, {:?} rows", rows.as_array().map(Vec::len)));
            }
            let told = (event, rows);
            match &first {
                Some(first) if *first != told => verdict.object(format!("node {n} tells another event: {} and not {}", told.0, first.0)),
                Some(_) => {}
                None => first = Some(told),
            }
        }
    }

    /// On SIGTERM each ends well and says nothing to standard error, and the password was never said at all.
    fn judge_ends(&mut self, verdict: &mut Verdict) {
        for (n, node) in self.list.iter_mut().enumerate() {
            let server = node.server.take().expect("it runs");
            server.signal("TERM");
            let said = block_in_place(|| server.finish());
            if !said.status.success() || !said.err.is_empty() {
                verdict.object(format!("node {n} ended with {} and said: {}", said.status, said.err));
            }
            if said.out.contains(PASSWORD) || said.err.contains(PASSWORD) {
                verdict.object(format!("node {n} told the password"));
            }
        }
    }
}

/// How many posts shall be acknowledged while something is away: they show that the rest goes on.
pub const fn some(size: &Size) -> usize {
    if size.rows < 1_000 { 5 } else { 20 }
}
