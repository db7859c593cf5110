// A row of the trend's table.
import type { Signal, Value } from '../../api/client';
import type { Older, Stats } from './series';
import type { Fixed } from './view';
import type { Reach } from './draw';

export type Row = {
  name: string;
  label: string;
  signal: Signal | undefined;
  error: unknown;
  colour: number;
  hidden: boolean;
  own: boolean;
  axisKey: string;
  fixed: Fixed | undefined;
  reach: Reach | undefined;
  // At the cursor, else the newest.
  reading: { t: number; value: Value; quality: number; older: readonly Older[] } | undefined;
  stats: Stats | undefined;
  last: Value | undefined;
  truncated: boolean;
};
