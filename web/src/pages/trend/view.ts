// What a trend shows, as its address holds it:
//
//   /trend?s=acme/press7/force&s=acme/press7/oil#c3,o,h&y=kN#0..12&range=1h&zone=UTC
//
// `s` is a signal, in the order of the table; behind a `#`, which no name contains: c3 the fourth colour, o an axis of its
// own, h hidden. `y` fixes the axis of a unit (or, of one with an axis of its own, of the signal). The time is `range`
// (relative, or "all") or `from` and `to`. `f` are the figures that the table has beside the usual ones; `per` is the length
// of intervals (1h) and `of` the figure that is shown of each.
import { EXTRA, FIGURES, STEPS, type Figure, type Step } from './figures';
import { isZone, parseRange, textOfRange } from '../../lib/time';

export type Chosen = { name: string; colour?: number; own?: boolean; hidden?: boolean };
export type Span = { kind: 'relative'; ms: number } | { kind: 'absolute'; from: number; to: number } | { kind: 'all' };
export type Fixed = { low: number; high: number };
export type View = {
  signals: readonly Chosen[];
  axes: Readonly<Record<string, Fixed>>;
  span: Span;
  zone: string | undefined;
  figures: readonly Figure[];
  step: Step | undefined;
  figure: Figure;
};

export const PRESETS = ['5m', '15m', '1h', '6h', '24h', '7d', '30d', '1y', 'all'] as const;
export const SIGNALS_MAX = 16;
const DEFAULT: Span = { kind: 'relative', ms: 3_600_000 };

export function parseSpan(query: URLSearchParams): Span {
  const range = query.get('range') ?? '';
  if (range === 'all') return { kind: 'all' };
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  if (from < to) return { kind: 'absolute', from, to };
  const parsed = parseRange(range);
  return parsed?.kind === 'relative' ? parsed : DEFAULT;
}

function parseChosen(text: string): Chosen {
  const [name = '', words = ''] = text.split('#');
  const chosen: Chosen = { name };
  for (const word of words.split(',')) {
    const colour = /^c(\d{1,2})$/.exec(word);
    if (colour) chosen.colour = Number(colour[1]);
    else if (word === 'o') chosen.own = true;
    else if (word === 'h') chosen.hidden = true;
  }
  return chosen;
}

function textOfChosen({ name, colour, own, hidden }: Chosen): string {
  const words = [colour === undefined ? '' : `c${colour}`, own ? 'o' : '', hidden ? 'h' : ''].filter((word) => word !== '');
  return words.length > 0 ? `${name}#${words.join(',')}` : name;
}

export function parseView(query: URLSearchParams): View {
  const signals = new Map<string, Chosen>();
  for (const text of query.getAll('s')) {
    const chosen = parseChosen(text);
    if (chosen.name !== '' && signals.size < SIGNALS_MAX) signals.set(chosen.name, chosen);
  }
  const axes: Record<string, Fixed> = {};
  for (const text of query.getAll('y')) {
    const fixed = /^(.*)#(.+)\.\.(.+)$/.exec(text);
    const [low, high] = [Number(fixed?.[2]), Number(fixed?.[3])];
    if (fixed && Number.isFinite(low) && Number.isFinite(high) && low < high) axes[fixed[1] ?? ''] = { low, high };
  }
  const zone = query.get('zone') ?? undefined;
  const known = zone === 'local' || (zone !== undefined && isZone(zone));
  const asked = (query.get('f') ?? '').split(',');
  return {
    signals: [...signals.values()],
    axes,
    span: parseSpan(query),
    zone: known ? zone : undefined,
    figures: EXTRA.filter((one) => asked.includes(one)),
    step: (Object.keys(STEPS) as Step[]).find((one) => one === query.get('per')),
    figure: FIGURES.find((one) => one === query.get('of')) ?? 'time_average',
  };
}

// A time as short as it can be: whole seconds have no fraction.
const isoOf = (ms: number) => new Date(Math.round(ms)).toISOString().replace('.000Z', 'Z');

export function queryOf(view: View): Record<string, string | readonly string[] | undefined> {
  const { span } = view;
  return {
    s: view.signals.map(textOfChosen),
    y: Object.entries(view.axes).map(([key, { low, high }]) => `${key}#${low}..${high}`),
    range: span.kind === 'all' ? 'all' : span.kind === 'relative' ? textOfRange(span) : undefined,
    from: span.kind === 'absolute' ? isoOf(span.from) : undefined,
    to: span.kind === 'absolute' ? isoOf(Math.max(span.to, span.from + 1)) : undefined,
    zone: view.zone,
    f: view.figures.length > 0 ? view.figures.join(',') : undefined,
    per: view.step,
    of: view.step && view.figure !== 'time_average' ? view.figure : undefined,
  };
}

// Colours not chosen are given in order, so that two signals are alike only when there are more than colours.
export function coloursOf(signals: readonly Chosen[], count: number): number[] {
  const taken = new Set(signals.flatMap(({ colour }) => (colour === undefined ? [] : [colour % count])));
  let next = 0;
  return signals.map(({ colour }) => {
    if (colour !== undefined) return colour % count;
    while (next < count && taken.has(next)) next += 1;
    return next++ % count;
  });
}
