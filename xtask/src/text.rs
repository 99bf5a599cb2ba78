//! Reads tables and formats numbers for several commands.

/// The cells of a line of a table whose columns are separated by tabs; an error names the line if
/// it has another number of cells.
pub(crate) fn cells<const N: usize>(line: &str) -> anyhow::Result<[&str; N]> {
    let cells: Vec<&str> = line.split('\t').collect();
    cells.try_into().map_err(|cells: Vec<&str>| {
        anyhow::anyhow!("expected {N} cells, found {}: `{line}`", cells.len())
    })
}

/// A number with one digit after the point if it is below ten, and none otherwise.
pub(crate) fn short(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_as_many_cells_as_expected() {
        assert_eq!(cells("a\t\tc").unwrap(), ["a", "", "c"]);
        let error = cells::<2>("a\tb\tc").unwrap_err();
        assert_eq!(error.to_string(), "expected 2 cells, found 3: `a\tb\tc`");
    }

    #[test]
    fn small_numbers_have_a_digit_after_the_point() {
        assert_eq!(short(1.44), "1.4");
        assert_eq!(short(9.96), "10.0");
        assert_eq!(short(117.97), "118");
    }
}
