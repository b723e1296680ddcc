//! Configuration: what the operator sets. `headwaters.toml` says who may vouch for callers and where to listen; addresses and secrets
//! of sources come from the environment, by the names that the resolver files give them.
//!
//! A file is read as it is written, with all its mistakes at once, and given as it is meant. Which purposes whom are open is no
//! configuration: that is policy.

mod cache;
mod issuer;
mod ledger;
mod observe;

pub use cache::CacheConfig;
pub use ledger::{IndexIn, LedgerConfig};

use crate::caller::{self, AgencyKind, IssuerConfig, Ori};
use crate::emergency::SecondPerson;
use crate::graph::block::{self, Block, Dialect, Reader};
use crate::graph::problem::{File, did_you_mean};
use crate::graph::{Place, Problem, Problems, Text};
use crate::observe::Exports;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The variables of this process; those that are not UTF-8 are left out.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What `serve` runs by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    pub callers: caller::Config,
    pub ledger: LedgerConfig,
    pub break_glass: BreakGlass,
    /// How often those without a token may ask.
    pub public: PublicRate,
    pub exports: Exports,
    /// Where records are kept in common with other gateways, if anywhere.
    pub cache: Option<CacheConfig>,
}

/// `[public]`: where its rate is said. What is not said is as of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublicRate {
    /// Requests a minute from one address.
    pub address_m_max: Option<u32>,
    /// Requests a second from all of them together.
    pub all_s_max: Option<u32>,
}

/// `[break_glass]`: emergencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// When a second person is asked.
    pub second_person: SecondPerson,
    /// Where they are kept.
    pub folder: PathBuf,
    /// Which gateway it is, where there are several: begins the ids of its emergencies.
    pub instance: Arc<str>,
}

impl Default for BreakGlass {
    fn default() -> Self {
        Self { second_person: SecondPerson::default(), folder: "break-glass".into(), instance: "BG".into() }
    }
}

/// Where a gateway listens unless it is told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 8080);

/// The most that a rate can be.
const COUNT_MAX: u32 = 1_000_000;

const DIALECT: Dialect = Dialect { misplaced, secret: |_| false };

fn misplaced(key: &str, top: bool) -> Option<String> {
    match key {
        "audience" | "algorithms" | "claims" | "url" if top => Some(format!("`{key}` belongs into `[[issuer]]`")),
        "issuers" => Some("write one `[[issuer]]` for each".to_owned()),
        "otlp" | "traced_percent" if top => Some(format!("`{key}` belongs into `[observe]`")),
        "shared" | "wait_ms" if top => Some(format!("`{key}` belongs into `[cache]`")),
        "folder" | "instance" | "witness" if top => Some(format!("`{key}` belongs into `[ledger]`")),
        "purposes" | "purpose" => Some("who may state which purpose is policy: schema/policy".to_owned()),
        "client_secret" | "secret" => Some("tokens are checked with public keys: no secret is needed".to_owned()),
        _ => None,
    }
}

/// Reads the file.
///
/// # Errors
/// All problems at once; one, where the file can't be read.
pub fn load(path: &Path) -> Result<Config, Problems> {
    let file = |text| Arc::new(File { path: path.to_owned(), text });
    match std::fs::read_to_string(path) {
        Ok(text) => read(&file(text)),
        Err(error) => {
            let problem =
                Problem::error(&Place::whole(&file(String::new())), format!("can't be read: {}", error.kind()));
            Err(Problems(vec![problem.with_hint("docs/callers.md has an example")]))
        }
    }
}

/// The file as it is meant.
///
/// # Errors
/// All problems at once.
pub fn read(file: &Arc<File>) -> Result<Config, Problems> {
    let (config, problems) = block::read(Reader::new(file, DIALECT), config);
    config.filter(|_| problems.errors() == 0).ok_or_else(|| problems.sorted())
}

fn config(reader: &Reader, root: &Block<'_>) -> Option<Config> {
    let listen = root.table("listen").map_or(LISTEN, |block| listen(&block));
    let issuers = issuers(root);
    let (public, rate) = root.table("public").map(|block| public(&block)).unwrap_or_default();
    let agencies: BTreeMap<Ori, AgencyKind> =
        root.tables("agency").into_iter().filter_map(|(ori, block)| agency(&ori, &block)).collect();
    let ledger = root.table("ledger").map(|block| ledger::read(&block));
    let break_glass = root.table("break_glass").map_or_else(BreakGlass::default, |block| break_glass(&block));
    let exports = root.table("observe").map_or_else(observe::nowhere, |block| observe::read(&block));
    let cache = root.table("cache").and_then(|block| cache::read(&block));
    root.done();
    if ledger.is_none() && root.lacks("ledger") {
        let problem =
            Problem::error(&Place::whole(&reader.file), "there is no `[ledger]`: nothing could be put on record");
        reader.push(
            problem
                .with_hint("write `[ledger]` with `folder = \"…\"` and `instance = \"…\"`; docs/ledger.md says more"),
        );
    }
    if issuers.is_empty() && root.lacks("issuer") {
        let problem =
            Problem::error(&Place::whole(&reader.file), "there is no `[[issuer]]`: nobody could prove who they are");
        reader.push(problem.with_hint("docs/callers.md says how an identity provider is joined"));
    }
    Some(Config {
        listen,
        callers: caller::Config { issuers, public, agencies },
        break_glass,
        public: rate,
        exports: Exports { instance: ledger.as_ref()?.as_ref()?.instance.to_string(), ..exports },
        ledger: ledger??,
        cache,
    })
}

fn listen(block: &Block<'_>) -> SocketAddr {
    let address = block.needed("address");
    block.done();
    let Some(address) = address else { return LISTEN };
    address.value.parse().unwrap_or_else(|_| {
        let problem = Problem::error(&address.place, "this is no address and port");
        block.push(problem.with_hint("for example `0.0.0.0:8080` or `[::]:8080`"));
        LISTEN
    })
}

/// Whether those without a token are the public, and how often they may ask.
fn public(block: &Block<'_>) -> (bool, PublicRate) {
    let allowed = block.flag("allowed");
    let count =
        |key: &'static str| {
            let (number, place) = block.number(key)?;
            let count = Some(number).filter(|count| (1..=COUNT_MAX).contains(count));
            if count.is_none() {
                let problem = Problem::error(&place, format!("`{key}` is a number from 1 to {COUNT_MAX}"));
                block.push(problem.with_hint(
                    "behind a proxy all have its address: let it count, and give a number that none reaches",
                ));
            }
            count
        };
    let rate = PublicRate { address_m_max: count("address_m_max"), all_s_max: count("all_s_max") };
    block.done();
    (allowed, rate)
}

fn break_glass(block: &Block<'_>) -> BreakGlass {
    let otherwise = BreakGlass::default();
    let second_person = block.text("second_person").map_or(otherwise.second_person, |text| match &*text.value {
        "first" => SecondPerson::First,
        "after" => SecondPerson::After,
        _ => {
            let problem = Problem::error(&text.place, "a second person is asked `first` or `after`");
            block.push(problem.with_hint("`first`: before the emergency stands; `after`: for its review only"));
            otherwise.second_person
        }
    });
    let folder = block.text("folder").map_or(otherwise.folder, |text| PathBuf::from(&*text.value));
    let instance = block.text("instance").map_or(otherwise.instance, |text| text.value);
    block.done();
    BreakGlass { second_person, folder, instance }
}

fn issuers(root: &Block<'_>) -> Vec<IssuerConfig> {
    let mut issuers: Vec<IssuerConfig> = Vec::new();
    for block in root.list("issuer") {
        let Some((issuer, url)) = issuer::read(&block) else { continue };
        if issuers.iter().any(|other| other.url == issuer.url) {
            let problem = Problem::error(&url.place, "two issuers have this address");
            block.push(problem.with_hint("one `[[issuer]]` may have several audiences and algorithms"));
        }
        issuers.push(issuer);
    }
    issuers
}

fn agency(ori: &Text, block: &Block<'_>) -> Option<(Ori, AgencyKind)> {
    let kind = block.needed("kind").and_then(|text| kind(block, &text));
    block.done();
    let known = Ori::new(&ori.value);
    if known.is_none() {
        let problem = Problem::error(&ori.place, format!("`{}` is no ORI", ori.value));
        block.push(problem.with_hint("nine capitals and digits: MT0560000"));
    }
    known.zip(kind)
}

fn kind(block: &Block<'_>, text: &Text) -> Option<AgencyKind> {
    let names = AgencyKind::ALL.map(AgencyKind::name);
    let kind = AgencyKind::named(&text.value);
    if kind.is_none() {
        let problem = Problem::error(&text.place, format!("`{}` is no kind of agency", text.value));
        let hint = did_you_mean(&text.value, names).unwrap_or_else(|| format!("one of {}", names.join(", ")));
        block.push(problem.with_hint(hint));
    }
    kind
}

#[cfg(test)]
mod tests;
