//! `okrsync doctor`: checks a deployment and names the cure for what is wrong.

use crate::output;
use okrsync_domain::{Clock, Random};
use okrsync_server::{App, Settings};
use okrsync_store::Page;
use std::{path::Path, process::ExitCode};

/// What a check found: good news, or trouble with its cure.
type Finding = Result<String, (String, String)>;

pub(crate) async fn run(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut sound = true;
    let mut say = |name: &str, finding: Finding| match finding {
        Ok(detail) => output::line(format_args!("ok    {name}: {detail}")),
        Err((trouble, cure)) => {
            sound = false;
            output::line(format_args!("WRONG {name}: {trouble}\n      cure: {cure}"));
        }
    };
    let settings = match Settings::load(config) {
        Ok(settings) => settings,
        Err(error) => {
            say("settings", Err((error.to_string(), "correct the key named above".to_owned())));
            return Ok(ExitCode::FAILURE);
        }
    };
    okrsync_server::telemetry::start(&settings.log)?;
    say("settings", Ok(format!("data in {}", settings.data_dir.display())));
    say("data directory", data_directory(&settings.data_dir));
    say("secret key", secret_key(&settings));
    match App::open(settings, Clock::system(), Random::from_os()).await {
        Err(error) => {
            let cure = "check OKRSYNC_DATABASE_URL and that the database runs and lets this host in";
            say("database", Err((chain(&error), cure.to_owned())));
        }
        Ok(app) => Box::pin(check_inside(&app, &mut say)).await?,
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What can be checked once the database is open.
async fn check_inside(app: &App, say: &mut impl FnMut(&str, Finding)) -> anyhow::Result<()> {
    let migrations = app.store().migrations().await?;
    say("database", Ok(format!("{:?}, {} migrations applied", app.store().backend(), migrations.applied.len())));
    say("people", people(app).await?);
    let organisation = app.store().organisation().await?;
    if !organisation.jira_enabled {
        say("Jira integration", Ok("switched off: values stay, nothing is asked".to_owned()));
        return Ok(());
    }
    for overview in app.store().connections(None, app.clock().now(), Page::all()).await?.items {
        let connection = overview.connection;
        let finding = match app.engine().test(connection.id).await {
            Ok(report) => match report.steps.iter().find(|step| !step.ok) {
                None => Ok(format!("{} answers", connection.server_url)),
                Some(step) => Err((format!("{}: {}", step.name, step.detail), step.hint.clone().unwrap_or_default())),
            },
            Err(error) => Err((error.to_string(), "edit the connection or sign in again".to_owned())),
        };
        say(&format!("connection {}", connection.name), finding);
    }
    Ok(())
}

fn data_directory(folder: &Path) -> Finding {
    let cure = || format!("create {} and let this user write to it, or set OKRSYNC_DATA_DIR", folder.display());
    std::fs::create_dir_all(folder).map_err(|error| (error.to_string(), cure()))?;
    let probe = folder.join(".doctor");
    std::fs::write(&probe, "").map_err(|error| (error.to_string(), cure()))?;
    std::fs::remove_file(&probe).map_err(|error| (error.to_string(), cure()))?;
    Ok("can be written to".to_owned())
}

fn secret_key(settings: &Settings) -> Finding {
    match settings.key_ring(&Random::from_os()) {
        Ok(_) => Ok("is sound".to_owned()),
        Err(error) => Err((
            error.to_string(),
            "set OKRSYNC_SECRET_KEY to 32 bytes in base64: `openssl rand -base64 32`".to_owned(),
        )),
    }
}

async fn people(app: &App) -> anyhow::Result<Finding> {
    Ok(match app.store().count_users().await? {
        0 => Ok("nobody yet; add the first with `okrsync user create --role admin …`".to_owned()),
        number => Ok(format!("{number}")),
    })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text} ({cause_text})");
        }
        source = cause.source();
    }
    text
}
