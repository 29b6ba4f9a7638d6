//! A depth profile as recoil detection sees it: a homogeneous film on silicon, its edges blurred.
//!
//! The edges are error functions: a step, folded with the Gaussian resolution of the detector and the straggling of the
//! beam. Adventitious carbon covers the surface.

/// A film as recoil detection sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// Content of the film's inside by element (at.%).
    pub(crate) film_percent: Vec<(&'static str, f64)>,
    /// Thickness (nm).
    pub(crate) thickness_nm: f64,
    /// Standard deviation of the depth at the surface (nm); it grows by a tenth of the depth.
    pub(crate) resolution_nm: f64,
    /// Carbon on the surface, in the first nanometre before it is blurred (at.%).
    pub(crate) surface_carbon_percent: f64,
}

impl Profile {
    /// Content (at.%) of each element of `film_percent` and, where it isn't one of them, of silicon, at a depth (nm).
    pub(crate) fn at(&self, depth_nm: f64) -> Vec<(&'static str, f64)> {
        let beyond = |edge_nm: f64| {
            let resolution = self.resolution_nm + 0.1 * edge_nm;
            normal_integral((depth_nm - edge_nm) / resolution)
        };
        let substrate = beyond(self.thickness_nm);
        let carbon = self.surface_carbon_percent * (1.0 - beyond(1.0)) / 100.0;
        let film = (1.0 - substrate) * (1.0 - carbon);
        let mut contents = self.film_percent.clone();
        for (element, percent) in &mut contents {
            *percent *= film;
            if *element == "C" {
                *percent += 100.0 * carbon;
            }
            if *element == "Si" {
                *percent += 100.0 * substrate;
            }
        }
        if !contents.iter().any(|(element, _)| *element == "Si") {
            contents.push(("Si", 100.0 * substrate));
        }
        contents
    }
}

/// The part of a normal distribution below this many standard deviations.
///
/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: wrong by less than 1e-7.
fn normal_integral(deviations: f64) -> f64 {
    let x = deviations.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = 0.5 * series * (-x * x).exp();
    if deviations < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            film_percent: vec![("Li", 28.0), ("B", 20.0), ("O", 51.0), ("C", 1.0)],
            thickness_nm: 60.0,
            resolution_nm: 2.0,
            surface_carbon_percent: 30.0,
        }
    }

    #[test]
    fn the_inside_of_the_film_has_the_film_s_content() {
        for (element, percent) in profile().at(25.0) {
            let expected =
                profile().film_percent.iter().find(|(of_film, _)| *of_film == element).map_or(0.0, |found| found.1);
            assert!((percent - expected).abs() < 1e-3, "{element}: {percent}");
        }
    }

    #[test]
    fn half_of_the_film_is_left_at_the_interface_and_all_is_silicon_below() {
        let at = |depth_nm| profile().at(depth_nm);
        assert!((at(60.0)[0].1 - 14.0).abs() < 1e-6);
        assert_eq!(at(60.0)[4].0, "Si");
        assert!((at(150.0)[4].1 - 100.0).abs() < 1e-6 && at(150.0)[0].1 < 1e-6);
    }

    #[test]
    fn contents_add_to_100_at_every_depth() {
        for depth in 0..120 {
            let sum: f64 = profile().at(f64::from(depth)).iter().map(|(_, percent)| percent).sum();
            assert!((sum - 100.0).abs() < 1e-9, "{depth} nm: {sum}");
        }
    }

    #[test]
    fn the_normal_integral_is_that_of_tables() {
        for (deviations, expected) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.96, 0.024_997_9), (3.0, 0.998_650_1)] {
            assert!((normal_integral(deviations) - expected).abs() < 2e-7, "{deviations}");
        }
    }
}
