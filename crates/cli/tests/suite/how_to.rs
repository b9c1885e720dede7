//! The commands of `docs/how-to` run as written, in their order, each page on a data folder of its own.

use crate::program::{Program, repository};

/// The command lines of a page's `sh` blocks.
fn commands(page: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => commands.push(words(line)),
            _ => {}
        }
    }
    commands
}

/// A line in words, quotes taken as a shell takes them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

#[test]
fn every_command_of_every_page_runs() {
    let mut pages = 0;
    for entry in std::fs::read_dir(repository().join("docs/how-to")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let program = Program::new();
        let commands = commands(&text);
        assert!(!commands.is_empty(), "{} has no command", path.display());
        for command in commands {
            let (name, arguments) = command.split_first().unwrap();
            assert_eq!(name, "corridor", "{}: {command:?}", path.display());
            // Pages are read from the top of the repository; the program runs elsewhere.
            let arguments: Vec<String> = arguments
                .iter()
                .map(
                    |a| match a.starts_with("demo/") || a.starts_with("register/") {
                        true => repository().join(a).display().to_string(),
                        false => a.clone(),
                    },
                )
                .collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = program.run(&arguments).ok();
            assert!(!ran.out.is_empty(), "{command:?} says nothing");
        }
        pages += 1;
    }
    assert!(pages >= 3);
}

#[test]
fn every_page_is_found_from_the_readme() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    for entry in std::fs::read_dir(repository().join("docs/how-to")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let link = format!("(docs/how-to/{name})");
        assert!(readme.contains(&link), "README.md does not lead to {name}");
    }
}
