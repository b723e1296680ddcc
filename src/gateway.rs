//! Gateway: the stages, in order. The only file that knows all of them.

mod arrival;
mod door;
mod emergency;
mod explain;
mod forms;
mod ledger;
mod own;
mod purge;
mod rates;
mod savings;

pub use arrival::Arrival;
pub use emergency::Undone;
pub use forms::told_form;
pub use own::Own;
pub use purge::{NotPurged, Purge, Purged, not_purged};
pub use rates::{Rate, Rates};
pub use savings::{Figure, Savings};

use self::door::Door;
use crate::caller::{Caller, Ori};
use crate::emergency::{Emergencies, SecondPerson, Terms};
use crate::error::{Code, Error, Refusal};
use crate::execute::{self, Results};
use crate::form::Form;
use crate::graph::{Graph, ViewId};
use crate::ledger::{Answer, Ending, Expected, Ledger, Occasion, Receipt, Unavailable};
use crate::limits::Limits;
use crate::observe::{self, Event};
use crate::operation::{self, Documents};
use crate::plan::{self, Plan};
use crate::policy::{self, Permitted, Policies};
use crate::prefill::{Prefilled, Prefills};
use crate::request::Request;
use crate::response::{self, Written};
use crate::seal::Seal;
use crate::source::Sources;
use arc_swap::ArcSwap;
use futures::FutureExt as _;
use moka::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::RwLock;

/// Answers requests.
#[derive(Debug)]
pub struct Gateway {
    world: ArcSwap<World>,
    ledger: Ledger,
    limits: Limits,
    emergencies: Arc<Emergencies>,
    savings: Savings,
    door: Door,
    /// How often those who proved nothing may ask; `None` where nobody counts.
    rates: Option<Rates>,
    /// Held by whoever leaves with an answer, so that a purge knows when those of before have left.
    leaving: RwLock<()>,
}

/// Everything that a request is answered from, swapped whole on a reload.
#[derive(Debug)]
pub struct World {
    pub graph: Arc<Graph>,
    pub policies: Policies,
    pub sources: Sources,
    documents: Documents,
    pub prefills: Prefills,
    /// What cursors are sealed with.
    seal: Arc<Seal>,
    /// Each with its weight.
    plans: Cache<PlanKey, (Arc<Plan>, u32)>,
}

/// Under what a plan serves again. The tree's id stands for the document, the operation's name, the view and the values of
/// `@skip` and `@include`; the graph's epoch for the files. A plan holds no caller's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PlanKey {
    tree: u64,
    arguments: Box<[u8]>,
    decisions: Arc<[u8]>,
    epoch: u64,
    recorded: bool,
}

/// What the stages gave.
#[derive(Debug)]
pub struct Answered {
    pub world: Arc<World>,
    pub permitted: Permitted,
    pub plan: Arc<Plan>,
    pub results: Results,
    pub written: Written,
    /// Of what was purged, as it was when the sources were asked.
    pub purges: Option<u64>,
    /// Where it was a form that was asked for.
    pub prefilled: Option<Prefilled>,
    /// Until it is on record; `None` where nothing is.
    pub expected: Option<Expected>,
}

/// An answer that is on record, so that it may leave.
#[derive(Debug)]
pub struct Released {
    pub bytes: Vec<u8>,
    /// Field errors of it.
    pub errors: usize,
    /// For [`Gateway::delivered`]; `None` where no ledger is kept.
    pub receipt: Option<Receipt>,
    /// Where it is a filled form: for [`Gateway::count`].
    pub prefilled: Option<Prefilled>,
    /// The id under which it is on record.
    pub decision: Option<String>,
}

/// An operation until it is on record how it ended.
struct Underway<'a> {
    ledger: &'a Ledger,
    request: &'a Request,
    caller: &'a Caller,
    arrival: Arrival,
    ended: bool,
}

impl World {
    #[must_use]
    pub fn new(graph: Graph, policies: Policies, sources: Sources, limits: &Limits) -> Self {
        // As of the documents: each counts for its bytes, and at least for its share.
        let share = u32::try_from(limits.plans_bytes_kept / limits.plans_kept.max(1)).unwrap_or(u32::MAX);
        let plans = Cache::builder().max_capacity(limits.plans_bytes_kept);
        let plans = plans.weigher(move |_, (_, weight): &(_, u32)| share.max(*weight)).build();
        let documents = Documents::new(limits);
        let (prefills, seal) = (Prefills::default(), Arc::new(Seal::random()));
        Self { graph: Arc::new(graph), policies, sources, documents, prefills, seal, plans }
    }

    /// The same, with a seal that others have too.
    #[must_use]
    pub fn sealed(self, seal: Seal) -> Self {
        Self { seal: Arc::new(seal), ..self }
    }

    /// The same, with forms of agencies.
    #[must_use]
    pub fn with_forms(self, forms: Vec<Form>) -> Self {
        Self { prefills: Prefills::new(forms, &self.graph), ..self }
    }

    /// The graph as the caller's audience may ever ask it: everything, where there are no audiences.
    #[must_use]
    pub fn view(&self, caller: &Caller) -> ViewId {
        self.view_of(caller.agency_kind().name())
    }

    /// Whether whoever asks may ever ask for a field.
    #[must_use]
    pub fn shows(&self, caller: &Caller, of: &str, field: &str) -> bool {
        let view = self.graph.views.get(usize::from(self.view(caller).0));
        view.is_some_and(|view| view.sdl.has(of, field, None))
    }

    /// As [`World::view`], for a kind of agency.
    fn view_of(&self, kind: &str) -> ViewId {
        let own = self.graph.views.iter().skip(1).position(|view| *view.audience.name == *kind);
        own.and_then(|own| u16::try_from(own + 1).ok()).map_or_else(ViewId::default, ViewId)
    }

    /// The plan for what is permitted: kept, or built. One that is recorded finds out whose the records are.
    #[must_use]
    pub fn plan(&self, permitted: &Permitted, recorded: bool) -> Arc<Plan> {
        let operation = permitted.operation();
        let key = PlanKey {
            tree: operation.tree.id,
            arguments: operation.arguments.shape.as_slice().into(),
            decisions: permitted.decisions().shape().clone(),
            epoch: self.graph.epoch,
            recorded,
        };
        let build = if recorded { plan::build_recorded } else { plan::build };
        let build = || (Arc::new(build(&self.graph, permitted)), operation.tree.weight());
        self.plans.get_with(key, build).0
    }
}

impl Gateway {
    #[must_use]
    pub fn new(world: World, ledger: Ledger, limits: Limits) -> Self {
        let door = Door::new(&limits);
        let emergencies = Arc::new(Emergencies::not_kept(Terms::new(SecondPerson::default(), &limits)));
        let (world, leaving, savings) = (ArcSwap::from_pointee(world), RwLock::new(()), Savings::default());
        Self { world, ledger, limits, emergencies, savings, door, rates: None, leaving }
    }

    /// The same, with emergencies that outlast the process.
    #[must_use]
    pub fn with_emergencies(self, emergencies: Emergencies) -> Self {
        Self { emergencies: Arc::new(emergencies), ..self }
    }

    /// The same, where those who proved nothing may ask so often.
    #[must_use]
    pub fn with_rates(self, rate: Rate) -> Self {
        Self { rates: Some(Rates::new(rate)), ..self }
    }

    /// The same, with counts that outlast the process.
    #[must_use]
    pub fn with_savings(self, savings: Savings) -> Self {
        Self { savings, ..self }
    }

    #[must_use]
    pub const fn savings(&self) -> &Savings {
        &self.savings
    }

    /// Counts what a form saved somebody who was given it.
    pub fn count(&self, released: &Released, caller: &Caller, arrival: Arrival) {
        if let Some(prefilled) = &released.prefilled {
            self.savings.count(prefilled, caller.agency().map(Ori::as_str), arrival.at);
        }
    }

    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    #[must_use]
    pub fn world(&self) -> Arc<World> {
        self.world.load_full()
    }

    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Answers one request, if there is a place for it: once it is on record how that ended.
    ///
    /// # Errors
    /// The refusal, where it was not executed; `OVERLOADED` where as many as may be are under way and no place is free in time, `LEDGER_UNAVAILABLE` where nothing can
    /// be put on record.
    pub async fn answer(
        &self,
        request: &Request,
        caller: &Caller,
        arrival: impl Into<Arrival>,
    ) -> Result<Released, Refusal> {
        let arrival = arrival.into();
        let mut underway = Underway { ledger: &self.ledger, request, caller, arrival, ended: false };
        let place = match self.let_in(caller, arrival) {
            Ok(()) => self.door.enter().await,
            Err(refusal) => Err(refusal),
        };
        let (outcome, place, _leaving) = match place {
            Ok(place) => {
                // In a box: nobody further up wants to know what all it waits for.
                let (outcome, leaving) = self.settled(request, caller, arrival).boxed().await;
                (outcome, Some(place), Some(leaving))
            }
            Err(refusal) => (Err(refusal), None, None),
        };
        drop(place);
        underway.ended = true;
        self.release(request, caller, arrival, outcome).await
    }

    /// Whoever proved who they are may ask as often as there are places.
    fn let_in(&self, caller: &Caller, arrival: Arrival) -> Result<(), Refusal> {
        match &self.rates {
            Some(rates) if !caller.is_proved() => rates.take(caller.address(), arrival.instant),
            _ => Ok(()),
        }
    }

    /// Puts on record how an operation ended, and lets out what came of it.
    ///
    /// # Errors
    /// The refusal; `LEDGER_UNAVAILABLE` where it can't be put on record.
    pub async fn release(
        &self,
        request: &Request,
        caller: &Caller,
        arrival: Arrival,
        outcome: Result<Answered, Refusal>,
    ) -> Result<Released, Refusal> {
        match &outcome {
            Ok(answered) => observe::emit(&Event::Answered {
                errors: answered.written.errors,
                bytes: answered.written.bytes.len(),
                elapsed: arrival.instant.elapsed(),
            }),
            Err(refusal) => {
                observe::emit(&Event::Refused { code: refusal.code().name(), elapsed: arrival.instant.elapsed() });
            }
        }
        let underway = Underway { ledger: &self.ledger, request, caller, arrival, ended: true };
        let receipt = observe::stage("record").within(underway.end(&outcome)).await?;
        let Answered { written: Written { bytes, errors, decision, .. }, prefilled, .. } = outcome?;
        Ok(Released { bytes, errors, receipt, prefilled, decision })
    }

    /// Puts on record that a request was refused before anybody proved who they are, or that it could be read at all.
    pub async fn turned_away(
        &self,
        request: Option<&Request>,
        address: Option<IpAddr>,
        refusal: &Refusal,
        arrival: Arrival,
    ) {
        let took = arrival.instant.elapsed();
        observe::emit(&Event::Refused { code: refusal.code().name(), elapsed: took });
        let occasion = Occasion { request, caller: None, address, took };
        self.ledger.turned_away(&occasion, refusal).await;
    }

    /// The stages in order; nothing else decides what happens next. One clock reading, taken at arrival, serves them all.
    ///
    /// # Errors
    /// The refusal, where it was not executed.
    pub async fn stages(
        &self,
        request: &Request,
        caller: &Caller,
        arrival: impl Into<Arrival>,
    ) -> Result<Answered, Refusal> {
        let (world, arrival) = (self.world.load_full(), arrival.into());
        let mut expected = self.ledger.expect();
        let caller = &*self.in_emergency(caller, arrival.at)?;
        let deadline = arrival.instant + Duration::from_millis(self.limits.request_ms_max);

        let view = world.view(caller);
        let bind = |request: &Request| {
            let _stage = observe::stage("bind");
            operation::bind(&world.documents, &world.graph, view, request, &self.limits)
        };
        let operation = bind(request)?;
        let filling = world.prefills.asked(&world.graph, view, &operation)?;
        let operation = filling.as_ref().map_or(Ok(operation), |filling| bind(&filling.request()))?;
        let stage = observe::stage("permit");
        let permitted = policy::permit(&world.policies, &world.graph, caller, operation, arrival.at)?;
        drop(stage);
        let stage = observe::stage("plan");
        let plan = world.plan(&permitted, self.ledger.is_kept());
        drop(stage);
        let purges = world.sources.purges();
        let reach = execute::World {
            graph: &world.graph,
            sources: &world.sources,
            limits: &self.limits,
            seal: &world.seal,
            age_max_s: request.max_age_s,
        };
        let stage = observe::stage("run");
        let run = stage.within(execute::run(&plan, &permitted, reach, deadline));
        let results = match &mut expected {
            Some(expected) => expected.during(run).await,
            None => run.await,
        };
        drop(stage);
        let stage = observe::stage("write");
        let written = response::write(&world.graph, &permitted, &plan, &results, &self.limits, self.ledger.decision());
        let (written, prefilled) = match filling {
            Some(filling) => filling.filled(&world.graph, &permitted, written, arrival.at),
            None => (written, None),
        };
        drop(stage);
        Ok(Answered { world, permitted, plan, results, written, purges, prefilled, expected })
    }
}

impl Underway<'_> {
    fn occasion(&self) -> Occasion<'_> {
        let (caller, address) = (Some(self.caller), self.caller.address());
        Occasion { request: Some(self.request), caller, address, took: self.arrival.instant.elapsed() }
    }

    /// Puts on record how it ended.
    ///
    /// # Errors
    /// Where that can't be: nothing may leave.
    async fn end(&self, outcome: &Result<Answered, Refusal>) -> Result<Option<Receipt>, Refusal> {
        let occasion = self.occasion();
        let ending = match outcome {
            Ok(answered) => Ending::Answered(Answer {
                graph: &answered.world.graph,
                policies: &answered.world.policies,
                permitted: &answered.permitted,
                written: &answered.written,
            }),
            Err(refusal) if !self.caller.is_proved() => {
                self.ledger.turned_away(&occasion, refusal).await;
                return Ok(None);
            }
            Err(refusal) => Ending::Refused(refusal),
        };
        let recorded = match self.ledger.record(&occasion, &ending).await {
            Err(Unavailable::Length) => {
                let refusal = too_much();
                _ = self.ledger.record(&occasion, &Ending::Refused(&refusal)).await.map_err(unrecorded)?;
                return Err(refusal);
            }
            recorded => recorded,
        };
        recorded.map_err(unrecorded)
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.ledger.left(&self.occasion());
        }
    }
}

fn unrecorded(why: Unavailable) -> Refusal {
    observe::emit(&Event::NotRecorded { why: &why.to_string() });
    Error::new(Code::LedgerUnavailable, "the answer could not be put on record, so it was not given")
        .hint("ask again in a moment")
        .into()
}

fn too_much() -> Refusal {
    Error::new(Code::Limit, "the answer has more records than one ledger entry may")
        .hint("ask for fewer records or fields")
        .into()
}
