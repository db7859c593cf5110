import { describe, expect, test } from 'vitest';
import { href } from '../../lib/route.svelte';
import { coloursOf, parseView, queryOf, SIGNALS_MAX } from './view';

const roundTrip = (text: string) => href('/trend', queryOf(parseView(new URLSearchParams(text)))).slice('/trend?'.length);

describe('the address', () => {
  test('holds the whole view', () => {
    for (const text of [
      's=acme%2Fpress7%2Fforce&range=1h',
      's=a%2Fb%23c3%2Co%2Ch&s=%E6%B8%A9%E5%BA%A6&y=kN%230..12.5&range=all&zone=Asia%2FShanghai',
      's=a&from=2026-01-01T00%3A00%3A00Z&to=2026-01-02T00%3A00%3A00.250Z&zone=local',
      's=a&y=%23-5..5&range=90m&zone=UTC',
      's=a&range=1d&f=time_average%2Cintegral&per=1h&of=max',
    ]) {
      expect(roundTrip(text)).toBe(text);
    }
  });
  test('that says nonsense shows the last hour', () => {
    const view = parseView(new URLSearchParams('s=&s=a&s=a&range=yes&from=x&to=y&zone=Asia/Nowhere&y=kN#5..1&y=5&f=median&per=2h&of=x'));
    expect(view).toEqual({
      signals: [{ name: 'a' }], axes: {}, span: { kind: 'relative', ms: 3_600_000 }, zone: undefined,
      figures: [], step: undefined, figure: 'time_average',
    });
  });
  test('of too many signals shows the first', () => {
    const query = new URLSearchParams(Array.from({ length: 40 }, (_, i) => ['s', `a/${i}`]));
    expect(parseView(query).signals).toHaveLength(SIGNALS_MAX);
  });
});

test('colours chosen stay, the others are given in order and not twice', () => {
  expect(coloursOf([{ name: 'a' }, { name: 'b', colour: 0 }, { name: 'c' }], 4)).toEqual([1, 0, 2]);
  expect(coloursOf([{ name: 'a' }, { name: 'b' }, { name: 'c' }], 2)).toEqual([0, 1, 0]);
});
