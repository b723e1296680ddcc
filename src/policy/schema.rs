//! Schema: the Cedar schema of a graph. Printed by `headwaters policy schema`; what policies are held against.

use super::acts::{Act, Copies};
use super::vocabulary::{Resource, Verb, Vocabulary};
use crate::graph::FactKind;
use std::fmt::Write as _;

/// What one may state as the purpose of a request. Those that the gateway does not serve are not words of any policy (28 CFR 20).
pub const PURPOSES: [&str; 8] = ["C", "D", "VICTIM", "DEFENSE", "STATISTICS", "PUBLIC", "SUBJECT", "AUDIT"];

/// Names that stand for whoever asks, so no type of the graph can have them.
pub const TAKEN: [&str; 8] = ["User", "Agency", "AgencyKind", "Role", "Purpose", "Asked", "Emergency", "Copies"];

const HEAD: &str = "// The words of the policies. Written by `headwaters policy schema` from the graph.

/// What an agency, or a reader, is to the justice system.
entity AgencyKind enum [@KINDS@];

/// An agency, by its ORI.
entity Agency;

/// What somebody is within an agency.
entity Role;

/// Why somebody asks. C: criminal justice; D: domestic violence and stalking cases.
entity Purpose enum [@PURPOSES@];

/// Who asks: in an agency, in a kind of agency, in roles.
entity User in [Agency, AgencyKind, Role] {
  /// Federation id.
  id: String,
  /// Who vouches for it; empty where nobody does.
  provider: String,
  /// ORI.
  agency: String,
  /// Part of the agency, as of the public defender's.
  division?: String,
  /// Number in the roll of the state bar.
  bar?: String,
  certifications: Set<String>,
  sworn: Bool,
  /// Id of the golden record of the person who asks, where they proved to be that person.
  subject?: String,
};

/// What is said with the request.
type Asked = {
  purpose: Purpose,
  /// A reason was given.
  reason: Bool,
  /// Number of the case, booking or incident for which it is asked.
  caseRef?: String,
  /// The same behind the ORI of whoever asks, `MT056015J/DC-56-2026-0000123-IN`: a case before their own court.
  caseHere?: String,
  /// Federation id of the person for whom it is asked.
  onBehalfOf?: String,
  /// Ids of the agreements in force for this reader and purpose.
  agreements: Set<String>,
  /// Id of the golden record of the person for whom an emergency stands: to be reviewed.
  breakGlass?: String,
};

";

const EMERGENCY: &str = "/// Somebody's emergency.
entity Emergency {
  /// Federation id of whoever opened it, and who vouches for them.
  opener: String,
  provider: String,
  /// ORI of their agency; empty for those who have none.
  agency: String,
  /// What their agency is to the justice system.
  kind: String,
  /// The review of one of theirs is overdue.
  overdue: Bool,
};

";

const COPIES: &str = "/// What gateways keep of what one source said.
entity Copies {
  /// ORI of the agency that owns the source; empty where none does.
  agency: String,
  /// Name of the source.
  source: String,
};

";

/// The schema as text, in Cedar's own language.
#[must_use]
pub fn text(vocabulary: &Vocabulary) -> String {
    let mut out = head(vocabulary);
    for resource in vocabulary.resources.values() {
        entity(&mut out, resource);
    }
    let verbs = Verb::ALL.map(|verb| format!("{:?}", verb.name())).join(", ");
    _ = writeln!(out, "action {verbs};\n");
    for (class, id) in vocabulary.classes.iter().zip((0u8..).map(super::vocabulary::ClassId)) {
        let of = vocabulary.resources.values().filter(|resource| resource.classes.contains(&id));
        let of: Vec<&str> = of.map(|resource| &*resource.name).collect();
        if of.is_empty() {
            continue;
        }
        _ = writeln!(out, "/// Whatever one wants with data of class {class}.\naction {class:?};");
        for verb in Verb::ALL {
            let verb = verb.name();
            _ = writeln!(out, "action \"{verb}:{class}\" in [{verb:?}, {class:?}] appliesTo {{");
            _ = writeln!(out, "  principal: [User],\n  resource: [{}],\n  context: Asked,\n}};", of.join(", "));
        }
        out.push('\n');
    }
    out
}

/// The schema of what one does about an emergency, for the policies of the folder `break-glass`.
#[must_use]
pub fn acts_text(vocabulary: &Vocabulary) -> String {
    let mut out = head(vocabulary);
    out.push_str(EMERGENCY);
    out.push_str(COPIES);
    let acts = Act::ALL.map(|act| (act.name(), "Emergency"));
    for (act, of) in acts.into_iter().chain([(Copies::PURGE, "Copies")]) {
        _ = writeln!(out, "action {act:?} appliesTo {{");
        _ = writeln!(out, "  principal: [User],\n  resource: [{of}],\n  context: Asked,\n}};");
    }
    out
}

fn head(vocabulary: &Vocabulary) -> String {
    let quoted = |words: &mut dyn Iterator<Item = &str>| words.map(|word| format!("{word:?}")).collect::<Vec<_>>();
    let kinds = quoted(&mut vocabulary.kinds.iter().map(|kind| &**kind)).join(", ");
    let purposes = quoted(&mut PURPOSES.into_iter()).join(", ");
    HEAD.replace("@KINDS@", &kinds).replace("@PURPOSES@", &purposes)
}

fn entity(out: &mut String, resource: &Resource) {
    _ = writeln!(out, "entity {} {{", resource.name);
    for fact in &resource.facts {
        let ty = match fact.kind {
            FactKind::Truth => "Bool",
            FactKind::Number => "Long",
            FactKind::Text => "String",
            FactKind::Texts => "Set<String>",
        };
        _ = writeln!(out, "  {}{}: {ty},", fact.name, if fact.required { "" } else { "?" });
    }
    out.push_str("};\n\n");
}
