#[tokio::test]
async fn probe() {
    use std::time::Instant;
    let t = Instant::now();
    for _ in 0..5 {
        let _ = reqwest::Client::new();
    }
    eprintln!("client {:?}", t.elapsed() / 5);
    for _ in 0..3 {
        let t = Instant::now();
        let site = crate::harness::Stage::own().await.unwrap();
        eprintln!("own {:?}", t.elapsed());
        let t = Instant::now();
        site.registered().await;
        eprintln!("register {:?}", t.elapsed());
        let t = Instant::now();
        let a = crate::harness::Account::new();
        for _ in 0..4 {
            site.login(&a).await;
        }
        eprintln!("4 wrong logins {:?}", t.elapsed());
        let t = Instant::now();
        for _ in 0..10 {
            site.client.get("/health").await;
        }
        eprintln!("10 health {:?}", t.elapsed());
        let t = Instant::now();
        for _ in 0..10 {
            site.me("x").await;
        }
        eprintln!("10 me {:?}", t.elapsed());
        let t = Instant::now();
        drop(site);
        eprintln!("drop {:?}", t.elapsed());
    }
}
