// Values, units, sizes and ages as people read them. Pure; `lang` is a BCP 47 tag.
import type { Value } from '../api/client';

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(lang: string, options: Intl.NumberFormatOptions) {
  const key = lang + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(lang, options)));
  return format;
}

// At most five digits that mean something unless more are asked for, but never a rounded whole number.
export function formatNumber(value: number, lang: string, digitsMax = 5): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) {
    return formatOf(lang, { notation: 'scientific', maximumSignificantDigits: digitsMax }).format(value);
  }
  const whole = size < 1 ? 0 : Math.floor(Math.log10(size)) + 1;
  const digits = size < 1 ? { maximumSignificantDigits: digitsMax } : { maximumFractionDigits: Math.max(0, digitsMax - whole) };
  return formatOf(lang, digits).format(value);
}

// Integers beyond 2^53 come as texts, and stay exact.
export function formatValue(value: Value, type: string, lang: string): string {
  if (typeof value === 'number') return type === 'i64' ? formatOf(lang, {}).format(value) : formatNumber(value, lang);
  if (typeof value === 'boolean' || type === 'text') return String(value);
  if (type === 'i64') return formatOf(lang, {}).format(BigInt(value));
  return formatNumber(Number(value), lang);
}

const SUPERSCRIPTS: Record<string, string> = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 6: '⁶' };
const UNIT_WORDS: Record<string, string> = {
  '1': '', Cel: '°C', '[degF]': '°F', deg: '°', Ohm: 'Ω', 'u': 'µ', '[pH]': 'pH', '[ppm]': 'ppm', "'": '′',
};

// UCUM as it is written on a plate: "m3/h" is m³/h, "kW.h" is kW·h, "Cel" is °C; "{strokes}/min" is strokes/min.
export function formatUnit(unit: string): string {
  return unit
    .split(/([./])/)
    .map((part) => {
      if (part === '.') return '·';
      if (part === '/') return part;
      const bare = part.replace(/^([^{]*)\{([^}]*)\}$/, (_, before: string, note: string) => (before === '' || before === '1' ? note : before));
      const known = UNIT_WORDS[bare];
      if (known !== undefined) return known;
      const power = /^(.*[A-Za-z\]])(-?\d)$/.exec(bare);
      const base = power?.[1] ?? bare;
      const exponent = power?.[2] ? [...power[2]].map((c) => SUPERSCRIPTS[c] ?? c).join('') : '';
      return (UNIT_WORDS[base] ?? base.replace(/^u(?=[A-Za-z])/, 'µ')) + exponent;
    })
    .join('');
}

// 1,536 bytes is 1.5 KiB.
export function formatBytes(bytes: number, lang: string): string {
  const words = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const step = bytes < 1024 ? 0 : Math.min(words.length - 1, Math.floor(Math.log2(bytes) / 10));
  const scaled = bytes / 1024 ** step;
  return `${formatOf(lang, { maximumFractionDigits: step === 0 || scaled >= 100 ? 0 : 1 }).format(scaled)} ${words[step]}`;
}

// Of a counter's growth: three digits are all that a glance takes in, but no whole number is rounded.
export function formatRate(perSecond: number, lang: string, digits = 3): string {
  const whole = perSecond >= 10 ** digits;
  return formatOf(lang, whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits }).format(perSecond);
}

export function formatCount(count: number, lang: string): string {
  return formatOf(lang, { maximumFractionDigits: 0 }).format(count);
}

function inUnit(value: number, unit: string, lang: string, digits = 0) {
  return formatOf(lang, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
}

// One unit, as exact as its size deserves: "350 µs", "12 s", "5 min", "3 hr", "12 days".
export function formatDuration(ms: number, lang: string): string {
  const size = Math.abs(ms);
  if (size < 0.9995) return inUnit(ms * 1000, 'microsecond', lang);
  if (size < 999.5) return inUnit(ms, 'millisecond', lang, size < 10 ? 1 : 0);
  if (size < 59_500) return inUnit(ms / 1000, 'second', lang, size < 9_950 ? 1 : 0);
  if (size < 3_570_000) return inUnit(ms / 60_000, 'minute', lang);
  if (size < 172_800_000) return inUnit(ms / 3_600_000, 'hour', lang, size < 36_000_000 ? 1 : 0);
  return inUnit(ms / 86_400_000, 'day', lang);
}

// How old a sample is; whole seconds, because it is looked at once a second. Below one it is just now.
export function formatAge(ms: number, lang: string): string {
  return formatDuration(ms < 60_000 ? Math.max(0, Math.floor(ms / 1000)) * 1000 || 0.0001 : ms, lang);
}

export type QualityClass = 'good' | 'uncertain' | 'bad';

// An OPC UA StatusCode: its two highest bits are the severity.
export function qualityOf(code: number): QualityClass {
  return (['good', 'uncertain', 'bad', 'bad'] as const)[code >>> 30] ?? 'bad';
}

export type Trust = QualityClass | 'stale' | 'missing';

// What is to be said of a value's trust: the worst. What a stale one was is not what it is, so its good or uncertain quality
// counts no longer.
export function trustOf(code: number | undefined, stale: boolean): Trust {
  if (code === undefined) return 'missing';
  const quality = qualityOf(code);
  return quality !== 'bad' && stale ? 'stale' : quality;
}
