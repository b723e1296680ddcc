//! Ask: questions to the solver, many at the same time. An answer is what was found that should not be.

use crate::rules::{Rules, named};
use cedar_policy::{Effect, Policy, PolicySet, RequestEnv};
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet};
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::process::Command;
use tokio::runtime::{Builder, Runtime};

pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// How many questions were asked, and what was found that should not be.
pub type Found = (usize, Vec<String>);

/// A solver of one thread's own.
pub struct Asker {
    runtime: Runtime,
    compiler: CedarSymCompiler<LocalSolver>,
    questions: usize,
}

impl Asker {
    pub fn new() -> Result<Self, Failed> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("solver.py");
        let solver = runtime.block_on(async { LocalSolver::from_command(Command::new(python).arg(program)) })?;
        Ok(Self { runtime, compiler: CedarSymCompiler::new(solver)?, questions: 0 })
    }

    pub fn never_fails(&mut self, policy: &CompiledPolicy) -> Result<bool, Failed> {
        self.questions += 1;
        Ok(self.runtime.block_on(self.compiler.check_never_errors_opt(policy))?)
    }

    pub fn never_matches(&mut self, policy: &CompiledPolicy) -> Result<bool, Failed> {
        self.questions += 1;
        Ok(self.runtime.block_on(self.compiler.check_never_matches_opt(policy))?)
    }

    pub fn disjoint(&mut self, one: &CompiledPolicySet, other: &CompiledPolicySet) -> Result<bool, Failed> {
        self.questions += 1;
        Ok(self.runtime.block_on(self.compiler.check_disjoint_opt(one, other))?)
    }

    pub fn implies(&mut self, one: &CompiledPolicySet, other: &CompiledPolicySet) -> Result<bool, Failed> {
        self.questions += 1;
        Ok(self.runtime.block_on(self.compiler.check_implies_opt(one, other))?)
    }
}

/// Goes through a list, as many at a time as there are processors. Stops at what can't be asked.
pub fn each<T: Sync>(
    all: &[T],
    ask: impl Fn(&mut Asker, &T) -> Result<Option<String>, Failed> + Sync,
) -> Result<Found, Failed> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<usize, Failed> {
        let mut asker = Asker::new()?;
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = ask(&mut asker, one)?;
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(answer);
        }
        Ok(asker.questions)
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let questions = std::thread::scope(|scope| {
        let working: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let done = working.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread broke off".into())));
        done.sum::<Result<usize, Failed>>()
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort();
    Ok((questions, found))
}

/// A solver that is dead says of everything that it cannot be, which would look like success.
pub fn solver_is_alive(rules: &Rules) -> Result<(), Failed> {
    let env = rules.environments.first().ok_or("no environment")?;
    let mut asker = Asker::new()?;
    let mut can_be = |condition: &str| -> Result<bool, Failed> {
        let policy = Policy::from_str(&format!("permit(principal, action, resource) when {{ {condition} }};"))?;
        Ok(!asker.never_matches(&CompiledPolicy::compile(&policy, env, &rules.schema)?)?)
    };
    let told = (can_be("principal.sworn && context.reason")?, can_be("principal.sworn && !principal.sworn")?);
    if told == (true, false) { Ok(()) } else { Err("the solver does not tell what can be from what cannot".into()) }
}

/// Cedar passes over a policy that fails, a guardrail too.
pub fn policies_that_fail(rules: &Rules) -> Result<Found, Failed> {
    each(&rules.policies, |asker, policy| {
        for env in rules.about(policy) {
            if !asker.never_fails(&CompiledPolicy::compile(policy, env, &rules.schema)?)? {
                return Ok(Some(format!("{} can fail for {}", policy.id(), named(env))));
            }
        }
        Ok(None)
    })
}

pub fn policies_about_nothing(rules: &Rules) -> Result<Found, Failed> {
    each(&rules.policies, |asker, policy| {
        for env in rules.about(policy) {
            if !asker.never_matches(&CompiledPolicy::compile(policy, env, &rules.schema)?)? {
                return Ok(None);
            }
        }
        Ok(Some(policy.id().to_string()))
    })
}

pub fn guardrails_that_keep_nothing(rules: &Rules) -> Result<Found, Failed> {
    let grants = rules.of(Effect::Permit)?;
    let guardrails: Vec<&Policy> = rules.policies.iter().filter(|policy| policy.effect() == Effect::Forbid).collect();
    each(&guardrails, |asker, guardrail| {
        let kept = rules.as_grant(guardrail)?;
        for env in rules.about(guardrail) {
            let kept = CompiledPolicySet::compile(&kept, env, &rules.schema)?;
            if !asker.disjoint(&CompiledPolicySet::compile(&grants, env, &rules.schema)?, &kept)? {
                return Ok(None);
            }
        }
        Ok(Some(guardrail.id().to_string()))
    })
}

/// Requests that the policies allow, among those that a policy permits.
pub fn given(rules: &Rules, text: &str) -> Result<Found, Failed> {
    let policy = Policy::from_str(text)?;
    let environments: Vec<&RequestEnv> = rules.about(&policy);
    if environments.is_empty() {
        return Err(format!("no environment for `{text}`").into());
    }
    let those = PolicySet::from_policies([policy])?;
    each(&environments, |asker, env| {
        let all = CompiledPolicySet::compile(&rules.set, env, &rules.schema)?;
        let those = CompiledPolicySet::compile(&those, env, &rules.schema)?;
        Ok((!asker.disjoint(&all, &those)?).then(|| named(env)))
    })
}
