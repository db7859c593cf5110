// The view as a file: every sample of it as CSV, or the picture as PNG.
import { get, type Signal } from '../../api/client';
import { msOf } from '../../lib/time';
import { CSV_HEAD, csvOf } from './csv';
import type { Bounds } from './range';

export function save(blob: Blob, name: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken hold of it when it is back in its loop; a minute is more than it needs.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// "trend 2026-01-31 0800.csv": no colons, which some file systems refuse.
export const fileName = (time: string, extension: string) => `trend ${time.slice(0, 16).replace(':', '')}.${extension}`;

const nsOfMs = (ms: number) => String(BigInt(Math.round(ms * 1000)) * 1000n);

// Page by page; each becomes a Blob at once, which the browser keeps outside of the script's memory. `done` goes from 0 to 1.
export async function csvBlob(
  signals: readonly Signal[],
  { from, to }: Bounds,
  tell: (done: number, samples: number) => void,
  abort: AbortSignal,
): Promise<Blob> {
  const parts: Blob[] = [new Blob([CSV_HEAD])];
  let samples = 0;
  for (const [i, signal] of signals.entries()) {
    let after: string | null = null;
    do {
      const query = { signal: signal.name, from: nsOfMs(from), to: nsOfMs(to), limit: 50_000, ...(after === null ? {} : { after }) };
      const page: Awaited<ReturnType<typeof rawPage>> = await rawPage(query, abort);
      parts.push(new Blob([csvOf(signal.name, signal.type, page.samples)]));
      samples += page.samples.length;
      after = page.next;
      const last = page.samples[page.samples.length - 1];
      const part = after === null || !last ? 1 : (msOf(last[0]) - from) / (to - from);
      tell((i + part) / signals.length, samples);
    } while (after !== null);
  }
  return new Blob(parts, { type: 'text/csv;charset=utf-8' });
}

const rawPage = (query: { signal: string; from: string; to: string; limit: number; after?: string }, signal: AbortSignal) =>
  get('/api/v1/raw', { query, signal });

export type Entry = { text: string; colour: string; dashed?: boolean };

// The plot with what the page says around it: title, signals with their colours, times and zone.
export function pngBlob(plot: HTMLCanvasElement, title: string, times: string, legend: readonly Entry[], style: { text: string; muted: string; ground: string }) {
  const px = devicePixelRatio;
  const [pad, line] = [16 * px, 22 * px];
  const family = getComputedStyle(document.body).fontFamily;
  const sheet = document.createElement('canvas');
  const context = sheet.getContext('2d');
  if (!context) return Promise.reject(new Error('no canvas'));
  const legendFont = `${13 * px}px ${family}`;
  context.font = legendFont;
  const places = flow(legend.map(({ text }) => context.measureText(text).width + 36 * px), plot.width - pad);
  const rows = (places[places.length - 1]?.row ?? -1) + 1;
  const head = pad + 2 * line + rows * line + 8 * px;
  [sheet.width, sheet.height] = [plot.width + 2 * pad, head + plot.height + pad];
  context.fillStyle = style.ground;
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.textBaseline = 'middle';
  context.fillStyle = style.text;
  context.font = `600 ${16 * px}px ${family}`;
  context.fillText(title, pad, pad + line / 2, plot.width);
  context.fillStyle = style.muted;
  context.font = legendFont;
  context.fillText(times, pad, pad + line * 1.5, plot.width);
  legend.forEach(({ text, colour }, i) => {
    const [x, y] = [pad + (places[i]?.x ?? 0), pad + line * (2.6 + (places[i]?.row ?? 0))];
    context.fillStyle = colour;
    context.fillRect(x, y - 2 * px, 14 * px, 4 * px);
    context.fillStyle = style.text;
    context.fillText(text, x + 20 * px, y);
  });
  context.drawImage(plot, pad, head);
  return new Promise<Blob>((done, fail) => sheet.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture'))), 'image/png'));
}

// Where things of these widths stand, row by row.
export function flow(widths: readonly number[], room: number): { x: number; row: number }[] {
  let [x, row] = [0, 0];
  return widths.map((width) => {
    if (x > 0 && x + width > room) [x, row] = [0, row + 1];
    const place = { x, row };
    x += width;
    return place;
  });
}
