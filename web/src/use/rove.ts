/** One stop of the Tab key for a whole list; arrows, Home and End move inside it. */
const STOPS = ':is(a[href], button):not([data-rove-skip])';

export function rove(list: HTMLElement): { destroy: () => void } {
  const stops = () =>
    [...list.querySelectorAll<HTMLElement>(STOPS)].filter((one) => one.offsetParent !== null);

  function hold(one: HTMLElement | undefined) {
    for (const stop of stops()) stop.tabIndex = stop === one ? 0 : -1;
  }

  function refresh() {
    const all = stops();
    const held =
      all.find((one) => one === document.activeElement) ?? all.find((one) => isCurrent(one)) ?? all[0];
    hold(held);
  }

  function onKey(event: KeyboardEvent) {
    const all = stops();
    const index = all.indexOf(document.activeElement as HTMLElement);
    const next = index === -1 ? undefined : target(event.key, index, all.length);
    if (next === undefined) return;
    event.preventDefault();
    hold(all[next]);
    all[next]?.focus();
  }

  const onFocus = (event: FocusEvent) => {
    const target = event.target as HTMLElement;
    if (target.matches(STOPS)) hold(target);
  };
  const observer = new MutationObserver(refresh);
  observer.observe(list, { childList: true, subtree: true });
  list.addEventListener('keydown', onKey);
  list.addEventListener('focusin', onFocus);
  refresh();
  return {
    destroy() {
      observer.disconnect();
      list.removeEventListener('keydown', onKey);
      list.removeEventListener('focusin', onFocus);
    },
  };
}

function isCurrent(one: HTMLElement): boolean {
  return one.getAttribute('aria-pressed') === 'true' || one.hasAttribute('aria-current');
}

/** The index a key leads to, or undefined where it does not move in the list. */
export function target(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, index + 1);
    case 'ArrowUp':
      return Math.max(0, index - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
