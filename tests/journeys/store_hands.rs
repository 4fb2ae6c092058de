//! Many hands at once: workers, people and a second process do everything at the same time, and nobody waits for ever.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{LEASE, World, at, failure, issues, on_both, put};
use okrsync_domain::{
    ConnectionId, Random,
    connection::Connection,
    okr::{Okr, OkrKind},
};
use okrsync_store::{Origin, Page, Progress, RefreshScope, SealedSecret, SecretChanges, Store, StoreError};
use std::sync::Arc;

on_both!(many_hands_at_once);

/// Tasks that work at once.
const HANDS: u64 = 8;
/// What each does.
const DEEDS: i64 = 30;

/// What the hands work on.
struct Company {
    world: World,
    connections: [ConnectionId; 2],
    okrs: Vec<Okr>,
}

async fn many_hands_at_once(world: World) {
    let connections = [world.connection("one").await.id, world.connection("two").await.id];
    let mut okrs = Vec::new();
    for _ in 0..6 {
        okrs.push(world.okr(OkrKind::KeyResult, None).await);
    }
    let company = Arc::new(Company { world, connections, okrs });
    let other = company.world.another_store().await;
    let hands = (0..HANDS).map(|hand| {
        let (company, store) =
            (company.clone(), if hand % 2 == 0 { company.world.store.clone() } else { other.clone() });
        tokio::spawn(async move {
            let random = Random::seeded(hand);
            for deed in 0..DEEDS {
                if let Err(error) = Box::pin(company.act(&store, &random, deed)).await {
                    expected(&error);
                }
            }
        })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.unwrap();
    }
    company.settle().await;
}

/// What may happen to somebody who is not alone.
fn expected(error: &StoreError) {
    let known = matches!(
        error,
        StoreError::LeaseLost { .. } | StoreError::Changed { .. } | StoreError::NotFound { what: "link", .. }
    );
    assert!(known, "{error:?}");
}

impl Company {
    /// One deed of one hand.
    async fn act(&self, store: &Store, random: &Random, deed: i64) -> Result<(), StoreError> {
        let now = at(deed * 20);
        let okr = &self.okrs[usize::try_from(random.below(6)).unwrap()];
        let connection = self.connections[usize::try_from(random.below(2)).unwrap()];
        match random.below(10) {
            0..=3 => self.work(store, random, deed).await,
            4 => store.put_link(put(okr, connection, &format!("project = P{}", random.below(3))), now).await.map(drop),
            5 => store.delete_link(okr.id, now).await.map(drop),
            6 => store.request_refresh(RefreshScope::All, Origin::Person, now).await.map(drop),
            7 => {
                let known = store.get_connection(connection).await?;
                let secret = SealedSecret { name: "token".to_owned(), sealed: format!("v1.{deed}") };
                let changes = SecretChanges { set: vec![secret], remove: Vec::new() };
                store.update_connection(&Connection { budget_per_hour: 9, ..known }, changes, now).await.map(drop)
            }
            8 => {
                let known = store.get_okr(okr.id).await?;
                store.update_okr(&Okr { title: format!("deed {deed}"), ..known }, now).await.map(drop)
            }
            _ => store.move_links(connection, self.connections[0], now).await.map(drop),
        }
    }

    /// Claims and does what there is.
    async fn work(&self, store: &Store, random: &Random, deed: i64) -> Result<(), StoreError> {
        let now = at(deed * 20);
        for claim in store.claim(now, "hand", LEASE, 4, &[]).await? {
            let found = issues(i64::try_from(random.below(40)).unwrap(), 5);
            self.world.mirror(&claim, found.clone(), now).await?;
            store.extend_lease(&claim.lease, now + LEASE, Progress::default()).await?;
            match random.below(4) {
                0 => store.fail(failure(&claim, now)).await?,
                1 => store.release(&claim.lease).await?,
                _ => {
                    let (recording, canned) = self.world.recording(claim, &found, now);
                    store.record(recording, Box::new(canned)).await?;
                }
            }
        }
        Ok(())
    }

    /// Afterwards everything can still be refreshed, and every reading has its members.
    async fn settle(&self) {
        let (store, end) = (&self.world.store, at(DEEDS * 20 + 600));
        for claim in store.claim(end, "last", LEASE, 100, &[]).await.unwrap() {
            self.world.record(claim, issues(7, 3), end).await.unwrap();
        }
        let queue = store.queue(end).await.unwrap();
        assert_eq!((queue.queued, queue.running, queue.due), (0, 0, 0));
        for okr in &self.okrs {
            let newest = store.readings(okr.id, Some(end), None, Page::all()).await.unwrap().items;
            assert_eq!(newest.len(), usize::from(store.find_link(okr.id).await.unwrap().is_some()));
            for reading in newest {
                let members = store.members(reading.query_id.unwrap(), Some(reading.at), None, 100).await.unwrap();
                assert_eq!(members.len(), 7);
            }
        }
    }
}
