"""Writes link.csv: attenuation by the full maps of the ITU-R, at places drawn at random, as PyPI's `itur`
0.4.0 computes it (P.618-13, 676-12, 836-6, 837-7, 838-3, 839-4, 840-8, 453-13, 1510-1).

    python3 make_link.py > link.csv        (Python 3.11 with itur 0.4.0, numpy below 2)

Gases and clouds are those exceeded at least 1 % of the year, as P.618 takes them; places are at the height
of the P.836 ground, so that no scaling of height beyond what both do comes in.
"""

import random

import itur
import numpy as np
from itur.models import itu453, itu676, itu835, itu836, itu840, itu1510

itu676.change_version(12)
itu840.change_version(8)
random.seed(7)
print("lat_deg,lon_deg,height_km,frequency_ghz,elevation_deg,percent,gas_db,cloud_db,rain_db,scintillation_db,total_db")
for _ in range(320):
    lat, lon = round(random.uniform(-75, 80), 3), round(random.uniform(-180, 180), 3)
    f = random.choice([2.2, 8.2, 12.0, 20.0, 26.5, 40.0, 50.0])
    el = random.choice([5, 10, 20, 30, 60, 90])
    p = random.choice([0.01, 0.05, 0.1, 0.5, 1, 2, 3, 5])
    p_clear = max(1, p)
    hs = max(0.0, round(float(itu836._ITU836_6().topo_alt(
        np.array([[lat]]), np.array([[lon % 360]]))[0, 0]), 3))
    lon360 = lon % 360
    rain = float(itur.models.itu618.rain_attenuation(lat, lon360, f, el, hs=hs, p=p, tau=45).value)
    v = float(itu836.total_water_vapour_content(lat, lon360, p_clear, hs).value)
    rho = float(itu836.surface_water_vapour_density(lat, lon360, p_clear, hs).value)
    t = float(itu1510.surface_mean_temperature(lat, lon360).value)
    pressure = float(itu835.standard_pressure(hs).value)
    gas = float(itu676.gaseous_attenuation_slant_path(f, el, rho, pressure, t, v, hs).value)
    cloud = float(itu840.cloud_attenuation(lat, lon360, el, f, p_clear).value)
    fade = float(itur.models.itu618.scintillation_attenuation(lat, lon360, f, el, p, 1.2, 0.5).value)
    if any(x != x for x in (rain, gas, cloud, fade)):
        continue  # the maps' row without values
    total = gas + ((rain + cloud) ** 2 + fade**2) ** 0.5
    print(f"{lat},{lon},{hs},{f},{el},{p},{gas:.5f},{cloud:.5f},{rain:.5f},{fade:.5f},{total:.5f}")
