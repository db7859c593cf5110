import { expect, test } from 'vitest';
import type { Signal } from '../../api/client';
import { axesOf, reachOf } from './axes';
import { csvOf, csvOfQuality, csvText, rfc3339OfNs } from './csv';
import { flow } from './export';
import { tickTexts } from './ticks';
import { parseView } from './view';

const signal = (name: string, unit: string, type = 'f64') => ({ name, unit, type, stepped: false }) as Signal;

test('signals share an axis by unit, left and right in turn; texts have none', () => {
  const view = parseView(new URLSearchParams('s=a&s=b&s=c&s=d%23o&s=e&s=f&s=g%23h&y=kN%230..5&y=d%231..2'));
  const metas = [signal('a', 'kN'), signal('b', 'Cel'), signal('c', 'kN'), signal('d', 'kN'), signal('e', '', 'bool'), signal('f', '', 'text'), signal('g', 'bar')];
  expect(axesOf(view, metas).map(({ key, members, side, fixed }) => [key, members, side, fixed])).toEqual([
    ['kN', [0, 2], 'left', { low: 0, high: 5 }],
    ['Cel', [1], 'right', undefined],
    ['d', [3], 'left', { low: 1, high: 2 }],
    ['true/false', [4], 'right', undefined],
  ]);
});

test('an axis reaches a little more than its data, also where that is level or missing', () => {
  expect(reachOf([{ low: 0, high: 100 }, undefined, { low: -100, high: 5 }], false)).toEqual({ low: -112, high: 112 });
  expect(reachOf([{ low: 50, high: 50 }], false)).toEqual({ low: 45, high: 55 });
  expect(reachOf([{ low: 0, high: 0 }], false)).toEqual({ low: -1, high: 1 });
  expect(reachOf([], false)).toEqual({ low: 0, high: 1 });
});

test('CSV has every nanosecond, and texts that no spreadsheet takes for a formula', () => {
  expect(rfc3339OfNs('1700000000123456789')).toBe('2023-11-14T22:13:20.123456789Z');
  expect(rfc3339OfNs('1700000000500000000')).toBe('2023-11-14T22:13:20.5Z');
  expect(rfc3339OfNs('-1')).toBe('1969-12-31T23:59:59.999999999Z');
  expect([csvText('a,b'), csvText('say "x"'), csvText('=1+1'), csvText('-x')]).toEqual(['"a,b"', '"say ""x"""', "'=1+1", "'-x"]);
  expect([0, 0x40900000, 0x80000000].map(csvOfQuality)).toEqual(['good', 'uncertain 0x40900000', 'bad 0x80000000']);
  const samples = [['0', -1.5, 0], ['1000000000', 'NaN', 0x80000000]] as unknown as Parameters<typeof csvOf>[2];
  expect(csvOf('p/f', 'f64', samples)).toBe(
    '1970-01-01T00:00:00Z,p/f,-1.5,good\n1970-01-01T00:00:01Z,p/f,NaN,bad 0x80000000\n',
  );
});

test('ticks say as much as they must: the date where it begins or changes', () => {
  const at = (...texts: string[]) => texts.map((text) => Date.parse(`${text}Z`));
  expect(tickTexts(at('2026-01-31T22:00', '2026-01-31T23:00', '2026-02-01T00:00'), 3_600_000, 'UTC')).toEqual(['22:00\n2026-01-31', '23:00', '00:00\n2026-02-01']);
  expect(tickTexts(at('2026-01-31T22:00'), 3_600_000, 'Asia/Shanghai')).toEqual(['06:00\n2026-02-01']);
  expect(tickTexts(at('2025-12-31T00:00', '2026-01-01T00:00', '2026-01-02T00:00'), 86_400_000, 'UTC')).toEqual(['12-31\n2025', '01-01\n2026', '01-02']);
  expect(tickTexts(at('2026-01-01T00:00', '2027-01-01T00:00'), 31_536_000_000, 'UTC')).toEqual(['2026', '2027']);
  expect(tickTexts(at('2026-01-01T00:00:00.250'), 50, 'UTC')).toEqual(['00:00:00.250\n2026-01-01']);
});

test('a legend goes on in the next row', () => {
  expect(flow([40, 40, 40], 100)).toEqual([{ x: 0, row: 0 }, { x: 40, row: 0 }, { x: 0, row: 1 }]);
});
