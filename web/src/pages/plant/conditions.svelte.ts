// How all signals below a place are: the catalogue once, then one live subscription of a value a second for each. Of those
// that have been silent for a while their usual pace is asked for, two at a time and once each. So 10,000 signals cost the
// node ten thousand values a second at most, and the browser one pass a second; beyond that nothing is watched.
import { get, type Signal } from '../../api/client';
import { watch } from '../../api/live.svelte';
import { node } from '../../api/node.svelte';
import { Queue } from '../../lib/queue';
import { staleAfterMs } from '../../lib/spark';
import { msOf, nsOf } from '../../lib/time';
import { conditionOf, isSuspect, type Watched } from './condition';

export const SIGNALS_MAX = 10_000;
const PAGE = 2_500; // small enough to be compressed by the node
const INTERVAL_MS = 1_000;
const PATIENCE_MS = 500; // the newest values come at once; who has none never says so
const PACE_MS = 3_600_000; // the time over which a signal's usual pace is taken
const PACE_COLUMNS = 60;

export class Conditions {
  watched = new Map<string, Watched>();
  // Nobody knows of all how they are: 'loading' until their newest values can be there.
  state = $state<'loading' | 'watching' | 'too many'>('loading');
  error = $state.raw<unknown>();
  // Whose pace is not known yet.
  asking = $state(0);
  #heard = 0;
  #queue = new Queue(2);
  #closed: AbortSignal;

  // Until `closed`.
  constructor(filter: string, closed: AbortSignal) {
    this.#closed = closed;
    void this.#start(filter);
  }

  async #start(filter: string) {
    try {
      const signals = await this.#load(filter);
      if (!signals) {
        this.state = 'too many';
        return;
      }
      for (const signal of signals) this.watched.set(signal.name, { signal, ms: NaN });
      if (this.#closed.aborted) return;
      const stop = watch([filter], (samples) => this.#take(samples), { intervalMs: INTERVAL_MS });
      const patience = setTimeout(() => (this.state = 'watching'), PATIENCE_MS);
      this.#closed.addEventListener('abort', () => {
        clearTimeout(patience);
        stop();
      });
    } catch (error) {
      if (!this.#closed.aborted) this.error = error;
    }
  }

  // Nothing where there are too many.
  async #load(filter: string): Promise<Signal[] | undefined> {
    const signals: Signal[] = [];
    let after: string | null = '';
    do {
      const query: { filter: string; limit: number; after?: string } = { filter, limit: PAGE, ...(after === '' ? {} : { after }) };
      const page: { signals: Signal[]; next: string | null } = await get('/api/v1/signals', { query, signal: this.#closed });
      signals.push(...page.signals);
      if (signals.length > SIGNALS_MAX) return undefined;
      after = page.next;
    } while (after !== null);
    return signals;
  }

  #take(samples: Parameters<Parameters<typeof watch>[1]>[0]) {
    const now = node.now();
    for (const sample of samples) {
      const one = this.watched.get(sample.name);
      if (!one) continue;  // new; the catalogue is read anew when the node has more of them
      // It is back; perhaps at another pace.
      if (one.staleMs !== undefined && conditionOf(one, now) === 'stale') delete one.staleMs;
      if (!one.sample) this.#heard += 1;
      one.sample = sample;
      one.ms = msOf(sample.time);
    }
    if (this.#heard === this.watched.size) this.state = 'watching';
  }

  // Asks for what is needed to tell stale signals from slow ones.
  question(now: number) {
    for (const one of this.watched.values()) {
      if (isSuspect(one, now)) this.#askPace(one);
    }
  }

  #askPace(one: Watched) {
    one.staleMs = Infinity;  // it is being asked for
    this.asking += 1;
    this.#queue.add(async () => {
      const to = node.now();
      const query = { signal: one.signal.name, from: nsOf(to - PACE_MS), to: nsOf(to), width: PACE_COLUMNS };
      try {
        one.staleMs = staleAfterMs(await get('/api/v1/plot', { query, signal: this.#closed }));
      } catch {
        delete one.staleMs;  // asked again with the next question
      }
      this.asking -= 1;
    });
  }
}
