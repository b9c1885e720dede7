/** Numbers, times and durations in the reader's language; times are always UTC and say so. */
const number = new Map<string, Intl.NumberFormat>();
const date = new Map<string, Intl.DateTimeFormat>();

function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  const format = number.get(key) ?? new Intl.NumberFormat(language, options);
  number.set(key, format);
  return format;
}

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  const format = date.get(key) ?? new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' });
  date.set(key, format);
  return format;
}

export function formatNumber(language: string, value: number, digits = 1): string {
  return numberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** Areas span from a pond to a province: three significant digits, at least. */
export function formatArea(language: string, km2: number): string {
  const digits = km2 >= 100 ? 0 : km2 >= 10 ? 1 : km2 >= 1 ? 2 : 3;
  return `${numberFormat(language, { maximumFractionDigits: digits }).format(km2)} km²`;
}

export function formatShare(language: string, fraction: number): string {
  return numberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(fraction);
}

export function formatDegrees(language: string, degrees: number): string {
  return `${numberFormat(language, { maximumFractionDigits: 1 }).format(degrees)}°`;
}

export function formatTime(language: string, time: string | number | Date, seconds = false): string {
  return dateFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  }).format(new Date(time));
}

export function formatDay(language: string, time: string | number | Date): string {
  return dateFormat(language, { day: 'numeric', month: 'short' }).format(new Date(time));
}

export function formatDate(language: string, time: string | number | Date): string {
  return dateFormat(language, { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(time));
}

export function formatDateTime(language: string, time: string | number | Date, seconds = false): string {
  return dateFormat(language, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  }).format(new Date(time));
}

/** When a scene was seen: one day, or the honest interval where no source states the day. */
export function formatObserved(language: string, start: string, end: string): string {
  const format = dateFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });
  return format.formatRange(new Date(start), new Date(end));
}

export function formatBytes(language: string, bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return numberFormat(language, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step);
}

const PARTS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time in its two largest parts: “3 h 12 min”. */
export function formatDuration(language: string, seconds: number): string {
  let rest = Math.round(Math.abs(seconds));
  const first = PARTS.findIndex(([, size]) => rest >= size);
  const from = first === -1 ? PARTS.length - 1 : first;
  const words: string[] = [];
  for (const [unit, size] of PARTS.slice(from, from + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || words.length === 0)
      words.push(numberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count));
  }
  return words.join(' ');
}

/** How far off a time may be: tenths below ten seconds, then as a duration. */
export function formatWithin(language: string, seconds: number): string {
  if (seconds >= 9.95) return formatDuration(language, seconds);
  const options = { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 1 } as const;
  return numberFormat(language, options).format(seconds);
}

export function formatKilometres(language: string, km: number): string {
  const digits = km >= 10 ? 0 : 1;
  const options = {
    style: 'unit',
    unit: 'kilometer',
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  } as const;
  return numberFormat(language, options).format(km);
}

/** A difference with its sign, kept left-to-right in every script. */
export function formatDifference(language: string, seconds: number): string {
  const sign = Math.round(seconds) === 0 ? '±' : seconds > 0 ? '+' : '−';
  return `${sign}${formatDuration(language, seconds)}`;
}
