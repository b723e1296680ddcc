//! Symbolic: what holds of the policies in `schema/policy` for every request that can be made, whatever the record says.
//!
//! Cedar's symbolic compiler turns a question about policies into one about formulas, and a solver (cvc5, by `solver.py`) answers it for all
//! requests at once. The environment of a request is an action (verb and class) and a type of records, as the Cedar schema allows them
//! together; all environments are looked at. `PYTHON` names the program that runs the solver.

mod ask;
mod never;
mod rules;

use rules::Rules;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match checked() {
        Ok(wrong) if wrong.is_empty() => ExitCode::SUCCESS,
        Ok(wrong) => {
            eprintln!("{}", wrong.join("\n"));
            ExitCode::FAILURE
        }
        Err(failed) => {
            eprintln!("the policies could not be checked: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// What was found that should not be.
fn checked() -> Result<Vec<String>, ask::Failed> {
    let start = Instant::now();
    let (rules, acts) = (Rules::of_records()?, Rules::of_emergencies()?);
    ask::solver_is_alive(&rules)?;
    println!("the solver tells what can be from what cannot");
    let (policies, environments) = (rules.policies.len(), rules.environments.len());
    println!("{policies} policies about records; {environments} environments: a verb, a class, a type of records");
    println!("{} policies about emergencies; {} environments", acts.policies.len(), acts.environments.len());
    let mut wrong = Vec::new();
    let mut say = |what: &str, (questions, found): (usize, Vec<String>)| {
        println!("{what}: {questions} questions, after {} s", start.elapsed().as_secs());
        wrong.extend(found.into_iter().map(|found| format!("not so: {what}: {found}")));
    };
    say("no policy fails", ask::policies_that_fail(&rules)?);
    say("every policy is about some request", ask::policies_about_nothing(&rules)?);
    say("no policy about emergencies fails", ask::policies_that_fail(&acts)?);
    say("every policy about emergencies is about some request", ask::policies_about_nothing(&acts)?);
    say("every guardrail keeps something that is granted", ask::guardrails_that_keep_nothing(&rules)?);
    for (what, text) in never::GIVEN {
        say(what, ask::given(&rules, text)?);
    }
    for (what, text) in never::DONE {
        say(what, ask::given(&acts, text)?);
    }
    say(never::LIFTED, never::lifted_for_others(&rules)?);
    Ok(wrong)
}
