//! Ask: what several places of a plan want of one source at the same time, asked once.
//!
//! A `Question` gathers the slots that share a fetch. Their keys go out together, each once; every asker then finds its own
//! records in the one answer. Keys that a crosswalk leads back to are looked up before, all of them in one statement a crosswalk.

use super::behind::{Holder, Unknown};
use super::keys::{Held, Keyed, Keying, united};
use super::level::{Admitted, Fed, Level, Translated};
use super::pages::Sought;
use super::{Run, tell};
use crate::graph::binding::ConditionOf;
use crate::graph::{Condition, FieldId, SourceKind, TypeId, value_at};
use crate::observe;
use crate::operation::SelectionId;
use crate::plan::{FetchId, KeyColumns, KeySlot, KeysOf, NodeId, Page, Slot};
use crate::policy::{Disclosed, Known, LaneId, admit};
use crate::record::{Keys, Raw, read_node_id};
use crate::source::{Age, Answer, Call, Cut, Fetch, Identity, Reason, Way};
use futures::future::join_all;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::OnceCell;

/// One slot that wants to be fed.
pub struct Asker<'p> {
    pub slot: &'p Slot,
    pub selection: Option<SelectionId>,
    /// Where its keys are.
    pub holder: &'p Level,
    /// What each item of the holder says about being asked for this at all.
    pub lane: Option<LaneId>,
    /// Of a connection: how its records are cut.
    pub page: Option<&'p Page>,
    pub field: Option<FieldId>,
}

/// Slots that share a fetch and say the same besides their keys.
pub struct Question<'p> {
    fetch: FetchId,
    askers: Vec<Asker<'p>>,
    /// Whoever wants it first asks; the others wait for the same.
    answered: OnceCell<Vec<Got>>,
}

/// What one asker got.
struct Got {
    held: Held,
    answer: Option<Admitted>,
}

/// One call that is about to go out: a fetch for the records of a type, by these keys, for whom.
pub struct Calling<'a> {
    pub fetch: FetchId,
    /// Of records that are decided on by themselves.
    pub on: Option<TypeId>,
    pub keys: &'a Keys<'a>,
    pub arguments: Option<&'a Map<String, Value>>,
    pub holders: &'a [Holder<'a>],
}

/// What came of it: the answer, what of it may be shown, and the keys of which that could not be found out.
pub struct Came {
    pub answer: Answer,
    pub records: Disclosed,
    pub unknown: Unknown,
}

impl Came {
    /// The keys of records that are hidden since they can't be decided on: what they hang on can't be read, or could not be found out.
    fn undecided(&self) -> Unknown {
        if !self.records.has_undecided() {
            return Unknown::default();
        }
        let of = |key| {
            let lost = self.answer.groups.of(key).iter().find_map(|at| self.records.undecided(*at));
            Some((key, lost?.into()))
        };
        (0_u32..).take(self.answer.groups.starts.len()).filter_map(of).collect()
    }
}

/// Where an asker finds what it got: its question, and its number there.
pub type Ticket = Option<(usize, usize)>;

/// Keys, and the level that they were collected from.
pub type Wanting<'l> = (Keyed<'l>, &'l Level);

/// A question, an asker of it, and a slot of the asker's holder.
type Spot = (usize, usize, usize);

/// Keys of the same columns of the same level, which several questions often ask by.
#[derive(Default)]
struct Collected<'p>(Mutex<Vec<(&'p Level, &'p KeyColumns, Keyed<'p>)>>);

impl<'p> Collected<'p> {
    fn keyed(&self, holder: &'p Level, columns: &'p KeyColumns, collect: impl Fn() -> Keyed<'p>) -> Keyed<'p> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(of, by, _): &&(&Level, &KeyColumns, Keyed<'p>)| std::ptr::eq(*of, holder) && *by == columns;
        if let Some((.., keyed)) = all.iter().find(same) {
            return keyed.clone();
        }
        let keyed = collect();
        all.push((holder, columns, keyed.clone()));
        keyed
    }
}

/// The numbers of other systems that lead back to keys.
#[derive(Default)]
struct Backs(Vec<(Spot, Translated)>);

impl<'p> Run<'p> {
    /// Adds an asker to the question that it has in common with others, or to a new one.
    pub(super) fn wish(&self, questions: &mut Vec<Question<'p>>, asker: Asker<'p>) -> Ticket {
        let fetch = asker.slot.fetch?;
        let arguments = self.arguments(asker.selection)?;
        if let Some(page) = asker.page {
            // A cursor that nobody gave leads nowhere, so nobody is asked.
            self.cut(page, asker.field, asker.selection)?;
        }
        if !self.answers_for(fetch, arguments) {
            return None;
        }
        let same = |question: &Question<'_>| {
            let given = &self.plan.fetch(fetch).given;
            let other = question.askers.first().and_then(|other| self.arguments(other.selection));
            question.fetch == fetch
                && other
                    .is_some_and(|other| given.iter().all(|name| value_at(other, name) == value_at(arguments, name)))
        };
        let known = questions.iter().position(same);
        let number = known.unwrap_or(questions.len());
        if let Some(question) = questions.get_mut(number) {
            question.askers.push(asker);
            return Some((number, question.askers.len() - 1));
        }
        questions.push(Question { fetch, askers: vec![asker], answered: OnceCell::new() });
        Some((number, 0))
    }

    /// The type of the one record that a node of the plan is asked for by its id.
    pub(super) fn node_type(&self, id: NodeId) -> Option<TypeId> {
        let node = self.plan.node(id);
        let found = node.slots.iter().find_map(|slot| match &slot.keys {
            KeysOf::NodeId { argument, .. } => self.arguments(node.selection)?.get(&**argument)?.as_str(),
            _ => None,
        });
        self.world.graph.type_named(&read_node_id(found?)?.0)
    }

    fn conditions(&self, fetch: &Fetch) -> &'p [Condition] {
        match &fetch.way {
            Way::Binding(binding, entry) => self.world.graph.binding(*binding).given(*entry).1,
            Way::Crosswalk { .. } => &[],
        }
    }

    /// Parts of a key that must have one of some values; a source is not asked for others.
    pub(super) fn conditions_on_parts(&self, fetch: &Fetch) -> Vec<(usize, &'p [Arc<str>])> {
        let of_part = |condition: &'p Condition| match condition.of {
            ConditionOf::Part(part) => Some((usize::from(part), &*condition.values)),
            ConditionOf::Argument(_) => None,
        };
        self.conditions(fetch).iter().filter_map(of_part).collect()
    }

    /// Whether a source has anything to say where these arguments are given.
    pub(super) fn answers_for(&self, fetch: FetchId, arguments: &Map<String, Value>) -> bool {
        self.conditions(self.plan.fetch(fetch)).iter().all(|condition| match &condition.of {
            ConditionOf::Argument(path) => value_at(arguments, path).is_none_or(|value| {
                let text = value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed);
                condition.values.iter().any(|known| **known == *text)
            }),
            ConditionOf::Part(_) => true,
        })
    }

    /// The coerced arguments of a selection; none where they are wrong, and an empty map where there can't be any.
    pub(super) fn arguments(&self, selection: Option<SelectionId>) -> Option<&'p Map<String, Value>> {
        static NO_ARGUMENTS: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        match selection.and_then(|id| self.permitted.operation().arguments.get(id)) {
            Some(Ok(arguments)) => Some(arguments),
            Some(Err(_)) => None,
            None => Some(&NO_ARGUMENTS),
        }
    }

    /// Asks everything, and does what follows at each place as soon as the questions that it wants by their numbers are answered.
    pub(super) async fn ask_all(
        &self,
        questions: &[Question<'p>],
        places: impl Iterator<Item = (Vec<usize>, impl Future<Output = ()>)>,
    ) {
        let (backs, collected) = (&OnceCell::new(), &Collected::default());
        let followed = places.map(|(wanted, then)| async move {
            join_all(wanted.into_iter().map(|number| self.answered(number, questions, backs, collected))).await;
            then.await;
        });
        join_all(followed).await;
    }

    async fn answered(
        &self,
        number: usize,
        questions: &[Question<'p>],
        backs: &OnceCell<Backs>,
        collected: &Collected<'p>,
    ) {
        let Some(question) = questions.get(number) else { return };
        let ask = || async {
            let none = Backs::default();
            let backs = if question.leads_back() { backs.get_or_init(|| self.backs(questions)).await } else { &none };
            self.question(number, question, backs, (questions.len() > 1).then_some(collected)).await
        };
        question.answered.get_or_init(ask).await;
    }

    /// What an asker got, once its question is answered.
    pub(super) fn fed<'q>(&self, questions: &'q [Question<'p>], ticket: Ticket) -> Fed<'q> {
        let found = ticket.and_then(|(question, asker)| {
            let question = questions.get(question)?;
            Some((self.plan.fetch(question.fetch).source, question.answered.get()?.get(asker)?))
        });
        match found {
            Some((source, got)) => Fed { held: &got.held, source: Some(source), answer: got.answer.clone() },
            None => Fed::NOTHING,
        }
    }

    async fn question(
        &self,
        number: usize,
        question: &Question<'p>,
        backs: &Backs,
        collected: Option<&Collected<'p>>,
    ) -> Vec<Got> {
        let keyed = question.askers.iter().enumerate().map(|(asker, asked)| match &asked.slot.keys {
            KeysOf::None => Keyed::find(asked.holder.items.len()),
            KeysOf::Arguments(names) => {
                self.arguments(asked.selection).map_or_else(Keyed::default, |given| Keyed::of_arguments(names, given))
            }
            KeysOf::NodeId { argument, of, parts } => {
                let id = self.arguments(asked.selection).and_then(|given| given.get(&**argument)?.as_str());
                Keyed::of_node(id.and_then(read_node_id), of, *parts)
            }
            KeysOf::Columns(columns) => {
                let is_spared =
                    |item: &usize| asked.holder.spares(asked.slot, *item) || asked.holder.withholds(*item, asked.lane);
                let spared: Vec<usize> = (0..asked.holder.items.len()).filter(is_spared).collect();
                let collect = || keyed(columns, asked.holder, &spared, |slot| backs.of((number, asker, slot)));
                match collected.filter(|_| spared.is_empty() && columns.is_of_records()) {
                    Some(collected) => collected.keyed(asked.holder, columns, collect),
                    None => collect(),
                }
            }
        });
        let first = question.askers.first();
        let arguments = first.and_then(|asked| self.arguments(asked.selection));
        let sought = first.and_then(|asked| self.sought(asked, self.plan.fetch(question.fetch)));
        let finds = question.askers.iter().any(|asked| matches!(asked.slot.keys, KeysOf::None));
        let fetch = self.plan.fetch(question.fetch);
        // What completes records is decided with them.
        let on = first.filter(|asked| asked.selection.is_some()).and_then(|_| match &fetch.way {
            Way::Binding(binding, _) => Some(self.world.graph.binding(*binding).on),
            Way::Crosswalk { .. } => None,
        });
        let parts = self.conditions_on_parts(fetch);
        let keyed = keyed.map(|keyed| if parts.is_empty() { keyed } else { keyed.only(&parts) });
        let holders = question.askers.iter().map(|asked| asked.holder);
        let mut askers: Vec<Wanting<'_>> = keyed.zip(holders).collect();
        for (asked, wanting) in question.askers.iter().zip(&mut askers) {
            self.alone(asked.slot, wanting).await;
        }
        self.together((question.fetch, on), askers, (arguments, sought.as_ref()), finds).await
    }

    /// Leaves out the numbers of another system that several have, where what it has under them is said of one.
    async fn alone(&self, slot: &Slot, (keyed, holder): &mut Wanting<'_>) {
        let KeysOf::Columns(KeyColumns { through: Some((_, system)), .. }) = &slot.keys else { return };
        let Some(back) = slot.alone.filter(|_| !keyed.keys.is_empty()) else { return };
        for translated in self.cross(back, vec![(keyed.clone(), *holder)]).await {
            keyed.held.fail(&translated.shared(system));
        }
    }

    /// One call for the keys of several askers; one for each where they are too many together.
    async fn together(
        &self,
        (fetch, on): (FetchId, Option<TypeId>),
        askers: Vec<Wanting<'_>>,
        given: (Option<&Map<String, Value>>, Option<&Sought<'_>>),
        finds: bool,
    ) -> Vec<Got> {
        let count: usize = askers.iter().map(|(keyed, _)| keyed.keys.len()).sum();
        if count <= self.world.limits.keys_max {
            return self.call((fetch, on), askers, given, finds).await;
        }
        let calls = askers.into_iter().map(|alone| self.call((fetch, on), vec![alone], given, finds));
        join_all(calls).await.into_iter().flatten().collect()
    }

    async fn call(
        &self,
        (fetch, on): (FetchId, Option<TypeId>),
        askers: Vec<Wanting<'_>>,
        (arguments, sought): (Option<&Map<String, Value>>, Option<&Sought<'_>>),
        finds: bool,
    ) -> Vec<Got> {
        let (keys, mut holders) = united(askers);
        let mut answer = None;
        if finds || !keys.is_empty() {
            let call = Calling { fetch, on, keys: &keys, arguments, holders: &holders };
            let came = match sought {
                Some(sought) => self.filled(&call, sought).await,
                None => self.admitted(&call, None).await,
            };
            let undecided = came.undecided();
            for (held, _) in &mut holders {
                held.fail(&came.unknown);
                held.tell(&undecided);
            }
            answer = Some(Arc::new((came.answer, came.records)));
        }
        holders.into_iter().map(|(held, _)| Got { held, answer: answer.clone() }).collect()
    }

    /// What a source answers, and what of it may be shown.
    pub(super) async fn admitted(&self, call: &Calling<'_>, cut: Option<&Cut>) -> Came {
        let mut answer = self.ask_within(self.plan.fetch(call.fetch), call.keys, (call.arguments, cut), true).await;
        match self.known(call, &answer).await {
            Ok((known, unknown)) => {
                let records = self.admit(call, &answer, known);
                // Old records of which none may be shown say nothing: whoever may not know of them must not learn that there are any.
                answer.give_up(|found| found.iter().any(|at| records.shows(*at)));
                Came { answer, records, unknown }
            }
            Err(reason) => {
                // What is not known to be open is not shown.
                let answer = unknown(self.plan.fetch(call.fetch), call.keys.len(), &reason);
                let records = self.admit(call, &answer, Known::default());
                Came { answer, records, unknown: Unknown::new() }
            }
        }
    }

    /// The records of an answer, decided on by what is known of them.
    pub(super) fn admit(&self, call: &Calling<'_>, answer: &Answer, known: Known) -> Disclosed {
        let raw = Arc::clone(&answer.raw);
        admit(self.permitted, self.world.graph, call.on, raw, &answer.groups.at, known)
    }

    /// What is decided by: never older than the graph says.
    pub(super) async fn ask(
        &self,
        fetch: &Arc<Fetch>,
        keys: &Keys<'_>,
        given: (Option<&Map<String, Value>>, Option<&Cut>),
    ) -> Answer {
        self.ask_within(fetch, keys, given, false).await
    }

    async fn ask_within(
        &self,
        fetch: &Arc<Fetch>,
        keys: &Keys<'_>,
        (arguments, page): (Option<&Map<String, Value>>, Option<&Cut>),
        stale: bool,
    ) -> Answer {
        if keys.len() > self.world.limits.keys_max {
            let nothing = Raw::empty(fetch.layout.clone(), fetch.source);
            return Answer::failed(nothing, keys.len(), &Reason::Limit("keys_max"));
        }
        // The gateway's own part answers about who asks; every other source is asked by the gateway itself.
        let identity = match self.world.graph.source(fetch.source).kind {
            SourceKind::Native => Identity::OnBehalf(Arc::new(self.permitted.caller().viewer(self.permitted.at()))),
            _ => Identity::Service,
        };
        let none = Map::new();
        let arguments = arguments.unwrap_or(&none);
        let age = Age { max_s: self.world.age_max_s, stale };
        let (deadline, untraced) = (self.deadline, self.permitted.is_untraced());
        let call = Call { fetch, keys, arguments, identity, deadline, page, age, untraced };
        let start = Instant::now();
        let span = observe::fetch(&self.world.graph.source(fetch.source).name, keys.len());
        let answer = span.within(self.world.sources.fetch(self.world.graph, call)).await;
        span.fetched(answer.calls, answer.groups.at.len(), answer.failed.len());
        drop(span);
        tell(&self.world.graph.source(fetch.source).name, keys.len(), &answer, start.elapsed());
        answer
    }

    /// Takes the keys of several places through one crosswalk, in one statement.
    pub(super) async fn cross(&self, fetch: FetchId, askers: Vec<Wanting<'_>>) -> Vec<Translated> {
        let source = self.plan.fetch(fetch).source;
        let got = self.together((fetch, None), askers, (None, None), false).await;
        got.into_iter().map(|Got { held, answer }| Translated { held, answer, source }).collect()
    }

    /// Every number of another system that some asker has instead of a key, taken back through the crosswalks at the same time.
    async fn backs(&self, questions: &[Question<'p>]) -> Backs {
        let mut wanted: Vec<(FetchId, Vec<Spot>, Vec<Wanting<'_>>)> = Vec::new();
        for (number, question) in questions.iter().enumerate() {
            for (asker, asked) in question.askers.iter().enumerate() {
                let KeysOf::Columns(columns) = &asked.slot.keys else { continue };
                for (slot, held) in columns.slots.iter().enumerate() {
                    let Some(KeySlot { columns: parts, back: Some((fetch, _)), .. }) = held else { continue };
                    let items = asked.holder.items.len();
                    let mut local = Keying::new(parts.len(), items, items);
                    let withheld = (0..items).filter(|item| asked.holder.withholds(*item, asked.lane));
                    withheld.for_each(|item| local.spare(item));
                    local.collect(asked.holder, slot, columns.on, parts);
                    let found = wanted.iter().position(|(known, ..)| known == fetch).unwrap_or_else(|| {
                        wanted.push((*fetch, Vec::new(), Vec::new()));
                        wanted.len() - 1
                    });
                    if let Some((_, places, keyed)) = wanted.get_mut(found) {
                        places.push((number, asker, slot));
                        keyed.push((local.finish(), asked.holder));
                    }
                }
            }
        }
        let crossed = wanted.into_iter().map(|(fetch, places, keyed)| async move {
            places.into_iter().zip(self.cross(fetch, keyed).await).collect::<Vec<_>>()
        });
        Backs(join_all(crossed).await.into_iter().flatten().collect())
    }
}

impl Question<'_> {
    fn leads_back(&self) -> bool {
        let back = |slot: &Slot| match &slot.keys {
            KeysOf::Columns(columns) => columns.slots.iter().flatten().any(|held| held.back.is_some()),
            _ => false,
        };
        self.askers.iter().any(|asked| back(asked.slot))
    }
}

impl Backs {
    fn of(&self, place: Spot) -> Option<&Translated> {
        self.0.iter().find(|(known, _)| *known == place).map(|(_, translated)| translated)
    }
}

/// The answer of a source of which it is not known what may be shown of it.
fn unknown(fetch: &Fetch, keys: usize, reason: &Reason) -> Answer {
    Answer::failed(Raw::empty(fetch.layout.clone(), fetch.source), keys.max(1), reason)
}

/// The numbers of the questions that tickets are for.
pub fn questions(tickets: &[Ticket]) -> impl Iterator<Item = Option<usize>> {
    tickets.iter().map(|ticket| ticket.map(|(question, _)| question))
}

/// The keys that the items of a level hold, but for those that are spared.
pub fn keyed<'l, 'b>(
    columns: &KeyColumns,
    holder: &'l Level,
    spared: &[usize],
    back: impl Fn(usize) -> Option<&'b Translated>,
) -> Keyed<'l> {
    let items = holder.items.len();
    let mut keying = Keying::new(columns.parts, items, items);
    for item in spared {
        keying.spare(*item);
    }
    if let Some((position, system)) = &columns.through {
        if let Some(translated) = holder.translated.get().and_then(|all| all.get(*position)) {
            keying.absorb(translated, system);
        }
        return keying.finish();
    }
    let mut slots: Vec<(usize, &KeySlot)> =
        columns.slots.iter().enumerate().filter_map(|(slot, held)| Some((slot, held.as_ref()?))).collect();
    slots.sort_by_key(|(_, held)| held.rank);
    for (slot, held) in slots {
        match &held.back {
            None => keying.collect(holder, slot, columns.on, &held.columns),
            Some((_, system)) => {
                if let Some(translated) = back(slot) {
                    keying.absorb(translated, system);
                }
            }
        }
    }
    keying.finish()
}
