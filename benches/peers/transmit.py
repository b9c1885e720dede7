"""Answers of `corridor transmit` on inputs drawn at random, against peers: link budgets against `itur` with the full
maps of the ITU-R, routes against a plain search in layers, antenna schedules against HiGHS (by scipy).

Usage: python transmit.py CORRIDOR [budget] [route] [schedule]
Needs itur 0.4.0, numpy and scipy from PyPI. The same seeds draw the same inputs. Prints how many were asked, how many
differ and, for budgets, the greatest difference in units of what is allowed: 8 % or 0.2 dB, whichever is more.
"""

import json
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
program, asked = sys.argv[1], sys.argv[2:] or ["budget", "route", "schedule"]


def corridor(*arguments):
    done = subprocess.run(
        [program, "transmit", *map(str, arguments), "--format", "json"], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{arguments}: {done.stderr}")
    return json.loads(done.stdout)


def budget(count=500):
    import itur
    from itur.models import itu618, itu676, itu835, itu836, itu840, itu1510

    itu676.change_version(12)
    itu840.change_version(8)
    draw, worst = random.Random(2), {}
    for _ in range(count):
        lat, lon = round(draw.uniform(-80, 82), 4), round(draw.uniform(-180, 180), 4)
        f, el = round(draw.uniform(1, 50), 3), round(draw.uniform(5, 90), 2)
        p = round(10 ** draw.uniform(-3, np.log10(5)), 5)
        tilt, dish, share = draw.choice([0, 30, 45, 90]), draw.choice([0.3, 1.2, 5, 13]), draw.choice([0.4, 0.5, 0.65])
        east, p_clear = lon % 360, max(1, p)
        ground = itu836._ITU836_6().topo_alt(np.array([[lat]]), np.array([[east]]))[0, 0]
        hs = round(max(0.0, float(ground) + draw.choice([0, 0, 0.1, 0.5, -0.05])), 4)
        vapour = float(itu836.total_water_vapour_content(lat, east, p_clear, hs).value)
        density = float(itu836.surface_water_vapour_density(lat, east, p_clear, hs).value)
        t = float(itu1510.surface_mean_temperature(lat, east).value)
        pressure = float(itu835.standard_pressure(hs).value)
        theirs = {
            "gas_db": itu676.gaseous_attenuation_slant_path(f, el, density, pressure, t, vapour, hs),
            "cloud_db": itu840.cloud_attenuation(lat, east, el, f, p_clear),
            "rain_db": itu618.rain_attenuation(lat, east, f, el, hs=hs, p=p, tau=tilt),
            "scintillation_db": itu618.scintillation_attenuation(lat, east, f, el, p, dish, share),
        }
        theirs = {key: float(value.value) for key, value in theirs.items()}
        gas, cloud, rain, fade = theirs.values()
        theirs["total_db"] = gas + ((rain + cloud) ** 2 + fade**2) ** 0.5
        ours = corridor(
            "budget", f"--site={lon},{lat},{hs * 1e3}", "--frequency-ghz", f, "--elevation-deg", el,
            "--unavailability-percent", p, "--tilt-deg", tilt, "--diameter-m", dish, "--efficiency", share,
        )
        for key, value in theirs.items():
            worst[key] = max(worst.get(key, 0), abs(ours[key] - value) / max(0.08 * value, 0.2))
    over = sum(value > 1 for value in worst.values())
    print(f"budget: {count} paths, {over} kinds over what is allowed:", {k: round(v, 3) for k, v in worst.items()})


def earliest(contacts, query, nodes):
    """Earliest arrival with at most one contact more in each layer, and the fewest contacts that give it."""
    layers = [{query["src"]: query["t0"]}]
    for _ in range(nodes):
        best = dict(layers[-1])
        for c in contacts:
            if c["from"] in layers[-1]:
                sent = max(layers[-1][c["from"]], c["start_s"]) + query["size_bytes"] * 8 / c["rate_bit_s"]
                if sent <= c["end_s"] + 1e-9 and sent + c["owlt_s"] < best.get(c["to"], 1e18):
                    best[c["to"]] = sent + c["owlt_s"]
        layers.append(best)
    arrival = layers[-1].get(query["dst"])
    if arrival is None:
        return None, None
    return arrival, next(k for k, layer in enumerate(layers) if abs(layer.get(query["dst"], 1e18) - arrival) < 1e-9)


def route(folder, plans=60):
    draw, different, count = random.Random(1), 0, 0
    for _ in range(plans):
        nodes, whole, contacts = draw.randint(3, 8), draw.random() < 0.5, []
        names = [str(i + 1) for i in range(nodes)]
        span = draw.randint if whole else draw.uniform
        for _ in range(draw.randint(3, 45)):
            (a, b), start = draw.sample(names, 2), span(0, 100)
            contacts.append({
                "from": a, "to": b, "start_s": start, "end_s": start + span(1, 40),
                "rate_bit_s": 8 * draw.choice([100, 250, 1000]), "owlt_s": draw.choice([0, 1, 3, 7.5]),
            })
        queries = [
            {"src": draw.choice(names), "dst": draw.choice(names), "t0": span(-5, 120),
             "size_bytes": draw.choice([0, 1, 100, 500, 1500, 9000])}
            for _ in range(30)
        ]
        (folder / "plan.json").write_text(json.dumps({"nodes": names, "contacts": contacts}))
        (folder / "queries.json").write_text(json.dumps(queries))
        found = corridor("route", "--plan", folder / "plan.json", "--queries", folder / "queries.json")
        for query, ours in zip(queries, found, strict=True):
            arrival, fewest = earliest(contacts, query, nodes)
            count += 1
            if (arrival is None) != (ours["arrival"] is None):
                different += 1
            elif arrival is not None:
                different += abs(ours["arrival"] - arrival) > 1e-6 or ours["contacts"] != fewest
    print(f"route: {count} queries, {different} differ in arrival or number of contacts")


def optimum(passes, satellites, antennas, turn, gain):
    """The greatest value, by HiGHS: passes as binaries, what each satellite brings as a bounded real."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_matrix

    names, n = list(satellites), len(passes)
    rows = lil_matrix((2 * n + len(names), n + len(names)))
    most = np.zeros(2 * n + len(names))
    for x, p in enumerate(passes):
        for y, q in enumerate(passes):
            if q["start"] <= p["start"]:
                rows[2 * x, y] = q["sat"] == p["sat"] and p["start"] < q["end"]
                rows[2 * x + 1, y] = q["station"] == p["station"] and p["start"] < q["end"] + turn
        most[2 * x], most[2 * x + 1] = 1, antennas[p["station"]]
    for j, name in enumerate(names):
        rows[2 * n + j, n + j] = 1
        for y, q in enumerate(passes):
            if q["sat"] == name:
                rows[2 * n + j, y] = -gain(q)
    demand = [satellites[name].get("demand_gbit", 1e9) for name in names]
    worth = [-satellites[name]["priority"] for name in names]
    done = milp(
        np.concatenate([np.zeros(n), worth]),
        constraints=LinearConstraint(rows.tocsr(), -np.inf, most),
        integrality=np.r_[np.ones(n), np.zeros(len(names))],
        bounds=Bounds(0, np.concatenate([np.ones(n), demand])),
        options={"mip_rel_gap": 0},
    )
    return -done.fun


def schedule(folder, instances=80):
    draw, different = random.Random(1), 0
    for _ in range(instances):
        satellites = {
            f"S{i}": {"rate_mbps": draw.choice([70, 150, 520]), "priority": draw.choice([1, 2, 3])}
            | ({"demand_gbit": draw.choice([50.0, 200.0, 1000.0])} if draw.random() < 0.7 else {})
            for i in range(draw.randint(1, 6))
        }
        antennas = {f"G{i}": draw.choice([1, 2]) for i in range(draw.randint(1, 4))}
        turn, setup = draw.choice([0, 60, 300]), draw.choice([0, 30, 120])
        passes = []
        for i in range(draw.randint(5, 70)):
            start = round(draw.uniform(0, 20_000), 1)
            end = round(start + draw.uniform(20, 900), 1)
            sat, station = draw.choice(list(satellites)), draw.choice(list(antennas))
            passes.append({"id": 3 * i + 1, "sat": sat, "station": station, "start": start, "end": end})
        outages = [
            {"station": draw.choice(list(antennas)), "start": 5_000, "end": draw.randint(5_001, 12_000)}
            for _ in range(draw.randint(0, 2))
        ]
        instance = {
            "rules": {"antenna_turnaround_s": turn, "acquisition_s": setup},
            "stations": [{"name": name, "antennas": n} for name, n in antennas.items()],
            "outages": outages, "satellites": satellites,
        }
        (folder / "instance.json").write_text(json.dumps(instance))
        (folder / "passes.json").write_text(json.dumps(passes))
        found = corridor("schedule", "--instance", folder / "instance.json", "--passes", folder / "passes.json")
        free = [
            p for p in passes
            if not any(p["station"] == o["station"] and p["start"] < o["end"] and o["start"] < p["end"] for o in outages)
        ]

        def gain(p):
            return max(0, p["end"] - p["start"] - setup) * satellites[p["sat"]]["rate_mbps"] / 1e3

        taken = [p for p in passes if p["id"] in found["selected"]]
        fits = len(taken) == len(found["selected"]) and all(p in free for p in taken)
        for p in taken:
            at = [q for q in taken if q["start"] <= p["start"]]
            fits &= sum(q["sat"] == p["sat"] and p["start"] < q["end"] for q in at) <= 1
            busy = sum(q["station"] == p["station"] and p["start"] < q["end"] + turn for q in at)
            fits &= busy <= antennas[p["station"]]
        value = sum(
            s["priority"] * min(s.get("demand_gbit", 1e9), sum(gain(p) for p in taken if p["sat"] == name))
            for name, s in satellites.items()
        )
        best = optimum(free, satellites, antennas, turn, gain)
        near = 1e-5 * max(1, best)
        same = abs(value - found["value"]) < near and abs(best - value) < near and found["bound"] > value - near
        different += not (fits and same)
    print(f"schedule: {instances} instances, {different} in conflict, short of the optimum or with a wrong value or bound")


with tempfile.TemporaryDirectory() as made:
    for what in asked:
        {"budget": budget, "route": lambda: route(Path(made)), "schedule": lambda: schedule(Path(made))}[what]()
