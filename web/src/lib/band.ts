// Where a value stands to the range of its signal. Pure.
export type Standing = 'inside' | 'below' | 'above' | 'unknown';

export function standing(value: number, low: number | undefined, high: number | undefined): Standing {
  if (!Number.isFinite(value) || (low === undefined && high === undefined)) return 'unknown';
  if (low !== undefined && value < low) return 'below';
  return high !== undefined && value > high ? 'above' : 'inside';
}

// How far a value is beyond its range, in lengths of the range (of a limit alone: in its size); 0 inside, or where nobody knows.
export function beyond(value: number, low: number | undefined, high: number | undefined): number {
  const stands = standing(value, low, high);
  if (stands !== 'below' && stands !== 'above') return 0;
  const limit = (stands === 'below' ? low : high) ?? 0;
  const length = low !== undefined && high !== undefined ? high - low : Math.abs(limit);
  return Math.abs(value - limit) / (length > 0 ? length : 1);
}

// The bar goes a quarter of the range beyond either end; shares of its length.
export const BAND_FROM = 1 / 6;
export const BAND_TO = 5 / 6;

export function shareOnBar(value: number, low: number, high: number): number {
  const share = BAND_FROM + ((value - low) / (high - low)) * (BAND_TO - BAND_FROM);
  return Math.min(1, Math.max(0, share));
}
