//! Configuration: what the operator sets, as meant. Everything has a default but addresses and secrets, which come from the
//! environment by the names that the resolver files give them.

/// The variables of this process; those that are not UTF-8 are left out.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
