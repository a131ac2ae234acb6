//! The templates: embedded in the release binary, read from disk at the start of a debug build.

use rocket::fairing::Fairing;
use rocket_dyn_templates::minijinja::{AutoEscape, UndefinedBehavior};
use rocket_dyn_templates::{Engines, Template};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Templates;

/// The fairing that renders pages.
pub fn fairing() -> impl Fairing {
    Template::try_custom(|engines: &mut Engines| {
        let environment = &mut engines.minijinja;
        // Without this nothing would be escaped: the engine judges by file names that these lack.
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_global("static", super::assets::base());
        for name in Templates::iter() {
            let Some(file) = Templates::get(&name) else { continue };
            let source = String::from_utf8(file.data.into_owned())?;
            environment.add_template_owned(name.into_owned(), source)?;
        }
        Ok(())
    })
}
