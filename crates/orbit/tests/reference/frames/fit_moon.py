"""Fits the series of the Moon in `src/moon.rs` to ERFA's moon98.

    python -m venv venv && venv/bin/pip install pyerfa==2.0.1.5 numpy
    venv/bin/python fit_moon.py

Longitude minus mean longitude, latitude and distance in the mean ecliptic and equinox of date, 1990 to
2050, by least squares: sines (cosines for the distance) of whole multiples of D, M, M', F, the strongest
first, until none is above 0.0012 degrees or 25 km. Prints the tables and how far they are off at
instants that were not fitted.
"""
import itertools

import erfa
import numpy as np

AU_KM = 149597870.7


def arguments(t):
    return np.array([erfa.fad03(t), erfa.falp03(t), erfa.fal03(t), erfa.faf03(t)])


def truth(t):
    pv = erfa.moon98(2451545.0, t * 36525.0)
    p = pv["p"] * AU_KM
    of_date = np.einsum("nij,nj->ni", erfa.pmat06(2451545.0, t * 36525.0), p)
    obliquity = erfa.obl06(2451545.0, t * 36525.0)
    x, y, z = of_date.T
    c, s = np.cos(obliquity), np.sin(obliquity)
    y, z = c * y + s * z, c * z - s * y
    mean = erfa.faf03(t) + erfa.faom03(t)
    lon = np.rad2deg((np.arctan2(y, x) - mean + np.pi) % (2 * np.pi) - np.pi)
    return lon, np.rad2deg(np.arctan2(z, np.hypot(x, y))), np.sqrt(x * x + y * y + z * z)


def fit(t, y, wave, base, above):
    names = [n for n in itertools.product(range(-4, 5), range(-2, 3), range(-4, 5), range(-3, 4))
             if next((k for k in n if k), 0) > 0]
    waves = wave(np.array(names) @ arguments(t))
    chosen = []
    while True:
        a = np.array(base(t) + [wave(np.array(n) @ arguments(t)) for n in chosen]).T
        c = np.linalg.lstsq(a, y, rcond=None)[0]
        power = np.abs(waves @ (y - a @ c)) * 2 / len(t)
        best = int(np.argmax(power))
        if power[best] < above or names[best] in chosen:
            return chosen, c
        chosen.append(names[best])


def venus(t):
    """Twice the Moon's mean longitude and terms of Venus: the strongest that is no multiple of the four."""
    return np.deg2rad(119.75 + 131.849 * t)


def main():
    rng = np.random.default_rng(2)
    t, check = rng.uniform(-0.10, 0.50, 6000), rng.uniform(-0.10, 0.50, 3000)

    def slow(t):
        return [np.ones_like(t), t, np.sin(erfa.faom03(t)), np.sin(venus(t))]

    for name, y, at_check, wave, base, above in zip(
            ["longitude", "latitude", "distance"], truth(t), truth(check), [np.sin, np.sin, np.cos],
            [slow, lambda t: [np.sin(erfa.faf03(t) + erfa.faom03(t))], lambda t: [np.ones_like(t)]],
            [0.0012, 0.0012, 25.0]):
        chosen, c = fit(t, y, wave, base, above)
        a = np.array(base(check) + [wave(np.array(n) @ arguments(check)) for n in chosen]).T
        off = np.abs(at_check - a @ c)
        slow_terms = len(base(t))
        print(name, len(chosen), "terms; off by at most", off.max(), "rms", np.sqrt((off**2).mean()))
        digits = 1 if name == "distance" else 5
        print("   slow:", [round(float(x), digits) for x in c[:slow_terms]])
        for n, x in sorted(zip(chosen, c[slow_terms:]), key=lambda nx: -abs(nx[1])):
            print(f"    ({list(n)}, {x:.{digits}f}),")


main()
