//! Guessing passwords gets slower and slower.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Account, Answer, Site, Stage};

const WRONG: &str = "not the Pass-phrase";

/// Wrong passwords, each as soon as the wait is over; the last one brings a wait of half a minute.
async fn guess_ten_times(site: &Site, guess: impl AsyncFn() -> Answer) -> Vec<Answer> {
    let mut answers = Vec::new();
    for wait in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16] {
        site.backstage().advance(wait).await;
        answers.push(guess().await);
    }
    for answer in &answers {
        answer.expect_problem(401, "credentials_invalid");
    }
    answers
}

#[tokio::test]
async fn four_failures_are_free_and_a_success_clears_them() {
    let site = Stage::shared().await;
    let account = site.registered().await;
    for _ in 0..2 {
        for _ in 0..4 {
            site.login(&account.with_password(WRONG))
                .await
                .expect_problem(401, "credentials_invalid");
        }
        site.login(&account).await.expect(200);
    }
}

#[tokio::test]
async fn the_fifth_failure_brings_a_wait() {
    let site = Stage::shared().await;
    // The wait is a second: on a busy machine it may be over before the next request, which then says nothing.
    for _ in 0..20 {
        let site = site.elsewhere();
        let stranger = Account::new();
        for _ in 0..4 {
            site.login(&stranger)
                .await
                .expect_problem(401, "credentials_invalid");
        }
        let began = Instant::now();
        site.login(&stranger)
            .await
            .expect_problem(401, "credentials_invalid");
        let sixth = site.login(&stranger).await;
        if began.elapsed() < Duration::from_secs(1) {
            sixth.expect_problem(429, "rate_limited");
            assert_eq!(sixth.number_in("retry-after"), 1, "the wait of {sixth}");
            return;
        }
    }
    panic!("two logins never took less than a second");
}

#[tokio::test]
async fn waits_double_up_to_a_quarter_of_an_hour_and_end() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    let wrong = account.with_password(WRONG);
    guess_ten_times(&site, async || site.login(&wrong).await).await;
    for (wait, least) in [
        (32, 17),
        (64, 33),
        (128, 65),
        (256, 129),
        (512, 257),
        (900, 513),
        (900, 513),
    ] {
        // Not even the right password is looked at.
        let refused = site.login(&account).await;
        refused.expect_problem(429, "rate_limited");
        let told = refused.number_in("retry-after");
        assert!(
            (least..=wait).contains(&told),
            "a wait of {told} s where {wait} was due"
        );
        site.backstage().advance(told).await;
        site.login(&wrong)
            .await
            .expect_problem(401, "credentials_invalid");
    }
    site.backstage().advance(900).await;
    site.login(&account).await.expect(200);
    site.login(&wrong)
        .await
        .expect_problem(401, "credentials_invalid");
    site.login(&account).await.expect(200);
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_locked_just_the_same() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let known = site.registered().await.with_password(WRONG);
    let unknown = Account::new();
    let mut shapes = Vec::new();
    for account in [known, unknown] {
        let mut answers = guess_ten_times(&site, async || site.login(&account).await).await;
        let refused = site.login(&account).await;
        refused.expect_problem(429, "rate_limited");
        answers.push(refused);
        shapes.push(answers.iter().map(Answer::shape).collect::<Vec<_>>());
    }
    assert_eq!(shapes[0], shapes[1]);
}

#[tokio::test]
async fn guesses_at_the_same_time_are_counted_one_by_one() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await.with_password(WRONG);
    guess_ten_times(&site, async || site.login(&account).await).await;
    site.backstage().advance(32).await;
    let answers = join_all((0..20).map(|_| site.login(&account))).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!(
        (looked_at, refused),
        (1, 19),
        "passwords looked at, and refused"
    );
}

#[tokio::test]
async fn a_lock_is_for_the_address_that_guessed() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    let wrong = account.with_password(WRONG);
    guess_ten_times(&site, async || site.login(&wrong).await).await;
    site.login(&account)
        .await
        .expect_problem(429, "rate_limited");
    // Who one is, is not what one says.
    let spoofed = site.post("/auth/login", &account.credentials());
    let spoofed = spoofed.header("x-forwarded-for", "203.0.113.7");
    spoofed
        .header("forwarded", "for=203.0.113.7")
        .await
        .expect_problem(429, "rate_limited");
    site.elsewhere().login(&account).await.expect(200);
}

#[tokio::test]
async fn an_address_that_tries_fifteen_accounts_waits_for_a_day() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    for _ in 0..15 {
        site.login(&Account::new())
            .await
            .expect_problem(401, "credentials_invalid");
    }
    let refused = site.login(&account).await;
    refused.expect_problem(429, "rate_limited");
    let told = refused.number_in("retry-after");
    assert!(
        (23 * 3600..=24 * 3600).contains(&told),
        "a wait of {told} s"
    );
    site.elsewhere().login(&account).await.expect(200);
    site.backstage().advance(told).await;
    site.login(&account).await.expect(200);
}

#[tokio::test]
async fn a_hundred_failures_close_the_account_until_it_is_reset() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    let wrong = account.with_password(WRONG);
    let guessers = (0..20).map(async |_| {
        let site = site.elsewhere();
        for _ in 0..5 {
            let guess = site.login(&wrong).await;
            guess.expect_problem(401, "credentials_invalid");
        }
    });
    join_all(guessers).await;
    site.elsewhere()
        .login(&account)
        .await
        .expect_problem(429, "rate_limited");
    site.backstage().advance(3600).await;
    site.login(&account)
        .await
        .expect_problem(429, "rate_limited");

    let token = site.reset_token(&account).await;
    site.confirm_reset(&token, "N3wPassw0rd!").await.expect(200);
    let account = account.with_password("N3wPassw0rd!");
    site.login(&account).await.expect(200);
    site.elsewhere().login(&account).await.expect(200);
}

#[tokio::test]
async fn a_wrong_password_at_deletion_counts_as_well() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (account, session) = site.signed_in().await;
    let delete = async || {
        let call = site
            .client
            .call(Method::DELETE, "/user/me")
            .bearer(&session.token);
        call.json(&json!({ "password": WRONG })).await
    };
    guess_ten_times(&site, delete).await;
    delete().await.expect_problem(429, "rate_limited");
    site.login(&account)
        .await
        .expect_problem(429, "rate_limited");
    site.me(&session.token).await.expect(200);
}
