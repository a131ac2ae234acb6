//! Problems of single fields, so that a form can say all of them at once, each in its place.

use serde::Serialize;

/// What is wrong with one field of a form or a JSON body, as a sentence for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field's name in JSON and in the form.
    pub field: &'static str,
    pub detail: String,
}

/// The problems of a form, collected while its fields are read.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldProblem>);

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, field: &'static str, detail: impl std::fmt::Display) {
        self.0.push(FieldProblem { field, detail: detail.to_string() });
    }

    /// Takes the value of a field, or notes why it has none.
    pub fn take<T, E: std::fmt::Display>(&mut self, field: &'static str, read: Result<T, E>) -> Option<T> {
        read.map_err(|problem| self.add(field, problem)).ok()
    }

    /// The value where every field was fine.
    ///
    /// # Errors
    /// All the problems noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldProblem>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}
