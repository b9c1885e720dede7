//! Least squares: models linear in their parameters by QR, others by Levenberg and Marquardt.

/// Solves `A x = b` for the least sum of squares by Householder's QR.
///
/// `rows` are those of `A` (each of `columns` numbers); `None` where there are fewer rows than
/// columns, or the columns depend on one another to the last digits.
pub fn linear(rows: &[f64], values: &[f64], columns: usize) -> Option<Vec<f64>> {
    let count = values.len();
    if columns == 0 || count < columns || rows.len() != count * columns {
        return None;
    }
    let mut a = rows.to_vec();
    let mut b = values.to_vec();
    let norm = |a: &[f64], from: usize, col: usize| {
        (from..count)
            .map(|row| a[row * columns + col].powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let whole: Vec<f64> = (0..columns).map(|col| norm(&a, 0, col)).collect();
    let mut diagonal = vec![0.0; columns];
    for col in 0..columns {
        let length = norm(&a, col, col);
        // What is left of the column beside those before it, against rounding.
        let least = whole[col] * f64::EPSILON * 64.0 * count as f64;
        if length.is_nan() || length <= least {
            return None;
        }
        let head = a[col * columns + col];
        let alpha = if head > 0.0 { -length } else { length };
        diagonal[col] = alpha;
        // The reflection's vector stands in the column, its first element made anew.
        a[col * columns + col] = head - alpha;
        let square: f64 = length * length - head * alpha;
        for other in col + 1..columns {
            let dot: f64 = (col..count)
                .map(|row| a[row * columns + col] * a[row * columns + other])
                .sum();
            for row in col..count {
                a[row * columns + other] -= a[row * columns + col] * dot / square;
            }
        }
        let dot: f64 = (col..count)
            .map(|row| a[row * columns + col] * b[row])
            .sum();
        for row in col..count {
            b[row] -= a[row * columns + col] * dot / square;
        }
    }
    let mut x = vec![0.0; columns];
    for col in (0..columns).rev() {
        let known: f64 = (col + 1..columns)
            .map(|other| a[col * columns + other] * x[other])
            .sum();
        x[col] = (b[col] - known) / diagonal[col];
    }
    Some(x)
}

/// Solves a small symmetric positive definite system in place; `None` where it is not.
///
/// `a` is row by row, and its lower triangle is used.
fn cholesky(a: &mut [f64], b: &mut [f64]) -> Option<()> {
    let n = b.len();
    for row in 0..n {
        for col in 0..=row {
            let known: f64 = (0..col).map(|k| a[row * n + k] * a[col * n + k]).sum();
            let left = a[row * n + col] - known;
            if row == col {
                if left.is_nan() || left <= 0.0 {
                    return None;
                }
                a[row * n + row] = left.sqrt();
            } else {
                a[row * n + col] = left / a[col * n + col];
            }
        }
    }
    for row in 0..n {
        let known: f64 = (0..row).map(|k| a[row * n + k] * b[k]).sum();
        b[row] = (b[row] - known) / a[row * n + row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| a[k * n + row] * b[k]).sum();
        b[row] = (b[row] - known) / a[row * n + row];
    }
    Some(())
}

/// Most steps of the search.
const STEPS_MAX: usize = 200;
/// A parameter that moves by less, relative to its size, stands still.
const STILL: f64 = 1e-12;
/// Damping at which no step helps any more.
const DAMPING_MAX: f64 = 1e16;

/// One pixel's search.
struct Search {
    damping: f64,
    cost: f64,
    done: bool,
    found: bool,
}

/// Least squares of a model of any form, for many pixels at once (Levenberg 1944, Marquardt 1963).
///
/// `observed` holds for each observation one value a pixel, NaN for none. `model` gives the model's
/// values of one observation for parameters of one plane each. The result has one plane a
/// parameter, NaN for pixels with fewer observations than parameters and for those whose search
/// did not end.
///
/// # Errors
/// Those of the model.
pub fn levenberg_marquardt<E>(
    observed: &[Vec<f64>],
    guess: &[f64],
    mut model: impl FnMut(usize, &[Vec<f64>]) -> Result<Vec<f64>, E>,
) -> Result<Vec<Vec<f64>>, E> {
    let pixels = observed.first().map_or(0, Vec::len);
    let n = guess.len();
    let mut parameters: Vec<Vec<f64>> = guess.iter().map(|g| vec![*g; pixels]).collect();
    let mut searches: Vec<Search> = (0..pixels)
        .map(|pixel| {
            let count = observed
                .iter()
                .filter(|plane| !plane[pixel].is_nan())
                .count();
            Search {
                damping: 1e-3,
                cost: f64::INFINITY,
                done: count < n,
                found: false,
            }
        })
        .collect();
    let mut start = vec![0.0; pixels];
    for (step, values) in observed.iter().enumerate() {
        add_cost(&mut start, values, &model(step, &parameters)?);
    }
    for (search, cost) in searches.iter_mut().zip(start) {
        search.cost = if cost.is_nan() { f64::INFINITY } else { cost };
        // A guess that the model has no value for leads nowhere.
        search.done |= search.cost.is_infinite();
    }
    for _ in 0..STEPS_MAX {
        if searches.iter().all(|search| search.done) {
            break;
        }
        let mut normal = vec![0.0; pixels * n * n];
        let mut slope = vec![0.0; pixels * n];
        for (step, values) in observed.iter().enumerate() {
            let here = model(step, &parameters)?;
            let mut slopes = Vec::with_capacity(n);
            for j in 0..n {
                let (plus, minus) = (moved(&parameters, j, 1.0), moved(&parameters, j, -1.0));
                let (above, below) = (model(step, &plus)?, model(step, &minus)?);
                slopes.push(
                    (0..pixels)
                        .map(|p| (above[p] - below[p]) / (plus[j][p] - minus[j][p]))
                        .collect::<Vec<f64>>(),
                );
            }
            for pixel in (0..pixels).filter(|p| !values[*p].is_nan() && !searches[*p].done) {
                let residual = values[pixel] - here[pixel];
                for j in 0..n {
                    slope[pixel * n + j] += slopes[j][pixel] * residual;
                    for k in 0..=j {
                        normal[(pixel * n + j) * n + k] += slopes[j][pixel] * slopes[k][pixel];
                    }
                }
            }
        }
        let mut trial = parameters.clone();
        let mut stepped = vec![false; pixels];
        for pixel in (0..pixels).filter(|p| !searches[*p].done) {
            let mut a = normal[pixel * n * n..(pixel + 1) * n * n].to_vec();
            let mut b = slope[pixel * n..(pixel + 1) * n].to_vec();
            (0..n).for_each(|j| a[j * n + j] *= 1.0 + searches[pixel].damping);
            if cholesky(&mut a, &mut b).is_some() {
                stepped[pixel] = true;
                (0..n).for_each(|j| trial[j][pixel] += b[j]);
            }
        }
        let mut costs = vec![0.0; pixels];
        for (step, values) in observed.iter().enumerate() {
            add_cost(&mut costs, values, &model(step, &trial)?);
        }
        for (pixel, search) in searches.iter_mut().enumerate().filter(|(_, s)| !s.done) {
            let still = stepped[pixel]
                && (0..n).all(|j| {
                    let (old, new) = (parameters[j][pixel], trial[j][pixel]);
                    (new - old).abs() <= STILL * (old.abs() + STILL)
                });
            if stepped[pixel] && costs[pixel] <= search.cost {
                (0..n).for_each(|j| parameters[j][pixel] = trial[j][pixel]);
                search.cost = costs[pixel];
                search.damping = (search.damping / 10.0).max(1e-15);
            } else {
                search.damping *= 10.0;
            }
            // Where no step makes it better, the least is reached to the last digits.
            if still || search.damping > DAMPING_MAX {
                (search.done, search.found) = (true, true);
            }
        }
    }
    for (pixel, search) in searches.iter().enumerate() {
        if !search.found {
            parameters
                .iter_mut()
                .for_each(|plane| plane[pixel] = f64::NAN);
        }
    }
    Ok(parameters)
}

fn add_cost(costs: &mut [f64], observed: &[f64], modelled: &[f64]) {
    for (pixel, cost) in costs.iter_mut().enumerate() {
        if !observed[pixel].is_nan() {
            *cost += (observed[pixel] - modelled[pixel]).powi(2);
        }
    }
}

/// The parameters with one of them a little up or down: the step that makes a central difference
/// best, the cube root of the smallest digit.
fn moved(parameters: &[Vec<f64>], which: usize, sign: f64) -> Vec<Vec<f64>> {
    let mut all = parameters.to_vec();
    for value in &mut all[which] {
        *value += sign * 6e-6 * value.abs().max(1e-3);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_three_points() {
        // numpy.linalg.lstsq([[1, 0], [1, 1], [1, 2]], [1, 2, 4]) gives 5/6 and 3/2.
        let x = linear(&[1.0, 0.0, 1.0, 1.0, 1.0, 2.0], &[1.0, 2.0, 4.0], 2).unwrap();
        assert!((x[0] - 5.0 / 6.0).abs() < 1e-14 && (x[1] - 1.5).abs() < 1e-14);
    }

    #[test]
    fn columns_that_depend_on_one_another_have_no_answer() {
        assert!(linear(&[1.0, 2.0, 2.0, 4.0, 3.0, 6.0], &[1.0, 2.0, 3.0], 2).is_none());
        assert!(linear(&[1.0, 2.0], &[1.0], 2).is_none());
    }

    /// Misra1a of the NIST statistical reference datasets (observed data, lower difficulty):
    /// y = b1 (1 - exp(-b2 x)), certified values.
    #[test]
    fn misra1a_of_nist() {
        let y = [
            10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40,
            75.47, 81.78,
        ];
        let x = [
            77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1,
            689.1, 760.0,
        ];
        let observed: Vec<Vec<f64>> = y.iter().map(|y| vec![*y, f64::NAN]).collect();
        for guess in [[500.0, 0.0001], [250.0, 0.0005]] {
            let found = levenberg_marquardt(&observed, &guess, |i, p| {
                let model = |pixel: usize| p[0][pixel] * (1.0 - (-p[1][pixel] * x[i]).exp());
                Ok::<_, ()>(vec![model(0), model(1)])
            })
            .unwrap();
            assert!(
                (found[0][0] / 238.942_129_18 - 1.0).abs() < 1e-8,
                "{}",
                found[0][0]
            );
            assert!(
                (found[1][0] / 5.501_564_318_1e-4 - 1.0).abs() < 1e-8,
                "{}",
                found[1][0]
            );
            assert!(found[0][1].is_nan());
        }
    }
}
