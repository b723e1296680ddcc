//! Symbolic: what holds of the policies in `schema/policy` for every request that can be made, whatever the record says.
//!
//! Cedar's symbolic compiler turns a question about policies into one about formulas, and a solver (cvc5, by `solver.py`) answers it for all
//! requests at once. The environment of a request is an action (verb and class) and a type of records, as the Cedar schema allows them
//! together; all environments are looked at. `PYTHON` names the program that runs the solver.

mod ask;
mod never;
mod rules;

use rules::Rules;
use std::time::Instant;

fn main() -> Result<(), ask::Failed> {
    let start = Instant::now();
    let rules = Rules::read()?;
    ask::solver_is_alive(&rules)?;
    println!("the solver tells what can be from what cannot");
    let (policies, environments) = (rules.policies.len(), rules.environments.len());
    println!("{policies} policies; {environments} environments: a verb, a class, a type of records");
    let mut wrong = Vec::new();
    let mut say = |what: &str, (questions, found): (usize, Vec<String>)| {
        println!("{what}: {questions} questions, after {} s", start.elapsed().as_secs());
        wrong.extend(found.into_iter().map(|found| format!("not so: {what}: {found}")));
    };
    say("no policy fails", ask::policies_that_fail(&rules)?);
    say("every policy is about some request", ask::policies_about_nothing(&rules)?);
    say("every guardrail keeps something that is granted", ask::guardrails_that_keep_nothing(&rules)?);
    for (what, text) in never::GIVEN {
        say(what, ask::given(&rules, text)?);
    }
    say(never::LIFTED, never::lifted_for_others(&rules)?);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
