//! Help within the width of what reads it, broken between words.

use super::table::width_chars;
use clap::error::Error;
use std::process::ExitCode;

/// Prints what the parser has to say: help and version to standard output, what is wrong to
/// standard error.
pub(crate) fn answer(said: &Error) -> ExitCode {
    let outcome = match said.use_stderr() {
        true => said.print(),
        false => {
            let text = said.render();
            let text = match super::is_terminal() {
                true => text.ansi().to_string(),
                false => text.to_string(),
            };
            super::say(&within(usize::from(width_chars()), &text))
        }
    };
    match outcome {
        Ok(()) => ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2)),
        Err(_) => ExitCode::from(1),
    }
}

/// The text with each line that is too long broken between words, further lines under the text of
/// the first.
fn within(width: usize, text: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let indent = hanging(line);
        let mut used = 0;
        for (i, word) in line.split(' ').enumerate() {
            let letters = visible(word);
            if i > 0 && used + 1 + letters > width && used > indent {
                all.push('\n');
                all.push_str(&" ".repeat(indent));
                used = indent;
            } else if i > 0 {
                all.push(' ');
                used += 1;
            }
            all.push_str(word);
            used += letters;
        }
        all.truncate(all.trim_end_matches(' ').len());
        all.push('\n');
    }
    all
}

/// Where the text of a line begins: after its indent, and after the name that a list begins with.
fn hanging(line: &str) -> usize {
    let plain = plain(line);
    let text = plain.trim_start();
    let indent = visible(&plain) - visible(text);
    match text.split_once("  ") {
        Some((name, rest)) if !name.contains(". ") && indent > 0 => {
            let gap = 2 + visible(rest) - visible(rest.trim_start());
            indent + visible(name) + gap
        }
        _ if text.starts_with("Usage: ") => "Usage: ".len(),
        _ => indent,
    }
}

/// Characters that show.
fn visible(text: &str) -> usize {
    plain(text).chars().count()
}

/// A text without its colours (`ESC [ … m`).
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |all, part| {
        all + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn lists_hang_under_their_text() {
        let text = "Commands:\n  rehearse  days of the whole chain on simulated time\n";
        assert_eq!(
            within(32, text),
            "Commands:\n  rehearse  days of the whole\n            chain on simulated\n            time\n"
        );
        let option = "      --private\n          Let files be fetched from here\n";
        assert_eq!(
            within(30, option),
            "      --private\n          Let files be fetched\n          from here\n"
        );
        let colour = "  \u{1b}[1mname\u{1b}[0m  one two";
        assert_eq!(within(15, colour), format!("{colour}\n"));
    }

    fn check(command: &mut clap::Command, path: &str) -> usize {
        let mut seen = 1;
        for text in [command.render_help(), command.render_long_help()] {
            for width in [80, 100] {
                let text = within(width, &text.to_string());
                for line in text.lines() {
                    let fits = line.chars().count() <= width;
                    // An address or a path is not broken.
                    let words = line.split_whitespace().count();
                    assert!(fits || words <= 2, "{path} at {width}: {line:?}");
                }
            }
        }
        for one in command.get_subcommands_mut() {
            let path = format!("{path} {}", one.get_name());
            seen += check(one, &path);
        }
        seen
    }

    #[test]
    fn the_help_of_every_verb_fits_eighty_columns() {
        let mut command = crate::verb::Arguments::command();
        command.build();
        assert!(check(&mut command, "corridor") > 30);
    }
}
