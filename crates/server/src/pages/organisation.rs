//! Settings of the whole installation.

use super::{
    PageError, Visitor,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::organisation,
    app::App,
    auth::policy::Act,
    components::{
        form::{self, Entries, Field},
        shell::{Place, Shell, crumbs, shell},
        surfaces::actions,
    },
    error::ApiError,
    extract::Patch,
    pages::flash::Flash,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// The form.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Administer)?;
    let current = app.store().organisation().await?;
    let current = serde_json::to_value(organisation::OrganisationBody::from(&current)).map_err(ApiError::internal)?;
    let text = |name: &str| match &current[name] {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let entries = Entries::new(FIELDS.map(|name| (name, text(name))));
    Ok(render(&Reader::of(&app, visitor).await?, &entries))
}

const FIELDS: [&str; 6] = ["name", "time_zone", "behind_above", "at_risk_above", "gap_reading", "period_minutes"];

/// Saves the settings.
pub(crate) async fn save(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    sent.caller.may(Act::Administer)?;
    let saved = sent.once(&app, async {
        let minutes: Value = sent.get("period_minutes").trim().parse::<u32>().map_or(Value::Null, Value::from);
        if minutes.is_null() {
            return Err(ApiError::field("invalid_value", "period_minutes", "Give a whole number of minutes."));
        }
        let text = |name: &str| sent.get(name).trim().to_owned();
        let patch = json!({
            "name": text("name"),
            "time_zone": text("time_zone"),
            "behind_above": text("behind_above"),
            "at_risk_above": text("at_risk_above"),
            "gap_reading": text("gap_reading"),
            "period_minutes": minutes,
        });
        organisation::save(&app, &sent.caller, Patch(patch)).await?;
        Ok(Done::to("/organisation").saying(Flash::good("The settings are saved")))
    });
    let error = match saved.await {
        Ok(response) => return Ok(response),
        Err(error) => mendable(error)?,
    };
    let entries = sent.entries().refused(&error);
    let reader = Reader::of(&app, sent.into_visitor()).await?;
    Ok((error.status(), render(&reader, &entries)).into_response())
}

/// The page.
pub(crate) fn render(reader: &Reader, entries: &Entries) -> Markup {
    let text = |name, label, help, inputmode| {
        form::input(&Field { name, label, help, inputmode, required: true, ..Field::default() }, entries)
    };
    let readings = [
        ("points", "Percentage points", "Expected 60%, reached 45%: the gap is 15.", ""),
        ("ratio", "Share of the expected progress", "Expected 60%, reached 45%: the gap is 25%.", ""),
    ];
    let content = html! {
        div class="page narrow" {
            h1 class="title" { "Organisation" }
            form method="post" action="/organisation" class="fg" {
                (entries.banner())
                (form::hidden(&reader.csrf, &reader.once))
                (text("name", "Name", "", ""))
                (text("time_zone", "Time zone", "A name such as Europe/Berlin: in it, today is a day.", ""))
                (text("period_minutes", "Minutes between refreshes", "5 to 1440. A link may have a period of its own.", "numeric"))
                (form::options(&Field { name: "gap_reading", label: "How a gap is read", ..Field::default() }, entries, &readings))
                (text("behind_above", "Behind, above a gap of", "", "decimal"))
                (text("at_risk_above", "At risk, above a gap of", "", "decimal"))
                (actions("/", "Save", false))
            }
        }
    };
    let top = crumbs(&[], "Organisation");
    shell(&Shell { title: "Organisation", place: Place::Organisation, reader, top, back: None }, &content)
}
