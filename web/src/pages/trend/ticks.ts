// The words below the time axis: a clock, and the date below where it begins or changes. Pure.
import { formatTime } from '../../lib/time';

const SECOND = 1_000;
const MINUTE = 60_000;
const DAY = 86_400_000;

// `step` is the distance of two ticks.
export function tickTexts(times: readonly number[], step: number, zone: string): string[] {
  let before = '';
  return times.map((ms) => {
    const full = formatTime(ms, zone, 3);
    const [date = '', clock = ''] = full.split(' ');
    if (step >= 360 * DAY) return date.slice(0, 4);
    if (step >= 27 * DAY) return date.slice(0, 7);
    if (step >= DAY) {
      const year = date.slice(0, 4);
      const text = year === before ? date.slice(5) : `${date.slice(5)}\n${year}`;
      before = year;
      return text;
    }
    const short = step >= MINUTE ? clock.slice(0, 5) : step >= SECOND ? clock.slice(0, 8) : clock;
    const text = date === before ? short : `${short}\n${date}`;
    before = date;
    return text;
  });
}
