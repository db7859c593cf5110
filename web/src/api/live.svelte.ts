// One WebSocket for the whole page: signals as they change. It heals by itself: after a loss it is opened again, at
// first after half a second, then ever later up to ten, and every watch is subscribed anew.
//
//   const stop = watch(['acme/press7/force'], (samples) => ...);   // also patterns: 'acme/press7/+'
//
// What comes between two frames of the screen is given out once, of each signal the newest; with {every: 'sample'} all of
// them in order, with how many the node had to leave out. The newest values come first, and again after every reconnect.
import type { Schemas, Value } from './client';

export type LiveSample = { name: string; time: string; value: Value; quality: number };
export type LiveState = 'connecting' | 'open' | 'lost';
export type Every = 'interval' | 'sample';
export type Pace = { every?: Every; intervalMs?: number };
type OnSamples = (samples: LiveSample[], dropped: number) => void;
type Watch = {
  names: readonly string[];
  onSamples: OnSamples;
  every: Every;
  intervalMs: number;
  waiting: Map<string | number, LiveSample>;  // by name; by number where every sample counts
  dropped: number;
};

const INTERVAL_MS = 100;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 10_000;

class Live {
  state = $state<LiveState>('connecting');
  // What the node said of a subscription it refused.
  refusal = $state('');
  #socket: WebSocket | undefined;
  #watches = new Map<string, Watch>();
  #ids = 0;
  #retryMs = RETRY_MS_MIN;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  connect() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#socket) return;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
    this.#socket = socket;
    socket.onopen = () => {
      this.state = 'open';
      this.#retryMs = RETRY_MS_MIN;
      for (const [id, one] of this.#watches) this.#subscribe(id, one);
    };
    socket.onmessage = (event) => this.#take(JSON.parse(String(event.data)) as Schemas['LiveMessage']);
    socket.onclose = () => this.drop(socket);
  }

  // Also called by who found out that nobody answers, when the network does not say so.
  drop(socket = this.#socket) {
    if (!socket || socket !== this.#socket) return;
    this.#socket = undefined;
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
    this.state = 'lost';
    this.#retry = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  // Somebody looks, or the network is back: do not wait for the next try.
  hurry() {
    if (this.#retry === undefined) return;
    this.#retryMs = RETRY_MS_MIN;
    this.connect();
  }

  // At most one of each signal comes in `intervalMs`, unless every sample counts.
  watch(names: readonly string[], onSamples: OnSamples, { every = 'interval', intervalMs = INTERVAL_MS }: Pace = {}): () => void {
    if (names.length === 0) return () => {};
    const id = String(++this.#ids);
    const one: Watch = { names, onSamples, every, intervalMs, waiting: new Map(), dropped: 0 };
    this.#watches.set(id, one);
    if (this.state === 'open') this.#subscribe(id, one);
    return () => {
      if (this.#watches.delete(id) && this.state === 'open') this.#send({ op: 'unsubscribe', id });
    };
  }

  #subscribe(id: string, one: Watch) {
    const pace = one.every === 'sample' ? { every: one.every } : { every: one.every, interval_ms: one.intervalMs };
    this.#send({ op: 'subscribe', id, signals: [...one.names], ...pace } as Schemas['LiveRequest']);
  }

  #send(message: Schemas['LiveRequest']) {
    this.#socket?.send(JSON.stringify(message));
  }

  #take(message: Schemas['LiveMessage']) {
    if (message.op === 'error') this.refusal = message.detail;
    if (message.op !== 'samples') return;
    const one = this.#watches.get(message.id);
    if (!one) return;  // it was stopped while this was on its way
    for (const [name, time, value, quality] of message.samples) {
      one.waiting.set(one.every === 'sample' ? one.waiting.size : name, { name, time, value, quality });
    }
    one.dropped += message.dropped;
    this.#frame ||= requestAnimationFrame(() => this.#deliver());
  }

  #deliver() {
    this.#frame = 0;
    for (const one of this.#watches.values()) {
      if (one.waiting.size === 0) continue;
      const samples = [...one.waiting.values()];
      const { dropped } = one;
      one.waiting.clear();
      one.dropped = 0;
      one.onSamples(samples, dropped);
    }
  }
}

export const live = new Live();
export const watch = (names: readonly string[], onSamples: OnSamples, options?: Pace) =>
  live.watch(names, onSamples, options);
