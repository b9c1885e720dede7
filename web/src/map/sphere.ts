/** From places above the ground to pixels, by the matrix that MapLibre hands to custom layers. */
const RAD = Math.PI / 180;
/** Radius of MapLibre's sphere. */
export const EARTH_RADIUS_KM = 6371.0088;

export type Point3 = [x: number, y: number, z: number];

export interface View {
  /** Column-major: unit sphere to clip space. */
  matrix: ArrayLike<number>;
  /** Plane through the visible horizon: n·p + d >= 0 is the near side. */
  horizon: readonly [number, number, number, number];
  width: number;
  height: number;
}

export interface Pixel {
  x: number;
  y: number;
}

/** MapLibre's sphere: y to the north pole, z to 0°E on the equator; length 1 is the ground. */
export function onSphere(lon: number, lat: number, height_km = 0): Point3 {
  const r = 1 + height_km / EARTH_RADIUS_KM;
  const c = Math.cos(lat * RAD) * r;
  return [Math.sin(lon * RAD) * c, Math.sin(lat * RAD) * r, Math.cos(lon * RAD) * c];
}

/** Pixel of a point, or undefined behind the camera. */
export function project(view: View, [x, y, z]: Point3): Pixel | undefined {
  const m = (i: number) => view.matrix[i] ?? 0;
  const w = m(3) * x + m(7) * y + m(11) * z + m(15);
  if (w <= 1e-9) return undefined;
  const clipX = (m(0) * x + m(4) * y + m(8) * z + m(12)) / w;
  const clipY = (m(1) * x + m(5) * y + m(9) * z + m(13)) / w;
  return { x: ((clipX + 1) / 2) * view.width, y: ((1 - clipY) / 2) * view.height };
}

/** Where the camera is: the pole of the horizon plane, since the horizon of a point at distance D lies at 1/D. */
export function camera({ horizon: [nx, ny, nz, d] }: View): Point3 | undefined {
  const length = Math.hypot(nx, ny, nz);
  if (length === 0 || d >= 0) return undefined;
  const distance = length / -d;
  return [(nx / length) * distance, (ny / length) * distance, (nz / length) * distance];
}

/** Is the Earth between the camera and the point? */
export function hidden(eye: Point3, point: Point3): boolean {
  const way: Point3 = [point[0] - eye[0], point[1] - eye[1], point[2] - eye[2]];
  const length2 = dot(way, way);
  const share = -dot(eye, way) / length2;
  if (share <= 0 || share >= 1) return false;
  const nearest: Point3 = [eye[0] + way[0] * share, eye[1] + way[1] * share, eye[2] + way[2] * share];
  return dot(nearest, nearest) < 1 - 1e-6;
}

function dot(a: Point3, b: Point3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
