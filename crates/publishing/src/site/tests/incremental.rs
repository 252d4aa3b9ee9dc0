//! Building again gives what building from nothing gives, and does only what changed.

use super::*;
use proptest::prelude::*;

fn blog(posts: usize) -> Folder {
    let mut folder = folder(&[
        ("index.md", "Hello [about](about.md)"),
        ("about.md", "x"),
        ("a.png", "x"),
    ]);
    for number in 0..posts {
        let day = number % 28 + 1;
        let text = format!(
            "---\ntitle: Post {number}\ndate: 2026-01-{day:02}\ntags: t{}\n---\nText {number}",
            number % 3
        );
        folder.insert(format!("posts/p{number}.md"), text);
    }
    folder
}

fn kept(record: &Record) -> Record {
    Record::from_bytes(&record.to_bytes().into())
}

#[test]
fn an_unchanged_folder_needs_nothing() {
    let folder = blog(30);
    let first = build_with(settings(), &folder, Record::default());
    assert_eq!(first.changed.len(), folder.len());
    let plan = plan(settings(), sources(&folder), kept(&first.record));
    assert_eq!(plan.needed(), []);
    let second = plan.build();
    assert_eq!((second.renders(), second.changed.len()), (0, 0));
    assert_eq!(second.files, first.files);
    assert_eq!(all(&second), all(&first));
    assert_eq!(second.record.to_bytes(), first.record.to_bytes());
}

#[test]
fn the_order_of_the_listing_makes_no_difference() {
    let folder = blog(30);
    let mut listed = sources(&folder);
    listed.reverse();
    let mut plan = plan(settings(), listed, Record::default());
    let mut needed = plan.needed();
    needed.reverse();
    for source in needed {
        plan.give(&source.path, Ok(folder[&source.path].as_bytes()));
    }
    let other = plan.build();
    let first = build_with(settings(), &folder, Record::default());
    assert_eq!(all(&other), all(&first));
    assert_eq!(other.record.to_bytes(), first.record.to_bytes());
}

#[test]
fn a_changed_text_renders_its_page_and_what_shows_it() {
    let mut folder = blog(30);
    let first = build_with(settings(), &folder, Record::default());
    // Old enough not to be in the feeds. Its first paragraph stays, so that no list changes.
    let post = folder.get_mut("posts/p0.md").unwrap();
    post.push_str("\n\nMore of it");
    let second = build_with(settings(), &folder, kept(&first.record));
    assert_eq!(second.changed.iter().collect::<Vec<_>>(), ["posts/p0.md"]);
    let differ: Vec<_> = second
        .files
        .iter()
        .filter(|(path, id)| first.files.get(*path) != Some(*id))
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(differ, ["posts/p0/index.html", "search.json"]);
    assert_eq!(second.renders(), 2);
}

#[test]
fn a_changed_title_renders_its_neighbours_and_lists() {
    let mut folder = blog(30);
    let first = build_with(settings(), &folder, Record::default());
    let post = folder.get_mut("posts/p9.md").unwrap();
    *post = post.replace("Post 9", "Post nine");
    let second = build_with(settings(), &folder, kept(&first.record));
    // The page, two neighbours, archive, tag, index; no feed and not the home page, which have newer ones.
    assert_eq!(second.renders(), 6);
}

#[test]
fn another_way_of_reading_reads_again() {
    let folder = blog(3);
    let first = build_with(settings(), &folder, Record::default());
    let mut smart = settings();
    smart.setup.theme.smart_punctuation = true;
    let plan = plan(smart, sources(&folder), kept(&first.record));
    // All Markdown, and no picture.
    assert_eq!(plan.needed().len(), 5);
    assert_eq!(plan.build().changed.len(), 0);
}

#[test]
fn another_setting_renders_all() {
    let folder = blog(3);
    let first = build_with(settings(), &folder, Record::default());
    let mut other = settings();
    other.setup.theme.title = Some("Another".to_owned());
    let second = build_with(other, &folder, kept(&first.record));
    assert_eq!(second.renders() as usize, second.files.len() - 1);
    contains(&text(&second, "about/index.html"), "Another");
}

#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Delete(usize),
    Rename(usize, usize),
}

const NAMES: [&str; 10] = [
    "index.md",
    "a.md",
    "A.md",
    "b/a.md",
    "b/index.md",
    "b.md",
    "b/c.md",
    "pic.png",
    "404.md",
    "archive.md",
];
const TEXTS: [&str; 9] = [
    "plain",
    "---\ntitle: One\ndate: 2026-01-01\ntags: x, y\n---\n# Head\n[a](/a.md) [[One]] [p](/pic.png)",
    "---\ntitle: Two\ndate: 2026-01-02\ntags: X\n---\n[b](b/c.md#head)",
    "---\ndraft: true\n---\nhidden",
    "---\ndate: 2030-01-01\n---\nlater",
    "---\nslug: same\naliases: /old/, /b/\n---\n[[two]] [[a]]",
    "---\ntitle: Two\ndate: 2026-01-02\n---\n[c](b/c.md) [[One#head]]",
    "BROKEN",
    "---\ntags: x\nimage: /pic.png\n---\n[x](nothing.md)",
];

fn edit() -> impl Strategy<Value = Edit> {
    let name = || 0..NAMES.len();
    prop_oneof![
        4 => (name(), 0..TEXTS.len()).prop_map(|(name, text)| Edit::Write(name, text)),
        1 => name().prop_map(Edit::Delete),
        1 => (name(), name()).prop_map(|(from, to)| Edit::Rename(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn building_again_is_building_from_nothing(steps in proptest::collection::vec(proptest::collection::vec(edit(), 1..4), 1..6)) {
        let mut folder = Folder::new();
        let mut record = Record::default();
        for edits in steps {
            for edit in edits {
                match edit {
                    Edit::Write(name, text) => {
                        folder.insert(NAMES[name].to_owned(), TEXTS[text].to_owned());
                    }
                    Edit::Delete(name) => {
                        folder.remove(NAMES[name]);
                    }
                    Edit::Rename(from, to) => {
                        if let Some(text) = folder.remove(NAMES[from]) {
                            folder.insert(NAMES[to].to_owned(), text);
                        }
                    }
                }
            }
            let again = build_with(settings(), &folder, record);
            let whole = build_with(settings(), &folder, Record::default());
            prop_assert_eq!(&again.files, &whole.files);
            prop_assert_eq!(&again.reports, &whole.reports);
            prop_assert_eq!(&again.waiting, &whole.waiting);
            prop_assert_eq!(all(&again), all(&whole));
            for (path, bytes) in all(&whole) {
                let id = whole.files[&SitePath::parse(&path).unwrap()];
                let is_copy = bytes.starts_with(b"copy of ");
                prop_assert!(is_copy || id == BlobId::of(&bytes), "{}", path);
            }
            let bytes = again.record.to_bytes();
            prop_assert_eq!(&bytes, &whole.record.to_bytes());
            record = Record::from_bytes(&bytes.into());
        }
    }
}
