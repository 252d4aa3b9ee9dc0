//! What is read of runs.

use reqwest::Method;
use serde_json::json;

use super::{call, created, definition, get, neighbour, with};
use crate::harness::text;

#[tokio::test]
async fn without_results_there_are_empty_lists_files_and_series() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (scrape, path) = created(&site, &definition()).await;
    let id = text(&scrape["scrape_id"]);
    let csv = get(
        &site,
        &format!("{path}/results.csv?before=2026-01-01T00:00:00Z"),
    )
    .await;
    assert_eq!(
        (csv.status, csv.text.as_str()),
        (200, "timestamp,price,title\r\n")
    );
    let kind = "text/csv; charset=utf-8; header=present";
    assert_eq!(csv.header("content-type"), Some(kind));
    let name = format!("attachment; filename=\"scrape-{id}.csv\"");
    assert_eq!(csv.header("content-disposition"), Some(name.as_str()));
    assert_eq!(csv.header("link"), None);
    let json = get(&site, &format!("{path}/results.json")).await;
    assert_eq!(json.expect(200), json!([]));
    let series = get(&site, &format!("{path}/series?field=price"))
        .await
        .expect(200);
    assert_eq!(
        (&series["time_zone"], &series["days"]),
        (&json!("Europe/Berlin"), &json!([]))
    );
    assert_eq!(series["summary"], "price: no numbers");
    for run in ["2026-05-01T10:00:00Z", "1777629600000", "latest"] {
        let unknown = get(&site, &format!("{path}/results/{run}")).await;
        unknown.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_run_that_is_asked_for_ends_with_a_result() {
    let Some(site) = neighbour().await else {
        return;
    };
    // A name that is never resolved (RFC 6761).
    let (_, path) = created(&site, &with("url", json!("https://shop.invalid/"))).await;
    let run = call(&site, Method::POST, &format!("{path}/run")).await;
    let run = text(&run.expect(202)["run"]);
    let result = get(&site, &format!("{path}/results/{run}"))
        .await
        .expect(200);
    assert_eq!(result["timestamp"], run.as_str());
    let status = text(&result["status"]);
    assert!(["PENDING", "FAILED"].contains(&status.as_str()), "{result}");
    let list = get(&site, &format!("{path}/results")).await.expect(200);
    assert_eq!(list["items"][0]["timestamp"], run.as_str());
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
}
