//! How far one spelling is from another.

/// Letters to change, add, drop or swap with their neighbour to make `one` of `other`; nothing beyond `limit`.
pub(crate) fn distance(one: &[char], other: &[char], limit: usize) -> Option<usize> {
    // The table of distances between beginnings, of which three rows are enough.
    let mut rows = [vec![0; other.len() + 1], (0..=other.len()).collect(), vec![0; other.len() + 1]];
    for (at, char) in one.iter().enumerate() {
        let [before, row, next] = &mut rows;
        next[0] = at + 1;
        let mut least = at + 1;
        for (column, found) in other.iter().enumerate() {
            let mut cost = row[column] + usize::from(char != found);
            cost = cost.min(row[column + 1] + 1).min(next[column] + 1);
            if at > 0 && column > 0 && one[at - 1] == *found && *char == other[column - 1] {
                cost = cost.min(before[column - 1] + 1);
            }
            next[column + 1] = cost;
            least = least.min(cost);
        }
        if least > limit {
            return None;
        }
        rows.rotate_left(1);
    }
    rows[1].last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn letters_changed_added_dropped_and_swapped() {
        let table = [
            ("status", "status", Some(0)),
            ("statsu", "status", Some(1)),
            ("größe", "grosse", Some(3)),
            ("", "abc", Some(3)),
            ("sprint", "print", Some(1)),
            ("lables", "labels", Some(1)),
            ("project", "component", None),
            ("abcd", "wxyz", None),
        ];
        for (one, other, expected) in table {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(distance(&chars(one), &chars(other), 3), expected, "{one} {other}");
            assert_eq!(distance(&chars(other), &chars(one), 3), expected, "{other} {one}");
        }
    }
}
