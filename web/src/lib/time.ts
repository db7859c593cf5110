// Times: the API's are texts of nanoseconds since 1970, the page's are milliseconds.
export function msOf(ns: string): number {
  const all = BigInt(ns);
  return Number(all / 1_000_000n) + Number(all % 1_000_000n) / 1e6;
}

export function nsOf(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(lang: string, options: Intl.DateTimeFormatOptions) {
  const key = lang + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(lang, options)));
  return format;
}

// "2026-01-31 08:00:00", the order that sorts and that no reader takes for another day; `fraction` digits of a second.
export function formatTime(ms: number, zone: string, fraction: 0 | 1 | 2 | 3 = 0): string {
  const format = formatOf('en-u-hc-h23', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    ...(fraction === 0 ? {} : { fractionalSecondDigits: fraction }),
  });
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const clock = `${part['hour']}:${part['minute']}:${part['second']}`;
  return `${part['year']}-${part['month']}-${part['day']} ${clock}${fraction > 0 ? `.${part['fractionalSecond']}` : ''}`;
}

// "UTC", "GMT+8": what a clock needs beside it.
export function zoneName(ms: number, zone: string): string {
  const parts = formatOf('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(ms);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  return name.replace('GMT', 'UTC').replace(/\+0$/, '');
}

// A range of time as the address holds it: "1h" ends now and moves on, "FROM..TO" in RFC 3339 stands still.
export type Range = { kind: 'relative'; ms: number } | { kind: 'absolute'; from: number; to: number };

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_557_600_000 } as const;

export function parseRange(text: string): Range | undefined {
  const relative = /^(\d{1,6})([smhdwy])$/.exec(text);
  if (relative) {
    const ms = Number(relative[1]) * UNITS[relative[2] as keyof typeof UNITS];
    return ms > 0 ? { kind: 'relative', ms } : undefined;
  }
  const [from, to] = text.split('..').map((one) => Date.parse(one));
  if (from === undefined || to === undefined || !(from < to)) return undefined;
  return { kind: 'absolute', from, to };
}

export function textOfRange(range: Range): string {
  if (range.kind === 'absolute') return `${new Date(range.from).toISOString()}..${new Date(range.to).toISOString()}`;
  for (const unit of ['y', 'w', 'd', 'h', 'm'] as const) {
    if (range.ms % UNITS[unit] === 0) return `${range.ms / UNITS[unit]}${unit}`;
  }
  return `${Math.max(1, Math.round(range.ms / UNITS.s))}s`;
}

export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return range.kind === 'absolute' ? { from: range.from, to: range.to } : { from: now - range.ms, to: now };
}
