// The node's time, for what shows ages: one timer for the whole page, once a second.
import { createSubscriber } from 'svelte/reactivity';
import { node } from '../api/node.svelte';

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1_000);
  return () => clearInterval(timer);
});

export function secondsClock(): number {
  subscribe();
  return node.now();
}
