//! Files: the graph as the commands load it.

use super::{Files, print};
use crate::config::{CacheConfig, IndexIn};
use crate::form::{self, Form};
use crate::gateway::{Own, Savings, told_form};
use crate::graph::{Audience, Graph, Kind, Problems, draw_folder, link};
use crate::ledger::index::{self, Home, Index};
use crate::ledger::{Ledger, Persons, Settings};
use crate::limits::Limits;
use crate::native::{Catalog, Limit, Native, Program, Source};
use crate::observe;
use crate::policy::{Folder, Policies};
use crate::source::{Environment, InProcess, NotShared, SharedCache, Sources};
use crate::story::{self, Story};
use anyhow::{Context as _, anyhow, bail};
use std::path::Path;
use std::sync::Arc;

/// Loads the graph; every problem at once as the error.
pub fn load(files: &Files) -> anyhow::Result<(Graph, Problems)> {
    link::load(&files.graph, &files.resolvers, &[Audience::everything()]).map_err(|problems| anyhow!("{problems}"))
}

/// Loads graph and policies: the graph with a view for each kind of agency.
pub fn load_with_policies(files: &Files) -> anyhow::Result<(Graph, Policies)> {
    // Every mistake of the graph is told before any of the policies, which speak of it.
    load(files)?;
    let drawn = draw_folder(&files.graph).map_err(|problems| anyhow!("{problems}"))?;
    let folder = Folder::read(&files.policies).map_err(|problems| anyhow!("{problems}"))?;
    let policies = Policies::load(&drawn, &folder).map_err(|problems| anyhow!("{problems}"))?;
    let loaded = link::load(&files.graph, &files.resolvers, &policies.audiences());
    let (graph, _) = loaded.map_err(|problems| anyhow!("{problems}"))?;
    if policies.read_closures() && graph.closures().is_none() {
        bail!(
            "the policies look at what closes a record, and no source has a registry of closures\n\
             hint: write `closures = {{ table = \"closed\", key = \"key\", type = \"type\", kind = \"kind\" }}` into the store's file"
        );
    }
    Ok((graph, policies))
}

/// Whether records of the graph say anything of themselves that policies could decide by.
pub fn has_facts(graph: &Graph) -> bool {
    graph.types.iter().any(|ty| matches!(&ty.kind, Kind::Object(object) if !object.facts.is_empty()))
}

/// Reads the stories beside the graph (`../stories`) and checks them; every problem at once as the error.
pub fn stories(files: &Files, graph: &Graph) -> anyhow::Result<Vec<Story>> {
    // Shown as the user named the graph's folder: `schema/stories`.
    let folder = files.graph.parent().unwrap_or(Path::new("")).join("stories");
    story::load(&folder, graph).map_err(|problems| anyhow!("{problems}"))
}

/// Reads the agencies' forms beside the graph (`../forms`) and checks them; every problem at once as the error.
pub fn forms(files: &Files, graph: &Graph) -> anyhow::Result<Vec<Form>> {
    let folder = files.graph.parent().unwrap_or(Path::new("")).join("forms");
    form::load(&folder, graph).map_err(|problems| anyhow!("{problems}"))
}

/// Opens a ledger; what a crash has left unfinished in it is told.
pub fn ledger(settings: Settings, persons: Persons, limits: &Limits) -> anyhow::Result<Ledger> {
    let (ledger, opened) = Ledger::open(settings, persons, limits).map_err(|broken| anyhow!("{broken}"))?;
    if let Some(torn) = opened.torn {
        let place = format!("{}: byte {}", torn.segment.display(), torn.offset);
        print(&format!("{place}: an unfinished write of {} bytes was cut off, and a record says so\n", torn.bytes));
    }
    Ok(ledger)
}

/// Where the index of a ledger in that folder stands: with the golden-record store where that is Postgres, unless it is said otherwise.
pub fn home(said: &IndexIn, folder: &Path, graph: &Graph, environment: &Environment) -> anyhow::Result<Home> {
    let file = || Home::File(folder.join(index::FILE));
    let is_postgres = |url: &&str| url.starts_with("postgres:") || url.starts_with("postgresql:");
    match said {
        IndexIn::Folder => Ok(file()),
        IndexIn::Store => {
            let store = graph.sources.iter().find(|source| source.golden && source.reach.url.is_some());
            let url = store.and_then(|store| environment.value(&store.reach.url.as_ref()?.name)).filter(is_postgres);
            Ok(url.map_or_else(file, |url| Home::Database(url.to_owned())))
        }
        IndexIn::Variable(name) => match environment.value(name).filter(is_postgres) {
            Some(url) => Ok(Home::Database(url.to_owned())),
            None => bail!(
                "`index` in `[ledger]`: `{name}` is no address of a Postgres database\nhint: postgres://localhost/ledger"
            ),
        },
    }
}

/// The index of a ledger, which keeps up with it from now on.
pub async fn index(home: &Home, folder: &Path, of: &Ledger) -> anyhow::Result<Index> {
    let index = Index::at(home, &[folder.to_owned()]).await;
    let index = index.map_err(|failed| anyhow!("{failed}"))?.naming(of.subjects());
    tokio::spawn(index.clone().keep_up());
    Ok(index)
}

/// The gateway's own part of the graph, with what it needs of the program.
pub fn native(
    graph: &Graph,
    limits: &Limits,
    own: &Own,
    (index, savings): (Index, &Savings),
    forms: &[Form],
) -> Arc<dyn InProcess> {
    let explain = Some(Arc::new(own.clone()) as _);
    let purge = Some(Arc::new(own.clone()) as _);
    let catalog = Catalog { forms: forms.iter().map(told_form).collect(), ..catalog(graph, limits) };
    let (disclosures, savings) = (Some(Arc::new(index) as _), Some(Arc::new(savings.clone()) as _));
    Arc::new(Native::new(Program { catalog, explain, disclosures, savings, purge }))
}

/// What agencies say is kept in common with other gateways.
pub async fn share(
    sources: &Sources,
    graph: &Graph,
    environment: &Environment,
    limits: &Limits,
    cache: &CacheConfig,
) -> anyhow::Result<()> {
    let value = |key: &str, name: &Arc<str>, holds: &str| {
        environment.value(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            anyhow!(
                "`{key}` in `[cache]`: the environment has no `{name}`\nhint: set {name} to {holds} before the start"
            )
        })
    };
    let url = value("shared", &cache.shared, "the address of a Redis")?;
    let secret = value("key", &cache.key, "a secret that all these gateways have")?;
    let by = SharedCache { url, secret, wait_ms: cache.wait_ms };
    sources.share_through(graph, environment, limits, by).await.map_err(|why| match why {
        NotShared::Address => anyhow!(
            "`shared` in `[cache]`: the value of `{}` is no address of a Redis\n\
             hint: redis://host:6379, rediss:// with TLS, or redis+unix:///run/redis.sock",
            cache.shared
        ),
        NotShared::Secret => anyhow!(
            "`key` in `[cache]`: the value of `{}` is shorter than {} bytes\nhint: openssl rand -hex 32",
            cache.key,
            SharedCache::SECRET_MIN
        ),
        NotShared::Purges => anyhow!(
            "`[cache]`: no source says what was purged, so no gateway would know what others have purged\n\
             hint: write `purges = {{ table = \"purge\" }}` into the store's file"
        ),
    })
}

/// Counts of what filled forms saved, beside the ledger.
pub fn savings(folder: &Path) -> anyhow::Result<Savings> {
    let file = folder.join("savings.jsonl");
    Savings::open(&file).with_context(|| format!("`{}` can't be read", file.display()))
}

/// Tells with the metrics what forms save.
pub fn watch(savings: &Savings) {
    let savings = savings.clone();
    let saved = move || {
        let figures = savings.figures().into_iter();
        figures.map(|(form, agency, figure)| (form, agency, figure.saved)).collect()
    };
    observe::watch_saved(Box::new(saved));
}

/// What the gateway tells about itself.
pub fn catalog(graph: &Graph, limits: &Limits) -> Catalog {
    let types = |id: usize| {
        let bindings = graph.bindings.iter().filter(move |binding| binding.source.index() == id);
        bindings.map(|binding| graph.type_of(binding.on).name.to_string()).collect()
    };
    let sources = graph.sources.iter().enumerate().map(|(id, source)| Source {
        name: source.name.to_string(),
        title: source.title.to_string(),
        agency: source.agency.as_deref().map(str::to_owned),
        kind: format!("{:?}", source.kind).to_lowercase(),
        golden: source.golden,
        types: types(id),
    });
    let limit =
        |name: &str, value: usize| Limit { name: name.to_owned(), value: i32::try_from(value).unwrap_or(i32::MAX) };
    Catalog {
        forms: Vec::new(),
        sources: sources.collect(),
        limits: vec![
            limit("requestBytesMax", limits.request_bytes_max),
            limit("documentTokensMax", limits.document_tokens_max),
            limit("documentDepthMax", limits.document_depth_max),
            limit("selectionsMax", limits.selections_max),
            limit("keysMax", limits.keys_max),
            limit("responseBytesMax", limits.response_bytes_max),
            limit("requestMsMax", usize::try_from(limits.request_ms_max).unwrap_or(usize::MAX)),
        ],
    }
}
