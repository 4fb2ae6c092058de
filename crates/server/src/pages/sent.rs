//! A form that was sent: whose it is, what it says, and that it is carried out once.
//!
//! Taking [`Sent`] as the handler's last argument refuses what a foreign page sent, and loses nothing of what a person
//! typed: without a session the sign-in comes first and the form is offered again ([`super::resend`]).

use super::{
    PageError, Visitor,
    flash::{self, Flash},
    resend::Kept,
};
use crate::{
    app::App,
    auth::{
        caller::{self, Caller},
        origin,
    },
    components::form::Entries,
    error::{ApiError, ApiResult},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use okrsync_store::Submission;
use sha2::{Digest as _, Sha256};
use std::{pin::Pin, time::Duration};
use tower_sessions::Session;

/// How long a second click waits for what the first one comes to, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(100);

/// Names of fields that belong to the form and not to what it says.
const OWN: [&str; 2] = ["csrf", "once"];

/// A form that a signed-in person sent from one of our own pages.
pub(crate) struct Sent {
    /// Who sent it.
    pub(crate) caller: Caller,
    /// What it says, field by field.
    pub(crate) values: Vec<(String, String)>,
    visitor: Visitor,
    session: Session,
    mark: String,
}

/// What carrying out a form came to.
#[derive(Debug)]
pub(crate) struct Done {
    /// Path of the page to show next.
    pub(crate) to: String,
    /// What to say there.
    pub(crate) flash: Option<Flash>,
}

impl Done {
    /// Shows a page next.
    pub(crate) fn to(path: impl Into<String>) -> Self {
        Self { to: path.into(), flash: None }
    }

    /// And says something there.
    #[must_use]
    pub(crate) fn saying(self, flash: Flash) -> Self {
        Self { flash: Some(flash), ..self }
    }
}

impl FromRequest<App> for Sent {
    type Rejection = PageError;

    async fn from_request(request: Request, app: &App) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        if !origin::is_trusted(&parts.method, &parts.headers, &app.settings().address()) {
            return Err(caller::foreign().into());
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, &()).await.map_err(|_| too_large())?;
        let values: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
        let own = |name: &str| values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        let kept = || Kept::of(&path, &values);
        let Some(caller) = caller::by_session(app, &mut parts).await? else {
            return Err(PageError::SignInFirst(Box::new(kept())));
        };
        caller.admit(&parts)?;
        let visitor = Visitor::new(caller.clone(), &parts, None);
        if !origin::token_fits(&caller.csrf, own("csrf")) {
            return Err(PageError::SendAgain(Box::new((visitor, kept()))));
        }
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| ApiError::internal("a form without the session's layer"))?;
        // The same words with the same mark are the same click; other words are meant anew.
        let mark =
            hex::encode(Sha256::new().chain_update(own("once")).chain_update(&path).chain_update(&bytes).finalize());
        Ok(Self { caller, values, visitor, session, mark })
    }
}

fn too_large() -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The form is larger than okrsync accepts.")
}

impl Sent {
    /// The value of a field; empty if it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The value of a field without blanks around it; none if that is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// What was typed, to show the form again.
    pub(crate) fn entries(&self) -> Entries {
        let said: Vec<_> = self.values.iter().filter(|(name, _)| !OWN.contains(&name.as_str())).cloned().collect();
        Entries::typed(&said)
    }

    /// Who reads the page that shows the form again.
    pub(crate) fn into_visitor(self) -> Visitor {
        self.visitor
    }

    /// Carries out the form, once however often it is sent, and leads to the next page.
    ///
    /// # Errors
    /// What the work refused: see [`mendable`].
    pub(crate) fn once<'s>(
        &'s self,
        app: &'s App,
        work: impl Future<Output = ApiResult<Done>> + Send + 's,
    ) -> impl Future<Output = ApiResult<Response>> + Send + 's {
        // On the heap: handlers stay small, whatever the work holds.
        self.carry_out(app, Box::pin(work))
    }

    async fn carry_out(
        &self,
        app: &App,
        work: Pin<Box<dyn Future<Output = ApiResult<Done>> + Send + '_>>,
    ) -> ApiResult<Response> {
        match app.store().begin_submission(&self.mark, app.now()).await? {
            Submission::First => {}
            Submission::Done { target } => return Ok(Redirect::to(&target).into_response()),
            Submission::AtWork => return self.wait(app).await,
        }
        match work.await {
            Ok(done) => {
                app.store().end_submission(&self.mark, Some(&done.to)).await?;
                if let Some(flash) = &done.flash {
                    flash::keep(&self.session, flash).await;
                }
                Ok(Redirect::to(&done.to).into_response())
            }
            Err(error) => {
                app.store().end_submission(&self.mark, None).await?;
                Err(error)
            }
        }
    }

    /// The second click leads where the first one does.
    async fn wait(&self, app: &App) -> ApiResult<Response> {
        let looks = PATIENCE.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            tokio::time::sleep(LOOK).await;
            match app.store().begin_submission(&self.mark, app.now()).await? {
                Submission::Done { target } => return Ok(Redirect::to(&target).into_response()),
                Submission::AtWork => {}
                // The first one was refused: so is this one.
                Submission::First => {
                    app.store().end_submission(&self.mark, None).await?;
                    break;
                }
            }
        }
        Err(ApiError::conflict("sent_twice", "The form was sent twice, and the first one has not come to an end.")
            .hint("Look whether it was carried out, then send it again."))
    }
}

/// What a person can mend in the form: then it is shown again with its values. Everything else is a page of its own.
pub(crate) fn mendable(error: ApiError) -> Result<ApiError, PageError> {
    match error.status() {
        StatusCode::BAD_REQUEST
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE => Ok(error),
        // Something that the form refers to is not there (any more).
        StatusCode::NOT_FOUND if !error.fields().is_empty() => Ok(error),
        _ => Err(error.into()),
    }
}
