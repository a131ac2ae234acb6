//! Pages: one folder a feature. HTML only: each handler reads what was sent, calls operations of `app`,
//! and renders a template or leads on.
//!
//! What every page needs is in `kit::page`, what templates are shown of the domain in `kit::view_models`.

mod agenda;
mod calendar;
mod kit;
mod minutes;
mod people;
mod reminders;
mod schedule;
mod search;
mod talk;
mod transcript;

use rocket::{Route, routes};

pub(super) use kit::page::error_page;
pub(super) use minutes::minutes_view::MinutesView as Minutes;

/// The routes of all pages.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![
        schedule::home::home,
        schedule::meeting_page::show,
        people::chairs::enter,
        people::chairs::renew,
        people::chairs::seat,
        talk::event_page::show,
        talk::event_page::frame,
        minutes::open_actions::fragment,
        minutes::open_actions::decide,
        talk::catch_up::fragment,
        transcript::closing,
        schedule::neighbours::fragment,
        agenda::fragment,
        agenda::write,
        agenda::tick,
        agenda::carry,
        agenda::undo,
        talk::participate::join,
        talk::participate::say,
        talk::participate::leave,
        schedule::event_controls::run,
        minutes::correct_minutes::change,
        people::accounts::sign_in_form,
        people::accounts::sign_in,
        people::accounts::sign_out,
        people::accounts::set_up_form,
        people::accounts::set_up,
        schedule::listing::list,
        schedule::listing::add_event,
        calendar::renew,
        reminders::form,
        reminders::ask,
        reminders::confirm_form,
        reminders::confirm,
        reminders::stop_form,
        reminders::stop,
        schedule::listing::delete,
        schedule::listing::restore,
        schedule::listing::publish,
        schedule::form::event_form::edit_form,
        schedule::form::event_form::save,
        schedule::organizer_action::act,
        schedule::form::meeting_form::new_form,
        schedule::form::meeting_form::create,
        schedule::form::meeting_form::edit_form,
        schedule::form::meeting_form::save,
        schedule::form::saved_notice::undo,
        schedule::form::preview::preview,
        search::search,
        search::results,
    ]
}
