//! How far one spelling is from another.

/// Letters to change, add, drop or swap with their neighbour to make `one` of `other`; nothing beyond `limit`.
pub(crate) fn distance(one: &[char], other: &[char], limit: usize) -> Option<usize> {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, char) in one.iter().enumerate() {
        let mut next = vec![at + 1];
        for (column, found) in other.iter().enumerate() {
            let changed = row[column] + usize::from(char != found);
            let swapped = at > 0 && column > 0 && one[at - 1] == *found && *char == other[column - 1];
            let swap = if swapped { before[column - 1] + 1 } else { usize::MAX };
            next.push(changed.min(swap).min(row[column + 1] + 1).min(next[column] + 1));
        }
        if next.iter().min().is_none_or(|least| *least > limit) {
            return None;
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn letters_changed_added_dropped_and_swapped() {
        let table = [
            ("status", "status", Some(0)),
            ("statsu", "status", Some(1)),
            ("größe", "grosse", Some(2)),
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
