//! Class: how sensitive parts of the gateway's own part are, where that is not public. Written into its SDL, for the policies to decide by.

// The directive stands for the one that the graph's own files define; a function is how async-graphql wants it written.

#![expect(clippy::too_many_arguments, reason = "a directive has as many as there are facts")]

use async_graphql::{Enum, TypeDirective};

/// Those of the graph's classes that are needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum DataClass {
    /// Who has asked for what, and what others would get.
    Audit,
    /// That somebody was given something.
    Disclosure,
    /// What else the ledger says of it.
    DisclosureMore,
    /// What a record says for the policies alone.
    Control,
    /// The copies that gateways keep: who may end them.
    Copies,
}

#[TypeDirective(location = "ArgumentDefinition", location = "FieldDefinition", location = "Object")]
pub(super) fn data(class: Vec<DataClass>) {}

/// Records of this type can be told apart, and belong to somebody.
#[TypeDirective(location = "Object")]
pub(super) fn entity(key: String, subject: String) {}

/// What the policies may know of a record: the fields that say so.
#[TypeDirective(location = "Object")]
pub(super) fn facts(
    reader_kind: String,
    reader_agency: String,
    reader_user: String,
    reader_provider: String,
    reader_roles: String,
    on_behalf_of: String,
    owners: String,
    given: String,
) {
}

/// The same of a record that was given.
#[TypeDirective(name = "facts", location = "Object")]
pub(super) fn given_facts(
    of: String,
    owner: String,
    classes: String,
    reader_agency: String,
    reader_user: String,
    reader_provider: String,
) {
}

/// It names a record: what closes that closes it too.
#[TypeDirective(name = "speaksOf", location = "Object")]
pub(super) fn speaks_of(of: String, key: String) {}

/// A record of its own, kept elsewhere.
#[TypeDirective(location = "FieldDefinition")]
pub(super) fn link() {}
