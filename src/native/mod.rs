//! Native: what the gateway itself knows, as a GraphQL schema of its own.
//!
//! Written with async-graphql and joined into the graph as one more GraphQL source, in process: the same plan, policy and
//! writer as for an agency's API. It knows nothing of justice, and of the gateway only what it is handed in a `Program`: what there is to
//! tell, and small traits for what has to be worked out. Who asks it is told with each question.

mod catalog;
mod class;
mod disclosure;
mod explain;
mod form;
mod purge;
mod sdl;
mod viewer;

pub use catalog::{Catalog, Limit, Source};
pub use disclosure::{
    Beyond, DisclosedRecord, Disclosure, Disclosures, LedgerWhere, Looked, Person as NativePerson, Span, Unreadable,
};
pub use explain::{Explain, ExplainedField, Explanation, Persona, PolicyRule, QueryProblem, Question};
pub use form::{
    BookingRef, FieldState, FillSummary, FilledBlock, FilledField, FilledForm, FilledFrom, Form, FormBlock, FormField,
    OtherValue, Saving, Savings, SavingsBy,
};

pub use purge::{NotPurged, Purge, PurgedSource, Unwanted};

use crate::viewer::Viewer;
use async_graphql::{Context, EmptySubscription, Error, ID, Object, Result, Schema, Variables};
use catalog::Gateway;
use class::{DataClass, data};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// What the rest of the program does for the gateway's own part. `gateway` and `command` fulfil it.
#[derive(Clone, Default)]
pub struct Program {
    pub catalog: Catalog,
    /// `None` where there is nobody who could.
    pub explain: Option<Arc<dyn Explain>>,
    /// `None` where no ledger is kept.
    pub disclosures: Option<Arc<dyn Disclosures>>,
    /// `None` where nobody counts them.
    pub savings: Option<Arc<dyn Savings>>,
    /// `None` where there is nobody who could.
    pub purge: Option<Arc<dyn Purge>>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    Beyond(Beyond),
    NotPurged(NotPurged),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond(beyond) => beyond.fmt(f),
            Self::NotPurged(why) => write!(f, "not purged: {why:?}"),
        }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("catalog", &self.catalog).finish_non_exhaustive()
    }
}

impl From<Catalog> for Program {
    fn from(catalog: Catalog) -> Self {
        Self { catalog, explain: None, disclosures: None, savings: None, purge: None }
    }
}

/// Root of the gateway's own part.
struct Query(Program);

#[Object]
impl Query {
    /// Every system that the gateway asks, in the order of its files.
    async fn sources(&self) -> &[Source] {
        &self.0.catalog.sources
    }

    /// Who asks, as the gateway understood it, and what they state about this request.
    async fn viewer(&self, context: &Context<'_>) -> viewer::Viewer {
        viewer::Viewer::of(who(context).unwrap_or(&Viewer::default()))
    }

    /// What whoever asks would get for a query, field by field, and by which rules; for auditors also what somebody else would get, of
    /// the whole graph. Nothing is fetched for it.
    async fn explain_access(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The query, as text.")] query: String,
        #[graphql(desc = "Values of its variables, as JSON.")] variables: Option<String>,
        #[graphql(desc = "Whom it is asked as.", name = "as", directive = data::apply(vec![DataClass::Audit]))]
        persona: Option<Persona>,
    ) -> Explanation {
        let question = Question { query, variables, persona };
        let explain = self.0.explain.as_ref().zip(who(context));
        explain.map(|(explain, viewer)| explain.explain(question, viewer)).unwrap_or_default()
    }

    /// Who was given something of these persons, 20 at the most: of each the latest first. More than 10,000 of one are `LIMIT`: ask for a
    /// shorter time.
    #[graphql(directive = data::apply(vec![DataClass::Audit]))]
    async fn disclosures_of(
        &self,
        #[graphql(desc = "Ids of golden records.")] persons: Vec<ID>,
        #[graphql(desc = "That instant and later: RFC 3339 in UTC, or the beginning of one, `2026-11`.")] from: Option<
            String,
        >,
        #[graphql(desc = "Before that instant.")] to: Option<String>,
    ) -> Result<Option<Vec<Disclosure>>> {
        if persons.len() > PERSONS_MAX {
            return Err(Error::new_with_source(Unanswered::Beyond(Beyond("disclosures_persons_max"))));
        }
        let mut all = Vec::new();
        let span = Span { from, to };
        for person in persons {
            let Some(found) = self.all_of(Looked::OfPerson(person.0, span.clone())).await? else {
                return Ok(None);
            };
            all.extend(found);
        }
        Ok(Some(all))
    }

    /// Who was given a record: whom to tell after a correction (44-5-215 MCA). The latest first. More than 10,000 are `LIMIT`: ask for a
    /// shorter time.
    #[graphql(directive = data::apply(vec![DataClass::Audit]))]
    async fn recipients_of(
        &self,
        #[graphql(desc = "The name of its type, `CourtCase`.", name = "type")] on: String,
        #[graphql(desc = "The parts of its key, with a space between them.")] key: ID,
        #[graphql(desc = "That instant and later: RFC 3339 in UTC, or the beginning of one, `2026-11`.")] from: Option<
            String,
        >,
        #[graphql(desc = "Before that instant.")] to: Option<String>,
    ) -> Result<Option<Vec<Disclosure>>> {
        self.all_of(Looked::OfRecord(on, key.0, Span { from, to })).await
    }

    /// What whoever asks was given before: the latest first.
    async fn my_disclosures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1,000 or fewer.", default = 50)] first: i32,
        #[graphql(desc = "Go on after the one with this id.")] after: Option<ID>,
    ) -> Result<Option<Vec<Disclosure>>> {
        let Some(viewer) = who(context) else { return Ok(None) };
        // Without a provider nobody proved who they are.
        let Some(provider) = viewer.provider.as_deref() else { return Ok(None) };
        let (user, provider) = (Some(viewer.user.to_string()), Some(provider.to_owned()));
        self.page(LedgerWhere { user, provider, ..LedgerWhere::default() }, first, after).await
    }

    /// Every operation, refused ones too: the latest first.
    #[graphql(directive = data::apply(vec![DataClass::Audit]))]
    async fn ledger(
        &self,
        #[graphql(desc = "What to look for; everything where it is left out.", name = "where")] wanted: Option<
            LedgerWhere,
        >,
        #[graphql(desc = "How many, 1,000 or fewer.", default = 50)] first: i32,
        #[graphql(desc = "Go on after the one with this id.")] after: Option<ID>,
    ) -> Result<Option<Vec<Disclosure>>> {
        self.page(wanted.unwrap_or_default(), first, after).await
    }

    /// Agencies' forms that can be filled, in the order of their ids.
    async fn forms(&self) -> &[Form] {
        &self.0.catalog.forms
    }

    /// One form; null where there is none of that id.
    async fn form(&self, id: ID) -> Option<&Form> {
        self.0.catalog.forms.iter().find(|form| form.id == id)
    }

    /// A form, filled for one person, booking or case with what whoever asks may have: one operation, one entry of the ledger. It is asked for
    /// alone: nothing may stand beside it. What may not be had, or is not known, is to be typed.
    async fn prefill(
        &self,
        #[graphql(desc = "Id of the form.")] form: ID,
        #[graphql(desc = "Id of a golden record.")] person: Option<ID>,
        #[graphql(desc = "A stay in a jail.")] booking: Option<BookingRef>,
        #[graphql(desc = "Number of a case.")] case: Option<ID>,
    ) -> Option<FilledForm> {
        // The gateway answers it before anybody is asked: where it does not, there are no forms.
        drop((form, person, booking, case));
        None
    }

    /// What filled forms have saved: counted without a person, by month.
    async fn savings(
        &self,
        #[graphql(desc = "The first month, `2026-01`.")] from: String,
        #[graphql(desc = "The last month, `2026-12`.")] to: String,
        #[graphql(desc = "What they are put together by.", default_with = "SavingsBy::Form")] by: SavingsBy,
    ) -> Option<Vec<Saving>> {
        self.0.savings.as_ref().map(|savings| savings.savings(&from, &to, by))
    }

    /// The gateway's version and limits.
    async fn gateway(&self) -> Gateway {
        Gateway::of(&self.0.catalog)
    }
}

/// Root of what has an effect.
struct Mutation(Option<Arc<dyn Purge>>);

#[Object]
impl Mutation {
    /// Ends the copies that gateways keep of what sources said: of one source, or of a record, with which everything of its sources goes. It is
    /// on record before it is done, and what came of it after that. Once this is answered, no gateway has anything of it.
    #[graphql(directive = data::apply(vec![DataClass::Copies]))]
    async fn purge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The name of a source, as in provenance.")] source: Option<String>,
        #[graphql(desc = "The name of a record's type: `Person`, `CourtCase`.", name = "type")] of: Option<String>,
        #[graphql(desc = "The parts of its key, with a space between them.")] key: Option<ID>,
    ) -> Result<Option<Vec<PurgedSource>>> {
        let viewer =
            context.data_opt::<Arc<Viewer>>().map(Arc::clone).ok_or_else(|| not_purged(NotPurged::Forbidden))?;
        let what = Unwanted::named(source, of, key.map(|id| id.0)).ok_or_else(|| not_purged(NotPurged::Unclear))?;
        let purge = self.0.as_ref().ok_or_else(|| not_purged(NotPurged::NotTold))?;
        purge.purge(what, viewer).await.map(Some).map_err(not_purged)
    }
}

fn not_purged(why: NotPurged) -> Error {
    Error::new_with_source(Unanswered::NotPurged(why))
}

/// Disclosures of a person or a record that are told at once.
const DISCLOSURES_MAX: u32 = 10_000;
/// Operations that are looked through at once. Who asks is shown 1,000 or fewer of them: the gateway asks for more, where some may not be
/// shown.
const LOOKED_THROUGH_MAX: u32 = 100_000;
/// Persons that are asked about at once.
const PERSONS_MAX: usize = 20;

impl Query {
    /// All that fit: nobody takes a part of them for all.
    async fn all_of(&self, looked: Looked) -> Result<Option<Vec<Disclosure>>> {
        let found = self.disclosures(looked, DISCLOSURES_MAX + 1).await?;
        if found.as_ref().is_some_and(|found| found.len() > DISCLOSURES_MAX as usize) {
            return Err(Error::new_with_source(Unanswered::Beyond(Beyond("disclosures_max"))));
        }
        Ok(found)
    }

    async fn page(&self, wanted: LedgerWhere, first: i32, after: Option<ID>) -> Result<Option<Vec<Disclosure>>> {
        let most = u32::try_from(first).unwrap_or(0).min(LOOKED_THROUGH_MAX);
        self.disclosures(Looked::Ledger(wanted, after.map(|id| id.0)), most).await
    }

    async fn disclosures(&self, looked: Looked, most: u32) -> Result<Option<Vec<Disclosure>>> {
        let Some(ledger) = &self.0.disclosures else { return Ok(None) };
        let found = ledger.find(looked, most).await;
        found.map(Some).map_err(|why| match why {
            Unreadable::Ledger => "the ledger can't be read now".into(),
            Unreadable::After => "`after` is no id of a disclosure".into(),
        })
    }
}

/// Who asks this question; nobody, where the gateway asks for itself.
fn who<'c>(context: &Context<'c>) -> Option<&'c Viewer> {
    context.data_opt::<Arc<Viewer>>().map(AsRef::as_ref)
}

/// The gateway's own schema, ready to be asked.
#[derive(Clone)]
pub struct Native(Schema<Query, Mutation, EmptySubscription>);

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Native")
    }
}

impl Native {
    #[must_use]
    pub fn new(program: impl Into<Program>) -> Self {
        let program = program.into();
        let mutation = Mutation(program.purge.clone());
        Self(Schema::build(Query(program), mutation, EmptySubscription).finish())
    }

    /// Answers one document as `{"data": …}` in JSON.
    ///
    /// # Errors
    /// Where the question is beyond a limit, or what it wants is not done.
    pub async fn answer(
        &self,
        document: &str,
        variables: Value,
        viewer: Option<Arc<Viewer>>,
    ) -> std::result::Result<Vec<u8>, Unanswered> {
        let mut request = async_graphql::Request::new(document).variables(Variables::from_json(variables));
        if let Some(viewer) = viewer {
            request = request.data(viewer);
        }
        let answer = self.0.execute(request).await;
        match answer.errors.iter().find_map(|error| error.source::<Unanswered>()) {
            Some(unanswered) => Err(*unanswered),
            None => Ok(serde_json::to_vec(&answer).unwrap_or_default()),
        }
    }

    /// Its part of the graph, as it stands in `schema/graph/gateway.graphql`: async-graphql's SDL, its root as an extension and
    /// every type public.
    #[must_use]
    pub fn sdl(&self) -> String {
        sdl::written(&self.0.sdl())
    }
}
