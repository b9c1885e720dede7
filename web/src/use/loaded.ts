import { ApiError } from '../api/client';

/** Something asked of the node: still coming, here, or refused. A value stays while a newer one is fetched. */
export interface Loaded<T> {
  value?: T;
  error?: ApiError;
  waiting: boolean;
}

export function waiting<T>(): Loaded<T> {
  return { waiting: true };
}

/** The outcome of `promise`; the value of `before` stays if the node did not answer. */
export async function loaded<T>(promise: Promise<T>, before?: Loaded<T>): Promise<Loaded<T>> {
  try {
    return { value: await promise, waiting: false };
  } catch (cause) {
    const error = cause instanceof ApiError ? cause : new ApiError(-1, String(cause));
    return { error, waiting: false, ...(error.away && before?.value ? { value: before.value } : {}) };
  }
}
