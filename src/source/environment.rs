//! Environment: addresses and secrets by name, read once.
//!
//! Resolver files hold names of variables, never values. `Debug` shows the names alone.

use crate::graph::Problem;
use crate::graph::binding::Variable;
use std::collections::HashMap;
use std::fmt;

/// Names and values of variables.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a variable that a resolver file names; a problem at that place where there is none.
    pub(super) fn required(&self, variable: &Variable) -> Result<&str, Problem> {
        self.value(&variable.name).filter(|value| !value.is_empty()).ok_or_else(|| {
            problem(
                variable,
                format!("the environment has no variable `{}`", variable.name),
                Some(format!("set {} before the start", variable.name)),
            )
        })
    }
}

/// A mistake at the place where a variable is named.
pub(super) fn problem(variable: &Variable, message: String, hint: Option<String>) -> Problem {
    Problem::error(&variable.place, message).with_hint_if(hint)
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_no_values() {
        let environment: Environment = [("TOKEN", "hunter2")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"TOKEN"}"#);
        assert_eq!(environment.value("TOKEN"), Some("hunter2"));
    }
}
