// Asks the node for figures, one question at a time: the newest counts, and what is known stays until it is answered.
import { get } from '../../api/client';
import { nsOf } from '../../lib/time';
import { intervalOf, type Figure, type Interval } from './figures';
import type { Bounds } from './range';

const REST_MS = 250;

export type Question = { signals: readonly string[]; figures: readonly Figure[]; bounds: Bounds; step?: number; origin?: number };

export class Asker {
  answer = $state.raw<ReadonlyMap<string, readonly Interval[]>>(new Map());
  error = $state.raw<unknown>();
  #wanted: Question | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = new AbortController();

  ask(question: Question) {
    this.#wanted = question;
    this.#timer ??= setTimeout(() => void this.#run(), REST_MS);
  }

  // Nothing is to be known any more.
  forget() {
    this.#wanted = undefined;
    this.answer = new Map();
    this.error = undefined;
  }

  close() {
    clearTimeout(this.#timer);
    this.#closed.abort();
  }

  async #run() {
    const question = this.#wanted;
    if (question) {
      try {
        const answer = await this.#get(question);
        if (this.#wanted) [this.answer, this.error] = [answer, undefined];
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        if (this.#wanted) this.error = error;
      }
    }
    this.#timer = this.#wanted === question ? undefined : setTimeout(() => void this.#run(), REST_MS);
  }

  async #get({ signals, figures, bounds, step, origin }: Question) {
    const query = {
      signal: [...signals],
      aggregate: [...figures],
      from: nsOf(bounds.from),
      to: nsOf(bounds.to),
      ...(step === undefined ? {} : { step: nsOf(step) }),
      ...(origin === undefined ? {} : { origin: nsOf(origin) }),
    };
    const answer = await get('/api/v1/aggregate', { query, signal: this.#closed.signal });
    return new Map(answer.signals.map(({ signal, intervals }) => [signal, intervals.map(intervalOf)]));
  }
}
