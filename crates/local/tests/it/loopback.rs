//! Whether what functions fetch may be on this machine.

use local::{Options, Platform};

/// What the functions are told, each once.
async fn told(options: Options) -> Vec<Option<String>> {
    let platform = Platform::start(options).await.unwrap();
    let environments = platform.surroundings().environment.values();
    let told = environments.map(|variables| variables.get("FETCH_LOOPBACK").cloned());
    let mut told: Vec<_> = told.collect();
    told.dedup();
    platform.stop().await;
    told
}

#[tokio::test]
async fn no_function_hears_of_loopback_addresses_unless_it_was_asked_for() {
    assert_eq!(told(Options::in_memory()).await, [None]);
}

#[tokio::test]
async fn every_function_may_fetch_from_loopback_addresses_where_it_was_asked_for() {
    let options = Options {
        allow_loopback: true,
        ..Options::in_memory()
    };
    assert_eq!(told(options).await, [Some("true".to_owned())]);
}
