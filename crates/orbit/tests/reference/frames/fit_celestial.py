"""Fits the short series of the celestial pole in `src/frame/celestial.rs` to IAU 2006/2000A.

    python -m venv venv && venv/bin/pip install pyerfa==2.0.1.5 numpy
    venv/bin/python fit_celestial.py

X, Y and s + XY/2 of ERFA's xys06a, 1990 to 2050, by least squares: a polynomial in time, then one
argument after the other (whole multiples of the Delaunay arguments), the strongest first, until none is
above 0.1 milliarcseconds. Prints the table and how far it is off at instants that were not fitted.
"""
import itertools

import erfa
import numpy as np

MAS = np.deg2rad(1 / 3.6e6)
ABOVE_MAS = 0.1
GROWING = [(0, 0, 0, 0, 1), (0, 0, 2, -2, 2), (0, 0, 2, 0, 2), (0, 0, 0, 0, 2)]


def arguments(t):
    return np.array([erfa.fal03(t), erfa.falp03(t), erfa.faf03(t), erfa.fad03(t), erfa.faom03(t)])


def candidates():
    """Combinations that occur in nutation; others have nearly their periods and cannot be told apart."""
    for n in itertools.product(range(-3, 4), range(-2, 3), (-2, 0, 2), (-4, -2, 0, 2, 4), range(-2, 3)):
        l, solar, f, d, node = n
        first = next((k for k in (f, l, solar, d, node) if k), 0)
        tied = node in (0, 1, 2) if f == 2 else abs(node) <= 1 or n == (0, 0, 0, 0, 2)
        if first > 0 and tied and (abs(solar) < 2 or n == (0, 2, 2, -2, 2)) and not (solar and abs(d) == 4):
            yield n


def truth(t):
    x, y, s = erfa.xys06a(2451545.0, t * 36525.0)
    return [x / MAS, y / MAS, (s + x * y / 2) / MAS]


def columns(t, chosen):
    base = [t**k for k in range(4)]
    angles = arguments(t)
    for n in GROWING:
        a = np.array(n) @ angles
        base += [t * np.sin(a), t * np.cos(a)]
    for n in chosen:
        a = np.array(n) @ angles
        base += [np.sin(a), np.cos(a)]
    return np.array(base).T


def fit(t, y):
    names = list(candidates())
    angles = np.array(names) @ arguments(t)
    # These three have nearly the same period in pairs; the strongest alone would take the others' place.
    chosen = [(0, 0, 0, 0, 1), (0, 1, 0, 0, 0), (0, -1, 2, -2, 2)]
    while True:
        a = columns(t, chosen)
        c = np.linalg.lstsq(a, y, rcond=None)[0]
        left = y - a @ c
        power = np.hypot(np.cos(angles) @ left, np.sin(angles) @ left) * 2 / len(t)
        best = int(np.argmax(power))
        if power[best] < ABOVE_MAS or names[best] in chosen:
            return chosen, c
        chosen.append(names[best])


def main():
    rng = np.random.default_rng(1)
    t = np.sort(rng.uniform(-0.10, 0.50, 12000))
    check = rng.uniform(-0.10, 0.50, 4000)
    table, polynomials = {}, []
    for axis, (y, at_check) in enumerate(zip(truth(t), truth(check))):
        chosen, c = fit(t, y)
        off = at_check - columns(check, chosen) @ c
        polynomials.append(c[:12])
        print("XYs"[axis], len(chosen), "terms; off by at most", np.abs(off).max(), "mas, rms", off.std())
        for k, n in enumerate(chosen):
            table.setdefault(n, [0.0] * 6)[2 * axis:2 * axis + 2] = c[12 + 2 * k:14 + 2 * k]
    for p in polynomials:
        print("    [" + ", ".join(f"{x:.4f}" for x in p) + "],")
    for n, c in sorted(table.items(), key=lambda kv: -max(map(abs, kv[1]))):
        print("    (" + str(list(n)) + ", [" + ", ".join(f"{x:.3f}" for x in c) + "]),")


main()
