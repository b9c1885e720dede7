/** Where a delivery is, by its trace where there is one and by its promise otherwise. */
import type { Came, Delivery } from '../api/types';

export const STATES = ['planned', 'waiting', 'transit', 'arrived', 'late', 'failed'] as const;
export type DeliveryState = (typeof STATES)[number];

/** What comes this much after its promise is late. */
const GRACE_MS = 60_000;
/** What has not come this long after its promise is given up. */
const GIVEN_UP_MS = 24 * 3_600_000;

export interface Standing {
  state: DeliveryState;
  /** Nothing is recorded: so it should be, by the promise. */
  expected: boolean;
}

const ms = (time: string | null | undefined) => (time ? Date.parse(time) : Number.NaN);

/** The scene that tells how it went: the first that came whole, before those that gave no answer. */
export function arrival({ came }: Delivery): Came | undefined {
  const whole = came.filter((one) => one.at_node !== null);
  const answered = whole.filter((one) => one.reason === null);
  const first = (list: Came[]) =>
    list.reduce<Came | undefined>((a, b) => (a && ms(a.at_node) <= ms(b.at_node) ? a : b), undefined);
  return first(answered) ?? first(whole);
}

/** Actual minus promised time at the node, seconds. */
export function difference_s(delivery: Delivery): number | undefined {
  const apart = ms(arrival(delivery)?.at_node) - ms(delivery.promised?.at_node);
  return Number.isFinite(apart) ? apart / 1000 : undefined;
}

/**
 * The state at a time that is shown, as known at the node's `now`. What has come has come, whatever time is
 * shown: a replay's clock and the sky's need not agree.
 */
export function standing(delivery: Delivery, shown_ms: number, now_ms: number): Standing {
  const recorded = (state: DeliveryState): Standing => ({ state, expected: false });
  const came = arrival(delivery);
  if (came) {
    if (came.reason !== null) return recorded('failed');
    const late = (difference_s(delivery) ?? 0) * 1000 > GRACE_MS;
    return recorded(late ? 'late' : 'arrived');
  }
  if (delivery.reason !== null) return recorded('failed');
  const promise = delivery.promised;
  if (shown_ms >= ms(promise?.at_node)) {
    const due = ms(promise?.at_node) + GRACE_MS;
    if (Math.min(shown_ms, now_ms) >= due + GIVEN_UP_MS) return recorded('failed');
    if (Math.min(shown_ms, now_ms) >= due) return recorded('late');
    return { state: 'arrived', expected: true };
  }
  const expected = shown_ms > now_ms;
  if (shown_ms >= ms(delivery.legs[0]?.start ?? promise?.contact_start))
    return { state: 'transit', expected };
  if (shown_ms >= ms(promise?.observed_end)) return { state: 'waiting', expected };
  return { state: 'planned', expected };
}

/** A name of its own for each delivery, for lists. */
export function deliveryKey(delivery: Delivery): string {
  const first = delivery.promised?.observed_start ?? arrival(delivery)?.item ?? '';
  return [delivery.watch, delivery.satellite, delivery.instrument, first].join(' ');
}

/** Bytes that came, as far as their files say. */
export function cameBytes({ came }: Delivery): number {
  return came.flatMap((one) => one.files).reduce((sum, file) => sum + (file.size_bytes ?? 0), 0);
}
