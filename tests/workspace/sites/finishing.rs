//! What is written down of attempts that overlap.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::clock::SignedDuration;
use domain::site::Trouble;
use repository::{Error, Outcome};

use super::{Stage, commit, published, setup, tenant};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test]
async fn a_setup_is_kept_as_it_was_given_and_makes_the_site_due() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let before = stage.get(&shop).await;
    assert_eq!((before.setup, before.due_at), (None, None));
    let row = stage.set_up(&shop, "acme/site").await;
    assert_eq!(row.setup, Some(setup("acme/site")));
    assert_eq!(
        row.setup_at.map(domain::Timestamp::as_millisecond),
        Some(stage.now().as_millisecond())
    );
    assert_eq!(row.due_at, row.setup_at);
}

#[tokio::test]
async fn an_attempt_that_looked_earlier_changes_nothing() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.set_up(&shop, "acme/site").await;
    let (early, late) = (stage.now(), stage.now() + MINUTE);
    assert!(stage.finish(&seen, &published("late", late)).await);
    assert!(!stage.finish(&seen, &published("early", early)).await);
    assert!(!stage.finish(&seen, &published("same", late)).await);
    let row = stage.get(&shop).await;
    assert_eq!(commit(&row), Some("late"));
    assert_eq!(
        row.status.checked_at.map(domain::Timestamp::as_millisecond),
        Some(late.as_millisecond())
    );
    assert_eq!(row.due_at, None, "it was looked at");
}

#[tokio::test]
async fn an_attempt_without_a_commit_leaves_the_one_of_another() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.set_up(&shop, "acme/site").await;
    assert!(stage.finish(&seen, &published("one", stage.now())).await);
    // It began before that commit was known, and found nothing to do.
    let mut nothing = published("", stage.now() + MINUTE);
    nothing.status = seen.status.clone();
    assert!(stage.finish(&seen, &nothing).await);
    assert_eq!(commit(&stage.get(&shop).await), Some("one"));
}

#[tokio::test]
async fn the_one_that_looked_last_says_when_it_is_due() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.set_up(&shop, "acme/site").await;
    let now = stage.now();
    for (name, minutes) in [("one", 30), ("other", 20)] {
        let outcome = Outcome {
            due_at: Some(now + MINUTE * minutes),
            ..published(name, now + MINUTE * (40 - minutes))
        };
        assert!(stage.finish(&seen, &outcome).await);
    }
    let due_at = stage.get(&shop).await.due_at;
    let expected = now + MINUTE * 20;
    assert_eq!(
        due_at.map(domain::Timestamp::as_millisecond),
        Some(expected.as_millisecond())
    );
}

#[tokio::test]
async fn whoever_asks_meanwhile_is_not_forgotten() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.set_up(&shop, "acme/site").await;
    let looked = stage.now();
    stage.advance(MINUTE);
    stage
        .sites
        .ask(&shop, stage.now())
        .await
        .expect("it is asked");
    assert!(stage.finish(&seen, &published("one", looked)).await);
    let row = stage.get(&shop).await;
    assert_eq!(commit(&row), Some("one"));
    assert_eq!(row.due_at, row.asked_at, "it is due still");
    assert!(stage.finish(&row, &published("two", stage.now())).await);
    assert_eq!(stage.get(&shop).await.due_at, None);
}

#[tokio::test]
async fn an_attempt_with_another_setup_changes_nothing() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let nothing = stage.get(&shop).await;
    let old = stage.set_up(&shop, "acme/old").await;
    assert!(
        !stage
            .finish(&nothing, &published("none", stage.now()))
            .await
    );
    stage.advance(MINUTE);
    stage.set_up(&shop, "acme/new").await;
    assert!(!stage.finish(&old, &published("old", stage.now())).await);
    let row = stage.get(&shop).await;
    assert_eq!(commit(&row), None);
    assert_eq!(row.due_at, row.setup_at);
    assert!(stage.sites.remove(&shop).await.expect("an answer"));
    assert!(!stage.finish(&row, &published("gone", stage.now())).await);
    assert!(!stage.sites.remove(&shop).await.expect("an answer"));
}

#[tokio::test]
async fn what_went_elsewhere_is_forgotten_and_comes_back_with_its_target() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.set_up(&shop, "acme/old").await;
    let mut outcome = published("one", stage.now());
    outcome.status.trouble = Some(Trouble {
        code: "branch_protected".to_owned(),
        message: "main is protected".to_owned(),
        since: stage.now(),
        attempts: 1,
        retry_at: stage.now(),
    });
    assert!(stage.finish(&seen, &outcome).await);
    let mut same = setup("acme/old");
    same.theme.title = Some("Other".to_owned());
    let put = stage.sites.put_setup(&shop, &same, None, stage.now());
    assert!(put.await.expect("an answer"));
    let row = stage.get(&shop).await;
    assert_eq!(commit(&row), Some("one"), "it goes to the same place");
    let row = stage.set_up(&shop, "acme/new").await;
    assert_eq!((commit(&row), &row.status.trouble), (None, &None));
    assert_eq!(row.status.pages, 3, "the folder is the same");
    let row = stage.set_up(&shop, "acme/old").await;
    assert_eq!(commit(&row), Some("one"));
}

#[tokio::test]
async fn a_setup_that_another_has_replaced_is_not_replaced_unseen() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.set_up(&shop, "acme/old").await;
    stage.advance(MINUTE);
    let put = |still, repository| {
        let (setup, now) = (setup(repository), stage.now());
        let (sites, shop) = (stage.sites.clone(), shop.clone());
        async move {
            sites
                .put_setup(&shop, &setup, still, now)
                .await
                .expect("an answer")
        }
    };
    assert!(put(seen.setup_at, "acme/one").await);
    assert!(!put(seen.setup_at, "acme/other").await);
    assert_eq!(stage.get(&shop).await.setup, Some(setup("acme/one")));
}

#[tokio::test]
async fn a_site_that_nobody_set_up_has_a_status_too() {
    let (stage, shop) = (Stage::start().await, tenant("shop"));
    let seen = stage.get(&shop).await;
    assert!(stage.finish(&seen, &published("one", stage.now())).await);
    let row = stage.get(&shop).await;
    assert_eq!((commit(&row), &row.setup), (Some("one"), &None));
}

#[tokio::test]
async fn a_damaged_row_is_an_error_that_names_its_tenant() {
    let stage = Stage::start().await;
    for (attribute, value) in [
        ("setup", AttributeValue::S("?".to_owned())),
        ("status", AttributeValue::Bool(true)),
        ("status_of", AttributeValue::N("1".to_owned())),
        ("published", AttributeValue::N("1".to_owned())),
    ] {
        let shop = tenant(&attribute.replace('_', "-"));
        stage.set_up(&shop, "acme/site").await;
        stage.damage(&shop.to_string(), attribute, value).await;
        let error = stage.sites.get(&shop).await.expect_err("it is damaged");
        let Error::Corrupt(cause) = error else {
            panic!("{error:?}");
        };
        assert!(cause.to_string().contains(&shop.to_string()), "{cause}");
    }
}
