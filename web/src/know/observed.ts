import type { Item } from '../api/types';

/** When an item was seen: an instant, or an interval where no day is stated. */
export function observedOf(item: Item): { start: string; end: string } {
  const text = (key: string) => {
    const value = item.properties[key];
    return typeof value === 'string' ? value : undefined;
  };
  const at = text('datetime');
  return {
    start: text('start_datetime') ?? at ?? '',
    end: text('end_datetime') ?? at ?? '',
  };
}
