//! `token`: a token to try the demonstration with, from the identity provider of the one that runs.

use super::print;
use crate::caller;
use crate::limits::Limits;
use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Who to be; left out, everybody is listed
    #[arg(long, value_name = "NAME")]
    persona: Option<String>,
    /// Port of the demonstration that runs
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
}

#[derive(Debug, Deserialize)]
struct Persona {
    name: String,
    title: String,
    purposes: Vec<String>,
    token: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let url = format!("http://127.0.0.1:{}/graphiql/personas.json", arguments.port);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let answer = runtime.block_on(caller::fetch(&url, &Limits::default()));
    let personas: Vec<Persona> =
        answer.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).with_context(|| {
            format!(
                "no demonstration answers on port {}: start one with `headwaters demo`, or name its `--port`",
                arguments.port
            )
        })?;
    let Some(name) = &arguments.persona else {
        let line =
            |persona: &Persona| format!("{:<27} {:<46} {}\n", persona.name, persona.title, persona.purposes.join(", "));
        print(&personas.iter().map(line).collect::<String>());
        return Ok(());
    };
    let Some(persona) = personas.iter().find(|persona| persona.name == *name) else {
        bail!("nobody is called `{name}`\nhint: `headwaters token` lists everybody");
    };
    let Some(token) = &persona.token else {
        bail!("{} needs no token\nhint: send no `authorization` header", persona.title.to_lowercase());
    };
    print(&format!("{token}\n"));
    Ok(())
}
