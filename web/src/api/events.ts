import type { LiveEvent, LiveEventKind } from './types';

const KINDS: LiveEventKind[] = ['scene', 'answer', 'delivery', 'trace', 'watch'];
/** A browser gives up on an event stream that answered with an error; the page tries again after this. */
const RETRY_MS = 5_000;

/** Follows the node's server-sent events until the returned function is called. */
export function follow(onEvent: (event: LiveEvent) => void, onState: (open: boolean) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  function open() {
    source = new EventSource('/api/events');
    source.onopen = () => onState(true);
    source.onerror = () => {
      onState(false);
      if (source?.readyState === EventSource.CLOSED && !stopped) timer = setTimeout(open, RETRY_MS);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (message) => {
        const event = parse(kind, (message as MessageEvent<string>).data);
        if (event) onEvent(event);
      });
    }
  }
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };
}

export function parse(kind: LiveEventKind, data: string): LiveEvent | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? ({ ...value, kind } as LiveEvent) : undefined;
  } catch {
    return undefined;
  }
}
