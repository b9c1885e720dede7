/** A scale bar: a round length and how wide it is drawn. */
const STEPS = [5, 2, 1];

export function bar(metresPerPx: number, most_px: number): { metres: number; px: number } {
  const most = metresPerPx * most_px;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = (STEPS.find((step) => step * power <= most) ?? 1) * power;
  return { metres, px: Math.round(metres / metresPerPx) };
}

const EQUATOR_M = 40_075_016.686;
const TILE_PX = 512;

/** Metres on the ground that a pixel of the map's middle is wide. */
export function metresPerPx(zoom: number, lat_deg: number): number {
  return (EQUATOR_M * Math.cos((lat_deg * Math.PI) / 180)) / (TILE_PX * 2 ** zoom);
}
