import { expect, test } from 'vitest';
import { groupsOf } from './groups';

const look = (seconds: number, counters: Record<string, number>) => ({
  seconds,
  counters: { 'node.uptime_seconds': seconds, 'log.end_batches': 5000, 'newest.applied_batches': 5000, ...counters },
});
const facts = (...looks: ReturnType<typeof look>[]) =>
  new Map(groupsOf(looks).flatMap((group) => group.facts.map((fact) => [fact.label, fact])));
const abnormal = (...looks: ReturnType<typeof look>[]) => [...facts(...looks).values()].filter((fact) => fact.abnormal).map((fact) => fact.label);

test('a healthy node has nothing abnormal', () => {
  const healthy = { 'node.disk_free_bytes': 50, 'node.disk_low': 0, 'admission.refusals.bad_name': 7 };
  expect(abnormal(look(0, healthy), look(2, healthy))).toEqual([]);
});

test('a full disk, damage, lag and low space stand out', () => {
  expect(abnormal(look(0, { 'log.full': 1 }))).toEqual(['system.full']);
  expect(abnormal(look(0, { 'history.damaged_chunks': 1 }))).toEqual(['system.damaged']);
  expect(abnormal(look(0, { 'newest.applied_batches': 3000 }))).toEqual(['system.lagNewest']);
  expect(abnormal(look(0, { 'node.disk_free_bytes': 9, 'node.disk_low': 1 }))).toEqual(['system.diskFree']);
});

test('refusals stand out while they come', () => {
  expect(abnormal(look(0, { 'admission.refusals.bad_name': 1 }), look(2, { 'admission.refusals.bad_name': 3 }))).toEqual(['system.refused']);
});

test('rates and latencies are of the time between the looks', () => {
  const now = facts(
    look(0, { 'admission.samples': 0, 'log.sync_duration_seconds.count': 0, 'log.sync_duration_seconds.sum_seconds': 0 }),
    look(2, { 'admission.samples': 50, 'log.sync_duration_seconds.count': 4, 'log.sync_duration_seconds.sum_seconds': 0.02 }),
  );
  expect(now.get('system.samples')?.value).toBe(25);
  expect(now.get('system.sync')?.value).toBeCloseTo(5);
});
