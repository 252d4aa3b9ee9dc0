use super::*;

fn info() -> RunInfo {
    RunInfo {
        base_url: "http://localhost:3000".to_owned(),
        dynamodb_url: String::new(),
        s3_url: String::new(),
        sqs_url: String::new(),
        pid: 1,
    }
}

#[test]
fn a_folder_has_one_user() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let first = DataDir::open(&path).unwrap();
    let second = DataDir::open(&path).unwrap_err();
    assert!(
        second.to_string().ends_with("is in use by another process"),
        "{second}"
    );

    first.publish(&info()).unwrap();
    let third = DataDir::open(&path).unwrap_err();
    assert!(
        third.to_string().ends_with("(http://localhost:3000)"),
        "{third}"
    );
    assert!(
        matches!(DataDir::attach(&path).unwrap(), Access::Running(running) if running == info())
    );

    // As after a kill: the file is still there and the lock is free.
    drop(first);
    assert!(path.join(RUN).exists());
    assert!(matches!(DataDir::attach(&path).unwrap(), Access::Owned(_)));
}

#[test]
fn a_reset_removes_what_the_platform_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    for name in OWN
        .iter()
        .filter(|name| ![OBJECTS, QUEUES, OUTBOX].contains(name))
    {
        fs::write(data.file(name), "x").unwrap();
    }
    fs::create_dir_all(data.file(OBJECTS).join("bucket")).unwrap();
    fs::create_dir(data.file(OUTBOX)).unwrap();
    fs::write(data.file("mine.txt"), "x").unwrap();
    data.reset().unwrap();

    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, [LOCK, "mine.txt"]);
}

#[test]
fn a_folder_of_somebody_elses_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("s3")).unwrap();
    assert!(matches!(
        DataDir::open(folder.path()),
        Err(Error::DataForeign { .. })
    ));
    assert!(!folder.path().join(LOCK).exists());
}

#[cfg(unix)]
#[test]
fn private_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = DataDir::temporary().unwrap();
    write_private(&data.file(CREDENTIALS), b"{}").unwrap();
    let mode = fs::metadata(data.file(CREDENTIALS))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_could_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    fs::create_dir(&path).unwrap();
    for _ in ["before the first start", "before the next"] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        drop(DataDir::open(&path).unwrap());
        assert_eq!(mode(), 0o700);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_of_somebody_elses_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("theirs"), "x").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    DataDir::open(folder.path()).unwrap_err();
    let mode = fs::metadata(folder.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}
