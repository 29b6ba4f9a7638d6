#!/usr/bin/env python3
"""Compares the throughput of the kernels with that of other programs on the same inputs.

    python3 benches/peers/compare.py

makes a virtual environment with pinned versions (once, in the user's cache), builds the Rust program, and prints times and ratios.
All inputs are synthetic, with a fixed seed. Every number is a median over the inputs. aldb uses one thread and no start
values; the other programs start from the true values times a factor of up to two, or from the values their manuals suggest.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

PINNED = ["impedance==1.7.1", "pyimpspec==5.1.3", "lmfit==1.3.4", "pyElli==0.23.1", "numpy==2.4.6", "scipy==1.17.1"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def in_environment() -> None:
    """Runs this script again in its own Python environment."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    venv = cache / "aldb-peers-python"
    marker = venv / "complete"
    if not marker.exists() or marker.read_text() != "\n".join(PINNED):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        subprocess.run([str(venv / "bin/python"), "-m", "pip", "install", "--quiet", *PINNED], check=True)
        marker.write_text("\n".join(PINNED))
    environment = {**os.environ, "ALDB_PEERS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    raise SystemExit(subprocess.run([str(venv / "bin/python"), __file__], env=environment).returncode)


def z_of(p, f):
    import numpy as np

    w = 2j * np.pi * f
    r0, r1, q1, n1, q2, n2 = p
    return r0 + 1 / (1 / r1 + q1 * w**n1) + 1 / (q2 * w**n2)


def circuits(rng, count, thin):
    """Spectra with 1 % noise: moderate parameter values, or those of thin films under small electrodes."""
    import numpy as np

    f = np.logspace(6, 0, 60)
    made = []
    for _ in range(count):
        if thin:
            p = [rng.uniform(10, 50), 10 ** rng.uniform(5.5, 7.5), 10 ** rng.uniform(-11.3, -10.3), rng.uniform(0.9, 1.0), 10 ** rng.uniform(-9.8, -8.5), rng.uniform(0.85, 0.95)]
        else:
            p = [rng.uniform(10, 50), rng.uniform(200, 1000), 10 ** rng.uniform(-6.3, -5.5), rng.uniform(0.8, 0.95), 10 ** rng.uniform(-4.3, -3.5), rng.uniform(0.8, 0.95)]
        z = z_of(p, f)
        z = z + 0.01 * abs(z) * (rng.normal(size=60) + 1j * rng.normal(size=60))
        made.append((p, f, z))
    return made


def cost(p, f, z):
    import numpy as np

    r = (z - z_of(p, f)) / abs(z)
    return float(np.sum(abs(r) ** 2))


def median_time(run, repeats):
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - started)
    return statistics.median(times), result


def optimum(p, f, z, *others):
    """The lowest known cost: of aldb, of the other program, or of a search over the logarithms of the parameters from there."""
    import numpy as np
    from scipy.optimize import least_squares

    best = min([cost(q, f, z) for q in (p, *others)])
    for start in (p, *others):
        x0 = np.log(np.maximum(start, 1e-30))

        def residual(x):
            r = (z - z_of(np.exp(x), f)) / abs(z)
            return np.concatenate([r.real, r.imag])

        found = least_squares(residual, x0, xtol=1e-12, ftol=1e-12)
        best = min(best, 2 * found.cost)
    return best


def gl(x, position, height, fwhm):
    import numpy as np

    u = ((x - position) / fwhm) ** 2
    return height * np.exp(-4 * np.log(2) * 0.7 * u) / (1 + 1.2 * u)


def throughput(given: dict) -> dict:
    command = ["cargo", "run", "--quiet", "--release", "-p", "aldb-fit", "--example", "throughput"]
    ran = subprocess.run(command, cwd=ROOT, input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def main() -> None:
    if not os.environ.get("ALDB_PEERS"):
        in_environment()
    warnings.filterwarnings("ignore")
    import elli
    import lmfit
    import numpy as np
    from impedance.models.circuits import CustomCircuit
    from scipy.optimize import least_squares

    rng = np.random.default_rng(20250101)
    sets = {"moderate scales": circuits(rng, 200, False), "thin-film scales": circuits(rng, 200, True)}
    energy = np.round(np.arange(525.0, 538.05, 0.1), 6)
    regions = []
    for _ in range(50):
        ratio, fwhm = rng.uniform(0.6, 1.6), rng.uniform(1.2, 1.7)
        peak = gl(energy, 530.4, 20000 * ratio, fwhm) + gl(energy, 531.7, 20000, fwhm)
        regions.append(rng.poisson(peak + 5000 + 1000 * np.cumsum(peak) / peak.sum()).astype(float))
    wavelength = np.linspace(250, 1000, 150)
    constants = np.array(throughput({"optical": list(wavelength)})["optical"])
    substrate = elli.IsotropicMaterial(elli.Table(lbda=wavelength, n=constants[:, 0] + 1j * constants[:, 1]))
    sio2 = elli.IsotropicMaterial(elli.Table(lbda=wavelength, n=constants[:, 2]))

    def psi_delta(d, a, b):
        # n0 + 100 n1 / λ² + 1e7 n2 / λ⁴, λ in nm.
        film = elli.IsotropicMaterial(elli.Cauchy(n0=a, n1=b * 1e4, n2=0))
        stack = elli.Structure(elli.AIR, [elli.Layer(film, d), elli.Layer(sio2, 1.5)], substrate)
        result = stack.evaluate(wavelength, 70, solver=elli.Solver2x2)
        return result.psi, result.delta

    films = []
    for _ in range(20):
        truth = (rng.uniform(15, 200), rng.uniform(1.45, 1.7), rng.uniform(0.003, 0.01))
        psi, delta = psi_delta(*truth)
        films.append((truth, psi + rng.normal(0, 0.1, 150), delta + rng.normal(0, 0.1, 150)))

    given = {
        "circuits": [
            {"frequency_hz": list(f), "z_re_ohm": list(z.real), "z_im_ohm": list(z.imag)}
            for made in sets.values()
            for _, f, z in made
        ],
        "regions": [{"energy_ev": list(energy), "counts": list(counts)} for counts in regions],
        "films": [
            {"wavelength_nm": list(wavelength), "angle_of_incidence_deg": [70.0] * 150, "psi_deg": list(psi), "delta_deg": list(delta)}
            for _, psi, delta in films
        ],
    }
    ours = throughput(given)
    print(f"{'kernel':<44}{'aldb / ms':>10}{'peer / ms':>11}{'ratio':>8}  reached the optimum (aldb, peer)")
    place = 0
    for name, made in sets.items():
        mine, theirs, scipy_times, reached = [], [], [], [0, 0, 0]
        for p, f, z in made:
            found = ours["circuits"][place]
            place += 1
            mine.append(found["seconds"])
            start = [v * 2 ** rng.uniform(-1, 1) if k not in (3, 5) else min(1.0, v) for k, v in enumerate(p)]
            model = CustomCircuit("R0-p(R1,CPE1)-CPE2", initial_guess=[max(v, 1e-15) for v in start])
            started = time.perf_counter()
            try:
                model.fit(f, z, weight_by_modulus=True)
                peer = list(model.parameters_)
            except Exception:
                peer = start
            theirs.append(time.perf_counter() - started)

            def residual(x):
                r = (z - z_of(np.exp(x), f)) / abs(z)
                return np.concatenate([r.real, r.imag])

            started = time.perf_counter()
            plain = least_squares(residual, np.log(np.maximum(start, 1e-15)))
            scipy_times.append(time.perf_counter() - started)
            best = optimum(p, f, z, found["parameters"], peer)
            for k, q in enumerate((found["parameters"], peer, np.exp(plain.x))):
                reached[k] += cost(q, f, z) <= best * 1.001
        a, b, c = (statistics.median(t) * 1e3 for t in (mine, theirs, scipy_times))
        n = len(made)
        print(f"{'circuit, ' + name + ' (impedance.py)':<44}{a:>10.3f}{b:>11.1f}{b / a:>8.0f}  {reached[0] / n:.1%}, {reached[1] / n:.1%}")
        print(f"{'circuit, ' + name + ' (scipy, log parameters)':<44}{a:>10.3f}{c:>11.1f}{c / a:>8.0f}  {reached[0] / n:.1%}, {reached[2] / n:.1%}")

    try:
        import pyimpspec

        times = []
        for p, f, z in sets["moderate scales"][:5]:
            data = pyimpspec.DataSet(frequencies=f, impedances=z)
            circuit = pyimpspec.parse_cdc("R{R=25}(R{R=500}Q{Y=1e-6,n=0.85})Q{Y=1e-4,n=0.9}")
            started = time.perf_counter()
            pyimpspec.fit_circuit(circuit, data, method="leastsq", weight="modulus", num_procs=1)
            times.append(time.perf_counter() - started)
        a = statistics.median(found["seconds"] for found in ours["circuits"][:200]) * 1e3
        b = statistics.median(times) * 1e3
        print(f"{'circuit, moderate scales (pyimpspec)':<44}{a:>10.3f}{b:>11.1f}{b / a:>8.0f}")
    except Exception as error:
        print(f"pyimpspec did not run: {error}")

    def shirley(x, y):
        low, high = y[:5].mean(), y[-5:].mean()
        background = np.full_like(y, low)
        for _ in range(6):
            area = np.concatenate([[0], np.cumsum(0.5 * ((y - background)[1:] + (y - background)[:-1]) * np.diff(x))])
            background = low + (high - low) * area / area[-1]
        return background

    times = []
    for counts in regions:
        parameters = lmfit.Parameters()
        parameters.add_many(("p1", 530.4), ("p2", 531.7), ("h1", counts.max(), True, 0), ("h2", counts.max(), True, 0), ("f", 1.4, True, 0.2, 2.0))

        def run():
            over = counts - shirley(energy, counts)
            return lmfit.minimize(lambda p: gl(energy, p["p1"].value, p["h1"].value, p["f"].value) + gl(energy, p["p2"].value, p["h2"].value, p["f"].value) - over, parameters)

        times.append(median_time(run, 3)[0])
    a, b = statistics.median(r["seconds"] for r in ours["regions"]) * 1e3, statistics.median(times) * 1e3
    print(f"{'O 1s, two components (lmfit, one start)':<44}{a:>10.4f}{b:>11.2f}{b / a:>8.0f}")

    times, worst = [], 0.0
    for (truth, psi, delta), found in zip(films, ours["films"]):
        parameters = lmfit.Parameters()
        parameters.add_many(("d", truth[0] * 1.1), ("a", 1.52), ("b", 0.005))
        n, c, s = np.cos(2 * np.radians(psi)), np.sin(2 * np.radians(psi)) * np.cos(np.radians(delta)), np.sin(2 * np.radians(psi)) * np.sin(np.radians(delta))

        def residual(p):
            mp, md = (np.radians(v) for v in psi_delta(p["d"].value, p["a"].value, p["b"].value))
            return np.concatenate([np.cos(2 * mp) - n, np.sin(2 * mp) * np.cos(md) - c, np.sin(2 * mp) * np.sin(md) - s])

        seconds, fit = median_time(lambda: lmfit.minimize(residual, parameters), 3)
        times.append(seconds)
        worst = max(worst, abs(found["thickness_nm"] - fit.params["d"].value))
    a, b = statistics.median(r["seconds"] for r in ours["films"]) * 1e3, statistics.median(times) * 1e3
    print(f"{'Cauchy film: d, A, B (pyElli + lmfit)':<44}{a:>10.3f}{b:>11.1f}{b / a:>8.0f}  thickness differs by at most {worst:.3f} nm")


if __name__ == "__main__":
    main()
