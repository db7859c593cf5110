// Which signals share a vertical axis, and what it reaches from and to. Pure.
import type { Signal } from '../../api/client';
import type { Extent } from './series';
import type { Chosen, Fixed, View } from './view';

export type Axis = {
  key: string;  // in the address: the unit, or the name of a signal with an axis of its own
  unit: string;
  members: number[];  // of the signals chosen
  side: 'left' | 'right';
  fixed: Fixed | undefined;
};

// Truth has two levels and no unit; it shares no axis with numbers.
const BOOL = 'true/false';

export const keyOfAxis = (chosen: Chosen, signal: Signal) => (chosen.own ? chosen.name : signal.type === 'bool' ? BOOL : signal.unit);

// By unit, in the order of the signals, left and right in turn. Texts have none; neither have hidden signals.
export function axesOf(view: View, signals: readonly (Signal | undefined)[]): Axis[] {
  const axes = new Map<string, Axis>();
  view.signals.forEach((chosen, i) => {
    const signal = signals[i];
    if (!signal || signal.type === 'text' || chosen.hidden) return;
    const key = keyOfAxis(chosen, signal);
    const side = axes.size % 2 === 0 ? 'left' : 'right';
    const axis: Axis = axes.get(key) ?? { key, unit: signal.unit, members: [], side, fixed: view.axes[key] };
    axis.members.push(i);
    axes.set(key, axis);
  });
  return [...axes.values()];
}

// What the axis reaches: a little more than the data, so that no line runs along the frame. A level line has no extent
// of its own; a tenth of its size is given to it.
export function reachOf(extents: readonly (Extent | undefined)[], isBool: boolean): Extent {
  if (isBool) return { low: -0.15, high: 1.15 };
  const known = extents.filter((extent) => extent !== undefined);
  if (known.length === 0) return { low: 0, high: 1 };
  const low = Math.min(...known.map((extent) => extent.low));
  const high = Math.max(...known.map((extent) => extent.high));
  const room = high > low ? (high - low) * 0.06 : Math.abs(low) * 0.1 || 1;
  return { low: low - room, high: high + room };
}
