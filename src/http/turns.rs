//! Reads are counted by network, and taken in turns: pages, exports, calendars, and answers of the API.
//!
//! Around the handlers instead of in them, so that a new route is counted without a word. Polls and streams have limits
//! of their own, and a poll's way is not longer by anything here.

use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::Method;
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Route};

use super::problem::Problem;
use crate::app::App;
use crate::domain::network::Network;

/// The routes, by the names of their handlers, that are not counted: polls, streams, the server's time; and those whose passwords wait in
/// a queue of their own, with a turn in hand.
const OTHERS: [&str; 6] = ["after", "head", "stream", "time", "sign_in", "set_up"];
/// The routes that are counted but take no turns: they wait for the place of an export instead, so that exports which wait for clients that
/// read slowly do not hold up the other reads of their network.
const EXPORTS: [&str; 3] = ["export_transcript", "export_event_actions", "export_meeting_actions"];

/// Has all routes that read count against the budget of the client's network: those of these methods. A form is answered with a page
/// as large as any, so pages count it as well.
#[must_use]
pub fn taking_turns(mut routes: Vec<Route>, methods: &[Method]) -> Vec<Route> {
    for route in &mut routes {
        let is_other = route.name.as_deref().is_some_and(|name| OTHERS.contains(&name));
        if methods.contains(&route.method) && !is_other {
            let is_export = route.name.as_deref().is_some_and(|name| EXPORTS.contains(&name));
            route.handler = Box::new(TakesTurns { handler: route.handler.clone(), is_export });
        }
    }
    routes
}

/// A handler that waits for its turn.
#[derive(Clone)]
struct TakesTurns {
    handler: Box<dyn Handler>,
    is_export: bool,
}

/// Remembers that a request is counted already: a route may hand it on to the next one.
#[derive(Default)]
struct Counted(AtomicBool);

#[rocket::async_trait]
impl Handler for TakesTurns {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        // Without the operations there is nothing to read; the handler says so itself.
        let Some(app) = request.rocket().state::<App>() else { return self.handler.handle(request, data).await };
        let from = request.client_ip().map(Network::of);
        if !request.local_cache(Counted::default).0.swap(true, Ordering::Relaxed)
            && let Err(problem) = app.count_read(from)
        {
            return Outcome::from(request, Problem::from(problem));
        }
        if self.is_export {
            return self.handler.handle(request, data).await;
        }
        match app.take_turn(from).await {
            Ok(_turn) => self.handler.handle(request, data).await,
            Err(problem) => Outcome::from(request, Problem::from(problem)),
        }
    }
}
