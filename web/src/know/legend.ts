import type { LegendEntry, Product } from '../api/types';

/** The colours of a product's answer, however its style lists them. */
export function legend(product: Product): LegendEntry[] {
  const listed = product.legend ?? product.style?.legend;
  if (listed) return listed;
  return (product.style?.classes ?? []).flatMap(({ label, name, color }) => {
    const text = label ?? name;
    return text && color ? [{ label: text, color }] : [];
  });
}
