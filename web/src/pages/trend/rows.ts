// A row of the trend's table.
import type { Signal, Value } from '../../api/client';
import type { Interval } from './figures';
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
  figures: Interval['values'] | undefined;  // as the node has them, of all that is in sight
  last: Value | undefined;
  truncated: boolean;
};
