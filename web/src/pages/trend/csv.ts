// Samples as CSV (RFC 4180, LF): time in RFC 3339 with all its nanoseconds, signal, value, quality.
import type { Schemas, Value } from '../../api/client';
import { qualityOf } from '../../lib/format';

export const CSV_HEAD = 'time,signal,value,quality\n';

// A spreadsheet takes = + - @ at the beginning for a formula. Names and texts are other people's, so those are shown to be
// texts by a leading apostrophe; numbers are left as they are.
export function csvText(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function rfc3339OfNs(ns: string): string {
  const all = BigInt(ns);
  const seconds = all >= 0n ? all / 1_000_000_000n : (all - 999_999_999n) / 1_000_000_000n;
  const rest = String(all - seconds * 1_000_000_000n).padStart(9, '0').replace(/0+$/, '');
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 19) + (rest === '' ? '' : `.${rest}`) + 'Z';
}

export function csvOfQuality(code: number): string {
  return code === 0 ? 'good' : `${qualityOf(code)} 0x${code.toString(16).toUpperCase().padStart(8, '0')}`;
}

export function csvOf(signal: string, type: string, samples: readonly Schemas['Sample'][]): string {
  const name = csvText(signal);
  const valueText = (value: Value) => (type === 'text' ? csvText(String(value)) : String(value));
  return samples.map(([ns, value, quality]) => `${rfc3339OfNs(ns)},${name},${valueText(value)},${csvOfQuality(quality)}\n`).join('');
}
