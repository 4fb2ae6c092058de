//! Everybody, and for admins: adding people, their role, whether they may sign in, and links that reset a password.

use super::{
    PageError, Visitor,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::people::{self, PersonBody, PersonPatch, RoleWord},
    app::App,
    auth::{policy::Act, throttle::Peer},
    components::{
        avatar::avatar,
        form::{self, Entries, Field},
        icons::{Icon, small},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{Tone, actions, banner, card},
        times,
    },
    error::{ApiError, ApiResult},
    extract::Id,
    pages::flash::Flash,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use maud::{Markup, html};
use okrsync_domain::{
    UserId,
    person::{Role, User},
};
use okrsync_store::Page;

/// Everybody.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    let people = app.store().users(Page::all()).await?.items;
    Ok(render(&Reader::of(&app, visitor).await?, &people))
}

/// The form for another person.
pub(crate) async fn new(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Administer)?;
    let entries = Entries::new([("role", "member".to_owned())]);
    Ok(render_new(&Reader::of(&app, visitor).await?, &entries))
}

/// Adds a person, who chooses a password by the link that is shown.
pub(crate) async fn add(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    sent.caller.may(Act::Administer)?;
    let added = async {
        let (name, email) = (sent.get("name").to_owned(), sent.get("email").to_owned());
        // nobody knows this one: the person chooses their own
        let password = URL_SAFE_NO_PAD.encode(app.random().bytes::<32>()).into();
        let body = PersonBody { name, email, password, role: role(sent.get("role"))? };
        let user = people::add_person(&app, &sent.caller, body).await?;
        let (_, link) = people::reset_link(&app, &sent.caller, user.id).await?;
        ApiResult::Ok((user, link.url))
    };
    let error = match added.await {
        Ok((user, url)) => {
            let reader = Reader::of(&app, sent.into_visitor()).await?;
            return Ok(render_link(&reader, &user, &url).into_response());
        }
        Err(error) => mendable(error)?,
    };
    let entries = sent.entries().refused(&error);
    let reader = Reader::of(&app, sent.into_visitor()).await?;
    Ok((error.status(), render_new(&reader, &entries)).into_response())
}

/// The form of a person.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id<UserId>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Administer)?;
    let user = app.store().get_user(id).await?;
    let entries = Entries::new([
        ("name", user.name.clone()),
        ("email", user.email.clone()),
        ("role", role_word(user.role).to_owned()),
        ("active", user.active.to_string()),
    ]);
    Ok(render_edit(&Reader::of(&app, visitor).await?, &user, &entries))
}

/// Changes a person.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<UserId>,
    peer: Peer,
    sent: Sent,
) -> Result<Response, PageError> {
    sent.caller.may(Act::Administer)?;
    let changed = sent.once(&app, async {
        let patch = PersonPatch {
            name: Some(sent.get("name").to_owned()),
            email: Some(sent.get("email").to_owned()),
            role: Some(role(sent.get("role"))?),
            active: Some(sent.get("active") == "true"),
            ..PersonPatch::default()
        };
        let user = people::change_person(&app, &sent.caller, id, patch, peer).await?;
        Ok(Done::to("/people").saying(Flash::good(format!("{} is saved", user.name))))
    });
    let error = match changed.await {
        Ok(response) => return Ok(response),
        Err(error) => mendable(error)?,
    };
    let entries = sent.entries().refused(&error);
    let user = app.store().get_user(id).await?;
    let reader = Reader::of(&app, sent.into_visitor()).await?;
    Ok((error.status(), render_edit(&reader, &user, &entries)).into_response())
}

/// Makes a link by which a person chooses a new password, and shows it.
pub(crate) async fn reset(State(app): State<App>, Id(id): Id<UserId>, sent: Sent) -> Result<Markup, PageError> {
    let (user, link) = people::reset_link(&app, &sent.caller, id).await?;
    let reader = Reader::of(&app, sent.into_visitor()).await?;
    Ok(render_link(&reader, &user, &link.url))
}

fn role(word: &str) -> ApiResult<RoleWord> {
    match word {
        "admin" => Ok(RoleWord::Admin),
        "member" => Ok(RoleWord::Member),
        "viewer" => Ok(RoleWord::Viewer),
        _ => Err(ApiError::field("invalid_value", "role", "Choose one of the roles.")),
    }
}

/// The word of a role.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Member => "member",
        Role::Viewer => "viewer",
    }
}

fn frame(reader: &Reader, title: &str, is_below: bool, content: &Markup) -> Markup {
    let above = if is_below { vec![("/people".to_owned(), "People".to_owned())] } else { vec![] };
    let back = above.first().cloned();
    shell(&Shell { title, place: Place::People, reader, top: crumbs(&above, title), back }, content)
}

/// The list.
pub(crate) fn render(reader: &Reader, people: &[User]) -> Markup {
    let is_admin = reader.user.role == Role::Admin;
    let content = html! {
        div class="page" {
            div class="between" {
                h1 class="title" { "People" }
                @if is_admin { a class="btn pri" href="/people/new" { (small(Icon::Plus, "")) "Add a person" } }
            }
            div class="card scroll" {
                table class="tbl" {
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" class="wide-only" { "Email" } th scope="col" { "Role" }
                        th scope="col" class="wide-only" { "Since" } th scope="col" { span class="vh" { "Change" } }
                    } }
                    tbody {
                        @for person in people {
                            tr {
                                td {
                                    span class="row" {
                                        (avatar(person))
                                        span class="grow" { (person.name) small class="t12 mut narrow-only ell" { (person.email) } }
                                        @if !person.active { span class="tag" { "Deactivated" } }
                                    }
                                }
                                td class="wide-only" { (person.email) }
                                td class="capital" { (role_word(person.role)) }
                                td class="num wide-only" { (times::day(person.created_at.with_timezone(&reader.zone()).date_naive(), reader.today)) }
                                td class="r" {
                                    @if is_admin {
                                        a class="link" href={ "/people/" (person.id) } aria-label={ "Change " (person.name) } { "Change" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    frame(reader, "People", false, &content)
}

fn fields(entries: &Entries) -> Markup {
    let roles = [
        ("admin", "Admin", "Everything, people and settings too.", ""),
        ("member", "Member", "Own connections and OKRs.", ""),
        ("viewer", "Viewer", "Reads.", ""),
    ];
    let text = |name, label, kind| {
        form::input(&Field { name, label, kind, autocomplete: "off", required: true, ..Field::default() }, entries)
    };
    html! {
        (text("name", "Name", "text"))
        (text("email", "Email", "email"))
        (form::options(&Field { name: "role", label: "Role", ..Field::default() }, entries, &roles))
    }
}

/// The form for another person.
pub(crate) fn render_new(reader: &Reader, entries: &Entries) -> Markup {
    let content = html! {
        div class="page narrow" {
            h1 class="title" { "Add a person" }
            form method="post" action="/people/new" class="fg" {
                (entries.banner())
                (form::hidden(&reader.csrf, &reader.once))
                (fields(entries))
                p class="help" { "You get a link to hand over, by which they choose their password." }
                (actions("/people", "Add", false))
            }
        }
    };
    frame(reader, "Add a person", true, &content)
}

/// The form of a person.
pub(crate) fn render_edit(reader: &Reader, user: &User, entries: &Entries) -> Markup {
    let active = Field {
        name: "active",
        label: "May sign in",
        help: "Switched off, their sessions and tokens end at once and for good. What they own stays.",
        ..Field::default()
    };
    let content = html! {
        div class="page narrow" {
            h1 class="title" { (user.name) }
            form method="post" action={ "/people/" (user.id) } class="fg" {
                (entries.banner())
                (form::hidden(&reader.csrf, &reader.once))
                (fields(entries))
                (form::switch(&active, entries))
                (actions("/people", "Save", false))
            }
            (card("Password", &html! {}, "gap", &html! {
                form method="post" action={ "/people/" (user.id) "/reset-link" } class="in-card" {
                    (form::hidden(&reader.csrf, &reader.once))
                    p class="sub" { "A link to choose a new password works once, for a day. An earlier one ends." }
                    button class="btn" disabled[!user.active] { "Make a link" }
                }
            }))
        }
    };
    frame(reader, &user.name, true, &content)
}

/// The link, once.
pub(crate) fn render_link(reader: &Reader, user: &User, url: &str) -> Markup {
    let title = format!("A link for {}", user.name);
    let content = html! {
        div class="page narrow" {
            h1 class="title" { (title) }
            (banner(Tone::Info, "It is shown this once.", "Hand it over yourself: okrsync sends no email. It works once, for a day.", &html! {}))
            p class="secret" { code { (url) } }
            a class="btn" href="/people" { "Back to people" }
        }
    };
    frame(reader, &title, true, &content)
}
