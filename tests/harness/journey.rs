//! Makes tests of a journey: one for each database and each of Jira's dialects.

use crate::databases::{Backend, TestDatabase};
use okrsync_jira_sim::Dialect;

/// Tells a story on a fresh database with one dialect, if there is such a database on this machine.
pub async fn tell(backend: Backend, dialect: Dialect, story: impl AsyncFnOnce(TestDatabase, Dialect)) {
    if let Some(database) = TestDatabase::fresh(backend) {
        story(database, dialect).await;
    }
}

/// Four tests of a story: `async fn story(database: TestDatabase, dialect: Dialect)`.
#[macro_export]
macro_rules! journey {
    ($story:ident) => {
        mod $story {
            $crate::journey!(@test $story, cloud_on_sqlite, Cloud, Sqlite);
            $crate::journey!(@test $story, cloud_on_postgres, Cloud, Postgres);
            $crate::journey!(@test $story, data_center_on_sqlite, DataCenter, Sqlite);
            $crate::journey!(@test $story, data_center_on_postgres, DataCenter, Postgres);
        }
    };
    // each dialect and each database once: for long stories whose parts are told in all four elsewhere
    ($story:ident, crossed) => {
        mod $story {
            $crate::journey!(@test $story, cloud_on_sqlite, Cloud, Sqlite);
            $crate::journey!(@test $story, data_center_on_postgres, DataCenter, Postgres);
        }
    };
    ($story:ident, postgres only) => {
        mod $story {
            $crate::journey!(@test $story, cloud_on_postgres, Cloud, Postgres);
        }
    };
    ($story:ident, one dialect) => {
        mod $story {
            $crate::journey!(@test $story, cloud_on_sqlite, Cloud, Sqlite);
            $crate::journey!(@test $story, cloud_on_postgres, Cloud, Postgres);
        }
    };
    ($story:ident, data center) => {
        mod $story {
            $crate::journey!(@test $story, data_center_on_sqlite, DataCenter, Sqlite);
            $crate::journey!(@test $story, data_center_on_postgres, DataCenter, Postgres);
        }
    };
    (@test $story:ident, $name:ident, $dialect:ident, $backend:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let backend = $crate::databases::Backend::$backend;
            $crate::journey::tell(backend, okrsync_jira_sim::Dialect::$dialect, super::$story).await;
        }
    };
}
