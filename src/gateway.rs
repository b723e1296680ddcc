//! Gateway: the stages, in order. The only file that knows all of them.

mod arrival;
mod emergency;
mod explain;
mod own;

pub use arrival::Arrival;
pub use emergency::Undone;
pub use explain::Explaining;

use crate::caller::Caller;
use crate::emergency::{Emergencies, SecondPerson, Terms};
use crate::error::{Code, Error, Refusal};
use crate::execute::{self, Results};
use crate::graph::{Graph, ViewId};
use crate::limits::Limits;
use crate::observe::{self, Event};
use crate::operation::{self, Documents};
use crate::plan::{self, Plan};
use crate::policy::{self, Permitted, Policies};
use crate::request::Request;
use crate::response::{self, Written};
use crate::seal::Seal;
use crate::source::Sources;
use arc_swap::ArcSwap;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Answers requests.
#[derive(Debug)]
pub struct Gateway {
    world: ArcSwap<World>,
    limits: Limits,
    emergencies: Arc<Emergencies>,
    /// One for each operation that may be under way.
    places: Semaphore,
}

/// Everything that a request is answered from, swapped whole on a reload.
#[derive(Debug)]
pub struct World {
    pub graph: Graph,
    pub policies: Policies,
    pub sources: Sources,
    documents: Documents,
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
}

/// What the stages gave.
#[derive(Debug)]
pub struct Answered {
    pub permitted: Permitted,
    pub plan: Arc<Plan>,
    pub results: Results,
    pub written: Written,
}

impl World {
    #[must_use]
    pub fn new(graph: Graph, policies: Policies, sources: Sources, limits: &Limits) -> Self {
        // As of the documents: each counts for its bytes, and at least for its share.
        let share = u32::try_from(limits.plans_bytes_kept / limits.plans_kept.max(1)).unwrap_or(u32::MAX);
        let plans = Cache::builder().max_capacity(limits.plans_bytes_kept);
        let plans = plans.weigher(move |_, (_, weight): &(_, u32)| share.max(*weight)).build();
        let documents = Documents::new(limits);
        Self { graph, policies, sources, documents, seal: Arc::new(Seal::random()), plans }
    }

    /// The same, with a seal that others have too.
    #[must_use]
    pub fn sealed(self, seal: Seal) -> Self {
        Self { seal: Arc::new(seal), ..self }
    }

    /// The graph as the caller's audience may ever ask it: everything, where there are no audiences.
    #[must_use]
    pub fn view(&self, caller: &Caller) -> ViewId {
        self.view_of(caller.agency_kind().name())
    }

    /// The same for a kind of agency.
    fn view_of(&self, kind: &str) -> ViewId {
        let own = self.graph.views.iter().skip(1).position(|view| *view.audience.name == *kind);
        own.and_then(|own| u16::try_from(own + 1).ok()).map_or_else(ViewId::default, ViewId)
    }

    /// The plan for what is permitted: kept, or built.
    #[must_use]
    pub fn plan(&self, permitted: &Permitted) -> Arc<Plan> {
        let operation = permitted.operation();
        let key = PlanKey {
            tree: operation.tree.id,
            arguments: operation.arguments.shape.as_slice().into(),
            decisions: permitted.decisions().shape().clone(),
            epoch: self.graph.epoch,
        };
        let build = || (Arc::new(plan::build(&self.graph, permitted)), operation.tree.weight());
        self.plans.get_with(key, build).0
    }
}

impl Gateway {
    #[must_use]
    pub fn new(world: World, limits: Limits) -> Self {
        let places = Semaphore::new(limits.operations_max);
        let emergencies = Arc::new(Emergencies::not_kept(Terms::new(SecondPerson::default(), &limits)));
        Self { world: ArcSwap::from_pointee(world), limits, emergencies, places }
    }

    /// The same, with emergencies that outlast the process.
    #[must_use]
    pub fn with_emergencies(self, emergencies: Emergencies) -> Self {
        Self { emergencies: Arc::new(emergencies), ..self }
    }

    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    #[must_use]
    pub fn world(&self) -> Arc<World> {
        self.world.load_full()
    }

    /// Answers one request, if there is a place for it.
    ///
    /// # Errors
    /// The refusal, where it was not executed; `OVERLOADED` where as many as may be are under way.
    pub async fn answer(
        &self,
        request: &Request,
        caller: &Caller,
        arrival: impl Into<Arrival>,
    ) -> Result<Written, Refusal> {
        let arrival = arrival.into();
        let outcome = match self.places.try_acquire() {
            Ok(_place) => self.stages(request, caller, arrival).await,
            Err(_) => Err(overloaded()),
        };
        match &outcome {
            Ok(answered) => observe::emit(&Event::Answered {
                operation: answered.permitted.operation().tree.name.as_deref().unwrap_or_default(),
                errors: answered.written.errors,
                bytes: answered.written.bytes.len(),
                elapsed: arrival.instant.elapsed(),
            }),
            Err(refusal) => {
                observe::emit(&Event::Refused { code: refusal.code().name(), elapsed: arrival.instant.elapsed() });
            }
        }
        outcome.map(|answered| answered.written)
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
        let (world, arrival) = (self.world.load(), arrival.into());
        let caller = &*self.in_emergency(caller, arrival.at)?;
        let deadline = arrival.instant + Duration::from_millis(self.limits.request_ms_max);

        let operation = operation::bind(&world.documents, &world.graph, world.view(caller), request, &self.limits)?;
        let permitted = policy::permit(&world.policies, &world.graph, caller, operation, arrival.at)?;
        let plan = world.plan(&permitted);
        let reach =
            execute::World { graph: &world.graph, sources: &world.sources, limits: &self.limits, seal: &world.seal };
        let results = execute::run(&plan, &permitted, reach, deadline).await;
        let written = response::write(&world.graph, &permitted, &plan, &results, &self.limits);
        Ok(Answered { permitted, plan, results, written })
    }
}

fn overloaded() -> Refusal {
    Error::new(Code::Overloaded, "the gateway has as many operations under way as it may")
        .hint("ask again in a moment")
        .into()
}
