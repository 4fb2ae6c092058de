//! The command line: help, exit codes, and errors that name the cure instead of a stack trace.

use okrsync_jira_sim::Dialect;
use okrsync_tests::{databases::TestDatabase, journey, process::Place};

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
    for part in
        ["error[syntax_error]: ", "standard input:2:13", "             ^^^^^", "= help: ", "1 error, 0 warnings"]
    {
        assert!(wrong.err.contains(part), "{part}: {wrong:?}");
    }
    let unbounded = place.run(&["jql", "check", "-"], "order by key").await;
    assert!(unbounded.code == Some(1) && unbounded.err.contains("error[unbounded_query]"), "{unbounded:?}");
}

journey!(people_and_tokens, one dialect);
journey!(mistakes, one dialect);
journey!(queries_are_checked_as_a_compiler_would, one dialect);
