//! Organizers' accounts: signing in and out, and the one-time link that makes the first account.

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;

use crate::app::Error;
use crate::app::people::accounts::account_field;
use crate::http::cookies::SESSION;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::{Answer, local};
use crate::http::web::kit::csrf;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::{Button, Sent};
use crate::http::web::kit::page::Page;

/// Where organizers begin.
const SCHEDULE: &str = "/schedule";

#[get("/sign-in?<back>")]
pub fn sign_in_form(back: Option<&str>, page: Page<'_>) -> Answer {
    let back = back.and_then(local);
    if page.me.is_some() {
        return Answer::go(back.unwrap_or(SCHEDULE));
    }
    sign_in_page(&page, Status::Ok, "", None, back)
}

fn sign_in_page(page: &Page<'_>, status: Status, name: &str, problem: Option<&str>, back: Option<&str>) -> Answer {
    page.render_as(status, "people/sign_in.html.j2", context! { form: context! { name, problem, back } })
}

#[derive(Debug, FromForm)]
pub struct SignIn {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    name: String,
    #[field(default = "")]
    password: String,
    #[field(default = "")]
    back: String,
}

#[post("/sign-in", data = "<sent>")]
pub async fn sign_in(page: Page<'_>, sent: Result<Sent<SignIn>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    let back = local(&form.back);
    let signed_in = match page.check(&form.csrf) {
        Ok(()) => page.app.sign_in(&form.name, form.password, &page.caller.visitor()).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match signed_in {
        Ok(signed_in) => {
            page.caller.keep_sign_in(signed_in);
            Ok(Answer::go(back.unwrap_or(SCHEDULE)))
        }
        Err(problem) if matches!(problem.name, "wrong-password" | "too-many" | "busy" | csrf::PROBLEM) => {
            let said = match problem.name {
                "too-many" => format!("Too many sign-ins failed. {}", problem.detail),
                csrf::PROBLEM => csrf::AGAIN.to_owned(),
                _ => problem.detail.clone(),
            };
            Ok(sign_in_page(&page, problem.status, &form.name, Some(&said), back).after(&problem))
        }
        Err(problem) => Err(problem),
    }
}

#[post("/sign-out", data = "<sent>")]
pub async fn sign_out(page: Page<'_>, sent: Result<Sent<Button>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    if let Some(session) = page.caller.session() {
        page.app.sign_out(&session, page.caller.network).await?;
        page.caller.unseal(SESSION);
    }
    // Pages that the browser keeps for going back show what only the organizer may see. Its cookies and its storage
    // stay: it may be in a room, with a message half written.
    Ok(page.go_with(&Flash::plain("You are signed out."), "/").with("Clear-Site-Data", "\"cache\"".into()))
}

#[get("/set-up/<token>")]
pub async fn set_up_form(token: &str, page: Page<'_>) -> Result<Answer, Problem> {
    page.app.check_set_up(token).await?;
    Ok(set_up_page(&page, Status::Ok, token, "", &[]))
}

fn set_up_page(page: &Page<'_>, status: Status, token: &str, name: &str, problems: &[(&str, String)]) -> Answer {
    page.holds_secret();
    let of = |field| problems.iter().find(|(of, _)| *of == field).map(|(_, said)| said);
    let own = context! { token, form: context! { name }, problems: context! { name: of("name"), password: of("password") } };
    page.render_as(status, "people/set_up.html.j2", own).secret()
}

#[derive(Debug, FromForm)]
pub struct SetUp {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    name: String,
    #[field(default = "")]
    password: String,
}

#[post("/set-up/<token>", data = "<sent>")]
pub async fn set_up(token: &str, page: Page<'_>, sent: Result<Sent<SetUp>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    if let Err(problem) = page.check(&form.csrf) {
        return if problem.name == csrf::PROBLEM {
            Ok(set_up_page(&page, problem.status, token, &form.name, &[("name", csrf::AGAIN.to_owned())]))
        } else {
            Err(problem)
        };
    }
    match page.app.set_up(token, &form.name, form.password, &page.caller.visitor()).await {
        Ok(signed_in) => {
            page.caller.keep_sign_in(signed_in);
            Ok(page.go_with(&Flash::good("Your account is made, and you are signed in."), SCHEDULE))
        }
        Err(Error::Account(problem)) => {
            let problems = [(account_field(problem), problem.to_string())];
            Ok(set_up_page(&page, Status::UnprocessableEntity, token, &form.name, &problems))
        }
        Err(error @ Error::Busy(_)) => {
            let problem = Problem::from(error);
            Ok(set_up_page(&page, problem.status, token, &form.name, &[("name", problem.detail.clone())]).after(&problem))
        }
        Err(error) => Err(error.into()),
    }
}
