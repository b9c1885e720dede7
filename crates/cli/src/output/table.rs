//! Tables for people: within the width of what reads them, and never cut inside of a word.

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};

/// Columns of text where nobody says how wide the reader is: a pipe, a file, a page.
const WIDTH_CHARS: u16 = 100;
/// Cells up to this wide stay on one line: times, names, figures.
const WHOLE_MAX_CHARS: u16 = 24;
/// Least width of a column of sentences.
const SENTENCE_MIN_CHARS: u16 = 16;
/// Width from which the text of a cell is a sentence and no name or figure.
const SENTENCE_CHARS: u16 = 40;
/// Rows that are printed as paragraphs where no table fits.
const FEW_ROWS: usize = 3;
/// The same where some of their cells are sentences: they are what the listing is asked for.
const PARAGRAPHS_MAX: usize = 60;
/// What stands between two columns.
const BETWEEN_CHARS: u16 = 3;
/// What stands on both sides of the table.
const AROUND_CHARS: u16 = 4;

/// How wide the reader is: as the terminal has it, else [`WIDTH_CHARS`].
pub(super) fn width_chars() -> u16 {
    match super::is_terminal() {
        true => Table::new().width().unwrap_or(WIDTH_CHARS),
        false => WIDTH_CHARS,
    }
}

/// The table, as wide as the reader has it.
pub(super) fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    within(width_chars(), columns, rows)
}

/// The table within a width. As it is where it fits, else with long texts over several lines, else
/// with every cell broken between words. Where even that is too wide, a few rows, or sentences, become
/// paragraphs; others lose their last columns, which the line below them names.
fn within(width: u16, columns: &[&str], rows: &[Vec<String>]) -> String {
    let measured: Vec<Column> = (0..columns.len())
        .map(|column| Column::of(columns[column], rows, column))
        .collect();
    let fits = |least: fn(&Column) -> u16, count: usize| {
        let widths: Vec<u16> = measured[..count].iter().map(least).collect();
        (total(&widths) <= width).then_some(widths)
    };
    let all = columns.len();
    if fits(|c| c.widest, all).is_some() {
        return drawn(None, columns, rows);
    }
    if let Some(least) = fits(|c| c.least, all).or_else(|| fits(|c| c.word, all)) {
        return drawn(Some((width, &least)), columns, rows);
    }
    let sentences = measured.iter().any(|c| c.widest >= SENTENCE_CHARS);
    if rows.len() <= FEW_ROWS || (sentences && rows.len() <= PARAGRAPHS_MAX) {
        return records(width, columns, rows);
    }
    let kept = (1..all).rev().find_map(|count| fits(|c| c.least, count));
    let least = kept.unwrap_or_else(|| vec![measured[0].least]);
    let kept = least.len();
    let shown: Vec<Vec<String>> = rows.iter().map(|row| row[..kept].to_vec()).collect();
    let lost = columns[kept..].join(", ");
    let note = format!("no room for: {lost}; --format csv and json have all");
    let table = drawn(Some((width, &least)), &columns[..kept], &shown);
    format!(
        "{table}\n{}\n",
        wrapped(&note, usize::from(width)).join("\n")
    )
}

/// How wide a column may be.
struct Column {
    /// Its longest line.
    widest: u16,
    /// With sentences over several lines, and shorter cells whole.
    least: u16,
    /// Its longest word.
    word: u16,
}

impl Column {
    fn of(name: &str, rows: &[Vec<String>], column: usize) -> Self {
        let most = |measure: fn(&str) -> usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let most = cells.map(|cell| measure(cell)).max();
            u16::try_from(most.unwrap_or(0).max(measure(name))).unwrap_or(u16::MAX)
        };
        let (widest, word) = (most(line_chars), most(word_chars));
        let least = match widest <= WHOLE_MAX_CHARS {
            true => widest,
            false => word.max(SENTENCE_MIN_CHARS),
        };
        Self {
            widest,
            least,
            word,
        }
    }
}

/// Width of a table of such columns.
fn total(widths: &[u16]) -> u16 {
    let gaps = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let around = BETWEEN_CHARS
        .saturating_mul(gaps)
        .saturating_add(AROUND_CHARS);
    widths.iter().fold(around, |all, w| all.saturating_add(*w))
}

/// The table: its cells whole, or within a width with at least so much for each column.
fn drawn(within: Option<(u16, &[u16])>, columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_header(columns.to_vec());
    for row in rows {
        table.add_row(row);
    }
    if let Some((width, least)) = within {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        for (column, least) in table.column_iter_mut().zip(least) {
            // With the column's padding of one on each side.
            let least = Width::Fixed(least.saturating_add(2));
            column.set_constraint(ColumnConstraint::LowerBoundary(least));
        }
    }
    format!("{table}\n")
}

/// Each row as a paragraph: a line a column that has something to say.
fn records(width: u16, columns: &[&str], rows: &[Vec<String>]) -> String {
    let name = columns.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    let room = usize::from(width).saturating_sub(name + 2);
    let paragraphs = rows.iter().map(|row| {
        let mut text = String::new();
        for (column, cell) in columns.iter().zip(row).filter(|(_, c)| !c.is_empty()) {
            for (i, line) in wrapped(cell, room).iter().enumerate() {
                let column = if i == 0 { column } else { "" };
                text.push_str(format!("{column:name$}  {line}").trim_end());
                text.push('\n');
            }
        }
        text
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// A text in lines of at most so many characters, whole words.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let full = line.chars().count() + 1 + word.chars().count() > room;
            if full && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn line_chars(text: &str) -> usize {
    text.lines().map(|l| l.chars().count()).max().unwrap_or(0)
}

fn word_chars(text: &str) -> usize {
    let words = text.split_whitespace().map(|w| w.chars().count());
    words.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        vec![vec![
            "water".into(),
            "2026-08-22 05:31:08".into(),
            text.into(),
        ]]
    }

    const COLUMNS: [&str; 3] = ["id", "time", "accuracy"];

    #[test]
    fn what_fits_stays_on_its_line() {
        let text = within(100, &COLUMNS, &rows("good"));
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn long_texts_break_between_words_and_short_cells_stay_whole() {
        let long =
            "SKYSAT-C5-to-ksat-punta-arenas says in many words how well it sees water ".repeat(3);
        for width in [80, 100] {
            let text = within(width, &COLUMNS, &rows(&long));
            let most = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(most <= usize::from(width), "{most}\n{text}");
            assert!(text.contains("2026-08-22 05:31:08"), "{text}");
            let words = text.matches("SKYSAT-C5-to-ksat-punta-arenas").count();
            assert_eq!(words, 3, "{text}");
        }
    }

    #[test]
    fn what_fits_no_line_becomes_a_paragraph_a_row() {
        let columns: Vec<String> = (0..12).map(|i| format!("figure_{i}")).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let row = |i: usize| vec![format!("{i} and a few words"); 12];
        let text = within(80, &columns, &[row(1), row(2)]);
        let most = text.lines().map(|l| l.chars().count()).max().unwrap();
        assert!(most <= 80, "{text}");
        assert!(text.starts_with("figure_0   1 and a few words\n"), "{text}");
        assert_eq!(text.matches("\n\n").count(), 1, "{text}");
    }

    #[test]
    fn many_rows_lose_their_last_columns_and_say_so() {
        let names: Vec<String> = (0..12).map(|i| format!("figure_{i}")).collect();
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = vec![vec!["2026-08-22 05:31:08".to_string(); 12]; 40];
        for width in [80, 100] {
            let text = within(width, &columns, &rows);
            let most = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(most <= usize::from(width), "{most}\n{text}");
            assert_eq!(text.matches("2026-08-22 05:31:08").count() % 40, 0);
            assert!(text.lines().count() >= 43, "{text}");
            assert!(text.contains("no room for: figure_"), "{text}");
            for name in &names {
                assert!(text.contains(name), "{name}: {text}");
            }
        }
    }

    #[test]
    fn a_word_longer_than_the_room_is_not_cut() {
        assert_eq!(wrapped("a bbbbbbbb c", 4), ["a", "bbbbbbbb", "c"]);
    }
}
