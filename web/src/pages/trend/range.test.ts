import { expect, test } from 'vitest';
import { limited, msOfWall, panned, pinched, SPAN_MS_MIN, wallOf, zoomed } from './range';

test('panning keeps the length, zooming keeps what is below the cursor', () => {
  expect(panned({ from: 1000, to: 3000 }, 0.5)).toEqual({ from: 2000, to: 4000 });
  expect(zoomed({ from: 1000, to: 3000 }, 0.5, 0.25)).toEqual({ from: 1250, to: 2250 });
  expect(zoomed({ from: 1000, to: 3000 }, 2, 1)).toEqual({ from: -1000, to: 3000 });
});

test('from years to milliseconds and no further, and never beyond 64 bits of nanoseconds', () => {
  let bounds = { from: 0, to: 10 * 31_557_600_000 };
  for (let i = 0; i < 100; i += 1) bounds = zoomed(bounds, 0.5, 0.3);
  expect(bounds.to - bounds.from).toBeCloseTo(SPAN_MS_MIN, 3);
  for (let i = 0; i < 200; i += 1) bounds = panned(zoomed(bounds, 2), 1);
  expect(bounds.to).toBeLessThan(2 ** 63 / 1e6);
  expect(limited({ from: -1e15, to: 0 }).from).toBeGreaterThan(-(2 ** 63) / 1e6);
});

test('what is below two fingers stays below them', () => {
  expect(pinched({ from: 0, to: 1000 }, [0.4, 0.6], [0.2, 0.8])).toEqual({ from: expect.closeTo(1000 / 3, 6), to: expect.closeTo(2000 / 3, 6) });
  expect(pinched({ from: 0, to: 1000 }, [0.4, 0.6], [0.5, 0.5])).toEqual({ from: 0, to: 1000 });
});

test('a clock on the wall is read in its zone, also where clocks change', () => {
  expect(msOfWall('2026-01-31T08:00', 'Asia/Shanghai')).toBe(Date.parse('2026-01-31T00:00:00Z'));
  expect(msOfWall('2026-07-01T12:00:30', 'Europe/Berlin')).toBe(Date.parse('2026-07-01T10:00:30Z'));
  // Left out on 29 March 2026 (02:00 to 03:00) and twice on 25 October: as before the change.
  expect(msOfWall('2026-03-29T02:30', 'Europe/Berlin')).toBe(Date.parse('2026-03-29T00:30:00Z'));
  expect(msOfWall('2026-10-25T02:30', 'Europe/Berlin')).toBe(Date.parse('2026-10-25T00:30:00Z'));
  expect(msOfWall('2026-03-29T04:30', 'Europe/Berlin')).toBe(Date.parse('2026-03-29T02:30:00Z'));
  expect(msOfWall('', 'UTC')).toBeUndefined();
  for (const zone of ['UTC', 'Asia/Kolkata', 'America/New_York']) {
    const ms = Date.parse('2026-05-17T21:22:23Z');
    expect(msOfWall(wallOf(ms, zone), zone)).toBe(ms);
  }
});
