//! Pages: one file a page. HTML only: each handler reads what was sent, calls operations of `app`,
//! and renders a template or leads on.
//!
//! What every page needs is in `page`, what templates are shown of the domain in `view`.

mod accounts;
mod actions;
mod acts;
mod agenda;
mod amend;
mod answer;
mod around;
mod calendar;
mod catch_up;
mod chairs;
mod csrf;
mod ending;
mod event;
mod event_form;
mod event_values;
mod flash;
mod form;
mod home;
mod meeting;
mod meeting_form;
mod meeting_values;
mod minutes;
mod month;
mod overlaps;
mod page;
mod preview;
mod reader;
mod refit;
mod reminders;
mod repetition;
mod retimed;
mod run;
mod schedule;
mod scope;
mod search;
mod stale;
mod talk;
mod transcript;
mod view;

use rocket::{Route, routes};

pub(super) use minutes::View as Minutes;
pub(super) use page::error_page;

/// The routes of all pages.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![
        home::home,
        meeting::show,
        chairs::enter,
        chairs::renew,
        chairs::seat,
        event::show,
        event::frame,
        actions::fragment,
        actions::decide,
        catch_up::fragment,
        transcript::closing,
        around::fragment,
        agenda::fragment,
        agenda::write,
        agenda::tick,
        agenda::carry,
        agenda::undo,
        talk::join,
        talk::say,
        talk::leave,
        run::run,
        amend::change,
        accounts::sign_in_form,
        accounts::sign_in,
        accounts::sign_out,
        accounts::set_up_form,
        accounts::set_up,
        schedule::list,
        schedule::add_event,
        calendar::renew,
        reminders::form,
        reminders::ask,
        reminders::confirm_form,
        reminders::confirm,
        reminders::stop_form,
        reminders::stop,
        schedule::delete,
        schedule::restore,
        schedule::publish,
        event_form::edit_form,
        event_form::save,
        acts::act,
        meeting_form::new_form,
        meeting_form::create,
        meeting_form::edit_form,
        meeting_form::save,
        retimed::undo,
        preview::preview,
        search::search,
        search::results,
    ]
}
