//! Random graphs, policies, callers and records, and the plainest interpreter of them that there could be.

use crate::graph::FactKind;
use crate::policy::schema::PURPOSES;
use crate::policy::{Asking, Said, Scalar};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Numbers that look random, the same for the same start (xorshift64*).
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % most
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn odds(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

pub const KINDS: [&str; 3] = ["COURT", "POLICE", "PUBLIC"];
pub const CLASSES: [&str; 3] = ["PUB", "PII", "PSI"];
const ROLES: [&str; 3] = ["clerk", "judge", "patrol"];
pub const TEXTS: [&str; 4] = ["a", "b", "ab", "MT1"];

/// A type of records: its facts with their kinds, and whether each must be said.
pub struct Type {
    pub name: String,
    pub facts: Vec<(String, FactKind, bool)>,
}

pub struct World {
    pub types: Vec<Type>,
    pub policies: Vec<Policy>,
}

pub struct Policy {
    pub id: String,
    pub forbids: bool,
    pub kind: Option<&'static str>,
    pub actions: Vec<String>,
    pub on: usize,
    pub when: E,
    pub unless: Option<E>,
}

/// An expression of a policy.
#[derive(Clone, Debug)]
pub enum E {
    Truth(bool),
    Number(i64),
    Text(&'static str),
    Fact(String),
    /// The fact, or a text where the record does not say it.
    FactOr(String, &'static str),
    HasFact(String),
    Agency,
    Sworn,
    BarOr(&'static str),
    HasBar,
    Certifications,
    In(&'static str, &'static str),
    Purpose(&'static str),
    Reason,
    CaseOr(&'static str),
    Not(Box<E>),
    Two(&'static str, Box<E>, Box<E>),
    Call(&'static str, Box<E>, Box<E>),
    IsEmpty(Box<E>),
    Set(Vec<E>),
    If(Box<E>, Box<E>, Box<E>),
    Like(Box<E>, &'static str),
}

impl World {
    pub fn new(chance: &mut Chance) -> Self {
        let types: Vec<Type> = (0..=chance.below(2))
            .map(|n| {
                let fact = |n: usize, chance: &mut Chance| {
                    let kinds = [
                        FactKind::Truth,
                        FactKind::Truth,
                        FactKind::Number,
                        FactKind::Text,
                        FactKind::Text,
                        FactKind::Texts,
                    ];
                    let kind = chance.one(&kinds);
                    let required = matches!(kind, FactKind::Truth | FactKind::Texts) || chance.odds(2);
                    (format!("f{n}"), kind, required)
                };
                Type { name: format!("T{n}"), facts: (0..=chance.below(4)).map(|n| fact(n, chance)).collect() }
            })
            .collect();
        let mut world = Self { types, policies: Vec::new() };
        for n in 0..3 + chance.below(6) {
            let on = chance.below(world.types.len());
            let policy = Policy {
                id: format!("p{n}"),
                forbids: chance.odds(3),
                kind: chance.odds(3).then(|| chance.one(&KINDS)),
                actions: actions(chance),
                on,
                when: world.truth(chance, on, 3),
                unless: chance.odds(3).then(|| world.truth(chance, on, 2)),
            };
            world.policies.push(policy);
        }
        world
    }

    /// The graph as SDL.
    pub fn graph(&self) -> String {
        let arguments: Vec<String> = (0..4).map(|n| format!("f{n}: String")).collect();
        let mut text = format!(
            "enum AgencyKind {{ {} }}\nenum DataClass {{ {} }}\ndirective @facts({}) on OBJECT\ntype Query {{ t: T0 }}\n",
            KINDS.join(" "),
            CLASSES.join(" "),
            arguments.join(", ")
        );
        for ty in &self.types {
            let facts: Vec<String> = ty.facts.iter().map(|(name, ..)| format!("{name}: \"{name}\"")).collect();
            _ = write!(
                text,
                "type {} @facts({}) @data(class: [PUB]) {{\n  x: Int @data(class: [PII])\n  y: Int @data(class: [PSI])\n",
                ty.name,
                facts.join(", ")
            );
            for (name, kind, required) in &ty.facts {
                let ty = match kind {
                    FactKind::Truth => "Boolean",
                    FactKind::Number => "Int",
                    FactKind::Text => "String",
                    FactKind::Texts => "[String!]",
                };
                _ = writeln!(text, "  {name}: {ty}{}", if *required { "!" } else { "" });
            }
            text += "}\n";
        }
        text
    }

    /// The policies in Cedar's language, but for those that are left out.
    pub fn cedar(&self, without: &[String]) -> String {
        let mut text = String::new();
        for policy in self.policies.iter().filter(|policy| !without.contains(&policy.id)) {
            let principal =
                policy.kind.map_or("principal".to_owned(), |kind| format!("principal in AgencyKind::\"{kind}\""));
            let actions: Vec<String> = policy.actions.iter().map(|action| format!("Action::\"{action}\"")).collect();
            _ = write!(
                text,
                "@id(\"{}\") @cite(\"x\") @review(\"x\")\n{}({principal}, action in [{}], resource is {})\nwhen {{ {} }}",
                policy.id,
                if policy.forbids { "forbid" } else { "permit" },
                actions.join(", "),
                self.types[policy.on].name,
                policy.when.cedar()
            );
            if let Some(unless) = &policy.unless {
                _ = write!(text, "\nunless {{ {} }}", unless.cedar());
            }
            text += ";\n";
        }
        text
    }

    fn truth(&self, chance: &mut Chance, on: usize, depth: usize) -> E {
        let boxed = Box::new;
        if depth == 0 || chance.odds(6) {
            return self.plain_truth(chance, on);
        }
        match chance.below(9) {
            0 => E::Not(boxed(self.truth(chance, on, depth - 1))),
            1 | 2 => E::Two("&&", boxed(self.truth(chance, on, depth - 1)), boxed(self.truth(chance, on, depth - 1))),
            3 | 4 => E::Two("||", boxed(self.truth(chance, on, depth - 1)), boxed(self.truth(chance, on, depth - 1))),
            5 => {
                let operator = chance.one(&["==", "!=", "<", "<=", ">", ">="]);
                E::Two(operator, boxed(self.number(chance, on, depth - 1)), boxed(self.number(chance, on, depth - 1)))
            }
            6 => {
                let operator = chance.one(&["==", "!="]);
                E::Two(operator, boxed(self.text(chance, on, depth - 1)), boxed(self.text(chance, on, depth - 1)))
            }
            7 => match chance.below(5) {
                0 => E::Call("contains", boxed(self.texts(chance, on)), boxed(self.text(chance, on, depth - 1))),
                1 => E::Call("containsAll", boxed(self.texts(chance, on)), boxed(self.texts(chance, on))),
                2 => E::Call("containsAny", boxed(self.texts(chance, on)), boxed(self.texts(chance, on))),
                3 => E::Two("==", boxed(self.texts(chance, on)), boxed(self.texts(chance, on))),
                _ => E::IsEmpty(boxed(self.texts(chance, on))),
            },
            _ => match chance.below(2) {
                0 => E::If(
                    boxed(self.truth(chance, on, depth - 1)),
                    boxed(self.truth(chance, on, depth - 1)),
                    boxed(self.truth(chance, on, depth - 1)),
                ),
                _ => {
                    E::Like(boxed(self.text(chance, on, depth - 1)), chance.one(&["a*", "*b", "*", "MT*", "a", "*a*b"]))
                }
            },
        }
    }

    fn plain_truth(&self, chance: &mut Chance, on: usize) -> E {
        let facts = self.types[on].facts.iter();
        let flags: Vec<&String> =
            facts.clone().filter(|(_, kind, _)| *kind == FactKind::Truth).map(|(name, ..)| name).collect();
        let optional: Vec<&String> = facts.filter(|(.., required)| !required).map(|(name, ..)| name).collect();
        match chance.below(8) {
            0..=2 if !flags.is_empty() => E::Fact(chance.one(&flags).clone()),
            3 if !optional.is_empty() => E::HasFact(chance.one(&optional).clone()),
            4 => E::Sworn,
            5 => E::In("AgencyKind", chance.one(&KINDS)),
            6 => E::In("Role", chance.one(&ROLES)),
            7 => E::Reason,
            0 => E::HasBar,
            1 => E::Purpose(chance.one(&PURPOSES)),
            2 => E::Purpose("C"),
            _ => E::Truth(chance.odds(2)),
        }
    }

    fn number(&self, chance: &mut Chance, on: usize, depth: usize) -> E {
        let facts = self.types[on].facts.iter().filter(|(_, kind, required)| *kind == FactKind::Number && *required);
        let facts: Vec<&String> = facts.map(|(name, ..)| name).collect();
        match chance.below(5) {
            0 | 1 if !facts.is_empty() => E::Fact(chance.one(&facts).clone()),
            2 if depth > 0 => {
                let operator = chance.one(&["+", "-", "*"]);
                E::Two(
                    operator,
                    Box::new(self.number(chance, on, depth - 1)),
                    Box::new(self.number(chance, on, depth - 1)),
                )
            }
            3 => E::Number(chance.one(&[i64::MAX, i64::MAX - 1, i64::MAX / 2])),
            _ => E::Number(chance.below(4).try_into().unwrap()),
        }
    }

    fn text(&self, chance: &mut Chance, on: usize, depth: usize) -> E {
        let facts: Vec<&(String, FactKind, bool)> =
            self.types[on].facts.iter().filter(|(_, kind, _)| *kind == FactKind::Text).collect();
        match chance.below(7) {
            0..=2 if !facts.is_empty() => {
                let (name, _, required) = chance.one(&facts);
                if *required { E::Fact(name.clone()) } else { E::FactOr(name.clone(), chance.one(&TEXTS)) }
            }
            3 => E::Agency,
            4 => E::BarOr(chance.one(&TEXTS)),
            5 => E::CaseOr(chance.one(&TEXTS)),
            6 if depth > 0 => E::If(
                Box::new(self.truth(chance, on, depth - 1)),
                Box::new(self.text(chance, on, depth - 1)),
                Box::new(self.text(chance, on, depth - 1)),
            ),
            _ => E::Text(chance.one(&TEXTS)),
        }
    }

    fn texts(&self, chance: &mut Chance, on: usize) -> E {
        let facts = self.types[on].facts.iter().filter(|(_, kind, _)| *kind == FactKind::Texts);
        let facts: Vec<&String> = facts.map(|(name, ..)| name).collect();
        match chance.below(5) {
            0 | 1 if !facts.is_empty() => E::Fact(chance.one(&facts).clone()),
            2 => E::Certifications,
            3 => E::Fact("closed".into()),
            _ => E::Set((0..=chance.below(3)).map(|_| self.text(chance, on, 0)).collect()),
        }
    }

    pub fn asking(chance: &mut Chance) -> Asking {
        let some = |chance: &mut Chance| chance.odds(2).then(|| Arc::<str>::from(chance.one(&TEXTS)));
        let roles: Vec<Arc<str>> = ROLES.iter().filter(|_| chance.odds(2)).map(|role| Arc::from(*role)).collect();
        let certifications: Vec<Arc<str>> =
            TEXTS.iter().filter(|_| chance.odds(2)).map(|one| Arc::from(*one)).collect();
        Asking {
            user: "u".into(),
            agency: chance.one(&TEXTS).into(),
            kind: chance.one(&KINDS).into(),
            roles: roles.into(),
            bar: some(chance),
            certifications: certifications.into(),
            sworn: chance.odds(2),
            purpose: chance.one(&["C", "D", "PUBLIC"]).into(),
            reason: chance.odds(2),
            case_ref: some(chance),
            ..Asking::default()
        }
    }

    /// What a record says: `missing` leaves out some of what it should say.
    pub fn record(&self, chance: &mut Chance, on: usize, missing: bool) -> BTreeMap<String, V> {
        let mut record = BTreeMap::new();
        record.insert("closed".to_owned(), V::Texts(texts(chance)));
        for (name, kind, required) in &self.types[on].facts {
            if chance.odds(3) && (missing || !required) {
                continue;
            }
            record.insert(name.clone(), value(chance, *kind));
        }
        record
    }
}

pub fn value(chance: &mut Chance, kind: FactKind) -> V {
    match kind {
        FactKind::Truth => V::Truth(chance.odds(2)),
        FactKind::Number => V::Number(chance.one(&[0, 1, 2, 3, i64::MAX, i64::MIN])),
        FactKind::Text => V::Text(chance.one(&TEXTS).to_owned()),
        FactKind::Texts => V::Texts(texts(chance)),
    }
}

fn texts(chance: &mut Chance) -> Vec<String> {
    let mut all: Vec<String> = TEXTS.iter().filter(|_| chance.odds(3)).map(|&text| text.to_owned()).collect();
    all.sort();
    all
}

fn actions(chance: &mut Chance) -> Vec<String> {
    let one = |chance: &mut Chance| match chance.below(4) {
        0 => chance.one(&["disclose", "exist"]).to_owned(),
        1 => chance.one(&CLASSES).to_owned(),
        _ => format!("{}:{}", chance.one(&["disclose", "exist"]), chance.one(&CLASSES)),
    };
    (0..=chance.below(3)).map(|_| one(chance)).collect()
}

/// A value, of a record or while an expression is worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum V {
    Truth(bool),
    Number(i64),
    Text(String),
    /// Sorted, each once.
    Texts(Vec<String>),
}

impl V {
    pub fn said(&self) -> Said<'_> {
        match self {
            Self::Truth(truth) => Said::One(Scalar::Truth(*truth)),
            Self::Number(number) => Said::One(Scalar::Number(*number)),
            Self::Text(text) => Said::One(Scalar::Text(text)),
            Self::Texts(all) => Said::Many(all.iter().map(|text| Scalar::Text(text)).collect()),
        }
    }

    fn truth(&self) -> bool {
        matches!(self, Self::Truth(true))
    }
}

impl E {
    pub fn cedar(&self) -> String {
        match self {
            Self::Truth(truth) => truth.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("{text:?}"),
            Self::Fact(name) => format!("resource.{name}"),
            Self::FactOr(name, other) => format!("(if resource has {name} then resource.{name} else {other:?})"),
            Self::HasFact(name) => format!("resource has {name}"),
            Self::Agency => "principal.agency".into(),
            Self::Sworn => "principal.sworn".into(),
            Self::BarOr(other) => format!("(if principal has bar then principal.bar else {other:?})"),
            Self::HasBar => "principal has bar".into(),
            Self::Certifications => "principal.certifications".into(),
            Self::In(ty, id) => format!("principal in {ty}::{id:?}"),
            Self::Purpose(id) => format!("context.purpose == Purpose::{id:?}"),
            Self::Reason => "context.reason".into(),
            Self::CaseOr(other) => format!("(if context has caseRef then context.caseRef else {other:?})"),
            Self::Not(of) => format!("!({})", of.cedar()),
            Self::Two(operator, left, right) => format!("(({}) {operator} ({}))", left.cedar(), right.cedar()),
            Self::Call(method, left, right) => format!("({}).{method}({})", left.cedar(), right.cedar()),
            Self::IsEmpty(of) => format!("({}).isEmpty()", of.cedar()),
            Self::Set(all) => format!("[{}]", all.iter().map(Self::cedar).collect::<Vec<_>>().join(", ")),
            Self::If(test, yes, no) => format!("(if {} then {} else {})", test.cedar(), yes.cedar(), no.cedar()),
            Self::Like(of, pattern) => format!("({}) like {pattern:?}", of.cedar()),
        }
    }

    /// `None` where it can't be worked out.
    fn value(&self, asking: &Asking, record: &BTreeMap<String, V>) -> Option<V> {
        let value = |of: &Self| of.value(asking, record);
        let text = |text: &str| Some(V::Text(text.to_owned()));
        Some(match self {
            Self::Truth(truth) => V::Truth(*truth),
            Self::Number(number) => V::Number(*number),
            Self::Text(said) => return text(said),
            Self::Fact(name) => return record.get(name).cloned(),
            Self::FactOr(name, other) => return record.get(name).cloned().or_else(|| text(other)),
            Self::HasFact(name) => V::Truth(record.contains_key(name)),
            Self::Agency => return text(&asking.agency),
            Self::Sworn => V::Truth(asking.sworn),
            Self::BarOr(other) => return text(asking.bar.as_deref().unwrap_or(other)),
            Self::HasBar => V::Truth(asking.bar.is_some()),
            Self::Certifications => V::Texts(asking.certifications.iter().map(ToString::to_string).collect()).sorted(),
            Self::In("AgencyKind", id) => V::Truth(*asking.kind == **id),
            Self::In(_, id) => V::Truth(asking.roles.iter().any(|role| **role == **id)),
            Self::Purpose(id) => V::Truth(*asking.purpose == **id),
            Self::Reason => V::Truth(asking.reason),
            Self::CaseOr(other) => return text(asking.case_ref.as_deref().unwrap_or(other)),
            Self::Not(of) => V::Truth(!value(of)?.truth()),
            Self::Two("&&", left, right) => V::Truth(value(left)?.truth() && value(right)?.truth()),
            Self::Two("||", left, right) => V::Truth(value(left)?.truth() || value(right)?.truth()),
            Self::Two(operator, left, right) => return two(operator, &value(left)?, &value(right)?),
            Self::Call(method, left, right) => {
                let V::Texts(all) = value(left)? else { return None };
                V::Truth(match (*method, value(right)?) {
                    ("contains", V::Text(one)) => all.contains(&one),
                    ("containsAll", V::Texts(of)) => of.iter().all(|one| all.contains(one)),
                    ("containsAny", V::Texts(of)) => of.iter().any(|one| all.contains(one)),
                    _ => return None,
                })
            }
            Self::IsEmpty(of) => V::Truth(value(of)? == V::Texts(Vec::new())),
            Self::Set(all) => {
                let all: Option<Vec<String>> = all
                    .iter()
                    .map(|one| match value(one)? {
                        V::Text(text) => Some(text),
                        _ => None,
                    })
                    .collect();
                V::Texts(all?).sorted()
            }
            Self::If(condition, yes, no) => return if value(condition)?.truth() { value(yes) } else { value(no) },
            Self::Like(of, pattern) => {
                let V::Text(text) = value(of)? else { return None };
                V::Truth(like(&text, pattern))
            }
        })
    }
}

impl V {
    fn sorted(self) -> Self {
        let Self::Texts(mut all) = self else { return self };
        all.sort();
        all.dedup();
        Self::Texts(all)
    }
}

fn two(operator: &str, left: &V, right: &V) -> Option<V> {
    Some(match (operator, left, right) {
        ("==", ..) => V::Truth(left == right),
        ("!=", ..) => V::Truth(left != right),
        ("<", V::Number(left), V::Number(right)) => V::Truth(left < right),
        ("<=", V::Number(left), V::Number(right)) => V::Truth(left <= right),
        (">", V::Number(left), V::Number(right)) => V::Truth(left > right),
        (">=", V::Number(left), V::Number(right)) => V::Truth(left >= right),
        ("+", V::Number(left), V::Number(right)) => V::Number(left.checked_add(*right)?),
        ("-", V::Number(left), V::Number(right)) => V::Number(left.checked_sub(*right)?),
        ("*", V::Number(left), V::Number(right)) => V::Number(left.checked_mul(*right)?),
        _ => return None,
    })
}

/// By trying every split: the texts are short.
fn like(text: &str, pattern: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|at| like(&text[at..], &pattern[1..])),
        Some(c) => text.starts_with(c) && like(&text[1..], &pattern[1..]),
    }
}

impl World {
    /// Whether the policies allow it, by looking at each in turn. A policy that can't be worked out denies.
    pub fn allows(
        &self,
        without: &[String],
        on: usize,
        action: (&str, &str),
        asking: &Asking,
        record: &BTreeMap<String, V>,
    ) -> bool {
        let (verb, class) = action;
        let full = format!("{verb}:{class}");
        let (mut granted, mut denied) = (false, false);
        for policy in self.policies.iter().filter(|policy| !without.contains(&policy.id)) {
            let named = policy.actions.iter().any(|named| *named == full || named == verb || named == class);
            if !named || policy.on != on || policy.kind.is_some_and(|kind| *asking.kind != *kind) {
                continue;
            }
            let when = policy.when.value(asking, record).map(|value| value.truth());
            let holds = match (when, &policy.unless) {
                (Some(true), Some(unless)) => unless.value(asking, record).map(|value| !value.truth()),
                (when, _) => when,
            };
            match holds {
                None => return false,
                Some(true) if policy.forbids => denied = true,
                Some(true) => granted = true,
                Some(false) => {}
            }
        }
        granted && !denied
    }
}
