//! Behind: what has to be known of records before they are decided on, and does not stand in them. Whose they are, and facts that another
//! source holds.
//!
//! Whose a record is, is known without a call where the record above is the same person's, or where the record holds the person's id. Where
//! it holds a system's own number the crosswalk leads back; where the way goes through another record, that is fetched.

use super::build::{Builder, Offer};
use super::keying::key_columns;
use super::{FetchId, columns::types_of};
use crate::graph::{Binding, Entry, FieldId, LinkFeed, LinkKeys, Mapping, Mode, Role, TypeId, Via};
use crate::policy::FactFrom;
use crate::record::{Layout, Needs, What};
use crate::source::{Fetch, Way};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is behind the records of a fetch that have this concrete type.
#[derive(Debug)]
pub struct Behind {
    pub on: TypeId,
    pub subject: SubjectBy,
    /// Positions and names of facts, and the trail on which they are said: those that the same links lead to together.
    pub facts: Vec<(Vec<Named>, Trail)>,
}

/// A fact that a trail ends at.
#[derive(Debug)]
pub struct Named {
    pub position: u8,
    pub name: Arc<str>,
    /// It is two values of one record: two ends of the trail.
    pub joined: bool,
}

/// How it is found out whose records are.
#[derive(Debug)]
pub enum SubjectBy {
    /// Nobody's, or it can't be found out, or nobody has to know.
    Nobody,
    /// Those of whose the record above each is: the link leads back along the way to the subject.
    Above,
    /// The record has it, or it leads there.
    Trail(Trail),
}

/// A way from a record to something that has to be known of it.
#[derive(Debug)]
pub enum Trail {
    /// To the key of a record that need not be fetched for it.
    Key(KeyAt),
    /// To values in the record, each through objects within it: a column each.
    Values(Vec<Vec<u32>>),
    /// On from other records. `many`: there may be several, so all who have some must say so.
    Over { many: bool, legs: Vec<Leg> },
}

/// The key of another record.
#[derive(Debug, Clone)]
pub struct KeyAt {
    /// Of the record that has it: a column a part.
    pub columns: Vec<u32>,
    /// Crosswalks to go through from what stands there, each to numbers or keys by this name.
    pub crosses: Vec<(FetchId, Arc<str>)>,
}

/// One source of the records that a trail leads over.
#[derive(Debug)]
pub struct Leg {
    pub key: KeyAt,
    pub fetch: FetchId,
    pub on: TypeId,
    /// What the fetch is given besides keys. Of the schema, never of a caller.
    pub given: Arc<Map<String, Value>>,
    /// It is asked for what others could not be asked for.
    pub stands_in: bool,
    /// What nobody may know of says nothing: its records are decided on.
    pub decided: bool,
    pub then: Trail,
}

/// Where a trail ends.
#[derive(Clone, Copy)]
enum End<'e> {
    /// At the key of what the last link leads to.
    Key,
    /// At values of the last record.
    Values(&'e [&'e [FieldId]]),
}

impl Trail {
    /// How many things it leads to.
    #[must_use]
    pub fn ends(&self) -> usize {
        match self {
            Self::Key(_) => 1,
            Self::Values(paths) => paths.len(),
            Self::Over { legs, .. } => legs.first().map_or(0, |leg| leg.then.ends()),
        }
    }
}

/// Facts that the same links lead to.
struct Together<'f> {
    via: &'f [Via],
    facts: Vec<Named>,
    paths: Vec<&'f [FieldId]>,
}

/// Records of which a trail starts, or goes on.
#[derive(Clone, Copy)]
struct Here<'h> {
    binding: &'h Binding,
    layout: &'h Layout,
}

impl<'a> Builder<'a> {
    /// The columns from which it is found out what is behind records of a type.
    pub fn gather_behind(&self, needs: &mut Needs, binding: &Binding, feed: (FieldId, LinkFeed), on: TypeId) {
        let graph = self.asked.graph;
        if self.subjects && !graph.has_subject_above(feed.0, feed.1, on) {
            if graph.is_subject(on) {
                needs.add_key(graph, on);
            } else if let Some(first) = graph.object(on).and_then(|object| object.subject.first()) {
                self.asked.gather_field(needs, &binding.shape, *first, None);
            }
        }
        let facts = self.asked.decisions.judged(on).map(|judged| judged.facts.as_slice()).unwrap_or_default();
        for fact in facts {
            if let FactFrom::Elsewhere { via, .. } = &fact.from
                && let Some(first) = via.first()
            {
                self.asked.gather_field(needs, &binding.shape, first.field, None);
            }
        }
    }

    /// What is behind the records of a fetch that a link is fed by.
    pub fn behind(&mut self, fetch: FetchId, link: FieldId, feed: LinkFeed, offer: &Offer<'a>) {
        if self.plan.behind.contains_key(&fetch) {
            return;
        }
        let binding = self.asked.graph.binding(feed.binding);
        let here = Here { binding, layout: &offer.layout };
        let mut all = Vec::new();
        for on in types_of(self.asked.graph, binding) {
            let subject = self.subject_by(here, (link, feed), on);
            let behind = Behind { on, subject, facts: self.facts(here, on) };
            if !matches!(behind.subject, SubjectBy::Nobody) || !behind.facts.is_empty() {
                all.push(behind);
            }
        }
        if !all.is_empty() {
            self.plan.behind.insert(fetch, all);
        }
    }

    fn subject_by(&mut self, here: Here<'_>, (link, feed): (FieldId, LinkFeed), on: TypeId) -> SubjectBy {
        let graph = self.asked.graph;
        if !self.subjects || graph.subject_of(on).is_none() {
            return SubjectBy::Nobody;
        }
        if graph.has_subject_above(link, feed, on) {
            return SubjectBy::Above;
        }
        let way = if graph.is_subject(on) { Some(&[][..]) } else { graph.object(on).map(|object| &*object.subject) };
        let steps: Vec<Via> =
            way.unwrap_or_default().iter().map(|field| Via { field: *field, given: Arc::default() }).collect();
        self.trail(here, on, &steps, End::Key).map_or(SubjectBy::Nobody, SubjectBy::Trail)
    }

    fn facts(&mut self, here: Here<'_>, on: TypeId) -> Vec<(Vec<Named>, Trail)> {
        let judged = self.asked.decisions.judged(on);
        let mut together: Vec<Together<'_>> = Vec::new();
        for fact in judged.into_iter().flat_map(|judged| &judged.facts) {
            let FactFrom::Elsewhere { via, path, with, name, .. } = &fact.from else { continue };
            let known = together.iter().position(|together| together.via == via);
            let at = known.unwrap_or_else(|| {
                together.push(Together { via, facts: Vec::new(), paths: Vec::new() });
                together.len() - 1
            });
            if let Some(together) = together.get_mut(at) {
                let joined = !with.is_empty();
                together.facts.push(Named { position: fact.position, name: Arc::clone(name), joined });
                together.paths.push(path);
                together.paths.extend(Some(with.as_slice()).filter(|_| joined));
            }
        }
        let trails = together.into_iter().filter_map(|Together { via, facts, paths }| {
            let trail = self.trail(here, on, via, End::Values(&paths))?;
            Some((facts, trail))
        });
        trails.collect()
    }

    /// Recursion is bounded by the length of the way as the schema has it.
    fn trail(&mut self, here: Here<'_>, on: TypeId, steps: &[Via], end: End<'_>) -> Option<Trail> {
        let graph = self.asked.graph;
        match (steps, end) {
            ([], End::Key) => {
                let columns = key_columns(graph, here.layout, on)?;
                Some(Trail::Key(KeyAt { columns, crosses: Vec::new() }))
            }
            ([], End::Values(paths)) => {
                paths.iter().map(|path| here.layout.path(path)).collect::<Option<_>>().map(Trail::Values)
            }
            ([last], End::Key) if self.is_reference(last.field) => Some(Trail::Key(self.held_key(here, last.field)?)),
            ([first, second, rest @ ..], _) if self.is_reference(first.field) && !self.is_reference(second.field) => {
                // The key is all that the second link needs of the record in between.
                let key = self.held_key(here, first.field)?;
                let forth = |builder: &mut Self, feed| builder.forth(key.clone(), second.field, feed);
                let many = graph.field(first.field).ty.wrap.is_list();
                Some(match self.over(second, rest, end, forth)? {
                    Trail::Over { many: several, legs } => Trail::Over { many: many || several, legs },
                    other => other,
                })
            }
            ([first, rest @ ..], _) if self.is_reference(first.field) => {
                let key = self.held_key(here, first.field)?;
                self.over(first, rest, end, |_, _| Some(key.clone()))
            }
            ([first, rest @ ..], _) => {
                let columns = key_columns(graph, here.layout, on)?;
                let key = KeyAt { columns, crosses: Vec::new() };
                self.over(first, rest, end, |builder, feed| builder.forth(key.clone(), first.field, feed))
            }
        }
    }

    fn is_reference(&self, field: FieldId) -> bool {
        matches!(&self.asked.graph.field(field).role, Role::Link(link) if matches!(link.keys, LinkKeys::Reference { .. }))
    }

    /// The key that a link field of the record holds.
    fn held_key(&mut self, here: Here<'_>, field: FieldId) -> Option<KeyAt> {
        let Mapping::Reference { parts, crosswalk, .. } = here.binding.shape.mapping(field)? else { return None };
        let parts = u8::try_from(parts.len()).ok()?;
        let columns = (0..parts).map(|part| here.layout.position(What::Part(field, part))).collect::<Option<_>>()?;
        let crosses = match crosswalk {
            Some(system) => vec![self.cross(self.asked.graph.field(field).ty.named, system, true)?],
            None => Vec::new(),
        };
        Some(KeyAt { columns, crosses })
    }

    /// The key of a record, as the source of a feed knows it.
    fn forth(&mut self, mut key: KeyAt, link: FieldId, feed: LinkFeed) -> Option<KeyAt> {
        let graph = self.asked.graph;
        let Entry::By(by) = feed.entry else { return None };
        if let Some(system) = &graph.binding(feed.binding).by.get(usize::from(by))?.crosswalk {
            key.crosses.push(self.cross(graph.field(link).parent, system, false)?);
        }
        Some(key)
    }

    fn cross(&mut self, entity: TypeId, system: &Arc<str>, back: bool) -> Option<(FetchId, Arc<str>)> {
        let mut crosswalks = self.asked.graph.crosswalks.iter().enumerate();
        let (crosswalk, found) = crosswalks.find(|(_, crosswalk)| crosswalk.entity == entity)?;
        let (source, systems) = (found.source, vec![Arc::clone(system)]);
        let way = Way::Crosswalk { crosswalk, systems, back };
        let layout = Arc::new(Layout::crosswalk());
        let fetch = self.push_fetch(Fetch::new(source, way, layout, Vec::new()));
        Some((fetch, Arc::clone(system)))
    }

    /// Over all sources of a link; none of them may lack what the rest of the way needs.
    fn over(
        &mut self,
        step: &Via,
        rest: &[Via],
        end: End<'_>,
        key: impl Fn(&mut Self, LinkFeed) -> Option<KeyAt>,
    ) -> Option<Trail> {
        let graph = self.asked.graph;
        let field = graph.field(step.field);
        let Role::Link(link) = &field.role else { return None };
        let golden = |feed: &LinkFeed| graph.source(graph.binding(feed.binding).source).golden;
        let stands_in = field.data.mode == Mode::LiveThenGolden && !link.feeds.iter().all(golden);
        let mut legs = Vec::with_capacity(link.feeds.len());
        for feed in &link.feeds {
            let binding = graph.binding(feed.binding);
            let key = key(self, *feed)?;
            let layout = Arc::new(Layout::of(graph, binding, &self.needs(binding, rest, end)));
            let then = self.trail(Here { binding, layout: &layout }, binding.on, rest, end)?;
            let (source, way) = (binding.source, Way::Binding(feed.binding, feed.entry));
            let given = step.given.keys().map(|name| Arc::from(name.as_str())).collect();
            let fetch = self.push_fetch(Fetch::new(source, way, layout, given).fresh_as(&field.data));
            let stands_in = stands_in && golden(feed);
            let (given, decided) = (Arc::clone(&step.given), matches!(end, End::Values(_)));
            legs.push(Leg { key, fetch, on: binding.on, given, stands_in, decided, then });
        }
        Some(Trail::Over { many: field.ty.wrap.is_list(), legs })
    }

    /// The columns with which a trail goes on from records, or ends.
    fn needs(&self, binding: &Binding, steps: &[Via], end: End<'_>) -> Needs {
        let graph = self.asked.graph;
        let mut needs = Needs::default();
        match (steps, end) {
            ([first, ..], _) => self.asked.gather_field(&mut needs, &binding.shape, first.field, None),
            ([], End::Key) => needs.add_key(graph, binding.on),
            ([], End::Values(paths)) => paths.iter().for_each(|path| needs.add_path(path)),
        }
        if let End::Values(_) = end {
            self.asked.gather_facts(&mut needs, binding.on);
        }
        needs
    }
}
