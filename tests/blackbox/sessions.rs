//! The list of one's sessions.

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{Answer, Session, Site, Stage, text};

async fn page(site: &Site, session: &Session, query: &[(&str, &str)]) -> Answer {
    let call = site.client.get("/auth/sessions").bearer(&session.token);
    query
        .iter()
        .fold(call, |call, (name, value)| call.query(name, value))
        .await
}

async fn end(site: &Site, session: &Session, id: &str) -> Answer {
    site.client
        .call(Method::DELETE, &format!("/auth/sessions/{id}"))
        .bearer(&session.token)
        .await
}

fn ids(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| text(&item["id"]))
        .collect()
}

/// The id of the session itself.
async fn id_of(site: &Site, session: &Session) -> String {
    let all = page(site, session, &[]).await.expect(200);
    let current = all["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|item| item["current"] == true);
    text(&current.unwrap_or_else(|| panic!("no current session in {all}"))["id"])
}

#[tokio::test]
async fn sessions_are_listed_newest_first_and_in_pages() {
    let site = Stage::shared().await;
    let (account, first) = site.signed_in().await;
    let second = site.session(&account).await;
    let third = site.session(&account).await;
    let all = page(&site, &second, &[]).await.expect(200);
    assert_eq!(all["next_cursor"], Value::Null);
    let mut expected = Vec::new();
    for session in [&third, &second, &first] {
        expected.push(id_of(&site, session).await);
    }
    assert_eq!(ids(&all), expected);
    let current: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["current"].clone())
        .collect();
    assert_eq!(current, [false, true, false]);

    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("limit", "1")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let one = page(&site, &second, &query).await.expect(200);
        assert_eq!(ids(&one).len(), 1, "items of a page of one");
        found.extend(ids(&one));
        let Some(next) = one["next_cursor"].as_str() else {
            break;
        };
        cursor = Some(next.to_owned());
        assert!(found.len() < 4, "the pages do not end");
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_cursor_is_ones_own_and_whole() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    site.session(&account).await;
    let first = page(&site, &session, &[("limit", "1")]).await.expect(200);
    let cursor = text(&first["next_cursor"]);
    for at in [0, cursor.len() / 2, cursor.len() - 3] {
        let mut altered = cursor.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        page(&site, &session, &[("cursor", &altered)])
            .await
            .expect_bad_fields(&["cursor"]);
    }
    for nonsense in ["x", "ä", "null", "e30="] {
        page(&site, &session, &[("cursor", nonsense)])
            .await
            .expect_bad_fields(&["cursor"]);
    }
    let (_, other) = site.signed_in().await;
    page(&site, &other, &[("cursor", &cursor)])
        .await
        .expect_bad_fields(&["cursor"]);
    page(&site, &session, &[("cursor", &cursor)])
        .await
        .expect(200);
}

#[tokio::test]
async fn a_limit_is_a_number_from_1_to_100() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    for wrong in ["0", "101", "-1", "x", "", "1.5", "99999999999999999999999"] {
        page(&site, &session, &[("limit", wrong)])
            .await
            .expect_bad_fields(&["limit"]);
    }
    page(&site, &session, &[("limit", "100")]).await.expect(200);
    page(&site, &session, &[("limit", "0"), ("cursor", "x")])
        .await
        .expect_bad_fields(&["limit", "cursor"]);
}

#[tokio::test]
async fn a_deleted_session_is_over_and_leaves_the_list() {
    let site = Stage::shared().await;
    let (account, first) = site.signed_in().await;
    let second = site.session(&account).await;
    let id = id_of(&site, &first).await;
    end(&site, &second, &id).await.expect(204);
    site.expect_ended(&first).await;
    site.me(&second.token).await.expect(200);
    let left = page(&site, &second, &[]).await.expect(200);
    assert_eq!(ids(&left), [id_of(&site, &second).await]);
    end(&site, &second, &id)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_session_of_somebody_else_is_unknown() {
    let site = Stage::shared().await;
    let (_, mine) = site.signed_in().await;
    let (_, theirs) = site.signed_in().await;
    let foreign = end(&site, &mine, &id_of(&site, &theirs).await).await;
    foreign.expect_problem(404, "not_found");
    let unknown = end(&site, &mine, &Uuid::new_v4().to_string()).await;
    assert_eq!(foreign.shape(), unknown.shape());
    end(&site, &mine, "not-an-id")
        .await
        .expect_problem(404, "not_found");
    site.me(&theirs.token).await.expect(200);
}
