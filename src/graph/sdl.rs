//! SDL: the schema files, read by apollo-compiler. The only file of `graph` that knows it.

use apollo_compiler::Name;
use apollo_compiler::Schema;
use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;

/// A valid schema as the front end of `operation` needs it.
#[derive(Debug)]
pub struct Sdl {
    pub schema: Valid<Schema>,
    pub implementers: HashMap<Name, Implementers>,
}
