// What every page shows of the node: its name, version and clock, and whether it answers. Asked for every few seconds,
// which also finds out about a node that no longer answers while its connection looks open.
import { get, type Answer } from './client';
import { live } from './live.svelte';

const ASK_MS = 5_000;
const ANSWER_MS_MAX = 5_000;

export type Status = Answer<'/api/v1/status'>;

class Node {
  version = $state('');
  name = $state(location.host);
  ready = $state(true);
  synchronised = $state(true);
  // Where it listens for MQTT; not known before its first answer.
  mqtt = $state.raw<Status['listening']['mqtt']>();
  // It has answered.
  asked = $state(false);
  // How many there are; pages read their lists anew when it changes.
  assets = $state(0);
  signals = $state(0);
  // How far this machine's clock is behind the node's.
  #aheadMs = $state(0);

  // The node's time, by which ages are told.
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  async ask(): Promise<Status> {
    const began = Date.now();
    const status = await get('/api/v1/status', { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    this.asked = true;
    this.name = status.name;
    this.version = status.version;
    this.ready = status.ready;
    this.mqtt = status.listening.mqtt;
    this.assets = Number(status.catalogue['assets']);
    this.signals = Number(status.catalogue['signals']);
    this.synchronised = status.node['clock_synchronised'] === 1;
    this.#aheadMs = Number(BigInt(status.time) / 1_000_000n) - (began + Date.now()) / 2;
    return status;
  }

  start() {
    live.connect();
    const again = async () => {
      try {
        await this.ask();
      } catch {
        live.drop();
      }
      setTimeout(again, ASK_MS);
    };
    void again();
    addEventListener('online', () => live.hurry());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && live.hurry());
  }
}

export const node = new Node();
