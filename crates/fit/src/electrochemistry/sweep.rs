//! Sweeps of a voltammogram: the parts in which the potential rises or falls.

/// A part of rising or falling potential.
pub(super) struct Sweep {
    pub(super) rising: bool,
    /// Potential in the direction of the sweep (V; negative of the potential where it falls) and current in that direction, by
    /// rising first value: oxidation of a rising sweep and reduction of a falling one are positive.
    pub(super) points: Vec<(f64, f64)>,
    /// Mean rate (V/s); `None` without times.
    pub(super) rate: Option<f64>,
}

impl Sweep {
    /// 1 for a rising sweep, -1 for a falling one.
    pub(super) fn sign(&self) -> f64 {
        if self.rising { 1.0 } else { -1.0 }
    }

    /// Distance that the potential covers (V).
    pub(super) fn length(&self) -> f64 {
        self.points[self.points.len() - 1].0 - self.points[0].0
    }
}

/// A turn smaller than this fraction of the range is noise on the potential.
const TURN: f64 = 0.02;
/// Parts shorter than this fraction of the range are left out.
const SHORTEST: f64 = 0.2;

/// The sweeps of a curve in the order of measurement.
pub(super) fn sweeps(time_s: Option<&[f64]>, potential: &[f64], current: &[f64]) -> Vec<Sweep> {
    let (low, high) = potential.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let turn = TURN * (high - low);
    let (mut turns, mut extreme, mut rising) = (vec![0], 0, None);
    for place in 1..potential.len() {
        let ahead = match rising {
            Some(true) => potential[place] >= potential[extreme],
            Some(false) => potential[place] <= potential[extreme],
            None => {
                if (potential[place] - potential[0]).abs() > turn {
                    rising = Some(potential[place] > potential[0]);
                    extreme = place;
                }
                continue;
            }
        };
        if ahead {
            extreme = place;
        } else if (potential[place] - potential[extreme]).abs() > turn {
            turns.push(extreme);
            rising = rising.map(|rising| !rising);
            extreme = place;
        }
    }
    turns.push(potential.len() - 1);
    turns
        .windows(2)
        .filter(|pair| pair[1] > pair[0] && (potential[pair[1]] - potential[pair[0]]).abs() > SHORTEST * (high - low))
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let rising = potential[to] > potential[from];
            let sign = if rising { 1.0 } else { -1.0 };
            let mut points: Vec<(f64, f64)> =
                (from..=to).map(|place| (sign * potential[place], sign * current[place])).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let rate = time_s.filter(|time| time[to] > time[from]);
            let rate = rate.map(|time| (potential[to] - potential[from]).abs() / (time[to] - time[from]));
            Sweep { rising, points, rate }
        })
        .collect()
}
