//! The rotation of signing keys, from the event of its schedule to the keys that are published.

use std::sync::Arc;

use fixtures::World;
use token::KeyStore;

const DAY: i64 = 24 * 3600;

async fn run(world: &World) {
    let event = include_str!("../../events/schedule-signing-key-rotation.json");
    let event = serde_json::from_str(event).expect("an event of EventBridge");
    let deps: Arc<signing_key_rotation::Deps> = world.deps();
    let outcome = trigger::scheduled(event, || signing_key_rotation::handle(&deps)).await;
    outcome.expect("the keys can be rotated");
}

async fn published(world: &World) -> usize {
    let store: KeyStore = world.get();
    let keys = store.current().await.expect("the keys can be read");
    keys.public(world.clock.clock().now()).len()
}

#[tokio::test]
async fn the_sample_event_makes_a_key_once_when_it_is_time() {
    let world = World::start().await;
    world.clock.advance_seconds(29 * DAY);
    run(&world).await;
    assert_eq!(published(&world).await, 1, "keys after 29 days");
    world.clock.advance_seconds(2 * DAY);
    run(&world).await;
    run(&world).await;
    assert_eq!(published(&world).await, 2, "keys after 31 days");
    world.stop().await;
}

#[tokio::test]
async fn runs_at_the_same_time_make_one_key() {
    let world = World::start().await;
    world.clock.advance_seconds(31 * DAY);
    futures::join!(run(&world), run(&world), run(&world));
    assert_eq!(published(&world).await, 2, "keys");
    world.stop().await;
}
