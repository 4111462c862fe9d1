//! Optimal one-to-one assignment.

/// For each row, the column that is assigned to it, so that the sum of the values is the greatest. `value(row, column)` has
/// to be finite. Where there are fewer columns than rows, some rows have none.
///
/// Shortest augmenting paths (Kuhn 1955, Munkres 1957, in the form of Jonker and Volgenant 1987): `rows^2 * columns` steps.
pub(crate) fn assign(rows: usize, columns: usize, value: &dyn Fn(usize, usize) -> f64) -> Vec<Option<usize>> {
    if rows > columns {
        let mut rows_of = vec![None; rows];
        let columns_of = assign(columns, rows, &|column, row| value(row, column));
        for (column, row) in columns_of.into_iter().enumerate() {
            if let Some(row) = row {
                rows_of[row] = Some(column);
            }
        }
        return rows_of;
    }
    let mut search =
        Search { columns, of_row: vec![0.0; rows], of_column: vec![0.0; columns], taken_by: vec![None; columns] };
    (0..rows).for_each(|row| search.add(row, value));
    let mut columns_of = vec![None; rows];
    for (column, row) in search.taken_by.iter().enumerate() {
        if let Some(row) = row {
            columns_of[*row] = Some(column);
        }
    }
    columns_of
}

struct Search {
    columns: usize,
    /// the prices that make every assigned pair cost nothing and every other pair cost something
    of_row: Vec<f64>,
    of_column: Vec<f64>,
    taken_by: Vec<Option<usize>>,
}

impl Search {
    /// Assigns one more row, moving others along the cheapest path to a free column.
    fn add(&mut self, new: usize, value: &dyn Fn(usize, usize) -> f64) {
        let mut least = vec![f64::INFINITY; self.columns];
        let mut before: Vec<Option<usize>> = vec![None; self.columns];
        let mut reached = vec![false; self.columns];
        let (mut row, mut from) = (new, None);
        let last = loop {
            let mut nearest: Option<usize> = None;
            for column in (0..self.columns).filter(|column| !reached[*column]) {
                let reduced = -value(row, column) - self.of_row[row] - self.of_column[column];
                if reduced < least[column] {
                    (least[column], before[column]) = (reduced, from);
                }
                if nearest.is_none_or(|nearest| least[column] < least[nearest]) {
                    nearest = Some(column);
                }
            }
            // There are at least as many columns as rows, so one is always left.
            let Some(column) = nearest else { return };
            self.shift(least[column], new, &mut least, &reached);
            reached[column] = true;
            match self.taken_by[column] {
                Some(owner) => (row, from) = (owner, Some(column)),
                None => break column,
            }
        };
        let mut column = last;
        while let Some(previous) = before[column] {
            self.taken_by[column] = self.taken_by[previous];
            column = previous;
        }
        self.taken_by[column] = Some(new);
    }

    fn shift(&mut self, by: f64, new: usize, least: &mut [f64], reached: &[bool]) {
        self.of_row[new] += by;
        for column in 0..self.columns {
            if reached[column] {
                self.of_column[column] -= by;
                if let Some(row) = self.taken_by[column] {
                    self.of_row[row] += by;
                }
            } else {
                least[column] -= by;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The greatest sum by trying everything.
    fn greatest(values: &[Vec<f64>], row: usize, taken: &mut Vec<bool>, left_out: usize) -> f64 {
        if row == values.len() {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        if left_out > 0 {
            best = greatest(values, row + 1, taken, left_out - 1);
        }
        for column in 0..taken.len() {
            if !taken[column] {
                taken[column] = true;
                best = best.max(values[row][column] + greatest(values, row + 1, taken, left_out));
                taken[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_worth_more(
            values in (1_usize..6, 1_usize..6)
                .prop_flat_map(|(r, c)| prop::collection::vec(prop::collection::vec(-9.0..9.0_f64, c), r)),
        ) {
            let (rows, columns) = (values.len(), values[0].len());
            let found = assign(rows, columns, &|row, column| values[row][column]);
            let mut taken: Vec<usize> = found.iter().flatten().copied().collect();
            let sum: f64 = found.iter().enumerate().filter_map(|(row, column)| Some(values[row][(*column)?])).sum();
            let expected = greatest(&values, 0, &mut vec![false; columns], rows.saturating_sub(columns));
            prop_assert!((sum - expected).abs() < 1e-9, "{} instead of {}", sum, expected);
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), rows.min(columns));
        }
    }

    #[test]
    fn nothing_is_assigned_to_nothing() {
        assert_eq!(assign(0, 3, &|_, _| 0.0), []);
        assert_eq!(assign(2, 0, &|_, _| 0.0), [None, None]);
    }
}
