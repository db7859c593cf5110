// Wheel, drag, pinch and double click on the plot. What they mean is told to `hands`; all places are parts of the width.
import { panned, pinched, zoomed, type Bounds } from './range';

export type Hands = {
  bounds: () => Bounds;
  change: (bounds: Bounds, settled: boolean) => void;
  select: (part: [number, number] | undefined) => void;
  hover: (part: number | undefined) => void;
};

const WHEEL_STEP = 0.0016;  // a notch of 100 is a sixth less or more
const SETTLED_MS = 300;
const CLICK_PX = 3;

export function attachGestures(plot: HTMLElement, hands: Hands): () => void {
  const pointers = new Map<number, number>();  // where each finger is
  let start: { bounds: Bounds; at: number[]; zoom: boolean } | undefined;
  let moved = false;
  let settle: ReturnType<typeof setTimeout> | undefined;

  const partOf = (event: MouseEvent) => {
    const box = plot.getBoundingClientRect();
    return (event.clientX - box.left) / Math.max(1, box.width);
  };
  const begin = (zoom: boolean) => (start = { bounds: hands.bounds(), at: [...pointers.values()], zoom });

  function wheel(event: WheelEvent) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    const delta = (sideways && event.deltaX !== 0 ? event.deltaX : event.deltaY) * unit;
    const limited = Math.min(Math.max(delta, -400), 400);
    const bounds = hands.bounds();
    const next = sideways ? panned(bounds, limited / 1000) : zoomed(bounds, Math.exp(limited * WHEEL_STEP), partOf(event));
    hands.change(next, false);
    hands.hover(partOf(event));
    clearTimeout(settle);
    settle = setTimeout(() => hands.change(hands.bounds(), true), SETTLED_MS);
  }

  function down(event: PointerEvent) {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, partOf(event));
    moved = false;
    begin(event.shiftKey && pointers.size === 1);
  }

  function move(event: PointerEvent) {
    const part = partOf(event);
    if (!pointers.has(event.pointerId) || !start) {
      if (event.pointerType !== 'touch') hands.hover(part);
      return;
    }
    pointers.set(event.pointerId, part);
    const [a = 0, b] = pointers.values();
    const [wasA = 0, wasB] = start.at;
    moved ||= Math.abs(a - wasA) * plot.clientWidth > CLICK_PX || b !== undefined;
    if (!moved) return;
    if (start.zoom) hands.select([Math.min(wasA, a), Math.max(wasA, a)]);
    else if (b !== undefined && wasB !== undefined) hands.change(pinched(start.bounds, [wasA, wasB], [a, b]), false);
    else hands.change(panned(start.bounds, wasA - a), false);
    hands.hover(part);
  }

  function up(event: PointerEvent) {
    if (!pointers.delete(event.pointerId) || !start) return;
    const { bounds, at, zoom } = start;
    if (zoom) {
      hands.select(undefined);
      const [from, to] = [at[0] ?? 0, partOf(event)].sort((a, b) => a - b) as [number, number];
      const span = bounds.to - bounds.from;
      if (moved && event.type === 'pointerup') hands.change({ from: bounds.from + span * from, to: bounds.from + span * to }, true);
    } else if (moved) {
      hands.change(hands.bounds(), pointers.size === 0);
    } else if (event.type === 'pointerup') {
      hands.hover(partOf(event));  // a tap puts the cursor
    }
    start = undefined;
    if (pointers.size > 0) begin(false);  // the finger that stays goes on panning
  }

  const out = (event: MouseEvent) => hands.change(zoomed(hands.bounds(), 2, partOf(event)), true);
  const leave = (event: PointerEvent) => event.pointerType === 'touch' || hands.hover(undefined);

  plot.addEventListener('wheel', wheel, { passive: false });
  plot.addEventListener('pointerdown', down);
  plot.addEventListener('pointermove', move);
  plot.addEventListener('pointerup', up);
  plot.addEventListener('pointercancel', up);
  plot.addEventListener('pointerleave', leave);
  plot.addEventListener('dblclick', out);
  return () => {
    clearTimeout(settle);
    plot.removeEventListener('wheel', wheel);
    plot.removeEventListener('pointerdown', down);
    plot.removeEventListener('pointermove', move);
    plot.removeEventListener('pointerup', up);
    plot.removeEventListener('pointercancel', up);
    plot.removeEventListener('pointerleave', leave);
    plot.removeEventListener('dblclick', out);
  };
}
