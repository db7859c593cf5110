// What comes in, asked for again and again while somebody looks: the clients, and what each way in sums up to.
import { get } from '../../api/client';
import { node } from '../../api/node.svelte';
import { flatten, keepLooks, type Look } from '../../lib/rates';
import { msOf } from '../../lib/time';
import { COUNTED, follow, grown, SPAN_SECONDS, type Counted, type Row } from './clients';

const WRITERS_MAX = 1_000; // more than a node knows
export const CLIENTS_MAX = 1_000; // of MQTT at once: search finds the others

class Inflow {
  rows = $state.raw<Row[]>([]);
  // How many MQTT clients the search finds.
  found = $state(0);
  mqtt = $state.raw<{ looks: Look[]; clients: number }>({ looks: [], clients: 0 });
  http = $state.raw<{ looks: Look[]; clients: number }>({ looks: [], clients: 0 });
  error = $state.raw<unknown>();
  asked = $state(false);
  #connected = new Map<string, Row>();
  #writers = new Map<string, Row>();
  #written: Record<Counted, number> | undefined;
  #statuses: Look[] = [];
  #asking = false;

  async ask(contains: string, signal: AbortSignal) {
    if (this.#asking) return; // a slow node is not asked twice at once
    this.#asking = true;
    try {
      const mqtt = { source: 'mqtt' as const, limit: CLIENTS_MAX, ...(contains === '' ? {} : { contains }) };
      const [status, connected, writers] = await Promise.all([
        node.ask(),
        get('/api/v1/clients', { query: mqtt, signal }),
        get('/api/v1/clients', { query: { source: 'http', limit: WRITERS_MAX }, signal }),
      ]);
      this.#takeStatus(status);
      this.#takeWriters(follow(this.#writers, writers.clients, writers.time), msOf(writers.time) / 1000);
      this.#connected = follow(this.#connected, connected.clients, connected.time);
      this.found = connected.total;
      this.rows = [...this.#connected.values(), ...this.#writers.values()];
      this.error = undefined;
      this.asked = true;
    } catch (failure) {
      if (!signal.aborted) this.error = failure;
    } finally {
      this.#asking = false;
    }
  }

  // Of MQTT the node itself knows the sum, also of clients that were there for one message.
  #takeStatus(status: Awaited<ReturnType<typeof node.ask>>) {
    const flat = flatten(status);
    const sum = (name: string) => [0, 1, 2].reduce((all, qos) => all + (flat[`mqtt.${name}.${qos}`] ?? 0), 0);
    const counters = {
      samples: flat['mqtt.samples_accepted'] ?? 0,
      refused: flat['mqtt.samples_refused'] ?? 0,
      messages: sum('messages_in'),
      bytes: flat['mqtt.in_bytes'] ?? 0,
      sent: sum('messages_out'),
      'node.uptime_seconds': flat['node.uptime_seconds'] ?? 0,
    };
    this.#statuses = keepLooks(this.#statuses, { seconds: msOf(status.time) / 1000, counters }, SPAN_SECONDS);
    this.mqtt = { looks: this.#statuses, clients: flat['mqtt.connections'] ?? 0 };
  }

  #takeWriters(writers: Map<string, Row>, seconds: number) {
    const nothing = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<Counted, number>;
    // What was written before the first look is no growth.
    this.#written = this.#written ? grown(this.#written, this.#writers, writers) : nothing;
    this.#writers = writers;
    this.http = { looks: keepLooks(this.http.looks, { seconds, counters: this.#written }, SPAN_SECONDS), clients: writers.size };
  }
}

// One for the whole console: who comes back to the page sees the lines go on.
export const inflow = new Inflow();
