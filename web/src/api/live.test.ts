import { afterEach, beforeEach, expect, test, vi } from 'vitest';

class FakeSocket {
  static all: FakeSocket[] = [];
  sent: { op: string; id: string; signals?: string[] }[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let frames: (() => void)[] = [];
let module: typeof import('./live.svelte');
const newest = () => FakeSocket.all.at(-1)!;
const drawFrame = () => frames.splice(0).forEach((frame) => frame());

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  FakeSocket.all = [];
  frames = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('location', { protocol: 'http:', host: 'node:8080' });
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
  module = await import('./live.svelte');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what comes between two frames is given out once, the newest of each signal', () => {
  const given = vi.fn();
  module.watch(['a/+'], given);
  module.live.connect();
  newest().onopen?.();
  expect(newest().sent).toMatchObject([{ op: 'subscribe', id: '1', signals: ['a/+'] }]);
  newest().say({ op: 'samples', id: '1', samples: [['a/x', '1', 1, 0], ['a/y', '1', 5, 0]], dropped: 0 });
  newest().say({ op: 'samples', id: '1', samples: [['a/x', '2', 2, 0]], dropped: 0 });
  expect(given).not.toHaveBeenCalled();
  drawFrame();
  expect(given).toHaveBeenCalledOnce();
  expect(given).toHaveBeenCalledWith([
    { name: 'a/x', time: '2', value: 2, quality: 0 },
    { name: 'a/y', time: '1', value: 5, quality: 0 },
  ], 0);
});

test('who needs values less often says so', () => {
  module.watch(['#'], () => {}, { intervalMs: 1_000 });
  module.watch(['a/x'], () => {});
  module.live.connect();
  newest().onopen?.();
  expect(newest().sent).toMatchObject([{ every: 'interval', interval_ms: 1_000 }, { every: 'interval', interval_ms: 100 }]);
});

test('where every sample counts, all are given out in order, with how many were left out', () => {
  const given = vi.fn();
  module.watch(['a/x'], given, { every: 'sample' });
  module.live.connect();
  newest().onopen?.();
  expect(newest().sent).toEqual([{ op: 'subscribe', id: '1', signals: ['a/x'], every: 'sample' }]);
  newest().say({ op: 'samples', id: '1', samples: [['a/x', '1', 1, 0], ['a/x', '2', 2, 0]], dropped: 0 });
  newest().say({ op: 'samples', id: '1', samples: [['a/x', '3', 3, 0]], dropped: 7 });
  drawFrame();
  expect(given.mock.calls).toEqual([
    [[1, 2, 3].map((n) => ({ name: 'a/x', time: String(n), value: n, quality: 0 })), 7],
  ]);
});

test('a lost connection is tried again ever later, and every watch is subscribed anew', () => {
  module.watch(['a/x'], () => {});
  module.live.connect();
  newest().onopen?.();
  for (const pause of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    const before = FakeSocket.all.length;
    newest().onclose?.();
    expect(module.live.state).toBe('lost');
    vi.advanceTimersByTime(pause - 1);
    expect(FakeSocket.all.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all.length).toBe(before + 1);
  }
  newest().onopen?.();
  expect(module.live.state).toBe('open');
  expect(newest().sent).toMatchObject([{ op: 'subscribe', signals: ['a/x'] }]);
  newest().onclose?.();
  vi.advanceTimersByTime(500);
  expect(FakeSocket.all.length).toBe(9);
});

test('a watch that was stopped is told to the node, not subscribed again and given nothing', () => {
  const given = vi.fn();
  const stop = module.watch(['a/x'], given);
  module.live.connect();
  newest().onopen?.();
  newest().say({ op: 'samples', id: '1', samples: [['a/x', '1', 1, 0]], dropped: 0 });
  stop();
  drawFrame();
  expect(given).not.toHaveBeenCalled();
  expect(newest().sent.at(-1)).toEqual({ op: 'unsubscribe', id: '1' });
  newest().onclose?.();
  vi.advanceTimersByTime(500);
  newest().onopen?.();
  expect(newest().sent).toEqual([]);
});
