//! What Jira granted to connections. One process at a time renews a grant, and what it gets is kept before it is used.

use crate::{
    SealedSecret, Store,
    connections::CONNECTION,
    error::{StoreError, missing},
    health,
    pool::{Db, on},
    queries,
    row::{Row, word},
    schema::{connection_health, connections as connection_rows, grants},
    secrets,
    sql_types::{Json, Ts},
    turns,
};
use diesel::{dsl::max, prelude::*};
use okrsync_domain::{ConnectionId, Instant, Problem, connection::ConnectionState, health::HealthNews};

/// A grant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// Which token of the connection it is; grows with each renewal.
    pub serial: i64,
    /// The callback address that it was asked with.
    pub callback: String,
    /// When its access token ends, if that is known.
    pub expires_at: Option<Instant>,
    /// When it was granted or last renewed.
    pub renewed_at: Instant,
    /// All sealed secrets of the connection.
    pub secrets: Vec<SealedSecret>,
}

/// Fresh tokens.
#[derive(Debug, Clone)]
pub struct FreshGrant {
    /// The sealed tokens.
    pub secrets: Vec<SealedSecret>,
    /// When the access token ends, if that is known.
    pub expires_at: Option<Instant>,
    /// When somebody must sign in again at the latest, if that is known.
    pub renewable_until: Option<Instant>,
    /// When they were granted.
    pub at: Instant,
}

/// A site that a grant is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenSite {
    /// Its id at the gateway.
    pub cloud_id: String,
    /// Its address.
    pub server_url: String,
}

/// The right to renew one grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalLease {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The grant that is renewed.
    pub serial: i64,
    /// Who renews.
    pub worker: String,
}

/// What became of claiming the right to renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalClaim {
    /// It is the caller's.
    Mine(StoredGrant),
    /// Somebody has renewed it already.
    Renewed(StoredGrant),
    /// Somebody renews it just now.
    Busy,
    /// There is no grant any more.
    Gone,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = grants, treat_none_as_default_value = false)]
struct GrantRow {
    connection_id: String,
    serial: i64,
    callback: String,
    expires_at: Option<Ts>,
    renewed_at: Ts,
    lease_owner: Option<String>,
    lease_until: Option<Ts>,
}

fn find(db: &mut Db, id: ConnectionId) -> Result<Option<StoredGrant>, StoreError> {
    let query = grants::table.find(id.to_string());
    let row: Option<GrantRow> = on!(&mut *db, |c| query.select(GrantRow::as_select()).first(c).optional())?;
    let Some(row) = row else { return Ok(None) };
    let stored = StoredGrant {
        serial: row.serial,
        callback: row.callback,
        expires_at: row.expires_at.map(|at| at.0),
        renewed_at: row.renewed_at.0,
        secrets: secrets::load(db, id)?,
    };
    Ok(Some(stored))
}

/// Has a connection start anew with what it was granted: untested if it knows its site, else waiting for the choice.
fn begin_anew(db: &mut Db, id: ConnectionId, site: Option<&ChosenSite>, now: Instant) -> Result<(), StoreError> {
    health::hear(db, id, if site.is_some() { HealthNews::Authorized } else { HealthNews::AuthorizationLost })?;
    health::forget_account(db, id)?;
    health::forget_trouble(db, id)?;
    set_gateway(db, id, site.is_some_and(|site| !site.cloud_id.is_empty()))?;
    let row = || connection_rows::table.find(id.to_string());
    let edited = connection_rows::version.eq(connection_rows::version + 1);
    on!(&mut *db, |c| diesel::update(row()).set(edited).execute(c))?;
    if let Some(site) = site.filter(|site| !site.cloud_id.is_empty()) {
        let chosen =
            (connection_rows::cloud_id.eq(Some(&site.cloud_id)), connection_rows::server_url.eq(&site.server_url));
        on!(&mut *db, |c| diesel::update(row()).set(chosen).execute(c))?;
    }
    if site.is_some() { queries::ask_again(db, id, now) } else { Ok(()) }
}

/// Keeps fresh tokens in place of those before.
fn keep(db: &mut Db, id: ConnectionId, fresh: &FreshGrant) -> Result<(), StoreError> {
    secrets::set(db, id, &fresh.secrets)?;
    let row = connection_rows::table.find(id.to_string());
    let until = connection_rows::secret_expires_at.eq(fresh.renewable_until.map(Ts));
    on!(db, |c| diesel::update(row).set(until).execute(c))?;
    Ok(())
}

/// The row of a grant, as long as the lease on it is worth something.
macro_rules! held {
    ($lease:expr) => {
        grants::table
            .filter(grants::connection_id.eq($lease.connection_id.to_string()))
            .filter(grants::serial.eq($lease.serial))
            .filter(grants::lease_owner.eq(Some($lease.worker.clone())))
    };
}

impl Store {
    /// Keeps what somebody has just granted and has the connection start anew with it. Without a site (several are to
    /// choose from) it goes on waiting; an empty cloud id stands for the one site of a server.
    pub async fn save_grant(
        &self,
        id: ConnectionId,
        callback: &str,
        fresh: FreshGrant,
        site: Option<ChosenSite>,
    ) -> Result<(), StoreError> {
        let callback = callback.to_owned();
        self.write(move |db| {
            turns::alone(db)?;
            let before = grants::table.find(id.to_string()).select(max(grants::serial));
            let before: Option<i64> = on!(&mut *db, |c| before.first(c))?;
            on!(&mut *db, |c| diesel::delete(grants::table.find(id.to_string())).execute(c))?;
            let row = GrantRow {
                connection_id: id.to_string(),
                serial: before.unwrap_or(0) + 1,
                callback,
                expires_at: fresh.expires_at.map(Ts),
                renewed_at: Ts(fresh.at),
                lease_owner: None,
                lease_until: None,
            };
            on!(&mut *db, |c| diesel::insert_into(grants::table).values(&row).execute(c))
                .map_err(|error| missing(error, CONNECTION, &id))?;
            keep(db, id, &fresh)?;
            begin_anew(db, id, site.as_ref(), fresh.at)
        })
        .await
    }

    /// Decides which site a grant is used for.
    pub async fn choose_site(&self, id: ConnectionId, site: ChosenSite, now: Instant) -> Result<(), StoreError> {
        self.write(move |db| {
            turns::alone(db)?;
            begin_anew(db, id, Some(&site), now)
        })
        .await
    }

    /// The grant of a connection with its sealed secrets.
    pub async fn find_grant(&self, id: ConnectionId) -> Result<Option<StoredGrant>, StoreError> {
        self.snapshot(move |db| find(db, id)).await
    }

    /// Connections whose access token is over and was not renewed since `since`: their grants die if nobody uses them.
    pub async fn idle_grants(&self, since: Instant, now: Instant) -> Result<Vec<ConnectionId>, StoreError> {
        self.read(move |db| {
            let resting = [word(&ConnectionState::Disabled), word(&ConnectionState::NeedsAuthorization)];
            let awake = connection_health::table
                .filter(connection_health::state.ne_all(resting))
                .select(connection_health::connection_id);
            let idle = grants::table
                .filter(grants::renewed_at.le(Ts(since)).and(grants::expires_at.le(Some(Ts(now)))))
                .filter(grants::connection_id.eq_any(awake))
                .select(grants::connection_id);
            let ids: Vec<String> = on!(db, |c| idle.load(c))?;
            ids.iter().map(|id| Row { table: "grants", key: id }.id("connection_id", id)).collect()
        })
        .await
    }

    /// Claims the right to renew the grant with `serial` until `until`.
    pub async fn claim_renewal(
        &self,
        lease: &RenewalLease,
        now: Instant,
        until: Instant,
    ) -> Result<RenewalClaim, StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let Some(grant) = find(db, lease.connection_id)? else { return Ok(RenewalClaim::Gone) };
            if grant.serial != lease.serial {
                return Ok(RenewalClaim::Renewed(grant));
            }
            let free = grants::lease_until.is_null().or(grants::lease_until.le(Some(Ts(now))));
            let row = grants::table
                .filter(grants::connection_id.eq(lease.connection_id.to_string()))
                .filter(grants::serial.eq(lease.serial).and(free));
            let taken = (grants::lease_owner.eq(Some(lease.worker)), grants::lease_until.eq(Some(Ts(until))));
            // Whoever waited for another transaction finds the row taken.
            let rows = on!(db, |c| diesel::update(row).set(taken).execute(c))?;
            Ok(if rows == 0 { RenewalClaim::Busy } else { RenewalClaim::Mine(grant) })
        })
        .await
    }

    /// Keeps the tokens of a renewal, ends the lease, and tells the new serial. None where the lease was lost: then nothing
    /// is kept.
    pub async fn record_renewal(&self, lease: &RenewalLease, fresh: FreshGrant) -> Result<Option<i64>, StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let serial = lease.serial + 1;
            let renewed = (
                grants::serial.eq(serial),
                grants::expires_at.eq(fresh.expires_at.map(Ts)),
                grants::renewed_at.eq(Ts(fresh.at)),
                grants::lease_owner.eq(None::<String>),
                grants::lease_until.eq(None::<Ts>),
            );
            if on!(&mut *db, |c| diesel::update(held!(lease)).set(renewed).execute(c))? == 0 {
                return Ok(None);
            }
            keep(db, lease.connection_id, &fresh)?;
            Ok(Some(serial))
        })
        .await
    }

    /// Ends a lease without a renewal: somebody may try again.
    pub async fn release_renewal(&self, lease: &RenewalLease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let ended = (grants::lease_owner.eq(None::<String>), grants::lease_until.eq(None::<Ts>));
            on!(db, |c| diesel::update(held!(lease)).set(ended).execute(c))?;
            Ok(())
        })
        .await
    }

    /// The grant is worth nothing any more, for `problem`: it goes with its tokens, and the connection waits for somebody
    /// to sign in. Whether that was so: not where the lease was lost.
    pub async fn lose_grant(
        &self,
        lease: &RenewalLease,
        problem: &Problem,
        tokens: &[&str],
    ) -> Result<bool, StoreError> {
        let (lease, problem) = (lease.clone(), problem.clone());
        let tokens: Vec<String> = tokens.iter().map(|name| (*name).to_owned()).collect();
        self.write(move |db| {
            if on!(&mut *db, |c| diesel::delete(held!(lease)).execute(c))? == 0 {
                return Ok(false);
            }
            let id = lease.connection_id;
            secrets::remove(db, id, &tokens)?;
            set_gateway(db, id, false)?;
            health::hear(db, id, HealthNews::AuthorizationLost)?;
            let row = connection_health::table.find(id.to_string());
            let why = connection_health::last_error.eq(Some(Json::of(&problem)));
            on!(db, |c| diesel::update(row).set(why).execute(c))?;
            Ok(true)
        })
        .await
    }

    /// Gives a grant up, because what it was granted for is another thing now.
    pub async fn forget_grant(&self, id: ConnectionId, tokens: &[&str]) -> Result<(), StoreError> {
        let tokens: Vec<String> = tokens.iter().map(|name| (*name).to_owned()).collect();
        self.write(move |db| {
            on!(&mut *db, |c| diesel::delete(grants::table.find(id.to_string())).execute(c))?;
            secrets::remove(db, id, &tokens)?;
            set_gateway(db, id, false)
        })
        .await
    }
}

/// Whether requests go through the gateway: a grant of Cloud always does; the next one, or the next kind of sign-in, decides
/// anew.
fn set_gateway(db: &mut Db, id: ConnectionId, via_gateway: bool) -> Result<(), StoreError> {
    let row = connection_health::table.find(id.to_string());
    on!(db, |c| diesel::update(row).set(connection_health::via_gateway.eq(via_gateway)).execute(c))?;
    Ok(())
}
