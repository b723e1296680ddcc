//! Ledger: the index of the ledger, handed to the gateway's own part of the graph.

use crate::ledger::Wanted as Fitting;
use crate::ledger::index::{Given, Index, Looked as Wanted, Place, Seen, Stretch};
use crate::native::{DisclosedRecord, Disclosure, Disclosures, Looked, NativePerson as Person, Span, Unreadable};
use crate::observe::{self, Event};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::BTreeSet;

impl Disclosures for Index {
    fn find(&self, looked: Looked, most: u32) -> BoxFuture<'_, Result<Vec<Disclosure>, Unreadable>> {
        async move {
            if let Looked::Ledger(_, Some(after)) = &looked
                && place(after).is_none()
            {
                return Err(Unreadable::After);
            }
            // What was acknowledged before this was asked is there.
            let found = match self.catch_up(|_| ()).await {
                Ok(()) => find(self, &looked, most).await,
                Err(failed) => Err(failed),
            };
            found.map_err(|failed| {
                observe::emit(&Event::IndexFailed { detail: &failed.to_string() });
                Unreadable::Ledger
            })
        }
        .boxed()
    }
}

async fn find(index: &Index, looked: &Looked, most: u32) -> Result<Vec<Disclosure>, crate::ledger::index::Failed> {
    Ok(match looked {
        Looked::OfPerson(id, span) => {
            let Some(name) = named(index, id) else { return Ok(Vec::new()) };
            let seen = index.seen(&Wanted::Person(&name), stretch(span), most).await?;
            seen.iter().map(|seen| disclosure(seen, Some(id))).collect()
        }
        Looked::OfRecord(on, key, span) => {
            let seen = index.seen(&Wanted::Record(on, key), stretch(span), most).await?;
            let whose = |seen: &Seen| index.person(&seen.given.first()?.person);
            seen.iter().map(|seen| disclosure(seen, whose(seen).as_deref())).collect()
        }
        Looked::Ledger(looked, after) => {
            let after = after.as_deref().and_then(place);
            let person = match looked.person.as_deref().map(|id| named(index, id)) {
                Some(None) => return Ok(Vec::new()),
                Some(name) => name,
                None => None,
            };
            let wanted = Fitting {
                person,
                agency: looked.agency.clone(),
                user: looked.user.clone(),
                provider: looked.provider.clone(),
                purpose: looked.purpose.clone(),
                decision: looked.decision.clone(),
                record: None,
                from: looked.from.clone(),
                to: looked.to.clone(),
            };
            let seen = index.operations(&wanted, after.as_ref(), most).await?;
            seen.iter().map(|seen| disclosure(seen, None)).collect()
        }
    })
}

fn stretch(span: &Span) -> Stretch<'_> {
    Stretch { from: span.from.as_deref(), to: span.to.as_deref() }
}

/// How a person is named in the ledger; `None` for somebody of whom nothing is in it, or is any more.
fn named(index: &Index, id: &str) -> Option<String> {
    index.name_of(id).filter(|name| !name.is_empty())
}

/// Where the operation with an id stands. It is all in the id: nothing is looked up, so that nobody learns by an id that they made up
/// whether there is such an operation, and when it was.
fn place(id: &str) -> Option<Place> {
    let mut parts = id.splitn(4, '/');
    let (instance, seq, at) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    Some(Place { at: at.to_owned(), instance: instance.to_owned(), seq })
}

fn disclosure(seen: &Seen, person: Option<&str>) -> Disclosure {
    let head = &seen.head;
    let person = person.filter(|person| !person.is_empty());
    let of = person.map(|person| format!("/{person}")).unwrap_or_default();
    let owner = |source: &str| head.sources.iter().find(|asked| asked.name == source)?.agency.clone();
    // Of those whose records were given: who was asked and gave nothing learns nothing.
    let these = seen.given.iter().filter(|given| given.is_given()).filter_map(|given| given.source.as_deref());
    let all = head.given_by.iter().filter(|_| seen.given.is_empty()).map(String::as_str);
    let owners: BTreeSet<String> = these.chain(all).filter_map(owner).collect();
    let types: BTreeSet<&String> = seen.given.iter().map(|given| &given.on).collect();
    let records = seen.given.iter().map(|given| DisclosedRecord {
        owner: given.source.as_deref().and_then(owner),
        reader_agency: head.agency.clone(),
        reader_user: head.user.clone(),
        reader_provider: head.provider.clone(),
        ..record(given, person)
    });
    Disclosure {
        id: format!("{}/{}/{}{of}", head.instance, seen.seq, head.at).into(),
        at: head.at.clone(),
        person: person.map(|id| Person { id: id.into() }),
        reader_user: head.user.clone(),
        reader_provider: head.provider.clone(),
        reader_agency: head.agency.clone(),
        reader_kind: head.agency_kind.clone(),
        reader_roles: head.roles.clone(),
        purpose: head.purpose.clone(),
        reason: head.reason.clone(),
        case_reference: head.case_reference.clone(),
        on_behalf_of: head.on_behalf_of.clone(),
        operation: head.operation.clone(),
        outcome: head.outcome.clone(),
        code: head.code.clone(),
        owners: Some(owners.into_iter().collect()),
        given: Some(types.into_iter().cloned().collect()),
        records: records.collect(),
    }
}

fn record(given: &Given, person: Option<&str>) -> DisclosedRecord {
    let withheld = given.fields.iter().filter(|(outcome, _)| *outcome != "ALLOW").flat_map(|(_, fields)| fields);
    DisclosedRecord {
        of: given.on.clone(),
        // A person's own record has their name for a key.
        key: if given.key == given.person { person.map(str::to_owned) } else { Some(given.key.clone()) },
        source: given.source.clone(),
        owner: None,
        reader_agency: None,
        reader_user: None,
        reader_provider: None,
        fields: Some(given.fields.get("ALLOW").cloned().unwrap_or_default()),
        classes: Some(given.classes.get("ALLOW").cloned().unwrap_or_default()),
        withheld: Some(withheld.cloned().collect()),
    }
}
