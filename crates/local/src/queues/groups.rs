//! The order that a FIFO queue keeps: within a group the oldest comes first, and while somebody has one of a group, nobody gets
//! another of it
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>).

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::message::Kept;

/// The groups that nobody gets a message of: somebody has one, or one that came back waits to be had again.
pub(super) fn held(messages: &BTreeMap<Uuid, Kept>, now: Timestamp) -> HashSet<String> {
    let unavailable = messages.values().filter(|kept| !kept.is_visible(now));
    unavailable
        .filter_map(|kept| kept.group().map(str::to_owned))
        .collect()
}

/// When the next group can be had, which is once all of it can; `None` while there is none to wait for.
pub(super) fn next_visible(messages: &BTreeMap<Uuid, Kept>) -> Option<Timestamp> {
    let mut groups: HashMap<Option<&str>, Option<Timestamp>> = HashMap::new();
    for kept in messages.values() {
        let visible = kept.visible_at();
        let group = groups.entry(kept.group()).or_insert(visible);
        *group = group.zip(visible).map(|(one, other)| one.max(other));
    }
    groups.into_values().flatten().min()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use template::{Queue, Redrive};

    use super::super::message::{Fifo, Message, Received};
    use super::super::store::Store;
    use crate::clock::Clock;
    use crate::data_dir::DataDir;

    const JOBS: &str = "jobs.fifo";
    const DEAD: &str = "dead.fifo";

    /// A queue that gives a message up after two tries, and its dead-letter queue.
    struct World {
        store: Store,
        clock: Clock,
        _data: DataDir,
    }

    impl World {
        fn new() -> Self {
            Self::whose_messages_are_known_by_group(false)
        }

        fn whose_messages_are_known_by_group(by_group: bool) -> Self {
            let queue = |name: &str, redrive| Queue {
                logical_id: name.to_owned(),
                name: name.to_owned(),
                visibility_timeout_seconds: 30,
                redrive,
                fifo: true,
                deduplicates_by_group: by_group,
            };
            let redrive = Redrive {
                dead_letter_queue: DEAD.to_owned(),
                max_receive_count: 2,
            };
            let queues = [queue(JOBS, Some(redrive)), queue(DEAD, None)];
            let (data, clock) = (DataDir::temporary().unwrap(), Clock::default());
            Self {
                store: Store::open(&data, &queues, clock.clone()).unwrap(),
                clock,
                _data: data,
            }
        }

        /// Sends messages whose names are a letter, the group, and whatever makes them different.
        async fn send(&self, names: &[&str]) {
            for name in names {
                let message = Message {
                    fifo: Some(Fifo {
                        group_id: name[..1].to_owned(),
                        deduplication_id: (*name).to_owned(),
                    }),
                    ..Message::new((*name).to_owned(), self.clock.now())
                };
                self.store.put(JOBS, message).await.unwrap();
            }
        }

        fn receive(&self, count: usize) -> Vec<Received> {
            self.store.receive(JOBS, count, Some(30))
        }

        fn delete(&self, received: &[Received]) {
            for one in received {
                self.store.delete(JOBS, one.receipt).unwrap();
            }
        }

        fn give_back(&self, received: &Received, seconds: u32) {
            self.store.give_back(JOBS, received.receipt, seconds);
        }
    }

    fn bodies(received: &[Received]) -> Vec<&str> {
        let bodies = received.iter().map(|one| one.message.body.as_str());
        bodies.collect()
    }

    #[tokio::test]
    async fn one_receiver_may_get_several_of_a_group_in_their_order() {
        let world = World::new();
        world.send(&["a1", "b1", "a2", "a3"]).await;
        assert_eq!(bodies(&world.receive(3)), ["a1", "b1", "a2"]);
    }

    #[tokio::test]
    async fn a_group_of_which_somebody_has_one_waits_and_others_go_on() {
        let world = World::new();
        world.send(&["a1", "a2", "b1"]).await;
        let first = world.receive(1);
        assert_eq!(bodies(&first), ["a1"]);
        let second = world.receive(10);
        assert_eq!(bodies(&second), ["b1"]);
        world.delete(&first);
        assert_eq!(bodies(&world.receive(10)), ["a2"]);
    }

    #[tokio::test]
    async fn a_group_waits_for_a_later_one_of_it_as_well() {
        let world = World::new();
        world.send(&["a1", "a2"]).await;
        let both = world.receive(2);
        world.give_back(&both[0], 0);
        assert!(world.receive(2).is_empty());
        world.delete(&both[1..]);
        assert_eq!(bodies(&world.receive(2)), ["a1"]);
    }

    #[tokio::test]
    async fn what_failed_stays_at_the_head_of_its_group() {
        let world = World::new();
        world.send(&["a1", "a2", "a3", "b1"]).await;
        let batch = world.receive(2);
        world.give_back(&batch[0], 60);
        world.delete(&batch[1..]);
        assert_eq!(bodies(&world.receive(10)), ["b1"]);
        world.clock.advance(60).unwrap();
        assert_eq!(bodies(&world.receive(10)), ["a1", "a3", "b1"]);
    }

    #[tokio::test]
    async fn what_is_given_up_goes_to_the_dead_letters_and_holds_nothing_up() {
        let world = World::new();
        world.send(&["a1", "a2"]).await;
        for _ in 0..2 {
            let poison = world.receive(1);
            assert_eq!(bodies(&poison), ["a1"]);
            world.give_back(&poison[0], 0);
        }
        assert_eq!(bodies(&world.receive(1)), ["a2"]);
        let dead = world.store.receive(DEAD, 1, None);
        assert_eq!(bodies(&dead), ["a1"]);
        assert_eq!(dead[0].message.fifo.as_ref().unwrap().group_id, "a");
    }

    #[tokio::test]
    async fn what_is_sent_again_is_kept_once_even_when_it_was_handled() {
        let world = World::new();
        world.send(&["a1", "a1"]).await;
        let received = world.receive(10);
        assert_eq!(bodies(&received), ["a1"]);
        world.delete(&received);
        world.send(&["a1"]).await;
        assert!(world.receive(10).is_empty());
        world.clock.advance(300).unwrap();
        world.send(&["a1"]).await;
        assert_eq!(bodies(&world.receive(10)), ["a1"]);
    }

    #[tokio::test]
    async fn a_message_is_known_in_the_whole_queue_or_in_its_group() {
        for (by_group, expected) in [(false, ["a"].as_slice()), (true, &["a", "b"])] {
            let world = World::whose_messages_are_known_by_group(by_group);
            for group in ["a", "b", "a"] {
                let message = Message {
                    fifo: Some(Fifo {
                        group_id: group.to_owned(),
                        deduplication_id: "same".to_owned(),
                    }),
                    ..Message::new(group.to_owned(), world.clock.now())
                };
                world.store.put(JOBS, message).await.unwrap();
            }
            assert_eq!(bodies(&world.receive(10)), expected);
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_message_whose_group_is_held() {
        let world = World::new();
        world.send(&["a1", "a2"]).await;
        let now = world.clock.now();
        assert!(world.store.next_visible(JOBS).unwrap() <= now);
        let held = world.store.receive(JOBS, 1, None);
        assert_eq!(world.store.next_visible(JOBS), None);
        world.give_back(&held[0], 60);
        let next = world.store.next_visible(JOBS).unwrap();
        assert!(next.duration_since(now).unsigned_abs() >= Duration::from_mins(1));
        world.send(&["b1"]).await;
        assert!(world.store.next_visible(JOBS).unwrap() <= world.clock.now());
    }
}
