import { expect, test } from 'vitest';
import { camera, hidden, onSphere, project, type View } from './sphere';

/** Looks from z = 4 down the z axis, w = 4 - z, one unit is 100 pixels at the origin. */
const view: View = {
  matrix: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, -1, 0, 0, 0, 4],
  horizon: [0, 0, 1, -0.25],
  width: 400,
  height: 400,
};

test('0°, 0° faces the camera in the middle of the view', () => {
  expect(project(view, onSphere(0, 0))).toEqual({ x: 200, y: 200 });
  const north = project(view, onSphere(0, 45));
  expect(north?.y).toBeLessThan(200);
  expect(project(view, onSphere(45, 0))?.x).toBeGreaterThan(200);
});

test('nothing behind the camera has a pixel', () => {
  expect(project(view, [0, 0, 4.5])).toBeUndefined();
});

test('the camera stands where the horizon plane says', () => {
  expect(camera(view)).toEqual([0, 0, 4]);
});

test('the far side is hidden, and so is a low satellite behind the Earth, not one beside it', () => {
  const eye = camera(view) ?? [0, 0, 0];
  expect(hidden(eye, onSphere(0, 0))).toBe(false);
  expect(hidden(eye, onSphere(180, 0))).toBe(true);
  expect(hidden(eye, onSphere(180, 0, 700))).toBe(true);
  expect(hidden(eye, onSphere(95, 0, 700))).toBe(false);
});
