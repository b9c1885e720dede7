import type { LegendClass, Product } from '../api/types';

/** The classes of a product's answer that can be seen. */
export function legend(product: Product): LegendClass[] {
  return shown(product.style?.classes ?? []);
}

/** The classes that can be seen; the ground itself is drawn clear. */
export function shown(classes: LegendClass[]): LegendClass[] {
  return classes.filter(({ color }) => !/^#[0-9a-f]{6}00$/i.test(color));
}
