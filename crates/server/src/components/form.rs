//! Forms: fields with label, help and error, kept values, buttons.
//!
//! A form knows what was typed and what was refused; each field shows both. Labels, help and errors are tied to their field
//! by `id`, so that screen readers say them. Everything works without script.

use crate::{
    components::icons::{Icon, icon, small},
    error::ApiError,
};
use maud::{Markup, html};
use okrsync_domain::invalid::FieldError;

/// What a form shows: values by field name, and what was wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    values: Vec<(String, String)>,
    errors: Vec<FieldError>,
    /// The sentence over the form when it was refused.
    problem: Option<(String, Option<String>)>,
}

impl Entries {
    /// Values to begin with.
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        Self { values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), ..Self::default() }
    }

    /// What was typed, as it came.
    pub(crate) fn typed(values: &[(String, String)]) -> Self {
        Self { values: values.to_vec(), ..Self::default() }
    }

    /// With why it was refused: the fields that the error names show it, and a line over the form says the rest.
    #[must_use]
    pub(crate) fn refused(mut self, error: &ApiError) -> Self {
        self.errors = error.fields().to_vec();
        self.problem = Some((error.detail().to_owned(), error.cure().map(ToOwned::to_owned)));
        self
    }

    /// The value of a field; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Sets a value.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.into()));
    }

    /// Sets one more value of a field that may have several.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.values.push((name.to_owned(), value.into()));
    }

    /// Whether a field that may have several values has this one.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(known, held)| known == name && held == value)
    }

    /// What is wrong with a field. Errors of parts (`measure.target`) belong to the field of that name.
    fn error(&self, name: &str) -> Option<&FieldError> {
        self.errors.iter().find(|error| error.field == name)
    }

    /// Whether the form was refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.problem.is_some()
    }

    /// The line over a refused form: what no field says already.
    pub(crate) fn banner(&self) -> Markup {
        let Some((detail, hint)) = &self.problem else { return html! {} };
        let told = self.errors.iter().any(|error| error.message == *detail);
        html! {
            div class="banner bad" role="alert" id="form-problem" tabindex="-1" autofocus {
                (icon(Icon::Triangle))
                span {
                    @if told { b { "Not saved yet." } " Look at the marked field." } @else { b { (plain(detail)) } }
                    @if let Some(hint) = hint { " " (plain(hint)) }
                }
            }
        }
    }
}

/// A sentence without the marks around the names of fields: the page shows the field itself.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// Whether a field holds a secret: it is never shown again, and not kept when a session ends.
pub(crate) fn is_secret(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    matches!(last, "token" | "client_secret")
        || last.contains("password")
        || (name.starts_with("headers[") && last == "value")
}

/// One field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Field<'a> {
    /// Name in the form, and path in errors (`measure.target`).
    pub(crate) name: &'a str,
    /// What it is, over it.
    pub(crate) label: &'a str,
    /// A line below it.
    pub(crate) help: &'a str,
    /// Whether the label says that it may stay empty.
    pub(crate) optional: bool,
    /// Type of the input; `text` if empty.
    pub(crate) kind: &'a str,
    /// Shown while it is empty.
    pub(crate) placeholder: &'a str,
    /// A hint for browsers, such as `email`; `off` if empty.
    pub(crate) autocomplete: &'a str,
    /// Letters on telephones: `decimal`, `email`, `url`.
    pub(crate) inputmode: &'a str,
    /// Whether the browser refuses to send it empty.
    pub(crate) required: bool,
    /// Whether it has the focus on arrival.
    pub(crate) autofocus: bool,
}

impl Field<'_> {
    fn id(&self) -> String {
        format!("f-{}", self.name.replace('.', "-"))
    }

    /// The ids of help and error, as far as they are there.
    fn described_by(&self, entries: &Entries) -> Option<String> {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.id()));
        let error = entries.error(self.name).map(|_| format!("{}-error", self.id()));
        let ids: Vec<String> = error.into_iter().chain(help).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A field with whatever is typed or chosen in it: `control(id, aria-describedby, invalid)` draws that.
fn framed(
    field: &Field<'_>,
    entries: &Entries,
    control: impl FnOnce(&str, Option<&str>, Option<&str>) -> Markup,
) -> Markup {
    let (id, described) = (field.id(), field.described_by(entries));
    let error = entries.error(field.name);
    html! {
        div class="field" {
            label class="lb" for=(id) { (field.label) @if field.optional { " " span class="opt" { "optional" } } }
            (control(&id, described.as_deref(), error.map(|_| "true")))
            @if let Some(error) = error {
                p class="errline" id={ (id) "-error" } { (small(Icon::Triangle, "")) span { (plain(&error.message)) } }
            }
            @if !field.help.is_empty() { p class="help" id={ (id) "-help" } { (field.help) } }
        }
    }
}

/// One line.
pub(crate) fn input(field: &Field<'_>, entries: &Entries) -> Markup {
    input_from(field, entries, "")
}

/// One line, with suggestions from the `datalist` of that id.
pub(crate) fn input_from(field: &Field<'_>, entries: &Entries, list: &str) -> Markup {
    let or = |text, usual| if str::is_empty(text) { usual } else { text };
    framed(field, entries, |id, described, invalid| {
        html! {
            input class="in" id=(id) name=(field.name) type=(or(field.kind, "text")) value=(if field.kind == "password" { "" } else { entries.get(field.name) })
                placeholder=[Some(field.placeholder).filter(|text| !text.is_empty())]
                autocomplete=(or(field.autocomplete, "off"))
                list=[Some(list).filter(|list| !list.is_empty())]
                inputmode=[Some(field.inputmode).filter(|mode| !mode.is_empty())]
                required[field.required] autofocus[field.autofocus && !entries.is_refused()]
                aria-describedby=[described] aria-invalid=[invalid];
        }
    })
}

/// Several lines.
pub(crate) fn area(field: &Field<'_>, entries: &Entries, rows: u8) -> Markup {
    framed(field, entries, |id, described, invalid| {
        html! {
            textarea class="in" id=(id) name=(field.name) rows=(rows)
                placeholder=[Some(field.placeholder).filter(|text| !text.is_empty())] required[field.required]
                autofocus[field.autofocus && !entries.is_refused()]
                aria-describedby=[described] aria-invalid=[invalid] { (entries.get(field.name)) }
        }
    })
}

/// One of several: pairs of value and text.
pub(crate) fn select(field: &Field<'_>, entries: &Entries, options: &[(String, String)]) -> Markup {
    framed(field, entries, |id, described, invalid| {
        html! {
            span class="pick" {
                select class="in" id=(id) name=(field.name) aria-describedby=[described] aria-invalid=[invalid]
                    autofocus[field.autofocus && !entries.is_refused()] {
                    @for (value, text) in options {
                        option value=(value) selected[value == entries.get(field.name)] { (text) }
                    }
                }
                (small(Icon::Down, ""))
            }
        }
    })
}

/// One of several as cards: value, title, explanation, and why it cannot be chosen (empty if it can).
pub(crate) fn options(field: &Field<'_>, entries: &Entries, choices: &[(&str, &str, &str, &str)]) -> Markup {
    let (id, error) = (field.id(), entries.error(field.name));
    html! {
        fieldset class="field" aria-describedby=[field.described_by(entries)] {
            legend class="lb" { (field.label) }
            div class="opts" {
                @for (value, title, text, barred) in choices {
                    label class="opt-c" {
                        input type="radio" class="radio" name=(field.name) value=(value)
                            checked[*value == entries.get(field.name)] disabled[!barred.is_empty()];
                        span {
                            b { (title) }
                            small { (text) @if !barred.is_empty() { " " (barred) } }
                        }
                    }
                }
            }
            @if let Some(error) = error {
                p class="errline" id={ (id) "-error" } { (small(Icon::Triangle, "")) span { (plain(&error.message)) } }
            }
            @if !field.help.is_empty() { p class="help" id={ (id) "-help" } { (field.help) } }
        }
    }
}

/// On or off. The value sent is `true`; nothing is sent when it is off.
pub(crate) fn switch(field: &Field<'_>, entries: &Entries) -> Markup {
    let (id, described) = (field.id(), field.described_by(entries));
    let error = entries.error(field.name);
    html! {
        div class="field" {
            label class="switch" for=(id) {
                input type="checkbox" role="switch" class="sw" id=(id) name=(field.name) value="true"
                    checked[entries.get(field.name) == "true"] aria-describedby=[described];
                span { (field.label) }
            }
            @if let Some(error) = error {
                p class="errline" id={ (id) "-error" } { (small(Icon::Triangle, "")) span { (plain(&error.message)) } }
            }
            @if !field.help.is_empty() { p class="help" id={ (id) "-help" } { (field.help) } }
        }
    }
}

/// What every form carries: the session's token, and a mark by which a second click is known. The mark is fresh on each
/// page; on a form shown again after a refusal the old one serves, since a refused form was not carried out.
pub(crate) fn hidden(csrf: &str, once: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); input type="hidden" name="once" value=(once); }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_keeps_its_value_and_is_tied_to_its_message() {
        let error = ApiError::field("invalid_value", "measure.target", "`measure.target` must be a number.");
        let entries = Entries::new([("measure.target", "<b>".to_owned())]).refused(&error);
        let field = Field { name: "measure.target", label: "Target", help: "At 100%.", ..Field::default() };
        let text = input(&field, &entries).0;
        for part in [
            "value=\"&lt;b&gt;\"",
            "aria-invalid=\"true\"",
            "aria-describedby=\"f-measure-target-error f-measure-target-help\"",
            "id=\"f-measure-target-error\"",
            "measure.target must be a number.",
            "for=\"f-measure-target\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(entries.banner().0.contains("role=\"alert\""));
        let fresh = input(&field, &Entries::default()).0;
        assert!(!fresh.contains("aria-invalid") && fresh.contains("aria-describedby=\"f-measure-target-help\""));
    }
}
