// What the system page shows, in which order and what of it is abnormal. The names are those of /api/v1/status; what is
// not shown here stands in /metrics.
import type { Key } from '../../i18n/i18n.svelte';
import { meanMsOf, rateOf, type Look } from '../../lib/rates';

export type Unit = 'count' | 'rate' | 'bytes' | 'bytesRate' | 'ms' | 'seconds';
export type Fact = {
  label: Key;
  unit: Unit;
  value: number | undefined;
  abnormal?: boolean; // then `help` says what to do
  help?: Key;
};
export type Group = { title: Key; facts: Fact[] };

const SYNC_SLOW_MS = 100;
const LAG_BATCHES_MAX = 1_000;

export function groupsOf(looks: readonly Look[]): Group[] {
  const now = looks.at(-1)?.counters ?? {};
  const at = (name: string) => now[name];
  const rate = (label: Key, ...names: string[]): Fact => ({ label, unit: 'rate', value: rateOf(looks, ...names) });
  const bytesRate = (label: Key, ...names: string[]): Fact => ({ label, unit: 'bytesRate', value: rateOf(looks, ...names) });
  const fact = (label: Key, unit: Unit, name: string): Fact => ({ label, unit, value: at(name) });
  // Of what should never happen: any is abnormal.
  const never = (label: Key, help: Key, ...names: string[]): Fact => {
    const value = names.reduce((sum, name) => sum + (at(name) ?? 0), 0);
    return { label, unit: 'count', value, abnormal: value > 0, help };
  };
  const lag = (label: Key, reader: string): Fact => {
    const [end, applied] = [at('log.end_batches'), at(reader)];
    const value = end === undefined || applied === undefined ? undefined : Math.max(0, end - applied);
    return { label, unit: 'count', value, abnormal: (value ?? 0) > LAG_BATCHES_MAX, help: 'system.lagHelp' };
  };
  const sync = meanMsOf(looks, 'log.sync_duration_seconds');
  const refusals = Object.keys(now).filter((name) => name.startsWith('admission.refusals.'));
  return [
    {
      title: 'system.in',
      facts: [
        rate('system.samples', 'admission.samples'),
        rate('system.mqttMessages', 'mqtt.messages_in.0', 'mqtt.messages_in.1', 'mqtt.messages_in.2'),
        bytesRate('system.mqttBytes', 'mqtt.in_bytes'),
        bytesRate('system.httpBytes', 'http.in_bytes'),
        fact('system.mqttClients', 'count', 'mqtt.connections'),
        rate('system.refusedRate', ...refusals),
        { ...never('system.refused', 'system.refusedHelp', ...refusals), abnormal: (rateOf(looks, ...refusals) ?? 0) > 0 },
      ],
    },
    {
      title: 'system.log',
      facts: [
        { label: 'system.sync', unit: 'ms', value: sync, abnormal: (sync ?? 0) > SYNC_SLOW_MS, help: 'system.syncHelp' },
        { label: 'system.syncMax', unit: 'ms', value: seconds(at('log.sync_seconds_max')) },
        rate('system.syncs', 'log.sync_duration_seconds.count'),
        bytesRate('system.written', 'log.written_bytes'),
        fact('system.logBytes', 'bytes', 'log.disk_bytes'),
        fact('system.logFiles', 'count', 'log.segments'),
        never('system.full', 'system.fullHelp', 'log.full'),
        never('system.damaged', 'system.damagedHelp', 'log.damaged_batches', 'history.damaged_chunks', 'history.damaged_segments'),
      ],
    },
    {
      title: 'system.readers',
      facts: [
        lag('system.lagNewest', 'newest.applied_batches'),
        lag('system.lagRetained', 'retained.applied_batches'),
        lagOfHistory(at),
        never('system.detached', 'system.detachedHelp', 'log.detached_readers'),
        never(
          'system.checkpointsFailed', 'system.checkpointsFailedHelp',
          'newest.checkpoints_failed', 'retained.checkpoints_failed', 'history.checkpoints_failed',
        ),
      ],
    },
    {
      title: 'system.history',
      facts: [
        fact('system.segmentSamples', 'count', 'history.segment_samples'),
        fact('system.segmentBytes', 'bytes', 'history.segment_bytes'),
        { label: 'system.perSample', unit: 'bytes', value: share(at('history.segment_bytes'), at('history.segment_samples')) },
        fact('system.segments', 'count', 'history.segments'),
        fact('system.headSamples', 'count', 'history.head_samples'),
        fact('system.headBytes', 'bytes', 'history.head_bytes'),
        fact('system.assets', 'count', 'catalogue.assets'),
        fact('system.signals', 'count', 'catalogue.signals'),
      ],
    },
    {
      title: 'system.out',
      facts: [
        rate('system.requests', ...['1xx', '2xx', '3xx', '4xx', '5xx'].map((one) => `http.responses.${one}`)),
        never('system.failed', 'system.failedHelp', 'http.responses.5xx'),
        bytesRate('system.httpOut', 'http.out_bytes'),
        fact('system.websockets', 'count', 'http.websockets'),
        rate('system.updates', 'newest.updates_sent'),
        rate('system.mqttOut', 'mqtt.messages_out.0', 'mqtt.messages_out.1'),
        never('system.dropped', 'system.droppedHelp', 'mqtt.dropped_slow', 'router.dropped_outbox', 'router.dropped_inbox'),
      ],
    },
    {
      title: 'system.backups',
      facts: [
        fact('system.backupBytes', 'bytes', 'backup.last_success_bytes'),
        fact('system.backupTook', 'seconds', 'backup.last_success_duration_seconds'),
        never('system.backupFailing', 'system.backupFailingHelp', 'backup.failing'),
      ],
    },
    {
      title: 'system.machine',
      facts: [
        fact('system.uptime', 'seconds', 'node.uptime_seconds'),
        fact('system.memory', 'bytes', 'node.memory_bytes'),
        {
          label: 'system.diskFree', unit: 'bytes', value: at('node.disk_free_bytes'),
          abnormal: at('node.disk_low') === 1, help: 'system.diskHelp',
        },
        fact('system.diskTotal', 'bytes', 'node.disk_total_bytes'),
      ],
    },
  ];
}

function seconds(value: number | undefined) {
  return value === undefined ? undefined : value * 1000;
}

function share(bytes: number | undefined, samples: number | undefined) {
  return bytes === undefined || !samples ? undefined : bytes / samples;
}

// History applies as the others do; its cursor says what is in segments, the rest waits in memory and in the log.
function lagOfHistory(at: (name: string) => number | undefined): Fact {
  const [end, cursor] = [at('log.end_batches'), at('history.cursor_batches')];
  return {
    label: 'system.unsealed',
    unit: 'count',
    value: end === undefined || cursor === undefined ? undefined : Math.max(0, end - cursor),
  };
}
