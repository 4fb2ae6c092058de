//! The command line: help, exit codes, and errors that name the cure instead of a stack trace.

use okrsync_jira_sim::Dialect;
use okrsync_tests::{clients::Client, databases::TestDatabase, journey, process::Place};
use serde_json::Value;

const DANA: &str = "dana@northwind.example";
const KENJI: &str = "kenji@northwind.example";

async fn people_and_tokens(database: TestDatabase, _dialect: Dialect) {
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let migrated = place.run(&["migrate"], "").await;
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let user = [
        "user",
        "create",
        "--email",
        "dana@northwind.example",
        "--name",
        "Dana",
        "--role",
        "admin",
        "--password-stdin",
    ];
    let made = place.run(&user, "correct horse battery\n").await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let twice = place.run(&user, "correct horse battery\n").await;
    assert_eq!(twice.code, Some(1));
    assert!(twice.err.starts_with("error: ") && !twice.err.contains("stack backtrace"), "{twice:?}");
    let short = place.run(&[&user[..3], &["x@y.example"], &user[4..]].concat(), "short\n").await;
    assert_eq!(short.code, Some(1), "{short:?}");
    assert!(short.err.contains("password"), "{short:?}");
    let token = place.run(&["token", "create", "--user", "dana@northwind.example", "--name", "ci"], "").await;
    assert!(token.out.starts_with("okr_") && token.out.lines().count() == 1, "only the token: {token:?}");
    let nobody = place.run(&["token", "create", "--user", "nobody@x.example", "--name", "ci"], "").await;
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    let doctor = place.run(&["doctor"], "").await;
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    let refresh = place.run(&["refresh", "--all"], "").await;
    assert_eq!(refresh.code, Some(0), "nothing to refresh is fine: {refresh:?}");
}

/// What admins do about people and tokens works without the web, at once, and is in the audit log.
async fn people_are_let_go_and_let_in(database: TestDatabase, _dialect: Dialect) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::new(folder.path(), database.url());
    let said = async |words: &[&str], input: &str| {
        let done = place.run(words, input).await;
        assert_eq!(done.code, Some(0), "{words:?}: {done:?}");
        done.out
    };
    for (name, email, role) in [("Dana", DANA, "admin"), ("Kenji", KENJI, "member")] {
        let words = ["user", "create", "--email", email, "--name", name, "--role", role, "--password-stdin"];
        said(&words, "correct horse battery\n").await;
    }
    let token = said(&["token", "create", "--user", KENJI, "--name", "ci", "--scope", "read"], "").await;
    let admin = said(&["token", "create", "--user", DANA, "--name", "admin"], "").await;
    let server = place.serve().await;
    let (kenji, dana) = (Client::new(&server.base, Some(token.trim())), Client::new(&server.base, Some(admin.trim())));
    kenji.get("/me").await.expect(200);
    let listed = said(&["token", "list", "--user", KENJI], "").await;
    assert!(listed.contains("read") && listed.contains("ci") && !listed.contains(token.trim()), "{listed}");
    let id = listed.split_whitespace().next().expect("an id");
    said(&["token", "revoke", "--user", KENJI, id], "").await;
    kenji.get("/me").await.problem(401, "unauthorized");

    let link = said(&["user", "reset-password", "--email", KENJI], "").await;
    let code = link.trim().split("code=").nth(1).expect("a code");
    let reset = serde_json::json!({"code": code, "password": "another horse battery"});
    Client::new(&server.base, None).post("/password-reset", &reset).await.expect(204);
    let entry = serde_json::json!({"email": KENJI, "password": "another horse battery"});
    Client::new(&server.base, None).post("/session", &entry).await.expect(204);
    said(&["user", "deactivate", "--email", KENJI], "").await;
    Client::new(&server.base, None).post("/session", &entry).await.problem(401, "unauthorized");
    let refused = place.run(&["user", "reset-password", "--email", KENJI], "").await;
    assert!(refused.code == Some(1) && refused.err.contains("activate"), "{refused:?}");
    let last = place.run(&["user", "deactivate", "--email", DANA], "").await;
    assert!(last.code == Some(1) && last.err.contains("admin"), "somebody stays admin: {last:?}");
    let everybody = said(&["user", "list"], "").await;
    assert!(everybody.lines().any(|line| line.contains("deactivated") && line.contains(KENJI)), "{everybody}");
    said(&["user", "activate", "--email", KENJI], "").await;
    Client::new(&server.base, None).post("/session", &entry).await.expect(204);

    let log = dana.get("/audit?limit=100").await.expect(200);
    let entries = log["items"].as_array().expect("a list").iter();
    let by_command = entries.filter(|entry| entry["actor"]["via"] == "command");
    let mut actions: Vec<_> = by_command.map(|entry| entry["action"].as_str().expect("a word")).collect();
    actions.reverse();
    let after = ["token.revoke", "user.reset_link", "user.deactivate", "user.activate"];
    assert_eq!(actions[actions.len() - after.len()..], after, "{log}");
}

async fn mistakes(database: TestDatabase, _dialect: Dialect) {
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let help = place.run(&["--help"], "").await;
    assert_eq!(help.code, Some(0));
    for command in ["serve", "demo", "migrate", "doctor", "user", "token", "refresh", "bench", "jql"] {
        assert!(help.out.contains(command), "{}", help.out);
        assert_eq!(place.run(&[command, "--help"], "").await.code, Some(0), "{command}");
    }
    assert_eq!(place.run(&["bench", "sync", "--help"], "").await.code, Some(0));
    assert_eq!(place.run(&["dance"], "").await.code, Some(2), "a word that is no command");
    let elsewhere = Place::new(data.path(), "postgres://nobody@127.0.0.1:9/nowhere");
    for command in [["migrate"], ["doctor"]] {
        let failed = elsewhere.run(&command, "").await;
        assert_eq!(failed.code, Some(1), "{failed:?}");
        assert!(!failed.err.contains("panicked"), "{failed:?}");
    }
    let unknown = data.path().join("wrong.toml");
    std::fs::write(&unknown, "listne = \"127.0.0.1:1\"\n").expect("written");
    let wrong = place.run(&["--config", unknown.to_str().expect("text"), "migrate"], "").await;
    assert!(wrong.code == Some(1) && wrong.err.contains("listne"), "the key is named: {wrong:?}");
}

async fn queries_are_checked_as_a_compiler_would(database: TestDatabase, _dialect: Dialect) {
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let sound = place.run(&["jql", "check", "-"], "project = AE and statusCategory = Done order by key\n").await;
    let canonical = "project = AE AND statusCategory = Done ORDER BY key\n";
    assert_eq!((sound.code, sound.out.as_str()), (Some(0), canonical), "lints are no errors: {sound:?}");
    for part in
        ["warning[self_filters_done]", "warning[order_by_ignored]", "help: leave it out", "0 errors, 2 warnings"]
    {
        assert!(sound.err.contains(part), "{part}: {sound:?}");
    }
    let wrong = place.run(&["jql", "check", "-"], "project = AE\nAND größe = order").await;
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(1), ""), "{wrong:?}");
    for part in [
        "error[syntax_error]: ",
        "standard input:2:13",
        "             ^^^^^",
        "help: `order` is a reserved word",
        "+ AND größe = \"order\"",
        "1 error, 0 warnings",
    ] {
        assert!(wrong.err.contains(part), "{part}: {wrong:?}");
    }
    let unbounded = place.run(&["jql", "check", "-"], "order by key").await;
    assert!(unbounded.code == Some(1) && unbounded.err.contains("error[unbounded_query]"), "{unbounded:?}");
}

/// What is measured with them is only worth something if they run, on either database.
async fn benchmarks_run(database: TestDatabase, _dialect: Dialect) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::new(folder.path(), "sqlite://unused.db");
    let site = ["--queries", "4", "--issues", "60", "--per-query", "10", "--latency-ms", "0", "--json"];
    let another = TestDatabase::fresh(database.backend()).expect("there was one before");
    for (scenario, besides, database) in
        [("sync", ["--links", "8"], &database), ("webhook", ["--events", "1"], &another)]
    {
        let measured = [&["bench", scenario][..], &site, &besides, &["--database-url", database.url()]].concat();
        let measured = place.run(&measured, "").await;
        assert_eq!(measured.code, Some(0), "{scenario}: {measured:?}");
        let rows: Vec<Value> = serde_json::from_str(&measured.out).expect("JSON");
        assert!(
            !rows.is_empty() && rows.iter().all(|row| row.get("failed").is_none_or(|failed| failed == 0)),
            "{rows:?}"
        );
    }
}

journey!(people_and_tokens, one dialect);
journey!(people_are_let_go_and_let_in, one dialect);
journey!(mistakes, one dialect);
journey!(queries_are_checked_as_a_compiler_would, one dialect);
journey!(benchmarks_run, one dialect);
