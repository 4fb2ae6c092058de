//! Known answers, and every word of the problem extension.

use super::*;
use reqwest::{StatusCode, header::HeaderMap};
use rsa::{pkcs1v15::VerifyingKey, pkcs8::DecodePublicKey, signature::Verifier};
use std::sync::OnceLock;

fn key() -> Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::generate(&Random::seeded(7))).clone()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// RFC 5849, 3.4.1.1, without the form body, which none of our requests has.
#[test]
fn the_base_string_is_the_rfcs() {
    let oauth = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ];
    let address = url("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    assert_eq!(
        base_string(&Method::POST, &address, &oauth),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26\
         oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26\
         oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    );
}

#[test]
fn the_public_key_verifies_what_the_private_one_signed() {
    let key = key();
    let public = VerifyingKey::<Sha1>::from_public_key_pem(&key.public_pem()).unwrap();
    let again = Key::from_pem(&key.to_pem()).unwrap();
    assert!(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let signer = Signer { consumer_key: "k", key: &again, token: None };
    let signature = STANDARD.decode(signer.sign("text", &Random::seeded(1))).unwrap();
    public.verify(b"text", &signature.as_slice().try_into().unwrap()).unwrap();
    assert!(public.verify(b"test", &signature.as_slice().try_into().unwrap()).is_err());
}

#[test]
fn a_header_carries_every_parameter_encoded_and_each_try_another_nonce() {
    let (key, token, random) = (key(), SecretString::from("tok~1/é"), Random::seeded(2));
    let signer = Signer { consumer_key: "okr sync", key: &key, token: Some(&token) };
    let now = "2026-11-20T10:00:00Z".parse().unwrap();
    let header = || {
        let header = signer.authorization(
            &Method::GET,
            &url("https://jira.example/rest?jql=a%20b"),
            &[("oauth_verifier", "v/1")],
            (now, &random),
        );
        header.expose_secret().to_owned()
    };
    let one = header();
    for part in [
        "OAuth ",
        "oauth_consumer_key=\"okr%20sync\"",
        "oauth_token=\"tok~1%2F%C3%A9\"",
        "oauth_verifier=\"v%2F1\"",
        "oauth_timestamp=\"1795168800\"",
        "oauth_version=\"1.0\"",
    ] {
        assert!(one.contains(part), "{part} in {one}");
    }
    assert_ne!(one, header());
    assert_eq!(format!("{key:?}"), "Key");
}

fn answer(status: u16, challenge: Option<&str>, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.extend(challenge.map(|value| (reqwest::header::WWW_AUTHENTICATE, value.parse().unwrap())));
    let status = StatusCode::from_u16(status).unwrap();
    Answer { status, headers, body: body.as_bytes().to_vec(), path: "p".to_owned() }
}

#[test]
fn every_word_has_a_meaning_and_a_cure() {
    for word in [
        "consumer_key_unknown",
        "consumer_key_rejected",
        "signature_invalid",
        "signature_method_rejected",
        "timestamp_refused",
        "nonce_used",
        "token_rejected",
        "token_expired",
        "token_revoked",
        "token_used",
        "permission_unknown",
        "permission_denied",
        "user_refused",
        "parameter_absent",
        "parameter_rejected",
        "version_rejected",
        "something_new",
    ] {
        let error = Problem::told_by(&answer(401, None, &format!("oauth_problem={word}"))).unwrap();
        let Error::Oauth1 { problem, detail } = &error else { panic!("{error:?}") };
        assert_eq!(detail, word);
        assert_eq!(*problem == Problem::Other, word == "something_new", "{word}");
        assert!(problem.meaning().len() > 10 && problem.cure().ends_with('.'), "{word}");
        assert!(error.to_string().contains(problem.meaning()) && error.hint().unwrap() == problem.cure());
    }
}

#[test]
fn problems_come_in_the_header_or_in_the_body_and_only_with_a_refusal() {
    let challenge =
        "OAuth realm=\"http%3A%2F%2Fjira\", oauth_problem=\"timestamp_refused\", oauth_acceptable_timestamps=\"1-2\"";
    let told = Problem::told_by(&answer(401, Some(challenge), "")).unwrap();
    assert_eq!(told, Error::Oauth1 { problem: Problem::TimestampRefused, detail: "timestamp_refused: 1-2".into() });
    let absent = answer(400, None, "oauth_problem=parameter_absent&oauth_parameters_absent=oauth_token");
    assert!(Problem::told_by(&absent).unwrap().to_string().contains("oauth_token"));
    assert_eq!(Problem::told_by(&answer(200, None, "oauth_problem=token_rejected")), None);
    assert_eq!(Problem::told_by(&answer(401, Some("Basic realm=\"x\""), "{\"message\":\"no\"}")), None);
}
